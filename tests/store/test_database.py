"""What reaches the server: how it is written, read and looked up, and how often."""

import asyncio
import itertools
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    DuplicateKeyError,
    NetworkTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WriteConcernError,
    WriteError,
    WTimeoutError,
)
from pymongo.monitoring import CommandListener

from bot.errors import Unavailable
from bot.principal import Principal, Tenant
from bot.receipt import DecisionId
from store.collection import READS_WITHIN, DatabaseRefused, answering
from store.database import AddressWrong, open_database
from store.key_rotation import KeyRotation
from store.keyring import KeyRing
from store.preparation import SHAPES
from store.stores import mongo_stores
from tests.store.conftest import GIVEN, RING_TEXT, Hands
from tests.store.test_wall import CALLS, LONG
from tests.store.world import World, settle_whole

HOSTILE = "w=0&journal=false&retryWrites=false&retryReads=false&readPreference=secondaryPreferred"
WRITES = {"insert", "update", "delete", "findAndModify"}
A_PAGE = 100
LEAST = ObjectId(b"\0" * 12)
READS = {"find", "aggregate", "count", "distinct"}
# Every other method is one operation, once the tenant's key is in memory.
OPERATIONS = {
    "installations.remove": 2,
    "drafts.save": 2,
    "drafts.remove": 2,
    "quota.add": 2,
    "notes.seal": 0,
    "notes.open": 0,
    "profiles.remove": 2,
    "integrations.move_channel": 3,
    "audit.list_newest": 2,
    # It waits to be confirmed, so that its run is put on the list before.
    "dialogs.begin": 2,
    # One for each person who is named in the row.
    "audit.seal": 2,
    "audit.insert": 3,
}


class Overheard(CommandListener):
    """Every command about our collections, as it was sent."""

    def __init__(self):
        self.commands = []

    def started(self, event):
        if event.command_name in WRITES | READS:
            self.commands.append(event.command)

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


@pytest.fixture
def overheard():
    return Overheard()


@pytest.fixture
async def watched(server, prepared, overheard):
    database = _open(server, prepared, overheard)
    yield database
    database.close()


def _open(server, name, overheard):
    question = "&" if "?" in server else "?"
    return open_database(f"{server}{question}{HOSTILE}", name, watching=[overheard])


@pytest.fixture(scope="module")
def sent(server, prepared):
    """What was sent when everything was used once, and lists were read beyond their first page."""
    overheard, clock, ring = Overheard(), Hands(), KeyRing.parse(RING_TEXT)
    me = World(Principal(Tenant("TUSED"), "U1ADA"), clock())

    async def use():
        database = _open(server, prepared, overheard)
        stores = mongo_stores(database, ring, clock)
        await _use_everything(stores, database, ring, me)
        await _list_second_pages(stores, me)
        database.close()

    asyncio.run(use())
    return overheard.commands


@pytest.fixture
def all_stores(watched, ring, clock):
    return mongo_stores(watched, ring, clock)


async def _use_everything(stores, database, ring, me):
    await settle_whole(stores, me)
    for call, _ in CALLS.values():
        await call(stores, me)
    await stores.due.list_due("settle", me.soon, 5)
    await stores.leases.hold(f"lease of {me.ada.tenant}", "r1", LONG)
    await stores.leases.release(f"lease of {me.ada.tenant}", "r1")
    await stores.installs.find(me.install.key)
    await stores.installs.consume(me.install.key, me.now)
    await stores.chain.find_waiting()
    await stores.chain.find_chained()
    await stores.quota.correct("app", 5, me.now)
    await stores.quota.add("app", me.ada.tenant, 5, me.now)
    rotation = KeyRotation(database, ring, SHAPES, timedelta(0))
    await rotation.rotate(lambda _: None)
    await rotation.remove_unused(await rotation.report(), datetime.max.replace(tzinfo=UTC))


