"""The authorization profiles that a tenant may use: the system's, and its own."""

from collections.abc import AsyncIterator

from bot.errors import ProfileBroken
from bot.ports import Profiles
from bot.principal import Tenant
from bot.profile import AuthorizationProfile


class ProfileBook:
    """Finds profiles by id, wherever they stand."""

    def __init__(self, system: AuthorizationProfile, profiles: Profiles) -> None:
        self.system = system
        self._profiles = profiles

    async def get(
        self, tenant: Tenant, profile: str, version: int | None = None
    ) -> AuthorizationProfile:
        """Return that version of a profile of *tenant*, or its newest.

        Raises:
            ProfileBroken: there is none; its connections can't be renewed any more.
        """
        if profile == self.system.id:
            return self.system
        found = await self._profiles.find(tenant, profile, version)
        if found is None:
            raise ProfileBroken(f"there is no authorization profile {profile!r}")
        return found

    async def get_usable(self, tenant: Tenant, profile: str) -> AuthorizationProfile:
        """Return the newest version that has been tried, or the newest where none has been.

        Raises ``ProfileBroken`` where there is none at all.
        """
        newest = await self.get(tenant, profile)
        if newest.is_usable:
            return newest
        for version in range(newest.version - 1, 0, -1):
            found = await self._profiles.find(tenant, profile, version)
            if found is not None and found.is_usable:
                return found
        return newest

    async def list_all(self, tenant: Tenant) -> AsyncIterator[AuthorizationProfile]:
        """Return the newest version of each: the system's, then the tenant's own by name."""
        yield self.system
        async for profile in self._profiles.list_all(tenant):
            yield profile
