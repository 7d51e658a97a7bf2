"""What the first version wrote is read, changed and sealed anew by this one.

``frozen/first_version.json`` holds a database as that version left it, in MongoDB's extended
JSON: collections, validators, indexes and documents, sealed under the tests' key. It is never
made anew.
"""

import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
from bson import json_util
from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase
from pydantic import SecretStr

from bot.connection import Preferences
from bot.integration import Integration
from bot.pending import Purpose
from bot.ports import Spent
from bot.principal import Principal, Tenant
from bot.receipt import Act, DecisionId, Stage
from store.database import open_database
from store.key_rotation import KeyRotation
from store.keyring import key_id_of
from store.preparation import MIGRATIONS, SHAPES, prepare
from store.stores import mongo_stores
from tests.store.conftest import NOW
from tests.store.world import World

FROZEN = Path(__file__).with_name("frozen") / "first_version.json"
AWARE = json_util.JSONOptions(tz_aware=True)
LONG = timedelta(seconds=30)
ACME, OTHER, ORGANISATION = Tenant("T0ACME"), Tenant("T0OTHER"), Tenant("E0ORG")
ADA, BOB, CY = (Principal(ACME, user) for user in ("U1ADA", "U2BOB", "U3CY"))


class Cut(Exception):
    """The process ends here."""


class Knife:
    """Ends a process at the nth of what it changes in a database, other than its lease."""

    CHANGES: ClassVar = {
        "create_collection": AsyncIOMotorDatabase,
        "command": AsyncIOMotorDatabase,
        "create_indexes": AsyncIOMotorCollection,
        "update_many": AsyncIOMotorCollection,
        "drop_index": AsyncIOMotorCollection,
        "insert_one": AsyncIOMotorCollection,
    }

    def __init__(self, monkeypatch):
        self.left = None
        self.cut = set()
        for name, kind in self.CHANGES.items():
            monkeypatch.setattr(kind, name, self._held(name, getattr(kind, name)))

    def _held(self, name, operation):
        async def cut_off(raw, *arguments, **more):
            if self.left is not None and raw.name != "leases":
                self.left -= 1
                if self.left < 0:
                    self.cut.add(name)
                    raise Cut
            return await operation(raw, *arguments, **more)

        return cut_off


@pytest.fixture(scope="module")
def frozen():
    return json_util.loads(FROZEN.read_text("utf-8"), json_options=AWARE)


@pytest.fixture
async def empty(server):
    database = open_database(server, f"confab-test-{uuid.uuid4().hex[:12]}")
    yield database
    database.close()


@pytest.fixture
async def earlier(empty, frozen):
    """A database that this version hasn't touched."""
    for name, collection in frozen["collections"].items():
        await empty.raw.create_collection(name, validator=collection["validator"])
        for made in collection["indexes"]:
            options = {option: value for option, value in made.items() if option != "key"}
            await empty.raw[name].create_index([tuple(key) for key in made["key"]], **options)
        if collection["documents"]:
            await empty.raw[name].insert_many(collection["documents"])
    return empty


@pytest.fixture
async def upgraded(earlier):
    await prepare(earlier, pause=0)
    return earlier


@pytest.fixture
def kept(upgraded, ring, clock):
    return mongo_stores(upgraded, ring, clock)


@pytest.fixture
def world():
    return World(ADA, NOW)


def as_begun(world):
    """Return what the first version knew of the step."""
    first = {"purpose": Purpose.OWN, "profile_version": 1, "scopes": frozenset()}
    return replace(world.consent, name="", server="", **first)


def as_installed(world):
    """Return what the first version knew of the installation."""
    return replace(world.installation, refresh_token=None, token_expires_at=None)


async def reads_everything(stores, whose):
    world, step = World(whose, NOW), World(whose, NOW).consent
    assert await stores.connections.find(whose, "system") == world.connection
    assert await stores.connections.list_of(whose) == [world.connection]
    assert await stores.pending.find(step.tenant, step.step, step.key) == as_begun(world)
    found = await stores.preferences.find(whose)
    space = world.site.cloud_id, world.space.id, world.space.key, world.space.name
    assert found == Preferences(world.site.cloud_id, (space,))
    assert await stores.drafts.find(whose, world.draft.id) == world.draft
    assert await stores.receipts.find(whose, world.decision.id) == world.receipt
    assert await stores.receipts.find_due(world.due) == world.receipt
    assert world.due.id in {
        each.id for each in await stores.due.list_due("settle", NOW + 2 * LONG, 9)
    }
    assert await stores.integrations.find(whose.tenant) == Integration(whose.tenant)
    assert [each async for each in stores.profiles.list_all(whose.tenant)] == []
    assert (await stores.forgetting.count(whose))["receipts"] == 1


@pytest.mark.parametrize("tenant", [ACME, OTHER])
async def test_what_stood_is_read(kept, frozen, tenant):
    ada = Principal(tenant, ADA.user_id)
    await reads_everything(kept, ada)
    assert await kept.parked.consume(ada, NOW) == World(ada, NOW).parked
    code = World(ada, NOW).code
    assert await kept.pending.find_code(ada, NOW) == replace(code, tries_left=4)
    assert await kept.notes.open(ada, frozen["notes"][tenant]) == "typed by Ada"
    assert not await kept.deliveries.is_first(tenant, "Ev1", NOW)
    spent = await kept.quota.add("app", tenant, 0, NOW)
    assert spent == Spent(app=6, tenant=3, tenants=spent.tenants)


async def test_connections_stand_as_they_stood(kept):
    renewed = await kept.connections.find(BOB, "system")
    assert renewed.grant.access_token == SecretStr("access-secret-2")
    assert (renewed.generation, renewed.failures, renewed.profile_version) == (2, 0, 1)
    # Another replica, of either version, is about to renew it.
    assert await kept.connections.claim_refresh(renewed, LONG) is None
    assert (await kept.connections.find(CY, "system")).ended_at == NOW
    assert len([each async for each in kept.connections.list_all(ACME)]) == 3


