"""How often a stranger may have us write something down."""

from datetime import datetime, timedelta
from typing import Final

from bot.ports import Clock
from bot.principal import Tenant

WINDOW: Final = timedelta(minutes=1)
MOST: Final = 60
"""In a minute, a tenant and a process: far more than people start again by themselves."""


class Rate:
    """Counts for each tenant, from zero every minute."""

    def __init__(self, clock: Clock, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._until: datetime | None = None
        self._counted: dict[Tenant, int] = {}

    def allows(self, tenant: Tenant) -> bool:
        """Count one more, and tell whether there was room for it. *tenant* is known to be real."""
        now = self._clock()
        if self._until is None or now >= self._until:
            self._until = now + WINDOW
            self._counted.clear()
        counted = self._counted.get(tenant, 0) + 1
        self._counted[tenant] = counted
        return counted <= self._most
