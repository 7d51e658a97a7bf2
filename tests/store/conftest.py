import asyncio
import itertools
import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.connection import Connection, Grant, Need
from bot.content import Account, AccountId, CloudId, PageId, Site, Space, SpaceId, SpaceKey
from bot.document import BulletList, Document, Item, Mention, Paragraph, Text
from bot.installation import Installation
from bot.pending import Obtained, PendingConnection, Step
from bot.principal import Principal, Tenant, digest
from bot.receipt import Act, Decision, DecisionId, Draft, DraftId, Receipt, Stage
from store.data_keys import DataKeys
from store.database import open_database
from store.keyring import KeyRing
from store.preparation import prepare
from store.sealing import Vault
from store.stores import memory_stores, mongo_stores
from tests.embedded import running_database

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


@pytest.fixture
def consent(ada, clock, grant, account, site):
    return PendingConnection(
        tenant=ada.tenant,
        step=Step.CONSENT,
        key=digest("state"),
        flow="flow-1",
        principal=ada,
        profile="system",
        need=Need.WRITE,
        expires_at=clock() + timedelta(minutes=10),
        browser=digest("cookie"),
        verifier=SecretStr("verifier-secret"),
        nonce=SecretStr("nonce-secret"),
        response_url=SecretStr("https://hooks.example/secret"),
        response_url_at=clock(),
        person="Ada",
        workspace="Acme",
        obtained=Obtained(grant, account, (site,)),
    )


@pytest.fixture
def space():
    return Space(SpaceId("77"), SpaceKey("ENG"), "Engineering")


@pytest.fixture
def body():
    typed = Paragraph((Text("typed by Ada", frozenset({"strong"})), Mention("712020:b", "Bob")))
    return Document((typed, BulletList((Item((typed,)),))))


@pytest.fixture
def decision(ada, account, site, space, body):
    return Decision(
        id=DecisionId("d1"),
        act=Act.PUBLISH,
        principal=ada,
        profile="system",
        account=account,
        site=site,
        space=space,
        title="Secret plans",
        body=body,
        parent_id=PageId("5"),
        parent_title="Above",
    )


@pytest.fixture
def draft(decision, clock):
    return Draft(
        id=DraftId(decision.id),
        decision=decision,
        expires_at=clock() + timedelta(hours=1),
        response_url=SecretStr("https://hooks.example/secret"),
        response_url_at=clock(),
    )


@pytest.fixture
def receipt(decision, clock):
    return Receipt(
        decision=decision,
        stage=Stage.CLAIMED,
        claimed_at=clock(),
        touched_at=clock(),
        response_url=SecretStr("https://hooks.example/secret"),
        response_url_at=clock(),
        correlation="abc",
    )


@pytest.fixture
def installation(tenant, clock):
    return Installation(
        tenant=tenant,
        team_id=tenant,
        enterprise_id=None,
        name="Acme",
        bot_token=SecretStr("xoxb-secret"),
        bot_id="B1",
        bot_user_id="U0",
        app_id="A1",
        scopes=frozenset({"commands", "chat:write"}),
        installed_at=clock(),
    )
