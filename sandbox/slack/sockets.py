"""Socket Mode: the connections that the app keeps open, and what goes over them."""

import asyncio
import contextlib
import json
import secrets
from typing import Any

from aiohttp import WSMsgType, web

from sandbox.slack import data
from sandbox.slack.state import Json

MOST = 10


class Sockets:
    """At most ten connections; each envelope goes to one of them, in turn."""

    def __init__(self) -> None:
        self._tickets: set[str] = set()
        self._open: list[web.WebSocketResponse] = []
        self._asked: dict[str, tuple[web.WebSocketResponse, asyncio.Future[Any]]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def mint_ticket(self) -> str:
        """What lets one connection in, once."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until it ends."""
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets or len(self._open) >= MOST:
            return web.Response(status=401 if ticket not in self._tickets else 408)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        self._open.append(socket)
        try:
            await socket.send_json(self._hello())
            await self._listen(socket)
        finally:
            self._forget(socket)
        return socket

    async def ask(self, envelope: Json) -> Any:  # noqa: ANN401 - whatever the app acks with
        """Send an envelope and return the payload of its ack.

        Raises:
            ConnectionError: nobody is connected, or the connection ended before the ack.
        """
        if not self._open:
            raise ConnectionError("no socket is open")
        socket = self._open.pop(0)
        self._open.append(socket)
        envelope_id = secrets.token_hex(16)
        asked: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[envelope_id] = (socket, asked)
        try:
            await socket.send_json({**envelope, "envelope_id": envelope_id})
            return await asked
        finally:
            del self._asked[envelope_id]

    async def disconnect(self, reason: str) -> int:
        """Say why, hang up unless it is a warning, and return how many connections heard it."""
        heard = list(self._open)
        for socket in heard:
            host = {"host": "sandbox"}
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": host})
            if reason != "warning":
                await socket.close()
        return len(heard)

    async def close(self) -> None:
        """End every connection."""
        for socket in list(self._open):
            await socket.close()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "connection_info": {"app_id": data.APP_ID},
            "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
        }

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                with contextlib.suppress(ValueError, TypeError, AttributeError):
                    self._settle(json.loads(message.data))

    def _settle(self, ack: Json) -> None:
        found = self._asked.get(ack.get("envelope_id", ""))
        if found is not None and not found[1].done():
            found[1].set_result(ack.get("payload"))

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self._open.remove(socket)
        for holder, asked in self._asked.values():
            if holder is socket and not asked.done():
                asked.set_exception(ConnectionError("the socket closed"))
