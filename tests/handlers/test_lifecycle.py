"""What Slack tells of the app, its people and its channels, in any order and late."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.errors import Unavailable
from bot.installation import Installation, SlackPerson
from bot.principal import Principal, Tenant
from handlers.ask import Ask
from handlers.lifecycle import Hearers, Lifecycle, LifecycleParts
from handlers.tenants import ABSENT_FOR, FRESH_FOR, Tenants
from store.memory.installations import MemoryInstallations
from tests.bot.test_rotation import FakeSlackInstalls
from tests.fakes import NOON, FakeClock, FakeSlackPeople

ACME = Tenant("T0ACME")
LATER = NOON + timedelta(minutes=1)


@dataclass
class Scene:
    """One tenant, and everybody who hears of it."""

    clock: FakeClock = field(default_factory=FakeClock)
    people: FakeSlackPeople = field(default_factory=FakeSlackPeople)
    uninstalled: list = field(default_factory=list)
    left: list = field(default_factory=list)
    moved: list = field(default_factory=list)
    fails: bool = False

    def __post_init__(self):
        self.stored = MemoryInstallations(self.clock)
        self.tenants = Tenants(self.stored, self.clock)
        self.slack = FakeSlackInstalls(self.clock)
        hearers = Hearers((self.hear_uninstalled,), (self.hear_left,), (self.hear_moved,))
        self.lifecycle = Lifecycle(
            LifecycleParts(self.stored, self.tenants, self.people, self.slack, hearers)
        )
        self.listeners = {each.name: each.listener for each in self.lifecycle.routes()}

    async def hear_uninstalled(self, tenant, at):
        if self.fails:
            raise Unavailable("the database")
        self.uninstalled.append((tenant, at))

    async def hear_left(self, principal):
        self.left.append(principal)

    async def hear_moved(self, tenant, old, new):
        self.moved.append((tenant, old, new))

    async def tell(self, kind, at=LATER, tenant=ACME, **event):
        principal = Principal(tenant, "")
        ask = Ask(principal, "c", event={"type": kind, **event}, event_time=int(at.timestamp()))
        await self.listeners[kind](ask)

    async def found(self, tenant=ACME):
        return await self.stored.find(tenant)


def installation(**changed):
    return replace(
        Installation(
            ACME, "T0ACME", None, "Acme", SecretStr("xoxb-0"), "B1", "UBOT", "A1", frozenset(), NOON
        ),
        **changed,
    )


@pytest.fixture
async def scene():
    scene = Scene()
    await scene.stored.save(installation(), by="U1")
    return scene


REVOKED = {"tokens": {"bot": ["UBOT"], "oauth": []}}


class TestTheEnd:
    async def test_an_uninstalled_app_is_forgotten_and_its_end_is_told(self, scene):
        await scene.tenants.get(ACME)
        await scene.tell("app_uninstalled")
        assert await scene.found() is None
        assert await scene.tenants.get(ACME) is None
        assert scene.uninstalled == [(ACME, LATER)]

    async def test_so_is_one_whose_tokens_are_revoked(self, scene):
        await scene.tell("tokens_revoked", **REVOKED)
        assert await scene.found() is None
        assert scene.uninstalled == [(ACME, LATER)]

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    async def test_both_may_come_in_any_order_and_twice(self, scene, order):
        events = (("app_uninstalled", {}), ("tokens_revoked", REVOKED))
        for number in (*order, *order):
            kind, event = events[number]
            await scene.tell(kind, **event)
        assert await scene.found() is None
        assert scene.uninstalled == [(ACME, LATER)]

    @pytest.mark.parametrize(
        ("kind", "event"), [("app_uninstalled", {}), ("tokens_revoked", REVOKED)]
    )
    @pytest.mark.parametrize("earlier", [0, 1, 3600])
    async def test_a_late_one_leaves_a_newer_installation(self, scene, kind, event, earlier):
        await scene.tell(kind, at=NOON - timedelta(seconds=earlier), **event)
        assert await scene.found() == installation()
        assert scene.uninstalled == []

    async def test_where_telling_fails_it_is_still_there_to_be_told_of_again(self, scene):
        scene.fails = True
        with pytest.raises(Unavailable):
            await scene.tell("app_uninstalled")
        assert await scene.found() is not None
        scene.fails = False
        await scene.tell("app_uninstalled")
        assert await scene.found() is None
        assert scene.uninstalled == [(ACME, LATER)]

    @pytest.mark.parametrize(
        "tokens",
        [
            None,
            [],
            {},
            {"bot": []},
            {"bot": ["U1"]},
            {"oauth": ["UBOT"]},
            {"bot": "UBOT"},
            {"bot": [None, {"id": "UBOT"}]},
        ],
    )
    async def test_somebody_elses_tokens_are_no_end(self, scene, tokens):
        await scene.tell("tokens_revoked", tokens=tokens)
        assert await scene.found() is not None

    @pytest.mark.parametrize("is_good", [True, False])
    async def test_of_a_token_that_rotates_an_older_one_may_be_meant(self, scene, is_good):
        async def asked(_installation):
            return is_good

        scene.slack.is_good = asked
        rotating = installation(
            refresh_token=SecretStr("xoxe-0"), token_expires_at=NOON + timedelta(hours=12)
        )
        await scene.stored.save(rotating)
        await scene.tell("tokens_revoked", **REVOKED)
        assert (await scene.found() is not None) is is_good

    @pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
    @pytest.mark.parametrize("is_good", [True, False])
    async def test_of_an_organisation_one_workspace_may_be_meant(self, scene, kind, is_good):
        async def asked(_installation):
            return is_good

        scene.slack.is_good = asked
        globe = Tenant("E0GLOBE")
        await scene.stored.save(installation(tenant=globe, team_id=None, enterprise_id="E0GLOBE"))
        await scene.tell(kind, tenant=globe, **REVOKED)
        assert (await scene.found(globe) is not None) is is_good
        assert scene.uninstalled == ([] if is_good else [(globe, LATER)])


class TestPeople:
    @pytest.fixture(autouse=True)
    def known(self, scene):
        scene.people.people["U1"] = SlackPerson("U1", "Ada", "T0ACME")

    @pytest.mark.parametrize("kind", ["user_change", "team_join"])
    async def test_who_changes_is_looked_at_anew(self, scene, kind):
        await scene.tell(kind, user={"id": "U1", "deleted": False})
        assert scene.people.forgotten == [(ACME, "U1")]
        assert scene.left == []
        assert scene.people.asked == []

    async def test_who_is_deactivated_leaves(self, scene):
        scene.people.people["U1"] = SlackPerson("U1", "Ada", "T0ACME", is_deleted=True)
        await scene.tell("user_change", user={"id": "U1", "deleted": True})
        assert scene.left == [Principal(ACME, "U1")]

    async def test_so_does_whom_slack_knows_no_more(self, scene):
        await scene.tell("user_change", user={"id": "U2", "deleted": True})
        assert scene.left == [Principal(ACME, "U2")]

    async def test_who_is_back_by_the_time_that_it_comes_has_not_left(self, scene):
        await scene.tell("user_change", user={"id": "U1", "deleted": True})
        assert scene.left == []

    async def test_where_slack_is_silent_it_comes_again(self, scene):
        async def silent(*_args, **_named):
            raise Unavailable("Slack")

        scene.people.get = silent
        with pytest.raises(Unavailable):
            await scene.tell("user_change", user={"id": "U1", "deleted": True})
        assert scene.left == []

    @pytest.mark.parametrize("user", [None, "U1", [], {}, {"id": 1}, {"id": None, "deleted": True}])
    async def test_what_is_nobody_is_passed_over(self, scene, user):
        await scene.tell("user_change", user=user)
        assert scene.left == []

    async def test_a_tenant_that_is_gone_has_nobody_to_see_off(self, scene):
        await scene.tell("user_change", tenant=Tenant("T0GONE"), user={"id": "U1", "deleted": True})
        assert scene.left == []


class TestChannels:
    async def test_a_moved_channel_is_passed_on(self, scene):
        await scene.tell("channel_id_changed", old_channel_id="G1", new_channel_id="C1")
        assert scene.moved == [(ACME, "G1", "C1")]

    @pytest.mark.parametrize("event", [{}, {"old_channel_id": "G1"}, {"new_channel_id": ["C1"]}])
    async def test_half_of_it_is_not(self, scene, event):
        await scene.tell("channel_id_changed", **event)
        assert scene.moved == []


class TestAccess:
    GLOBE = Tenant("E0GLOBE")

    @pytest.fixture
    async def globe(self, scene):
        await scene.stored.save(
            installation(tenant=self.GLOBE, team_id=None, enterprise_id="E0GLOBE")
        )
        return scene

    async def test_what_is_taken_from_a_workspace_is_taken_and_given_back(self, globe):
        await globe.tell("team_access_revoked", tenant=self.GLOBE, team_ids=["T1A", "T2B"])
        assert (await globe.found(self.GLOBE)).barred == {"T1A", "T2B"}
        later = LATER + timedelta(seconds=1)
        await globe.tell("team_access_granted", later, self.GLOBE, team_ids=["T1A"])
        assert (await globe.found(self.GLOBE)).barred == {"T2B"}

    async def test_a_late_one_changes_nothing(self, globe):
        await globe.tell("team_access_granted", LATER, self.GLOBE, team_ids=["T1A"])
        earlier = LATER - timedelta(seconds=1)
        await globe.tell("team_access_revoked", earlier, self.GLOBE, team_ids=["T1A"])
        await globe.tell("team_access_revoked", NOON, self.GLOBE, team_ids=["T2B"])
        assert (await globe.found(self.GLOBE)).barred == set()

    @pytest.mark.parametrize("ids", [None, "T1A", {}, [None, 1, {}], ["T1.A", "$set"]])
    async def test_what_names_no_workspace_is_passed_over(self, globe, ids):
        await globe.tell("team_access_revoked", tenant=self.GLOBE, team_ids=ids)
        assert (await globe.found(self.GLOBE)).barred == set()


class TestTenants:
    async def test_an_install_through_another_replica_is_seen_within_seconds(self, scene):
        other = Tenant("T0OTHER")
        assert await scene.tenants.get(other) is None
        await scene.stored.save(installation(tenant=other, team_id="T0OTHER"))
        scene.clock.now += ABSENT_FOR
        assert await scene.tenants.get(other) is not None

    async def test_one_through_this_replica_is_seen_at_once(self, scene):
        other = installation(tenant=Tenant("T0OTHER"), team_id="T0OTHER")
        assert await scene.tenants.get(other.tenant) is None
        await scene.stored.save(other)
        await scene.tenants.installed(other)
        assert await scene.tenants.get(other.tenant) == other

    async def test_what_is_there_is_asked_for_twice_a_minute(self, scene):
        await scene.tenants.get(ACME)
        await scene.stored.remove(ACME, before=LATER)
        assert await scene.tenants.get(ACME) is not None
        scene.clock.now += FRESH_FOR
        assert await scene.tenants.get(ACME) is None
