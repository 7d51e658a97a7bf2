"""Everything that the first page says, in one look."""

from collections.abc import Mapping

from bot.administration.connections import Kept, Standing
from bot.administration.organisation import OrganisationConnection
from bot.administration.parts import Aides, Books, name_of
from bot.connection import Connection
from bot.frozen import frozen
from bot.integration import Integration
from bot.ports import TenantKey, TenantKeys
from bot.principal import Tenant
from bot.profile import AuthorizationProfile


@frozen
class Overview:
    """The integration, its profiles, its own connection, the counts of all, and the keys."""

    integration: Integration
    profiles: tuple[AuthorizationProfile, ...]
    organisations: Connection | None
    totals: Mapping[Standing, int]
    keys: tuple[TenantKey, ...]
    active_key: str

    def profile_name(self, profile: str) -> str:
        """Return what a profile is called."""
        return next((name_of(each) for each in self.profiles if each.id == profile), profile)


class Overviews:
    """Reads them."""

    def __init__(self, books: Books, aides: Aides, keys: TenantKeys) -> None:
        self._books = books
        self._kept = Kept(books, aides)
        self._organisations = OrganisationConnection(books, aides)
        self._keys = keys

    async def read(self, tenant: Tenant) -> Overview:
        """Return the tenant's, as it stands now. A handful of reads, and nothing of Slack's."""
        return Overview(
            await self._books.integrations.find(tenant),
            tuple([each async for each in self._books.book.list_all(tenant)]),
            await self._organisations.find(tenant),
            await self._kept.count(tenant),
            tuple(await self._keys.list_of(tenant)),
            self._keys.active_id,
        )
