import asyncio
from datetime import timedelta

import pytest

from bot.connection import Preferences
from bot.content import CloudId, Space, SpaceId, SpaceKey
from bot.pending import Parked

MINUTES = timedelta(minutes=10)


@pytest.fixture
def parked(stores):
    return stores.parked


@pytest.fixture
def preferences(stores):
    return stores.preferences


@pytest.fixture
def search(clock):
    return Parked("search “x” in:ENG", "C1", clock())


async def test_takes_a_request_back_once(parked, ada, search, clock):
    await parked.save(ada, search, clock() + MINUTES)
    found = await asyncio.gather(*(parked.consume(ada, clock()) for _ in range(10)))
    assert [one for one in found if one] == [search]


async def test_keeps_the_latest_request_alone(parked, ada, search, clock):
    await parked.save(ada, Parked("status", "C2", clock()), clock() + MINUTES)
    await parked.save(ada, search, clock() + MINUTES)
    assert await parked.consume(ada, clock()) == search
    assert await parked.consume(ada, clock()) is None


async def test_a_parked_request_runs_out(parked, ada, search, clock):
    await parked.save(ada, search, clock() + MINUTES)
    assert await parked.consume(ada, clock() + MINUTES) is None


async def test_forgets_a_parked_request(parked, ada, search, clock):
    await parked.save(ada, search, clock() + MINUTES)
    await parked.forget(ada)
    assert await parked.consume(ada, clock()) is None


async def test_nothing_is_chosen_at_first(preferences, ada):
    assert await preferences.find(ada) == Preferences()


async def test_remembers_and_forgets_the_site(preferences, ada):
    await preferences.choose_site(ada, CloudId("c1"))
    assert (await preferences.find(ada)).site == "c1"
    await preferences.choose_site(ada, None)
    assert await preferences.find(ada) == Preferences()


async def test_keeps_ten_recent_spaces_newest_first(preferences, ada):
    for number in range(12):
        await preferences.add_recent_space(ada, CloudId("c1"), _space(number))
    recent = (await preferences.find(ada)).recent_spaces
    assert recent[0] == ("c1", "s11", "K11", "$Space 11")
    assert [one[1] for one in recent] == [f"s{number}" for number in range(11, 1, -1)]


async def test_keeps_a_recent_space_once_a_site(preferences, ada):
    for site in ("c1", "c2", "c1"):
        await preferences.add_recent_space(ada, CloudId(site), _space(1))
    recent = (await preferences.find(ada)).recent_spaces
    assert [one[0] for one in recent] == ["c1", "c2"]


async def test_keeps_the_site_when_a_space_is_added(preferences, ada):
    await preferences.choose_site(ada, CloudId("c1"))
    await preferences.add_recent_space(ada, CloudId("c1"), _space(1))
    assert (await preferences.find(ada)).site == "c1"


async def test_two_spaces_at_once_are_both_kept(preferences, ada):
    await asyncio.gather(
        *(preferences.add_recent_space(ada, CloudId("c1"), _space(number)) for number in range(5))
    )
    assert len((await preferences.find(ada)).recent_spaces) == 5


async def test_forgets_what_was_chosen(preferences, ada):
    await preferences.choose_site(ada, CloudId("c1"))
    await preferences.remove(ada)
    assert await preferences.find(ada) == Preferences()


def _space(number):
    return Space(SpaceId(f"s{number}"), SpaceKey(f"K{number}"), f"$Space {number}")
