"""Deliveries, the quota ledger and notes in dicts."""

import secrets
from collections import Counter
from datetime import datetime

from bot.ports import Deliveries, Notes, QuotaLedger, Spent
from bot.principal import Principal, Tenant
from store.keeping import DELIVERY


class MemoryDeliveries(Deliveries):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Tenant, str], datetime] = {}

    async def is_first(self, tenant: Tenant, event_id: str, now: datetime) -> bool:
        """See `Deliveries.is_first`."""
        until = self._seen.get((tenant, event_id))
        if until is not None and now < until:
            return False
        self._seen[tenant, event_id] = now + DELIVERY
        return True


class MemoryQuotaLedger(QuotaLedger):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._points: dict[tuple[str, datetime], Counter[Tenant]] = {}
        self._remaining: dict[tuple[str, datetime], int] = {}

    async def add(self, app: str, tenant: Tenant, points: int, hour: datetime) -> Spent:
        """See `QuotaLedger.add`."""
        spent = self._points.setdefault((app, hour), Counter())
        if points:
            spent[tenant] += points
        remaining = self._remaining.get((app, hour))
        return Spent(spent.total(), spent[tenant], remaining, max(len(spent), 1))

    async def correct(self, app: str, remaining: int, hour: datetime) -> None:
        """See `QuotaLedger.correct`."""
        lowest = min(remaining, self._remaining.get((app, hour), remaining))
        self._remaining[app, hour] = lowest


class MemoryNotes(Notes):
    """Keeps each note under a word that stands for it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Principal, str], str] = {}

    async def seal(self, principal: Principal, note: str) -> str:
        """See `Notes.seal`."""
        word = secrets.token_urlsafe(16)
        self._kept[principal, word] = note
        return word

    async def open(self, principal: Principal, sealed: str) -> str | None:
        """See `Notes.open`."""
        return self._kept.get((principal, sealed))
