"""The whole bot in this process, between the sandbox's worlds, with stores in memory.

Real signatures, real HTTP over loopback, the real Bolt app; no database and no subprocess.
"""

import asyncio
import copy
import secrets
import socket
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web
from joserfc.jwk import RSAKey

from bot.app import Bot, Outside, allowed_origins, assemble, reach_out, utc_now
from bot.metrics import Metrics
from bot.ports import KNOWN_FOR
from bot.providers.gateway import Pace
from bot.providers.outgoing import Outgoing
from bot.recent import Recent
from bot.serving import install
from bot.settings import Settings
from handlers import edge
from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.world import AtlassianWorld
from sandbox.clock import Clock
from sandbox.datacenter import DataCenterWorld
from sandbox.guard import guard
from sandbox.issuer import IssuerWorld
from sandbox.person import Person
from sandbox.server import SCOPES
from sandbox.slack.data import BOT_TOKEN
from sandbox.slack.delivery import AppUnderTest
from sandbox.slack.world import SlackWorld
from sandbox.walk import attach_walk
from store.stores import Stores, memory_stores
from tests.kept import broken

ROOT = Path(__file__).parent.parent
ACCOUNTS = {"U0ADA": "ada", "U0BOB": "bob", "U0CY": "cy", "U0GUS": "gus"}
PATIENCE = 30.0
"""Seconds within which the bot has to answer: far more than a busy machine takes."""
QUICK = 0.02
"""How much of its time the bot waits before it asks again what was refused or not answered."""
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@dataclass
class Stage:
    """Everything on it, for a test to look at and to break."""

    url: str
    bot_url: str
    slack: SlackWorld
    atlassian: AtlassianWorld
    issuer: IssuerWorld
    datacenter: DataCenterWorld
    clock: Clock
    settings: Settings
    stores: Stores
    outside: Outside
    bot: Bot
    session: aiohttp.ClientSession

    def person(self, user: str) -> Person:
        """Return somebody to act as."""
        return Person(self.session, self.url, user)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Tell the sandbox something, and return its answer."""
        async with self.session.post(f"{self.url}/_sandbox/{path}", json=body) as answer:
            assert answer.status < 400, await answer.text()
            return await answer.json()

    async def get(self, path: str) -> Any:
        """Ask the sandbox something."""
        async with self.session.get(f"{self.url}/_sandbox/{path}") as answer:
            assert answer.status < 400, await answer.text()
            return await answer.json()

    async def walk(self, link: str, user: str = "U0ADA", **how: Any) -> dict[str, Any]:
        """Consent in a browser of one's own, from *link* to wherever it ends."""
        asked = {
            "url": link,
            "slack_person": user,
            "atlassian_account": ACCOUNTS.get(user, "ada"),
            "site": "acme",
        }
        walked: dict[str, Any] = await self.post("walk", asked | how)
        return walked

    async def connect(self, user: str = "U0ADA", word: str = "connect", **how: Any) -> Person:
        """Connect somebody's account through the browser, as they would."""
        person = self.person(user)
        await person.types(f"/confluence {word}")
        link = link_in(await person.waits_for(lambda seen: seen if link_in(seen) else None))
        assert link is not None
        await self.walk(link, user, **how)
        await self.quiet()
        return person

    async def connect_to_write(self, user: str = "U0ADA") -> Person:
        """Connect somebody with the rights to write."""
        person = self.person(user)
        await person.types("/confluence create")
        modal = await person.waits_for(link_in)
        await self.walk(modal, user)
        await self.quiet()
        await person.closes(everything=True)
        return person

    def forget_people(self) -> None:
        """Have the bot ask Slack again who people are, as after five minutes."""
        self.outside.people._known = Recent(utc_now, KNOWN_FOR)  # noqa: SLF001 - time alone does it

    async def quiet(self) -> None:
        """Wait until the bot has nothing under way."""
        tasks = self.bot.tasks, self.bot.recording.tasks
        while running := [each for kind in tasks for each in kind._running]:  # noqa: SLF001 - to wait for them
            await asyncio.wait(running)
            await asyncio.sleep(0)


def link_in(seen: object) -> str | None:
    """Return the newest connect link that is in sight."""
    found: list[str] = []

    def look(node: object) -> None:
        if isinstance(node, dict):
            url = node.get("url")
            if isinstance(url, str) and "/connect/" in url:
                found.append(url)
            for value in node.values():
                look(value)
        elif isinstance(node, list):
            for value in node:
                look(value)

    look(seen)
    return found[-1] if found else None


