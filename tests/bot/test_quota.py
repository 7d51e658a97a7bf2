import asyncio
from datetime import timedelta

import pytest

from bot.errors import QuotaSpent, Unavailable
from bot.ports import QuotaLedger, Spent
from bot.principal import Principal, Tenant
from bot.quota import BATCH, Quota
from tests.fakes import ADA, BOB, NOON, FakeClock

OTHER = Principal(Tenant("T0OTHER"), "U0EVE")


class Ledger(QuotaLedger):
    """What every replica reported."""

    def __init__(self):
        self.app = 0
        self.tenants = {}
        self.remaining = None
        self.writes = []
        self.down = None

    async def add(self, app, tenant, points, hour):
        if self.down:
            raise self.down
        self.writes.append((app, tenant, points, hour))
        self.app += points
        self.tenants[tenant] = self.tenants.get(tenant, 0) + points
        return Spent(self.app, self.tenants[tenant], self.remaining, len(self.tenants))

    async def correct(self, app, remaining, hour):
        self.remaining = remaining


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def ledger():
    return Ledger()


@pytest.fixture
def quota(ledger, clock):
    return Quota(ledger, clock)


async def spend_until_refused(quota, principal, points, *, background=False):
    for spent in range(0, 1_000_000, points):
        try:
            quota.spend("system", principal, points, background=background)
        except QuotaSpent as error:
            return spent, error
        if spent % (10 * points) == 0:
            await quota.flush()
    raise AssertionError


async def test_nothing_is_written_for_each_request(quota, ledger):
    for _ in range(10):
        quota.spend("system", ADA, 6)
    assert ledger.writes == []
    await quota.flush()
    assert ledger.writes == [("system", "T0ACME", 60, NOON)]
    await quota.flush()
    assert len(ledger.writes) == 1


async def test_a_person_has_a_few_hundred_points_in_five_minutes(quota, clock):
    spent, error = await spend_until_refused(quota, ADA, 26)
    assert 250 <= spent <= 300
    assert NOON < error.until <= NOON + timedelta(minutes=5)
    quota.spend("system", BOB, 26)
    clock.now = error.until
    quota.spend("system", ADA, 26)


async def test_background_work_stops_at_sixty_percent(ledger, clock):
    quota = Quota(ledger, clock, hourly=10_000)
    spent, error = await spend_until_refused(quota, ADA, 50, background=True)
    assert spent == 6_000
    assert error.until == NOON + timedelta(hours=1)
    quota.spend("system", ADA, 50)


async def test_a_tenant_that_is_alone_may_use_all_of_it(ledger, clock):
    quota = Quota(ledger, clock, hourly=10_000, person=1_000_000)
    spent, _ = await spend_until_refused(quota, ADA, 50)
    assert spent == 10_000


async def test_a_tenant_cannot_eat_up_what_others_need(ledger, clock):
    quota = Quota(ledger, clock, hourly=10_000, person=1_000_000)
    quota.spend("system", OTHER, 50)
    await quota.flush()
    quota.spend("system", ADA, 50)
    await quota.flush()
    spent, _ = await spend_until_refused(quota, ADA, 50)
    assert spent <= 5_000
    quota.spend("system", OTHER, 50)


async def test_the_next_hour_begins_with_nothing_spent(ledger, clock):
    quota = Quota(ledger, clock, hourly=1_000, person=1_000_000)
    _, error = await spend_until_refused(quota, ADA, 50)
    clock.now = error.until
    quota.spend("system", ADA, 50)


async def test_the_providers_word_goes_before_our_count(quota, ledger):
    quota.learn("system", 10)
    with pytest.raises(QuotaSpent):
        quota.spend("system", ADA, 26)
    quota.spend("system", ADA, 6)
    await quota.flush()
    assert ledger.remaining == 10


async def test_what_another_replica_was_told_holds_here_too(ledger, clock):
    ledger.remaining = 3
    quota = Quota(ledger, clock)
    quota.spend("system", ADA, 1)
    await quota.flush()
    with pytest.raises(QuotaSpent):
        quota.spend("system", ADA, 26)


async def test_a_closed_quota_refuses_until_it_opens(quota, clock):
    quota.close_until("system", NOON + timedelta(minutes=20))
    with pytest.raises(QuotaSpent) as caught:
        quota.spend("system", ADA, 1)
    assert caught.value.until == NOON + timedelta(minutes=20)
    assert caught.value.retry_after == 1200
    clock.pass_by(minutes=20)
    quota.spend("system", ADA, 1)


@pytest.mark.parametrize("error", [Unavailable("the database"), ValueError("a bug of ours")])
async def test_what_could_not_be_written_is_written_later(quota, ledger, error):
    ledger.down = error
    quota.spend("system", ADA, 6)
    await quota.flush()
    ledger.down = None
    await quota.flush()
    assert ledger.tenants == {"T0ACME": 6}


async def test_a_full_batch_is_written_at_once(ledger, clock):
    quota = Quota(ledger, clock)
    running = asyncio.create_task(quota.run())
    for principal in (ADA, BOB):
        quota.spend("system", principal, BATCH // 2)
    for _ in range(5):
        await asyncio.sleep(0)
    assert ledger.tenants == {"T0ACME": BATCH}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_was_spent_last_is_written_when_it_ends(quota, ledger):
    running = asyncio.create_task(quota.run())
    await asyncio.sleep(0)
    quota.spend("system", ADA, 6)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ledger.tenants == {"T0ACME": 6}


async def test_one_apps_quota_is_not_anothers(quota):
    quota.learn("system", 0)
    quota.spend("our own client", ADA, 26)


async def test_a_call_that_costs_more_than_a_persons_share_can_still_be_made(ledger, clock):
    Quota(ledger, clock, person=20).spend("system", ADA, 26)


async def test_what_a_list_turned_out_not_to_hold_is_given_back(quota, ledger):
    for _ in range(20):
        quota.spend("system", ADA, 101)
        quota.give_back("system", ADA, 98)
    await quota.flush()
    assert ledger.app == 20 * 3
    _, error = await spend_until_refused(quota, ADA, 10)
    assert isinstance(error, QuotaSpent)


async def test_a_list_may_be_asked_for_while_little_is_left_and_is_paid_for_afterwards(
    quota, clock
):
    quota.spend("system", ADA, 230)
    quota.spend("system", ADA, 250)
    with pytest.raises(QuotaSpent):
        quota.spend("system", ADA, 1)
    clock.pass_by(minutes=5)
    quota.spend("system", ADA, 60)


async def test_nothing_given_back_makes_more_than_there_was(quota):
    quota.give_back("system", ADA, 1_000)
    spent, _ = await spend_until_refused(quota, ADA, 10)
    assert spent <= 300
