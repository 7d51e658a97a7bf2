"""Receipts: one a decision, claimed by the insert that only one confirmation can make."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr

from bot.frozen import frozen
from bot.ports import Due, Receipts
from bot.principal import Principal
from bot.receipt import Decision, DecisionId, Receipt, Stage
from store.collection import Stored
from store.database import Database
from store.database_time import NOW, was_left
from store.keeping import RECEIPT, without_needless_text
from store.sealing import Vault
from store.shape import FLAG, NUMBER, TEXT, TIME, Shape, expiring, index, sealed, unique

SHAPE: Final = Shape(
    "receipts",
    {
        "tenant": TEXT,
        "decision": TEXT,
        "user_id": TEXT,
        "stage": TEXT,
        "claimed_at": TIME,
        "touched_at": TIME,
        "generation": NUMBER,
        "sent": NUMBER,
        "refusal": TEXT,
        "told": FLAG,
        "correlation": TEXT,
        "sealed": sealed("receipt", "decision"),
        "purge_at": TIME,
    },
    {"page_id": TEXT, "undone_at": TIME},
    indexes=(
        unique("tenant", "decision"),
        index("tenant", "user_id", "decision"),
        expiring("purge_at"),
    ),
)
_PLAIN: Final = ("claimed_at", "touched_at", "generation", "sent", "refusal", "told", "correlation")


@frozen
class _Inside:
    """The sealed part of a receipt."""

    decision: Decision
    page_url: str = ""
    response_url: SecretStr | None = None
    response_url_at: datetime | None = None
    done_at: datetime | None = None
    digest: str = ""


class MongoReceipts(Receipts):
    """See `Receipts`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._receipts = database.collection(SHAPE)
        self._vault = vault

    async def claim(self, receipt: Receipt) -> bool:
        """See `Receipts.claim`."""
        return await self._receipts.insert(await self._written(receipt))

    async def find(self, principal: Principal, decision: DecisionId) -> Receipt | None:
        """See `Receipts.find`."""
        stored = await self._receipts.find(_key(principal, decision))
        return None if stored is None else await self._opened(stored)

    async def replace(self, seen: Receipt, changed: Receipt) -> Receipt | None:
        """See `Receipts.replace`."""
        written = await self._written(without_needless_text(changed))
        written |= {"generation": seen.generation + 1}
        literally = {name: {"$literal": value} for name, value in written.items()}
        gone = [name for name in SHAPE.optional if name not in written]
        stored = await self._receipts.change(
            {
                **_key(seen.decision.principal, seen.decision.id),
                "generation": seen.generation,
            },
            [
                {"$set": {**literally, "touched_at": NOW}},
                *([{"$unset": gone}] if gone else []),
            ],
        )
        return None if stored is None else await self._opened(stored)

    async def take_up(self, seen: Receipt, left_alone: timedelta) -> Receipt | None:
        """See `Receipts.take_up`."""
        stored = await self._receipts.change(
            {
                **_key(seen.decision.principal, seen.decision.id),
                "generation": seen.generation,
                **was_left("touched_at", left_alone),
            },
            {"$inc": {"generation": 1}},
        )
        return None if stored is None else await self._opened(stored)

    async def find_due(self, due: Due) -> Receipt | None:
        """See `Receipts.find_due`."""
        user_id, _, decision = due.id.partition("/")
        return await self.find(Principal(due.tenant, user_id), DecisionId(decision))

    async def list_of(self, principal: Principal) -> AsyncIterator[Receipt]:
        """Return every receipt of the principal. One operation for every hundred."""
        theirs = {"tenant": principal.tenant, "user_id": principal.user_id}
        async for batch in self._receipts.pages(theirs, by=("decision",)):
            for stored in batch:
                yield await self._opened(stored)

    async def _written(self, receipt: Receipt) -> dict[str, Any]:
        key = _key(receipt.decision.principal, receipt.decision.id)
        inside = _Inside(
            receipt.decision,
            receipt.page_url,
            receipt.response_url,
            receipt.response_url_at,
            receipt.done_at,
            receipt.digest,
        )
        fields = {
            **key,
            **{name: getattr(receipt, name) for name in _PLAIN},
            "stage": receipt.stage.value,
            "page_id": receipt.page_id,
            "undone_at": receipt.undone_at,
            "sealed": await self._vault.seal(SHAPE.binding("sealed", key), inside),
            "purge_at": receipt.claimed_at + RECEIPT,
        }
        return {name: value for name, value in fields.items() if value is not None}

    async def _opened(self, stored: Stored) -> Receipt:
        inside = await self._vault.open(SHAPE.binding("sealed", stored), _Inside, stored["sealed"])
        return Receipt(
            **{name: stored[name] for name in _PLAIN},
            decision=inside.decision,
            stage=Stage(stored["stage"]),
            page_id=stored.get("page_id"),
            page_url=inside.page_url,
            undone_at=stored.get("undone_at"),
            response_url=inside.response_url,
            response_url_at=inside.response_url_at,
            done_at=inside.done_at,
            digest=inside.digest,
        )


def _key(principal: Principal, decision: DecisionId) -> dict[str, Any]:
    return {"tenant": principal.tenant, "decision": decision, "user_id": principal.user_id}
