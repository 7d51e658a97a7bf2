"""The job that finishes what another process left: one replica at a time runs it."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import structlog

from bot.compose import DRAFT_LASTS, PREVIEW_LASTS
from bot.errors import BotError, NotAllowed
from bot.ports import SETTLE, Clock, Drafts, Due, DueWork, Leases, Receipts
from bot.principal import Principal, Tenant
from bot.publish import Publisher, TakenUp
from bot.receipt import DraftId, Receipt

log = structlog.get_logger(__name__)

LEASE: Final = "settle"
AT_ONCE: Final = 20
MOST_AT_ONCE: Final = 200
"""What may be under way when the next batch is taken up: a site that hangs holds up no other."""
UNCONFIRMED: Final = timedelta(seconds=60)
"""How often a preview that nobody has confirmed yet is looked at again: as long as a receipt is
left alone, so that a claim made just after a look is still taken up when its time has come."""
LATE: Final = timedelta(seconds=30)
"""Within it a confirmation of the last moment has been written down."""
GIVES_UP: Final = timedelta(days=1)
LONGEST_WAIT: Final = timedelta(hours=1)
RELEASES_WITHIN: Final = 2.0
MOST_FAILED: Final = 10_000

_Key = tuple[Tenant, str]


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
        self._attended: dict[_Key, asyncio.Event] = {}
        self._failed: OrderedDict[_Key, int] = OrderedDict()

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
            # Of no use while the database is away: the lease ends by itself.
            with suppress(BotError, TimeoutError):
                async with asyncio.timeout(RELEASES_WITHIN):
                    await self._stores.leases.release(LEASE, self._holder)

    async def settle_due(self) -> None:
        """Take up everything that is due now, side by side, a batch after the other.

        Waits for each batch a while, but not for what hangs; and what was taken up goes on
        when this is cancelled: a write isn't left half sent.
        """
        now = self._clock()
        seen = set(self._attended)
        while len(self._attended) < MOST_AT_ONCE:
            most = AT_ONCE + len(self._attended)
            found = await self._stores.due.list_due(SETTLE, now, most)
            fresh = [due for due in found if _key(due) not in seen][:AT_ONCE]
            seen.update(map(_key, fresh))
            if not fresh or not await self._attend_all(fresh):
                return

    async def _attend_all(self, batch: Sequence[Due]) -> bool:
        """Start all of *batch*; ``False`` if the process ends."""
        for due in batch:
            done = self._attended[_key(due)] = asyncio.Event()
            if not self._hands.start(self._attend(due, done)):
                del self._attended[_key(due)]
                return False
        waiting = [self._attended[key].wait() for key in map(_key, batch) if key in self._attended]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.every.total_seconds()):
                await asyncio.gather(*waiting)
        return True

    async def _attend(self, due: Due, done: asyncio.Event) -> None:
        """Settle one; what goes wrong with it stops none of the others."""
        try:
            await self._take_up(due)
            self._failed.pop(_key(due), None)
        except TakenUp:
            pass
        except BotError as error:
            log.warning("unsettled", code=error.code)
            await self._put_off(due)
        except Exception:  # a task has nobody else to catch it
            log.exception("unsettled")
            await self._put_off(due)
        finally:
            del self._attended[_key(due)]
            done.set()

    async def _put_off(self, due: Due) -> None:
        """Try again later, and ever later: each failure doubles the wait."""
        failures = self._failed.pop(_key(due), 0)
        self._failed[_key(due)] = failures + 1
        if len(self._failed) > MOST_FAILED:
            self._failed.popitem(last=False)
        with suppress(BotError):
            await self._later(due, min(self._pace.after * 2 ** min(failures, 16), LONGEST_WAIT))

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
        await self._stores.due.remove(due)

    async def _wait_for_confirmation(self, due: Due) -> None:
        user_id, _, decision = due.id.partition("/")
        principal = Principal(due.tenant, user_id)
        draft = await self._stores.drafts.find(principal, DraftId(decision))
        confirmable = DRAFT_LASTS - PREVIEW_LASTS - LATE
        if draft is None or self._clock() > draft.expires_at - confirmable:
            await self._stores.due.remove(due)
        else:
            await self._later(due, min(UNCONFIRMED, self._pace.after))

    async def _later(self, due: Due, wait: timedelta) -> None:
        await self._stores.due.add(replace(due, at=self._clock() + wait))


def _key(due: Due) -> _Key:
    return due.tenant, due.id
