import asyncio
import itertools
import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.connection import Connection, Grant
from bot.content import Account, AccountId, CloudId, Site
from bot.principal import Principal, Tenant
from store.data_keys import DataKeys
from store.database import open_database
from store.keyring import KeyRing
from store.preparation import prepare
from store.sealing import Vault
from tests.embedded import running_database

RING_TEXT = SecretStr("k1=" + "QUFB" * 10 + "QUE=")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    given = os.environ.get("CONFAB_TEST_MONGODB_URI")  # noqa: TID251  # the tests' own setting
    if given:
        yield given
        return
    with running_database(tmp_path_factory.mktemp("database")) as uri:
        yield uri


@pytest.fixture(scope="module")
def prepared(server):
    name = f"confab-test-{uuid.uuid4().hex[:12]}"

    async def arrange(work):
        database = open_database(server, name)
        try:
            await work(database)
        finally:
            database.close()

    async def drop(database):
        await database.raw.client.drop_database(name)

    asyncio.run(arrange(prepare))
    yield name
    asyncio.run(arrange(drop))


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
def site():
    return Site(CloudId("c1"), "Acme", "https://acme.example")


@pytest.fixture
def account():
    return Account(AccountId("712020:a"), "Ada Lovelace")


@pytest.fixture
def grant(clock):
    return Grant(
        SecretStr("access-secret-1"),
        SecretStr("refresh-secret-1"),
        clock() + timedelta(hours=1),
        frozenset({"read:me", "offline_access"}),
    )


@pytest.fixture
def connection(ada, account, site, grant, clock):
    return Connection(ada, "system", account, (site,), grant, clock())
