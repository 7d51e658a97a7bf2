"""The sandbox's Slack, put together."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.slack.acting import Acting
from sandbox.slack.control import Control
from sandbox.slack.delivery import AppUnderTest, Deliveries
from sandbox.slack.events import Events
from sandbox.slack.files import Files
from sandbox.slack.hooks import Hooks
from sandbox.slack.ledger import Ledger
from sandbox.slack.lifecycle import Lifecycle
from sandbox.slack.manifest import Manifest
from sandbox.slack.methods_auth import Auth
from sandbox.slack.methods_chat import Chat
from sandbox.slack.methods_groups import Groups
from sandbox.slack.methods_people import Directory
from sandbox.slack.methods_views import ViewMethods
from sandbox.slack.oauth import Installing
from sandbox.slack.oidc import SignIn
from sandbox.slack.state import Json, State
from sandbox.slack.views import Views
from sandbox.slack.webapi import WebApi
from sandbox.slack.workspace import Workspace

__all__ = ["AppUnderTest", "SlackWorld"]


class SlackWorld:
    """Slack's workspaces and organisations with one app; see ``docs/sandbox.md``."""

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        manifest: Mapping[str, Any],
        app: AppUnderTest,
        saved: Mapping[str, Any] | None = None,
    ) -> None:
        self.workspace = Workspace(State.load(saved), clock, Manifest(manifest), base_url)
        self.workspace.state.rotation |= self.workspace.manifest.rotates
        self.ledger = Ledger()
        self.deliveries = Deliveries(app, clock, self.ledger)
        self.events = Events(self.deliveries, clock)
        self.views = Views(self.workspace)
        self.acting = Acting(self.workspace, self.views, self.deliveries, self.events)
        self.api = WebApi(self.workspace, self.deliveries, self.ledger)
        self.sign_in = SignIn(self.workspace, self.deliveries)
        self.installing = Installing(self.workspace, self.deliveries)
        self.lifecycle = Lifecycle(self.workspace, self.events, self.installing)
        self._hooks = Hooks(self.workspace, self.ledger, self.api.faults)
        self.files = Files(self.workspace, self.ledger, self.api.faults)
        for part in (
            Auth(self.workspace, self.deliveries, self.lifecycle.renounced),
            Directory(self.workspace, self.api.need),
            Groups(self.workspace),
            Chat(self.workspace),
            self.files,
            ViewMethods(self.workspace, self.views),
            self.sign_in,
            self.installing,
        ):
            self.api.offer(part.methods())

    def attach(self, app: web.Application) -> None:
        """Add the routes under ``/slack/`` and ``/_sandbox/slack/``."""
        app.router.add_route("GET", "/slack/api/{method}", self.api.serve)
        app.router.add_route("POST", "/slack/api/{method}", self.api.serve)
        app.router.add_post("/slack/hooks/{team}/{hook}", self._hooks.serve)
        app.router.add_get("/slack/socket/{ticket}", self.deliveries.sockets.serve)
        self.files.attach(app)
        self.sign_in.attach(app)
        self.installing.attach(app)
        Control(self).attach(app)
        app.on_shutdown.append(self._hang_up)

    async def open(self) -> None:
        """Get ready to deliver."""
        await self.deliveries.open()

    async def close(self) -> None:
        """Stop repeating events, end the streams, hang up."""
        self.workspace.changes.close()
        await self.events.close()
        await self.deliveries.close()

    def retarget(self, request_url: str) -> None:
        """Deliver to another address from now on."""
        self.deliveries.retarget(request_url)

    def dump(self) -> Json:
        """Everything to be remembered, JSON-able; give it back as *saved*."""
        return self.workspace.state.dump()

    async def _hang_up(self, _app: web.Application) -> None:
        self.workspace.changes.close()
        await self.deliveries.sockets.close()
