"""The previews that this process has shown lately, so that confirming one reads nothing."""

from collections import OrderedDict

from bot.principal import Principal
from bot.receipt import Draft, DraftId


class RecentDrafts:
    """A bounded memory; the store has every draft, for other replicas and after a restart."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[Principal, DraftId], Draft] = OrderedDict()

    def keep(self, draft: Draft) -> None:
        """Remember *draft*, and forget the oldest where there are too many."""
        self._kept[draft.decision.principal, draft.id] = draft
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def find(self, principal: Principal, draft: DraftId) -> Draft | None:
        """Return the principal's own draft, if it is still remembered."""
        return self._kept.get((principal, draft))

    def forget(self, principal: Principal, draft: DraftId) -> None:
        """Drop it."""
        self._kept.pop((principal, draft), None)
