"""Due work: what has a time, over all tenants; ids and times, nothing else.

The one collection that is read without naming a tenant (promise 16): whoever takes an
entry up goes on under the tenant that the entry names.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bot.ports import Due, DueWork
from store.database import Database
from store.shape import TEXT, TIME, People, Shape, index, unique

SHAPE: Final = Shape(
    "due_work",
    {"tenant": TEXT, "kind": TEXT, "id": TEXT, "at": TIME},
    indexes=(unique("tenant", "kind", "id"), index("kind", "at")),
    people=People.NAMED,
)


class MongoDueWork(DueWork):
    """See `DueWork`. Each method is one operation."""

    def __init__(self, database: Database) -> None:
        self._due = database.collection(SHAPE)

    async def add(self, due: Due) -> None:
        """See `DueWork.add`."""
        await self._due.put(_key(due), {"$set": {"at": due.at}})

    async def begin(self, due: Due) -> None:
        """See `DueWork.begin`."""
        await self._due.put(_key(due), {"$setOnInsert": {"at": due.at}})

    async def list_due(self, kind: str, now: datetime, most: int) -> Sequence[Due]:
        """See `DueWork.list_due`."""
        found = await self._due.across_tenants().find_several(
            {"kind": kind, "at": {"$lte": now}}, order=[("at", 1)], most=most
        )
        return [Due(one["kind"], one["tenant"], one["id"], one["at"]) for one in found]

    async def replace(self, due: Due, at: datetime | None) -> bool:
        """See `DueWork.replace`."""
        as_read = {**_key(due), "at": due.at}
        if at is None:
            return await self._due.remove(as_read)
        return await self._due.update(as_read, {"$set": {"at": at}})

    async def remove(self, due: Due) -> None:
        """See `DueWork.remove`."""
        await self._due.remove(_key(due))


def _key(due: Due) -> dict[str, Any]:
    return {"tenant": due.tenant, "kind": due.kind, "id": due.id}
