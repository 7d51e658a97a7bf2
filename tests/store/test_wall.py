"""Promise 16: no method of any store reaches over the wall between two tenants."""

import inspect
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import store
from bot.connection import Preferences
from bot.content import CloudId
from bot.integration import Integration
from bot.ports import Due, Spent, running_of
from bot.trail import Wanted
from store.collection import Collection
from store.connections import SHAPE
from store.database_time import has_passed
from store.preparation import SHAPES
from store.stores import Stores
from tests.store.world import PROFILE, settle_whole

LONG = timedelta(seconds=30)
NOT_AT_ALL = timedelta(0)
C1 = CloudId("c1")
ANCIENT = datetime(1970, 1, 1, tzinfo=UTC)


def _methods():
    for slot in fields(Stores):
        for name, _ in inspect.getmembers(slot.type, inspect.isfunction):
            if getattr(getattr(slot.type, name), "__isabstractmethod__", False):
                yield f"{slot.name}.{name}"


# What belongs to no tenant: jobs, and what a provider has left for all together.
# An install has no tenant before Slack names it at its end.
SHARED = {
    "chain.find_waiting",
    "chain.find_chained",
    *("due.list_due", "leases.hold", "leases.release", "quota.correct"),
    *("installs.save", "installs.find", "installs.consume"),
}

