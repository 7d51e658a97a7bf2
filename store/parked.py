"""Parked requests: what each principal was doing when consent was missing."""

from datetime import datetime
from typing import Any, Final

from bot.pending import Parked
from bot.ports import ParkedRequests
from bot.principal import Principal
from store.database import Database
from store.sealing import Vault
from store.shape import TEXT, TIME, Shape, expiring, sealed, unique

SHAPE: Final = Shape(
    "parked_requests",
    {"tenant": TEXT, "user_id": TEXT, "purge_at": TIME, "sealed": sealed("parked")},
    indexes=(unique("tenant", "user_id"), expiring("purge_at")),
)


class MongoParkedRequests(ParkedRequests):
    """See `ParkedRequests`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._parked = database.collection(SHAPE)
        self._vault = vault

    async def save(self, principal: Principal, parked: Parked, until: datetime) -> None:
        """See `ParkedRequests.save`."""
        key = _key(principal)
        inside = await self._vault.seal(SHAPE.binding("sealed", key), parked)
        await self._parked.save(key, {**key, "purge_at": until, "sealed": inside})

    async def consume(self, principal: Principal, now: datetime) -> Parked | None:
        """See `ParkedRequests.consume`."""
        stored = await self._parked.take({**_key(principal), "purge_at": {"$gt": now}})
        if stored is None:
            return None
        return await self._vault.open(SHAPE.binding("sealed", stored), Parked, stored["sealed"])

    async def forget(self, principal: Principal) -> None:
        """See `ParkedRequests.forget`."""
        await self._parked.remove(_key(principal))


def _key(principal: Principal) -> dict[str, Any]:
    return {"tenant": principal.tenant, "user_id": principal.user_id}
