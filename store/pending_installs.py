"""Installs that browsers have begun, under no tenant: Slack names it at their end."""

from datetime import datetime, timedelta
from typing import Any, Final

from bot.installation import PendingInstall
from bot.ports import PendingInstalls
from bot.principal import Digest
from store.database import Database
from store.shape import TEXT, TIME, People, Shape, expiring

TOMBSTONE: Final = timedelta(hours=1)
"""For so long it can be said of a link that it has expired, or was used."""

SHAPE: Final = Shape(
    "pending_installs",
    {"browser": TEXT, "expires_at": TIME, "purge_at": TIME},
    {"consumed_at": TIME},
    indexes=(expiring("purge_at"),),
    id_type=TEXT,
    people=People.NONE,
)


class MongoPendingInstalls(PendingInstalls):
    """See `PendingInstalls`. Each method is one operation; nothing in it needs a seal."""

    def __init__(self, database: Database) -> None:
        self._installs = database.collection(SHAPE).across_tenants()

    async def save(self, pending: PendingInstall) -> None:
        """See `PendingInstalls.save`."""
        await self._installs.insert(
            {
                "_id": pending.key,
                "browser": pending.browser,
                "expires_at": pending.expires_at,
                "purge_at": pending.expires_at + TOMBSTONE,
            }
        )

    async def find(self, key: Digest) -> PendingInstall | None:
        """See `PendingInstalls.find`."""
        stored = await self._installs.find({"_id": key})
        return None if stored is None else _opened(stored)

    async def consume(self, key: Digest, now: datetime) -> PendingInstall | None:
        """See `PendingInstalls.consume`."""
        live = {"_id": key, "consumed_at": None, "expires_at": {"$gt": now}}
        stored = await self._installs.change(live, {"$set": {"consumed_at": now}})
        return None if stored is None else _opened(stored)


def _opened(stored: dict[str, Any]) -> PendingInstall:
    return PendingInstall(
        stored["_id"], stored["browser"], stored["expires_at"], stored.get("consumed_at")
    )
