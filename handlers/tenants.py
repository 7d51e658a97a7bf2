"""Which installation a delivery belongs to: from the store, through a small cache."""

from collections import OrderedDict
from datetime import datetime, timedelta

from bot.installation import Installation
from bot.ports import Clock, InstallationSource
from bot.principal import Tenant
from handlers.payloads import Delivery

FRESH_FOR = timedelta(seconds=30)
"""For so long another replica's change may go unnoticed."""

ABSENT_FOR = timedelta(seconds=5)
"""For so long an install through another replica may: its person is about to try us."""


class Tenants:
    """Finds the installation that authorized a delivery."""

    def __init__(self, installations: InstallationSource, clock: Clock, most: int = 10_000) -> None:
        self._installations = installations
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[Tenant, tuple[datetime, Installation | None]] = OrderedDict()

    async def find(self, delivery: Delivery) -> Installation | None:
        """Return the installation: the organisation's where it was made there, else the team's.

        An organisation's isn't one for a workspace from which its admins took us away.
        """
        named = [delivery.enterprise_id] if delivery.is_org else []
        named += [delivery.team_id, delivery.enterprise_id]
        for name in dict.fromkeys(named):
            installation = await self.get(Tenant(name)) if name else None
            if installation is not None and delivery.team_id not in installation.barred:
                return installation
        return None

    async def get(self, tenant: Tenant) -> Installation | None:
        """Return the installation of *tenant*, at most FRESH_FOR old."""
        now = self._clock()
        kept = self._kept.get(tenant)
        if kept is not None and kept[0] > now:
            return kept[1]
        installation = await self._installations.find(tenant)
        lasts = ABSENT_FOR if installation is None else FRESH_FOR
        self._kept[tenant] = now + lasts, installation
        self._kept.move_to_end(tenant)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return installation

    def forget(self, tenant: Tenant) -> None:
        """Read *tenant* anew next time: its installation has just changed."""
        self._kept.pop(tenant, None)

    async def installed(self, installation: Installation) -> None:
        """Read the tenant of *installation*, which was just made, anew next time."""
        self.forget(installation.tenant)
