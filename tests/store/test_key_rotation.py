"""Keys rotate while bots serve, are cut off at any line, and lose nothing."""

import asyncio
import base64
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.errors import SealBroken, Unavailable
from bot.principal import Principal, Tenant
from store.collection import Collection
from store.data_keys import DataKeys
from store.database import open_database
from store.key_rotation import KEPT_FOR, KeyRotation
from store.keyring import Binding, KeyRing, key_id_of
from store.migrations import number_data_keys
from store.preparation import SHAPES, prepare
from store.sealing import Vault
from store.stores import mongo_stores
from tests.store.conftest import RING_TEXT
from tests.store.world import PROFILE, World, settle_whole

ONE = RING_TEXT.get_secret_value()
TWO = "k2=" + base64.b64encode(b"2" * 32).decode()
AT_ONCE = timedelta(0)


@pytest.fixture
async def database(server, prepared):
    """The database with nothing in it: rotations go over all tenants."""
    database = open_database(server, prepared)
    for shape in SHAPES:
        if shape.name != "migrations":
            await database.raw[shape.name].delete_many({})
    yield database
    database.close()


@pytest.fixture
def both():
    """The ring after a new key was put in front."""
    return KeyRing.parse(SecretStr(f"{TWO},{ONE}"))


@pytest.fixture
def serving():
    """The ring of the bots, which know the new key already."""
    return KeyRing.parse(SecretStr(f"{ONE},{TWO}"))


@pytest.fixture
def kept(database, serving, clock):
    return mongo_stores(database, serving, clock, key_age=AT_ONCE)


@pytest.fixture
def told():
    return []


@pytest.fixture
def rotation(database, both):
    return KeyRotation(database, both, SHAPES, AT_ONCE)


class Cut(Exception):
    """The process ends here."""


class Knife:
    """Ends a process at the nth of its operations that change something."""

    CHANGES = ("update", "put", "change_or_insert", "insert", "save", "remove")

    def __init__(self, monkeypatch):
        self.left = None
        for name in self.CHANGES:
            monkeypatch.setattr(Collection, name, self._held(getattr(Collection, name)))

    def _held(self, operation):
        async def cut_off(collection, *arguments, **more):
            if self.left is not None:
                self.left -= 1
                if self.left < 0:
                    raise Cut
            return await operation(collection, *arguments, **more)

        return cut_off


async def sealed_under(database):
    """Return the ids of the data keys under which anything is sealed, by tenant."""
    found = {}
    for shape in SHAPES:
        if shape.seals:
            async for document in database.raw[shape.name].find({}):
                for value in shape.sealed_values(document):
                    found.setdefault(document["tenant"], set()).add(key_id_of(value.sealed))
    return found


async def current_ids(database):
    keys = await database.raw.data_keys.find({}).sort("number", 1).to_list(None)
    return {key["tenant"]: {key["key_id"]} for key in keys}


async def opens_everything(stores, me):
    assert await stores.connections.find(me.ada, PROFILE) == me.connection
    assert await stores.installations.find(me.ada.tenant)
    assert await stores.drafts.find(me.ada, me.draft.id) == me.draft
    assert await stores.receipts.find(me.ada, me.decision.id) == me.receipt
    assert (await stores.preferences.find(me.ada)).recent_spaces
    step = me.ada.tenant, me.consent.step, me.consent.key
    assert await stores.pending.find(*step) == me.consent
    assert await stores.profiles.find(me.ada.tenant, me.custom.id) == me.custom
    assert await stores.integrations.find(me.ada.tenant) == me.integration
    channel = await stores.integrations.find_channel(me.ada.tenant, me.channel.channel_id)
    assert channel == me.channel


