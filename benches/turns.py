"""``dialog_turn`` and ``dialogs_open``: from what somebody says to the next question.

Messages arrive as Slack delivers them; what is posted comes to this process, which passes the
rest of Slack's methods on to the sandbox.
"""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from benches.line import Line, of_medians
from benches.load import send_all, signed_message
from benches.machine import cpu_seconds
from benches.scene import Side, bot_of, peer, sandboxed
from bot.connection import READ, Connection, Grant
from bot.content import Account, AccountId, CloudId, Site
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM
from bot.task import Audience, DialogTask, Reach, TaskId, TemplateVersion
from bot.template import TemplateId, Version
from sandbox.processes import free_port
from sandbox.server import Sandbox
from store.database import Database, open_database
from store.dialogs import SHAPE
from store.keyring import KeyRing
from store.stores import mongo_stores

ROUNDS: Final = 15
QUESTIONS: Final = 20
"""Turns of a round, on each side: so many questions does the template ask."""
MANY: Final = 100_000
FEW: Final = 10
BATCH: Final = 2_000
PATIENCE: Final = 30.0

TEAM: Final = "T0ACME"
PEERS: Final = "T0PEER"
ADA: Final = "U0ADA"
CHANNEL: Final = "D0ADA"
WORD: Final = "bench"
SAYS: Final = "begin the bench"
_TOLD: Final = "As many a person would say it, in a sentence or two of their own."
_SOURCE: Final = f"""\
id: {WORD}
version: 1.0.0
name: Bench
description: Asks and asks.
category: Write
utterances: [{SAYS}]
entities:
""" + "".join(
    f'  - {{name: part{number}, type: long text, prompt: "What about part {number}?"}}\n'
    for number in range(QUESTIONS + 1)
) + """\
steps:
  - let: {first: "{{ part0 }}"}
reply: {text: "{{ first }}"}
"""  # fmt: skip


@dataclass
class Slack:
    """Slack's methods: what is posted stays here, with the time at which it came."""

    sandbox: str
    url: str = ""
    posted: asyncio.Queue[tuple[float, dict[str, Any]]] = field(default_factory=asyncio.Queue)

    async def post(self, request: web.Request) -> web.Response:
        """Take a message."""
        ended = time.perf_counter()
        said = await _read(request)
        self.posted.put_nowait((ended, said))
        at = f"{time.time():.6f}"
        return web.json_response({"ok": True, "channel": said["channel"], "ts": at})

    async def pass_on(self, request: web.Request) -> web.Response:
        """Ask the sandbox."""
        kept = {name: request.headers[name] for name in _KEPT if name in request.headers}
        url = f"{self.sandbox}/slack/api/{request.match_info['method']}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                request.method, url, params=request.query, data=await request.read(), headers=kept
            ) as answer,
        ):
            found = {name: answer.headers[name] for name in _TOLD_BACK if name in answer.headers}
            return web.Response(
                body=await answer.read(), status=answer.status, headers={**_JSON, **found}
            )


_KEPT: Final = ("Authorization", "Content-Type")
_TOLD_BACK: Final = ("X-OAuth-Scopes",)
_JSON: Final = {"Content-Type": "application/json"}


@dataclass
class Talk:
    """Somebody's dialog with one side, in a thread that is new in every round."""

    side: Side
    slack: Slack
    team: str
    threads: Iterator[int] = field(default_factory=lambda: itertools.count(1_700_000_000))
    thread: str = ""
    said: dict[str, Any] = field(default_factory=dict)

    async def begin(self) -> None:
        """Begin a dialog."""
        self.thread = f"{next(self.threads)}.000100"
        await self._hears({"text": SAYS, "ts": self.thread})

    async def turn(self, number: int) -> float:
        """Answer; return the milliseconds to the next question."""
        at = f"{self.thread.partition('.')[0]}.{number + 200:06d}"
        began = time.perf_counter()
        ended = await self._hears({"text": _TOLD, "ts": at, "thread_ts": self.thread})
        assert "What about part" in self.said["text"], self.said
        return (ended - began) * 1e3

    async def _hears(self, event: dict[str, str]) -> float:
        told = {"user": ADA, "channel": CHANNEL, **event}
        request = signed_message(self.side.port, self.side.secret, told, self.team)
        await send_all(self.side.port, [request], 1)
        async with asyncio.timeout(PATIENCE):
            ended, self.said = await self.slack.posted.get()
        return ended


@dataclass
class Rounds:
    """What one side's rounds came to."""

    ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)


async def turns(home: Path, rounds: int = ROUNDS, questions: int = QUESTIONS) -> list[Line]:
    """Talk with the bot and with its peer, in turns."""
    async with AsyncExitStack() as stack:
        ours, database = await stack.enter_async_context(_talk(home))
        await ours.begin()
        await ours.turn(0)
        await _lend_to_the_peer(database, ours.thread)
        facts = {
            "database": database.uri,
            "slack": ours.slack.url,
            "tenant": PEERS,
            "template": {"template": WORD, "version": "1.0.0"},
            "says": {name: ours.said[name] for name in ("text", "blocks")},
        }
        side = await stack.enter_async_context(peer(home, "turn", ours.side.secret, facts))
        theirs = Talk(side, ours.slack, PEERS, thread=ours.thread)
        found = await _in_turns((ours, theirs), rounds, questions)
    for name, each in zip(("ours", "peer"), found, strict=True):
        print(f"      dialog_turn {name}: {median(each.cpu_us):.0f}us CPU")
    return [of_medians("dialog_turn", found[0].ms, found[1].ms, "ms", 1.3)]


