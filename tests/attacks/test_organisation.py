"""An organisation's installation is for its own people, whatever a payload says of them."""

import json
import time
from dataclasses import replace

import pytest

from bot.principal import Tenant
from tests.attacks.scene import deliver, press, seen_by
from tests.installing import a_browser, installing
from tests.stage import link_in

GLOBE, OTHER = Tenant("E0GLOBE"), Tenant("T0OTHER")
WORDS = ("connect", "status", "site", "search x", "create x", "page 1", "disconnect")
OLA = {"id": "U0OLA", "username": "ola", "name": "ola"}
IN_GLOBE = {
    "enterprise": {"id": "E0GLOBE", "name": "Globe"},
    "is_enterprise_install": True,
    "channel": "C0SUPPLY",
}


async def press_in_globe(stage, who, action, value="", **said):
    """Press, as Slack tells the organisation's app of it but for what is *said*."""
    workspace, given = stage.slack.workspace, IN_GLOBE | said
    trigger = workspace.mint_trigger(who, home="E0GLOBE")
    hook = workspace.mint_hook(who, given["channel"], home="E0GLOBE")
    await press(stage, who, action, value, **given | {"trigger_id": trigger, "response_url": hook})


@pytest.fixture
async def stage():
    async with installing() as stage:
        async with a_browser(stage) as browser:
            await browser.install("W0IRIS", "E0GLOBE")
        await stage.post("slack/access", {"team": "E0GLOBE", "grant": ["T0NORTH", "T0SOUTH"]})
        await stage.quiet()
        yield stage


async def asked_of_confluence(stage):
    log = await stage.get("atlassian/log")
    return [each for each in log if "ex/confluence" in each["path"]]


async def is_refused(stage, user):
    seen = await stage.person(user).screen()
    assert link_in(seen) is None
    assert '"input"' not in json.dumps(seen["modal"])
    assert await asked_of_confluence(stage) == []


@pytest.mark.parametrize(
    ("user", "channel"),
    [("U0NED", "C0NORTH"), ("W0PAT", "C0NORTH"), ("U0SAL", "C0SOUTH"), ("W0IRIS", "C0GLOBE")],
)
async def test_people_of_every_workspace_of_it_may_use_it(stage, user, channel):
    person = stage.person(user)
    await person.types("/confluence status", channel=channel)
    await person.waits_for(link_in)


async def test_one_person_is_one_principal_in_all_of_its_workspaces(stage):
    pat = stage.person("W0PAT")
    await pat.types("/confluence connect", channel="C0NORTH")
    link = link_in(await pat.waits_for(lambda seen: seen if link_in(seen) else None))
    await stage.walk(link, "W0PAT", atlassian_account="ada")
    await stage.quiet()
    tenants = {key[0].tenant for key in stage.stores.connections._kept}  # noqa: SLF001
    assert tenants == {GLOBE}
    await pat.types("/confluence status", channel="C0SOUTH", team="T0SOUTH")
    await pat.waits_for(lambda seen: "You are" in json.dumps(seen) or None)


async def test_its_guests_may_connect_and_nothing_more(stage):
    await press_in_globe(stage, "U0VIC", "share_now", "{}", channel="C0SOUTH")
    await is_refused(stage, "U0VIC")


@pytest.mark.parametrize("action", ["connect", "status", "share_now", "create", "undo"])
@pytest.mark.parametrize(
    "said",
    [
        # As Slack tells it, and as it mustn't help to tell it:
        {"user": OLA | {"team_id": "T0OTHER"}, "team": {"id": "T0SOUTH"}},
        {"user": OLA | {"team_id": "T0SOUTH"}, "team": {"id": "T0SOUTH"}},
        {"user": OLA | {"team_id": "E0GLOBE"}, "team": {"id": "T0SOUTH"}},
        {"user": OLA | {"team_id": None}, "team": None},
        {"user": OLA, "team": {"id": "T0SOUTH"}},
        {"user": OLA | {"team_id": ""}, "team": {"id": "E0GLOBE"}},
    ],
)
async def test_another_companys_person_is_refused_whatever_is_said_of_them(stage, action, said):
    await press_in_globe(stage, "U0OLA", action, "{}", **said)
    await is_refused(stage, "U0OLA")
    assert "Only people of this workspace" in await seen_by(stage.person("U0OLA"))


