"""Leases: which replica runs a job that only one may run. They belong to no tenant."""

from datetime import timedelta
from typing import Final

from bot.ports import Leases
from store.database import Database
from store.database_time import has_passed, later
from store.shape import TEXT, TIME, Shape

SHAPE: Final = Shape("leases", {"by": TEXT, "until": TIME}, id_type=TEXT)


class MongoLeases(Leases):
    """See `Leases`. Each method is one operation; the time is the database's."""

    def __init__(self, database: Database) -> None:
        self._leases = database.collection(SHAPE).across_tenants()

    async def hold(self, name: str, holder: str, lasts: timedelta) -> bool:
        """See `Leases.hold`."""
        free = {"_id": name, "$or": [{"by": holder}, has_passed("until")]}
        held = [{"$set": {"by": {"$literal": holder}, "until": later(lasts)}}]
        # Somebody else's lease makes the insert collide with it.
        return await self._leases.change_or_insert(free, held) is not None

    async def release(self, name: str, holder: str) -> None:
        """See `Leases.release`."""
        await self._leases.remove({"_id": name, "by": holder})
