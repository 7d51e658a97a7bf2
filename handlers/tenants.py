"""Which installation a delivery belongs to: from the store, through a small cache."""

from collections import OrderedDict
from datetime import datetime, timedelta

from bot.installation import Installation
from bot.ports import Clock, Installations
from bot.principal import Tenant
from handlers.payloads import Delivery

FRESH_FOR = timedelta(seconds=30)
"""For so long another replica's change may go unnoticed."""


class Tenants:
    """Finds the installation that authorized a delivery."""

    def __init__(self, installations: Installations, clock: Clock, most: int = 10_000) -> None:
        self._installations = installations
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[Tenant, tuple[datetime, Installation | None]] = OrderedDict()

    async def find(self, delivery: Delivery) -> Installation | None:
        """Return the installation: the organisation's where it was made there, else the team's."""
        named = [delivery.enterprise_id] if delivery.is_org else []
        named += [delivery.team_id, delivery.enterprise_id]
        for name in dict.fromkeys(named):
            installation = await self.get(Tenant(name)) if name else None
            if installation is not None:
                return installation
        return None

    async def get(self, tenant: Tenant) -> Installation | None:
        """Return the installation of *tenant*, at most FRESH_FOR old."""
        now = self._clock()
        kept = self._kept.get(tenant)
        if kept is not None and kept[0] > now:
            return kept[1]
        installation = await self._installations.find(tenant)
        self._kept[tenant] = now + FRESH_FOR, installation
        self._kept.move_to_end(tenant)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return installation

    def forget(self, tenant: Tenant) -> None:
        """Read *tenant* anew next time: its installation has just changed."""
        self._kept.pop(tenant, None)
