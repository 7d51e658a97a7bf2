"""The previews that this process has shown lately, so that confirming one reads nothing."""

import asyncio
from collections import OrderedDict
from datetime import timedelta
from typing import Final

from bot.compose import PREVIEW_LASTS
from bot.frozen import frozen
from bot.principal import Principal
from bot.receipt import Draft, DraftId

MOST: Final = 200
MOST_CHARACTERS: Final = 8_000_000
"""Of all that is kept, as it is written down in Python: it takes about four times as many bytes."""

_Key = tuple[Principal, DraftId]


@frozen
class _Kept:
    draft: Draft
    size: int
    end: asyncio.TimerHandle


class RecentDrafts:
    """A bounded memory; the store has every draft, for other replicas and after a restart."""

    def __init__(
        self,
        most: int = MOST,
        most_characters: int = MOST_CHARACTERS,
        lasts: timedelta = PREVIEW_LASTS,
    ) -> None:
        self._most = most
        self._most_characters = most_characters
        self._lasts = lasts.total_seconds()
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._size = 0

    def keep(self, draft: Draft) -> None:
        """Remember *draft* for as long as it can be confirmed; forget the oldest for its sake."""
        principal = draft.decision.principal
        self.forget(principal, draft.id)
        size = len(repr(draft.decision.body))
        end = asyncio.get_running_loop().call_later(self._lasts, self.forget, principal, draft.id)
        self._kept[principal, draft.id] = _Kept(draft, size, end)
        self._size += size
        while len(self._kept) > self._most or self._size > self._most_characters:
            self.forget(*next(iter(self._kept)))

    def find(self, principal: Principal, draft: DraftId) -> Draft | None:
        """Return the principal's own draft, if it is still remembered."""
        kept = self._kept.get((principal, draft))
        return kept.draft if kept else None

    def forget(self, principal: Principal, draft: DraftId) -> None:
        """Drop it."""
        kept = self._kept.pop((principal, draft), None)
        if kept is not None:
            kept.end.cancel()
            self._size -= kept.size