async def test_a_step_that_was_used_up_stays_so(kept):
    step = World(BOB, NOW, number="2").consent
    found = await kept.pending.find(ACME, step.step, step.key)
    assert (found.consumed_at, found.obtained) == (NOW, None)
    assert await kept.pending.consume(ACME, step.step, step.key, NOW) is None


async def test_receipts_stand_as_they_stood(kept):
    acts = Act.PUBLISH, Act.DRAFT, Act.APPEND  # all that there were
    for number, stage in enumerate(Stage):
        found = await kept.receipts.find(CY, DecisionId(f"stage-{stage.value}"))
        assert found.stage is stage
        assert found.decision.act is acts[number % len(acts)]
        assert not found.decision.is_lent
        assert found.sent == int(stage is not Stage.CLAIMED)
        assert found.done_at == found.undone_at == (NOW if stage is Stage.DONE else None)
    assert len([each async for each in kept.forgetting.list_receipts(CY)]) == len(Stage)


async def test_installations_stand_as_they_stood(kept, world):
    assert await kept.installations.find(ACME) == as_installed(world)
    assert await kept.installations.find_installer(ACME) is None
    assert (await kept.installations.find(OTHER)).bot_token == SecretStr("xoxb-secret-2")
    assert await kept.installations.find_installer(OTHER) == "U4DI"
    organisations = await kept.installations.find(ORGANISATION)
    assert (organisations.team_id, organisations.enterprise_id) == (None, ORGANISATION)
    assert (organisations.generation, organisations.broken_at) == (0, None)
    assert organisations.barred == frozenset()


async def test_what_stood_is_changed(kept, world):
    connections = kept.connections
    claim = await connections.claim_refresh(world.connection, LONG)
    assert await connections.note_failure(world.connection, claim, NOW) == 1
    claim = await connections.claim_refresh(world.connection, LONG)
    assert await connections.replace_grant(world.connection, claim, world.grant)
    assert await connections.hand_over(world.connection, "Mine", "U1ADMIN")
    assert (await connections.find(ADA, "system")).name == "Mine"

    step = as_begun(world)
    used = await kept.pending.consume(step.tenant, step.step, step.key, NOW)
    assert used == replace(step, consumed_at=NOW)

    done = await kept.receipts.replace(world.receipt, replace(world.receipt, stage=Stage.DONE))
    assert (done.stage, done.generation) == (Stage.DONE, 2)

    installed = await kept.installations.find(ACME)
    claim = await kept.installations.claim_refresh(installed, LONG)
    assert await kept.installations.replace_tokens(installed, claim, world.tokens)
    assert (await kept.installations.find(ACME)).generation == 1
    assert await kept.installations.set_access(ORGANISATION, "T1A", granted=False, at=NOW + LONG)

    await kept.forgetting.forget(ADA)
    assert await kept.connections.list_of(ADA) == []


async def test_what_stood_is_sealed_anew(kept, upgraded, ring):
    told = []
    rotated = await KeyRotation(upgraded, ring, SHAPES, timedelta(0)).rotate(told.append)
    assert (rotated.made, rotated.lost, rotated.resealed.broken) == (3, 0, 0)
    newest = {
        key["tenant"]: key["key_id"] async for key in upgraded.raw.data_keys.find({"number": 2})
    }
    for shape in SHAPES:
        async for document in upgraded.raw[shape.name].find({}):
            for value in shape.sealed_values(document):
                assert key_id_of(value.sealed) == newest[document["tenant"]]
    for tenant in (ACME, OTHER):
        await reads_everything(kept, Principal(tenant, ADA.user_id))


async def test_every_document_is_one_that_this_version_could_have_written(upgraded, frozen):
    for name in frozen["collections"]:
        for document in await upgraded.raw[name].find({}).to_list(None):
            await upgraded.raw[name].delete_one({"_id": document["_id"]})
            await upgraded.raw[name].insert_one(document)


async def test_what_the_first_version_writes_while_it_is_replaced_is_taken_and_read(
    empty, frozen, ring, clock
):
    await prepare(empty, pause=0)
    keys = frozen["collections"]["data_keys"]["documents"]
    await empty.raw.data_keys.insert_many([key | {"number": 1, "made_at": NOW} for key in keys])
    for name, collection in frozen["collections"].items():
        if name != "data_keys":
            for document in collection["documents"]:
                await empty.raw[name].insert_one(document)
    for tenant in (ACME, OTHER):
        stores = mongo_stores(empty, ring, clock)
        await reads_everything(stores, Principal(tenant, ADA.user_id))


async def test_an_upgrade_can_be_cut_off_anywhere_and_made_twice(earlier, ring, clock, monkeypatch):
    knife = Knife(monkeypatch)
    # The migrations apart: each process finds less to declare, and would get too far at once.
    for migrations in ((), MIGRATIONS):
        for place in count():
            # Every process gets one step further than the one before it.
            knife.left = place
            with suppress(Cut):
                await prepare(earlier, migrations, pause=0)
                break
    assert knife.cut == set(knife.CHANGES)

    knife.left = None
    before = await earlier.raw.data_keys.find({}).to_list(None)
    for migration in MIGRATIONS:
        await migration.run(earlier)
    await prepare(earlier, pause=0)

    assert await earlier.raw.data_keys.find({}).to_list(None) == before
    assert [key["number"] for key in before] == [1, 1, 1]
    for tenant in (ACME, OTHER):
        stores = mongo_stores(earlier, ring, clock)
        await reads_everything(stores, Principal(tenant, ADA.user_id))
