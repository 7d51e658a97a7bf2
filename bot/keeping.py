"""Keeping grants alive: renewed ahead of time while in use, and before the idle ones end.

Atlassian ends a refresh token that nobody has used for 90 days; see docs/operation.md.
"""

import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.authorize import Authorizer
from bot.connection import NEVER, Connection
from bot.errors import BotError, ConsentRequired, NotAllowed, ProfileBroken
from bot.ports import REMIND, RENEW, Clock, Connections, Due, DueWork
from bot.principal import Principal

log = structlog.get_logger(__name__)

IDLE: Final = timedelta(days=30)
SPREAD: Final = timedelta(days=20)
"""An idle grant is renewed between IDLE and IDLE + SPREAD after its last renewal, at random, so
that those of a day come apart. The rest of Atlassian's 90 days is for what fails."""

AHEAD: Final = timedelta(minutes=10)
AHEAD_SPREAD: Final = timedelta(minutes=5)
"""A grant in use is renewed so long before it expires."""

FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=6)
WAIT_SPREAD: Final = 0.2

EXHAUSTED_AFTER: Final = timedelta(days=4)
EXHAUSTED_BY: Final = 8
"""No grant is given up before so many failures, however long ago the first one was."""

REMINDERS: Final = (timedelta(days=14), timedelta(days=3), timedelta(days=1))
"""How long before a typed token's end its person is told, longest first."""

MOST_KNOWN: Final = 10_000


class Timetable:
    """Puts grants on the list of due work: ids and times, nothing else."""

    def __init__(
        self,
        due: DueWork,
        start: Callable[[Coroutine[Any, Any, None]], bool],
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """*start* runs a task; *chance* gives numbers from 0 up to 1, by which times come apart."""
        self._due = due
        self._start = start
        self._clock = clock
        self._chance = chance
        self._known: OrderedDict[tuple[Principal, str], tuple[datetime, int]] = OrderedDict()

    async def connected(self, connection: Connection) -> None:
        """Put a new connection on the list."""
        if connection.can_renew:
            await self._due.add(_entry(RENEW, connection, self.idle()))
        elif (at := self.next_reminder(connection)) is not None:
            await self._due.add(_entry(REMIND, connection, at))

    def used(self, connection: Connection) -> None:
        """Have a grant in use renewed before it expires. Once for each grant in a process."""
        left = connection.grant.expires_at - self._clock()
        # What lives for minutes is renewed when it is needed, or it would be all the time.
        if not connection.can_renew or left <= 2 * (AHEAD + AHEAD_SPREAD):
            return
        key, seen = _key(connection), (connection.connected_at, connection.generation)
        if self._known.get(key) == seen:
            self._known.move_to_end(key)
        elif self._start(self._use(connection)):
            self._known[key] = seen
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

    async def failing(self, connection: Connection) -> None:
        """Try again soon, though nobody asks: a renewal has failed for the first time."""
        if connection.can_renew:
            await self._due.add(_entry(RENEW, connection, self.next_try(1)))

    def idle(self) -> datetime:
        """Return when a grant that was just renewed is renewed again, if nobody uses it."""
        return self._clock() + IDLE + SPREAD * self._chance()

    def next_try(self, failures: int) -> datetime:
        """Return when to try again after so many failures."""
        doubled: int = 2 ** min(max(failures - 1, 0), 16)
        wait = min(FIRST_WAIT * doubled, LONGEST_WAIT)
        return self._clock() + wait * (1 + WAIT_SPREAD * self._chance())

    def next_reminder(self, connection: Connection) -> datetime | None:
        """Return when to tell of a typed token's end next, or when it ends, if it does."""
        ends = connection.grant.expires_at
        if ends >= NEVER:
            return None
        times = (*(ends - before for before in REMINDERS), ends)
        return next((at for at in times if at > self._clock()), ends)

    async def _use(self, connection: Connection) -> None:
        ahead = AHEAD + AHEAD_SPREAD * self._chance()
        at = min(connection.grant.expires_at - ahead, self.idle())
        try:
            await self._due.add(_entry(RENEW, connection, at))
        except BotError as error:
            self._known.pop(_key(connection), None)
            log.warning("not put on the list", code=error.code)


class Keeping:
    """Renews grants when their time has come, and tells of the end of those that can't be."""

    def __init__(
        self,
        connections: Connections,
        timetable: Timetable,
        authorizer: Authorizer,
        remind: Callable[[Connection], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """*remind* tells of a token's end."""
        self._connections = connections
        self._timetable = timetable
        self._authorizer = authorizer
        self._remind = remind
        self._clock = clock

    async def renew(self, due: Due) -> datetime | None:
        """Renew what is due, and return when the next time is. An errand."""
        connection = await self._find(due)
        if connection is None or not connection.can_renew:
            return None
        # Renewed meanwhile by somebody's use, who would have put this off.
        if AHEAD + AHEAD_SPREAD < connection.grant.expires_at - self._clock() <= IDLE:
            return self._timetable.idle()
        try:
            await self._authorizer.renew(connection)
        except ConsentRequired:
            return None
        except ProfileBroken as error:
            # Its people can't mend that, and their consent stands.
            return await self._again(due, error, gives_up=False)
        except BotError as error:
            return await self._again(due, error, gives_up=True)
        log.info("kept", tenant=due.tenant, profile=connection.profile)
        return self._timetable.idle()

    async def remind(self, due: Due) -> datetime | None:
        """Tell of the end of a typed token, or end it, and return when to do so next. An errand."""
        connection = await self._find(due)
        if connection is None or connection.can_renew:
            return None
        ends, now = connection.grant.expires_at, self._clock()
        if now >= ends:
            await self._authorizer.end(connection)
            return None
        if now >= ends - REMINDERS[0]:
            # Nobody listens there; the next time is tried all the same.
            with suppress(NotAllowed):
                await self._remind(connection)
        return self._timetable.next_reminder(connection)

    async def _again(self, due: Due, error: BotError, *, gives_up: bool) -> datetime | None:
        """Return when to try again what failed by *error*; ``None`` if it is given up."""
        connection = await self._find(due)
        if connection is None:
            return None
        log.warning("not kept", tenant=due.tenant, code=error.code, failures=connection.failures)
        if gives_up and is_exhausted(connection, self._clock()):
            await self._authorizer.end(connection)
            return None
        return self._timetable.next_try(connection.failures)

    async def _find(self, due: Due) -> Connection | None:
        """Return the connection, as long as it stands."""
        user_id, _, profile = due.id.partition("/")
        found = await self._connections.find(Principal(due.tenant, user_id), profile)
        return None if found is None or found.ended_at is not None else found


def is_exhausted(connection: Connection, now: datetime) -> bool:
    """Tell whether its renewal has failed so often and for so long that it is given up."""
    since = connection.failing_since
    is_old = since is not None and now - since >= EXHAUSTED_AFTER
    return is_old and connection.failures >= EXHAUSTED_BY


def _entry(kind: str, connection: Connection, at: datetime) -> Due:
    principal, profile = connection.principal, connection.profile
    return Due(kind, principal.tenant, f"{principal.user_id}/{profile}", at)


def _key(connection: Connection) -> tuple[Principal, str]:
    return connection.principal, connection.profile
