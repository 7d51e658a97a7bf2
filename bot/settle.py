"""The job that finishes what another process left: one replica at a time runs it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import structlog

from bot.compose import DRAFT_LASTS, PREVIEW_LASTS
from bot.errors import BotError
from bot.ports import Clock, Drafts, Due, DueWork, Leases, Receipts
from bot.principal import Principal
from bot.publish import Publisher, TakenUp
from bot.receipt import DraftId, Receipt

log = structlog.get_logger(__name__)

KIND: Final = "settle"
LEASE: Final = "settle"
AT_ONCE: Final = 20
UNCONFIRMED: Final = timedelta(seconds=30)
"""How often a preview that nobody has confirmed yet is looked at again."""


@dataclass(frozen=True, slots=True)
class Stores:
    """What the job reads and keeps."""

    due: DueWork
    leases: Leases
    receipts: Receipts
    drafts: Drafts


@dataclass(frozen=True, slots=True)
class Hands:
    """What does the work: *start* runs it as a task, and refuses when the process ends."""

    publisher: Publisher
    tell: Callable[[Receipt], Awaitable[None]]
    start: Callable[[Coroutine[Any, Any, None]], bool]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a receipt is left alone, and how often the list is looked at."""

    after: timedelta
    every: timedelta


class Settler:
    """Settles receipts that nobody has touched for a while, and tells their people."""

    def __init__(self, stores: Stores, hands: Hands, pace: Pace, clock: Clock) -> None:
        self._stores = stores
        self._hands = hands
        self._pace = pace
        self._clock = clock
        self._holder = secrets.token_hex(8)

    async def run(self) -> None:
        """Work until cancelled."""
        lasts = max(self._pace.every * 3, timedelta(seconds=2))
        try:
            while True:
                try:
                    if await self._stores.leases.hold(LEASE, self._holder, lasts):
                        await self.settle_due()
                except BotError as error:
                    log.warning("settling", code=error.code)
                except Exception:  # the one place where background jobs run
                    log.exception("settling")
                await asyncio.sleep(self._pace.every.total_seconds())
        finally:
            await self._stores.leases.release(LEASE, self._holder)

    async def settle_due(self) -> None:
        """Take up everything that is due now, side by side, and wait until all of it is done.

        What was taken up goes on when this is cancelled: a write isn't left half sent.
        """
        due = await self._stores.due.list_due(KIND, self._clock(), AT_ONCE)
        attended = [asyncio.Event() for _ in due]
        for one, done in zip(due, attended, strict=True):
            if not self._hands.start(self._attend(one, done)):
                return
        for done in attended:
            await done.wait()

    async def _attend(self, due: Due, done: asyncio.Event) -> None:
        """Settle one; what goes wrong with it stops none of the others."""
        try:
            await self._take_up(due)
        except TakenUp:
            pass
        except BotError as error:
            log.warning("unsettled", code=error.code)
            await self._put_off(due)
        except Exception:  # a task has nobody else to catch it
            log.exception("unsettled")
            await self._put_off(due)
        finally:
            done.set()

    async def _put_off(self, due: Due) -> None:
        with suppress(BotError):
            await self._later(due, self._pace.after)

    async def _take_up(self, due: Due) -> None:
        receipt = await self._stores.receipts.find_due(due)
        if receipt is None:
            await self._wait_for_confirmation(due)
        elif receipt.stage.is_final and receipt.told:
            await self._stores.due.remove(due)
        elif self._clock() - receipt.touched_at < self._pace.after:
            await self._stores.due.add(replace(due, at=receipt.touched_at + self._pace.after))
        else:
            await self._finish(due, receipt)

    async def _finish(self, due: Due, receipt: Receipt) -> None:
        structlog.contextvars.bind_contextvars(correlation=receipt.correlation)
        log.info("taken up", stage=receipt.stage)
        settled = await self._hands.publisher.settle(receipt)
        # Nobody has pressed for this: it goes by direct message.
        await self._hands.tell(replace(settled, response_url=None))
        await self._stores.due.remove(due)

    async def _wait_for_confirmation(self, due: Due) -> None:
        user_id, _, decision = due.id.partition("/")
        principal = Principal(due.tenant, user_id)
        draft = await self._stores.drafts.find(principal, DraftId(decision))
        # A confirmation of the last moment may not have been written down yet.
        confirmable = DRAFT_LASTS - PREVIEW_LASTS - UNCONFIRMED
        if draft is None or self._clock() > draft.expires_at - confirmable:
            await self._stores.due.remove(due)
        else:
            await self._later(due, min(UNCONFIRMED, self._pace.after))

    async def _later(self, due: Due, wait: timedelta) -> None:
        await self._stores.due.add(replace(due, at=self._clock() + wait))
