"""The processes that the sandbox starts: the embedded database, and the bot."""

import asyncio
import collections
import contextlib
import fcntl
import functools
import os
import random
import signal
import socket
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

_STOPS_WITHIN = 30.0
_ROUND = 0.05
# Kills the child's whole group when our end of its standard input closes, which it does
# however we end: SIGKILL too, on Linux and on macOS.
_WATCH = 'read -r _; kill -s KILL -- "-$1" 2>/dev/null'


class DoesNotStart(Exception):
    """A process ended, or wasn't ready in time; the message shows the end of its log."""


QUIET_PORTS = range(20_000, 32_000)
_REMEMBERED = 200
_given: collections.deque[int] = collections.deque()


def free_port(wanted: int = 0) -> int:
    """Return *wanted* if nobody listens there, else any port that is free now.

    Not one that the system hands out to outgoing connections (Linux from 32,768, macOS from
    49,152): it could be taken again before anybody listens there. Nor one that was given out
    lately, here or by another process of this user, whose listener may just be starting.
    """
    others = random.sample(QUIET_PORTS, 50)
    for port in (wanted, *others) if wanted else others:
        if port in _given and port != wanted:
            continue
        if not _is_free(port) or not _is_claimed(port):
            continue
        _given.append(port)
        if len(_given) > _REMEMBERED:
            fcntl.lockf(_claims(), fcntl.LOCK_UN, 1, _given.popleft())
        return port
    raise DoesNotStart("no port of this machine is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _is_claimed(port: int) -> bool:
    """Lock the port's byte of a file that every sandbox of this user knows, and keep it locked."""
    with contextlib.suppress(OSError):
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        return True
    return False


@functools.cache
def _claims() -> int:
    path = Path(tempfile.gettempdir()) / f"confab-sandbox-{os.getuid()}.ports"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


class Child:
    """A process in a group of its own, which never outlives us."""

    def __init__(
        self, process: asyncio.subprocess.Process, watch: asyncio.subprocess.Process, log: Path
    ) -> None:
        self._process = process
        self._watch = watch
        self._log = log

    @classmethod
    async def start(
        cls, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> "Child":
        """Run *command* in the folder of its *log*, with nothing but *environment* around it."""
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *command,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", **environment},
                cwd=log.parent,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        watch = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", _WATCH, "sh", str(process.pid)),
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        return cls(process, watch, log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Tell whether it hasn't ended."""
        return self._process.returncode is None

    async def stop(self, within: float = _STOPS_WITHIN) -> None:
        """Ask it to end (SIGTERM), and kill it if it doesn't."""
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), within)
        except TimeoutError:
            self._signal(signal.SIGKILL)
        await self._buried()

    async def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._signal(signal.SIGKILL)
        await self._buried()

    def failure(self, what: str) -> DoesNotStart:
        """Return the error that shows why *what* didn't start."""
        tail = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        return DoesNotStart("\n".join([f"{what} doesn't start. Its log ends with:", *tail]))

    def _signal(self, number: signal.Signals) -> None:
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def _buried(self) -> None:
        await self._process.wait()
        if self._watch.returncode is None:
            self._watch.kill()
        await self._watch.wait()


async def wait_for_port(child: Child, port: int, what: str, within: float = 30.0) -> None:
    """Return once *child* listens on *port*.

    Raises:
        DoesNotStart: it ended, or the time was up.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while child.is_running:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    await writer.wait_closed()
                    return
                await asyncio.sleep(_ROUND)
    raise child.failure(what)


async def wait_until_ready(child: Child, url: str, what: str, within: float = 30.0) -> None:
    """Return once *url* answers 200.

    Raises:
        DoesNotStart: *child* ended, or the time was up.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within), aiohttp.ClientSession() as session:
            while child.is_running:
                if await _answers(session, url):
                    return
                await asyncio.sleep(_ROUND)
    raise child.failure(what)


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False
