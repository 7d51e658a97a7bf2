"""Forgetting somebody: what is told first, what goes, what is cut off, and who hears of it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot import forgetting
from bot.chain import Chainer, Verifier
from bot.connection import organisation
from bot.content import PageId
from bot.dialog import Dialog, DialogId, Phase
from bot.document import Document
from bot.errors import Unavailable
from bot.forgetting import Forgetter
from bot.forgotten import KINDS, Ended, Forgotten, Written, WrittenPage, words_of
from bot.installation import SlackPerson
from bot.integration import NOBODY, Integration, Policy, Role
from bot.ports import DELETE_TENANT, DEPART, FORGET, Due
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile
from bot.profiles import ProfileBook
from bot.receipt import Act, Decision, DecisionId, Receipt, Stage
from bot.roles import Roles
from bot.task import TaskId
from bot.template import TemplateId, Version
from bot.trail import OPERATOR, Action, ChainKey, Entry, Wanted
from bot.uninstalled import ONCE_MORE, TenantEnd
from handlers.blocks import section
from sandbox.slack.blockkit import check_blocks
from store.preparation import SHAPES
from store.shape import People
from store.stores import memory_stores
from tests.bot.fakes_connect import installed
from tests.fakes import (
    ACME,
    ADA,
    BOB,
    CHAIN_KEY,
    ENG,
    LOVELACE,
    NOON,
    SYSTEM_PROFILE,
    FakeClock,
    FakeConsentServer,
    FakeSlackPeople,
    FakeVoice,
    auditor,
    connection,
)

HOME = ADA.tenant
CY = Principal(HOME, "U0CY")


@dataclass
class Scene:
    """A tenant in which Ada works, Bob is an admin, and Cy too."""

    clock: FakeClock = field(default_factory=FakeClock)
    consent: FakeConsentServer = field(default_factory=FakeConsentServer)
    people: FakeSlackPeople = field(default_factory=FakeSlackPeople)
    voice: FakeVoice = field(default_factory=FakeVoice)
    refreshed: list = field(default_factory=list)
    profile: AuthorizationProfile = SYSTEM_PROFILE

    def __post_init__(self):
        self.stores = memory_stores(self.clock)
        self.auditor = auditor(self.stores.audit)
        self.forgetting = self.stores.forgetting
        self.people.people = {
            "U0ADA": SlackPerson("U0ADA", "Ada", HOME),
            "U0BOB": SlackPerson("U0BOB", "Bob", HOME, is_admin=True),
            "U0CY": SlackPerson("U0CY", "Cy", HOME, is_admin=True),
        }

    @property
    def forgetter(self):
        stores = self.stores
        roles = Roles(stores.integrations, self.people, stores.installations.find)

        async def refresh(principal):
            self.refreshed.append(principal)

        return Forgetter(
            forgetting.Stores(
                self.forgetting,
                stores.connections,
                stores.preferences,
                stores.integrations,
                stores.installations,
                stores.due,
                ProfileBook(self.profile, stores.profiles),
            ),
            forgetting.Aides(
                self.consent,
                self.people,
                self.voice,
                self.auditor,
                roles,
                stores.installations.find,
                refresh,
            ),
            self.clock,
        )

    async def due(self, kind, **later):
        now = self.clock() + timedelta(**(later or {"days": 365}))
        return list(await self.stores.due.list_due(kind, now, 99))

    async def run(self, errand, kind):
        """Do what is due now, as the runner does."""
        for due in await self.due(kind, seconds=0):
            await self.stores.due.replace(due, await errand(due))

    async def wrote(self, number, *, who=ADA, stage=Stage.DONE, undone=False):
        receipt = receipt_of(number, who, stage, undone=undone)
        await self.stores.receipts.claim(receipt)
        entry = Entry.by(who, Action.PUBLISH, "Ada").under(connection(who))
        entry = entry.on(ACME, ENG, PageId(str(number))).of("page", f"Page {number}")
        self.auditor.record(entry)
        if undone:
            self.auditor.record(replace(entry, action=Action.UNDO))

    async def rows(self):
        return [each async for each in self.auditor.list_newest(HOME)]


def receipt_of(number, who=ADA, stage=Stage.DONE, *, undone=False):
    at = NOON + timedelta(seconds=number)
    decision = Decision(
        DecisionId(f"d{number}"), Act.PUBLISH, who, "system", LOVELACE, ACME, ENG,
        f"Page {number}", Document(),
    )  # fmt: skip
    url = f"{ACME.url}/wiki/pages/{number}"
    undone_at = at if undone else None
    page = PageId(str(number))
    return Receipt(
        decision, stage, at, at, page_id=page, page_url=url, told=True, undone_at=undone_at
    )


def dialog_of(who, phase):
    return Dialog(
        DialogId("g1"), who, TaskId("t1"), "note", "Note", TemplateId("note"), Version("1.0.0"),
        NOON, NOON, NOON + timedelta(days=30), NOON, phase=phase, confirmed_at=NOON,
    )  # fmt: skip


def lent(owner):
    return replace(connection(organisation(HOME)), name="For all", owner=owner)


@pytest.fixture
async def scene():
    scene = Scene()
    await scene.stores.installations.save(installed(HOME), by=CY.user_id)
    await scene.stores.connections.save(connection())
    await scene.stores.preferences.choose_site(ADA, ACME.cloud_id)
    return scene


class TestOneself:
    async def test_is_deleted_and_counted(self, scene):
        await scene.wrote(1)
        forgotten = await scene.forgetter.ask(ADA, ADA)
        counts = {"connections": 1, "preferences": 1, "receipts": 1, "person_keys": 1}
        assert {name: number for name, number in forgotten.counts.items() if number} == counts
        assert await scene.stores.forgetting.count(ADA) == {}
        assert await scene.due(FORGET) == []
        assert scene.refreshed == [ADA]
        assert (HOME, "U0ADA") in scene.people.forgotten

    async def test_the_server_is_told_before_anything_is_deleted(self, scene):
        scene.profile = replace(SYSTEM_PROFILE, revocation_url="https://auth.example/revoke")
        seen = []

        async def revoke(profile, grant):
            seen.append(await scene.stores.connections.find(ADA, profile.id))
            return True

        scene.consent.revoke = revoke
        forgotten = await scene.forgetter.ask(ADA, ADA)
        assert seen == [connection()]
        assert [each.is_told for each in forgotten.ended] == [True]

    async def test_a_server_that_is_silent_holds_nothing_up(self, scene):
        async def revoke(profile, grant):
            raise Unavailable("the server")

        scene.consent.revoke = revoke
        forgotten = await scene.forgetter.ask(ADA, ADA)
        assert [each.is_told for each in forgotten.ended] == [False]
        assert await scene.stores.connections.find(ADA, "system") is None

    async def test_pages_are_named_the_newest_first_and_counted(self, scene):
        for number in range(25):
            await scene.wrote(number)
        await scene.wrote(99, undone=True)
        await scene.wrote(100, who=BOB)
        written = (await scene.forgetter.ask(ADA, ADA)).written
        assert written.number == 25
        assert len(written.newest) == 20
        assert {each.url for each in written.newest} <= {
            f"{ACME.url}/wiki/pages/{number}" for number in range(25)
        }

    async def test_a_page_of_which_only_the_audit_tells_has_a_link_too(self, scene):
        entry = Entry.by(ADA, Action.APPEND).under(connection())
        scene.auditor.record(entry.on(ACME, ENG, PageId("7")).of("page", "Old"))
        written = (await scene.forgetter.look(ADA)).written
        url = f"{ACME.url}/wiki/pages/viewpage.action?pageId=7"
        assert written == Written((WrittenPage("Old", url),), 1)

    async def test_looking_changes_nothing(self, scene):
        before = await scene.stores.forgetting.count(ADA)
        traces = await scene.forgetter.look(ADA)
        assert traces.counts == before
        assert traces.accounts == ("Ada Lovelace",)
        assert await scene.stores.forgetting.count(ADA) == before

    async def test_the_audit_says_forgotten_and_its_chain_is_whole(self, scene):
        await scene.wrote(1)
        key = ChainKey(SecretStr(CHAIN_KEY))
        chainer = Chainer(scene.stores.chain, key, scene.stores.leases, scene.clock)
        await chainer.chain(HOME)
        await scene.forgetter.ask(ADA, ADA)
        await chainer.chain(HOME)
        rows = await scene.rows()
        assert {row.entry.action for row in rows} == {Action.PUBLISH, Action.FORGET}
        assert all(row.entry.actor is None and "actor" in row.forgotten for row in rows)
        verdict = await Verifier(scene.stores.chain, key).verify(HOME)
        assert not verdict.problems
        assert verdict.number == 2

    async def test_whoever_comes_back_begins_as_new(self, scene):
        await scene.wrote(1)
        await scene.forgetter.ask(ADA, ADA)
        await scene.stores.connections.save(connection())
        traces = await scene.forgetter.look(ADA)
        assert traces.counts == {"connections": 1}
        assert traces.written == Written()


class TestWhatIsUnderWay:
    async def test_is_waited_for_and_nothing_new_can_begin(self, scene):
        await scene.wrote(1, stage=Stage.SENDING)
        assert await scene.forgetter.ask(ADA, ADA) is None
        assert await scene.stores.connections.find(ADA, "system") is not None
        scene.clock.pass_by(minutes=1)
        await scene.run(scene.forgetter.go_on, FORGET)
        assert await scene.stores.connections.find(ADA, "system") is not None
        assert len(await scene.due(FORGET)) == 1

    async def test_and_settled_it_goes_with_a_message(self, scene):
        await scene.wrote(1, stage=Stage.SENDING)
        await scene.forgetter.ask(ADA, ADA)
        seen = receipt_of(1, stage=Stage.SENDING)
        await scene.stores.receipts.replace(seen, replace(seen, stage=Stage.DONE))
        scene.clock.pass_by(minutes=1)
        await scene.run(scene.forgetter.go_on, FORGET)
        assert await scene.stores.forgetting.count(ADA) == {}
        assert await scene.due(FORGET) == []
        [told] = scene.voice.said
        assert told.principal == ADA
        assert "You are forgotten" in told.text

    async def test_a_run_is_waited_for_too_and_nothing_of_it_is_left(self, scene):
        running = dialog_of(ADA, Phase.RUNNING)
        await scene.stores.dialogs.begin(running)
        assert (await scene.forgetter.look(ADA)).is_writing
        assert await scene.forgetter.ask(ADA, ADA) is None
        assert await scene.stores.connections.find(ADA, "system") is not None
        await scene.stores.dialogs.replace(running, replace(running, phase=Phase.UNCLEAR))
        scene.clock.pass_by(minutes=1)
        await scene.run(scene.forgetter.go_on, FORGET)
        assert await scene.stores.forgetting.count(ADA) == {}
        assert await scene.due(FORGET) == []


class CutOff:
    """Goes silent at the last step, so many times."""

    def __init__(self, stores, times):
        self._forgetting = stores.forgetting
        self.times = times

    def __getattr__(self, name):
        return getattr(self._forgetting, name)

    async def forget(self, principal, heir=""):
        if self.times:
            self.times -= 1
            raise Unavailable("the database")
        return await self._forgetting.forget(principal, heir)


class TestCutOffInTheMiddle:
    async def test_it_goes_on_by_itself_and_says_so(self, scene):
        scene.forgetting = CutOff(scene.stores, 1)
        assert await scene.forgetter.ask(ADA, ADA) is None
        assert await scene.stores.connections.find(ADA, "system") is None
        assert await scene.stores.forgetting.count(ADA) != {}
        scene.clock.pass_by(minutes=2)
        await scene.run(scene.forgetter.go_on, FORGET)
        assert await scene.stores.forgetting.count(ADA) == {}
        assert await scene.due(FORGET) == []
        [told] = scene.voice.said
        assert "cut off once" in repr(told.blocks)

    async def test_what_could_not_begin_deletes_nothing(self, scene):
        await scene.stores.connections.save(lent(ADA.user_id))

        async def silent(*_, **__):
            raise Unavailable("Slack")

        scene.people.get = silent
        with pytest.raises(Unavailable):
            await scene.forgetter.ask(ADA, ADA)
        assert await scene.stores.connections.find(ADA, "system") is not None
        assert await scene.due(FORGET) == []


class TestByAnAdmin:
    async def test_the_person_is_told_with_links_and_by_whom(self, scene):
        await scene.wrote(1)
        await scene.forgetter.ask(ADA, BOB)
        [told] = scene.voice.said
        assert told.principal == ADA
        assert "<@U0BOB>" in told.text
        assert f"{ACME.url}/wiki/pages/1" in repr(told.blocks)

    async def test_somebody_who_can_not_be_told_is_forgotten_all_the_same(self, scene):
        scene.voice.fails = Unavailable("Slack")
        assert await scene.forgetter.ask(ADA, BOB) is not None
        assert await scene.stores.forgetting.count(ADA) == {}

    async def test_the_admin_reads_of_no_page_in_a_late_receipt(self, scene):
        await scene.wrote(1, stage=Stage.SENDING)
        await scene.forgetter.ask(ADA, BOB)
        seen = receipt_of(1, stage=Stage.SENDING)
        await scene.stores.receipts.replace(seen, replace(seen, stage=Stage.DONE))
        scene.clock.pass_by(minutes=1)
        await scene.run(scene.forgetter.go_on, FORGET)
        [admin] = [each for each in scene.voice.said if each.principal == BOB]
        assert "Page 1" not in repr(admin)
        assert "1 page was" in repr(admin)

    async def test_the_audit_keeps_the_admin(self, scene):
        await scene.forgetter.ask(ADA, BOB)
        [row] = await scene.rows()
        assert row.entry.actor.user_id == "U0BOB"
        assert row.forgotten == {"subject"}


class TestWhatIsTheOrganisations:
    async def test_its_connection_goes_to_the_admin_who_asks(self, scene):
        await scene.stores.connections.save(lent(ADA.user_id))
        forgotten = await scene.forgetter.ask(ADA, BOB)
        found = await scene.stores.connections.find(organisation(HOME), "system")
        assert found == lent("U0BOB")
        assert (forgotten.owned, forgotten.heir) == (("For all",), "U0BOB")
        assert {each.principal for each in scene.voice.said} == {ADA}

    async def test_or_to_the_one_who_installed_us_who_is_told(self, scene):
        await scene.stores.connections.save(lent(ADA.user_id))
        forgotten = await scene.forgetter.ask(ADA, ADA)
        assert forgotten.heir == "U0CY"
        [told] = scene.voice.said
        assert told.principal == CY
        assert "For all" in told.text

    async def test_never_to_somebody_who_is_no_admin(self, scene):
        await scene.stores.connections.save(lent(ADA.user_id))
        scene.people.people["U0CY"] = SlackPerson("U0CY", "Cy", HOME)
        forgotten = await scene.forgetter.ask(ADA, ADA)
        assert forgotten.heir == ""
        found = await scene.stores.connections.find(organisation(HOME), "system")
        assert found == lent("")

    async def test_somebody_elses_stays_theirs(self, scene):
        await scene.stores.connections.save(lent("U0BOB"))
        forgotten = await scene.forgetter.ask(ADA, CY)
        assert (forgotten.owned, forgotten.heir) == ((), "")
        found = await scene.stores.connections.find(organisation(HOME), "system")
        assert found == lent("U0BOB")

    async def test_a_role_that_was_theirs_alone_opens_to_nobody(self, scene):
        policy = Policy(roles=((Role.WRITE, ("U0ADA",)), (Role.PUBLISH, ("U0ADA", "U0BOB"))))
        await scene.stores.integrations.replace(Integration(HOME), Integration(HOME, policy=policy))
        forgotten = await scene.forgetter.ask(ADA, ADA)
        assert forgotten.closed == (Role.WRITE,)
        kept = (await scene.stores.integrations.find(HOME)).policy
        assert kept.roles == ((Role.WRITE, (NOBODY,)), (Role.PUBLISH, ("U0BOB",)))


class TestWhoHasLeft:
    @pytest.fixture(autouse=True)
    def gone(self, scene):
        scene.people.people["U0ADA"] = SlackPerson("U0ADA", "Ada", HOME, is_deleted=True)

    async def test_loses_connection_and_choices_and_keeps_the_record(self, scene):
        await scene.wrote(1)
        await scene.forgetter.departed(ADA)
        await scene.run(scene.forgetter.see_off, DEPART)
        assert await scene.stores.connections.list_of(ADA) == []
        assert scene.consent.revoked == [("system", connection().grant)]
        assert set(await scene.stores.forgetting.count(ADA)) == {"receipts", "person_keys"}
        [row] = [each for each in await scene.rows() if each.entry.action == Action.REVOKE]
        assert row.entry.subject.user_id == "U0ADA"
        assert await scene.due(DEPART) == []

    async def test_twice_is_as_once(self, scene):
        for _ in range(2):
            await scene.forgetter.departed(ADA)
            await scene.run(scene.forgetter.see_off, DEPART)
        assert len(scene.consent.revoked) == 1

    async def test_whoever_is_back_by_then_loses_nothing(self, scene):
        await scene.forgetter.departed(ADA)
        scene.people.people["U0ADA"] = SlackPerson("U0ADA", "Ada", HOME)
        await scene.run(scene.forgetter.see_off, DEPART)
        assert await scene.stores.connections.list_of(ADA) == [connection()]

    async def test_the_organisations_connection_goes_on_and_admins_are_told(self, scene):
        await scene.stores.connections.save(lent(ADA.user_id))
        await scene.forgetter.departed(ADA)
        await scene.run(scene.forgetter.see_off, DEPART)
        found = await scene.stores.connections.find(organisation(HOME), "system")
        assert found == lent(ADA.user_id)
        [told] = scene.voice.said
        assert told.principal == CY
        assert "<@U0ADA> has left" in told.text

    async def test_can_be_forgotten_all_the_same(self, scene):
        await scene.wrote(1)
        await scene.forgetter.ask(ADA, BOB)
        assert await scene.stores.forgetting.count(ADA) == {}


class TestTheEndOfATenant:
    @pytest.fixture
    def end(self, scene):
        stores = scene.stores
        return TenantEnd(
            stores.forgetting,
            stores.installations,
            stores.connections,
            stores.due,
            revoking=(scene.consent, ProfileBook(scene.profile, stores.profiles)),
            auditor=scene.auditor,
            clock=scene.clock,
            after=timedelta(days=30),
        )

    async def uninstall(self, scene, end):
        await end.uninstalled(HOME, scene.clock())
        scene.clock.pass_by(seconds=1)
        await scene.stores.installations.remove(HOME, before=scene.clock())

    async def test_comes_after_its_time_and_not_before(self, scene, end):
        await self.uninstall(scene, end)
        scene.clock.pass_by(days=29)
        await scene.run(end.delete, DELETE_TENANT)
        assert await scene.stores.connections.find(ADA, "system") is not None
        scene.clock.pass_by(days=1)
        await scene.run(end.delete, DELETE_TENANT)
        assert await scene.stores.forgetting.count(ADA) == {}
        assert scene.consent.revoked == [("system", connection().grant)]

    async def test_is_looked_at_once_more_and_recorded_once(self, scene, end):
        await self.uninstall(scene, end)
        scene.clock.pass_by(days=30)
        await scene.run(end.delete, DELETE_TENANT)
        await scene.stores.preferences.choose_site(ADA, ACME.cloud_id)
        scene.clock.pass_by(seconds=ONCE_MORE.total_seconds())
        await scene.run(end.delete, DELETE_TENANT)
        assert await scene.stores.forgetting.count(ADA) == {}
        scene.clock.pass_by(seconds=ONCE_MORE.total_seconds())
        await scene.run(end.delete, DELETE_TENANT)
        assert await scene.due(DELETE_TENANT) == []
        rows = [each async for each in scene.stores.audit.list_newest(OPERATOR, Wanted())]
        assert [(row.entry.action, row.entry.title) for row in rows] == [
            (Action.DELETE_TENANT, HOME)
        ]

    async def test_is_taken_back_by_installing_again(self, scene, end):
        await self.uninstall(scene, end)
        again = installed(HOME, installed_at=scene.clock())
        await scene.stores.installations.save(again)
        await end.installed(again)
        assert await scene.due(DELETE_TENANT) == []

    async def test_never_comes_to_whoever_is_installed_whatever_is_due(self, scene, end):
        await scene.stores.due.add(Due(DELETE_TENANT, HOME, HOME, scene.clock()))
        await scene.run(end.delete, DELETE_TENANT)
        assert await scene.stores.connections.find(ADA, "system") is not None
        assert await scene.due(DELETE_TENANT) == []

    async def test_takes_nothing_from_another(self, scene, end):
        theirs = Principal(Tenant("T0OTHER"), "U0ADA")
        await scene.stores.connections.save(connection(theirs))
        await self.uninstall(scene, end)
        scene.clock.pass_by(days=30)
        await scene.run(end.delete, DELETE_TENANT)
        assert await scene.stores.connections.find(theirs, "system") == connection(theirs)


class TestWords:
    def test_every_collection_that_holds_people_has_a_name(self):
        holding = {shape.name for shape in SHAPES if shape.people in {People.OWN, People.NAMED}}
        assert holding == KINDS.keys()

    names = st.text(max_size=400)
    urls = st.text("ab&<>|*", max_size=1_200).map("https://a.example/".__add__)

    @given(
        st.dictionaries(st.sampled_from(sorted(KINDS)), st.integers(0, 10**6)),
        st.lists(st.builds(WrittenPage, names, urls), max_size=20),
        st.lists(
            st.builds(Ended, names, names, st.booleans(), st.booleans(), st.booleans()), max_size=9
        ),
        st.booleans(),
    )
    def test_fit_into_a_message_whatever_they_hold(self, counts, pages, ended, links):
        written = Written(tuple(pages), len(pages) + 3)
        forgotten = Forgotten(
            counts, tuple(ended), written, ("For all",), "U0BOB", (Role.WRITE,), resumed=True
        )
        paragraphs = words_of(forgotten, links=links)
        assert all(len(each) <= 3_000 for each in paragraphs)
        assert check_blocks([section(each) for each in paragraphs], "message") == []
        if not links:
            assert "https://a.example" not in "".join(words_of(forgotten, links=links))