async def test_everything_of_everybody_is_sealed_anew_and_nothing_is_lost(
    database, kept, rotation, world, their_world, clock, told
):
    for each in (world, their_world):
        await settle_whole(kept, each)
    before = await sealed_under(database)
    assert before == await current_ids(database)

    rotated = await rotation.rotate(told.append)

    after = await sealed_under(database)
    assert after == await current_ids(database)
    assert set(after) == {world.ada.tenant, their_world.ada.tenant}
    assert not any(before[tenant] & after[tenant] for tenant in after)
    assert (rotated.wrapped, rotated.made, rotated.lost) == (2, 2, 0)
    assert rotated.is_settled
    assert await database.raw.data_keys.distinct("ring_id") == ["k2"]
    alone = mongo_stores(database, KeyRing.parse(SecretStr(TWO)), clock)
    for each in (world, their_world):
        await opens_everything(alone, each)
        # A bot that still has the earlier key, and a note that was given to Slack before.
        await opens_everything(kept, each)
        assert await alone.notes.open(each.ada, each.note) == "typed by Ada"


async def test_what_has_rotated_rotates_again(database, kept, rotation, world, told):
    await settle_whole(kept, world)
    await rotation.rotate(told.append)
    once = await sealed_under(database)

    again = await rotation.rotate(told.append)

    assert (again.wrapped, again.made) == (0, 1)
    assert await sealed_under(database) == await current_ids(database) != once


async def test_a_rotation_can_be_cut_off_anywhere_and_gone_on_with(
    database, kept, both, world, their_world, told, monkeypatch
):
    for each in (world, their_world):
        await settle_whole(kept, each)
    knife = Knife(monkeypatch)
    cuts = 0
    for place in range(1000):
        # Every process gets one step further than the one before it.
        knife.left = place
        try:
            rotated = await KeyRotation(database, both, SHAPES, AT_ONCE).rotate(told.append)
        except Cut:
            cuts += 1
            knife.left = None
            await opens_everything(kept, world)
        else:
            break

    assert cuts > 10
    assert rotated.is_settled
    assert await sealed_under(database) == await current_ids(database)
    # None of them began another: that would have made further keys.
    assert await database.raw.data_keys.count_documents({}) == 4
    for each in (world, their_world):
        await opens_everything(kept, each)


async def test_two_who_rotate_at_once_rotate_once(database, kept, both, world, told):
    await settle_whole(kept, world)
    two = [KeyRotation(database, both, SHAPES, AT_ONCE) for _ in range(2)]

    await asyncio.gather(*(each.rotate(told.append) for each in two))

    assert await database.raw.data_keys.count_documents({"tenant": world.ada.tenant}) in {2, 3}
    assert await sealed_under(database) == await current_ids(database)
    await opens_everything(kept, world)


async def test_what_a_bot_writes_meanwhile_stays(database, kept, rotation, world, monkeypatch):
    """Whatever is read to be sealed anew has been replaced by the time it is put back."""
    await settle_whole(kept, world)
    renewed = replace(world.grant, expires_at=world.soon + timedelta(hours=1))
    update, raced = Collection.update, []

    async def race(collection, where, change):
        if "grant" in where and not raced:
            raced.append(where)
            claim = await kept.connections.claim_refresh(world.connection, KEPT_FOR)
            assert await kept.connections.replace_grant(world.connection, claim, renewed)
        return await update(collection, where, change)

    monkeypatch.setattr(Collection, "update", race)
    rotated = await rotation.rotate(lambda _: None)

    assert raced
    assert rotated.is_settled
    assert (await kept.connections.find(world.ada, PROFILE)).grant == renewed
    assert await sealed_under(database) == await current_ids(database)


async def test_what_a_bot_seals_under_the_earlier_key_until_it_notices_is_sealed_anew(
    database, both, serving, world, clock, told
):
    behind = mongo_stores(database, serving, clock, key_age=timedelta(hours=1))
    await settle_whole(behind, world)
    rotation = KeyRotation(database, both, SHAPES, timedelta(seconds=0.1))
    late = []

    async def write_late():
        await behind.connections.save(world.connection)
        told.append(await sealed_under(database))

    def tell(words):
        if "Waiting" in words:
            late.append(asyncio.ensure_future(write_late()))

    rotated = await rotation.rotate(tell)
    await asyncio.gather(*late)

    [under] = told
    assert len(under[world.ada.tenant]) == 2
    assert rotated.is_settled
    assert await sealed_under(database) == await current_ids(database)
    await opens_everything(behind, world)


