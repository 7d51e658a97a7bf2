"""Whoever is forgotten is nowhere left, and nobody else loses anything by it."""

from dataclasses import replace

import pytest

from bot.connection import ORGANISATION
from bot.content import Account, AccountId, CloudId, SpaceId, SpaceKey
from bot.errors import SealBroken
from bot.integration import NOBODY, ChannelDefaults, Integration, Policy, Role
from bot.ports import DELETE_TENANT, FORGET, RUN, Due
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile
from bot.receipt import DecisionId, Stage
from bot.task import Audience
from bot.trail import Wanted
from store.forgetting import NAMED, MongoForgetting
from store.migrations import begin_reports
from store.preparation import SHAPES
from store.shape import People
from tests.store.test_wall import _snapshot
from tests.store.world import settle_in

ADMIN = "U2ADMIN"
SERVICE = Account(AccountId("712020:service"), "Service account")


def named_in(me):
    """What tells who somebody is."""
    return (me.ada.user_id, me.account.id, me.account.name, "Ada of Slack")


def lent(me, owner):
    whose = Principal(me.ada.tenant, ORGANISATION)
    return replace(me.connection, principal=whose, account=SERVICE, name="For all", owner=owner)


def channel(me):
    where = CloudId("c"), "Acme", SpaceId("1"), SpaceKey("ENG"), "Engineering"
    return ChannelDefaults(me.ada.tenant, "C1", *where, me.ada.user_id, me.now)


def profile(me, version=1):
    ours = me.ada.tenant, me.ada.user_id
    return AuthorizationProfile("p1", "Ours", version=version, tenant=ours[0], made_by=ours[1])


async def settle_everything(stores, me):
    """Store all that can be said of *me*, wherever something can be said."""
    await settle_in(stores, me)
    assert await stores.receipts.replace(me.receipt, replace(me.receipt, stage=Stage.DONE))
    tenant, user = me.ada.tenant, me.ada.user_id
    for version in (1, 2):
        await stores.profiles.add(profile(me, version))
    await stores.integrations.save_channel(channel(me))
    roles = ((Role.WRITE, (user,)), (Role.PUBLISH, (user, ADMIN)), (Role.ADMINISTER, (user,)))
    changed = Integration(tenant, policy=Policy(roles=roles))
    await stores.integrations.replace(Integration(tenant), changed)
    await stores.connections.save(lent(me, user))
    for kind, named in (("refresh", f"{user}/system"), ("remind", user), ("other", f"{user}X")):
        await stores.due.add(Due(kind, tenant, named, me.now))
    for kind in (FORGET, DELETE_TENANT):
        await stores.due.add(Due(kind, tenant, f"{user}/{ADMIN}", me.now))


async def everything_of(tenant, database, vault):
    """Every document of *tenant* by collection, what is sealed in it opened where it opens."""
    found = {}
    for shape in SHAPES:
        if not shape.is_tenants:
            continue
        documents = await database.raw[shape.name].find({"tenant": tenant}).to_list(None)
        found[shape.name] = [await _opened(shape, each, vault) for each in documents]
    return {name: documents for name, documents in found.items() if documents}


async def _opened(shape, document, vault):
    values = []
    for value in shape.sealed_values(document):
        try:
            values.append(await vault.open_bytes(value.binding, value.sealed))
        except SealBroken:
            values.append(b"")
    return repr(document) + repr(values)


class CutOff:
    """A database that ends a process *after* it has been at certain collections."""

    def __init__(self, database):
        self._database = database
        self.after = None

    def collection(self, shape):
        if self.after is not None and shape.name not in self.after:
            raise ConnectionError
        return self._database.collection(shape)


def without_sums(snapshot):
    """What is kept, but for the points: in memory, those of all tenants stand together."""
    return [each for each in snapshot if "Counter(" not in each]


