"""The sandbox with the unmodified bot in it, and the peers that it is measured against."""

import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from benches.machine import on_core
from sandbox.person import Person
from sandbox.processes import Child, free_port, wait_for_port
from sandbox.server import Plan, Sandbox

ROOT: Final = Path(__file__).parent.parent
MEASURED: Final = 0
LOAD: Final = -1


@dataclass(frozen=True)
class Side:
    """A server under test."""

    name: str
    port: int
    pid: int
    secret: str


@contextlib.asynccontextmanager
async def sandboxed(home: Path, port: int = 0, **settings: str) -> AsyncIterator[Sandbox]:
    """Start a sandbox in *home*; its bot has the measured core for itself."""
    with on_core(LOAD):
        async with Sandbox(Plan(home, port, settings=settings)) as sandbox:
            await sandbox.bots.stop()
            with on_core(MEASURED):
                await sandbox.bots.start()
            yield sandbox


def bot_of(sandbox: Sandbox) -> Side:
    """Return the sandbox's bot."""
    [bot] = sandbox.bots.all
    assert bot.child is not None
    secret = sandbox.bot_settings()["CONFAB_SLACK_SIGNING_SECRET"]
    return Side("ours", bot.port, bot.child.pid, secret)


@contextlib.asynccontextmanager
async def peer(
    home: Path, name: str, secret: str, facts: Mapping[str, Any] | None = None
) -> AsyncIterator[Side]:
    """Start one of `benches.peers` on the measured core."""
    port = free_port()
    told = json.dumps({"port": port, "secret": secret, **(facts or {})})
    command = [sys.executable, "-m", "benches.peers", name, told]
    with on_core(MEASURED):
        child = await Child.start(command, {"PYTHONPATH": str(ROOT)}, home / f"{name}.log")
    try:
        await wait_for_port(child, port, name)
        yield Side(name, port, child.pid, secret)
    finally:
        await child.stop()


async def connect(sandbox: Sandbox, session: aiohttp.ClientSession, user: str, name: str) -> None:
    """Give *user* a connection to the account called *name*, as they would."""
    person = Person(session, sandbox.url, user)
    await person.types("/confluence connect")
    asked = {
        "url": await person.waits_for(_link_in, 30),
        "slack_person": user,
        "atlassian_account": name,
        "site": "acme",
    }
    async with session.post(f"{sandbox.url}/_sandbox/walk", json=asked) as answer:
        answer.raise_for_status()
    await person.waits_for_message("Connected as", "@app", 30)


def _link_in(seen: object) -> str | None:
    if isinstance(seen, dict):
        url = seen.get("url")
        if isinstance(url, str) and "/connect/" in url:
            return url
        seen = list(seen.values())
    if isinstance(seen, list):
        return next(filter(None, map(_link_in, reversed(seen))), None)
    return None
