"""Leases: which replica runs a job that only one may run. They belong to no tenant."""

from datetime import timedelta
from typing import Final

from bot.ports import Leases
from store.database import Database
from store.database_time import is_over, later
from store.shape import TEXT, TIME, People, Shape

SHAPE: Final = Shape("leases", {"by": TEXT, "until": TIME}, id_type=TEXT, people=People.NONE)


class MongoLeases(Leases):
    """See `Leases`. Each method is one operation; the time is the database's."""

    def __init__(self, database: Database) -> None:
        self._leases = database.collection(SHAPE).across_tenants()

    async def hold(self, name: str, holder: str, lasts: timedelta) -> bool:
        """See `Leases.hold`."""
        mine = {"$literal": holder}
        is_free = {"$or": [{"$eq": ["$by", mine]}, is_over("until")]}
        # The condition stands in the change: MongoDB takes no $expr in an upsert's query.
        by = {"$cond": [is_free, mine, "$by"]}
        until = {"$cond": [is_free, later(lasts), "$until"]}
        change = [{"$set": {"by": by, "until": until}}]
        held = await self._leases.change_or_insert({"_id": name}, change)
        return held is not None and held["by"] == holder

    async def release(self, name: str, holder: str) -> None:
        """See `Leases.release`."""
        await self._leases.remove({"_id": name, "by": holder})
