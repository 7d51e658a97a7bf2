import asyncio

import pytest

from bot.errors import Unavailable
from bot.providers.turns import Turns


async def occupied(turns, key, times):
    """Take that many turns and give none of them back until told."""
    gate, tasks = asyncio.Event(), []

    async def hold():
        async with turns.take(key):
            await gate.wait()

    for _ in range(times):
        tasks.append(asyncio.create_task(hold()))
        await asyncio.sleep(0)
    return gate, tasks


async def test_whoever_would_wait_too_long_is_sent_away():
    turns = Turns("Confluence", each=1, together=5, patience=0)
    gate, tasks = await occupied(turns, "ada", 1)
    with pytest.raises(Unavailable):
        async with turns.take("ada"):
            pass
    gate.set()
    await asyncio.gather(*tasks)
    async with turns.take("ada"):
        pass


async def test_one_grant_does_not_take_anothers_turn():
    turns = Turns("Confluence", each=1, together=5, patience=0.05)
    gate, tasks = await occupied(turns, "ada", 1)
    async with turns.take("bob"):
        pass
    gate.set()
    await asyncio.gather(*tasks)


async def test_together_they_have_a_limit_too():
    turns = Turns("Confluence", each=2, together=2, patience=0)
    gate, tasks = await occupied(turns, "ada", 2)
    with pytest.raises(Unavailable):
        async with turns.take("bob"):
            pass
    gate.set()
    await asyncio.gather(*tasks)


async def test_whoever_waits_for_their_own_turn_holds_up_nobody():
    turns = Turns("Confluence", each=1, together=2, patience=1)
    gate, tasks = await occupied(turns, "ada", 3)
    async with turns.take("bob"):
        pass
    gate.set()
    await asyncio.gather(*tasks)


async def test_a_turn_is_given_back_when_its_work_fails():
    turns = Turns("Confluence", each=1, together=1, patience=0)
    for _ in range(3):
        with pytest.raises(ValueError, match="work"):
            async with turns.take("ada"):
                raise ValueError("work")