async def open_dialogs(
    home: Path, many: int = MANY, rounds: int = ROUNDS, questions: int = QUESTIONS
) -> list[Line]:
    """Talk with two bots, of which one has *many* dialogs open."""
    async with AsyncExitStack() as stack:
        talks = []
        for name, count in (("many", many), ("few", FEW)):
            (home / name).mkdir()
            talk, database = await stack.enter_async_context(_talk(home / name))
            await talk.begin()
            await talk.turn(0)
            await _crowd(database.opened, count - 1)
            talks.append(talk)
        large, small = await _in_turns(tuple(talks), rounds, questions)
    return [of_medians("dialogs_open", large.ms, small.ms, "ms", 1.2)]


async def _in_turns(talks: tuple[Talk, ...], rounds: int, questions: int) -> list[Rounds]:
    found = [Rounds() for _ in talks]
    for number in range(rounds + 1):
        for talk, each in zip(talks, found, strict=True):
            if talk.team == TEAM:
                await talk.begin()
            cpu = cpu_seconds(talk.side.pid)
            took = [await talk.turn(question) for question in range(questions)]
            if number:
                each.ms += took
                each.cpu_us.append((cpu_seconds(talk.side.pid) - cpu) / questions * 1e6)
    return found


@dataclass(frozen=True)
class Opened:
    """The bot's database."""

    uri: str
    opened: Database


@asynccontextmanager
async def _talk(home: Path) -> AsyncIterator[tuple[Talk, Opened]]:
    """Start a bot, with a task installed that asks and asks."""
    port = free_port()
    async with _posting(Slack(f"http://127.0.0.1:{port}")) as slack:
        settings = {"CONFAB_SLACK_API_URL": slack.url}
        async with sandboxed(home, port, **settings) as sandbox:
            database = open_database(sandbox.database_uri)
            try:
                await _install(sandbox, database)
                yield Talk(bot_of(sandbox), slack, TEAM), Opened(sandbox.database_uri, database)
            finally:
                database.close()


@asynccontextmanager
async def _posting(slack: Slack) -> AsyncIterator[Slack]:
    app = web.Application()
    app.router.add_post("/api/chat.postMessage", slack.post)
    app.router.add_route("*", "/api/{method}", slack.pass_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    slack.url = f"http://127.0.0.1:{port}/api/"
    try:
        yield slack
    finally:
        await runner.cleanup()


async def _install(sandbox: Sandbox, database: Database) -> None:
    ring = KeyRing.parse(SecretStr(sandbox.bot_settings()["CONFAB_KEYS"]))
    stores = mongo_stores(database, ring, _now)
    tenant, template, version = Tenant(TEAM), TemplateId(WORD), Version("1.0.0")
    await stores.templates.add(
        TemplateVersion(tenant, template, version, _SOURCE, ADA, _now(), is_own=True)
    )
    everybody = Audience(Reach.WORKSPACE)
    task = DialogTask(TaskId(WORD), tenant, WORD, "Bench", template, version, ADA, everybody)
    await stores.tasks.add(task)
    # Nothing is asked of Confluence, but nobody begins without a connection.
    await stores.connections.save(_connected(Principal(tenant, ADA)))


def _connected(principal: Principal) -> Connection:
    now, token = _now(), SecretStr("t" * 1_200)
    return Connection(
        principal=principal,
        profile=SYSTEM,
        account=Account(AccountId("5b10ac8d82e05b22cc7d4ef5"), "Ada Lovelace"),
        sites=(Site(CloudId("11223344-a1b2-3b33-c444-def123456789"), "Acme", "https://acme.test"),),
        grant=Grant(token, token, now + timedelta(days=1), READ),
        connected_at=now,
    )


async def _lend_to_the_peer(database: Opened, thread: str) -> None:
    """Give the peer's tenant a dialog and a template of the same size."""
    raw = database.opened.raw
    like = await raw[SHAPE.name].find_one({"thread": f"{CHANNEL}/{thread}"}) or {}
    template = await raw["templates"].find_one({"template": WORD}) or {}
    for name, each in ((SHAPE.name, like), ("templates", template)):
        del each["_id"]
        await raw[name].insert_one(each | {"tenant": PEERS})


async def _crowd(database: Database, count: int) -> None:
    """Open *count* dialogs more that look like ADA's, half of them in her tenant.

    Their seals don't open, since nobody asks for them.
    """
    raw = database.raw[SHAPE.name]
    like: dict[str, Any] = await raw.find_one({"tenant": TEAM}) or {}
    del like["_id"]
    later = {"expires_at": _now() + timedelta(days=1)}
    for begin in range(0, count, BATCH):
        numbers = range(begin, min(begin + BATCH, count))
        await raw.insert_many([like | later | _whose(number) for number in numbers], ordered=False)


def _whose(number: int) -> dict[str, str]:
    tenant = TEAM if number % 2 else f"T{number % 100:04d}"
    user = f"U{number * 7919 % 1_000_003:07d}"
    thread = f"D{number:07d}/{number}.000100"
    return {"tenant": tenant, "user_id": user, "dialog": f"{number:024d}", "thread": thread}


async def _read(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        said: dict[str, Any] = await request.json()
        return said
    form = await request.post()
    return {name: json.loads(v) if name == "blocks" else v for name, v in form.items()}  # type: ignore[arg-type]


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - is the Clock
