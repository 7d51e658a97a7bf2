import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.connection import organisation
from bot.errors import Unavailable
from bot.keeping import EXHAUSTED_AFTER, EXHAUSTED_BY
from bot.principal import Principal
from bot.profile import AuthorizationProfile, Mechanism
from bot.trail import Action, Wanted
from handlers.notices import Notices, NoticesParts
from store.memory import MemoryAudit
from store.memory.integrations import MemoryProfiles
from store.memory.operation import MemoryDeliveries
from tests.fakes import ADA, BOB, FakeClock, FakeVoice, auditor, book, connection

OWNER = Principal(ADA.tenant, "U0OWNER")
INSTALLER = Principal(ADA.tenant, "U0INSTALLER")
ORGANISATIONS = replace(connection(organisation(ADA.tenant)), name="All <staff>", owner="U0OWNER")


class Desk:
    """Where notices are written."""

    def __init__(self):
        self.clock, self.voice, self.rows = FakeClock(), FakeVoice(), MemoryAudit()
        self.profiles, self.deliveries = MemoryProfiles(), MemoryDeliveries()
        self.notices = Notices(
            NoticesParts(
                self.voice,
                book(self.profiles),
                self.deliveries,
                self.installer,
                auditor(self.rows),
                self.clock,
            )
        )

    async def installer(self, tenant):
        return "U0INSTALLER"

    @property
    def said(self):
        [said] = self.voice.said
        return said


@pytest.fixture
async def desk():
    desk = Desk()
    made = AuthorizationProfile(
        "p1", "Intranet", tenant=ADA.tenant, base_url="https://wiki.example", made_by="U0BOB"
    )
    await desk.profiles.add(made)
    return desk


def button(said):
    shown = json.loads(json.dumps(said.blocks))
    [pressed] = shown[-1]["elements"]
    return pressed["action_id"], pressed.get("value")


async def test_an_ended_consent_is_told_to_its_person_with_the_button_that_mends_it(desk):
    await desk.notices.ended(connection())
    assert desk.said.principal == ADA
    assert desk.said.text.startswith("Atlassian has ended the consent, so I can't act in your name")
    assert "Nothing was lost." in desk.said.text
    assert button(desk.said)[0] == "reconnect"


async def test_an_end_names_the_server_that_ended_it(desk):
    await desk.notices.ended(replace(connection(), profile="p1"))
    assert desk.said.text.startswith("Intranet has ended the consent")


async def test_an_end_is_told_though_the_profile_is_gone(desk):
    await desk.notices.ended(replace(connection(), profile="gone"))
    assert desk.said.text.startswith("The server that you consented at has ended the consent")


async def test_a_grant_that_was_given_up_is_told_as_such(desk):
    since = desk.clock() - EXHAUSTED_AFTER
    failed = replace(connection(), failures=EXHAUSTED_BY, failing_since=since)
    await desk.notices.ended(failed)
    assert "For days I couldn't renew the consent at Atlassian, and gave it up" in desk.said.text


@pytest.mark.parametrize("mechanism", [Mechanism.API_TOKEN, Mechanism.PAT, Mechanism.BASIC])
async def test_the_end_of_what_was_typed_is_told_as_such(desk, mechanism):
    await desk.notices.ended(replace(connection(), profile="p1", mechanism=mechanism))
    assert desk.said.text.startswith("The token or password for Intranet has come to its end")


async def test_the_organisations_end_is_told_to_its_owner_who_can_mend_it(desk):
    await desk.notices.ended(ORGANISATIONS)
    assert desk.said.principal == OWNER
    assert "It is the connection “All &lt;staff&gt;”." in desk.said.text
    assert button(desk.said) == ("admin_open", "admin_authorization")


async def test_without_an_owner_whoever_installed_the_bot_is_told(desk):
    await desk.notices.ended(replace(ORGANISATIONS, owner=""))
    assert desk.said.principal == INSTALLER


@pytest.mark.parametrize("ended", [connection(), ORGANISATIONS])
async def test_an_end_is_recorded(desk, ended):
    await desk.notices.ended(ended)
    [row] = [row async for row in desk.rows.list_newest(ADA.tenant, Wanted())]
    assert (row.entry.action, row.entry.profile) == (Action.GRANT_ENDED, "system")
    assert row.entry.actor is None


async def test_an_end_is_recorded_though_nobody_can_be_told(desk):
    desk.voice.fails = Unavailable("Slack")
    with pytest.raises(Unavailable):
        await desk.notices.ended(connection())
    assert [row async for row in desk.rows.list_newest(ADA.tenant, Wanted())]


async def test_a_typed_tokens_end_is_told_with_its_day(desk):
    ends = desk.clock() + timedelta(days=14)
    typed = replace(connection(), mechanism=Mechanism.API_TOKEN, profile="p1")
    await desk.notices.expiring(replace(typed, grant=replace(typed.grant, expires_at=ends)))
    assert desk.said.text.startswith("Your token for Intranet ends on <!date^")
    assert "|2030-01-15>" in desk.said.text
    assert button(desk.said)[0] == "reconnect"


async def test_the_organisations_tokens_end_is_told_to_its_owner(desk):
    await desk.notices.expiring(replace(ORGANISATIONS, mechanism=Mechanism.API_TOKEN))
    assert desk.said.principal == OWNER
    assert desk.said.text.startswith("The organisation's token for Atlassian ends on")


async def test_a_refused_profile_is_told_once_a_day_however_many_it_touches(desk):
    for minute in range(3 * 24 * 2):
        desk.clock.now += timedelta(minutes=30)
        await desk.notices.broken(connection(ADA if minute % 2 else BOB))
    assert 3 <= len(desk.voice.said) <= 4


async def test_a_refused_profile_is_told_to_whoever_can_mend_it(desk):
    await desk.notices.broken(replace(connection(), profile="p1"))
    await desk.notices.broken(replace(connection(), profile="system"))
    await desk.notices.broken(replace(ORGANISATIONS, profile="gone"))
    assert [said.principal for said in desk.voice.said] == [BOB, INSTALLER, OWNER]
    assert "Intranet refuses the client id or secret" in desk.voice.said[0].text
    assert "nobody needs to connect anew" in desk.voice.said[0].text


async def test_nothing_of_a_name_becomes_markup(desk):
    await desk.profiles.add(
        AuthorizationProfile("p2", "<!channel>", tenant=ADA.tenant, base_url="https://x.example")
    )
    await desk.notices.ended(replace(connection(), profile="p2"))
    assert "<!channel>" not in json.dumps(desk.said.blocks)
