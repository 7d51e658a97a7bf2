"""Atlassian is told whose data is kept, and what it answers is done."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot import reporting
from bot.authorize import Authorizer, TokenRefused
from bot.connection import READ, organisation
from bot.content import Account, AccountId
from bot.document import Document
from bot.errors import Unavailable
from bot.ports import REPORT, Due, Judged
from bot.principal import Principal, Tenant
from bot.profile import Mechanism
from bot.profiles import ProfileBook
from bot.quota import BACKGROUND_SHARE, HOURLY, Quota
from bot.receipt import Act, Decision, DecisionId, Receipt, Stage
from bot.reporting import FIRST, MOST_REPORTED, UNDER_WAY, Reporter
from bot.trail import Action, Entry
from store.stores import memory_stores
from tests.fakes import (
    ACME,
    ADA,
    BOB,
    ENG,
    LOVELACE,
    NOON,
    SYSTEM_PROFILE,
    FakeClock,
    FakeConsentServer,
    FakeVoice,
    auditor,
    connection,
    issuers,
)

CYCLE = timedelta(days=5)
HOME = ADA.tenant


@dataclass
class Atlassian:
    """Answers what the test set, and remembers who reported what."""

    closed: set = field(default_factory=set)
    updated: set = field(default_factory=set)
    refuses: set = field(default_factory=set)
    fails: Exception | None = None
    reports: list = field(default_factory=list)
    names: dict = field(default_factory=dict)

    async def report(self, by, accounts):
        if by.principal.user_id in self.refuses:
            raise TokenRefused(by.profile)
        if self.fails:
            raise self.fails
        ids = {each.account for each in accounts}
        self.reports.append((by.principal.user_id, {each.account: each.at for each in accounts}))
        return Judged(frozenset(self.closed & ids), frozenset(self.updated & ids), CYCLE)

    async def fetch(self, by):
        return self.names[by.account.id]


class Scene:
    """A tenant whose people are connected, and its reporter."""

    def __init__(self):
        self.clock = FakeClock()
        self.stores = memory_stores(self.clock)
        self.atlassian = Atlassian()
        self.voice = FakeVoice()
        self.auditor = auditor(self.stores.audit)
        self.quota = Quota(self.stores.quota, self.clock)
        self.profile = SYSTEM_PROFILE
        self.consent = FakeConsentServer()

    @property
    def reporter(self):
        stores = self.stores
        book = ProfileBook(self.profile, stores.profiles)
        authorizer = Authorizer(
            stores.connections, issuers(self.consent), self.clock, self.clock.sleep
        )
        return Reporter(
            reporting.Stores(
                stores.connections, stores.receipts, stores.forgetting, stores.due, book
            ),
            reporting.Aides(self.atlassian, authorizer, self.quota, self.auditor, self.voice),
            self.clock,
        )

    async def connect(self, who, account, **changes):
        made = replace(connection(who), account=Account(AccountId(account), f"{account}'s name"))
        made = replace(made, **changes)
        await self.stores.connections.save(made)
        return made

    async def report(self):
        return await self.reporter.report(Due(REPORT, HOME, "system", self.clock()))


@pytest.fixture
def scene():
    return Scene()


async def test_every_account_is_reported_once_with_the_oldest_time(scene):
    await scene.connect(ADA, "ada")
    await scene.connect(BOB, "bob", connected_at=NOON + timedelta(days=1))
    later = NOON + timedelta(days=2)
    await scene.connect(organisation(HOME), "bob", connected_at=later, owner="U0BOB")
    await scene.connect(Principal(Tenant("T0OTHER"), "U0EVE"), "eve")
    assert await scene.report() == scene.clock() + CYCLE
    [(by, reported)] = scene.atlassian.reports
    assert by == "U0ADA"
    assert reported == {"ada": NOON, "bob": NOON + timedelta(days=1)}


async def test_many_are_reported_in_several(scene):
    for number in range(2 * MOST_REPORTED + 1):
        await scene.connect(Principal(HOME, f"U{number:03}"), f"a{number}")
    await scene.report()
    assert [len(each) for _, each in scene.atlassian.reports] == [90, 90, 1]


async def test_the_next_grant_reports_where_one_is_refused_or_may_not(scene):
    await scene.connect(ADA, "ada")
    await scene.connect(BOB, "bob", grant=replace(connection().grant, scopes=READ))
    cy = Principal(HOME, "U0AAA")
    narrow = replace(connection().grant, scopes=READ - {"report:personal-data"})
    await scene.connect(cy, "cy", grant=narrow)
    await scene.connect(Principal(HOME, "U0AAB"), "dot", ended_at=NOON)
    scene.atlassian.refuses = {"U0ADA"}
    scene.consent.renewals = [None]
    await scene.report()
    assert [by for by, _ in scene.atlassian.reports] == ["U0BOB"]
    assert len(scene.atlassian.reports[0][1]) == 4


async def test_where_no_grant_may_it_is_tried_a_cycle_later(scene):
    await scene.connect(ADA, "ada", ended_at=NOON)
    assert await scene.report() == scene.clock() + FIRST


async def test_an_ended_consent_of_which_nobody_can_ask_is_deleted_a_cycle_later(scene):
    await scene.connect(ADA, "ada", ended_at=NOON - FIRST)
    await scene.connect(BOB, "bob", ended_at=NOON - FIRST + timedelta(seconds=1))
    robot = organisation(HOME)
    await scene.connect(robot, "robot", ended_at=NOON - FIRST)
    await scene.report()
    left = {each.principal async for each in scene.stores.connections.list_all(HOME)}
    assert left == {BOB, robot}
    assert scene.voice.said == []


async def test_while_somebodys_grant_may_report_an_ended_consent_stays(scene):
    await scene.connect(ADA, "ada", ended_at=NOON - 2 * FIRST)
    await scene.connect(BOB, "bob")
    await scene.report()
    assert await scene.stores.connections.find(ADA, "system")


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "https://wiki.acme.example"},
        {"mechanism": Mechanism.CLIENT_CREDENTIALS},
    ],
)
async def test_only_consents_at_atlassian_are_reported(scene, changes):
    scene.profile = replace(SYSTEM_PROFILE, **changes)
    await scene.connect(ADA, "ada")
    assert await scene.report() is None
    assert scene.atlassian.reports == []


async def test_with_nobody_left_it_ends(scene):
    assert await scene.report() is None


async def test_it_begins_once_and_no_connection_puts_it_off(scene):
    await scene.reporter.connected(HOME, "system")
    scene.clock.pass_by(days=3)
    await scene.reporter.connected(HOME, "system")
    due = await scene.stores.due.list_due(REPORT, NOON + timedelta(days=99), 9)
    assert due == [Due(REPORT, HOME, "system", NOON + FIRST)]


async def test_an_updated_name_is_fetched_and_reported_with_its_time(scene):
    await scene.connect(ADA, "ada")
    scene.atlassian.updated = {"ada"}
    scene.atlassian.names = {"ada": Account(AccountId("ada"), "Ada King")}
    scene.clock.pass_by(minutes=9)
    await scene.report()
    kept = await scene.stores.connections.find(ADA, "system")
    assert (kept.account.name, kept.account_at) == ("Ada King", scene.clock())
    await scene.report()
    assert scene.atlassian.reports[-1][1] == {"ada": scene.clock()}


async def test_another_accounts_name_is_not_taken(scene):
    made = await scene.connect(ADA, "ada")
    scene.atlassian.updated = {"ada"}
    scene.atlassian.names = {"ada": Account(AccountId("bob"), "Bob")}
    await scene.report()
    assert await scene.stores.connections.find(ADA, "system") == made


class TestAClosedAccount:
    @pytest.fixture(autouse=True)
    async def closed(self, scene):
        await scene.connect(ADA, "ada")
        await scene.connect(BOB, "bob")
        scene.atlassian.closed = {"ada"}

    async def wrote(self, scene, account, stage=Stage.DONE, number="1"):
        whose = Account(AccountId(account), f"{account}'s name")
        decision = Decision(
            DecisionId(number), Act.PUBLISH, ADA, "system", whose, ACME, ENG, "Title", Document()
        )
        receipt = Receipt(decision, stage, NOON, NOON, told=True)
        await scene.stores.receipts.claim(receipt)
        return receipt

    async def test_is_deleted_with_its_name_and_its_person_is_told(self, scene):
        await self.wrote(scene, "ada")
        other = await self.wrote(scene, "another", number="2")
        await scene.report()
        assert await scene.stores.connections.find(ADA, "system") is None
        assert await scene.stores.connections.find(BOB, "system") is not None
        kept = await scene.stores.receipts.find(ADA, DecisionId("1"))
        assert kept.decision.account == Account(AccountId(""), "")
        assert kept.decision.title == "Title"
        assert await scene.stores.receipts.find(ADA, DecisionId("2")) == other
        [told] = scene.voice.said
        assert told.principal == ADA
        assert "closed" in told.text

    async def test_is_named_by_no_row_of_the_audit(self, scene):
        entry = Entry.by(ADA, Action.PUBLISH).under(connection())
        scene.auditor.record(replace(entry, account=LOVELACE))
        await scene.report()
        rows = [each async for each in scene.auditor.list_newest(HOME)]
        assert {row.entry.account for row in rows} == {None}

    async def test_is_waited_for_while_something_is_written_under_it(self, scene):
        await self.wrote(scene, "ada", Stage.SENDING)
        assert await scene.report() == scene.clock() + UNDER_WAY
        assert await scene.stores.connections.find(ADA, "system") is not None
        assert scene.voice.said == []

    async def test_of_the_organisation_is_told_to_its_owner(self, scene):
        await scene.connect(organisation(HOME), "robot", owner="U0BOB", name="For all")
        scene.atlassian.closed = {"robot"}
        await scene.report()
        assert await scene.stores.connections.find(organisation(HOME), "system") is None
        [told] = scene.voice.said
        assert told.principal == BOB


class TestTrouble:
    async def test_waits_as_long_as_atlassian_says(self, scene):
        await scene.connect(ADA, "ada")
        scene.atlassian.fails = Unavailable("Atlassian", retry_after=600)
        assert await scene.report() == scene.clock() + timedelta(seconds=600)

    async def test_is_tried_again_by_whoever_runs_it_where_nobody_says(self, scene):
        await scene.connect(ADA, "ada")
        scene.atlassian.fails = Unavailable("Atlassian")
        with pytest.raises(Unavailable):
            await scene.report()

    async def test_takes_no_points_that_people_need(self, scene):
        await scene.connect(ADA, "ada")
        scene.quota.learn("system", int(HOURLY * (1 - BACKGROUND_SHARE)) - 1)
        assert await scene.report() > scene.clock()
        assert scene.atlassian.reports == []
