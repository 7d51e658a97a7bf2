import asyncio
import itertools
import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from pymongo import MongoClient

from bot.principal import Principal, Tenant
from store.data_keys import DataKeys
from store.database import open_database
from store.keyring import KeyRing
from store.preparation import prepare
from store.sealing import Vault
from store.stores import memory_stores, mongo_stores
from tests.embedded import running_database
from tests.store.world import World

RING_TEXT = SecretStr("k1=" + "QUFB" * 10 + "QUE=")
# Far ahead, so that the database purges nothing while it is looked at.
NOW = datetime(2096, 3, 1, 12, 0, tzinfo=UTC)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)


GIVEN = os.environ.get("CONFAB_TEST_MONGODB_URI")  # noqa: TID251  # the tests' own setting


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    if GIVEN:
        yield GIVEN
        return
    with running_database(tmp_path_factory.mktemp("database")) as uri:
        yield uri


@pytest.fixture(scope="module")
def prepared(server):
    name = f"confab-test-{uuid.uuid4().hex[:12]}"

    async def make():
        database = open_database(server, name)
        await prepare(database)
        database.close()

    asyncio.run(make())
    yield name
    # The embedded server's files go as a whole; it takes up to ten seconds for dropping one.
    if GIVEN:
        with MongoClient(GIVEN) as client:
            client.drop_database(name)


@pytest.fixture
async def database(server, prepared):
    database = open_database(server, prepared)
    yield database
    database.close()


@pytest.fixture
def ring():
    return KeyRing.parse(RING_TEXT)


@pytest.fixture
def vault(database, ring):
    return Vault(DataKeys(database, ring))


@pytest.fixture
def clock():
    return Hands()


@pytest.fixture(params=["memory", "mongo"])
def stores(request, clock):
    if request.param == "memory":
        return memory_stores(clock)
    return request.getfixturevalue("kept")


@pytest.fixture
def kept(database, ring, clock):
    return mongo_stores(database, ring, clock)


_numbers = itertools.count(1)


@pytest.fixture
def tenant():
    return Tenant(f"T{uuid.uuid4().hex[:6].upper()}{next(_numbers)}")


@pytest.fixture
def ada(tenant):
    return Principal(tenant, "U1ADA")


@pytest.fixture
def namesake(tenant):
    return Principal(Tenant(tenant + "X"), "U1ADA")


@pytest.fixture
def world(ada, clock):
    return World(ada, clock())


@pytest.fixture
def their_world(namesake, clock):
    return World(namesake, clock())


@pytest.fixture
def grant(world):
    return world.grant


@pytest.fixture
def connection(world):
    return world.connection


@pytest.fixture
def consent(world):
    return world.consent


@pytest.fixture
def draft(world):
    return world.draft


@pytest.fixture
def receipt(world):
    return world.receipt


@pytest.fixture
def installation(world):
    return world.installation
