"""Two bots on one database: one refresh a grant, whatever happens to whoever sends (promise 7)."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from sandbox.person import words
from tests.e2e.trip import PATIENCE, until
from tests.wire.gates import Gate

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEARCHES = 200
CLAIM, RENEWED = 1, 2
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connected(pair):
    """Somebody who is connected, and has searched with either bot."""
    traveller = pair.person("U0ADA")
    await traveller.connect()
    for bot in pair.sandbox.bots.all:
        await at(pair, bot)
        await finds(traveller)
    return traveller


@pytest_asyncio.fixture(loop_scope="module")
async def ada(pair, connected):
    """The same person, whatever went wrong before."""
    yield connected
    pair.wires.clear()
    await pair.post("atlassian/faults/clear", {})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def writer(pair):
    await balanced(pair)
    traveller = pair.person("U0BOB")
    await traveller.connect(to_write=True)
    return traveller


@pytest_asyncio.fixture(loop_scope="module")
async def bob(pair, writer):
    """Somebody who may write, whatever went wrong before."""
    yield writer
    pair.wires.clear()
    await writer.person.closes(everything=True)


@pytest.mark.parametrize("known", [False, True], ids=["refused", "known to have expired"])
async def test_two_hundred_searches_renew_once(pair, ada, known, monkeypatch):
    await balanced(pair)
    if known:
        await given_a_short_grant(pair, ada, monkeypatch)
    await expire(pair)
    before = len(await answers(ada))

    await asyncio.gather(*(search(ada) for _ in range(SEARCHES)))
    # To look at so many messages takes time that the bots need.
    said = await until(lambda: at_least(ada, before + SEARCHES), 60, pause=0.5)

    assert {words(each).partition("\n")[0] for each in said[before:]} == {
        words(said[0]).partition("\n")[0]
    }
    assert len(await refreshes(pair)) == 1


async def given_a_short_grant(trip, person, monkeypatch):
    """Let the bots hold a grant of which they know that it's about to end."""
    with monkeypatch.context() as patched:
        patched.setattr("sandbox.atlassian.grants.ACCESS_SECONDS", 5)
        await expire(trip)
        await finds(person)


async def test_a_lost_answer_costs_nothing(pair, ada):
    await expire(pair)
    fault = {"kind": "drop-after", "method": "POST", "path": "/oauth/token"}
    await pair.post("atlassian/faults", fault)

    await search(ada)
    await ada.hears("isn't answering")

    await finds(ada)
    assert [each["status"] for each in await refreshes(pair)] == [200, 200]


@pytest.mark.crash
@pytest.mark.parametrize(
    ("nth", "answers", "sent"),
    [(CLAIM, True, 1), (RENEWED, False, 2), (RENEWED, True, 1)],
    ids=["after the claim", "before the new grant is kept", "after it was kept"],
)
async def test_a_crash_in_between_costs_nothing(pair, ada, nth, answers, sent):
    first, second = pair.sandbox.bots.all
    await expire(pair)
    async with held(pair, ada, Gate("update connections", nth, answers)):
        await pair.sandbox.bots.kill([first])
    await time_passes(pair)

    await at(pair, second)
    await finds(ada)

    assert len(await refreshes(pair)) == sent
    await pair.sandbox.bots.start([first])


async def test_a_sender_that_wakes_up_late_overwrites_nobody(pair, ada):
    first, second = pair.sandbox.bots.all
    await expire(pair)
    before = len(await answers(ada))
    async with held(pair, ada, Gate("update connections", CLAIM, answers=True)) as gate:
        async with asleep(first):
            gate.let_go()
            await time_passes(pair)
            await at(pair, second)
            await finds(ada)
            kept = await stored(pair)
        await until(lambda: at_least(ada, before + 2))

    assert await stored(pair) == kept
    for bot in (first, second):
        await at(pair, bot)
        await finds(ada)


async def test_a_removed_connection_stays_removed(pair, ada):
    second = pair.sandbox.bots.all[1]
    await expire(pair)
    async with held(pair, ada, Gate("update connections", RENEWED)) as gate:
        await at(pair, second)
        await ada.person.types("/confluence disconnect")
        await ada.hears("Disconnect")
        await ada.person.presses("disconnect")
        await ada.hears("What remains at Atlassian")
        gate.let_go()
        await ada.hears("I need your consent")

    assert await stored(pair) is None
    await ada.connect()


