"""Receipts in a dict."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from bot.ports import Clock, Due, Receipts
from bot.principal import Principal, Tenant
from bot.receipt import DecisionId, Receipt
from store.keeping import without_needless_text


class MemoryReceipts(Receipts):
    """Forgets everything when the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[Tenant, DecisionId], Receipt] = {}

    async def claim(self, receipt: Receipt) -> bool:
        """See `Receipts.claim`."""
        decision = receipt.decision
        key = decision.principal.tenant, decision.id
        if key in self._kept:
            return False
        self._kept[key] = receipt
        return True

    async def find(self, principal: Principal, decision: DecisionId) -> Receipt | None:
        """See `Receipts.find`."""
        kept = self._kept.get((principal.tenant, decision))
        return kept if kept is not None and kept.decision.principal == principal else None

    async def replace(self, seen: Receipt, changed: Receipt) -> Receipt | None:
        """See `Receipts.replace`."""
        decision = seen.decision
        kept = await self.find(decision.principal, decision.id)
        if kept is None or kept.generation != seen.generation:
            return None
        stored = replace(
            without_needless_text(changed),
            generation=seen.generation + 1,
            touched_at=self._clock(),
        )
        self._kept[decision.principal.tenant, decision.id] = stored
        return stored

    async def take_up(self, seen: Receipt, left_alone: timedelta) -> Receipt | None:
        """See `Receipts.take_up`."""
        decision = seen.decision
        kept = await self.find(decision.principal, decision.id)
        if kept is None or kept.generation != seen.generation:
            return None
        if self._clock() < kept.touched_at + left_alone:
            return None
        stored = replace(kept, generation=kept.generation + 1)
        self._kept[decision.principal.tenant, decision.id] = stored
        return stored

    async def list_of(self, principal: Principal) -> AsyncIterator[Receipt]:
        """Return every receipt of the principal."""
        for receipt in list(self._kept.values()):
            if receipt.decision.principal == principal:
                yield receipt

    async def find_due(self, due: Due) -> Receipt | None:
        """See `Receipts.find_due`."""
        user_id, _, decision = due.id.partition("/")
        return await self.find(Principal(due.tenant, user_id), DecisionId(decision))
