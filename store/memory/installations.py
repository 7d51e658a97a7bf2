"""Installations in a dict."""

from datetime import datetime

from bot.installation import Installation
from bot.ports import Installations
from bot.principal import Tenant


class MemoryInstallations(Installations):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[Tenant, Installation] = {}

    async def find(self, tenant: Tenant) -> Installation | None:
        """See `Installations.find`."""
        return self._kept.get(tenant)

    async def save(self, installation: Installation) -> None:
        """See `Installations.save`."""
        kept = self._kept.get(installation.tenant)
        if kept is None or kept.installed_at <= installation.installed_at:
            self._kept[installation.tenant] = installation

    async def remove(self, tenant: Tenant, *, before: datetime) -> bool:
        """See `Installations.remove`."""
        kept = self._kept.get(tenant)
        if kept is None or kept.installed_at >= before:
            return False
        del self._kept[tenant]
        return True
