import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.errands import AT_ONCE, LONGEST_WAIT, MOST_AT_ONCE, Errands, Pace, Rota
from bot.errors import ProviderFault, Unavailable
from bot.ports import Due
from store.memory import MemoryDueWork, MemoryLeases
from tests.fakes import ADA, BOB, FakeClock

HOUR = timedelta(hours=1)
EVERY = timedelta(seconds=5)


class Office:
    """Where replicas share a list: they water and feed what is due, or fail at it."""

    def __init__(self):
        self.clock = FakeClock()
        self.due, self.leases = MemoryDueWork(), MemoryLeases(self.clock)
        self.watered, self.fed = [], []
        self.again, self.fails, self.hangs = {}, {}, set()
        self.tasks, self.takes = set(), True
        self.began, self.waiting = asyncio.Event(), asyncio.Event()

    def replica(self, every=timedelta(0)):
        return Errands(
            Rota(self.due, self.leases),
            {"water": self.water, "feed": self.feed},
            self.start,
            Pace(timedelta(minutes=1), every),
            self.clock,
        )

    def start(self, work):
        if self.takes:
            self.tasks.add(asyncio.ensure_future(work))
        else:
            work.close()
        return self.takes

    async def add(self, *ids, kind="water", principal=ADA):
        for name in ids:
            await self.due.add(Due(kind, principal.tenant, name, self.clock()))

    async def left(self, kind="water"):
        return await self.due.list_due(kind, self.clock() + 100 * HOUR, 1000)

    async def water(self, due):
        self.watered.append(due.id)
        self.began.set()
        if due.id in self.hangs:
            await self.waiting.wait()
        if error := self.fails.get(due.id):
            raise error
        return self.again.get(due.id)

    async def feed(self, due):
        self.fed.append(due.id)


@pytest.fixture
async def office():
    return Office()


async def run_once(errands):
    await errands.run_due()
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_does_each_kind_its_own_way_and_takes_it_off(office):
    await office.add("rose")
    await office.add("cat", kind="feed")
    await run_once(office.replica(EVERY))
    assert (office.watered, office.fed) == (["rose"], ["cat"])
    assert await office.left() == await office.left("feed") == []


async def test_a_kind_that_nobody_here_knows_is_left_for_a_newer_replica(office):
    await office.add("dog", kind="walk")
    await run_once(office.replica(EVERY))
    assert len(await office.left("walk")) == 1


async def test_what_is_due_again_is_done_again_then(office):
    await office.add("rose")
    office.again["rose"] = office.clock() + HOUR
    errands = office.replica(EVERY)
    for _ in range(3):
        await run_once(errands)
    assert office.watered == ["rose"]
    office.clock.pass_by(hours=1)
    await run_once(errands)
    assert office.watered == ["rose", "rose"]


async def test_what_was_moved_meanwhile_stays_where_it_was_moved(office):
    await office.add("rose")
    office.hangs.add("rose")
    await run_once(office.replica())
    moved = Due("water", ADA.tenant, "rose", office.clock() + HOUR)
    await office.due.add(moved)
    office.waiting.set()
    await asyncio.gather(*office.tasks)
    assert await office.left() == [moved]


async def test_what_is_to_stay_as_it_is_stays(office):
    await office.add("rose")
    office.again["rose"] = office.clock()
    await run_once(office.replica(EVERY))
    assert [due.at for due in await office.left()] == [office.clock()]


async def test_one_replica_works_at_a_time(office):
    await office.add("rose")
    first, second = office.replica(EVERY), office.replica(EVERY)
    await run_once(first)
    await office.add("lily")
    await run_once(second)
    assert office.watered == ["rose"]
    await run_once(first)
    assert office.watered == ["rose", "lily"]


async def test_a_crashed_replicas_work_is_taken_over(office):
    first, second = office.replica(EVERY), office.replica(EVERY)
    await office.add("rose")
    office.hangs.add("rose")
    crashed = asyncio.ensure_future(first.run_due())
    for _ in range(5):
        await asyncio.sleep(0)
    for task in (crashed, *office.tasks):
        task.cancel()
    await asyncio.gather(crashed, *office.tasks, return_exceptions=True)
    office.hangs.clear()
    await run_once(second)
    assert office.watered == ["rose"]
    office.clock.pass_by(seconds=15.1)
    await run_once(second)
    assert office.watered == ["rose", "rose"]
    assert await office.left() == []


async def test_the_lease_is_extended_while_there_is_much_to_do(office):
    await office.add(*map(str, range(5 * AT_ONCE)))

    async def slow(due):
        office.watered.append(due.id)
        # A batch takes almost as long as the lease lasts; and another looks for work meanwhile.
        office.clock.pass_by(seconds=14 / AT_ONCE)
        await rival.run_due()

    office.water = slow
    first = office.replica(EVERY)
    office.water = office.feed
    rival = office.replica(EVERY)
    await first.run_due()
    assert len(office.watered) == 5 * AT_ONCE
    assert office.fed == []


