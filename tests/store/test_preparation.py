import asyncio
import uuid
from contextlib import suppress
from datetime import timedelta

import pytest
from pymongo.errors import WriteError

from bot.errors import Unavailable
from bot.ports import Leases
from store.database import open_database
from store.preparation import MIGRATIONS, SHAPES, LeaseLost, Migration, _turn, prepare

TTL = {
    "pending_connections": "purge_at",
    "parked_requests": "purge_at",
    "drafts": "expires_at",
    "receipts": "purge_at",
    "dialogs": "expires_at",
    "deliveries": "purge_at",
    "quota": "purge_at",
    "pending_installs": "purge_at",
}


@pytest.fixture
async def replicas(server):
    name = f"confab-test-{uuid.uuid4().hex[:12]}"
    both = [open_database(server, name) for _ in range(2)]
    yield both
    for database in both:
        database.close()


class Scripted(Leases):
    """Leases that answer what the test set, then as before."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = 0

    async def hold(self, name, holder, lasts):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def release(self, name, holder):
        raise Unavailable("the database")


class Log:
    """Migrations that write down when they ran."""

    def __init__(self):
        self.ran = []
        self.failing = set()

    def migration(self, number):
        async def run(database):
            await asyncio.sleep(0)
            self.ran.append(number)
            if number in self.failing:
                raise RuntimeError("cut off")

        return Migration(number, f"number {number}", run)


async def test_two_replicas_that_start_together_prepare_once(replicas):
    log = Log()
    migrations = [log.migration(1), log.migration(2)]
    await asyncio.gather(*(prepare(one, migrations, pause=0) for one in replicas))
    assert log.ran == [1, 2]
    await prepare(replicas[0], migrations, pause=0)
    assert log.ran == [1, 2]
    names = set(await replicas[0].raw.list_collection_names())
    assert {shape.name for shape in SHAPES} <= names


async def test_a_migration_that_was_cut_off_runs_again_before_the_next(replicas):
    log = Log()
    log.failing = {2}
    migrations = [log.migration(number) for number in (1, 2, 3)]
    with pytest.raises(RuntimeError):
        await prepare(replicas[0], migrations, pause=0)
    log.failing = set()
    await prepare(replicas[1], migrations, pause=0)
    assert log.ran == [1, 2, 2, 3]


async def asked(leases, times):
    async with asyncio.timeout(10):
        while leases.asked < times:  # noqa: ASYNC110  # the lease says nothing by itself
            await asyncio.sleep(0)
    await asyncio.sleep(0)


async def lost(require_turn):
    async with asyncio.timeout(10):
        with suppress(LeaseLost):
            while True:
                require_turn()
                await asyncio.sleep(0)


async def test_whoever_loses_the_lease_runs_no_further_migration():
    leases = Scripted([True, True, False])
    async with _turn(leases, 0, timedelta(seconds=0.3)) as require_turn:
        require_turn()
        await lost(require_turn)
    assert leases.asked == 3


async def test_silence_is_no_loss_as_long_as_the_lease_lasts():
    leases = Scripted([True, Unavailable("the database"), True])
    async with _turn(leases, 0, timedelta(seconds=0.3)) as require_turn:
        await asked(leases, 3)
        require_turn()


async def test_silence_for_as_long_as_the_lease_is_a_loss():
    leases = Scripted([True, Unavailable("the database")])
    async with _turn(leases, 0, timedelta(seconds=0.03)) as require_turn:
        await lost(require_turn)
    assert leases.asked > 1


async def test_a_lease_that_can_not_be_given_back_hides_nothing():
    with pytest.raises(RuntimeError, match="cut off"):
        async with _turn(Scripted([True]), 0):
            raise RuntimeError("cut off")


async def test_a_validator_that_fell_behind_is_brought_up(replicas):
    database = replicas[0]
    await prepare(database, pause=0)
    await database.raw.command("collMod", "leases", validator={})
    await prepare(database, pause=0)
    with pytest.raises(WriteError):
        await database.raw.leases.insert_one({"_id": "x", "secret": "typed"})


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
async def test_the_database_refuses_what_no_shape_declares(database, shape):
    with pytest.raises(WriteError):
        await database.raw[shape.name].insert_one({"undeclared": "typed by Ada"})


async def test_the_database_refuses_plain_text_where_something_sealed_belongs(database, world):
    plain = {"tenant": world.ada.tenant, "user_id": "U1", "purge_at": world.soon, "sealed": "typed"}
    with pytest.raises(WriteError):
        await database.raw.parked_requests.insert_one(plain)
    await database.raw.parked_requests.insert_one({**plain, "sealed": b"x"})


async def test_what_expires_is_purged_by_the_database(database):
    found = {}
    for shape in SHAPES:
        for made in (await database.raw[shape.name].index_information()).values():
            if "expireAfterSeconds" in made:
                assert made["expireAfterSeconds"] == 0
                found[shape.name] = made["key"][0][0]
    assert found == TTL


def test_migrations_are_numbered_from_one():
    assert [one.number for one in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
