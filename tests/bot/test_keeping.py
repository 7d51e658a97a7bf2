import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.authorize import Authorizer, Witnesses
from bot.connection import NEVER, organisation
from bot.errands import Errands, Pace, Rota
from bot.errors import NotAllowed, ProfileBroken, ProviderFault, Unavailable
from bot.keeping import (
    AHEAD,
    AHEAD_SPREAD,
    EXHAUSTED_AFTER,
    IDLE,
    MOST_KNOWN,
    SPREAD,
    Keeping,
    Timetable,
)
from bot.ports import REMIND, RENEW
from bot.principal import Principal, Tenant
from bot.profile import Mechanism
from store.memory import MemoryDueWork, MemoryLeases
from store.memory.connections import MemoryConnections
from tests.fakes import ADA, BOB, FakeClock, FakeConsentServer, connection, grant, issuers

DAYS = timedelta(days=1)
HOUR = timedelta(hours=1)
ATLASSIANS = 90 * DAYS
FAR = timedelta(days=4000)


class CountingDue(MemoryDueWork):
    """A list that counts what is put on it."""

    added = 0
    away = None

    async def add(self, due):
        self.added += 1
        if self.away:
            raise self.away
        await super().add(due)


class House:
    """Where grants are kept alive: the server renews for an hour, unless it is told otherwise."""

    def __init__(self):
        self.clock, self.chance = FakeClock(), 0.0
        self.due, self.connections = CountingDue(), MemoryConnections(self.clock)
        self.server = FakeConsentServer(meanwhile=self.prepare)
        self.fails, self.refuses, self.lasts = None, False, HOUR
        self.ended, self.reminded, self.tasks = [], [], set()
        self.deaf = None
        self.timetable = self.a_timetable()
        witnesses = Witnesses(
            self.end, on_used=self.timetable.used, on_failing=self.timetable.failing
        )
        self.authorizer = Authorizer(
            self.connections, issuers(self.server), self.clock, self.clock.sleep, witnesses
        )
        keeping = Keeping(
            self.connections, self.timetable, self.authorizer, self.remind, self.clock
        )
        self.errands = Errands(
            Rota(self.due, MemoryLeases(self.clock)),
            {RENEW: keeping.renew, REMIND: keeping.remind},
            self.start,
            Pace(timedelta(minutes=1), timedelta(seconds=5)),
            self.clock,
        )

    def a_timetable(self):
        return Timetable(self.due, self.start, self.clock, lambda: self.chance)

    async def prepare(self):
        name = f"renewed-{len(self.server.asked)}"
        renewed = grant(name, until=self.clock() + self.lasts)
        self.server.renewals = [self.fails or (None if self.refuses else renewed)]

    def start(self, work):
        self.tasks.add(asyncio.ensure_future(work))
        return True

    async def end(self, ended):
        self.ended.append(ended)

    async def remind(self, ending):
        self.reminded.append(self.clock())
        if self.deaf:
            raise self.deaf

    async def connect(self, principal=ADA, **changes):
        given = grant(until=self.clock() + HOUR)
        made = replace(connection(principal, given), connected_at=self.clock(), **changes)
        await self.connections.save(made)
        await self.timetable.connected(made)
        return made

    async def types_token(self, ends, mechanism=Mechanism.API_TOKEN):
        return await self.connect(
            mechanism=mechanism, grant=replace(grant(until=ends), refresh_token=None)
        )

    async def uses(self, principal=ADA):
        used = await self.connections.find(principal, "system")
        self.timetable.used(used)
        await asyncio.gather(*self.tasks)
        return used

    async def live(self, passed, step=HOUR):
        ends = self.clock() + passed
        while self.clock() < ends:
            self.clock.now = min(self.clock() + step, ends)
            await self.errands.run_due()

    async def next(self, kind=RENEW):
        found = await self.due.list_due(kind, self.clock() + FAR, 99)
        return [due.at - self.clock() for due in found]

    @property
    def renewals(self):
        return len(self.server.asked)