# What each method answers to somebody of whom nothing is stored, however much is stored of
# the namesake in another tenant.
CALLS = {
    "installations.find": (lambda s, me: s.installations.find(me.ada.tenant), None),
    "installations.save": (lambda s, me: s.installations.save(me.installation), None),
    "installations.remove": (
        lambda s, me: s.installations.remove(me.ada.tenant, before=me.soon),
        False,
    ),
    "installations.find_installer": (
        lambda s, me: s.installations.find_installer(me.ada.tenant),
        None,
    ),
    "installations.claim_refresh": (
        lambda s, me: s.installations.claim_refresh(me.installation, LONG),
        None,
    ),
    "installations.replace_tokens": (
        lambda s, me: s.installations.replace_tokens(me.installation, "claim", me.tokens),
        False,
    ),
    "installations.release_refresh": (
        lambda s, me: s.installations.release_refresh(me.installation, "claim"),
        None,
    ),
    "installations.mark_broken": (
        lambda s, me: s.installations.mark_broken(me.installation, "claim", me.now),
        False,
    ),
    "installations.set_access": (
        lambda s, me: s.installations.set_access(me.ada.tenant, "T1A", granted=False, at=me.soon),
        False,
    ),
    "connections.find": (lambda s, me: s.connections.find(me.ada, PROFILE), None),
    "connections.save": (lambda s, me: s.connections.save(me.connection), None),
    "connections.remove": (lambda s, me: s.connections.remove(me.ada, PROFILE), None),
    "connections.claim_refresh": (
        lambda s, me: s.connections.claim_refresh(me.connection, LONG),
        None,
    ),
    "connections.replace_grant": (
        lambda s, me: s.connections.replace_grant(me.connection, "claim", me.grant),
        False,
    ),
    "connections.release_refresh": (
        lambda s, me: s.connections.release_refresh(me.connection, "claim"),
        None,
    ),
    "connections.end": (lambda s, me: s.connections.end(me.connection, me.now), False),
    "connections.hand_over": (
        lambda s, me: s.connections.hand_over(me.connection, "Mine", "U0ME"),
        False,
    ),
    "connections.find_account": (
        lambda s, me: s.connections.find_account(me.ada.tenant, me.ada.user_id, PROFILE),
        None,
    ),
    "connections.note_failure": (
        lambda s, me: s.connections.note_failure(me.connection, "claim", me.now),
        0,
    ),
    "connections.list_all": (lambda s, me: _all(s.connections.list_all(me.ada.tenant)), []),
    "connections.list_of": (lambda s, me: s.connections.list_of(me.ada), []),
    "profiles.find": (lambda s, me: s.profiles.find(me.ada.tenant, me.custom.id), None),
    "profiles.list_all": (lambda s, me: _all(s.profiles.list_all(me.ada.tenant)), []),
    "profiles.add": (lambda s, me: s.profiles.add(me.custom), True),
    "profiles.replace": (lambda s, me: s.profiles.replace(me.custom), False),
    "profiles.remove": (lambda s, me: s.profiles.remove(me.ada.tenant, me.custom.id), False),
    "integrations.find": (lambda s, me: _is_default(s.integrations.find(me.ada.tenant), me), True),
    "integrations.replace": (
        lambda s, me: s.integrations.replace(me.integration, me.integration),
        None,
    ),
    "integrations.find_channel": (
        lambda s, me: s.integrations.find_channel(me.ada.tenant, me.channel.channel_id),
        None,
    ),
    "integrations.save_channel": (lambda s, me: s.integrations.save_channel(me.channel), None),
    "integrations.remove_channel": (
        lambda s, me: s.integrations.remove_channel(me.ada.tenant, me.channel.channel_id),
        False,
    ),
    "integrations.move_channel": (
        lambda s, me: s.integrations.move_channel(me.ada.tenant, me.channel.channel_id, "C9"),
        None,
    ),
    "keys.list_of": (lambda s, me: s.keys.list_of(me.ada.tenant), ()),
    "pending.save": (lambda s, me: s.pending.save(me.consent), None),
    "pending.find": (lambda s, me: s.pending.find(*_step(me)), None),
    "pending.consume": (lambda s, me: s.pending.consume(*_step(me), me.now), None),
    "pending.find_code": (lambda s, me: s.pending.find_code(me.ada, me.now), None),
    "pending.forget_obtained": (lambda s, me: s.pending.forget_obtained(me.ada), None),
    "parked.save": (lambda s, me: s.parked.save(me.ada, me.parked, me.soon), None),
    "parked.consume": (lambda s, me: s.parked.consume(me.ada, me.now), None),
    "parked.forget": (lambda s, me: s.parked.forget(me.ada), None),
    "preferences.find": (lambda s, me: s.preferences.find(me.ada), Preferences()),
    "preferences.choose_site": (lambda s, me: s.preferences.choose_site(me.ada, C1), None),
    "preferences.add_recent_space": (
        lambda s, me: s.preferences.add_recent_space(me.ada, C1, me.space),
        None,
    ),
    "preferences.remove": (lambda s, me: s.preferences.remove(me.ada), None),
    "drafts.save": (lambda s, me: s.drafts.save(me.draft), None),
    "drafts.find": (lambda s, me: s.drafts.find(me.ada, me.draft.id), None),
    "drafts.remove": (lambda s, me: s.drafts.remove(me.ada, me.draft.id), None),
    "receipts.claim": (lambda s, me: s.receipts.claim(me.receipt), True),
    "receipts.find": (lambda s, me: s.receipts.find(me.ada, me.decision.id), None),
    "receipts.replace": (
        lambda s, me: s.receipts.replace(me.receipt, replace(me.receipt, sent=1)),
        None,
    ),
    "receipts.take_up": (lambda s, me: s.receipts.take_up(me.receipt, NOT_AT_ALL), None),
    "receipts.find_due": (lambda s, me: s.receipts.find_due(me.due), None),
    "due.add": (lambda s, me: s.due.add(replace(me.other_due, at=me.soon)), None),
    "due.replace": (lambda s, me: s.due.replace(me.other_due, me.soon), False),
    "due.remove": (lambda s, me: s.due.remove(me.other_due), None),
    "deliveries.is_first": (
        lambda s, me: s.deliveries.is_first(me.ada.tenant, "Ev1", me.now),
        True,
    ),
    "quota.add": (
        lambda s, me: s.quota.add(str(me.ada.tenant), me.ada.tenant, 0, me.now),
        Spent(0, 0),
    ),
    "audit.seal": (lambda s, me: _number_of_parts(s.audit.seal(me.audit_row)), 3),
    "audit.insert": (lambda s, me: _inserted(s.audit, me), True),
    "audit.list_newest": (lambda s, me: _all(s.audit.list_newest(me.ada.tenant, Wanted())), []),
    "audit.forget": (lambda s, me: s.audit.forget(me.ada), False),
    "chain.list_waiting": (lambda s, me: s.chain.list_waiting(me.ada.tenant, 9), []),
    "chain.count_waiting": (lambda s, me: s.chain.count_waiting(me.ada.tenant), 0),
    "chain.find_last": (lambda s, me: s.chain.find_last(me.ada.tenant), None),
    "chain.find_links": (lambda s, me: s.chain.find_links(me.ada.tenant, 1), None),
    "chain.find_next": (lambda s, me: s.chain.find_next(me.ada.tenant, 0), None),
    "chain.add": (lambda s, me: s.chain.add(me.links), True),
    "chain.number": (lambda s, me: s.chain.number(me.links), None),
    "chain.get_rows": (lambda s, me: s.chain.get_rows(me.ada.tenant, me.links.rows), {}),
    "chain.list_numbered": (
        lambda s, me: s.chain.list_numbered(me.ada.tenant, None, None, 9),
        [],
    ),
    "notes.seal": (lambda s, me: _length(s.notes.seal(me.ada, "")), True),
    "notes.open": (lambda s, me: s.notes.open(me.ada, me.note), None),
    "connections.replace_account": (
        lambda s, me: s.connections.replace_account(me.connection, me.account, me.now),
        False,
    ),
    "due.begin": (lambda s, me: s.due.begin(replace(me.other_due, at=me.soon)), None),
    "templates.add": (lambda s, me: s.templates.add(me.template), True),
    "templates.find": (lambda s, me: s.templates.find(*_version(me)), None),
    "templates.list_versions": (lambda s, me: s.templates.list_versions(*_version(me)[:2]), []),
    "templates.list_own": (lambda s, me: s.templates.list_own(me.ada.tenant), []),
    "templates.replace": (lambda s, me: s.templates.replace(me.template, me.template), False),
    "tasks.add": (lambda s, me: s.tasks.add(me.task), True),
    "tasks.find": (lambda s, me: s.tasks.find(me.ada.tenant, me.task.id), None),
    "tasks.find_by_word": (lambda s, me: s.tasks.find_by_word(me.ada.tenant, me.task.word), None),
    "tasks.list_all": (lambda s, me: s.tasks.list_all(me.ada.tenant), []),
    "tasks.replace": (lambda s, me: s.tasks.replace(me.task, me.task), None),
    "tasks.remove": (lambda s, me: s.tasks.remove(me.task), False),
    "dialogs.begin": (lambda s, me: s.dialogs.begin(me.dialog), True),
    "dialogs.find": (lambda s, me: s.dialogs.find(me.ada, me.dialog.id), None),
    "dialogs.find_in_thread": (
        lambda s, me: s.dialogs.find_in_thread(me.ada, me.dialog.channel, me.dialog.thread),
        None,
    ),
    "dialogs.list_open": (lambda s, me: s.dialogs.list_open(me.ada), []),
    "dialogs.replace": (lambda s, me: s.dialogs.replace(me.dialog, me.dialog), None),
    "dialogs.take_up": (lambda s, me: s.dialogs.take_up(me.dialog, NOT_AT_ALL), None),
    "dialogs.confirm": (
        lambda s, me: s.dialogs.confirm(me.ada, me.dialog.id, me.dialog.plan.id),
        False,
    ),
    "dialogs.find_due": (
        lambda s, me: s.dialogs.find_due(running_of(me.ada, me.dialog.id, me.now)),
        None,
    ),
    "dialogs.list_users": (
        lambda s, me: s.dialogs.list_users(me.ada.tenant, me.task.id, ANCIENT),
        [],
    ),
    "dialogs.count_open": (lambda s, me: s.dialogs.count_open(me.ada.tenant, me.task.id), 0),
    "dialogs.remove": (lambda s, me: s.dialogs.remove(me.ada, me.dialog.id), None),
    "forgetting.count": (lambda s, me: s.forgetting.count(me.ada), {}),
    "forgetting.list_receipts": (lambda s, me: _all(s.forgetting.list_receipts(me.ada)), []),
    "forgetting.is_running": (lambda s, me: s.forgetting.is_running(me.ada), False),
    "forgetting.drop_unfinished": (lambda s, me: _sum(s.forgetting.drop_unfinished(me.ada)), 0),
    "forgetting.forget": (lambda s, me: _sum(s.forgetting.forget(me.ada)), 0),
    "forgetting.delete_tenant": (lambda s, me: _sum(s.forgetting.delete_tenant(me.ada.tenant)), 0),
}


