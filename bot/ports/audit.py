"""The audit: rows that are only ever added, and the chain that shows what is missing."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from bot.principal import Principal, Tenant
from bot.trail import AuditRow, Links, Place, RowId, SealedRow, Wanted


class AuditRows(Protocol):
    """What was recorded. Nobody changes or removes a row; what names a person can be lost."""

    @abstractmethod
    async def seal(self, row: AuditRow) -> SealedRow:
        """Return *row* with what names a person sealed under that person's key."""

    @abstractmethod
    async def insert(self, row: SealedRow) -> bool:
        """Keep *row*; ``False`` if the tenant has one of that id. One insert."""

    @abstractmethod
    def list_newest(
        self, tenant: Tenant, wanted: Wanted, after: Place | None = None
    ) -> AsyncIterator[AuditRow]:
        """Yield the tenant's rows that are *wanted*, newest first, from behind *after* on."""

    @abstractmethod
    async def forget(self, principal: Principal) -> bool:
        """Destroy the principal's key, so that no row names them; ``False`` if there is none.

        What they do later is sealed under another.
        """


class AuditChain(Protocol):
    """The rows as they are kept, and the links between them; for the job and for verifying."""

    @abstractmethod
    async def find_waiting(self, after: Tenant | None = None) -> Tenant | None:
        """Return the first tenant behind *after* that has a row without a number."""

    @abstractmethod
    async def find_chained(self, after: Tenant | None = None) -> Tenant | None:
        """Return the first tenant behind *after* that has a chain."""

    @abstractmethod
    async def list_waiting(self, tenant: Tenant, most: int) -> Sequence[SealedRow]:
        """Return up to *most* rows without a number, oldest first."""

    @abstractmethod
    async def count_waiting(self, tenant: Tenant) -> int:
        """Return how many rows have no number yet."""

    @abstractmethod
    async def find_last(self, tenant: Tenant) -> Links | None:
        """Return the newest stretch of the chain."""

    @abstractmethod
    async def find_links(self, tenant: Tenant, number: int) -> Links | None:
        """Return the last stretch that begins at *number* or before."""

    @abstractmethod
    async def find_next(self, tenant: Tenant, number: int) -> Links | None:
        """Return the first stretch that begins behind *number*."""

    @abstractmethod
    async def add(self, links: Links) -> bool:
        """Keep a stretch; ``False`` if there is one that begins at the same number."""

    @abstractmethod
    async def number(self, links: Links) -> None:
        """Give each row of *links* its number; as often as one likes."""

    @abstractmethod
    async def get_rows(self, tenant: Tenant, ids: Sequence[RowId]) -> Mapping[RowId, SealedRow]:
        """Return those of the rows that are there."""

    @abstractmethod
    async def list_numbered(
        self, tenant: Tenant, first: int | None, last: int | None, most: int
    ) -> Sequence[SealedRow]:
        """Return up to *most* rows that are numbered from *first* to *last*, in that order."""
