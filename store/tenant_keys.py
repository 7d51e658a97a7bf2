"""The keys of one tenant, as its own admins may see them: ids and dates."""

from collections.abc import Sequence

from bot.ports import KeyEncryption, TenantKey, TenantKeys
from bot.principal import Tenant
from store.data_keys import DataKeys


class KeptTenantKeys(TenantKeys):
    """See `TenantKeys`."""

    def __init__(self, keys: DataKeys, ring: KeyEncryption) -> None:
        self._keys = keys
        self._ring = ring

    @property
    def active_id(self) -> str:
        """See `TenantKeys.active_id`."""
        return self._ring.active_id

    async def list_of(self, tenant: Tenant) -> Sequence[TenantKey]:
        """See `TenantKeys.list_of`. One operation."""
        kept = await self._keys.list_of(tenant)
        return tuple(
            TenantKey(
                each.number,
                each.made_at,
                each.ring_id,
                is_current=place == 0,
                is_lost=each.ring_id not in self._ring.ids,
            )
            for place, each in enumerate(kept)
        )
