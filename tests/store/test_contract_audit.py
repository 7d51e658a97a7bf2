"""What is recorded stays as it was, in both stores; and whatever is done to it shows."""

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.audit import Auditor
from bot.chain import Chainer, Known, Verifier
from bot.connection import ORGANISATION
from bot.content import Account, AccountId, PageId, SpaceKey
from bot.errors import NotAllowed
from bot.principal import Principal
from bot.trail import Action, ChainKey, Entry, Link, Links, Outcome, Role, RowId, Used, Wanted
from tests.store.world import SECRETS

KEY = ChainKey(SecretStr(base64.b64encode(b"a" * 32).decode()))
OTHER_KEY = ChainKey(SecretStr(base64.b64encode(b"b" * 32).decode()))
MOST = 4


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch, tenant):
    monkeypatch.setattr("bot.chain.LEASE", f"chain of {tenant}")
    monkeypatch.setattr("bot.chain.MOST_AT_ONCE", MOST)
    monkeypatch.setattr("store.audit._BATCH", 3)


@pytest.fixture
def auditor(stores, clock):
    return Auditor(stores.audit, KEY, clock, start=lambda work: work.close() or False)


@pytest.fixture
def chainer(stores, clock):
    return Chainer(stores.chain, KEY, stores.leases, clock)


@pytest.fixture
def verifier(stores):
    return Verifier(stores.chain, KEY)


@pytest.fixture
def entry(world):
    mine = replace(
        world.connection, principal=Principal(world.ada.tenant, ORGANISATION), owner="U2BOB"
    )
    begun = Entry.by(world.ada, Action.PUBLISH, "Ada of Slack").under(mine)
    return (
        begun.on(world.site, world.space, PageId("9")).of("page", "Secret plans").to("U3CY", "Cy")
    )


@pytest.fixture
def record(auditor, clock, entry):
    async def record(*entries):
        for one in entries or [entry]:
            clock.advance(1)
            await auditor.write(one)

    return record


@pytest.fixture
def listed(auditor, ada):
    async def listed(tenant=ada.tenant, **wanted):
        return [row async for row in auditor.list_newest(tenant, Wanted(**wanted))]

    return listed


async def test_a_row_says_all_that_was_recorded(record, listed, entry, clock):
    full = replace(
        entry,
        outcome=Outcome.REFUSED,
        code="not_allowed",
        correlation="abc",
        space=SpaceKey("~ada"),
    )
    await record(full)
    [row] = await listed()
    assert replace(row, id="") == replace(row, id="", entry=full, at=clock(), number=None)
    assert row.entry.credential == Used.ORGANISATION
    assert row.entry.account == Account(AccountId("712020:a"), "Ada Lovelace")
    assert row.entry.account_of == "U2BOB"


async def test_a_row_that_names_nobody_can_be_recorded(record, listed, ada):
    bare = Entry(ada.tenant, Action.UNINSTALL)
    await record(bare)
    [row] = await listed()
    assert row.entry == bare


async def test_what_is_recorded_under_a_key_is_recorded_once(record, listed, entry):
    await record(replace(entry, key="d1"), replace(entry, key="d1", outcome=Outcome.FAILED))
    assert [(row.id, row.entry.outcome) for row in await listed()] == [("d1", Outcome.DONE)]


async def test_lists_the_newest_first_and_goes_on_from_a_place(auditor, ada, record, entry):
    await record(*(replace(entry, code=str(number)) for number in range(8)))
    rows = [row async for row in auditor.list_newest(ada.tenant)]
    assert [row.entry.code for row in rows] == list("76543210")
    rest = [row async for row in auditor.list_newest(ada.tenant, after=rows[4].place)]
    assert rest == rows[5:]


async def test_goes_on_among_rows_of_one_moment(auditor, ada, entry):
    for number in range(8):
        await auditor.write(replace(entry, key=f"k{number}"))
    rows = [row async for row in auditor.list_newest(ada.tenant)]
    assert [row.id for row in rows] == [f"k{number}" for number in range(7, -1, -1)]


async def test_lists_what_is_wanted(record, listed, entry, clock, ada):
    start = clock()
    other = replace(Entry.by(replace(ada, user_id="U9"), Action.SEARCH), code="other")
    await record(replace(entry, code="1"), other, replace(entry, action=Action.UNDO, code="3"))

    async def codes(**wanted):
        return [row.entry.code for row in await listed(**wanted)]

    assert await codes(user_id="U9") == ["other"]
    assert await codes(user_id=ada.user_id) == ["3", "1"]
    assert await codes(user_id="U2BOB") == ["3", "1"]
    assert await codes(user_id="U3CY") == ["3", "1"]
    assert await codes(user_id="U4") == []
    assert await codes(action=Action.UNDO) == ["3"]
    assert await codes(since=start + timedelta(seconds=2)) == ["3", "other"]
    assert await codes(until=start + timedelta(seconds=2)) == ["1"]
    assert await codes(action=Action.PUBLISH, user_id=ada.user_id, since=start) == ["1"]


