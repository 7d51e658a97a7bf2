"""SIGTERM: stop taking, finish what is running, leave the rest for another process (promise 17)."""

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from sandbox.person import Person, words
from sandbox.processes import Child, free_port, wait_until_ready
from sandbox.server import Plan, Sandbox
from tests.e2e.trip import PATIENCE, QUICK, until
from tests.wire.gates import Gate

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.crash]

DRAIN = 2.0
LATEST = DRAIN + 12.0
"""From SIGTERM to the end: the drain, and what a busy machine takes to close the rest."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def connected(wired):
    traveller = wired.person("U0ADA")
    await traveller.connect(to_write=True)
    return traveller


@pytest_asyncio.fixture(loop_scope="module")
async def ada(wired, connected):
    """The same person, and a bot that runs."""
    await wired.sandbox.bots.start()
    yield connected
    wired.wires.clear()
    await connected.person.closes(everything=True) if await connected.person.modal() else None


async def test_a_slow_search_is_answered_and_nothing_new_is_taken(wired, ada):
    async with stopping(wired, ada.person.types("/confluence search freeze"), "GET") as gate:
        refused = await ada.person.types("/confluence status")
        assert refused["ack"]["error"] == "connection_failed"
        gate.let_go()
    await ada.hears("freeze* on *acme*")


async def test_a_create_is_finished(wired, ada):
    await previewed(ada, "Finished in time")
    async with stopping(wired, ada.person.submits(), "PUT") as gate:
        gate.let_go()

    assert await wired.statuses("Finished in time") == ["current"]
    assert await ada.sees("Published")
    assert words(await ada.hears("Finished in time", "@app")).startswith("Published")


async def test_a_create_that_takes_too_long_is_left_to_another_process(wired, ada):
    await previewed(ada, "Finished by another")
    async with stopping(wired, ada.person.submits(), "PUT"):
        pass
    wired.wires.clear()
    assert await wired.statuses("Finished by another") == ["draft"]

    await wired.sandbox.bots.start()

    assert words(await ada.hears("Finished by another", "@app")).startswith("Published")
    assert await wired.statuses("Finished by another") == ["current"]


async def test_what_was_taken_up_is_finished_and_nothing_more_is_taken_up(wired, ada):
    await previewed(ada, "Taken up")
    ada_wrote = await held(wired, ada.person.submits(), Gate("insert receipts", answers=True))
    await wired.sandbox.kill_bot()
    wired.wires.clear()
    await ada_wrote
    gate = wired.wires.web.hold(Gate("POST /atlassian/api/ex", answers=True))
    await wired.sandbox.bots.start()
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    async with ended(wired):
        gate.let_go()

    assert words(await ada.hears("Taken up", "@app")).startswith("Published")
    assert await wired.statuses("Taken up") == ["current"]


async def test_whoever_balances_loads_hears_of_it_before_the_port_closes(wired, ada, tmp_path):
    port, ops = free_port(), free_port()
    environment = {
        **wired.sandbox.bot_settings(),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "CONFAB_ADDR": f"127.0.0.1:{port}",
        "CONFAB_OPS_ADDR": f"127.0.0.1:{ops}",
        "CONFAB_LINGER": "1",
    }
    child = await Child.start([sys.executable, "-m", "bot"], environment, tmp_path / "log")
    await wait_until_ready(child, f"http://127.0.0.1:{ops}/readyz", "The bot")
    async with aiohttp.ClientSession() as session:
        end = asyncio.create_task(child.stop())
        while await status(session, ops, "readyz") == 200:
            pass
        assert await status(session, ops, "readyz") == 503
        assert await status(session, port, "healthz") == 200
        await end


async def test_in_socket_mode_it_is_ready_with_its_socket_and_ends_after_what_it_took(tmp_path):
    plan = Plan(tmp_path, socket_mode=True, settings=QUICK)
    async with Sandbox(plan) as sandbox, aiohttp.ClientSession() as session:
        ada = Person(session, sandbox.url, "U0ADA")
        assert (await ada.types("/confluence help"))["ack"]["error"] is None
        [bot] = sandbox.bots.all
        began = time.monotonic()
        await sandbox.bots.stop()
        assert time.monotonic() - began < LATEST
        assert "Traceback" not in (tmp_path / f"{bot.name}.log").read_text("utf-8")


async def status(session, port, path):
    async with session.get(f"http://127.0.0.1:{port}/{path}") as answer:
        return answer.status


@asynccontextmanager
async def stopping(trip, doing, method):
    """Ask the bot to end while its *method* at Atlassian waits at a gate, and see it end."""
    gate = Gate(f"{method} /atlassian/api/ex")
    trip.wires.web.hold(gate)
    done = asyncio.ensure_future(doing)
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
        assert (await done)["ack"]["error"] is None
    async with ended(trip):
        yield gate


@asynccontextmanager
async def ended(trip):
    """Send SIGTERM, go on once nobody listens, and see the process end by itself in time."""
    [bot] = trip.sandbox.bots.all
    child, began = bot.child, time.monotonic()
    end = asyncio.create_task(trip.sandbox.bots.stop())
    await until(lambda: is_closed(bot))
    assert child.is_running
    yield
    await end
    assert time.monotonic() - began < LATEST


async def is_closed(bot):
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", bot.port)
    except OSError:
        return True
    writer.close()
    await writer.wait_closed()
    return False


async def held(trip, doing, gate):
    trip.wires.database.hold(gate)
    done = asyncio.ensure_future(doing)
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    return done


async def previewed(person, title):
    await person.opens_form()
    await person.previews(title)
