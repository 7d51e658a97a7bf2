"""The sandbox's issuer: everything put together under one address."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from sandbox.atlassian import AtlassianWorld
from sandbox.clock import Clock
from sandbox.issuer.authorize import Authorize
from sandbox.issuer.clients import Clients
from sandbox.issuer.cloud import Cloud
from sandbox.issuer.control import Control
from sandbox.issuer.faults import Faults
from sandbox.issuer.issuer import Issuer
from sandbox.issuer.metadata import Metadata
from sandbox.issuer.revoke import Revoke
from sandbox.issuer.switches import Switches
from sandbox.issuer.token import Token
from sandbox.issuer.tokens import Tokens
from sandbox.issuer.trap import Trap
from sandbox.issuer.whoami import WhoAmI


class IssuerWorld:
    """Some company's authorization server, whose people are those of *atlassian* and others.

    *saved* is what `dump` gave earlier; without it the server is as on its first day.
    """

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        atlassian: AtlassianWorld,
        saved: dict[str, Any] | None = None,
    ) -> None:
        self.issuer = Issuer(base_url.rstrip("/"), clock, Tokens(clock))
        self.trap = Trap()
        self._atlassian = atlassian
        if saved is not None:
            self.issuer.switches = Switches(**saved["switches"])
            self.issuer.clients.load(saved["clients"])
            self.issuer.tokens.load(saved["tokens"])

    def attach(self, app: web.Application) -> None:
        """Serve `/issuer/`, its metadata under `/.well-known/`, and `/_sandbox/issuer/`."""
        for endpoint in (Metadata, Authorize, Token, Revoke, WhoAmI):
            endpoint(self.issuer).attach(app)
        Cloud(self.issuer, self._atlassian).attach(app)
        self.trap.attach(app)
        Control(self).attach(app)
        # Before the server waits for those whose answers are held.
        app.on_shutdown.append(self._let_go)

    def username_of(self, token: str) -> str | None:
        """Whose bearer token it is, for other products that take the issuer's tokens."""
        access = self.issuer.tokens.find_access(token)
        return None if access is None else access.person

    def reset(self) -> None:
        """As on the first day."""
        issuer = self.issuer
        issuer.switches, issuer.clients, issuer.faults = Switches(), Clients(), Faults()
        issuer.tokens = Tokens(issuer.clock)
        issuer.log.visits.clear()
        self.trap.caught.clear()
        issuer.release()

    async def open(self) -> None:
        """Nothing has to be opened; the other worlds have this step."""

    async def _let_go(self, _app: web.Application) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of what is held."""
        self.issuer.faults.clear(None)
        self.issuer.release()

    def dump(self) -> dict[str, Any]:
        """Everything but log and faults, as JSON."""
        return {
            "switches": asdict(self.issuer.switches),
            "clients": self.issuer.clients.dump(),
            "tokens": self.issuer.tokens.dump(),
        }