async def test_lists_nothing_of_another_tenant(record, listed, namesake):
    await record()
    assert await listed(namesake.tenant) == []
    assert await listed(namesake.tenant, user_id=namesake.user_id) == []


async def test_whoever_is_forgotten_is_named_nowhere_and_the_chain_holds(
    auditor, record, listed, entry, chainer, verifier, ada
):
    await record(entry, entry)
    await chainer.chain(ada.tenant)
    await record()
    assert await auditor.forget(ada)
    assert not await auditor.forget(ada)
    await chainer.chain(ada.tenant)
    rows = await listed()
    for row in rows:
        assert row.forgotten == {Role.ACTOR}
        assert (row.entry.actor, row.entry.site_name) == (None, "")
        assert (row.entry.subject.name, row.entry.title) == ("Cy", "Secret plans")
        assert row.entry.account.name == "Ada Lovelace"  # Bob's, as Slack knows him
        assert row.entry.space == "ENG"
    verdict = await verifier.verify(ada.tenant)
    assert (verdict.number, verdict.problems) == (3, [])
    assert await listed(user_id=ada.user_id) == []


async def test_a_title_goes_with_the_actor_where_it_was_done_to_nobody(
    auditor, record, listed, entry, ada
):
    await record(replace(entry, subject=None))
    await auditor.forget(ada)
    [row] = await listed()
    assert (row.entry.title, row.title_role) == ("", Role.ACTOR)


@pytest.mark.parametrize(("user_id", "role"), [("U2BOB", Role.ACCOUNT), ("U3CY", Role.SUBJECT)])
async def test_each_is_forgotten_alone(auditor, record, listed, ada, user_id, role):
    await record()
    await auditor.forget(replace(ada, user_id=user_id))
    [row] = await listed()
    assert row.forgotten == {role}
    assert getattr(row.entry, role) is None
    assert bool(row.entry.title) == (role is not Role.SUBJECT)
    assert row.entry.actor.name == "Ada of Slack"


async def test_whoever_comes_back_is_named_from_then_on(auditor, record, listed, ada):
    await record()
    await auditor.forget(ada)
    await record()
    later, earlier = await listed()
    assert later.entry.actor.user_id == ada.user_id
    assert earlier.entry.actor is None


async def test_forgetting_reaches_over_no_wall(auditor, record, listed, namesake, entry):
    await record(entry, replace(entry, tenant=namesake.tenant))
    await auditor.forget(namesake)
    [row] = await listed()
    assert not row.forgotten


async def test_ten_at_once_seal_under_one_key(auditor, listed, entry, ada):
    await asyncio.gather(*(auditor.write(entry) for _ in range(10)))
    rows = await listed(user_id=ada.user_id)
    assert len(rows) == 10
    assert not any(row.forgotten or row.broken for row in rows)


async def test_chains_each_row_once_in_the_order_of_time(record, listed, entry, chainer, ada):
    for count in (3, 7):
        await record(*(entry for _ in range(count)))
        await chainer.chain(ada.tenant)
    assert [row.number for row in await listed()] == list(range(10, 0, -1))


async def test_chains_tenant_by_tenant(record, entry, chainer, verifier, ada, namesake):
    theirs = replace(entry, tenant=namesake.tenant)
    await record(entry, theirs, entry)
    await chainer.chain_all()
    assert (await verifier.verify(ada.tenant)).number == 2
    assert (await verifier.verify(namesake.tenant)).number == 1
    assert {ada.tenant, namesake.tenant} <= set(await verifier.list_tenants())


async def test_of_two_replicas_one_chains_and_the_other_takes_over(
    stores, record, entry, clock, verifier, ada
):
    first, second = (Chainer(stores.chain, KEY, stores.leases, clock) for _ in range(2))
    await record(entry, entry)
    await asyncio.gather(first.chain_all(), second.chain_all())
    await record(entry)
    await asyncio.gather(second.chain_all(), first.chain_all())
    verdict = await verifier.verify(ada.tenant)
    assert (verdict.number, verdict.waiting, verdict.problems) == (3, 0, [])


