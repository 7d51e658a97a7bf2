"""What apps must report of the people whose data they keep, and what has become of those people."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.atlassian import people
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.grants import Grant, Grants
from sandbox.atlassian.log import Entry, Log
from sandbox.atlassian.people import Account

PATH = "/atlassian/api/app/report-accounts/"
SCOPE = "report:personal-data"
CYCLE = {"Cycle-Period": "P7D"}
MOST = 90
# Atlassian's own, for trying it out (developer.atlassian.com, user privacy guidelines).
ACTIVE_FOR_TESTS = "5be24ad8b1653240376955d2"
CLOSED_FOR_TESTS = "5be24ba3f91c106033269289"


class BadReport(ValueError):
    """A report that isn't one."""


@dataclass(frozen=True)
class Change:
    """What became of an account, and when: `closed` or `updated`."""

    status: str
    at: float


class Privacy:
    """Closed and changed accounts, and every report that an app has made."""

    def __init__(self) -> None:
        self.changes: dict[str, Change] = {CLOSED_FOR_TESTS: Change("closed", 0.0)}
        self.reports: list[dict[str, Any]] = []

    def is_closed(self, account: Account) -> bool:
        """Whether the account is no more."""
        return self._is(account.account_id, "closed")

    def _is(self, account_id: str, status: str) -> bool:
        change = self.changes.get(account_id)
        return change is not None and change.status == status

    def change(self, account_id: str, status: str, at: float) -> None:
        """An account is closed, or its data changes."""
        self.changes[account_id] = Change(status, at)

    def judged(self, account_id: str, updated: float) -> str:
        """What the app is told of an account whose data it fetched at *updated*."""
        change = self.changes.get(account_id)
        if change is None:
            return ""
        return change.status if change.status == "closed" or change.at > updated else ""

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        changes = {key: asdict(value) for key, value in self.changes.items()}
        return {"changes": changes, "reports": self.reports}

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        self.changes = {key: Change(**value) for key, value in saved["changes"].items()}
        self.reports = list(saved["reports"])


class Reporting:
    """Stands for `POST https://api.atlassian.com/app/report-accounts/`."""

    def __init__(self, privacy: Privacy, grants: Grants, faults: Faults, log: Log) -> None:
        self._privacy = privacy
        self._grants = grants
        self._faults = faults
        self._log = log

    def attach(self, app: web.Application) -> None:
        """Serve it."""
        app.router.add_post(PATH, self.report)

    async def report(self, request: web.Request) -> web.StreamResponse:
        """204 where nothing is to be done, else 200 with the accounts to erase or fetch again."""
        body = await request.read()
        return await self._faults.play(request, lambda: self._noted(request, body))

    def _noted(self, request: web.Request, body: bytes) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = self._grants.find_access(token.strip()) if scheme.casefold() == "bearer" else None
        answer = self._answered(grant, body)
        entry = Entry(self._grants.now(), request.method, request.path, request.query_string)
        if grant is not None:
            entry.account, entry.client = people.BY_ID[grant.account_id].name, grant.client_id
        entry.status = answer.status
        self._log.add(entry)
        return answer

    def _answered(self, grant: Grant | None, body: bytes) -> web.Response:
        if grant is None or grant.revoked or grant.level == "service":
            return refused(401, "Unauthorized")
        if SCOPE not in grant.scopes:
            return refused(401, "Unauthorized; scope does not match")
        try:
            reported = reported_in(body)
        except BadReport as error:
            return refused(400, str(error))
        at = self._grants.now()
        self._privacy.reports.append(
            {"at": at, "client_id": grant.client_id, "accounts": sorted(reported)}
        )
        judged = {each: self._privacy.judged(each, updated) for each, updated in reported.items()}
        found = [
            {"accountId": account_id, "status": status}
            for account_id, status in judged.items()
            if status
        ]
        if not found:
            return web.Response(status=204, headers=CYCLE)
        return web.json_response({"accounts": found}, headers=CYCLE)


def refused(status: int, message: str) -> web.Response:
    """An error."""
    return web.json_response({"code": status, "message": message}, status=status)


def reported_in(body: bytes) -> dict[str, float]:
    """The account ids, and when the data of each was fetched.

    Raises:
        BadReport: it isn't a report, or has more than 90 accounts.
    """
    try:
        sent = json.loads(body)
        rows = sent["accounts"]
        found = {str(row["accountId"]): moment_of(row["updatedAt"]) for row in rows}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadReport("accounts: [{accountId, updatedAt}] is expected") from error
    if not 1 <= len(rows) <= MOST:
        raise BadReport(f"1 to {MOST} accounts are expected")
    return found


def moment_of(said: str) -> float:
    """Seconds since the epoch, of a moment with its zone."""
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise ValueError("a zone is missing")
    return at.timestamp()
