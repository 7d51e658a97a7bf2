"""Preferences in a dict."""

from dataclasses import replace

from bot.connection import Preferences
from bot.content import CloudId, Space
from bot.ports import PreferencesStore
from bot.principal import Principal
from store.keeping import RECENT_SPACES


class MemoryPreferences(PreferencesStore):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[Principal, Preferences] = {}

    async def find(self, principal: Principal) -> Preferences:
        """See `PreferencesStore.find`."""
        return self._kept.get(principal, Preferences())

    async def choose_site(self, principal: Principal, site: CloudId | None) -> None:
        """See `PreferencesStore.choose_site`."""
        self._kept[principal] = replace(await self.find(principal), site=site)

    async def add_recent_space(self, principal: Principal, site: CloudId, space: Space) -> None:
        """See `PreferencesStore.add_recent_space`."""
        kept = await self.find(principal)
        others = [one for one in kept.recent_spaces if one[:2] != (site, space.id)]
        recent = ((site, space.id, space.key, space.name), *others)[:RECENT_SPACES]
        self._kept[principal] = replace(kept, recent_spaces=recent)

    async def remove(self, principal: Principal) -> None:
        """See `PreferencesStore.remove`."""
        self._kept.pop(principal, None)
