"""Record what is done: in the background where it may be lost, beforehand where it mayn't."""

import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import structlog

from bot.errors import BotError
from bot.ports import AuditRows, Clock
from bot.principal import Principal, Tenant
from bot.trail import AuditRow, ChainKey, Entry, Outcome, Place, RowId, Wanted

log = structlog.get_logger(__name__)

_BEGUN: Final = ".begun"
"""Behind a row's key: its id, where it stands before what it is about is sent."""

Start = Callable[[Coroutine[Any, Any, None]], bool]


class Auditor:
    """Writes the audit's rows, and hands them out again."""

    def __init__(
        self,
        rows: AuditRows,
        key: ChainKey,
        clock: Clock,
        start: Start,
        on_lost: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Let *start* run what is done in the background, and tell *on_lost* why a row is lost."""
        self._rows = rows
        self._key = key
        self._clock = clock
        self._start = start
        self._on_lost = on_lost

    def record(self, entry: Entry) -> None:
        """Record *entry* in the background. Neither holds its caller up nor fails."""
        row = self._row(entry)
        if not self._start(self._try(row)):
            self._lose(row, "no_room")

    async def write(self, entry: Entry) -> None:
        """Record *entry* before going on, where nothing else waits. Doesn't fail."""
        await self._try(self._row(entry))

    async def begin(self, entry: Entry) -> Entry:
        """Record that *entry* is about to be sent; return it with its key.

        For what is written under the organisation's connection. Whoever knows the outcome
        records what is returned, as it ended; under the same key, each is recorded once.

        Raises:
            BotError: it can't be recorded, so it mustn't be done.
        """
        entry = entry if entry.key else replace(entry, key=_fresh())
        begun = replace(entry, key=entry.key + _BEGUN, outcome=Outcome.BEGUN)
        await self._insert(self._row(begun))
        return entry

    @asynccontextmanager
    async def around(self, entry: Entry) -> AsyncIterator[None]:
        """Record that *entry* begins, do the block, and record how it ended.

        Raises:
            BotError: it can't be recorded, and the block wasn't entered; or the block's own.
        """
        entry = await self.begin(entry)
        ended = replace(entry, outcome=Outcome.UNCLEAR)  # the process may end inside
        try:
            yield
            ended = entry.ended()
        except BotError as error:
            ended = entry.ended(error)
            raise
        finally:
            self.record(ended)

    def list_newest(
        self, tenant: Tenant, wanted: Wanted | None = None, after: Place | None = None
    ) -> AsyncIterator[AuditRow]:
        """Yield the tenant's rows that are *wanted*, newest first, from behind *after* on."""
        return self._rows.list_newest(tenant, wanted or Wanted(), after)

    async def forget(self, principal: Principal) -> bool:
        """Have no row name the principal any more; ``False`` if none did.

        What is recorded afterwards names them again: record that they go beforehand, by `write`.
        """
        return await self._rows.forget(principal)

    def _row(self, entry: Entry) -> AuditRow:
        if not entry.correlation:
            known = structlog.contextvars.get_contextvars()
            entry = replace(entry, correlation=str(known.get("correlation", "")))
        now = self._clock()
        # As exactly as it is kept: what is read must be what was proven.
        at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return AuditRow(entry, RowId(entry.key or _fresh()), at)

    async def _insert(self, row: AuditRow) -> None:
        sealed = await self._rows.seal(row)
        await self._rows.insert(replace(sealed, proof=self._key.prove(sealed)))

    async def _try(self, row: AuditRow) -> None:
        try:
            await self._insert(row)
        except BotError as error:
            self._lose(row, error.code)

    def _lose(self, row: AuditRow, why: str) -> None:
        self._on_lost(why)
        entry = row.entry
        log.error(
            "audit lost",
            code="audit_lost",
            why=why,
            tenant=entry.tenant,
            action=entry.action,
            outcome=entry.outcome,
            credential=entry.credential,
            page=entry.page,
            correlation=entry.correlation,
            at=row.at.isoformat(),
        )


def _fresh() -> str:
    return secrets.token_hex(12)
