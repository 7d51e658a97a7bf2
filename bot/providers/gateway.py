"""Confluence's OAuth gateway over the network: one call, with all the patience it may take."""

import asyncio
import json
import random
import secrets
import sys
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from time import perf_counter
from typing import Final

import structlog

from bot.connection import Connection
from bot.content import Site
from bot.errors import BotError, ProviderFault, QuotaSpent, Unavailable
from bot.frozen import frozen
from bot.ports import Clock
from bot.providers import confluence_wire as wire
from bot.providers.confluence_refusals_wire import check, check_api
from bot.providers.outgoing import ANSWER_SECONDS, Answer, Outgoing, Request
from bot.providers.rate_wire import is_quota, points_left, retry_after
from bot.providers.rest_wire import blacked_out
from bot.providers.turns import Turns
from bot.quota import Quota
from bot.rest import TOKEN
from bot.tracing import span

logger = structlog.get_logger()

FACE_SECONDS: Final = 1.5
"""All that may be slept while a person waits."""
UPLOAD_SECONDS: Final = 60.0
MOST_UNSURE: Final = 25
"""Points that are counted beforehand and left at that; of more, what wasn't spent is given back."""
POINTS_EACH: Final = 2
"""What a thing on a list costs at most: a person does, anything else half of it."""
PAUSES: Final = (0.2, 0.6)
"""Before the second and the third try, where Confluence doesn't say how long."""
AGAIN: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


def _jitter() -> float:
    return random.uniform(0.7, 1.3)  # noqa: S311 (spreads retries, hides nothing)


@frozen
class Pace:
    """How the gateway waits, and who counts its calls: (product, operation, outcome, seconds)."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = _jitter
    counted: Callable[[str, str, str, float], None] = lambda _product, _call, _outcome, _s: None


class Gateway:
    """Sends calls in the name of a connection, within the quota and a few at a time.

    A site that has an address of its own is called there; all others through the gateway.

    Reads are tried again, writes never.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        api_url: str,
        quota: Quota,
        clock: Clock,
        pace: Pace | None = None,
    ) -> None:
        """*api_url* is what stands before ``/ex/confluence``."""
        self._outgoing = outgoing
        self._api_url = api_url
        self._quota = quota
        self._clock = clock
        self._pace = pace or Pace()
        self._turns = Turns(wire.PROVIDER)

    async def send(self, connection: Connection, site: Site, call: wire.Call) -> Answer:
        """Return a good answer. Raises what ``Confluence`` raises."""
        began, outcome = perf_counter(), "cancelled"
        try:
            with span(f"confluence {call.operation}", writes=call.writes):
                answer = await self._send(connection, site, call)
            outcome = "ok"
        except BotError as error:
            outcome = error.code
            raise
        else:
            return answer
        finally:
            seconds = perf_counter() - began
            self._pace.counted("confluence", call.operation, outcome, seconds)
            logger.info("called", call=call.operation, outcome=outcome, ms=round(seconds * 1000))

    async def _send(self, connection: Connection, site: Site, call: wire.Call) -> Answer:
        if connection.site(site.cloud_id) is None:
            raise ProviderFault("a call to a site that the connection doesn't open")
        request = self._request(connection, site, call)
        who = (connection.principal, connection.profile)
        async with self._turns.take(who, site.cloud_id):
            self._require_time(connection, call)
            answer = await self._patiently(connection, call, request)
        if call.is_typed:
            answer = blacked_out(answer, connection.grant)
        if site.api_url:
            check_api(answer, call, connection.profile)
        try:
            check(answer, call, connection.profile, self._clock())
        except QuotaSpent as error:
            if connection.has_points:
                self._quota.close_until(connection.profile, error.until)
            raise
        if connection.has_points and call.points > MOST_UNSURE and not call.writes:
            unspent = call.points - 1 - POINTS_EACH * _count(answer)
            self._quota.give_back(connection.profile, connection.principal, max(0, unspent))
        return answer

    def _require_time(self, connection: Connection, call: wire.Call) -> None:
        """See that this process hasn't slept, or waited, past the time that it had for a write."""
        until = connection.writes_until
        if call.writes and until is not None and self._clock() >= until:
            raise Unavailable(wire.PROVIDER)

    async def _patiently(self, connection: Connection, call: wire.Call, request: Request) -> Answer:
        slept = 0.0
        pauses = iter(() if call.writes else PAUSES)
        while True:
            if connection.has_points:
                self._quota.spend(connection.profile, connection.principal, call.points)
            pause = next(pauses, None)
            answer = await self._once(connection, request, is_last=pause is None)
            wait = self._wait(answer, pause)
            if wait is None or slept + wait > FACE_SECONDS:
                break
            slept += wait
            await self._pace.sleep(wait)
        if answer is None:
            raise Unavailable(wire.PROVIDER)
        return answer

    async def _once(
        self, connection: Connection, request: Request, *, is_last: bool
    ) -> Answer | None:
        """Send once; ``None`` for no answer at all, where there is another try."""
        try:
            answer = await self._outgoing.send(request)
        except Unavailable as error:
            if is_last or isinstance(error.__cause__, TimeoutError):
                raise
            return None
        left = points_left(answer.headers)
        if left is not None and connection.has_points:
            self._quota.learn(connection.profile, left)
        return answer

    def _wait(self, answer: Answer | None, pause: float | None) -> float | None:
        """Return for how long to wait before another try, or ``None`` for no other try."""
        if pause is None or (answer is not None and answer.status not in AGAIN):
            return None
        if answer is None:
            return pause * self._pace.jitter()
        asked = retry_after(answer.headers, self._clock())
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS and (
            asked is None or is_quota(answer.headers)
        ):
            return None
        return (asked or pause) * self._pace.jitter()

    def _request(self, connection: Connection, site: Site, call: wire.Call) -> Request:
        grant = connection.grant
        token = grant.access_token.get_secret_value()
        kind, body = _body(call)
        headers = {"accept": "application/json", **kind}
        if call.method != "GET":
            headers["x-atlassian-token"] = "no-check"  # else v1 takes a write for a forged one
        typed = {name.lower(): value.replace(TOKEN, token) for name, value in call.headers.items()}
        headers |= typed | {"authorization": f"{grant.token_type} {token}"}
        return Request(
            wire.PROVIDER,
            call.method,
            call.url(self._api_url, site),
            call.query,
            headers,
            body,
            writes=call.writes,
            seconds=UPLOAD_SECONDS if call.upload else ANSWER_SECONDS,
            most_bytes=call.most_bytes,
            beyond=site.api_url,
        )


def _body(call: wire.Call) -> tuple[dict[str, str], bytes | None]:
    """Return what is sent, under the header that says what it is."""
    if call.upload is not None:
        boundary = secrets.token_hex(16)
        kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
        return kind, wire.form_of(call.upload, boundary)
    if call.body is None:
        return {}, None
    body = json.dumps(call.body, ensure_ascii=False).encode()
    return {"content-type": "application/json"}, body


def _count(answer: Answer) -> int:
    """Return how many things are on a list; of what is no list, as many as there could be."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    results = found.get("results") if isinstance(found, dict) else None
    return len(results) if isinstance(results, list) else sys.maxsize