async def _list_second_pages(stores, me):
    for number in range(A_PAGE + 1):
        profile = f"p{number:03}"
        await stores.connections.save(replace(me.connection, profile=profile))
        await stores.profiles.add(replace(me.custom, id=profile, name=profile))
        await stores.receipts.claim(
            replace(me.receipt, decision=replace(me.decision, id=DecisionId(profile)))
        )
    assert len([each async for each in stores.connections.list_all(me.ada.tenant)]) > A_PAGE
    assert len(await stores.connections.list_of(me.ada)) > A_PAGE
    assert len([each async for each in stores.profiles.list_all(me.ada.tenant)]) > A_PAGE
    assert len([each async for each in stores.forgetting.list_receipts(me.ada)]) > A_PAGE


def test_whatever_the_uri_says_what_matters_is_written_to_a_majority(sent):
    durable = {shape.name for shape in SHAPES if shape.durable}
    written = [command for command in sent if _name(command) in WRITES]
    assert {command[_name(command)] for command in written} == {
        shape.name for shape in SHAPES if shape.name != "migrations"
    }
    for command in written:
        concern = command.get("writeConcern", {"w": 1})
        if command[_name(command)] in durable:
            assert (concern["w"], concern["j"]) == ("majority", True)
        else:
            assert concern["w"] == 1


def test_whatever_the_uri_says_writes_are_repeated_safely(sent):
    several = [c for c in sent if _name(c) == "delete" and c["deletes"][0]["limit"] == 0]
    for command in sent:
        if _name(command) in WRITES and command not in several:
            assert "txnNumber" in command, command


def test_whatever_the_uri_says_the_primary_is_read(sent):
    read = [command for command in sent if _name(command) in READS]
    assert read
    for command in read:
        assert command.get("$readPreference", {"mode": "primary"}) == {"mode": "primary"}


def test_a_read_ends_in_time_by_itself(sent):
    for command in sent:
        if _name(command) in READS:
            assert 0 < command["maxTimeMS"] <= READS_WITHIN * 1000, command


async def test_every_query_is_answered_from_an_index(sent, database):
    queries = [query for command in sent for query in _queries(command)]
    # Those that differ in what they look for alone are looked up alike.
    different = {
        (name, _form(query), _form(order)): (name, query, order) for name, query, order in queries
    }
    assert len(different) > 50
    for name, query, order in different.values():
        # The embedded database scans as soon as a query says more than an index holds;
        # MongoDB filters what the index found. So there, ask for the index's part alone.
        find = {"find": name, "filter": query if GIVEN else _indexed(name, query)}
        find |= {"sort": order} if order and GIVEN else {}
        plan = repr((await database.raw.command("explain", find))["queryPlanner"]["winningPlan"])
        assert "COLLSCAN" not in plan, (name, query)
        assert any(word in plan for word in ("IXSCAN", "IDHACK", "EXPRESS")), (name, plan)


# Forgetting goes over every collection, however many there are.
@pytest.mark.parametrize(
    "method", sorted(each for each in CALLS if not each.startswith("forgetting."))
)
async def test_a_method_is_as_many_operations_as_it_says(all_stores, world, overheard, method):
    await settle_whole(all_stores, world)
    overheard.commands.clear()
    await CALLS[method][0](all_stores, world)
    assert len(overheard.commands) == OPERATIONS.get(method, 1)


async def test_who_ran_a_task_is_told_without_what_they_said(all_stores, world, overheard):
    await settle_whole(all_stores, world)
    overheard.commands.clear()
    assert await CALLS["dialogs.list_users"][0](all_stores, world)
    [command] = overheard.commands
    assert set(command["projection"]) == {"user_id", "touched_at"}


async def test_adding_points_is_as_many_operations_as_reading_them(all_stores, world, overheard):
    await all_stores.quota.add("app", world.ada.tenant, 1, world.now)
    assert len(overheard.commands) == OPERATIONS["quota.add"]


async def test_the_database_gives_a_sign_of_life(database):
    await database.ready()


