"""Receipts that are counted when they come to their end."""

from collections.abc import Callable
from datetime import timedelta

from bot.ports import Due, Receipts
from bot.principal import Principal
from bot.receipt import DecisionId, Receipt


class CountedReceipts(Receipts):
    """Other receipts, with a witness of each that becomes final."""

    def __init__(self, receipts: Receipts, counted: Callable[[str], None]) -> None:
        """*counted* is told the last stage, once a decision over all replicas."""
        self._receipts = receipts
        self._counted = counted

    async def claim(self, receipt: Receipt) -> bool:
        """See `Receipts.claim`."""
        return await self._receipts.claim(receipt)

    async def find(self, principal: Principal, decision: DecisionId) -> Receipt | None:
        """See `Receipts.find`."""
        return await self._receipts.find(principal, decision)

    async def replace(self, seen: Receipt, changed: Receipt) -> Receipt | None:
        """See `Receipts.replace`."""
        stored = await self._receipts.replace(seen, changed)
        if stored is not None and stored.stage.is_final and not seen.stage.is_final:
            self._counted(stored.stage)
        return stored

    async def take_up(self, seen: Receipt, left_alone: timedelta) -> Receipt | None:
        """See `Receipts.take_up`."""
        return await self._receipts.take_up(seen, left_alone)

    async def find_due(self, due: Due) -> Receipt | None:
        """See `Receipts.find_due`."""
        return await self._receipts.find_due(due)