@pytest.mark.parametrize(
    "enterprise", [None, {"id": "E0OTHER"}, {"id": "T0SOUTH"}, {"id": ["E0GLOBE"]}, "E0GLOBE"]
)
async def test_nor_does_a_missing_or_foreign_organisation_let_them_in(stage, enterprise):
    said = {"user": OLA | {"team_id": "T0OTHER"}, "team": {"id": "T0SOUTH"}}
    await press_in_globe(stage, "U0OLA", "connect", "", **said | {"enterprise": enterprise})
    await is_refused(stage, "U0OLA")


@pytest.mark.parametrize("text", WORDS)
async def test_their_commands_are_refused(stage, text):
    workspace = stage.slack.workspace
    payload = {
        "token": "t",
        "team_id": "T0SOUTH",
        "enterprise_id": "E0GLOBE",
        "channel_id": "C0SUPPLY",
        "user_id": "U0OLA",
        "command": "/confluence",
        "text": text,
        "trigger_id": workspace.mint_trigger("U0OLA"),
        "response_url": workspace.mint_hook("U0OLA", "C0SUPPLY"),
        "is_enterprise_install": "true",
    }
    await deliver(stage, payload)
    await is_refused(stage, "U0OLA")


async def test_its_own_people_are_let_in_by_whatever_workspace_they_are_named(stage):
    for team in ("T0NORTH", "T0SOUTH", "E0GLOBE"):
        user = {"id": "W0PAT", "username": "pat", "name": "pat", "team_id": team}
        said = {"user": user, "team": {"id": "T0NORTH"}, "channel": "C0GLOBE"}
        await press_in_globe(stage, "W0PAT", "connect", "", **said)
        assert "Only people of this" not in await seen_by(stage.person("W0PAT"))


async def test_its_own_people_are_let_in_where_the_payload_names_no_organisation(stage):
    found = await stage.stores.installations.find(GLOBE)
    assert found.houses("T0NORTH", None) is None
    user = {"id": "U0NED", "username": "ned", "name": "ned", "team_id": "T0NORTH"}
    view = {"app_installed_team_id": "E0GLOBE", "type": "home", "id": "V1"}
    said = {"user": user, "team": {"id": "T0NORTH"}, "enterprise": None, "view": view}
    await press_in_globe(stage, "U0NED", "connect", "", **said | {"channel": "C0NORTH"})
    assert "Only people of this" not in await seen_by(stage.person("U0NED"))


async def test_a_workspace_from_which_it_was_taken_is_told_so(stage):
    await stage.post(
        "slack/access",
        {"team": "E0GLOBE", "revoke": ["T0SOUTH"], "event_time": int(time.time()) + 60},
    )
    await stage.quiet()
    found = await stage.stores.installations.find(GLOBE)
    assert found.barred == {"T0SOUTH"}
    user = {"id": "U0SAL", "username": "sal", "name": "sal", "team_id": "T0SOUTH"}
    said = {"user": user, "team": {"id": "T0SOUTH"}, "channel": "C0SOUTH"}
    await press_in_globe(stage, "U0SAL", "connect", "", **said)
    assert "isn't installed in this workspace" in await seen_by(stage.person("U0SAL"))


