"""Parked requests: what each principal was doing when consent was missing."""

from datetime import datetime
from typing import Any, Final

from bot.pending import Parked
from bot.ports import ParkedRequests
from bot.principal import Principal
from store.database import Database
from store.keyring import Binding
from store.sealing import Vault
from store.shape import SEALED, TEXT, TIME, Shape, expiring, unique

SHAPE: Final = Shape(
    "parked_requests",
    {"tenant": TEXT, "user_id": TEXT, "purge_at": TIME, "sealed": SEALED},
    indexes=(unique("tenant", "user_id"), expiring("purge_at")),
)


class MongoParkedRequests(ParkedRequests):
    """See `ParkedRequests`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._parked = database.collection(SHAPE)
        self._vault = vault

    async def save(self, principal: Principal, parked: Parked, until: datetime) -> None:
        """See `ParkedRequests.save`."""
        sealed = await self._vault.seal(_binding(principal), parked)
        document = {**_key(principal), "purge_at": until, "sealed": sealed}
        await self._parked.save(_key(principal), document)

    async def consume(self, principal: Principal, now: datetime) -> Parked | None:
        """See `ParkedRequests.consume`."""
        stored = await self._parked.take({**_key(principal), "purge_at": {"$gt": now}})
        if stored is None:
            return None
        return await self._vault.open(_binding(principal), Parked, stored["sealed"])

    async def forget(self, principal: Principal) -> None:
        """See `ParkedRequests.forget`."""
        await self._parked.remove(_key(principal))


def _key(principal: Principal) -> dict[str, Any]:
    return {"tenant": principal.tenant, "user_id": principal.user_id}


def _binding(principal: Principal) -> Binding:
    return Binding(principal.tenant, principal.user_id, "parked")
