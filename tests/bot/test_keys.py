"""``confab keys``, as an operator uses it, on a database of its own."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import keys
from bot.audit import Auditor
from bot.errors import Unavailable
from bot.principal import Principal, Tenant
from bot.trail import OPERATOR, Action, ChainKey, Entry, Wanted
from store.database import open_database
from store.key_rotation import KEPT_FOR, KeyRotation
from store.keyring import KeyRing
from store.preparation import SHAPES, prepare
from store.stores import mongo_stores
from tests.bot.test_settings import GOOD
from tests.embedded import running_database
from tests.store.world import PROFILE, World

ROOT = Path(__file__).parents[2]
NOW = datetime(2096, 3, 1, tzinfo=UTC)
ONE, TWO = ("k1=" + "QUFB" * 10 + "QUE="), ("k2=" + "QkJC" * 10 + "QkI=")
PEOPLE = 120


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    with running_database(tmp_path_factory.mktemp("database")) as uri:
        yield uri


@pytest.fixture
async def database(uri, request):
    database = open_database(uri, f"confab-{abs(hash(request.node.name))}")
    await prepare(database, pause=0)
    yield database
    database.close()


@pytest.fixture
def said():
    return []


def ring(*entries):
    return KeyRing.parse(SecretStr(",".join(entries)))


def rotation(database, *entries):
    return KeyRotation(database, ring(*entries), SHAPES, timedelta(0))


async def connected(database, *entries, user="U1ADA", tenant="T0ACME"):
    world = World(Principal(Tenant(tenant), user), NOW)
    stores = mongo_stores(database, ring(*entries), lambda: NOW)
    await stores.connections.save(world.connection)
    return world


async def finds(database, world, *entries):
    stores = mongo_stores(database, ring(*entries), lambda: NOW)
    return await stores.connections.find(world.ada, PROFILE) == world.connection


async def test_a_key_is_replaced_step_by_step(database, said):
    ada = await connected(database, ONE)
    first = rotation(database, ONE)
    assert await keys.show(first, said.append)
    assert said == [
        "Key-encryption keys:",
        "  k1  active; wraps 1 data keys of 1 workspaces",
        "Data keys: 1 current, 0 earlier.",
    ]
    assert not await keys.retire(first, "k1", NOW, said.append)
    assert said[-1].startswith("k1 is the active key")

    both = rotation(database, TWO, ONE)
    assert not await keys.retire(both, "k1", NOW, said.append)
    assert "    T0ACME: its current key, without which the bot answers nobody there" in said[-2]
    assert said[-1].startswith("      connections  1 (U1ADA)")
    assert await keys.rotate(both, said.append)
    assert said[-1] == "Everything is sealed under the new data keys."

    said.clear()
    assert await keys.show(both, said.append)
    assert said[1:3] == [
        "  k2  active; wraps 2 data keys of 1 workspaces",
        "  k1  not in use: it may be taken out of CONFAB_KEYS",
    ]
    assert said[-1].startswith("  Nothing is sealed under earlier ones.")
    assert await keys.retire(both, "k1", NOW, said.append)
    assert said[-2].startswith("1 earlier data keys sealed nothing")
    assert said[-1].startswith("k1 wraps nothing: take it out")
    assert await finds(database, ada, TWO)
    assert await keys.retire(rotation(database, TWO), "k1", NOW, said.append)
    assert said[-1] == "k1 wraps nothing, and isn't in CONFAB_KEYS."


async def test_a_key_that_is_lost_says_whom_it_affects(database, said):
    for user in ("U1ADA", "U2BOB"):
        await connected(database, ONE, user=user)
    await connected(database, TWO, tenant="T0OTHER")
    alone = rotation(database, TWO)

    assert not await keys.show(alone, said.append)

    lost = "  k1  MISSING; wraps 1 data keys of 1 workspaces, which open nothing without it:"
    at = said.index(lost)
    assert said[at + 1].startswith("    T0ACME: its current key, without which")
    assert said[at + 2] == (
        "      connections  2 (U1ADA, U2BOB); if it is lost, they connect again"
    )
    assert not any("T0OTHER" in line for line in said)
    assert not await keys.rotate(alone, said.append)
    assert said[-1].startswith("1 data keys and 4 sealed values can't be opened")
    assert not await keys.retire(alone, "k1", NOW, said.append)
    assert any(line.startswith("k1 can't go: it wraps 1") for line in said)


async def test_what_no_key_seals_is_said(database, said):
    await connected(database, ONE)
    await database.raw.data_keys.delete_one({})

    assert not await keys.show(rotation(database, ONE), said.append)

    assert "Sealed under data keys that aren't in the database, and can't be opened:" in said


async def test_an_earlier_key_stays_for_a_day(database, said):
    ada = await connected(database, ONE)
    both = rotation(database, ONE)
    await keys.rotate(both, said.append)
    [replaced_at] = (await both.report()).replaced_at.values()

    assert await keys.retire(both, "k0", replaced_at + KEPT_FOR - timedelta(seconds=1), said.append)
    assert len((await both.report()).keys) == 2
    assert await keys.retire(both, "k0", replaced_at + KEPT_FOR, said.append)
    assert len((await both.report()).keys) == 1
    assert await finds(database, ada, ONE)


@pytest.mark.crash
async def test_a_rotation_that_was_killed_is_gone_on_with(database, uri, tmp_path):
    worlds = [World(Principal(Tenant("T0ACME"), f"U{number}"), NOW) for number in range(PEOPLE)]
    stores = mongo_stores(database, ring(ONE), lambda: NOW)
    await asyncio.gather(*(stores.connections.save(world.connection) for world in worlds))
    environment = {
        **os.environ,  # noqa: TID251  # of the tests themselves
        **GOOD,
        "PYTHONPATH": str(ROOT),
        "CONFAB_MONGODB_URI": uri,
        "CONFAB_MONGODB_DATABASE": database.name,
        "CONFAB_KEYS": f"{TWO},{ONE}",
        "CONFAB_KEY_AGE": "0.1",
    }

    def confab(what):
        return subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "bot", "keys", what],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    killed = confab("rotate")
    async with asyncio.timeout(30):
        # The event is another process's.
        while not await database.raw.key_rotations.find_one({"collection": "connections"}):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    report = await rotation(database, TWO, ONE).report()
    assert report.rotating_since is not None
    left = sum(report.use(key).documents["connections"] for key in report.replaced_at)
    assert 0 < left < PEOPLE

    output, _ = confab("rotate").communicate()

    assert "Going on with the rotation" in output
    assert output.endswith("Everything is sealed under the new data keys.\n"), output
    output, _ = confab("status").communicate()
    assert "k1  not in use" in output
    assert "Data keys: 1 current, 1 earlier." in output
    for world in worlds[:: PEOPLE // 10]:
        assert await finds(database, world, TWO)
    rows = [row.entry async for row in stores.audit.list_newest(OPERATOR, Wanted())]
    told = [(row.action, row.outcome) for row in reversed(rows)]
    assert told == [("rotate_keys", outcome) for outcome in ("begun", "begun", "done")]


async def test_what_is_done_to_the_keys_is_recorded_as_it_ended(database, said):
    stores = mongo_stores(database, ring(ONE), lambda: NOW)
    key = ChainKey(SecretStr(base64.b64encode(bytes(32)).decode()))
    auditor = Auditor(stores.audit, key, lambda: NOW, lambda _: False)
    entry = Entry(OPERATOR, Action.RETIRE_KEY).of("key", "k1")

    async def broken():
        raise Unavailable("the database")

    retiring = keys.retire(rotation(database, ONE), "k1", NOW, said.append)
    assert not await keys.recorded(auditor, entry, lambda: retiring)
    with pytest.raises(Unavailable):
        await keys.recorded(auditor, entry, broken)

    rows = [row.entry async for row in stores.audit.list_newest(OPERATOR, Wanted())]
    assert sorted(row.outcome for row in rows) == ["begun", "begun", "failed", "refused"]
    assert {row.title for row in rows} == {"k1"}