def _version(me):
    return me.ada.tenant, me.template.id, me.template.version


def _step(me):
    return me.ada.tenant, me.consent.step, me.consent.key


async def _is_default(finding, me):
    return await finding == Integration(me.ada.tenant)


async def _number_of_parts(sealing):
    return len((await sealing).parts)


async def _inserted(audit, me):
    return await audit.insert(await audit.seal(me.audit_row))


async def _all(rows):
    return [row async for row in rows]


async def _sum(forgetting):
    return sum((await forgetting).values())


async def _length(sealing):
    return len(await sealing) > 0


async def _snapshot(stores, tenant, request):
    if "mongo" in request.node.name:
        raw = request.getfixturevalue("database").raw
        names = sorted(await raw.list_collection_names())
        found = [await raw[name].find({"tenant": tenant}).to_list(None) for name in names]
        return repr(found)
    kept = [vars(getattr(stores, slot.name)) for slot in fields(Stores)]
    entries = [
        repr(entry)
        for attributes in kept
        for held in attributes.values()
        if isinstance(held, dict)
        for entry in held.items()
    ]
    return sorted(entry for entry in entries if f"'{tenant}'" in entry)


def test_every_method_of_every_store_is_walked():
    assert set(_methods()) == CALLS.keys() | SHARED


