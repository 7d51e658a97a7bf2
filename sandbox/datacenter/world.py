"""The sandbox's Confluence Data Center: everything put together under one address."""

from typing import Any

from aiohttp import web

from sandbox.atlassian.contract import load_contract
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.log import Log
from sandbox.clock import Clock
from sandbox.datacenter import seed
from sandbox.datacenter.beside import Beside
from sandbox.datacenter.browse import Browse
from sandbox.datacenter.call import ROOT
from sandbox.datacenter.clients import Clients
from sandbox.datacenter.consent import Consents
from sandbox.datacenter.control import Control
from sandbox.datacenter.credentials import Bearer, Credentials
from sandbox.datacenter.grants import Grants
from sandbox.datacenter.limits import Limits
from sandbox.datacenter.pages import Pages
from sandbox.datacenter.rest import Rest
from sandbox.datacenter.tokens import Tokens

DOCUMENT = "confluence-dc.contract.openapi.json"


class DataCenterWorld:
    """One Confluence that an organisation runs itself, under the context path `/confluence`.

    *saved* is what `dump` gave earlier; without it the site is as on its first day.
    """

    def __init__(self, base_url: str, clock: Clock, saved: dict[str, Any] | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.clock = clock
        self.site = seed.build(clock.now())
        self.clients = Clients()
        self.grants = Grants(clock)
        self.tokens = Tokens(clock)
        self.credentials = Credentials(self.tokens, self.grants, self.url)
        self.log = Log()
        self._limits = Limits()
        self.faults = Faults(clock, self._limits, self.grants, self.log)
        if saved is not None:
            self._load(saved)

    @property
    def url(self) -> str:
        """The base URL that people type, context path and all."""
        return f"{self.base_url}{ROOT}"

    @property
    def bearers(self) -> list[Bearer]:
        """Where other servers' tokens are looked up: each maps one to a username, or to None."""
        return self.credentials.bearers

    def attach(self, app: web.Application) -> None:
        """Serve `/datacenter/confluence` and `/_sandbox/datacenter/`."""
        pages = Pages()
        Consents(self.clients, self.grants, pages, self.faults, self.log).attach(app)
        Rest(
            self.base_url,
            self.clock,
            self.site,
            credentials=self.credentials,
            limits=self._limits,
            log=self.log,
            faults=self.faults,
            contract=load_contract(DOCUMENT, prefix=""),
        ).attach(app)
        Beside(
            self.clock,
            self.site,
            self.tokens,
            credentials=self.credentials,
            log=self.log,
            faults=self.faults,
        ).attach(app)
        Browse(self.site, pages).attach(app)
        Control(self).attach(app)

    async def open(self) -> None:
        """Nothing has to be opened; the other worlds have this step."""

    async def close(self) -> None:
        """Drop what is still to happen."""
        self.faults.clear()

    def dump(self) -> dict[str, Any]:
        """Content, links, consents and tokens as JSON; the log and the faults are not kept."""
        return {
            "site": self.site.dump(),
            "clients": self.clients.dump(),
            "grants": self.grants.dump(),
            "tokens": self.tokens.dump(),
            "credentials": self.credentials.dump(),
        }

    def _load(self, saved: dict[str, Any]) -> None:
        self.site.load(saved["site"])
        self.clients.load(saved["clients"])
        self.grants.load(saved["grants"])
        self.tokens.load(saved["tokens"])
        self.credentials.load(saved["credentials"])
