"""Atlassian's personal data reporting, without touching the network.

https://developer.atlassian.com/platform/forge/user-privacy-guidelines
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from bot.authorize import TokenRefused
from bot.connection import Connection
from bot.content import Account, AccountId
from bot.errors import ProviderFault, Unavailable
from bot.ports import Judged, Known
from bot.providers import identity_wire as identity
from bot.providers.oauth_wire import ATLASSIAN, MOST_BYTES, Theirs
from bot.providers.outgoing import Answer, Request
from bot.providers.rate_wire import retry_after

PATH: Final = "/app/report-accounts/"
CYCLE: Final = timedelta(days=7)
"""How often to report where ``Cycle-Period`` doesn't say."""

SHORTEST: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=30)

_DURATION: Final = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT})
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class AccountBody(Theirs):
    """What has become of one account."""

    accountId: Annotated[str, Field(min_length=1)]  # noqa: N815 (Atlassian's name)
    status: Literal["closed", "updated"]


class ReportBody(Theirs):
    """The accounts of a report of which there is something to say."""

    accounts: list[AccountBody]


def report(api_url: str, connection: Connection, accounts: Sequence[Known]) -> Request:
    """Report *accounts* with the connection's token. It changes nothing, so it may be repeated."""
    rows = [{"accountId": each.account, "updatedAt": each.at.isoformat()} for each in accounts]
    token = connection.grant.access_token.get_secret_value()
    return Request(
        ATLASSIAN,
        "POST",
        f"{api_url.rstrip('/')}{PATH}",
        headers={
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        },
        body=json.dumps({"accounts": rows}).encode(),
        most_bytes=MOST_BYTES,
    )


def read_report(connection: Connection, answer: Answer, now: datetime) -> Judged:
    """Read what is to be done. Raises what `PersonalData.report` raises."""
    _check(connection, answer, now)
    again_in = cycle_of(answer.headers.get("cycle-period", ""))
    if answer.status == HTTPStatus.NO_CONTENT:
        return Judged(frozenset(), frozenset(), again_in)
    try:
        found = ReportBody.model_validate(answer.json()).accounts
    except (ValueError, ValidationError) as error:
        raise ProviderFault("Atlassian sent no list of accounts", provider=ATLASSIAN) from error
    of = {
        status: frozenset(AccountId(each.accountId) for each in found if each.status == status)
        for status in ("closed", "updated")
    }
    return Judged(of["closed"], of["updated"] - of["closed"], again_in)


def who(api_url: str, connection: Connection) -> Request:
    """Ask whose connection it is."""
    url = f"{api_url.rstrip('/')}/me"
    return identity.asked(ATLASSIAN, url, connection.grant, beyond=False)


def read_who(connection: Connection, answer: Answer, now: datetime) -> Account:
    """Read whose it is. Raises what `PersonalData.fetch` raises."""
    _check(connection, answer, now)
    return identity.read_person(answer, ATLASSIAN)


def cycle_of(text: str) -> timedelta:
    """Read an ISO 8601 duration, as in ``P7D``, within a day and a month."""
    found = _DURATION.fullmatch(text.strip())
    parts = {name: int(number) for name, number in found.groupdict("0").items()} if found else {}
    asked = timedelta(**parts)
    return min(max(asked, SHORTEST), LONGEST) if asked else CYCLE


def _check(connection: Connection, answer: Answer, now: datetime) -> None:
    if answer.status in _REFUSED:
        raise TokenRefused(connection.profile)
    if answer.status in _BUSY or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(ATLASSIAN, retry_after=retry_after(answer.headers, now))
    if answer.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
        raise ProviderFault(f"Atlassian answered {answer.status}", provider=ATLASSIAN)
