"""Due work in a dict."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.ports import Due, DueWork
from bot.principal import Tenant

_Key = tuple[Tenant, str, str]


class MemoryDueWork(DueWork):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[_Key, Due] = {}

    async def add(self, due: Due) -> None:
        """See `DueWork.add`."""
        self._kept[due.tenant, due.kind, due.id] = due

    async def begin(self, due: Due) -> None:
        """See `DueWork.begin`."""
        self._kept.setdefault((due.tenant, due.kind, due.id), due)

    async def list_due(self, kind: str, now: datetime, most: int) -> Sequence[Due]:
        """See `DueWork.list_due`."""
        due = (one for one in self._kept.values() if one.kind == kind and one.at <= now)
        return sorted(due, key=lambda one: one.at)[:most]

    async def replace(self, due: Due, at: datetime | None) -> bool:
        """See `DueWork.replace`."""
        if self._kept.get((due.tenant, due.kind, due.id)) != due:
            return False
        await (self.remove(due) if at is None else self.add(replace(due, at=at)))
        return True

    async def remove(self, due: Due) -> None:
        """See `DueWork.remove`."""
        self._kept.pop((due.tenant, due.kind, due.id), None)
