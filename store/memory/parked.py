"""Parked requests in a dict."""

from datetime import datetime

from bot.pending import Parked
from bot.ports import ParkedRequests
from bot.principal import Principal


class MemoryParkedRequests(ParkedRequests):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[Principal, tuple[Parked, datetime]] = {}

    async def save(self, principal: Principal, parked: Parked, until: datetime) -> None:
        """See `ParkedRequests.save`."""
        self._kept[principal] = (parked, until)

    async def consume(self, principal: Principal, now: datetime) -> Parked | None:
        """See `ParkedRequests.consume`."""
        parked, until = self._kept.get(principal, (None, now))
        if now >= until:
            return None
        del self._kept[principal]
        return parked

    async def forget(self, principal: Principal) -> None:
        """See `ParkedRequests.forget`."""
        self._kept.pop(principal, None)
