"""How Confluence says no, and which error of ours each of its ways amounts to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, NoReturn

from bot.authorize import TokenRefused
from bot.errors import (
    BadInput,
    Changed,
    NotAllowed,
    NotFound,
    ProviderFault,
    QuotaSpent,
    ScopeMissing,
    TitleTaken,
    Unavailable,
    Unclear,
)
from bot.providers.confluence_wire import PROVIDER, Call
from bot.providers.outgoing import Answer
from bot.providers.rate_wire import is_quota, retry_after

# A quota whose end isn't said ends with the hour; nobody waits longer than that.
WHOLE_HOUR: Final = 3600.0
NO_LICENCE: Final = "not permitted to use confluence"
TITLE_EXISTS: Final = ("title already exists", "same title")


def check(answer: Answer, call: Call, profile: str, now: datetime) -> None:
    """Raise the error of ours that *answer* amounts to, if it is one."""
    status = answer.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise _limited(answer.headers, now)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        if call.writes:
            raise Unclear(PROVIDER)
        raise Unavailable(PROVIDER, retry_after=retry_after(answer.headers, now))
    _refuse(status, words_of(answer), call, profile)


def _limited(headers: Mapping[str, str], now: datetime) -> Unavailable:
    seconds = retry_after(headers, now)
    if not is_quota(headers):
        return Unavailable(PROVIDER, retry_after=seconds)
    wait = WHOLE_HOUR if seconds is None else seconds
    return QuotaSpent(PROVIDER, now + timedelta(seconds=wait), retry_after=wait)


def _refuse(status: int, words: str, call: Call, profile: str) -> NoReturn:
    match status:
        case HTTPStatus.UNAUTHORIZED if "scope" in words:
            raise ScopeMissing(profile, call.scopes)
        case HTTPStatus.UNAUTHORIZED:
            raise TokenRefused(profile)
        case HTTPStatus.FORBIDDEN:
            raise NotAllowed(_forbidden(words))
        case HTTPStatus.NOT_FOUND:
            raise NotFound("That isn't in Confluence, or your account may not see it.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise BadInput("That is more than Confluence takes in one page (5 MB).")
        case HTTPStatus.BAD_REQUEST | HTTPStatus.CONFLICT:
            _refuse_content(status, words, call)
    raise ProviderFault(f"Confluence answered {status} to {call.operation}", provider=PROVIDER)


def _forbidden(words: str) -> str:
    if NO_LICENCE in words:
        return (
            "Your Atlassian account may not use Confluence on this site. "
            "Ask whoever runs the site to give it access."
        )
    return "Confluence doesn't allow your account to do that."


def _refuse_content(status: int, words: str, call: Call) -> NoReturn:
    """Tell apart what only the words tell apart: v2 answers 400 where v1 answered 409."""
    if any(each in words for each in TITLE_EXISTS):
        raise TitleTaken("The space has a page of that title already.")
    if call.writes and (status == HTTPStatus.CONFLICT or "version" in words):
        raise Changed("The page was changed in the meantime.")
    if call.query_is_typed:
        raise BadInput("Confluence can't read that query.")
    raise ProviderFault(f"Confluence answered {status} to {call.operation}", provider=PROVIDER)


def words_of(answer: Answer) -> str:
    """Collect what an error body says, in lower case: v2's, v1's and the gateway's shapes."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    listed = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    said = [body.get("message"), body.get("reason")]
    for error in listed:
        said += [error.get("title"), error.get("detail"), error.get("code")]
    return " ".join(each for each in said if isinstance(each, str)).lower()