class TestWhatIsDeclared:
    def test_every_collection_says_what_it_holds_of_people(self):
        silent = [shape.name for shape in SHAPES if shape.people is None]
        assert silent == [], "declare `people`: see store.shape.People"

    def test_what_is_somebodys_own_says_whose(self):
        for shape in SHAPES:
            assert (shape.people is People.OWN) == ("user_id" in shape.required), shape.name

    def test_whoever_is_named_anywhere_can_be_taken_out(self):
        named = {shape.name for shape in SHAPES if shape.people is People.NAMED}
        assert named == {shape.name for shape in NAMED}, "see store.forgetting"

    async def test_in_everything_that_holds_people_somebody_is_settled(
        self, kept, database, vault, world
    ):
        await settle_everything(kept, world)
        found = await everything_of(world.ada.tenant, database, vault)
        holding = {each.name for each in SHAPES if each.people in {People.OWN, People.NAMED}}
        assert holding <= found.keys(), "add the new collection to `settle_everything`"
        for name in holding - {"person_keys"}:
            assert any(world.ada.user_id in each for each in found[name]), name

    async def test_in_everything_that_is_a_tenants_something_is_settled(
        self, kept, database, vault, world
    ):
        await settle_everything(kept, world)
        found = await everything_of(world.ada.tenant, database, vault)
        tenants = {shape.name for shape in SHAPES if shape.is_tenants}
        assert tenants == found.keys(), "add the new collection to `settle_everything`"


class TestOnePerson:
    async def test_is_counted_and_then_gone(self, stores, world):
        await settle_everything(stores, world)
        counted = await stores.forgetting.count(world.ada)
        gone = await stores.forgetting.forget(world.ada, ADMIN)
        assert gone == counted
        assert gone["connections"] == 1
        assert gone["profiles"] == gone["pending_connections"] == 2
        assert await stores.forgetting.count(world.ada) == {}

    async def test_stands_nowhere_in_the_database_sealed_or_not(self, kept, database, vault, world):
        await settle_everything(kept, world)
        await kept.forgetting.forget(world.ada, ADMIN)
        kept_for_the_errand = f"{world.ada.user_id}/{ADMIN}", f"{world.ada.user_id}X"
        for name, documents in (await everything_of(world.ada.tenant, database, vault)).items():
            for document in documents:
                for word in kept_for_the_errand:
                    document = document.replace(word, "")  # noqa: PLW2901
                for word in named_in(world):
                    assert word not in document, name

    async def test_leaves_what_is_the_tenants(self, stores, world):
        await settle_everything(stores, world)
        await stores.forgetting.forget(world.ada, ADMIN)
        tenant = world.ada.tenant
        assert await stores.installations.find(tenant) == world.installation
        assert await stores.installations.find_installer(tenant) is None
        kept = await stores.profiles.find(tenant, "p1", 1)
        assert kept == replace(profile(world), made_by="")
        defaults = await stores.integrations.find_channel(tenant, "C1")
        assert defaults == replace(channel(world), set_by="")
        [organisations] = await stores.connections.list_of(Principal(tenant, ORGANISATION))
        assert organisations == lent(world, ADMIN)

    async def test_opens_to_nobody_what_was_theirs_alone(self, stores, world):
        await settle_everything(stores, world)
        await stores.forgetting.forget(world.ada)
        policy = (await stores.integrations.find(world.ada.tenant)).policy
        assert policy.members(Role.WRITE) == (NOBODY,)
        assert policy.members(Role.PUBLISH) == (ADMIN,)
        assert policy.members(Role.ADMINISTER) == ()

    async def test_is_forgotten_by_the_audit_too(self, stores, world):
        await settle_everything(stores, world)
        await stores.forgetting.forget(world.ada)
        [row] = [each async for each in stores.audit.list_newest(world.ada.tenant, Wanted())]
        assert row.entry.actor is None
        assert row.entry.account is None
        assert row.entry.subject is not None

    async def test_is_forgotten_once_more_without_harm(self, stores, world):
        await settle_everything(stores, world)
        await stores.forgetting.forget(world.ada)
        assert await stores.forgetting.forget(world.ada) == {}

    async def test_begins_anew_afterwards(self, stores, world):
        await settle_everything(stores, world)
        await stores.forgetting.forget(world.ada)
        await stores.connections.save(world.connection)
        assert await stores.connections.find(world.ada, world.profile) == world.connection
        assert (
            await stores.pending.find(world.ada.tenant, world.consent.step, world.consent.key)
            is None
        )

    async def test_keeps_a_receipt_that_is_under_way_with_what_settles_it(
        self, stores, world, clock
    ):
        await settle_in(stores, world)
        clock.advance(86_400)
        gone = await stores.forgetting.forget(world.ada)
        assert "receipts" not in gone
        assert await stores.receipts.find(world.ada, world.decision.id) == world.receipt
        due = await stores.due.list_due("settle", clock(), 99)
        assert world.due.id in {each.id for each in due if each.tenant == world.ada.tenant}

    async def test_what_is_due_for_a_namesakes_longer_id_stays(self, stores, world, clock):
        await settle_everything(stores, world)
        await stores.forgetting.forget(world.ada)
        due = await stores.due.list_due("other", clock(), 99)
        ids = {each.id for each in due if each.tenant == world.ada.tenant}
        assert f"{world.ada.user_id}X" in ids

    async def test_leaves_everybody_else_of_the_tenant_alone(self, stores, world):
        other = replace(world, ada=Principal(world.ada.tenant, "U9BOB"), number="2")
        await stores.connections.save(other.connection)
        await stores.drafts.save(other.draft)
        await stores.receipts.claim(other.receipt)
        await stores.preferences.choose_site(other.ada, CloudId("c"))
        before = await stores.forgetting.count(other.ada)
        await settle_everything(stores, world)
        await stores.forgetting.forget(world.ada)
        assert await stores.forgetting.count(other.ada) == before
        assert await stores.connections.find(other.ada, other.profile) == other.connection

    async def test_of_another_tenant_loses_nothing(self, stores, world, their_world, request):
        await settle_everything(stores, world)
        await settle_everything(stores, their_world)
        before = await _snapshot(stores, their_world.ada.tenant, request)
        await stores.forgetting.drop_unfinished(world.ada)
        await stores.forgetting.forget(world.ada, ADMIN)
        assert await _snapshot(stores, their_world.ada.tenant, request) == before


