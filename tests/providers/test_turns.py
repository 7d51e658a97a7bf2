import asyncio

import pytest

from bot.errors import Unavailable
from bot.providers.turns import Limits, Turns


def turns_of(**limits):
    return Turns("Confluence", Limits(**limits))


async def occupied(turns, key, times, site="acme"):
    """Take that many turns and give none of them back until told."""
    gate, tasks = asyncio.Event(), []

    async def hold():
        async with turns.take(key, site):
            await gate.wait()

    for _ in range(times):
        tasks.append(asyncio.create_task(hold()))
        await asyncio.sleep(0)
    return gate, tasks


async def test_whoever_would_wait_too_long_is_sent_away():
    turns = turns_of(each=1, together=5, patience=0)
    gate, tasks = await occupied(turns, "ada", 1)
    with pytest.raises(Unavailable):
        async with turns.take("ada", "acme"):
            pass
    gate.set()
    await asyncio.gather(*tasks)
    async with turns.take("ada", "acme"):
        pass


async def test_one_grant_does_not_take_anothers_turn():
    turns = turns_of(each=1, together=5, patience=0.05)
    gate, tasks = await occupied(turns, "ada", 1)
    async with turns.take("bob", "acme"):
        pass
    gate.set()
    await asyncio.gather(*tasks)


async def test_together_they_have_a_limit_too():
    turns = turns_of(each=2, together=2, patience=0)
    gate, tasks = await occupied(turns, "ada", 2)
    with pytest.raises(Unavailable):
        async with turns.take("bob", "acme"):
            pass
    gate.set()
    await asyncio.gather(*tasks)


async def test_whoever_waits_for_their_own_turn_holds_up_nobody():
    turns = turns_of(each=1, together=2, patience=1)
    gate, tasks = await occupied(turns, "ada", 3)
    async with turns.take("bob", "acme"):
        pass
    gate.set()
    await asyncio.gather(*tasks)


async def test_a_turn_is_given_back_when_its_work_fails():
    turns = turns_of(each=1, together=1, patience=0)
    for _ in range(3):
        with pytest.raises(ValueError, match="work"):
            async with turns.take("ada", "acme"):
                raise ValueError("work")


async def test_a_site_that_hangs_leaves_turns_for_the_others():
    turns = turns_of(each=2, site=4, together=5, patience=0)
    held = [await occupied(turns, person, 2) for person in ("ada", "bob")]
    with pytest.raises(Unavailable):
        async with turns.take("cy", "acme"):
            pass
    async with turns.take("cy", "globex"):
        pass
    for gate, tasks in held:
        gate.set()
        await asyncio.gather(*tasks)


async def test_four_people_at_one_hanging_site_are_nobody_elses_wait():
    turns = Turns("Confluence")
    held = [await occupied(turns, person, 4) for person in range(4)]
    async with asyncio.timeout(10), turns.take("else", "globex"):
        pass
    for gate, tasks in held:
        gate.set()
        await asyncio.gather(*tasks)