@pytest.mark.parametrize(
    "silence",
    [
        ServerSelectionTimeoutError("no servers"),
        NetworkTimeout("slow"),
        AutoReconnect("gone"),
        WTimeoutError("no majority"),
        WriteConcernError("shutting down", 91),
    ],
)
def test_a_silent_database_is_unavailable(silence):
    with pytest.raises(Unavailable) as unavailable, answering():
        raise silence
    assert unavailable.value.__cause__ is silence


def test_one_that_stands_already_is_neither_silence_nor_refusal():
    with pytest.raises(DuplicateKeyError), answering():
        raise DuplicateKeyError("one like it")


@pytest.mark.parametrize(
    "refusal",
    [
        OperationFailure("s3cret", 18, {"codeName": "AuthenticationFailed"}),
        OperationFailure("s3cret", 13, {"codeName": "Unauthorized"}),
        WriteError("s3cret", 121),
        ConfigurationError("s3cret"),
    ],
)
def test_a_refusal_is_said_in_our_words_alone(refusal):
    with pytest.raises(DatabaseRefused) as refused, answering():
        raise refusal
    assert refused.value.code == "database_refused"
    assert str(refusal.code if isinstance(refusal, OperationFailure) else "") in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_refusal_that_passes_is_silence():
    with pytest.raises(Unavailable), answering():
        raise OperationFailure("stepping down", 11602, {"errorLabels": ["RetryableWriteError"]})


async def test_the_name_comes_from_the_argument_or_the_uri():
    for uri, given, name in (
        ("mongodb://127.0.0.1:1/inpath", None, "inpath"),
        ("mongodb://127.0.0.1:1/inpath", "given", "given"),
        ("mongodb://127.0.0.1:1/", "given", "given"),
    ):
        database = open_database(uri, given)
        assert database.name == name
        database.close()
    with pytest.raises(AddressWrong, match="no database is named"):
        open_database("mongodb://127.0.0.1:1/")


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://bot:s3cret/s3cret@db.example/confab",
        "mongodb://bot:s3cret@s3cret@db.example/confab",
        "mongodb://bot:s3cret%zz@db.example:s3cret/confab",
        "mongodb://db.example:99999/confab",
        "mongodb://db.example/confab?tls=true&tlsCAFile=/none",
    ],
)
async def test_an_address_that_can_not_be_used_is_said_without_repeating_it(uri):
    with pytest.raises(AddressWrong) as wrong:
        open_database(uri)
    assert "s3cret" not in "".join(traceback.format_exception(wrong.value))


def _form(query):
    """What a query asks, without the values that it looks for."""
    if isinstance(query, dict):
        return tuple((key, _form(value)) for key, value in query.items())
    return type(query).__name__


def _indexed(name, query):
    [shape] = [shape for shape in SHAPES if shape.name == name]
    keys = [["_id"], *(list(made.document["key"]) for made in shape.indexes)]
    # Bounds of what isn't so are MongoDB's alone; the fields before them find the rest.
    bounded = {field for field, value in query.items() if not _is_negation(value)}
    prefixes = [list(itertools.takewhile(bounded.__contains__, key)) for key in keys]
    longest = max(prefixes, key=len)
    assert longest, (name, query)
    # The embedded one has no index of ids: a collection stands in their order, which a range
    # of them is read in, and said to be a scan. For a single id it is none.
    return {field: LEAST if field == "_id" else query[field] for field in longest}


def _is_negation(value):
    return isinstance(value, dict) and not {"$nin", "$ne", "$not"}.isdisjoint(value)


def _name(command):
    return next(iter(command))


def _queries(command):
    name = _name(command)
    if name == "find":
        yield command["find"], command["filter"], command.get("sort")
    elif name == "findAndModify":
        yield command[name], command["query"], command.get("sort")
    elif name in {"update", "delete"}:
        for part in command[f"{name}s"]:
            yield command[name], part["q"], None
    elif name == "aggregate":
        yield command[name], command["pipeline"][0]["$match"], None
    elif name != "insert":
        pytest.fail(f"nothing says how {name} is looked up")
