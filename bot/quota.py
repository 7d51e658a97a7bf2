"""The points that a provider gives the app each hour, and who may use how many.

Confluence counts one for a request, one for each object it returns and two for each
person, over all tenants together; when they are spent everybody waits for the next hour.
https://developer.atlassian.com/cloud/confluence/rate-limiting/
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

import structlog

from bot.errors import BotError, QuotaSpent
from bot.ports import Clock, QuotaLedger, Spent
from bot.principal import Principal, Tenant

PROVIDER: Final = "Confluence"
HOURLY: Final = 65_000
PERSON: Final = 300
"""What a person may use in five minutes."""
AHEAD: Final = 60
"""What has to be left of it for a call that may cost more: most of a list is given back."""
PERSON_WINDOW: Final = timedelta(minutes=5)
BATCH: Final = 200
"""How many points may be spent here before the other replicas hear of it."""
FLUSH_SECONDS: Final = 5.0
LAST_SECONDS: Final = 2.0
"""What a process that ends may take for its last points."""
BACKGROUND_SHARE: Final = 0.6
ABUNDANCE: Final = 0.5
"""Until so much is spent, nobody is held to a share: most hours never get there."""
MOST_PEOPLE: Final = 10_000
MOST_TENANTS: Final = 10_000

logger = structlog.get_logger()


@dataclass(slots=True)
class _Account:
    """One tenant's points of one hour: as the ledger last told, and what it doesn't know yet."""

    hour: datetime
    told: Spent
    unsaid: int = 0


@dataclass(slots=True)
class _App:
    """What is known of one app's hour."""

    hour: datetime
    remaining: int | None = None
    unsaid_remaining: int | None = None
    since: int = 0
    """Points spent here since the provider said what remains."""
    blocked_until: datetime | None = None