@pytest.fixture
async def house():
    return House()


@pytest.mark.parametrize(("chance", "at"), [(0.0, IDLE), (0.5, IDLE + SPREAD / 2)])
async def test_a_new_connection_is_put_on_the_list_some_time_after_thirty_days(house, chance, at):
    house.chance = chance
    await house.connect()
    assert await house.next() == [at]


async def test_the_list_holds_ids_and_nothing_else(house):
    await house.connect()
    [due] = await house.due.list_due(RENEW, house.clock() + FAR, 9)
    assert (due.tenant, due.id) == (ADA.tenant, "U0ADA/system")


@pytest.mark.parametrize("chance", [0.0, 0.999])
async def test_an_idle_grant_is_renewed_well_before_atlassian_ends_it(house, chance):
    house.chance = chance
    await house.connect()
    await house.live(365 * DAYS, step=DAYS / 4)
    assert house.renewals in {7, 12}
    assert IDLE + SPREAD + EXHAUSTED_AFTER < ATLASSIANS
    assert house.ended == []


async def test_a_grant_in_use_is_renewed_ahead_of_its_end_and_once(house):
    house.chance = 0.5
    await house.connect()
    await house.uses()
    ahead = AHEAD + AHEAD_SPREAD / 2
    assert await house.next() == [HOUR - ahead]
    await house.live(HOUR - ahead - timedelta(minutes=1), timedelta(minutes=1))
    assert house.renewals == 0
    await house.live(timedelta(minutes=2), timedelta(minutes=1))
    assert house.renewals == 1
    await house.live(DAYS)
    assert house.renewals == 1
    assert await house.next() == [IDLE + SPREAD / 2 - DAYS - timedelta(minutes=1)]


async def test_using_a_grant_again_writes_nothing(house):
    await house.connect()
    before = house.due.added
    for _ in range(5):
        await house.uses()
    assert house.due.added == before + 1


async def test_each_new_grant_in_use_is_put_on_the_list_once(house):
    await house.connect()
    await house.uses()
    await house.live(HOUR, timedelta(minutes=1))
    before = house.due.added
    for _ in range(3):
        await house.uses()
    assert house.due.added == before + 1
    assert await house.next() == [timedelta(minutes=40)]


async def test_what_is_known_of_uses_is_bounded(house):
    for number in range(MOST_KNOWN + 5):
        principal = Principal(Tenant("T0ACME"), f"U{number}")
        house.timetable.used(connection(principal, grant(until=house.clock() + HOUR)))
    assert len(house.timetable._known) == MOST_KNOWN  # noqa: SLF001 (a leak shows nowhere else)
    await asyncio.gather(*house.tasks)


async def test_a_use_that_could_not_be_written_down_is_written_down_the_next_time(house):
    await house.connect()
    house.due.away = Unavailable("the database")
    await house.uses()
    house.due.away = None
    await house.uses()
    assert await house.next() == [HOUR - AHEAD]


async def test_what_lives_for_minutes_is_not_renewed_over_and_over(house):
    await house.connect()
    house.lasts = timedelta(minutes=20)
    await house.uses()
    for _ in range(24 * 6):
        await house.live(timedelta(minutes=10))
        await house.uses()
    assert house.renewals == 1


async def test_a_token_without_an_end_is_kept_like_an_idle_one(house):
    await house.connect(grant=grant(until=NEVER))
    await house.uses()
    assert await house.next() == [IDLE]


async def test_what_somebodys_use_has_renewed_meanwhile_is_put_off(house):
    made = await house.connect()
    await house.uses()
    house.clock.pass_by(minutes=49)
    renewed = await house.authorizer.renew(made)
    house.clock.pass_by(minutes=5)
    await house.errands.run_due()
    assert house.renewals == 1
    assert renewed.generation == 2
    assert (await house.next())[0] == IDLE


