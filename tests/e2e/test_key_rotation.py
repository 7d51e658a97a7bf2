"""Keys rotate while people work: nobody notices, and nobody connects again."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.person import words
from sandbox.server import Plan
from tests.e2e.trip import QUICK, setting_out, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[2]
ROTATIONS = 2
TOGETHER, EVERY = 10, 0.1
"""Requests that are sent at once, and the seconds from one such load to the next."""
MOST = 15
"""Requests without an answer: a machine that does less in a second is given less."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trip(tmp_path_factory):
    """Two bots, which notice a new data key within half a second."""
    settings = {**QUICK, "CONFAB_KEY_AGE": "0.5", "CONFAB_PERSON_POINTS": "1000000"}
    plan = Plan(tmp_path_factory.mktemp("rotation"), bots=2, settings=settings)
    async with setting_out(plan) as started:
        yield started


async def test_a_rotation_under_load_fails_nobody(trip, tmp_path):
    ada = trip.person("U0ADA")
    await ada.connect()
    grants = len(await trip.requests("/oauth/token", "POST"))
    done = asyncio.Event()
    load = asyncio.create_task(_load(trip, ada, done))

    outputs = [await _confab(trip, tmp_path, "rotate") for _ in range(ROTATIONS)]
    done.set()
    acks = await load

    for output in outputs:
        assert output.endswith("Everything is sealed under the new data keys.\n"), output
    assert len(acks) >= 100
    assert not [ack for ack in acks if ack["ack"]["error"]]
    said = await until(lambda: _answers(ada, len(acks)), 60, pause=0.2)
    assert all("Ada Lindqvist" in each for each in said)
    assert len(await trip.requests("/oauth/token", "POST")) == grants
    assert f"1 current, {ROTATIONS} earlier" in await _confab(trip, tmp_path, "status")
    for bot in trip.sandbox.bots.all:
        log = (trip.sandbox.plan.home / f"{bot.name}.log").read_text("utf-8")
        assert "seal_broken" not in log


async def _load(trip, person, done):
    """Ask for what has to be opened, again and again, until *done*; return every ack."""
    ledger = trip.sandbox.slack.ledger
    ledger.clear()
    asked, answered, seen = [], 0, 0
    while not done.is_set():
        began = time.monotonic()
        news = ledger.read(seen)
        seen = max((each["n"] for lines in news.values() for each in lines), default=seen)
        answered += len(news["hooks"])
        asked += [
            asyncio.create_task(person.person.types("/confluence status"))
            for _ in range(min(TOGETHER, MOST - (len(asked) - answered)))
        ]
        await asyncio.sleep(max(0.0, began + EVERY - time.monotonic()))
    return await asyncio.gather(*asked)


async def _answers(person, least):
    found = [words(each) for each in await person.person.messages("general")]
    said = [each for each in found if "Account" in each]
    return said if len(said) >= least else None


async def _confab(trip, folder, what):
    settings = trip.sandbox.bot_settings() | {"PYTHONPATH": str(ROOT)}
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "keys", what),
        cwd=folder,
        env=settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await command.communicate()
    return output.decode()
