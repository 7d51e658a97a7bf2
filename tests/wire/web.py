"""A wire to a web server that can be held at any request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from sandbox.processes import free_port
from tests.wire.gates import Gates

_MOST = 10_000_000
_HOP = ("Transfer-Encoding", "Content-Length", "Connection", "Keep-Alive")


class WebWire(Gates):
    """Stands between the bots and the sandbox; a request is called ``POST /path``."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        super().__init__()
        self._session = session
        self.behind = ""
        self.url = f"http://127.0.0.1:{port}"

    async def serve(self, request: web.Request) -> web.Response:
        """Carry one request; what a gate has dropped gets no answer."""
        try:
            return await self._carry(request)
        except ConnectionAbortedError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)

    async def _carry(self, request: web.Request) -> web.Response:
        what, body = f"{request.method} {request.path}", await request.read()
        headers = request.headers.copy()
        headers.pop("Host")
        await self.pass_through(what, answered=False)
        async with self._session.request(
            request.method,
            self.behind + request.raw_path,
            data=body,
            headers=headers,
            allow_redirects=False,
        ) as answer:
            told = await answer.read()
        await self.pass_through(what, answered=True)
        kept = answer.headers.copy()
        for name in _HOP:
            kept.popall(name, None)
        return web.Response(status=answer.status, body=told, headers=kept)


@asynccontextmanager
async def web_wire() -> AsyncIterator[WebWire]:
    """Listen; where to carry is set before anybody calls."""
    app = web.Application(client_max_size=_MOST)
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        wire = WebWire(session, free_port())
        app.router.add_route("*", "/{path:.*}", wire.serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", int(wire.url.rpartition(":")[2])).start()
            yield wire
        finally:
            wire.clear()
            await runner.cleanup()
