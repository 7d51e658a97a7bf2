"""``search_overhead``: delivery to answer at the response URL, beside a straight-line script.

Every answer of Confluence's is 100 ms late. The response URL leads to this process.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from benches.line import Line, of_medians
from benches.load import send_all, signed_command
from benches.scene import Side, bot_of, connect, peer, sandboxed
from bot.connection import Connection
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM
from sandbox.processes import free_port
from sandbox.server import Sandbox
from store.database import open_database
from store.keyring import KeyRing
from store.stores import mongo_stores

PEOPLE: Final = {"U0ADA": "ada", "U0BOB": "bob", "U0CY": "cy"}
"""Who searches: several, since nobody may use up more than a few hundred points."""
ROUNDS: Final = 15
"""Searches of each person on each side."""
LATE_MS: Final = 100
WORDS: Final = "search release"
PATIENCE: Final = 30.0


@dataclass
class Hooks:
    """Where the answers come to."""

    url: str
    answered: asyncio.Queue[tuple[float, dict[str, Any]]]


async def searches(home: Path, rounds: int = ROUNDS) -> list[Line]:
    """Search one at a time, in turns."""
    async with AsyncExitStack() as stack:
        hooks = await stack.enter_async_context(taking_answers())
        sandbox = await stack.enter_async_context(sandboxed(home, CONFAB_SLACK_HOOKS_URL=hooks.url))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        facts = await _facts(sandbox, session, hooks)
        late = {"kind": "slow", "ms": LATE_MS, "path": "/ex/confluence/", "times": 1_000_000}
        await session.post(f"{sandbox.url}/_sandbox/atlassian/faults", json=late)
        ours = bot_of(sandbox)
        script = await stack.enter_async_context(peer(home, "script", ours.secret, facts))
        mine, theirs = await _in_turns((ours, script), rounds, hooks)
    return [of_medians("search_overhead", mine, theirs, "ms", 1.1)]


async def _in_turns(sides: tuple[Side, ...], rounds: int, hooks: Hooks) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds + 1):
        for user in PEOPLE:
            for side, found in zip(sides, times, strict=True):
                found.append(await _searched(side, user, hooks))
    return [found[len(PEOPLE) :] for found in times]


async def _searched(side: Side, user: str, hooks: Hooks) -> float:
    """Return the milliseconds from sending the command to receiving the answer."""
    request = signed_command(side.port, side.secret, WORDS, user, hooks.url)
    began = time.perf_counter()
    await send_all(side.port, [request], 1)
    async with asyncio.timeout(PATIENCE):
        ended, answer = await hooks.answered.get()
    assert "results" in answer["text"], answer
    return (ended - began) * 1e3


@asynccontextmanager
async def taking_answers() -> AsyncIterator[Hooks]:
    """Take what is posted to response URLs."""
    answered: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        answer = await request.json()
        answered.put_nowait((time.perf_counter(), answer))
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/{any:.*}", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield Hooks(f"http://127.0.0.1:{port}", answered)
    finally:
        await runner.cleanup()


async def _facts(sandbox: Sandbox, session: aiohttp.ClientSession, hooks: Hooks) -> dict[str, Any]:
    """Connect everybody, and return what the script needs to know."""
    for user, account in PEOPLE.items():
        await connect(sandbox, session, user, account)
    while not hooks.answered.empty():
        hooks.answered.get_nowait()
    settings = sandbox.bot_settings()
    found = {user: await _connection(settings, user) for user in PEOPLE}
    gateway = f"{settings['CONFAB_ATLASSIAN_API_URL']}/ex/confluence"
    site = found["U0ADA"].sites[0].cloud_id
    return {
        "database": settings["CONFAB_MONGODB_URI"],
        "search": f"{gateway}/{site}/wiki/rest/api/search",
        "tokens": {user: one.grant.access_token.get_secret_value() for user, one in found.items()},
    }


async def _connection(settings: dict[str, str], user: str) -> Connection:
    database = open_database(settings["CONFAB_MONGODB_URI"])
    try:
        ring = KeyRing.parse(SecretStr(settings["CONFAB_KEYS"]))
        stores = mongo_stores(database, ring, lambda: datetime.now(UTC))  # noqa: TID251 - is the Clock
        found = await stores.connections.find(Principal(Tenant("T0ACME"), user), SYSTEM)
        assert found is not None
        return found
    finally:
        database.close()
