"""The quota ledger: points spent in an hour, by one tenant and by all together.

What all have spent stands under a tenant of its own, which no Slack id can be.
"""

from datetime import datetime
from typing import Any, Final

from bot.ports import QuotaLedger, Spent
from bot.principal import Tenant
from store.collection import Stored
from store.database import Database
from store.keeping import QUOTA
from store.shape import NUMBER, TEXT, TIME, People, Shape, expiring, unique

SHAPE: Final = Shape(
    "quota",
    {"tenant": TEXT, "app": TEXT, "hour": TIME, "purge_at": TIME},
    {"points": NUMBER, "tenants": NUMBER, "remaining": NUMBER},
    indexes=(unique("tenant", "app", "hour"), expiring("purge_at")),
    durable=False,
    people=People.NONE,
)
EVERYBODY: Final = Tenant("*")


class MongoQuotaLedger(QuotaLedger):
    """See `QuotaLedger`."""

    def __init__(self, database: Database) -> None:
        self._sums = database.collection(SHAPE)

    async def add(self, app: str, tenant: Tenant, points: int, hour: datetime) -> Spent:
        """See `QuotaLedger.add`. Two operations: the tenant's sum, then everybody's."""
        if not points:
            return await self._read(app, tenant, hour)
        own = await self._count(_key(tenant, app, hour), {"points": points})
        is_new = own["points"] == points
        counts = {"points": points, "tenants": int(is_new)}
        return _spent(own, await self._count(_key(EVERYBODY, app, hour), counts))

    async def correct(self, app: str, remaining: int, hour: datetime) -> None:
        """See `QuotaLedger.correct`. One operation; within an hour the lowest is the latest."""
        await self._sums.put(
            _key(EVERYBODY, app, hour),
            {"$min": {"remaining": remaining}, "$setOnInsert": {"purge_at": hour + QUOTA}},
        )

    async def _read(self, app: str, tenant: Tenant, hour: datetime) -> Spent:
        own = await self._sums.find(_key(tenant, app, hour))
        pool = await self._sums.find(_key(EVERYBODY, app, hour))
        return _spent(own or {}, pool or {})

    async def _count(self, key: Stored, counts: dict[str, int]) -> Stored:
        change = {"$inc": counts, "$setOnInsert": {"purge_at": key["hour"] + QUOTA}}
        counted = await self._sums.change_or_insert(key, change)
        # Two first ones at once: the loser's comes after the winner's.
        return counted or await self._sums.change_or_insert(key, change) or {"points": 0}


def _key(tenant: Tenant, app: str, hour: datetime) -> dict[str, Any]:
    return {"tenant": tenant, "app": app, "hour": hour}


def _spent(own: Stored, pool: Stored) -> Spent:
    return Spent(
        app=pool.get("points", 0),
        tenant=own.get("points", 0),
        remaining=pool.get("remaining"),
        tenants=max(pool.get("tenants", 0), 1),
    )