async def test_a_disconnected_grant_is_never_renewed(house):
    await house.connect()
    await house.uses()
    await house.connections.remove(ADA, "system")
    await house.live(60 * DAYS, DAYS)
    assert house.renewals == 0
    assert await house.next() == []


async def test_an_ended_grant_is_never_renewed_and_never_told_of_again(house):
    made = await house.connect()
    await house.authorizer.end(made)
    await house.live(60 * DAYS, DAYS)
    assert house.renewals == 0
    assert house.ended == [made]


async def test_a_grant_that_is_refused_ends_and_is_told_once(house):
    await house.connect()
    house.refuses = True
    await house.live(60 * DAYS, DAYS)
    assert house.renewals == 1
    assert len(house.ended) == 1
    assert await house.next() == []


async def test_who_reconnects_is_kept_alive_again(house):
    made = await house.connect()
    await house.authorizer.end(made)
    await house.connect()
    await house.live(IDLE + DAYS, DAYS)
    assert house.renewals == 1
    assert (await house.connections.find(ADA, "system")).ended_at is None


async def test_failures_are_backed_off(house):
    await house.connect()
    house.fails = Unavailable("Atlassian")
    await house.live(IDLE, DAYS)
    tries, waits = house.renewals, []
    assert tries == 1
    for _ in range(10):
        [wait] = await house.next()
        waits.append(wait / timedelta(minutes=1))
        await house.live(wait, wait)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 360, 360, 360]
    assert house.renewals == tries + 10
    assert (await house.connections.find(ADA, "system")).failures == tries + 10


async def test_one_success_takes_the_failures_back(house):
    await house.connect()
    house.fails = Unavailable("Atlassian")
    await house.live(IDLE + 3 * DAYS)
    house.fails = None
    await house.live(DAYS)
    kept = await house.connections.find(ADA, "system")
    assert (kept.failures, kept.failing_since) == (0, None)
    house.fails = Unavailable("Atlassian")
    await house.live(IDLE + 3 * DAYS)
    assert house.ended == []


@pytest.mark.parametrize("error", [Unavailable("Atlassian"), ProviderFault("nonsense")])
async def test_a_grant_that_fails_for_days_is_given_up_and_told_once(house, error):
    await house.connect()
    house.fails = error
    await house.live(IDLE + EXHAUSTED_AFTER - DAYS / 4)
    assert house.ended == []
    await house.live(DAYS)
    assert len(house.ended) == 1
    tries = house.renewals
    await house.live(10 * DAYS)
    assert house.renewals == tries
    assert len(house.ended) == 1
    assert (await house.connections.find(ADA, "system")).ended_at is not None


async def test_a_failure_of_long_ago_gives_nothing_up(house):
    made = await house.connect()
    claim = await house.connections.claim_refresh(made, HOUR)
    await house.connections.note_failure(made, claim, house.clock())
    house.fails = Unavailable("Atlassian")
    await house.live(IDLE + timedelta(hours=1))
    assert house.renewals > 1
    assert house.ended == []


async def test_a_failure_while_somebody_asks_is_followed_up_though_nobody_asks_again(house):
    made = await house.connect()
    house.fails = Unavailable("Atlassian")
    with pytest.raises(Unavailable):
        await house.authorizer.renew(made)
    assert await house.next() == [timedelta(minutes=5)]
    house.fails = None
    house.clock.pass_by(hours=1)
    await house.errands.run_due()
    assert (await house.connections.find(ADA, "system")).failing_since is None


async def test_a_refused_profile_ends_nobodys_grant_however_long(house):
    await house.connect()
    house.fails = ProfileBroken("invalid_client")
    await house.live(IDLE + 20 * DAYS, HOUR / 2)
    assert house.ended == []
    house.fails = None
    await house.live(DAYS / 2)
    assert (await house.connections.find(ADA, "system")).failures == 0


async def test_the_organisations_grant_is_kept_alive_as_well(house):
    await house.connect(organisation(ADA.tenant))
    await house.live(IDLE + HOUR)
    assert house.renewals == 1