async def test_eight_that_all_believe_they_hold_the_lease_chain_each_row_once(
    stores, record, entry, clock, verifier, ada
):
    await record(*(entry for _ in range(11)))
    replicas = [Chainer(stores.chain, KEY, stores.leases, clock) for _ in range(8)]
    await asyncio.gather(*(replica.chain(ada.tenant) for replica in replicas))
    await replicas[0].chain(ada.tenant)
    verdict = await verifier.verify(ada.tenant)
    assert (verdict.number, verdict.waiting, verdict.problems) == (11, 0, [])


async def test_one_that_dies_between_link_and_number_leaves_nothing_out(
    stores, record, entry, chainer, verifier, ada
):
    await record(*(entry for _ in range(3)))
    rows = await stores.chain.list_waiting(ada.tenant, 2)
    assert await stores.chain.add(KEY.extend(ada.tenant, None, rows))
    verdict = await verifier.verify(ada.tenant)
    assert (verdict.number, verdict.waiting, verdict.problems) == (2, 1, [])
    await chainer.chain(ada.tenant)
    verdict = await verifier.verify(ada.tenant)
    assert (verdict.number, verdict.waiting, verdict.problems) == (3, 0, [])


async def test_links_that_begin_at_the_same_number_are_kept_once(stores, ada):
    links = Links(ada.tenant, 1, (RowId("r"),), (Link("a"),))
    assert await stores.chain.add(links)
    assert not await stores.chain.add(replace(links, links=(Link("b"),)))
    assert await stores.chain.find_last(ada.tenant) == links
    assert await stores.chain.find_links(ada.tenant, 5) == links
    assert await stores.chain.find_links(ada.tenant, 0) is None
    assert await stores.chain.find_next(ada.tenant, 0) == links
    assert await stores.chain.find_next(ada.tenant, 1) is None


class Intruder:
    """Somebody who can do with the database as they like, without the key."""

    def __init__(self, stores, raw, tenant):
        self.stores, self.raw, self.tenant = stores, raw, tenant

    async def row(self, number):
        [row] = await self.stores.chain.list_numbered(self.tenant, number, number, 1)
        return row

    async def put(self, old, new):
        """Put *new* in place of *old*, where there is one."""
        if self.raw is None:
            kept = self.stores.audit._rows  # noqa: SLF001
            if old:
                kept.pop((old.tenant, old.id))
            if new:
                kept[new.tenant, new.id] = new
            return
        if old:
            await self.raw.audit_rows.delete_one({"tenant": old.tenant, "id": old.id})
        if new:
            await self.stores.audit.insert(new)
            if new.number is not None:
                where = {"tenant": new.tenant, "id": new.id}
                await self.raw.audit_rows.update_one(where, {"$set": {"number": new.number}})

    async def replace_links(self, old, new):
        if self.raw is None:
            self.stores.audit._links.pop((old.tenant, old.first))  # noqa: SLF001
        else:
            await self.raw.audit_links.delete_one({"tenant": old.tenant, "first": old.first})
        if new:
            await self.stores.chain.add(new)


@pytest.fixture
def intruder(stores, request, ada):
    in_memory = "memory" in request.node.name
    raw = None if in_memory else request.getfixturevalue("database").raw
    return Intruder(stores, raw, ada.tenant)


@pytest.fixture
async def ten(record, chainer, entry, ada, verifier):
    """Ten rows, chained; what their last link is."""
    await record(*(replace(entry, code=str(number)) for number in range(1, 11)))
    await chainer.chain(ada.tenant)
    verdict = await verifier.verify(ada.tenant)
    assert (verdict.number, verdict.waiting, verdict.problems) == (10, 0, [])
    return Known(10, verdict.link)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "undo"},
        {"outcome": "refused"},
        {"credential": "own"},
        {"code": "changed"},
        {"profile": "p2"},
        {"kind": "comment"},
        {"site": "c2"},
        {"space": "HR"},
        {"page": "10"},
        {"correlation": "x"},
        {"parts": ()},
        {"proof": "0" * 64},
        {"proof": "é"},
    ],
)
async def test_a_row_that_was_changed_is_named(ten, intruder, verifier, ada, change):
    row = await intruder.row(6)
    await intruder.put(row, replace(row, **change))
    verdict = await verifier.verify(ada.tenant, logged=[ten])
    assert verdict.problems == [f"Row 6 ({row.id}) was changed, or wasn't written by this bot."]


async def test_a_row_whose_time_was_changed_is_named(ten, intruder, verifier, ada):
    row = await intruder.row(2)
    await intruder.put(row, replace(row, at=row.at - timedelta(days=1)))
    [problem] = (await verifier.verify(ada.tenant)).problems
    assert problem.startswith("Row 2 ")