async def test_bots_that_never_notice_are_said_to_be_there(
    database, kept, rotation, serving, world, clock, told
):
    await settle_whole(kept, world)
    behind = mongo_stores(database, serving, clock, key_age=timedelta(hours=1))
    await behind.connections.save(world.connection)
    writing = True

    async def write_on():
        while writing:
            await behind.connections.save(world.connection)

    writer = asyncio.create_task(write_on())
    rotated = await rotation.rotate(told.append)
    writing = False
    await writer

    assert not rotated.is_settled
    await opens_everything(kept, world)


async def test_a_process_notices_within_the_age_of_its_key(database, ring, tenant):
    keys = DataKeys(database, ring, age=timedelta(hours=1))
    at_once = DataKeys(database, ring, age=AT_ONCE)
    first = await keys.current(tenant)
    assert await at_once.current(tenant) is not first
    [kept] = [key async for key in keys.list_all()]
    assert await keys.succeed(kept)
    assert not await keys.succeed(kept)

    assert (await keys.current(tenant)).id == first.id
    assert (await at_once.current(tenant)).id != first.id


async def test_a_silent_database_costs_a_process_no_key(database, ring, tenant, monkeypatch):
    keys = DataKeys(database, ring, age=AT_ONCE)
    binding = Binding(tenant, "U1", "test")
    sealed = await Vault(keys).seal_bytes(binding, b"secret")

    async def silent(*_arguments, **_more):
        raise Unavailable("the database")

    with monkeypatch.context() as patched:
        patched.setattr(Collection, "find", silent)
        assert await Vault(keys).open_bytes(binding, sealed) == b"secret"
        for _ in range(2):
            with pytest.raises(Unavailable):
                await Vault(keys).seal_bytes(binding, b"more")
    assert await Vault(keys).seal_bytes(binding, b"more")


async def test_while_one_asks_for_a_newer_key_the_others_go_on(database, ring, tenant, monkeypatch):
    asked = []
    find = Collection.find

    async def counted(*arguments, **more):
        asked.append(arguments)
        return await find(*arguments, **more)

    keys = DataKeys(database, ring, age=timedelta(seconds=0.05))
    await keys.current(tenant)
    await asyncio.sleep(0.06)
    monkeypatch.setattr(Collection, "find", counted)
    await asyncio.gather(*(keys.current(tenant) for _ in range(20)))

    assert len(asked) == 1


async def test_a_lost_key_names_those_whom_it_affects_and_the_others_rotate(
    database, ring, world, their_world, clock, told
):
    lost = mongo_stores(database, KeyRing.parse(SecretStr(TWO)), clock, key_age=AT_ONCE)
    await settle_whole(lost, their_world)
    kept = mongo_stores(database, ring, clock, key_age=AT_ONCE)
    await settle_whole(kept, world)
    rotation = KeyRotation(database, ring, SHAPES, AT_ONCE)

    before = await rotation.report()
    rotated = await rotation.rotate(told.append)

    assert before.lost_ids == ["k2"]
    [key] = before.wrapped_by("k2")
    assert key.tenant == their_world.ada.tenant
    assert before.use(key).documents["connections"] == 1
    assert before.use(key).people["connections"] == {"U1ADA"}
    assert rotated.lost == 1
    assert rotated.resealed.broken > 5
    assert rotated.is_settled
    await opens_everything(kept, world)
    # They can connect again; and what was sealed opens as soon as the key is back.
    bob = World(Principal(their_world.ada.tenant, "U2BOB"), their_world.now, number="2")
    await kept.connections.save(bob.connection)
    assert await kept.connections.find(bob.ada, bob.profile) == bob.connection
    with pytest.raises(SealBroken):
        await kept.connections.find(their_world.ada, PROFILE)
    both = KeyRing.parse(SecretStr(f"{ONE},{TWO}"))
    assert not (await KeyRotation(database, both, SHAPES, AT_ONCE).rotate(told.append)).lost
    await opens_everything(kept, their_world)


