"""The sandbox's Atlassian: everything put together under one address."""

from typing import Any

from aiohttp import web

from sandbox.atlassian import seed
from sandbox.atlassian.api_tokens import ApiTokens
from sandbox.atlassian.apps import Apps
from sandbox.atlassian.browse import Browse
from sandbox.atlassian.callers import Callers
from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.consent import Consent
from sandbox.atlassian.contract import load_contract
from sandbox.atlassian.control import Control
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.gateway import Gateway
from sandbox.atlassian.gone import Gone
from sandbox.atlassian.grants import Grants
from sandbox.atlassian.log import Log
from sandbox.atlassian.pages import Pages
from sandbox.atlassian.points import Pool
from sandbox.atlassian.privacy import Privacy, Reporting
from sandbox.atlassian.resources import Media, Resources
from sandbox.atlassian.token_endpoint import TokenEndpoint
from sandbox.clock import Clock


class AtlassianWorld:
    """Atlassian Cloud with its sites; *client* is the system's app, others are registered later.

    *saved* is what `dump` gave earlier; without it the world is as on its first day.
    """

    def __init__(
        self, base_url: str, clock: Clock, client: OAuthClient, saved: dict[str, Any] | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.clock = clock
        self.client = client
        self.apps = Apps(client)
        self.wikis = seed.build(clock.now())
        self.grants = Grants(clock)
        self.grants.keep_credential(seed.service_credential(clock.now()))
        self.api_tokens = ApiTokens(clock)
        self.privacy = Privacy()
        self.gone = Gone()
        self.pool = Pool(clock)
        self.log = Log()
        self.faults = Faults(clock, self.pool, self.grants, self.log)
        if saved is not None:
            self._load(saved)

    def attach(self, app: web.Application) -> None:
        """Serve `/atlassian/` and `/_sandbox/atlassian/`."""
        pages = Pages()
        Consent(self.apps, self.grants, self.privacy, pages).attach(app)
        TokenEndpoint(self.apps, self.grants, self.faults, self.log).attach(app)
        Resources(self.base_url, self.clock, self.grants, self.apps, self.log, self.faults).attach(
            app
        )
        Reporting(self.privacy, self.grants, self.faults, self.log).attach(app)
        Gateway(
            self.base_url,
            self.clock,
            self.wikis,
            callers=Callers(self.grants, self.api_tokens, self.apps),
            gone_now=self.gone,
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
        """Sites, apps, consents and points as JSON; log, faults and what is gone are not kept."""
        return {
            "wikis": {key: wiki.dump() for key, wiki in self.wikis.items()},
            "apps": self.apps.dump(),
            "grants": self.grants.dump(),
            "api_tokens": self.api_tokens.dump(),
            "privacy": self.privacy.dump(),
            "pool": self.pool.dump(),
        }

    def _load(self, saved: dict[str, Any]) -> None:
        for key, wiki in self.wikis.items():
            wiki.load(saved["wikis"][key])
        self.apps.load(saved["apps"])
        self.grants.load(saved["grants"])
        self.api_tokens.load(saved["api_tokens"])
        self.privacy.load(saved["privacy"])
        self.pool.load(saved["pool"])
