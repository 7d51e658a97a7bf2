"""How Confluence says no, and which error of ours each of its ways amounts to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, NoReturn

from bot.authorize import TokenRefused
from bot.errors import (
    AppBlocked,
    BadInput,
    CaptchaRequired,
    Changed,
    CredentialRefused,
    NoApiThere,
    NoLicence,
    NotAllowed,
    NotFound,
    NotOffered,
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
BLOCKED: Final = ("blocked this app", "blocked by your", "must authorize this app")
WRONG_KIND: Final = (
    "authentication with passwords is deprecated",  # a password on Cloud
    "basic authentication has been disabled",  # a switch of Data Center's
    "failed to parse connect session auth token",  # a bearer that is a classic API token
)
PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
TOLD_BY_STATUS: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
)
MOST_SAID: Final = 5000
MOST_QUOTED: Final = 300
SAME_NAME: Final = "same file name"
TITLE_EXISTS: Final = ("title already exists", "same title", "with the same name")


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
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        _refuse_caller(answer, call, profile)
    _refuse(answer, call)


def _limited(headers: Mapping[str, str], now: datetime) -> Unavailable:
    seconds = retry_after(headers, now)
    if not is_quota(headers):
        return Unavailable(PROVIDER, retry_after=seconds)
    wait = WHOLE_HOUR if seconds is None else seconds
    return QuotaSpent(PROVIDER, now + timedelta(seconds=wait), retry_after=wait)


def _refuse_caller(answer: Answer, call: Call, profile: str) -> NoReturn:
    """Say which of the layers before the content didn't let the call through."""
    words, headers = words_of(answer), answer.headers
    said = words or _page_of(answer)
    if "captcha" in headers.get("x-authentication-denied-reason", "").lower():
        raise CaptchaRequired(
            "After several failed logins Confluence wants to see you by browser first. "
            "Nothing was done. Log in to Confluence there, then try again."
        )
    if any(each in said for each in WRONG_KIND):
        raise CredentialRefused(
            "This Confluence doesn't take the kind of credential that the connection uses. "
            "Nothing was done. Ask whoever chose this way to connect to choose another."
        )
    if call.is_typed and ("scope" in words or answer.status == HTTPStatus.FORBIDDEN):
        raise NotAllowed(f"Confluence refuses that request{_because(words)}. Nothing was done.")
    if "scope" in words or "insufficient_scope" in headers.get("www-authenticate", "").lower():
        raise ScopeMissing(profile, call.scopes)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise TokenRefused(profile)
    if NO_LICENCE in said:
        raise NoLicence(
            "Your account may not use Confluence on this site. "
            "Ask whoever runs the site to give it access."
        )
    if any(each in said for each in BLOCKED):
        raise AppBlocked(
            "Your organisation doesn't let this app into Confluence. Nothing was done. "
            "Ask whoever administers your organisation at Atlassian to allow it."
        )
    raise NotAllowed("Confluence doesn't allow your account to do that.")


MOVE: Final = "move page"


def _refuse(answer: Answer, call: Call) -> NoReturn:
    status = answer.status
    if status == HTTPStatus.GONE and (call.may_be_gone or call.is_typed):
        raise NotOffered(
            "Confluence doesn't let apps do that on this site, so nothing was done. "
            "You can do it in Confluence itself."
        )
    if call.is_typed and status != HTTPStatus.NOT_FOUND:
        raise BadInput(
            f"Confluence answered {status} to that request{_because(words_of(answer))}. "
            "Nothing was done. Look at its path and what it sends."
        )
    match status:
        case HTTPStatus.NOT_FOUND:
            raise NotFound("That isn't in Confluence, or your account may not see it.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE if call.upload:
            raise BadInput("That file is larger than Confluence takes.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise BadInput("That is more than Confluence takes in one page (5 MB).")
        case HTTPStatus.BAD_REQUEST | HTTPStatus.CONFLICT:
            _refuse_content(status, words_of(answer), call)
    raise ProviderFault(f"Confluence answered {status} to {call.operation}", provider=PROVIDER)


def check_api(answer: Answer, call: Call, profile: str) -> None:
    """Raise what is wrong with who answered, at a site's own address.

    Whoever refuses a caller or is down may answer with a page, too; and what became of a
    write to which a page says that all is well, nobody knows.

    Raises:
        NoApiThere: something for browsers answered: a login page, or the way there.
        TokenRefused: the token was passed over, and nobody in particular was answered.
    """
    status = answer.status
    if status in TOLD_BY_STATUS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    is_good = status < HTTPStatus.MULTIPLE_CHOICES
    # Data Center says whom it took the caller for; a version that doesn't know tokens lets
    # them in as nobody.
    if answer.headers.get("x-ausername") == "anonymous" and not (call.writes and is_good):
        raise TokenRefused(profile)
    if call.is_typed:
        return  # where it leads is its author's doing, and told as such
    leads_on = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (leads_on or kind in PAGES) and not (call.writes and is_good):
        raise NoApiThere("a web page at the profile's address")


def _because(words: str) -> str:
    return f", and says “{words[:MOST_QUOTED]}”" if words else ""


def _page_of(answer: Answer) -> str:
    return answer.body[:MOST_SAID].decode(errors="replace").lower()


def _refuse_content(status: int, words: str, call: Call) -> NoReturn:
    """Tell apart what only the words tell apart: v2 answers 400 where v1 answered 409."""
    if any(each in words for each in TITLE_EXISTS):
        raise TitleTaken("The space has a page of that title already.")
    if SAME_NAME in words:
        raise Changed("A file of that name has been put there in the meantime.")
    if call.writes and (status == HTTPStatus.CONFLICT or "version" in words):
        raise Changed("The page was changed in the meantime.")
    if call.query_is_typed:
        raise BadInput("Confluence can't read that query.")
    if call.operation == MOVE:
        raise BadInput(
            "Confluence doesn't let the page go there: it may stand above that page, or be the "
            "first of its space. It wasn't moved: choose another page for it to go below."
        )
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
