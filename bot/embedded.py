"""The embedded database of ``confab dev``.

It is a process of its own and never imported: its licence is GPL-2.0, see docs/decisions.md.
"""

import asyncio
import contextlib
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from bot.errors import BotError

_SERVER = "secantusd-py"
_STARTS_WITHIN = 30.0
# It takes two; killing it then loses nothing that it has acknowledged.
_STOPS_WITHIN = 4.0
# Kills the server when our end of its standard input closes, which it does however we end.
_WATCH = 'read -r _; kill -s KILL "$1" 2>/dev/null'


class DatabaseMissing(BotError):
    """The embedded database isn't installed, or doesn't start."""

    code = "embedded_database"


def find_server() -> str:
    """Return the server's path: beside our interpreter, else wherever the shell finds it.

    Raises:
        DatabaseMissing: it is not installed.
    """
    beside = Path(sys.executable).parent / _SERVER
    found = str(beside) if beside.exists() else shutil.which(_SERVER)
    if found is None:
        raise DatabaseMissing(
            "The embedded database isn't installed: pip install 'confab[embedded]'"
        )
    return found


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class EmbeddedDatabase:
    """One database server for this machine alone, with its files under *home*."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._port = free_port()

    @property
    def uri(self) -> str:
        """Where it listens while it is running."""
        return f"mongodb://127.0.0.1:{self._port}/confab?directConnection=true"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the server running inside the block.

        Raises:
            DatabaseMissing: it is not installed, or doesn't start.
        """
        server = await self._start()
        watch = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", _WATCH, "sh", str(server.pid),
            stdin=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            await self._wait_until_listening(server)
            yield
        finally:
            await _end(server)
            watch.kill()
            await watch.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        self._home.mkdir(parents=True, exist_ok=True)
        with (self._home / "database.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                find_server(),
                *("--host", "127.0.0.1"),
                *("--port", str(self._port)),
                *("--storage-path", str(self._home / "database")),
                # Without it, acknowledged writes are lost when the machine goes down.
                "--sync-on-commit",
                *("--log-level", "WARNING"),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _wait_until_listening(self, server: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STARTS_WITHIN):
                while server.returncode is None:
                    if await self._is_listening():
                        return
                    await asyncio.sleep(0.05)
        raise DatabaseMissing(f"The embedded database doesn't start; see {self._home}/database.log")

    async def _is_listening(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True


async def _end(server: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        server.terminate()
    try:
        await asyncio.wait_for(server.wait(), _STOPS_WITHIN)
    except TimeoutError:
        server.kill()
        await server.wait()
