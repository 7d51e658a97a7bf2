"""Leases in a dict."""

from datetime import datetime, timedelta

from bot.ports import Clock, Leases


class MemoryLeases(Leases):
    """Forgets everything when the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, tuple[str, datetime]] = {}

    async def hold(self, name: str, holder: str, lasts: timedelta) -> bool:
        """See `Leases.hold`."""
        by, until = self._held.get(name, (holder, self._clock()))
        if by != holder and until >= self._clock():
            return False
        self._held[name] = (holder, self._clock() + lasts)
        return True

    async def release(self, name: str, holder: str) -> None:
        """See `Leases.release`."""
        if self._held.get(name, ("",))[0] == holder:
            del self._held[name]
