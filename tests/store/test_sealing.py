import asyncio
import base64
from dataclasses import replace

import bson
import pytest
from pydantic import SecretStr

from bot.errors import SealBroken
from bot.principal import Principal, Tenant
from store.data_keys import DataKeys
from store.keyring import Binding
from store.preparation import SHAPES
from store.sealing import Vault
from tests.store.world import PROFILE, SECRETS, World, settle_whole


@pytest.fixture
def binding(ada):
    return Binding(ada.tenant, ada.user_id, "test", "1")


@pytest.fixture
def raw(database):
    return database.raw


async def test_two_replicas_that_make_a_key_at_once_use_the_same(database, ring, tenant, raw):
    replicas = [DataKeys(database, ring) for _ in range(8)]
    keys = await asyncio.gather(*(replica.current(tenant) for replica in replicas))
    assert len({key.id for key in keys}) == 1
    assert await raw.data_keys.count_documents({"tenant": tenant}) == 1


async def test_another_process_opens_what_one_sealed(database, ring, binding):
    sealed = await Vault(DataKeys(database, ring)).seal_bytes(binding, b"secret")
    assert await Vault(DataKeys(database, ring)).open_bytes(binding, sealed) == b"secret"


async def test_only_the_last_used_keys_stay_in_memory(database, ring, tenant):
    keys = DataKeys(database, ring, most_cached=2)
    for number in range(4):
        await keys.current(Tenant(f"{tenant}{number}"))
    known = [number for number in range(4) if keys.known(Tenant(f"{tenant}{number}"))]
    assert known == [2, 3]


async def test_a_tenants_key_opens_nothing_of_another_tenant(vault, binding):
    sealed = await vault.seal_bytes(binding, b"secret")
    elsewhere = binding._replace(tenant=Tenant(binding.tenant + "X"))
    await vault.seal_bytes(elsewhere, b"")
    with pytest.raises(SealBroken):
        await vault.open_bytes(elsewhere, sealed)


async def test_a_dump_of_the_database_shows_nothing_secret(kept, world, raw):
    await settle_whole(kept, world)
    dump = await _dump(raw, world.ada.tenant)
    assert len(dump) > 4000
    for secret in SECRETS:
        for form in (secret.encode(), base64.b64encode(secret.encode())[:-4]):
            assert form not in dump, form


async def test_what_was_sealed_in_a_used_up_step_is_gone(kept, world, raw, clock):
    await settle_whole(kept, world)
    await kept.pending.consume(world.ada.tenant, world.consent.step, world.consent.key, clock())
    step = await raw.pending_connections.find_one({"tenant": world.ada.tenant, "step": "consent"})
    assert "sealed" not in step


TENANT, PERSON, RECORD = "another tenant's", "another person's", "another record's"
# Each sealed field: where it is, who reads it, and whose it may be confused with.
SEALED = [
    ("installations", "sealed", lambda s, me: s.installations.find(me.ada.tenant), [TENANT]),
    ("connections", "grant", lambda s, me: s.connections.find(me.ada, PROFILE), None),
    ("connections", "whose", lambda s, me: s.connections.find(me.ada, PROFILE), None),
    ("pending_connections", "sealed", lambda s, me: s.pending.find(*_step(me)), None),
    ("parked_requests", "sealed", lambda s, me: s.parked.consume(me.ada, me.now), [TENANT, PERSON]),
    ("preferences", "recent.0.sealed", lambda s, me: s.preferences.find(me.ada), [TENANT, PERSON]),
    ("drafts", "sealed", lambda s, me: s.drafts.find(me.ada, me.draft.id), None),
    ("receipts", "sealed", lambda s, me: s.receipts.find(me.ada, me.decision.id), None),
    ("person_keys", "key", lambda s, me: s.audit.seal(me.audit_row), [TENANT, PERSON]),
    (
        "profiles",
        "sealed",
        lambda s, me: s.profiles.find(me.ada.tenant, me.custom.id),
        [TENANT, RECORD],
    ),
    ("integrations", "sealed", lambda s, me: s.integrations.find(me.ada.tenant), [TENANT]),
    (
        "channels",
        "sealed",
        lambda s, me: s.integrations.find_channel(me.ada.tenant, me.channel.channel_id),
        [TENANT, RECORD],
    ),
    ("templates", "sealed", lambda s, me: s.templates.list_own(me.ada.tenant), [TENANT, RECORD]),
    ("tasks", "sealed", lambda s, me: s.tasks.list_all(me.ada.tenant), [TENANT, RECORD]),
    ("dialogs", "sealed", lambda s, me: s.dialogs.find(me.ada, me.dialog.id), None),
]
MOVES = [
    pytest.param(name, field, read, whose, id=f"{name}.{field} {whose}")
    for name, field, read, confusable in SEALED
    for whose in confusable or [TENANT, PERSON, RECORD]
]