async def test_a_lease_that_was_lost_stops_the_next_batch(office):
    await office.add(*map(str, range(3 * AT_ONCE)))

    async def slow(due):
        office.watered.append(due.id)
        office.clock.pass_by(seconds=1)
        await office.leases.hold("errands", "somebody else", HOUR)

    office.water = slow
    await office.replica(EVERY).run_due()
    assert len(office.watered) == AT_ONCE


async def test_no_more_than_a_batch_begins_at_once(office):
    await office.add(*map(str, range(AT_ONCE + 5)))
    office.hangs.update(map(str, range(AT_ONCE + 5)))
    running = asyncio.ensure_future(office.replica(timedelta(minutes=1)).run_due())
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(office.watered) == AT_ONCE
    office.waiting.set()
    await running
    assert len(office.watered) == AT_ONCE + 5


async def test_what_hangs_is_bounded_and_holds_up_nothing_of_another_kind(office):
    hanging = [str(number) for number in range(MOST_AT_ONCE)]
    office.hangs.update(hanging)
    await office.add(*hanging, "rose")
    await office.add("cat", kind="feed")
    errands = office.replica()
    for _ in range(2):
        await run_once(errands)
    assert office.watered == hanging
    assert office.fed == ["cat"]
    office.waiting.set()
    await run_once(errands)
    await run_once(errands)
    assert office.watered == [*hanging, "rose"]


async def test_some_that_hang_hold_up_none_of_their_kind(office):
    hanging = [str(number) for number in range(MOST_AT_ONCE - 1)]
    office.hangs.update(hanging)
    await office.add(*hanging, "rose")
    await run_once(office.replica())
    assert office.watered == [*hanging, "rose"]


@pytest.mark.parametrize("error", [Unavailable("Slack"), ValueError("a bug of ours")])
async def test_what_fails_stops_none_of_the_others_and_waits_ever_longer(office, error):
    await office.add("rose", "lily")
    office.fails["rose"] = error
    errands, tries = office.replica(EVERY), []
    for minute in range(8 * 60):
        await run_once(errands)
        if office.watered.count("rose") > len(tries):
            tries.append(minute)
        office.clock.pass_by(minutes=1)
    waits = [then - now for now, then in pairwise(tries)]
    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert office.watered.count("lily") == 1


async def test_what_has_succeeded_waits_briefly_after_its_next_failure(office):
    await office.add("rose")
    office.fails["rose"] = Unavailable("Slack")
    errands = office.replica(EVERY)
    for _ in range(20):
        await run_once(errands)
        office.clock.pass_by(minutes=1)
    office.again["rose"] = office.clock() + 2 * HOUR
    office.fails.clear()
    office.clock.pass_by(hours=1)
    await run_once(errands)
    office.fails["rose"] = Unavailable("Slack")
    office.clock.pass_by(hours=2)
    await run_once(errands)
    assert (await office.left())[0].at == office.clock() + timedelta(minutes=1)


async def test_two_tenants_errands_of_one_name_are_two(office):
    await office.add("rose")
    await office.due.add(Due("water", type(BOB.tenant)("T0OTHER"), "rose", office.clock()))
    await run_once(office.replica(EVERY))
    assert office.watered == ["rose", "rose"]


async def test_nothing_is_taken_up_by_a_process_that_ends(office):
    await office.add("rose")
    office.takes = False
    await run_once(office.replica(EVERY))
    assert office.watered == []
    assert len(await office.left()) == 1


async def test_it_goes_on_when_the_list_can_not_be_read(office):
    await office.add("rose")
    answers = [ProviderFault("an entry of an unknown form"), ValueError("a bug of ours")]
    listed = office.due.list_due

    async def list_due(kind, now, most):
        if answers:
            raise answers.pop()
        return await listed(kind, now, most)

    office.due.list_due = list_due
    running = asyncio.ensure_future(office.replica().run())
    await office.began.wait()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert office.watered == ["rose"]


async def test_it_gives_the_lease_back_when_it_ends_and_what_runs_goes_on(office):
    await office.add("rose")
    office.hangs.add("rose")
    running = asyncio.ensure_future(office.replica(EVERY).run())
    await office.began.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await office.leases.hold("errands", "another", HOUR)
    office.waiting.set()
    await asyncio.gather(*office.tasks)
    assert await office.left() == []


def test_what_fails_is_tried_at_least_hourly():
    assert LONGEST_WAIT == HOUR