class TestWhatIsUnfinished:
    async def test_is_dropped_and_the_rest_stays(self, stores, world):
        await settle_in(stores, world)
        gone = await stores.forgetting.drop_unfinished(world.ada)
        assert gone == {"dialogs": 1, "drafts": 1, "pending_connections": 2, "parked_requests": 1}
        assert await stores.drafts.find(world.ada, world.draft.id) is None
        assert await stores.connections.find(world.ada, world.profile) == world.connection

    async def test_a_dialog_whose_run_is_under_way_stays_with_what_finishes_it(
        self, stores, world, clock
    ):
        await settle_in(stores, world)
        assert not await stores.forgetting.is_running(world.ada)
        assert await stores.dialogs.confirm(world.ada, world.dialog.id, world.dialog.plan.id)
        assert await stores.forgetting.is_running(world.ada)
        await stores.forgetting.drop_unfinished(world.ada)
        await stores.forgetting.forget(world.ada)
        assert await stores.dialogs.find(world.ada, world.dialog.id)
        clock.advance(60)
        assert world.dialog.id in str(await stores.due.list_due(RUN, clock(), 1000))

    async def test_a_task_for_others_stays_without_its_owner_and_ones_own_goes(self, stores, world):
        mine = replace(world.task, id="t9", word="mine", aliases=(), audience=Audience())
        await stores.tasks.add(world.task)
        await stores.tasks.add(mine)
        await stores.templates.add(world.template)
        await stores.forgetting.forget(world.ada, ADMIN)
        assert await stores.tasks.find(world.ada.tenant, mine.id) is None
        (left,) = await stores.tasks.list_all(world.ada.tenant)
        assert (left.owner, left.history[0].by) == ("", "")
        (template,) = await stores.templates.list_own(world.ada.tenant)
        assert (template.by, template.source) == ("", world.template.source)

    async def test_receipts_are_listed_whatever_their_number(self, stores, world):
        decisions = {DecisionId(f"d{number:03}") for number in range(230)}
        for each in decisions:
            decision = replace(world.decision, id=each)
            await stores.receipts.claim(replace(world.receipt, decision=decision))
        listed = [each.decision.id async for each in stores.forgetting.list_receipts(world.ada)]
        assert len(listed) == len(decisions)
        assert set(listed) == decisions