@pytest.mark.parametrize(("name", "field", "read", "whose"), MOVES)
async def test_a_sealed_value_that_was_moved_breaks(kept, world, raw, name, field, read, whose):
    other = _other(world, whose)
    await settle_whole(kept, world)
    await settle_whole(kept, other)
    theirs = await raw[name].find_one(_where(other, name))
    for part in field.split("."):
        theirs = theirs[int(part) if part.isdigit() else part]
    moved = await raw[name].update_one(_where(world, name), {"$set": {field: theirs}})
    assert moved.modified_count == 1
    with pytest.raises(SealBroken):
        await read(kept, world)


@pytest.mark.parametrize(("name", "field", "read", "_"), SEALED)
async def test_a_sealed_value_that_stayed_where_it_was_opens(kept, world, name, field, read, _):
    await settle_whole(kept, world)
    assert await read(kept, world)


def test_every_sealed_field_is_moved_by_these_tests():
    declared = {(shape.name, path) for shape in SHAPES for path in shape.seals}
    assert declared == {(name, field.replace(".0.", ".")) for name, field, _, _ in SEALED}


async def test_a_grant_is_not_taken_for_an_account(kept, world, raw):
    await settle_whole(kept, world)
    stored = await raw.connections.find_one({"tenant": world.ada.tenant})
    await raw.connections.update_one(
        {"tenant": world.ada.tenant}, {"$set": {"whose": stored["grant"]}}
    )
    with pytest.raises(SealBroken):
        await kept.connections.find_account(world.ada.tenant, world.ada.user_id, PROFILE)


async def test_a_version_of_a_profile_is_not_taken_for_another(kept, world, raw):
    await kept.profiles.add(world.custom)
    await kept.profiles.add(replace(world.custom, version=2, client_secret=SecretStr("")))
    where = {"tenant": world.ada.tenant, "profile": world.custom.id}
    earlier = await raw.profiles.find_one({**where, "version": 1})
    await raw.profiles.update_one({**where, "version": 2}, {"$set": {"sealed": earlier["sealed"]}})
    with pytest.raises(SealBroken):
        await kept.profiles.find(world.ada.tenant, world.custom.id)


def _other(world, whose):
    tenant = Tenant(world.ada.tenant + "X") if whose == TENANT else world.ada.tenant
    user_id = "U2BOB" if whose == PERSON else world.ada.user_id
    # Two people of one tenant never have the same decision.
    number = "1" if whose == TENANT else "2"
    return World(Principal(tenant, user_id), world.now, number=number)


def _step(world):
    return world.ada.tenant, world.consent.step, world.consent.key


def _where(world, name):
    where = {"tenant": world.ada.tenant}
    tenants = {
        "installations": {"kind": "bot"},
        "profiles": {"profile": world.custom.id},
        "integrations": {},
        "channels": {"channel_id": world.channel.channel_id},
        "templates": {"template": world.template.id},
        "tasks": {"task": world.task.id},
    }
    if name in tenants:
        return {**where, **tenants[name]}
    own = {
        "connections": {"profile": world.profile},
        "pending_connections": {"step": "consent", "key": world.consent.key},
        "drafts": {"draft": world.draft.id},
        "receipts": {"decision": world.decision.id},
        "dialogs": {"dialog": world.dialog.id},
    }
    return {**where, "user_id": world.ada.user_id, **own.get(name, {})}


async def _dump(raw, tenant):
    names = await raw.list_collection_names()
    found = [await raw[name].find({"tenant": tenant}).to_list(None) for name in names]
    return b"".join(bson.encode(one) for documents in found for one in documents)
