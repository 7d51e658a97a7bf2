"""What operators' machines ask: is it up, is it ready, and how is it doing."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.metrics import CONTENT_TYPE, Metrics

_ANSWERS_WITHIN = 2.0
_PLAIN = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def public_health() -> Handler:
    """Answer ``/healthz`` on the public address: this process is up, and nothing more."""

    async def healthz(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="ok\n", headers=_PLAIN)

    return healthz


def ops_app(ready: Callable[[], Awaitable[bool]], metrics: Metrics) -> web.Application:
    """Serve ``/metrics`` and ``/readyz``, for an address that the public doesn't reach.

    *ready* tells whether the database answers and the bot isn't stopping; it doesn't raise.
    """

    async def readyz(_request: web.Request) -> web.Response:
        try:
            is_ready = await asyncio.wait_for(ready(), _ANSWERS_WITHIN)
        except TimeoutError:
            is_ready = False
        if is_ready:
            return web.Response(text="ready\n", headers=_PLAIN)
        return web.Response(status=503, text="not ready\n", headers=_PLAIN)

    async def exposition(_request: web.Request) -> web.Response:
        return web.Response(
            body=metrics.exposition(), headers=_PLAIN | {"Content-Type": CONTENT_TYPE}
        )

    app = web.Application()
    app.add_routes(
        [
            web.get("/healthz", public_health()),
            web.get("/readyz", readyz),
            web.get("/metrics", exposition),
        ]
    )
    return app
