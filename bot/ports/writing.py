"""Writing: drafts, receipts and what travels with a form."""

from abc import abstractmethod
from datetime import timedelta
from typing import Protocol

from bot.ports.work import Due
from bot.principal import Principal
from bot.receipt import DecisionId, Draft, DraftId, Receipt


class Drafts(Protocol):
    """Previewed decisions that wait to be confirmed; sealed, looked up under the presser."""

    @abstractmethod
    async def save(self, draft: Draft) -> None:
        """Keep *draft* until it expires, and put its settling on the list of due work.

        The due entry is written first, so that no confirmed decision can be without one.
        """

    @abstractmethod
    async def find(self, principal: Principal, draft: DraftId) -> Draft | None:
        """Return the principal's own draft, unless it has expired."""

    @abstractmethod
    async def remove(self, principal: Principal, draft: DraftId) -> None:
        """Drop it, and its settling from the list: it was closed unconfirmed, or is settled."""


class Receipts(Protocol):
    """What became of each decision; majority writes, primary reads."""

    @abstractmethod
    async def claim(self, receipt: Receipt) -> bool:
        """Insert *receipt*, sealed; ``False`` if (tenant, decision) has one. One insert."""

    @abstractmethod
    async def find(self, principal: Principal, decision: DecisionId) -> Receipt | None:
        """Return the principal's own receipt."""

    @abstractmethod
    async def replace(self, seen: Receipt, changed: Receipt) -> Receipt | None:
        """Store *changed* if *seen* is still the newest generation; return it as stored.

        The generation grows by one and ``touched_at`` becomes the store's own now.
        ``None`` means that somebody else has taken the receipt up.
        """

    @abstractmethod
    async def take_up(self, seen: Receipt, left_alone: timedelta) -> Receipt | None:
        """Take it from whoever has it in hand, and return it as stored. One conditional update.

        ``None`` unless *seen* is still the newest generation, and nobody has touched it for as
        long as it is *left_alone*, by the store's own clock. ``touched_at`` stays: it tells when
        something was sent.
        """

    @abstractmethod
    async def find_due(self, due: Due) -> Receipt | None:
        """Return the receipt that a due entry names."""


class Notes(Protocol):
    """Small secrets that travel through Slack with a form and come back with it, sealed."""

    @abstractmethod
    async def seal(self, principal: Principal, note: str) -> str:
        """Return *note* so that it means nothing to anybody else (a third longer, and 100)."""

    @abstractmethod
    async def open(self, principal: Principal, sealed: str) -> str | None:
        """Return the note, or ``None`` if it wasn't sealed for *principal*."""
