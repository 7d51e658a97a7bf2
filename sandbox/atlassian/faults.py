"""Things that go wrong on demand, each for the next few requests that match."""

import asyncio
import itertools
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web

from sandbox.atlassian.log import Entry, Log
from sandbox.atlassian.refusals import v1_refusal, v2_refusal
from sandbox.clock import Clock

Act = Callable[[], web.Response]
DROPPED_FIELDS = ("title", "_links", "version", "body", "id")
LOGIN_PAGE = "<!doctype html><title>Log in with Atlassian account</title><h1>Log in</h1>"
ENDLESS_CHUNK = b'{"title": "' + b"a" * 65_536 + b'"},'
ENDLESS_CHUNKS = 100_000
# What Confluence itself refuses, unlike the gateway or the server in front of it.
WORDS = {
    403: "Not permitted",
    404: "Not found, or you don't have permission to view it",
    409: "Version must be incremented on update. Current version is: 1000",
}


class Limits(Protocol):
    """What is said of limits, in answers and in refusals."""

    def headers(self) -> dict[str, str]:
        """The headers of every answer."""

    def refusal_headers(self, reason: str, wait: int | None = None) -> dict[str, str]:
        """The headers of a 429."""


class Expiring(Protocol):
    """Access tokens that can be ended."""

    def expire_access(self, account_id: str | None) -> int:
        """End those of one account, or of all; how many there were."""


@dataclass
class Fault:
    """One thing that goes wrong for *times* requests that match, after *skip* of them."""

    id: int
    kind: str
    method: str = ".*"
    path: str = ".*"
    times: int = 1
    skip: int = 0
    ms: int = 0
    retry_after: int | None = None
    fields: list[str] | None = None

    def meets(self, method: str, path: str) -> bool:
        """Whether a request is one of those."""
        return bool(re.fullmatch(self.method, method) and re.search(self.path, path))


class BadFault(ValueError):
    """A fault that can't be set."""