async def test_the_ids_of_one_tenant_lead_nowhere_under_another(stage):
    async with a_browser(stage) as browser:
        await browser.install("U0OLA", "T0OTHER")
    pat = stage.person("W0PAT")
    await pat.types("/confluence connect", channel="C0NORTH")
    link = link_in(await pat.waits_for(lambda seen: seen if link_in(seen) else None))
    await stage.walk(link, "W0PAT", atlassian_account="ada")
    await stage.post("atlassian/log/clear", {})
    # The very same Slack id, under the other tenant's roof:
    same = {"user": {"id": "W0PAT", "team_id": "T0OTHER"}, "team": {"id": "T0OTHER"}}
    for action in ("status", "search_next", "disconnect", "share_now", "undo"):
        value = json.dumps({"q": "x", "c": None, "b": [], "p": "1"})
        await press(stage, "U0OLA", action, value, channel="C0SUPPLY", **same)
    assert await asked_of_confluence(stage) == []
    assert [key[0] for key in stage.stores.connections._kept] != []  # noqa: SLF001


async def test_a_workspaces_own_install_is_not_for_its_sisters():
    async with installing() as stage, a_browser(stage) as browser:
        await browser.install("U0NED", "T0NORTH")
        for who, is_let_in in (("U0SAL", False), ("U0NED", True), ("W0PAT", True)):
            # The payload says North of everybody; Slack itself says who is in it.
            user = {"id": who, "username": "x", "name": "x", "team_id": "T0NORTH"}
            said = {"user": user, "team": {"id": "T0NORTH"}, "is_enterprise_install": False}
            workspace = stage.slack.workspace
            ways = {
                "trigger_id": workspace.mint_trigger(who, home="T0NORTH"),
                "response_url": workspace.mint_hook(who, "C0GLOBE", home="T0NORTH"),
            }
            await press(stage, who, "connect", "", channel="C0GLOBE", **said | ways)
            seen = await seen_by(stage.person(who))
            assert ("Only people of this workspace" not in seen) is is_let_in


async def test_the_end_of_a_workspaces_own_install_is_not_the_organisations(stage):
    # Its own is gone already, so that only the organisation's is left to be found.
    envelope = {"team_id": "T0NORTH", "enterprise_id": "E0GLOBE", "authorizations": []}
    event = {"type": "app_uninstalled", "installation": "E0GLOBE", "force": True}
    soon = int(time.time()) + 60
    await stage.post("slack/events", event | envelope | {"event_time": soon})
    await stage.quiet()
    assert await stage.stores.installations.find(GLOBE) is not None


async def test_the_organisations_own_end_is(stage):
    soon = int(time.time()) + 60
    change = {"installed": False, "team": "E0GLOBE", "event_time": soon}
    await stage.post("slack/install", change)
    await stage.quiet()
    assert await stage.stores.installations.find(GLOBE) is None


async def test_an_organisations_admin_is_an_admin_and_a_workspaces_is_not(stage):
    found = await stage.stores.installations.find(GLOBE)
    people = stage.outside.people
    assert (await people.get(found, "W0IRIS")).is_admin
    assert not (await people.get(found, "U0KIM")).is_admin
    assert not (await people.get(found, "W0PAT")).is_admin


async def test_a_workspaces_admin_is_an_admin_where_the_workspace_installed_it(stage):
    async with a_browser(stage) as browser:
        await browser.install("U0OLA", "T0OTHER")
    found = await stage.stores.installations.find(OTHER)
    people = stage.outside.people
    assert (await people.get(found, "U0OLA")).is_admin
    assert not (await people.get(found, "U0MAX")).is_admin
    assert not (await people.get(found, "U0SAL")).is_admin


async def test_groups_are_asked_for_by_workspace(stage):
    found = await stage.stores.installations.find(GLOBE)
    people = stage.outside.people
    assert [each.id for each in await people.list_groups(found, "T0NORTH")] == ["S0NORTHERN"]
    assert await people.is_in_group(found, "S0NORTHERN", "U0NED", "T0NORTH")
    assert not await people.is_in_group(found, "S0NORTHERN", "U0SAL", "T0NORTH")
    # Of another workspace, of none, and of another company:
    assert not await people.is_in_group(found, "S0NORTHERN", "U0NED", "T0SOUTH")
    assert not await people.is_in_group(found, "S0NORTHERN", "U0NED")
    assert not await people.is_in_group(found, "S0OTHERS", "U0MAX", "T0OTHER")
    assert await people.list_groups(replace(found), "T0OTHER") == ()
