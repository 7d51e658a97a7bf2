"""The sandbox: every world on one address, a database, and the unmodified bot between them."""

import asyncio
import contextlib
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml
from aiohttp import web

from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.world import AtlassianWorld
from sandbox.balancer import Balancer
from sandbox.bots import Bot, Bots
from sandbox.clock import Clock
from sandbox.control import attach_control
from sandbox.database import database_uri, start_database
from sandbox.datacenter import DataCenterWorld
from sandbox.guard import guard
from sandbox.issuer import IssuerWorld
from sandbox.processes import free_port
from sandbox.saved import Saved
from sandbox.screen.serve import attach_screen
from sandbox.slack.data import BOT_TOKEN, TEAM
from sandbox.slack.delivery import AppUnderTest
from sandbox.slack.world import SlackWorld
from sandbox.walk import attach_walk

_ROOT = Path(__file__).parent.parent
_SAVES_EVERY = 1.0
# The scopes that docs/setup.md has its readers add to their app in Atlassian's console.
SCOPES = frozenset(
    {
        "offline_access",
        "read:me",
        "search:confluence",
        "read:confluence-user",
        "read:page:confluence",
        "read:space:confluence",
        "read:content-details:confluence",
        "read:hierarchical-content:confluence",
        "write:page:confluence",
        "delete:page:confluence",
        "read:comment:confluence",
        "write:comment:confluence",
        "delete:comment:confluence",
        "read:attachment:confluence",
        "write:attachment:confluence",
        "read:label:confluence",
        "write:label:confluence",
        "read:template:confluence",
        "read:watcher:confluence",
        "write:watcher:confluence",
        "write:content.restriction:confluence",
        "read:content.permission:confluence",
        "read:group:confluence",
        "report:personal-data",
    }
)


@dataclass(frozen=True)
class Plan:
    """What sandbox is wanted."""

    home: Path
    port: int = 0
    bots: int = 1
    socket_mode: bool = False
    installs: bool = False
    """Whether people install the app, instead of the bot's being given Acme's token."""
    rotates_tokens: bool = False
    """Whether Slack's tokens expire and are refreshed."""
    command: str = "/confluence"
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further settings of the bot (``CONFAB_…``), so that tests needn't wait."""


@dataclass(frozen=True)
class Identity:
    """Ports and secrets, the same from run to run."""

    port: int
    bot_port: int
    database_port: int
    key: str
    audit_key: str
    signing_secret: str
    slack_secret: str
    atlassian_secret: str

    @classmethod
    def from_saved(cls, saved: Mapping[str, Any], port: int) -> "Identity":
        """Take up what was saved; make the rest."""
        return cls(
            port=free_port(port or saved.get("port", 0)),
            bot_port=free_port(saved.get("bot_port", 0)),
            database_port=free_port(saved.get("database_port", 0)),
            key=saved.get("key") or b64encode(secrets.token_bytes(32)).decode(),
            audit_key=saved.get("audit_key") or b64encode(secrets.token_bytes(32)).decode(),
            signing_secret=saved.get("signing_secret") or secrets.token_hex(16),
            slack_secret=saved.get("slack_secret") or secrets.token_hex(16),
            atlassian_secret=saved.get("atlassian_secret") or secrets.token_urlsafe(32),
        )


