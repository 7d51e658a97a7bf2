"""One address in front of several bots: each new connection goes to the next that is up."""

import asyncio
import contextlib
from collections.abc import Generator, Sequence

_CHUNK = 65536


class Balancer:
    """Passes TCP connections on, in turn."""

    def __init__(self, port: int, behind: Sequence[int]) -> None:
        self._port = port
        self._behind = list(behind)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def close(self) -> None:
        """Stop listening, and drop the connections that are left."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward = await self._connect()
        if onward is not None:
            with self._kept(writer), self._kept(onward[1]):
                await asyncio.gather(_pass(reader, onward[1]), _pass(onward[0], writer))
        writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self._behind:
            port = self._behind.pop(0)
            self._behind.append(port)
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    @contextlib.contextmanager
    def _kept(self, writer: asyncio.StreamWriter) -> Generator[None, None, None]:
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)
            writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()
