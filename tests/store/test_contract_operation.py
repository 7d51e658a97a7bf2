import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.ports import Due, Spent

LONG = timedelta(seconds=30)
OVER = timedelta(seconds=-1)
HOUR = datetime(2096, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def due(stores):
    return stores.due


@pytest.fixture
def leases(stores):
    return stores.leases


@pytest.fixture
def quota(stores):
    return stores.quota


@pytest.fixture
def job(tenant):
    return f"job of {tenant}"


async def test_lists_what_is_due_oldest_first(due, tenant, job, clock):
    entries = [Due(job, tenant, f"i{n}", clock() + timedelta(seconds=n)) for n in (3, 1, 2, 4)]
    for entry in entries:
        await due.add(entry)
    found = await due.list_due(job, clock() + timedelta(seconds=3), 2)
    assert [entry.id for entry in found] == ["i1", "i2"]
    assert found[0] == entries[1]


async def test_moves_an_entry_that_is_added_again(due, tenant, job, clock):
    entry = Due(job, tenant, "i", clock())
    await due.add(entry)
    await due.add(replace(entry, at=clock() + LONG))
    assert await due.list_due(job, clock(), 9) == []
    assert len(await due.list_due(job, clock() + LONG, 9)) == 1


async def test_takes_an_entry_off_the_list(due, tenant, job, clock):
    entry = Due(job, tenant, "i", clock())
    await due.add(entry)
    await due.remove(entry)
    assert await due.list_due(job, clock(), 9) == []


async def test_replaces_an_entry_that_stands_as_it_was_read(due, tenant, job, clock):
    await due.add(Due(job, tenant, "i", clock()))
    [read] = await due.list_due(job, clock(), 9)
    assert await due.replace(read, clock() + LONG)
    [moved] = await due.list_due(job, clock() + LONG, 9)
    assert moved.at > read.at
    assert await due.replace(moved, None)
    assert await due.list_due(job, clock() + LONG, 9) == []


@pytest.mark.parametrize("wait", [LONG, None])
async def test_leaves_an_entry_that_was_moved_or_taken_off_meanwhile(due, tenant, job, clock, wait):
    read = Due(job, tenant, "i", clock())
    at = None if wait is None else clock() + wait
    assert not await due.replace(read, at)
    assert await due.list_due(job, clock() + LONG, 9) == []
    moved = replace(read, at=clock() + timedelta(seconds=1))
    await due.add(moved)
    assert not await due.replace(read, at)
    assert await due.list_due(job, clock() + LONG, 9) == [moved]


async def test_lists_one_kind_over_all_tenants(due, ada, namesake, job, clock):
    for tenant in (ada.tenant, namesake.tenant):
        await due.add(Due(job, tenant, "i", clock()))
        await due.add(Due("another " + job, tenant, "i", clock()))
    assert {entry.tenant for entry in await due.list_due(job, clock(), 9)} == {
        ada.tenant,
        namesake.tenant,
    }


async def test_one_of_ten_holds_a_lease(leases, job):
    held = await asyncio.gather(*(leases.hold(job, f"r{n}", LONG) for n in range(10)))
    assert held.count(True) == 1


async def test_a_lease_is_extended_by_its_holder_alone(leases, job):
    assert await leases.hold(job, "$r1", LONG)
    assert await leases.hold(job, "$r1", LONG)
    assert not await leases.hold(job, "r2", LONG)


async def test_a_lease_passes_on_after_its_time(leases, job):
    assert await leases.hold(job, "r1", OVER)
    assert await leases.hold(job, "r2", LONG)
    assert not await leases.hold(job, "r1", LONG)


async def test_a_lease_is_given_up_by_its_holder_alone(leases, job):
    await leases.hold(job, "r1", LONG)
    await leases.release(job, "r2")
    assert not await leases.hold(job, "r2", LONG)
    await leases.release(job, "r1")
    assert await leases.hold(job, "r2", LONG)


async def test_an_event_is_first_once(stores, tenant, clock):
    seen = await asyncio.gather(
        *(stores.deliveries.is_first(tenant, "Ev1", clock()) for _ in range(10))
    )
    assert seen.count(True) == 1
    assert await stores.deliveries.is_first(tenant, "Ev2", clock())


async def test_adds_points_up_by_tenant_and_in_all(quota, ada, namesake, job):
    assert await quota.add(job, ada.tenant, 5, HOUR) == Spent(5, 5)
    assert await quota.add(job, ada.tenant, 2, HOUR) == Spent(7, 7)
    assert await quota.add(job, namesake.tenant, 1, HOUR) == Spent(8, 1, tenants=2)


async def test_counts_points_that_come_at_once(quota, ada, job):
    await asyncio.gather(*(quota.add(job, ada.tenant, 1, HOUR) for _ in range(20)))
    assert await quota.add(job, ada.tenant, 0, HOUR) == Spent(20, 20)


async def test_reads_points_without_adding(quota, ada, job):
    assert await quota.add(job, ada.tenant, 0, HOUR) == Spent(0, 0)
    assert await quota.add(job, ada.tenant, 0, HOUR) == Spent(0, 0)


async def test_every_hour_and_app_begins_at_nothing(quota, ada, job):
    await quota.add(job, ada.tenant, 5, HOUR)
    assert await quota.add(job, ada.tenant, 0, HOUR + timedelta(hours=1)) == Spent(0, 0)
    assert await quota.add("other " + job, ada.tenant, 0, HOUR) == Spent(0, 0)


async def test_keeps_the_lowest_remainder_of_the_hour(quota, ada, job):
    await quota.correct(job, 900, HOUR)
    await quota.correct(job, 800, HOUR)
    await quota.correct(job, 850, HOUR)
    assert (await quota.add(job, ada.tenant, 1, HOUR)).remaining == 800


async def test_opens_a_note_for_its_person_alone(stores, ada, namesake):
    sealed = await stores.notes.seal(ada, "what Ada was typing – \ud83d\ude00")
    assert await stores.notes.open(ada, sealed) == "what Ada was typing – \ud83d\ude00"
    assert await stores.notes.open(namesake, sealed) is None
    assert await stores.notes.open(replace(ada, user_id="U2"), sealed) is None


@pytest.mark.parametrize("forged", ["", "x", "AQ==", "é", "a" * 200])
async def test_opens_no_forged_note(stores, ada, forged):
    assert await stores.notes.open(ada, forged) is None
