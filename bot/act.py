"""Decide in whose name, and at which site, something is done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from bot.authorize import Authorizer
from bot.connection import Connection, Need, Preferences
from bot.content import CloudId, Site
from bot.errors import ConsentRequired, SiteRequired
from bot.ports import PreferencesStore
from bot.principal import Principal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Acting:
    """A connection with a fresh grant, the site to use, and what its person chose.

    *preferences* are empty where neither the choice of the site nor the work needed them.
    """

    connection: Connection
    site: Site
    preferences: Preferences


class Actor:
    """Turns a principal into somebody who can act in Confluence."""

    def __init__(self, authorizer: Authorizer, preferences: PreferencesStore) -> None:
        self._authorizer = authorizer
        self._preferences = preferences

    async def run(
        self,
        principal: Principal,
        need: Need,
        work: Callable[[Acting], Awaitable[T]],
        site: CloudId | None = None,
        *,
        prefers: bool = False,
    ) -> T:
        """Do *work* in the principal's name; once more with a new token if the old is refused.

        Without a *site*, it is the one in use. *prefers* says that *work* wants to know what
        its person chose; it is told where the site depends on it, too.

        Raises:
            ConsentRequired: no usable grant, or not for what is needed.
            SiteRequired: several sites, and none chosen.
        """
        asks = prefers or site is None
        preferences = await self._preferences.find(principal) if asks else Preferences()

        async def act(connection: Connection) -> T:
            chosen = _site_of(connection, site or preferences.site, named=site is not None)
            return await work(Acting(connection, chosen, preferences))

        try:
            return await self._authorizer.call(principal, need, act)
        except ConsentRequired as error:
            error.scopes = error.scopes or need.scopes
            raise


def _site_of(connection: Connection, wanted: CloudId | None, *, named: bool) -> Site:
    site = connection.site(wanted) if wanted else None
    if site is not None:
        return site
    if len(connection.sites) == 1 and not named:
        return connection.sites[0]
    raise SiteRequired(tuple((site.cloud_id, site.name) for site in connection.sites))