async def test_a_name_that_was_put_in_anothers_place_shows(ten, intruder, verifier, listed, ada):
    row = await intruder.row(6)
    other = await intruder.row(7)
    await intruder.put(row, replace(row, parts=other.parts))
    assert len((await verifier.verify(ada.tenant)).problems) == 1
    shown = next(shown for shown in await listed() if shown.number == 6)
    assert shown.broken == {Role.ACTOR, Role.ACCOUNT, Role.SUBJECT}
    assert shown.entry.actor is None


async def test_a_row_that_is_missing_is_named(ten, intruder, verifier, ada):
    await intruder.put(await intruder.row(6), None)
    verdict = await verifier.verify(ada.tenant)
    assert verdict.problems == ["Row 6 is missing."]
    assert verdict.number == 10


async def test_two_rows_that_were_swapped_are_named(ten, intruder, verifier, stores, ada):
    links = await stores.chain.find_links(ada.tenant, 5)
    rows = list(links.rows)
    rows[1], rows[2] = rows[2], rows[1]
    await intruder.replace_links(links, replace(links, rows=tuple(rows)))
    problems = (await verifier.verify(ada.tenant)).problems
    assert [problem[:6] for problem in problems] == ["Row 6 ", "Row 7 "]
    assert all("isn't the one that was chained there" in problem for problem in problems)


async def test_rows_that_have_each_others_number_are_named(ten, intruder, verifier, ada):
    sixth, seventh = await intruder.row(6), await intruder.row(7)
    await intruder.put(sixth, replace(sixth, number=7))
    await intruder.put(seventh, replace(seventh, number=6))
    problems = (await verifier.verify(ada.tenant)).problems
    assert [problem.rpartition("was ")[2] for problem in problems] == [
        "given number 7.",
        "given number 6.",
    ]


async def test_a_cut_off_tail_shows_by_the_logged_link(ten, intruder, verifier, stores, ada):
    last = await stores.chain.find_last(ada.tenant)
    for number in range(last.first, last.last + 1):
        await intruder.put(await intruder.row(number), None)
    await intruder.replace_links(last, None)
    assert (await verifier.verify(ada.tenant)).problems == []
    for how in ({"since": ten}, {"logged": [ten]}):
        verdict = await verifier.verify(ada.tenant, **how)
        assert verdict.number == 8
        assert verdict.problems == [f"Cut off after number 8: the log has number 10, {ten.link}."]


async def test_a_chain_that_is_gone_shows_by_the_logged_link(ten, intruder, verifier, stores, ada):
    while last := await stores.chain.find_last(ada.tenant):
        for number in range(last.first, last.last + 1):
            await intruder.put(await intruder.row(number), None)
        await intruder.replace_links(last, None)
    verdict = await verifier.verify(ada.tenant, ten)
    assert verdict.problems == [f"Cut off after number 0: the log has number 10, {ten.link}."]


async def test_a_tail_that_was_cut_off_and_grew_again_shows(
    ten, intruder, verifier, stores, ada, record, entry, chainer
):
    last = await stores.chain.find_last(ada.tenant)
    for number in range(last.first, last.last + 1):
        await intruder.put(await intruder.row(number), None)
    await intruder.replace_links(last, None)
    await record(*(entry for _ in range(6)))
    await chainer.chain(ada.tenant)
    assert (await verifier.verify(ada.tenant)).problems == []
    verdict = await verifier.verify(ada.tenant, logged=[ten])
    assert verdict.problems == ["Link 10 isn't the one that was logged."]
    assert "isn't the one" in (await verifier.verify(ada.tenant, since=ten)).problems[0]


async def test_links_that_are_missing_are_named(ten, intruder, verifier, stores, ada):
    middle = await stores.chain.find_links(ada.tenant, 5)
    await intruder.replace_links(middle, None)
    assert (await verifier.verify(ada.tenant)).problems[0] == "Links 5 to 8 are missing."


async def test_rows_whose_links_were_cut_off_show(ten, intruder, verifier, stores, ada):
    await intruder.replace_links(await stores.chain.find_last(ada.tenant), None)
    assert (await verifier.verify(ada.tenant)).problems == [
        "Links are missing: a row has number 9, and the chain ends at 8."
    ]


@pytest.mark.parametrize("number", [-1, 0, 3, 10])
async def test_a_row_that_was_given_a_number_in_the_past_is_named(
    ten, intruder, verifier, ada, number
):
    row = await intruder.row(6)
    forged = replace(row, id=RowId("forged"), at=row.at - timedelta(days=1), number=number)
    await intruder.put(None, forged)
    assert (await verifier.verify(ada.tenant)).problems == [
        f"Row forged has number {number}, but was never chained."
    ]


