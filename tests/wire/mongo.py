"""A wire to the database that can be held at any command.

It reads as much of MongoDB's wire protocol as names a command, and passes all of it on.
https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from bson import BSON

from tests.wire.gates import Gates

_HEADER = struct.Struct("<iiii")
_OP_MSG = 2013
_FLAGS = 4
_KIND = 1

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class MongoWire(Gates):
    """Stands between the bots and their database; a command is called ``insert receipts``."""

    def __init__(self) -> None:
        super().__init__()
        self.behind = ""
        self.port = 0

    @property
    def uri(self) -> str:
        """Where a bot finds the database."""
        return f"mongodb://127.0.0.1:{self.port}/confab?directConnection=true"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        found = urlsplit(self.behind)
        with contextlib.suppress(OSError, EOFError):
            onward = await asyncio.open_connection(found.hostname, found.port)
            with contextlib.closing(onward[1]):
                await self._carry((reader, writer), onward)
        writer.close()

    async def _carry(self, near: _Streams, far: _Streams) -> None:
        asked: dict[int, str] = {}
        ways = (self._ask(near[0], far[1], asked), self._answer(far[0], near[1], asked))
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(
        self, near: asyncio.StreamReader, far: asyncio.StreamWriter, asked: dict[int, str]
    ) -> None:
        while True:
            message = await _read(near)
            asked[_HEADER.unpack_from(message)[1]] = name = _name_of(message)
            await self.pass_through(name, answered=False)
            far.write(message)
            await far.drain()

    async def _answer(
        self, far: asyncio.StreamReader, near: asyncio.StreamWriter, asked: dict[int, str]
    ) -> None:
        while True:
            message = await _read(far)
            # A server may answer one question again and again.
            name = asked.get(_HEADER.unpack_from(message)[2], "")
            await self.pass_through(name, answered=True)
            near.write(message)
            await near.drain()


@asynccontextmanager
async def mongo_wire() -> AsyncIterator[MongoWire]:
    """Listen; where to carry is set before anybody calls."""
    wire = MongoWire()
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        wire.clear()
        server.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(_HEADER.size)
    return head + await reader.readexactly(_HEADER.unpack(head)[0] - _HEADER.size)


def _name_of(message: bytes) -> str:
    if _HEADER.unpack_from(message)[3] != _OP_MSG:
        return ""
    body = memoryview(message)[_HEADER.size + _FLAGS + _KIND :]
    length = int.from_bytes(body[:4], "little")
    command, target = next(iter(BSON(bytes(body[:length])).decode().items()))
    return f"{command} {target}"