@pytest.mark.parametrize("method", sorted(CALLS))
async def test_no_method_reaches_over_the_wall(stores, world, their_world, method, request):
    await settle_whole(stores, their_world)
    world.note = their_world.note
    before = await _snapshot(stores, their_world.ada.tenant, request)
    assert before
    call, nothing = CALLS[method]
    assert await call(stores, world) == nothing
    assert await _snapshot(stores, their_world.ada.tenant, request) == before


async def test_what_a_due_entry_names_is_looked_up_under_its_own_tenant(stores, world, their_world):
    await settle_whole(stores, their_world)
    mixed = Due(their_world.due.kind, world.ada.tenant, their_world.due.id, world.now)
    assert await stores.receipts.find_due(mixed) is None
    assert await stores.receipts.find_due(their_world.due) == their_world.receipt


async def test_a_query_that_begins_with_no_tenant_is_not_sent(database):
    connections = database.collection(SHAPE)
    for where in ({}, {"user_id": "U1"}, {"user_id": "U1", "tenant": "T1"}, {"tenant": ""}):
        with pytest.raises(ValueError, match="tenant"):
            await connections.find(where)


@pytest.mark.parametrize("operation", ["save", "put", "change_or_insert"])
async def test_an_upsert_that_a_real_mongodb_refuses_is_not_sent(database, operation):
    # Its code 224; the embedded database takes it.
    connections = database.collection(SHAPE)
    where = {"tenant": "T1", "$or": [{"user_id": "U1"}, has_passed("ended_at")]}
    with pytest.raises(ValueError, match="expr"):
        await getattr(connections, operation)(where, {})


def test_only_these_modules_ask_for_more_than_one_tenant():
    folder = Path(store.__file__).parent
    asking = {
        path.stem for path in folder.rglob("*.py") if ".across_tenants()" in path.read_text("utf-8")
    }
    assert asking == {
        "audit",
        "due_work",
        "leases",
        "data_keys",
        "key_rotation",
        "resealing",
        "pending_installs",
        "preparation",
    }


def test_only_the_collection_speaks_to_motor():
    folder = Path(store.__file__).parent
    speaking = {
        path.stem
        for path in folder.rglob("*.py")
        if re.search(r"(from|import) motor|\.raw\b", path.read_text("utf-8"))
    }
    assert speaking == {"collection", "database", "migrations", "preparation"}


def test_every_key_begins_with_the_tenant():
    for shape in SHAPES:
        for made in shape.indexes:
            first = next(iter(made.document["key"]))
            if made.document.get("unique"):
                assert first == "tenant", shape.name


def test_every_operation_of_a_collection_passes_the_wall():
    operations = inspect.getmembers(Collection, inspect.iscoroutinefunction)
    assert operations
    for name, operation in operations:
        assert "self._inside(" in inspect.getsource(operation), name