@asynccontextmanager
async def held(trip, person, gate):
    """A search at the first bot that waits at *gate*, and ends with the block."""
    await at(trip, trip.sandbox.bots.all[0])
    trip.wires.database.hold(gate)
    await search(person)
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    yield gate
    trip.wires.clear()


@asynccontextmanager
async def asleep(bot):
    """Stop the process, and wake it up."""
    os.kill(bot.child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(bot.child.pid, signal.SIGCONT)


async def at(trip, bot):
    """Let Slack deliver to this bot."""
    await trip.post("slack/retarget", {"request_url": f"{bot.url}/slack/events"})


async def balanced(trip):
    await trip.post("slack/retarget", {"request_url": f"{trip.sandbox.bot_url}/slack/events"})


async def expire(trip):
    """End the access token where it was issued; count from here."""
    await trip.post("atlassian/expire-access", {})
    await trip.post("atlassian/log/clear", {})


async def refreshes(trip):
    return await trip.requests("/oauth/token", "POST")


async def search(person):
    await person.person.types("/confluence search freeze")


async def finds(person):
    """Search, and get results."""
    before = len(await answers(person))
    await search(person)
    await until(lambda: at_least(person, before + 1))


async def answers(person):
    """The results in sight."""
    seen = await person.person.messages()
    return [each for each in seen if "freeze* on *acme*" in words(each)]


async def at_least(person, count):
    found = await answers(person)
    return found if len(found) >= count else None


@asynccontextmanager
async def collection(trip, name):
    async with AsyncMongoClient(trip.sandbox.database_uri) as client:
        yield client["confab"][name]


async def time_passes(trip):
    """Let a claim's time be up."""
    async with collection(trip, "connections") as kept:
        await kept.update_many({"claim": {"$exists": True}}, {"$set": {"claim.until": LONG_AGO}})


async def stored(trip):
    async with collection(trip, "connections") as kept:
        return await kept.find_one({"user_id": "U0ADA"})


async def test_a_press_at_both_bots_at_once_writes_one_page(pair, bob):
    await balanced(pair)
    await bob.opens_form()
    view = await bob.previews("Pressed twice")
    gate = pair.wires.database.hold(Gate("insert receipts"))

    presses = [asyncio.ensure_future(bob.person.submits(view_id=view["id"])) for _ in range(2)]
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
        await asyncio.wait(presses, return_when=asyncio.FIRST_COMPLETED)
    gate.let_go()

    assert [each["ack"]["status"] for each in await asyncio.gather(*presses)] == [200, 200]
    assert words(await bob.hears("Pressed twice", "@app")).startswith("Published")
    assert await pair.statuses("Pressed twice") == ["current"]


async def test_a_writer_that_wakes_up_late_writes_nothing_twice(pair, bob):
    first = pair.sandbox.bots.all[0]
    await at(pair, first)
    await bob.opens_form()
    await bob.previews("Slept over")
    gate = pair.wires.web.hold(Gate("POST /atlassian/api/ex", answers=True))
    await bob.person.submits()
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    async with asleep(first):
        told = words(await bob.hears("Slept over", "@app"))
        gate.let_go()
    await bob.sees("being written already")

    assert told.startswith("Published")
    assert "second draft" in told
    assert await pair.statuses("Slept over") == ["current", "draft"]
    async with collection(pair, "receipts") as kept:
        assert await kept.count_documents({"user_id": "U0BOB", "stage": {"$ne": "done"}}) == 0


@pytest.mark.crash
async def test_the_other_bot_finishes_what_a_killed_one_left(pair, bob):
    first, second = pair.sandbox.bots.all
    await at(pair, first)
    await bob.opens_form()
    await bob.previews("Left behind")
    gate = pair.wires.database.hold(Gate("insert receipts", answers=True))
    press = asyncio.ensure_future(bob.person.submits())
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    await pair.sandbox.bots.kill([first])
    pair.wires.clear()

    assert (await press)["ack"]["error"]
    assert words(await bob.hears("Left behind", "@app")).startswith("Published")
    await at(pair, second)
    await bob.person.submits()
    await bob.sees("Published")
    assert await pair.statuses("Left behind") == ["current"]
    await pair.sandbox.bots.start([first])