class Quota:
    """Decides before each request whether it may be made, from memory alone.

    The ledger is written in batches by `run`, which the wiring starts as a task.
    """

    def __init__(
        self,
        ledger: QuotaLedger,
        clock: Clock,
        *,
        hourly: int = HOURLY,
        person: int = PERSON,
        on_left: Callable[[str, int], None] = lambda _provider, _points: None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hourly = hourly
        self._person = person
        self._on_left = on_left
        self._accounts: OrderedDict[tuple[str, Tenant], _Account] = OrderedDict()
        self._apps: dict[str, _App] = {}
        self._people: OrderedDict[Principal, tuple[float, datetime]] = OrderedDict()
        self._batch_is_full = asyncio.Event()

    def spend(
        self, app: str, principal: Principal, points: int, *, background: bool = False
    ) -> None:
        """Count *points* before they are spent.

        Raises:
            QuotaSpent: they may not be; it says until when.
        """
        now = self._clock()
        state = self._app(app, now)
        account = self._account(app, principal.tenant, now)
        self._require_open(state, now)
        self._require_share(state, account, points, now, background=background)
        if not background:
            self._take_from_person(principal, points, now)
        account.unsaid += points
        state.since += points
        if account.unsaid >= BATCH:
            self._batch_is_full.set()

    def give_back(self, app: str, principal: Principal, points: int) -> None:
        """Take back what was counted for a list, and turned out not to be on it."""
        now = self._clock()
        state, account = self._app(app, now), self._account(app, principal.tenant, now)
        account.unsaid -= points
        state.since = max(0, state.since - points)
        level, at = self._people.get(principal, (float(self._person), now))
        self._people[principal] = (min(self._person, level + points), at)

    def learn(self, app: str, remaining: int) -> None:
        """Take the provider's word for what is left of the hour."""
        state = self._app(app, self._clock())
        state.remaining = state.unsaid_remaining = remaining
        state.since = 0
        self._on_left(PROVIDER.lower(), remaining)

    def close_until(self, app: str, until: datetime) -> None:
        """Remember that the provider refuses everything until then."""
        self._app(app, self._clock()).blocked_until = until

    async def run(self) -> None:
        """Tell the ledger every few seconds, and when a batch is full; once more when cancelled."""
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(FLUSH_SECONDS):
                        await self._batch_is_full.wait()
                self._batch_is_full.clear()
                await self.flush()
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self.flush()

    async def flush(self) -> None:
        """Tell the ledger what was spent, and hear what the others spent."""
        try:
            for app, state in list(self._apps.items()):
                await self._flush_app(app, state)
            for (app, tenant), account in list(self._accounts.items()):
                await self._flush_account(app, tenant, account)
        except BotError as error:
            logger.warning("quota not written", code=error.code)
        except Exception:  # without its count the bot goes on, and counts again
            logger.exception("quota not written")

    async def _flush_app(self, app: str, state: _App) -> None:
        remaining = state.unsaid_remaining
        if remaining is not None:
            state.unsaid_remaining = None
            await self._ledger.correct(app, remaining, state.hour)

    async def _flush_account(self, app: str, tenant: Tenant, account: _Account) -> None:
        points = account.unsaid
        if not points:
            return
        account.told = await self._ledger.add(app, tenant, points, account.hour)
        account.unsaid -= points

    def _app(self, app: str, now: datetime) -> _App:
        hour = _hour(now)
        state = self._apps.get(app)
        if state is None or state.hour != hour:
            blocked = state.blocked_until if state else None
            state = self._apps[app] = _App(hour, blocked_until=blocked)
        return state

    def _account(self, app: str, tenant: Tenant, now: datetime) -> _Account:
        """Return the tenant's account of this hour; what the last hour left unsaid is let go."""
        key, hour = (app, tenant), _hour(now)
        account = self._accounts.get(key)
        if account is None or account.hour != hour:
            account = self._accounts[key] = _Account(hour, Spent(app=0, tenant=0))
        self._accounts.move_to_end(key)
        while len(self._accounts) > MOST_TENANTS:
            self._accounts.popitem(last=False)
        return account

    def _require_open(self, state: _App, now: datetime) -> None:
        if state.blocked_until is not None and now < state.blocked_until:
            self._refuse(state.blocked_until, now)

    def _require_share(
        self, state: _App, account: _Account, points: int, now: datetime, *, background: bool
    ) -> None:
        spent, capacity = self._spent(state, account)
        after = spent + points
        ours = account.told.tenant + account.unsaid + points
        share = capacity / max(1, account.told.tenants)
        crowded = after > capacity * ABUNDANCE
        if (
            after > capacity
            or (background and after > capacity * BACKGROUND_SHARE)
            or (crowded and ours > share)
        ):
            self._refuse(_hour(now) + timedelta(hours=1), now)

    def _spent(self, state: _App, account: _Account) -> tuple[int, int]:
        """Return what all have spent and what there is in all; the provider's word goes first."""
        counted = max(account.told.app + account.unsaid, state.since)
        left = state.remaining if state.remaining is not None else account.told.remaining
        if left is None:
            return counted, self._hourly
        since = state.since if state.remaining is not None else account.unsaid
        return max(counted, self._hourly - left + since), self._hourly

    def _take_from_person(self, principal: Principal, points: int, now: datetime) -> None:
        """Take *points* from a bucket that fills evenly in five minutes."""
        rate = self._person / PERSON_WINDOW.total_seconds()
        level, at = self._people.get(principal, (float(self._person), now))
        level = min(self._person, level + (now - at).total_seconds() * rate)
        needed = min(points, self._person, AHEAD)
        if level < needed:
            wait = (needed - level) / rate
            self._refuse(now + timedelta(seconds=wait), now)
        self._people[principal] = (level - points, now)
        self._people.move_to_end(principal)
        while len(self._people) > MOST_PEOPLE:
            self._people.popitem(last=False)

    def _refuse(self, until: datetime, now: datetime) -> NoReturn:
        wait = max(1.0, (until - now).total_seconds())
        raise QuotaSpent(PROVIDER, until, retry_after=wait)


def _hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
