"""Slack over HTTP: one endpoint, guarded in front of Bolt."""

import time
from collections.abc import Callable, Sequence

import structlog
from aiohttp import web
from aiohttp.web import RequestPayloadError
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from handlers.payloads import RETRY_REASON
from handlers.signing import Judgement, Verifier

log = structlog.get_logger(__name__)

PATH = "/slack/events"
MOST_BYTES = 1_048_576
"""A view may hold 250 kB, and what was typed into it comes beside it."""


class SlackEndpoint:
    """Takes Slack's requests: signature first, then Bolt; 401 on any doubt."""

    def __init__(
        self, app: AsyncApp, verifier: Verifier, now: Callable[[], float] = time.time
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._now = now

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one POST."""
        if (request.content_length or 0) > MOST_BYTES:
            return web.Response(status=413)
        try:
            body = await request.read()
        except RequestPayloadError:
            log.info("refused", code="malformed")
            return web.Response(status=401)
        signature = request.headers.get("X-Slack-Signature", "")
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        judged = self._verifier.judge(timestamp, signature, body, self._now())
        if judged is Judgement.REFUSED:
            log.info("refused", code="bad_signature")
            return web.Response(status=401)
        retried = request.headers.get(RETRY_REASON, "")
        parsed = _parsed(body, {"content-type": request.content_type, RETRY_REASON: retried})
        if parsed is None:
            log.info("refused", code="malformed")
            return web.Response(status=401)
        if judged is Judgement.AGAIN and not _only_asks(parsed):
            log.info("refused", code="replayed")
            return web.Response(status=401)
        response: BoltResponse = await self._app.async_dispatch(parsed)
        if response.status != web.HTTPOk.status_code:
            self._verifier.forget(signature)
        return _answer(response)


def _parsed(body: bytes, headers: dict[str, str | Sequence[str]]) -> AsyncBoltRequest | None:
    try:
        request = AsyncBoltRequest(body=body.decode(), headers=headers)
    except (ValueError, RecursionError, AttributeError, TypeError):
        # Bolt parses in its constructor and lets every parser's error through.
        return None
    # What JSON calls a list or a number is no request of Slack's.
    is_object = type(request.body) is dict
    return request if is_object and "ssl_check" not in request.body else None


def _only_asks(request: AsyncBoltRequest) -> bool:
    """Tell whether it is a look-up of a menu, which changes nothing and is answered in its ack."""
    return bool(request.body.get("type") == "block_suggestion")


def _answer(response: BoltResponse) -> web.Response:
    kind = response.first_headers().get("content-type", "text/plain")
    return web.Response(
        status=response.status,
        body=response.body.encode(),
        headers={"Content-Type": kind},
    )
