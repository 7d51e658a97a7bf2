"""Deliveries: which events have been seen, for as long as they may come again."""

from datetime import datetime
from typing import Final

from bot.ports import Deliveries
from bot.principal import Tenant
from store.database import Database
from store.keeping import DELIVERY
from store.shape import TEXT, TIME, People, Shape, expiring, unique

SHAPE: Final = Shape(
    "deliveries",
    {"tenant": TEXT, "event_id": TEXT, "purge_at": TIME},
    indexes=(unique("tenant", "event_id"), expiring("purge_at")),
    durable=False,
    people=People.NONE,
)


class MongoDeliveries(Deliveries):
    """See `Deliveries`."""

    def __init__(self, database: Database) -> None:
        self._deliveries = database.collection(SHAPE)

    async def is_first(self, tenant: Tenant, event_id: str, now: datetime) -> bool:
        """See `Deliveries.is_first`."""
        return await self._deliveries.insert(
            {"tenant": tenant, "event_id": event_id, "purge_at": now + DELIVERY}
        )
