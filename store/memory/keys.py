"""No keys: what is in memory isn't sealed."""

from collections.abc import Sequence

from bot.ports import TenantKey, TenantKeys
from bot.principal import Tenant


class MemoryTenantKeys(TenantKeys):
    """Knows of none."""

    @property
    def active_id(self) -> str:
        """See `TenantKeys.active_id`."""
        return ""

    async def list_of(self, tenant: Tenant) -> Sequence[TenantKey]:
        """See `TenantKeys.list_of`."""
        del tenant
        return ()
