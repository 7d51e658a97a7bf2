"""The sandbox's Atlassian: everything put together under one address."""

from typing import Any

from aiohttp import web

from sandbox.atlassian import seed
from sandbox.atlassian.browse import Browse
from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.consent import Consent
from sandbox.atlassian.contract import load_contract
from sandbox.atlassian.control import Control
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.gateway import Gateway
from sandbox.atlassian.grants import Grants
from sandbox.atlassian.log import Log
from sandbox.atlassian.pages import Pages
from sandbox.atlassian.points import Pool
from sandbox.atlassian.resources import Media, Resources
from sandbox.clock import Clock


class AtlassianWorld:
    """Atlassian Cloud with two sites and one app.

    *saved* is what `dump` gave earlier; without it the world is as on its first day.
    """

    def __init__(
        self, base_url: str, clock: Clock, client: OAuthClient, saved: dict[str, Any] | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.clock = clock
        self.client = client
        self.wikis = seed.build(clock.now())
        self.grants = Grants(clock)
        self.pool = Pool(clock)
        self.log = Log()
        self.faults = Faults(clock, self.pool, self.grants, self.log)
        if saved is not None:
            self._load(saved)

    def attach(self, app: web.Application) -> None:
        """Serve `/atlassian/` and `/_sandbox/atlassian/`."""
        pages = Pages()
        Consent(self.client, self.grants, pages, self.faults, self.log).attach(app)
        Resources(self.base_url, self.clock, self.grants, self.log, self.faults).attach(app)
        Gateway(
            self.base_url,
            self.clock,
            self.wikis,
            grants=self.grants,
            pool=self.pool,
            log=self.log,
            faults=self.faults,
            contract=load_contract(),
        ).attach(app)
        Media(self.wikis).attach(app)
        Browse(self.base_url, self.clock, self.wikis, pages).attach(app)
        Control(self).attach(app)

    async def open(self) -> None:
        """Nothing has to be opened; the other worlds have this step."""

    async def close(self) -> None:
        """Drop what is still to happen."""
        self.faults.clear()

    def dump(self) -> dict[str, Any]:
        """Sites, consents and points as JSON; the log and the faults are not kept."""
        return {
            "wikis": {key: wiki.dump() for key, wiki in self.wikis.items()},
            "grants": self.grants.dump(),
            "pool": self.pool.dump(),
        }

    def _load(self, saved: dict[str, Any]) -> None:
        for key, wiki in self.wikis.items():
            wiki.load(saved["wikis"][key])
        self.grants.load(saved["grants"])
        self.pool.load(saved["pool"])