async def test_client_credentials_are_renewed_without_a_refresh_token(house):
    bare = replace(grant(until=house.clock() + HOUR), refresh_token=None)
    await house.connect(mechanism=Mechanism.CLIENT_CREDENTIALS, grant=bare)
    await house.uses()
    await house.live(HOUR, timedelta(minutes=1))
    assert house.renewals == 1


async def test_one_that_fails_holds_up_no_other(house):
    await house.connect()
    await house.connect(BOB)
    answers = [Unavailable("Atlassian"), None]

    async def meanwhile():
        house.fails = answers.pop(0) if answers else None
        await house.prepare()

    house.server.meanwhile = meanwhile
    await house.live(IDLE)
    renewed = [await house.connections.find(who, "system") for who in (ADA, BOB)]
    assert sorted(each.generation for each in renewed) == [1, 2]


async def test_a_typed_token_is_not_renewed(house):
    ends = house.clock() + 40 * DAYS
    await house.types_token(ends)
    await house.uses()
    await house.live(39 * DAYS, DAYS)
    assert house.renewals == 0
    assert await house.next() == []


async def test_a_typed_tokens_end_is_told_fourteen_three_and_one_day_before(house):
    ends = house.clock() + 40 * DAYS
    await house.types_token(ends)
    await house.live(41 * DAYS)
    assert [ends - at for at in house.reminded] == [14 * DAYS, 3 * DAYS, DAYS]


async def test_a_typed_token_is_ended_at_its_end_and_told_once(house):
    made = await house.types_token(house.clock() + 2 * DAYS)
    await house.live(2 * DAYS - HOUR)
    assert house.ended == []
    await house.live(10 * DAYS)
    assert house.ended == [made]
    assert len(house.reminded) == 1
    assert await house.next(REMIND) == []


async def test_reminders_that_were_missed_are_told_as_one(house):
    ends = house.clock() + 40 * DAYS
    await house.types_token(ends)
    house.clock.now = ends - 2 * DAYS
    await house.live(2 * DAYS - HOUR)
    assert [ends - at for at in house.reminded] == [2 * DAYS - HOUR, DAYS]


async def test_a_reminder_that_slack_did_not_take_comes_later(house):
    ends = house.clock() + 15 * DAYS
    await house.types_token(ends)
    house.deaf = Unavailable("Slack")
    await house.live(DAYS)
    house.deaf = None
    await house.live(HOUR, timedelta(minutes=1))
    assert len(house.reminded) == 2
    await house.live(5 * DAYS)
    assert len(house.reminded) == 2


async def test_whom_slack_lets_nobody_speak_to_is_told_once_each_time(house):
    await house.types_token(house.clock() + 15 * DAYS)
    house.deaf = NotAllowed("nobody listens")
    await house.live(13 * DAYS)
    assert len(house.reminded) == 2


@pytest.mark.parametrize("mechanism", [Mechanism.PAT, Mechanism.BASIC])
async def test_nobody_is_reminded_of_a_secret_without_an_end(house, mechanism):
    await house.types_token(NEVER, mechanism)
    assert await house.next(REMIND) == []


async def test_a_new_token_is_reminded_of_by_its_own_end(house):
    await house.types_token(house.clock() + 15 * DAYS)
    ends = house.clock() + 60 * DAYS
    await house.types_token(ends)
    await house.live(61 * DAYS)
    assert [ends - at for at in house.reminded] == [14 * DAYS, 3 * DAYS, DAYS]


async def test_a_token_that_was_taken_back_is_not_reminded_of(house):
    await house.types_token(house.clock() + 15 * DAYS)
    await house.connections.remove(ADA, "system")
    await house.live(16 * DAYS, DAYS)
    assert house.reminded == house.ended == []


async def test_a_token_that_was_ended_before_its_time_is_not_reminded_of(house):
    made = await house.types_token(house.clock() + 15 * DAYS)
    await house.authorizer.end(made)
    await house.live(16 * DAYS, DAYS)
    assert house.reminded == []
    assert house.ended == [made]