async def test_a_value_that_somebody_changed_stops_nothing(database, kept, rotation, world, told):
    await settle_whole(kept, world)
    await database.raw.drafts.update_one({}, {"$set": {"sealed": b"nothing of ours"}})

    rotated = await rotation.rotate(told.append)
    report = await rotation.report()

    assert rotated.resealed.broken == 1
    assert rotated.is_settled
    assert report.orphans[world.ada.tenant, ""].documents == {"drafts": 1}
    assert await kept.connections.find(world.ada, PROFILE) == world.connection


async def test_the_report_says_what_is_under_earlier_keys(database, kept, rotation, world, told):
    await settle_whole(kept, world)
    [first] = (await rotation.report()).keys
    await DataKeys(database, KeyRing.parse(SecretStr(f"{TWO},{ONE}"))).succeed(first)
    await kept.connections.save(world.connection)

    report = await rotation.report()

    earlier = next(iter(report.replaced_at))
    assert (earlier.id, earlier.ring_id, report.active_id) == (first.id, "k1", "k2")
    assert "connections" not in report.use(earlier).documents
    assert report.use(earlier).documents["receipts"] == 1
    assert report.rotating_since is None
    assert not report.lost_ids


async def test_a_rotation_that_is_not_finished_is_reported(
    database, kept, both, rotation, world, told, monkeypatch
):
    await settle_whole(kept, world)
    knife = Knife(monkeypatch)
    knife.left = 8
    with pytest.raises(Cut):
        await rotation.rotate(told.append)
    knife.left = None
    other = KeyRotation(database, both, SHAPES, AT_ONCE)

    assert (await other.report()).rotating_since is not None
    await other.rotate(told.append)
    assert any(words.startswith("Going on") for words in told)
    assert (await other.report()).rotating_since is None


async def test_an_earlier_key_goes_when_it_seals_nothing_and_a_day_has_passed(
    database, kept, rotation, world, told
):
    await settle_whole(kept, world)
    [first] = (await rotation.report()).keys
    await DataKeys(database, KeyRing.parse(SecretStr(ONE))).succeed(first)
    tomorrow = datetime.now(UTC) + KEPT_FOR + timedelta(minutes=1)  # noqa: TID251  # the database's own clock made the keys

    assert not await rotation.remove_unused(await rotation.report(), tomorrow)
    await rotation.rotate(told.append)
    report = await rotation.report()
    today = tomorrow - KEPT_FOR
    assert not await rotation.remove_unused(report, today - timedelta(minutes=2))
    assert len(await rotation.remove_unused(report, tomorrow)) == 2

    assert len((await rotation.report()).keys) == 1
    await opens_everything(kept, world)


async def test_the_key_of_an_earlier_version_is_a_tenants_first(server, ring, world, clock, told):
    database = open_database(server, f"confab-test-{uuid.uuid4().hex[:12]}")
    raw = database.raw
    tenant = Tenant("T0OLD")
    old = {
        "tenant": tenant,
        "key_id": "0123456789abcdef",
        "ring_id": "k1",
        "wrapped": await ring.wrap(
            Binding(tenant, "", "data-key", "0123456789abcdef").encoded(), b"4" * 32
        ),
    }
    await raw.data_keys.insert_one(old)
    await raw.data_keys.create_index("tenant", unique=True)

    await prepare(database, pause=0)
    # Cut off before it was marked as done.
    await number_data_keys(database)

    keys = DataKeys(database, ring)
    assert (await keys.current(tenant)).id == old["key_id"]
    [kept] = [key async for key in keys.list_all()]
    assert kept.number == 1
    assert await keys.succeed(kept)
    assert "tenant_1" not in await raw.data_keys.index_information()
    database.close()
