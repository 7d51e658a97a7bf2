"""Timed work, done by one replica at a time: a list, a lease, and what to do for each kind."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.errors import BotError
from bot.frozen import frozen
from bot.ports import Clock, Due, DueWork, Leases
from bot.principal import Tenant

log = structlog.get_logger(__name__)

AT_ONCE: Final = 20
MOST_AT_ONCE: Final = 200
"""What of one kind may be under way when the next batch is taken up: what hangs holds up no
other, of its kind or of another."""
LONGEST_WAIT: Final = timedelta(hours=1)
RELEASES_WITHIN: Final = 2.0
MOST_FAILED: Final = 10_000
_MOMENT: Final = timedelta(seconds=2)

Errand = Callable[[Due], Awaitable[datetime | None]]
"""Does what is due, and returns when it is due again: ``None`` when it is done for good,
its own time when it is to stay as it is."""

_Key = tuple[str, Tenant, str]


@frozen
class Rota:
    """What is due, and under which *name* one replica holds the job."""

    due: DueWork
    leases: Leases
    name: str = "errands"


@frozen
class Pace:
    """How long what failed is left alone at first, and how often the list is looked at."""

    after: timedelta
    every: timedelta


class Shift:
    """One replica's turn at the job *name*, under a lease that *lasts* so long at a time."""

    def __init__(self, leases: Leases, name: str, lasts: timedelta) -> None:
        self._leases = leases
        self._name = name
        self._lasts = lasts
        self._holder = secrets.token_hex(8)

    async def hold(self) -> bool:
        """Take the lease or extend it; ``False`` while another replica has it."""
        return await self._leases.hold(self._name, self._holder, self._lasts)

    async def repeat(self, work: Callable[[], Awaitable[None]], every: timedelta) -> None:
        """Do *work* until cancelled, whatever goes wrong, and give the lease back."""
        try:
            while True:
                try:
                    await work()
                except BotError as error:
                    log.warning("job failed", job=self._name, code=error.code)
                except Exception:  # the one place where background jobs run
                    log.exception("job failed", job=self._name)
                await asyncio.sleep(every.total_seconds())
        finally:
            # Of no use while the database is away: the lease ends by itself.
            with suppress(BotError, TimeoutError):
                async with asyncio.timeout(RELEASES_WITHIN):
                    await self._leases.release(self._name, self._holder)


class Errands:
    """Does what is due, side by side, and puts off what fails, ever longer.

    Two at once, as when a lease ran out unnoticed, must do no harm: an errand claims what
    may happen only once.
    """

    def __init__(
        self,
        rota: Rota,
        errands: Mapping[str, Errand],
        start: Callable[[Coroutine[Any, Any, None]], bool],
        pace: Pace,
        clock: Clock,
    ) -> None:
        """Let *start* run each errand as a task; it refuses when the process ends."""
        self._rota = rota
        self._errands = errands
        self._start = start
        self._pace = pace
        self._clock = clock
        self._shift = Shift(rota.leases, rota.name, max(pace.every * 3, _MOMENT))
        self._attended: dict[_Key, asyncio.Event] = {}
        self._failed: OrderedDict[_Key, int] = OrderedDict()

    async def run(self) -> None:
        """Work until cancelled."""
        await self._shift.repeat(self.run_due, self._pace.every)

    async def run_due(self) -> None:
        """Take up all that is due now, a batch of each kind after the other, under the lease.

        Waits for each batch a while, but not for what hangs; and what was taken up goes on
        when this is cancelled: nothing is left half done.
        """
        now = self._clock()
        seen = set(self._attended)
        while await self._shift.hold():
            fresh = [due for kind in self._errands for due in await self._batch(kind, now, seen)]
            seen.update(map(_key, fresh))
            if not fresh or not await self._attend_all(fresh):
                return

    async def _batch(self, kind: str, now: datetime, seen: set[_Key]) -> Sequence[Due]:
        busy = sum(1 for attended, _, _ in self._attended if attended == kind)
        if busy >= MOST_AT_ONCE:
            return ()
        found = await self._rota.due.list_due(kind, now, AT_ONCE + busy)
        return [due for due in found if _key(due) not in seen][:AT_ONCE]

    async def _attend_all(self, batch: Sequence[Due]) -> bool:
        """Start all of *batch*; ``False`` if the process ends."""
        for due in batch:
            done = self._attended[_key(due)] = asyncio.Event()
            if not self._start(self._attend(due, done)):
                del self._attended[_key(due)]
                return False
        waiting = [self._attended[key].wait() for key in map(_key, batch) if key in self._attended]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.every.total_seconds()):
                await asyncio.gather(*waiting)
        return True

    async def _attend(self, due: Due, done: asyncio.Event) -> None:
        """Do one; what goes wrong with it stops none of the others."""
        try:
            await self._move(due, await self._errands[due.kind](due))
            self._failed.pop(_key(due), None)
        except BotError as error:
            log.warning("put off", kind=due.kind, tenant=due.tenant, code=error.code)
            await self._put_off(due)
        except Exception:  # a task has nobody else to catch it
            log.exception("put off", kind=due.kind, tenant=due.tenant)
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
        wait = min(self._pace.after * 2 ** min(failures, 16), LONGEST_WAIT)
        with suppress(BotError):
            await self._move(due, self._clock() + wait)

    async def _move(self, due: Due, at: datetime | None) -> None:
        # Whoever put it to another time meanwhile knows something newer.
        if at != due.at:
            await self._rota.due.replace(due, at)


def _key(due: Due) -> _Key:
    return due.kind, due.tenant, due.id