class Faults:
    """The faults that are set, and how each is played."""

    def __init__(self, clock: Clock, pool: Limits, grants: Expiring, log: Log) -> None:
        self._clock = clock
        self._pool = pool
        self._grants = grants
        self._log = log
        self._ids = itertools.count(1)
        self._held: list[Act] = []
        self._late: set[asyncio.TimerHandle] = set()
        self._hanging: dict[asyncio.Future[bool], str] = {}
        self.waiting: list[Fault] = []

    def set(self, said: dict[str, Any]) -> Fault:
        """Set a fault.

        Raises:
            BadFault: its kind is unknown, or a pattern is no pattern.
        """
        if said.get("kind") not in PLAYS:
            raise BadFault(f"kind must be one of: {', '.join(sorted(PLAYS))}")
        try:
            fault = Fault(id=next(self._ids), **said)
            fault.meets("GET", "/")
            int(fault.times), int(fault.skip), int(fault.ms)
        except (TypeError, ValueError, re.error) as error:
            raise BadFault(f"not a fault: {error}") from error
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        """No faults any more; held commits are forgotten, and what hangs is cut off."""
        self.waiting.clear()
        self._held.clear()
        self.release(go_on=False)
        for timer in self._late:
            timer.cancel()
        self._late.clear()

    def commit_held(self) -> int:
        """Let the writes happen whose answers were dropped earlier."""
        held, self._held = self._held, []
        for act in held:
            act()
        return len(held)

    def release(self, *, go_on: bool = True) -> int:
        """Let what hangs *go on*, or cut it off; how many there were."""
        hanging, self._hanging = self._hanging, {}
        for each in hanging:
            if not each.done():
                each.set_result(go_on)
        return len(hanging)

    @property
    def hanging(self) -> list[str]:
        """The requests that hang now, each as `POST /path`."""
        return list(self._hanging.values())

    def dump(self) -> list[dict[str, Any]]:
        """What is set."""
        return [asdict(fault) for fault in self.waiting]

    def _take(self, request: web.Request) -> Fault | None:
        for fault in self.waiting:
            if not fault.meets(request.method, request.path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.waiting.remove(fault)
            return fault
        return None

    async def play(self, request: web.Request, act: Act) -> web.StreamResponse:
        """What *act* answers, or what goes wrong instead."""
        fault = self._take(request)
        if fault is None:
            return act()
        return await PLAYS[fault.kind](self, fault, request, act)

    def _note(self, fault: Fault, request: web.Request, status: int) -> None:
        entry = Entry(self._clock.now(), request.method, request.path, request.query_string)
        entry.status, entry.fault = status, fault.kind
        self._log.add(entry)

    def _acted(self, fault: Fault, act: Act) -> web.Response:
        before = len(self._log.entries)
        answer = act()
        for entry in self._log.entries[before:]:
            entry.fault = fault.kind
        return answer

    def refusing(self, fault: Fault, request: web.Request, status: int) -> web.Response:
        """An answer that never reached Confluence."""
        self._note(fault, request, status)
        if status == 429:
            quota = fault.kind == "429-quota"
            reason = "confluence-quota-global-based" if quota else "confluence-burst-based"
            headers = self._pool.refusal_headers(reason, fault.retry_after)
        else:
            wait = fault.retry_after
            headers = self._pool.headers() | ({} if wait is None else {"Retry-After": str(wait)})
        body = {"code": status, "message": fault.kind}
        if status in WORDS:
            body = refusal_body(request.path, status)
        return web.json_response(body, status=status, headers=headers)

    def hold(self, act: Act, ms: int) -> None:
        """Commit later: after *ms*, or when told to."""
        if not ms:
            self._held.append(act)
            return
        timer = asyncio.get_running_loop().call_later(ms / 1000, act)
        self._late.add(timer)

    async def play_slow(self, fault: Fault, _request: web.Request, act: Act) -> web.StreamResponse:
        """Answer late."""
        await asyncio.sleep(fault.ms / 1000)
        return self._acted(fault, act)

    async def play_slow_after(
        self, fault: Fault, _request: web.Request, act: Act
    ) -> web.StreamResponse:
        """Do it at once, and answer late."""
        answer = self._acted(fault, act)
        await asyncio.sleep(fault.ms / 1000)
        return answer

    async def _hang(self, request: web.Request) -> bool:
        """Wait until it is released; whether it goes on."""
        waits: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._hanging[waits] = f"{request.method} {request.path}"
        try:
            return await waits
        finally:
            self._hanging.pop(waits, None)

    async def play_hang_before(
        self, fault: Fault, request: web.Request, act: Act
    ) -> web.StreamResponse:
        """Do nothing until it is released; cut off, do nothing at all."""
        if await self._hang(request):
            return self._acted(fault, act)
        return cut(request)

    async def play_hang_after(
        self, fault: Fault, request: web.Request, act: Act
    ) -> web.StreamResponse:
        """Do it at once, and keep the answer until it is released."""
        answer = self._acted(fault, act)
        return answer if await self._hang(request) else cut(request)

    async def play_drop_after(
        self, fault: Fault, request: web.Request, act: Act
    ) -> web.StreamResponse:
        """Do it, and cut the connection."""
        self._acted(fault, act)
        return cut(request)

    async def play_drop_before(
        self, fault: Fault, request: web.Request, _act: Act
    ) -> web.StreamResponse:
        """Cut the connection without doing anything."""
        self._note(fault, request, 0)
        return cut(request)

    async def play_late_commit(
        self, fault: Fault, request: web.Request, act: Act
    ) -> web.StreamResponse:
        """Cut the connection, and do it afterwards."""
        self._note(fault, request, 0)
        self.hold(act, fault.ms)
        return cut(request)

    async def play_html(self, fault: Fault, request: web.Request, _act: Act) -> web.StreamResponse:
        """A login page with 200."""
        self._note(fault, request, 200)
        return web.Response(text=LOGIN_PAGE, content_type="text/html")

    async def play_truncated(
        self, fault: Fault, _request: web.Request, act: Act
    ) -> web.StreamResponse:
        """Half of the JSON, under a length that says it is all."""
        answer = self._acted(fault, act)
        whole = answer.body if isinstance(answer.body, bytes) else b"{}"
        return web.Response(
            body=whole[: len(whole) // 2], status=answer.status, content_type="application/json"
        )

    async def play_endless(
        self, fault: Fault, request: web.Request, _act: Act
    ) -> web.StreamResponse:
        """A body that goes on for as long as anybody listens."""
        self._note(fault, request, 200)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"results": [')
        for _ in range(ENDLESS_CHUNKS):
            await response.write(ENDLESS_CHUNK)
        return response

    async def play_missing(
        self, fault: Fault, _request: web.Request, act: Act
    ) -> web.StreamResponse:
        """The answer without some of its fields."""
        answer = self._acted(fault, act)
        whole = json.loads(answer.body) if isinstance(answer.body, bytes) and answer.body else None
        kept = without(whole, frozenset(fault.fields or DROPPED_FIELDS))
        return web.json_response(kept, status=answer.status)

    async def play_expire(
        self, fault: Fault, _request: web.Request, act: Act
    ) -> web.StreamResponse:
        """Every access token ends just before the request."""
        self._grants.expire_access(None)
        return self._acted(fault, act)


def refusal_body(path: str, status: int) -> dict[str, Any]:
    """As Confluence itself says no to a request at *path*."""
    if "/wiki/api/v2/" in path:
        return v2_refusal(status, WORDS[status]).body
    if "/wiki/rest/" in path:
        return v1_refusal(status, WORDS[status]).body
    reason = HTTPStatus(status).phrase
    return {"statusCode": status, "message": WORDS[status], "reason": reason}


def cut(request: web.Request) -> web.Response:
    """Close the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def without(value: object, fields: frozenset[str]) -> object:
    """*value* with these keys gone, at every depth."""
    if isinstance(value, dict):
        return {key: without(held, fields) for key, held in value.items() if key not in fields}
    if isinstance(value, list):
        return [without(each, fields) for each in value]
    return value


def refuser(
    status: int,
) -> Callable[[Faults, Fault, web.Request, Act], Awaitable[web.StreamResponse]]:
    """How an error status is played."""

    async def play(
        faults: Faults, fault: Fault, request: web.Request, _act: Act
    ) -> web.StreamResponse:
        return faults.refusing(fault, request, status)

    return play


PLAYS: dict[str, Callable[[Faults, Fault, web.Request, Act], Awaitable[web.StreamResponse]]] = {
    "403": refuser(403),
    "404": refuser(404),
    "409": refuser(409),
    "429-burst": refuser(429),
    "429-quota": refuser(429),
    "500": refuser(500),
    "502": refuser(502),
    "503": refuser(503),
    "slow": Faults.play_slow,
    "slow-after": Faults.play_slow_after,
    "hang-before": Faults.play_hang_before,
    "hang-after": Faults.play_hang_after,
    "drop-after": Faults.play_drop_after,
    "drop-before": Faults.play_drop_before,
    "late-commit": Faults.play_late_commit,
    "html": Faults.play_html,
    "truncated": Faults.play_truncated,
    "endless": Faults.play_endless,
    "missing-fields": Faults.play_missing,
    "expire-access": Faults.play_expire,
}
