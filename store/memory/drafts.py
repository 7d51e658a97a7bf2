"""Drafts in a dict."""

from bot.ports import Clock, Drafts, DueWork, settling, settling_of
from bot.principal import Principal
from bot.receipt import Draft, DraftId
from store.keeping import FIRST_CHECK


class MemoryDrafts(Drafts):
    """Forgets everything when the process ends."""

    def __init__(self, due: DueWork, clock: Clock) -> None:
        self._due = due
        self._clock = clock
        self._kept: dict[tuple[Principal, DraftId], Draft] = {}

    async def save(self, draft: Draft) -> None:
        """See `Drafts.save`."""
        await self._due.add(settling(draft.decision, self._clock() + FIRST_CHECK))
        self._kept[draft.decision.principal, draft.id] = draft

    async def find(self, principal: Principal, draft: DraftId) -> Draft | None:
        """See `Drafts.find`."""
        kept = self._kept.get((principal, draft))
        return kept if kept is not None and self._clock() < kept.expires_at else None

    async def remove(self, principal: Principal, draft: DraftId) -> None:
        """See `Drafts.remove`."""
        self._kept.pop((principal, draft), None)
        await self._due.remove(settling_of(principal, draft, self._clock()))