@asynccontextmanager
async def staged(
    *, stores: Stores | None = None, metrics: Metrics | None = None, **settings: Any
) -> AsyncIterator[Stage]:
    """Set the stage; *settings* overrule the bot's, *stores* and *metrics* those in memory."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        stack.enter_context(_without_hurry())
        front, back = stack.enter_context(door()), stack.enter_context(door())
        bot_port = back.getsockname()[1]
        url, bot_url = f"http://127.0.0.1:{front.getsockname()[1]}", f"http://localhost:{bot_port}"
        app = AppUnderTest(
            f"http://127.0.0.1:{bot_port}/slack/events", SIGNING_SECRET, "0000.s", "s" * 32
        )
        client = OAuthClient("confab", "a" * 40, f"{bot_url}/connect/callback/system", SCOPES)
        slack = _slack(url, clock, bot_url, app)
        atlassian = AtlassianWorld(url, clock, client)
        issuer, datacenter = _own_ground(url, clock, atlassian)
        chosen = Settings(_env_file=None, **{**_values(url, bot_url, app, client), **settings})
        worlds = slack, atlassian, issuer, datacenter
        await stack.enter_async_context(_worlds(url, front, *worlds))
        outgoing = await stack.enter_async_context(
            Outgoing(allowed_origins(chosen), internal=chosen.internal_origins)
        )
        stores, metrics = stores or memory_stores(utc_now), metrics or Metrics()
        pace = Pace(jitter=lambda: QUICK, counted=metrics.called)
        outside = reach_out(chosen, outgoing, stores, metrics, pace)
        bot = await _assembled(chosen, stores, outside, metrics)
        await stack.enter_async_context(served(bot.web, back))
        stack.push_async_callback(bot.authorizer.drain, 5)
        stack.push_async_callback(bot.tasks.drain, 5)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Stage(url, bot_url, *worlds, clock, chosen, stores, outside, bot, session)


@contextmanager
def _without_hurry() -> Iterator[None]:
    """Let nothing be late that isn't meant to be: this machine may be busy."""
    within = edge.OPTIONS_WITHIN, edge.JUDGED_WITHIN
    edge.OPTIONS_WITHIN = edge.JUDGED_WITHIN = PATIENCE
    try:
        yield
    finally:
        edge.OPTIONS_WITHIN, edge.JUDGED_WITHIN = within


def door() -> socket.socket:
    """A port of one's own from now on, at which nobody listens yet."""
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    return opened


def _slack(url: str, clock: Clock, bot_url: str, app: AppUnderTest) -> SlackWorld:
    slack = SlackWorld(url, clock, _manifest(bot_url), app)
    slack.workspace.state.signing_key = _signing_key()
    slack.deliveries.ack_seconds = PATIENCE
    return slack


def _manifest(bot_url: str) -> dict[str, Any]:
    manifest = copy.deepcopy(_shipped_manifest())
    ways_back = ("/connect/slack", "/slack/oauth_redirect")
    manifest["oauth_config"]["redirect_urls"] = [f"{bot_url}{path}" for path in ways_back]
    return manifest


@cache
def _signing_key() -> dict[str, Any]:
    """Slack's, of every stage: to make one takes longer than most tests."""
    made = RSAKey.generate_key(2048, {"kid": secrets.token_hex(8)}, auto_kid=False)
    return dict(made.as_dict(private=True))


@cache
def _shipped_manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
    return manifest


async def _assembled(settings: Settings, stores: Stores, outside: Outside, metrics: Metrics) -> Bot:
    await install(settings, outside, stores)
    bot = assemble(settings, stores, outside, metrics)
    await bot.table.complete()  # as it is once somebody has asked for any of the rest
    return bot


def _values(url: str, bot_url: str, app: AppUnderTest, client: OAuthClient) -> dict[str, Any]:
    return {
        "public_url": bot_url,
        "mongodb_uri": "mongodb://127.0.0.1:1/none",
        "keys": f"k1={b64encode(secrets.token_bytes(32)).decode()}",
        "audit_key": b64encode(secrets.token_bytes(32)).decode(),
        "slack_bot_token": BOT_TOKEN,
        "slack_signing_secret": app.signing_secret,
        "slack_client_id": app.client_id,
        "slack_client_secret": app.client_secret,
        "slack_api_url": f"{url}/slack/api/",
        "slack_url": f"{url}/slack",
        "slack_hooks_url": f"{url}/slack/hooks",
        "slack_files_url": f"{url}/slack",
        "atlassian_client_id": client.client_id,
        "atlassian_client_secret": client.client_secret,
        "atlassian_auth_url": f"{url}/atlassian/auth",
        "atlassian_api_url": f"{url}/atlassian/api",
        "internal_origins": url,
        "settle_after": timedelta(seconds=60),
        "settle_every": timedelta(seconds=1),
        "linger": timedelta(0),
    }


def _own_ground(
    url: str, clock: Clock, atlassian: AtlassianWorld
) -> tuple[IssuerWorld, DataCenterWorld]:
    issuer, datacenter = IssuerWorld(url, clock, atlassian), DataCenterWorld(url, clock)
    datacenter.bearers.append(issuer.username_of)
    return issuer, datacenter


@asynccontextmanager
async def _worlds(
    url: str,
    at: socket.socket,
    slack: SlackWorld,
    atlassian: AtlassianWorld,
    issuer: IssuerWorld,
    datacenter: DataCenterWorld,
) -> AsyncIterator[None]:
    worlds = web.Application(middlewares=[guard(url)])
    slack.attach(worlds)
    atlassian.attach(worlds)
    issuer.attach(worlds)
    datacenter.attach(worlds)
    attach_walk(worlds, url)
    await slack.open()
    await atlassian.open()
    await datacenter.open()
    try:
        async with served(worlds, at):
            yield
        assert broken(slack.ledger, atlassian.log, datacenter.log) == []
    finally:
        await slack.close()
        await atlassian.close()
        await issuer.close()
        await datacenter.close()


@asynccontextmanager
async def served(application: web.Application, at: socket.socket) -> AsyncIterator[None]:
    """Serve at this door, which is closed afterwards."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, at).start()
    try:
        yield
    finally:
        await runner.cleanup()