class TestATenant:
    async def test_goes_whole_but_for_what_is_due_for_its_end(self, kept, database, vault, world):
        await settle_everything(kept, world)
        await kept.forgetting.delete_tenant(world.ada.tenant)
        left = await everything_of(world.ada.tenant, database, vault)
        assert left.keys() == {"due_work"}
        [document] = left["due_work"]
        assert DELETE_TENANT in document

    async def test_is_counted_as_it_goes(self, stores, world):
        await settle_everything(stores, world)
        gone = await stores.forgetting.delete_tenant(world.ada.tenant)
        assert gone["connections"] == 2
        assert {"receipts", "audit_rows", "installations", "quota", "deliveries"} <= gone.keys()
        assert await stores.forgetting.delete_tenant(world.ada.tenant) == {}

    async def test_of_another_nothing_goes(self, stores, world, their_world, request):
        await settle_everything(stores, world)
        await settle_everything(stores, their_world)
        before = await _snapshot(stores, their_world.ada.tenant, request)
        await stores.forgetting.delete_tenant(world.ada.tenant)
        after = await _snapshot(stores, their_world.ada.tenant, request)
        assert without_sums(after) == without_sums(before)
        assert await stores.connections.find(their_world.ada, their_world.profile)

    async def test_cut_off_in_the_middle_leaves_nothing_that_can_be_read(
        self, kept, database, vault, world
    ):
        await settle_everything(kept, world)
        before = await everything_of(world.ada.tenant, database, vault)
        half = CutOff(database)
        forgetting = MongoForgetting(half, vault)
        half.after = {"data_keys", "person_keys"}
        with pytest.raises(ConnectionError):
            await forgetting.delete_tenant(world.ada.tenant)
        left = await everything_of(world.ada.tenant, database, vault)
        assert left.keys() == before.keys() - half.after
        await kept.forgetting.delete_tenant(world.ada.tenant)
        assert (await everything_of(world.ada.tenant, database, vault)).keys() == {"due_work"}


async def test_a_tenant_that_never_was_is_no_matter(stores):
    assert await stores.forgetting.delete_tenant(Tenant("T0NOBODY")) == {}


async def test_work_that_is_there_keeps_its_time(stores, world, clock):
    await stores.due.add(Due("mine", world.ada.tenant, "1", world.now))
    await stores.due.begin(Due("mine", world.ada.tenant, "1", world.soon))
    await stores.due.begin(Due("mine", world.ada.tenant, "2", world.now))
    due = await stores.due.list_due("mine", clock(), 99)
    assert {each.id for each in due if each.tenant == world.ada.tenant} == {"1", "2"}


async def test_an_account_can_be_called_anew(stores, world):
    await stores.connections.save(world.connection)
    anew = Account(world.account.id, "Ada King")
    assert await stores.connections.replace_account(world.connection, anew, world.soon)
    found = await stores.connections.find(world.ada, world.profile)
    assert found == replace(world.connection, account=anew, account_at=world.soon)
    again = replace(world.connection, connected_at=world.soon)
    assert not await stores.connections.replace_account(again, anew, world.soon)


async def test_accounts_that_were_connected_before_are_reported_too(kept, database, world):
    await kept.connections.save(world.connection)
    other = replace(world, ada=Principal(world.ada.tenant, "U9BOB"))
    await kept.connections.save(other.connection)
    begun = Due("report", world.ada.tenant, "custom", world.now)
    await kept.due.add(begun)
    await kept.connections.save(replace(world.connection, profile="custom"))
    for _ in range(2):
        await begin_reports(database)
    due = await kept.due.list_due("report", world.soon, 999)
    mine = {each.id: each.at for each in due if each.tenant == world.ada.tenant}
    assert mine.keys() == {"system", "custom"}
    assert mine["custom"] == world.now