async def test_a_forged_row_is_named_before_and_after_it_was_chained(
    ten, stores, verifier, chainer, entry, ada, clock
):
    forger = Auditor(stores.audit, OTHER_KEY, clock, start=bool)
    await forger.write(replace(entry, key="forged"))
    waiting = await verifier.verify(ada.tenant)
    await chainer.chain(ada.tenant)
    chained = await verifier.verify(ada.tenant)
    assert waiting.problems == ["Row forged, not chained yet, wasn't written by this bot."]
    assert chained.problems == ["Row 11 (forged) was changed, or wasn't written by this bot."]


async def test_a_chain_that_was_made_under_another_key_is_refused(
    stores, record, entry, clock, verifier, ada
):
    await record(entry, entry)
    await Chainer(stores.chain, OTHER_KEY, stores.leases, clock).chain(ada.tenant)
    assert len((await verifier.verify(ada.tenant)).problems) == 2


async def test_links_that_were_added_beside_the_chain_are_named(ten, verifier, stores, ada):
    links = await stores.chain.find_last(ada.tenant)
    await stores.chain.add(replace(links, first=links.first - 1))
    assert "are there twice" in " ".join((await verifier.verify(ada.tenant)).problems)


async def test_a_row_of_another_tenant_fits_nowhere(ten, intruder, verifier, entry, namesake, ada):
    row = await intruder.row(6)
    stolen = replace(row, tenant=namesake.tenant)
    sealed = replace(row, proof=KEY.prove(stolen))
    await intruder.put(row, sealed)
    assert len((await verifier.verify(ada.tenant)).problems) == 1


async def test_walks_on_from_a_link_that_is_known(ten, intruder, verifier, stores, ada):
    links = await stores.chain.find_links(ada.tenant, 6)
    known = Known(6, links.links[6 - links.first])
    await intruder.put(await intruder.row(2), None)
    assert (await verifier.verify(ada.tenant, known)).problems == []
    await intruder.put(await intruder.row(7), None)
    verdict = await verifier.verify(ada.tenant, known)
    assert verdict.problems == ["Row 7 is missing."]
    assert verdict.at == (await intruder.row(10)).at
    assert len((await verifier.verify(ada.tenant)).problems) == 2


async def test_tells_of_so_many_problems_and_no_more(ten, intruder, ada, stores, monkeypatch):
    monkeypatch.setattr("bot.chain.MOST_PROBLEMS", 3)
    problems = (await Verifier(stores.chain, OTHER_KEY).verify(ada.tenant)).problems
    assert len(problems) == 4
    assert problems[-1] == "There is more, which isn't listed."


async def test_a_stolen_database_names_nobody(database, kept, clock, entry, ada):
    await Auditor(kept.audit, KEY, clock, start=bool).write(
        replace(entry, space=SpaceKey("~712020ada"))
    )
    rows = repr(await database.raw.audit_rows.find({"tenant": ada.tenant}).to_list(None))
    for name in (*SECRETS, ada.user_id, "U2BOB", "U3CY", "Cy", "712020"):
        assert name not in rows
    keys = await database.raw.person_keys.find({"tenant": ada.tenant}).to_list(None)
    assert {key["user_id"] for key in keys} == {ada.user_id, "U2BOB", "U3CY"}


def test_a_known_link_is_read_as_the_log_has_it():
    known = Known(12, Link("ab" * 32))
    assert Known.parse(f" 12:{'ab' * 32}\n") == known


@pytest.mark.parametrize(
    "text", ["", "12", "0:" + "ab" * 32, "-1:" + "ab" * 32, "x:y", "1:é", "²:" + "ab" * 32]
)
def test_anything_else_is_no_known_link(text):
    with pytest.raises(ValueError, match="as the log has them"):
        Known.parse(text)


async def test_what_ends_otherwise_is_recorded_so(auditor, stores, listed, entry, clock):
    works = []
    auditor = Auditor(stores.audit, KEY, clock, start=lambda work: works.append(work) or True)
    with pytest.raises(NotAllowed):
        async with auditor.around(entry):
            raise NotAllowed("no")
    await works.pop()
    ended, begun = sorted(await listed(), key=lambda row: row.id.endswith(".begun"))
    assert (begun.entry.outcome, begun.id) == (Outcome.BEGUN, f"{ended.id}.begun")
    assert (ended.entry.outcome, ended.entry.code) == (Outcome.REFUSED, "not_allowed")