class Sandbox:
    """A running sandbox, inside ``async with``."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._saved = Saved(plan.home)
        try:
            state = self._saved.read()
            self._identity = Identity.from_saved(state.get("identity", {}), plan.port)
        except BaseException:
            self._saved.close()
            raise
        self.clock = Clock(state.get("skipped", 0.0))
        self.slack = SlackWorld(
            self.url, self.clock, self._manifest(), self._app_under_test(), state.get("slack")
        )
        if plan.installs and "slack" not in state:
            self.slack.workspace.installs.uninstall(TEAM)
        self.atlassian = AtlassianWorld(
            self.url, self.clock, self._oauth_client(), state.get("atlassian")
        )
        self.issuer = IssuerWorld(self.url, self.clock, self.atlassian, state.get("issuer"))
        self.datacenter = DataCenterWorld(self.url, self.clock, state.get("datacenter"))
        self.datacenter.bearers.append(self.issuer.username_of)
        self.bots = Bots(plan.home, self.bot_settings(), self._bots())
        self._stack = contextlib.AsyncExitStack()

    @property
    def url(self) -> str:
        """The sandbox's own address."""
        return f"http://127.0.0.1:{self._identity.port}"

    @property
    def bot_url(self) -> str:
        """The bot's public address: to a browser, another site than the sandbox."""
        return f"http://localhost:{self._identity.bot_port}"

    @property
    def database_uri(self) -> str:
        """Where the bot's database is."""
        return database_uri(self._identity.database_port)

    async def __aenter__(self) -> Self:
        """Start everything, and return once all of it is ready."""
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(self._saved.close)
            await stack.enter_async_context(self._database())
            await stack.enter_async_context(self._worlds())
            await stack.enter_async_context(self._saving())
            await stack.enter_async_context(self._balanced())
            stack.push_async_callback(self.bots.stop)
            await self.bots.start()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        """Stop everything, in reverse."""
        await self._stack.aclose()

    async def restart_bot(self) -> None:
        """Stop the bots as an operator would, and start them again."""
        await self.bots.restart()

    async def kill_bot(self) -> None:
        """End the bots without a warning."""
        await self.bots.kill()

    def save(self) -> None:
        """Write down what has changed."""
        self._saved.write(
            {
                "identity": vars(self._identity),
                "skipped": self.clock.skipped,
                "slack": self.slack.dump(),
                "atlassian": self.atlassian.dump(),
                "issuer": self.issuer.dump(),
                "datacenter": self.datacenter.dump(),
            }
        )

    @contextlib.asynccontextmanager
    async def _database(self) -> AsyncIterator[None]:
        child = await start_database(self.plan.home, self._identity.database_port)
        try:
            yield
        finally:
            # It takes two; killing it then loses nothing that it has acknowledged.
            await child.stop(within=4.0)

    @contextlib.asynccontextmanager
    async def _worlds(self) -> AsyncIterator[None]:
        app = web.Application(middlewares=[guard(self.url)])
        self.slack.attach(app)
        self.atlassian.attach(app)
        self.issuer.attach(app)
        self.datacenter.attach(app)
        attach_walk(app, self.url)
        attach_control(app, self.bots, self._seen)
        attach_screen(app, self._manifest())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self.slack.open()
        await self.atlassian.open()
        await self.datacenter.open()
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._identity.port).start()
            yield
        finally:
            await self.slack.close()
            await self.atlassian.close()
            await self.issuer.close()
            await self.datacenter.close()
            await runner.cleanup()

    @contextlib.asynccontextmanager
    async def _saving(self) -> AsyncIterator[None]:
        self.save()
        task = asyncio.create_task(self._save_often())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.save()

    async def _save_often(self) -> None:
        while True:
            await asyncio.sleep(_SAVES_EVERY)
            self.save()

    @contextlib.asynccontextmanager
    async def _balanced(self) -> AsyncIterator[None]:
        if self.plan.bots == 1:
            yield
            return
        balancer = Balancer(self._identity.bot_port, [bot.port for bot in self.bots.all])
        await balancer.start()
        try:
            yield
        finally:
            await balancer.close()

    def _bots(self) -> list[Bot]:
        if self.plan.bots == 1:
            return [Bot("bot", self._identity.bot_port, free_port())]
        return [Bot(f"bot-{n}", free_port(), free_port()) for n in range(1, self.plan.bots + 1)]

    def _seen(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "bot_url": self.bot_url,
            "socket_mode": self.plan.socket_mode,
            "command": self.plan.command,
            "bots": [bot.seen() for bot in self.bots.all],
        }

    def _manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = yaml.safe_load((_ROOT / "manifest.yml").read_text("utf-8"))
        manifest["features"]["slash_commands"][0]["command"] = self.plan.command
        ways_back = ("/connect/slack", "/slack/oauth_redirect")
        manifest["oauth_config"]["redirect_urls"] = [f"{self.bot_url}{path}" for path in ways_back]
        if self.plan.installs:
            manifest["app_directory"] = {"direct_install_url": f"{self.bot_url}/slack/install"}
        manifest["settings"]["socket_mode_enabled"] = self.plan.socket_mode
        manifest["settings"]["token_rotation_enabled"] = self.plan.rotates_tokens
        return manifest

    def _app_under_test(self) -> AppUnderTest:
        return AppUnderTest(
            request_url=f"http://127.0.0.1:{self._identity.bot_port}/slack/events",
            signing_secret=self._identity.signing_secret,
            client_id="0000.sandbox",
            client_secret=self._identity.slack_secret,
            app_token="xapp-1-A0CONFAB-sandbox" if self.plan.socket_mode else None,
        )

    def _oauth_client(self) -> OAuthClient:
        return OAuthClient(
            client_id="confab-sandbox",
            client_secret=self._identity.atlassian_secret,
            redirect_uri=f"{self.bot_url}/connect/callback/system",
            scopes=SCOPES,
        )

    def bot_settings(self) -> dict[str, str]:
        """The bot's settings as its environment holds them; each bot has its own ports besides."""
        slack, atlassian = self._app_under_test(), self._oauth_client()
        return {
            "CONFAB_PUBLIC_URL": self.bot_url,
            "CONFAB_MONGODB_URI": self.database_uri,
            "CONFAB_KEYS": f"sandbox={self._identity.key}",
            "CONFAB_AUDIT_KEY": self._identity.audit_key,
            "CONFAB_SLACK_BOT_TOKEN": "" if self.plan.installs else BOT_TOKEN,
            "CONFAB_SLACK_APP_TOKEN": slack.app_token or "",
            "CONFAB_SLACK_SIGNING_SECRET": slack.signing_secret,
            "CONFAB_SLACK_CLIENT_ID": slack.client_id,
            "CONFAB_SLACK_CLIENT_SECRET": slack.client_secret,
            "CONFAB_SLACK_API_URL": f"{self.url}/slack/api/",
            "CONFAB_SLACK_URL": f"{self.url}/slack",
            "CONFAB_SLACK_HOOKS_URL": f"{self.url}/slack/hooks",
            "CONFAB_SLACK_FILES_URL": f"{self.url}/slack",
            "CONFAB_ATLASSIAN_CLIENT_ID": atlassian.client_id,
            "CONFAB_ATLASSIAN_CLIENT_SECRET": atlassian.client_secret,
            "CONFAB_ATLASSIAN_AUTH_URL": f"{self.url}/atlassian/auth",
            "CONFAB_ATLASSIAN_API_URL": f"{self.url}/atlassian/api",
            # The Data Center site and the company's own server are here as well.
            "CONFAB_INTERNAL_ORIGINS": self.url,
            "CONFAB_COMMAND": self.plan.command,
            # Nothing balances loads here.
            "CONFAB_LINGER": "0",
            **self.plan.settings,
        }
