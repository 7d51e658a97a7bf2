"""Profiles, integrations and channels' defaults in dicts."""

from collections.abc import AsyncIterator
from dataclasses import replace

from bot.integration import ChannelDefaults, Integration
from bot.ports import Integrations, Profiles
from bot.principal import Tenant
from bot.profile import AuthorizationProfile


class MemoryProfiles(Profiles):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Tenant, str, int], AuthorizationProfile] = {}

    async def find(
        self, tenant: Tenant, profile: str, version: int | None = None
    ) -> AuthorizationProfile | None:
        """See `Profiles.find`."""
        versions = [
            each
            for each in self._kept.values()
            if (each.tenant, each.id) == (tenant, profile) and version in {None, each.version}
        ]
        return max(versions, key=lambda each: each.version, default=None)

    async def list_all(self, tenant: Tenant) -> AsyncIterator[AuthorizationProfile]:
        """See `Profiles.list_all`."""
        ids = {each.id for each in self._kept.values() if each.tenant == tenant}
        found = [await self.find(tenant, profile) for profile in ids]
        for profile in sorted(filter(None, found), key=lambda each: each.folded_name):
            yield profile

    async def add(self, profile: AuthorizationProfile) -> bool:
        """See `Profiles.add`."""
        key = _key(profile)
        same = [each for each in self._kept.values() if _stands_in_its_way(each, profile)]
        if not same:
            self._kept[key] = profile
        return not same

    async def replace(self, profile: AuthorizationProfile) -> bool:
        """See `Profiles.replace`."""
        key = _key(profile)
        stands = self._kept.get(key)
        if stands is None or stands.folded_name != profile.folded_name:
            return False
        self._kept[key] = profile
        return True

    async def remove(self, tenant: Tenant, profile: str) -> bool:
        """See `Profiles.remove`."""
        keys = [key for key in self._kept if key[:2] == (tenant, profile)]
        for key in keys:
            del self._kept[key]
        return bool(keys)


def _key(profile: AuthorizationProfile) -> tuple[Tenant, str, int]:
    if profile.tenant is None:
        raise ValueError("the system's profile stands in the settings")
    return profile.tenant, profile.id, profile.version


def _stands_in_its_way(one: AuthorizationProfile, other: AuthorizationProfile) -> bool:
    if (one.tenant, one.version) != (other.tenant, other.version):
        return False
    return one.id == other.id or one.folded_name == other.folded_name


class MemoryIntegrations(Integrations):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[Tenant, Integration] = {}
        self._channels: dict[tuple[Tenant, str], ChannelDefaults] = {}

    async def find(self, tenant: Tenant) -> Integration:
        """See `Integrations.find`."""
        return self._kept.get(tenant) or Integration(tenant)

    async def replace(self, seen: Integration, changed: Integration) -> Integration | None:
        """See `Integrations.replace`."""
        stands = await self.find(seen.tenant)
        if stands.generation != seen.generation:
            return None
        stored = replace(changed, tenant=seen.tenant, generation=seen.generation + 1)
        self._kept[seen.tenant] = stored
        return stored

    async def find_channel(self, tenant: Tenant, channel_id: str) -> ChannelDefaults | None:
        """See `Integrations.find_channel`."""
        return self._channels.get((tenant, channel_id))

    async def save_channel(self, defaults: ChannelDefaults) -> None:
        """See `Integrations.save_channel`."""
        self._channels[defaults.tenant, defaults.channel_id] = defaults

    async def remove_channel(self, tenant: Tenant, channel_id: str) -> bool:
        """See `Integrations.remove_channel`."""
        return self._channels.pop((tenant, channel_id), None) is not None

    async def move_channel(self, tenant: Tenant, before: str, after: str) -> None:
        """See `Integrations.move_channel`."""
        defaults = self._channels.pop((tenant, before), None)
        if defaults is not None:
            self._channels[tenant, after] = replace(defaults, channel_id=after)
