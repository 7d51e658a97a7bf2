"""The job that finishes what another process left: one replica at a time runs it."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.compose import DRAFT_LASTS, PREVIEW_LASTS
from bot.course import TakenUp
from bot.errands import Errands, Pace, Rota
from bot.errors import BotError, NotAllowed
from bot.frozen import frozen
from bot.ports import SETTLE, Clock, Drafts, Due, DueWork, Leases, Receipts
from bot.principal import Principal
from bot.publish import Publisher
from bot.receipt import DraftId, Receipt

log = structlog.get_logger(__name__)

LEASE: Final = "settle"
UNCONFIRMED: Final = timedelta(seconds=60)
"""How often a preview that nobody has confirmed yet is looked at again: as long as a receipt is
left alone, so that a claim made just after a look is still taken up when its time has come."""
LATE: Final = timedelta(minutes=10)
"""Within it a confirmation of the last moment has been written down, by whichever bot's clock."""
GIVES_UP: Final = timedelta(days=1)


@frozen
class Stores:
    """What the job reads and keeps."""

    due: DueWork
    leases: Leases
    receipts: Receipts
    drafts: Drafts


@frozen
class Hands:
    """What does the work: *start* runs it as a task, and refuses when the process ends."""

    publisher: Publisher
    tell: Callable[[Receipt], Awaitable[None]]
    start: Callable[[Coroutine[Any, Any, None]], bool]


class Settler:
    """Settles receipts that nobody has touched for a while, and tells their people."""

    def __init__(self, stores: Stores, hands: Hands, pace: Pace, clock: Clock) -> None:
        self._stores = stores
        self._hands = hands
        self._pace = pace
        self._clock = clock
        rota = Rota(stores.due, stores.leases, LEASE)
        # Apart from the other errands: a flood of those holds up no write.
        self._errands = Errands(rota, {SETTLE: self._take_up}, hands.start, pace, clock)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._errands.run()

    async def settle_due(self) -> None:
        """Take up everything that is due now. See `Errands.run_due`."""
        await self._errands.run_due()

    async def _take_up(self, due: Due) -> datetime | None:
        receipt = await self._stores.receipts.find_due(due)
        if receipt is None:
            return await self._next_look(due)
        if receipt.stage.is_final and receipt.told:
            return None
        if self._clock() - receipt.touched_at < self._pace.after:
            return receipt.touched_at + self._pace.after
        # By the store's clock as well: this replica's may be wrong.
        taken = await self._stores.receipts.take_up(receipt, self._pace.after)
        if taken is None:
            return due.at  # somebody else has it in hand
        try:
            await self._finish(taken)
        except TakenUp:
            return due.at
        return None

    async def _finish(self, receipt: Receipt) -> None:
        structlog.contextvars.bind_contextvars(correlation=receipt.correlation)
        log.info("taken up", stage=receipt.stage)
        try:
            settled = await self._hands.publisher.settle(receipt)
            # Nobody has pressed for this: it goes by direct message.
            await self._hands.tell(replace(settled, response_url=None))
        except TakenUp:
            raise
        except BotError as error:
            is_old = self._clock() - receipt.claimed_at >= GIVES_UP
            if not is_old and not isinstance(error, NotAllowed):
                raise
            # Nobody listens there, or hasn't for a day: the receipt stays, for whoever asks.
            log.error("given up", code=error.code, stage=receipt.stage)  # noqa: TRY400  # its code says it

    async def _next_look(self, due: Due) -> datetime | None:
        """Return when to look for the receipt again, as long as there may be one."""
        user_id, _, decision = due.id.partition("/")
        principal = Principal(due.tenant, user_id)
        draft = await self._stores.drafts.find(principal, DraftId(decision))
        confirmable = DRAFT_LASTS - PREVIEW_LASTS - LATE
        if draft is None or self._clock() > draft.expires_at - confirmable:
            return None
        return self._clock() + min(UNCONFIRMED, self._pace.after)
