import json

import pytest
from aiohttp import web
from slack_bolt.request.internals import (
    extract_enterprise_id,
    extract_is_enterprise_install,
    extract_team_id,
)
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_stage import actions, button, modal, section, stage

HOME = {"type": "home", "blocks": [section("hi"), actions(button("go"))]}


def ready(manifest):
    manifest["oauth_config"]["scopes"]["bot"] += ["usergroups:read", "team:read", "im:write"]
    manifest["settings"]["org_deploy_enabled"] = True


@pytest.fixture
async def slack():
    async with stage(change=ready) as made:
        yield made


@pytest.fixture
async def other(slack):
    return await slack.installed("T0OTHER")


@pytest.fixture
async def globe(slack):
    """The organisation's app, in both of its workspaces."""
    return await slack.installed("E0GLOBE", teams=["T0NORTH", "T0SOUTH"])


def listening(slack):
    """Every delivery from now on: forms, payloads and events."""
    got = []

    async def answer(request):
        if request.content_type == "application/json":
            got.append(await request.json())
        else:
            form = dict(await request.post())
            got.append(json.loads(form["payload"]) if "payload" in form else form)
        return web.Response()

    slack.raw = answer
    return got


async def error_of(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


async def test_a_token_reaches_its_own_workspace_alone(slack, other):
    mine, theirs = slack.client, other
    assert await error_of(theirs.chat_postMessage(channel="C0GENERAL", text="x")) == (
        "channel_not_found"
    )
    assert await error_of(mine.chat_postMessage(channel="C0OTHER", text="x")) == (
        "channel_not_found"
    )
    assert await error_of(theirs.conversations_info(channel="C0GENERAL")) == "channel_not_found"
    assert await error_of(theirs.chat_postMessage(channel="U0BOB", text="x")) == (
        "channel_not_found"
    )
    assert await error_of(theirs.conversations_open(users="U0BOB")) == "user_not_found"
    assert await error_of(theirs.views_publish(user_id="U0BOB", view=HOME)) == "user_not_found"
    assert await error_of(mine.users_info(user="U0SAL")) == "user_not_found"
    sent = await mine.chat_postMessage(channel="C0GENERAL", text="x")
    where = {"channel": "C0GENERAL", "ts": sent["ts"]}
    assert await error_of(theirs.chat_update(**where, text="y")) == "channel_not_found"
    assert await error_of(theirs.chat_delete(**where)) == "channel_not_found"


async def test_a_name_is_that_of_the_tokens_own_channel(slack, other):
    sent = await other.chat_postMessage(channel="#general", text="hello Other")
    assert sent["channel"] == "C0OTHER"
    max_ = slack.person("U0MAX")
    assert (await max_.last("general"))["text"] == "hello Other"
    assert (await max_.last("general"))["user"] == "U0BOTOTHER"
    assert await slack.ada.messages("general") == []


async def test_lists_are_of_the_tokens_own_workspace(slack, other):
    channels = (await other.conversations_list())["channels"]
    assert {c["id"] for c in channels} == {"C0OTHER", "C0PARTNERS", "C0SUPPLY"}
    members = (await other.users_list())["members"]
    assert {m["id"] for m in members} == {"U0EVE", "U0OLA", "U0MAX", "U0BOTOTHER"}
    assert (await other.team_info())["team"]["id"] == "T0OTHER"
    acme = {c["id"] for c in (await slack.client.conversations_list())["channels"]}
    assert acme == {"C0GENERAL", "C0PARTNERS"}


async def test_in_a_shared_channel_each_side_has_its_own_bot(slack, other):
    for client in (slack.client, other):
        await client.chat_postMessage(channel="C0PARTNERS", text="x", blocks=[actions(button("a"))])
    first, second = await slack.ada.messages("partners")
    assert (first["user"], second["user"]) == ("U0BOT", "U0BOTOTHER")
    where = {"channel": "C0PARTNERS", "ts": first["ts"]}
    assert await error_of(other.chat_update(**where, text="mine now")) == "cant_update_message"
    got = listening(slack)
    for message in (first, second):
        await slack.eve.presses("a", container={"channel": "C0PARTNERS", "ts": message["ts"]})
    assert [p["team"]["id"] for p in got] == ["T0ACME", "T0OTHER"]
    assert [p["user"]["team_id"] for p in got] == ["T0OTHER", "T0OTHER"]
    info = (await other.conversations_info(channel="C0PARTNERS"))["channel"]
    assert (info["is_ext_shared"], info["is_org_shared"]) == (True, False)
    assert info["context_team_id"] == "T0OTHER"


async def test_people_are_described_from_where_the_token_is(slack, other):
    assert (await slack.client.users_info(user="U0EVE"))["user"]["is_stranger"]
    eve = (await other.users_info(user="U0EVE"))["user"]
    assert (eve["team_id"], eve["is_admin"], "is_stranger" in eve) == ("T0OTHER", False, False)
    ola = (await other.users_info(user="U0OLA"))["user"]
    assert ola["is_admin"]
    assert ola["is_owner"]
    assert ola["is_primary_owner"]
    assert "is_admin" not in (await other.users_info(user="U0ADA"))["user"]


async def test_commands_work_where_the_app_is(slack):
    got = listening(slack)
    max_ = slack.person("U0MAX")
    assert (await max_.types("/confluence help"))["error"] == "not_a_command"
    assert (await max_.opens_home())["error"] == "app_not_visible"
    await slack.installed("T0OTHER")
    await max_.types("/confluence help")
    (form,) = got
    assert (form["team_id"], form["team_domain"], form["channel_id"]) == (
        "T0OTHER",
        "other",
        "C0OTHER",
    )
    assert "enterprise_id" not in form
    async with slack.session.post(form["response_url"], json={"text": "hi"}) as answer:
        assert answer.status == 200
    assert (await max_.last("general"))["user"] == "U0BOTOTHER"


async def test_what_is_answered_in_the_ack_is_the_workspaces_own_bots(slack, other):
    async def answer(_request):
        return web.json_response({"response_type": "in_channel", "text": "here"})

    slack.raw = answer
    max_ = slack.person("U0MAX")
    await max_.types("/confluence help")
    said = await max_.last("general")
    assert (said["text"], said["user"], said["bot"]) == ("here", "U0BOTOTHER", True)


async def test_a_trigger_and_a_view_are_good_for_their_own_install(slack, other):
    got = listening(slack)
    await slack.ada.types("/confluence help")
    trigger = got[0]["trigger_id"]
    view = modal(section("x"), external_id="mine")
    assert await error_of(other.views_open(trigger_id=trigger, view=view)) == "invalid_trigger_id"
    made = (await slack.client.views_open(trigger_id=trigger, view=view))["view"]
    assert made["app_installed_team_id"] == "T0ACME"
    assert await error_of(other.views_update(view_id=made["id"], view=view)) == "not_found"
    assert await error_of(other.views_update(external_id="mine", view=view)) == "not_found"
    max_ = slack.person("U0MAX")
    await max_.types("/confluence help")
    theirs = (await other.views_open(trigger_id=got[1]["trigger_id"], view=view))["view"]
    assert theirs["app_installed_team_id"] == "T0OTHER"
    await max_.submits()
    assert got[2]["view"]["bot_id"] == "B0BOTOTHER"


async def test_each_workspace_has_its_own_home_tab(slack, other):
    got = listening(slack)
    max_ = slack.person("U0MAX")
    await max_.opens_home()
    (event,) = got
    assert (event["team_id"], event["event"]["channel"]) == ("T0OTHER", "D0MAXOTHER")
    assert event["authorizations"][0]["user_id"] == "U0BOTOTHER"
    await other.views_publish(user_id="U0MAX", view=HOME)
    assert (await max_.home())["blocks"][0]["text"]["text"] == "hi"
    assert await slack.ada.home() is None


async def test_a_person_of_two_workspaces_is_in_one_at_a_time(slack):
    north = await slack.installed("T0NORTH")
    south = await slack.installed("T0SOUTH")
    pat_north, pat_south = slack.person("W0PAT"), slack.person("W0PAT", "T0SOUTH")
    await north.views_publish(user_id="W0PAT", view=HOME)
    assert (await pat_north.home()) is not None
    assert (await pat_south.home()) is None
    await south.chat_postMessage(channel="W0PAT", text="from the south")
    assert (await pat_south.last("@app"))["text"] == "from the south"
    assert await pat_north.messages("@app") == []
    got = listening(slack)
    for pat in (pat_north, pat_south):
        await pat.types("/confluence help")
    typed = [form for form in got if "command" in form]
    assert [form["team_id"] for form in typed] == ["T0NORTH", "T0SOUTH"]
    assert [form["enterprise_id"] for form in typed] == ["E0GLOBE", "E0GLOBE"]
    assert [form["is_enterprise_install"] for form in typed] == ["false", "false"]
    nowhere = await slack.person("W0PAT", "T0ACME").types("/confluence help")
    assert nowhere["error"] == "not_in_team"


class TestOrganisation:
    async def test_a_command_names_workspace_and_organisation(self, slack, globe):
        got = listening(slack)
        await slack.person("W0PAT", "T0SOUTH").types("/confluence help")
        (form,) = got
        assert (form["team_id"], form["enterprise_id"], form["enterprise_name"]) == (
            "T0SOUTH",
            "E0GLOBE",
            "Globe",
        )
        assert form["is_enterprise_install"] == "true"

    async def test_a_press_in_a_message_names_both(self, slack, globe):
        await globe.chat_postMessage(channel="C0GLOBE", text="x", blocks=[actions(button("a"))])
        got = listening(slack)
        await slack.person("W0PAT").presses("a")
        await slack.person("U0SAL").presses("a")
        pat, sal = got
        assert pat["is_enterprise_install"] is True
        assert pat["enterprise"] == {"id": "E0GLOBE", "name": "Globe"}
        assert pat["team"]["id"] == "T0NORTH"
        assert pat["team"]["enterprise_id"] == "E0GLOBE"
        assert pat["user"]["team_id"] == "E0GLOBE"
        assert (sal["team"]["id"], sal["user"]["team_id"]) == ("T0SOUTH", "T0SOUTH")

    async def test_in_views_and_global_shortcuts_there_is_no_team(self, slack, globe):
        got = listening(slack)
        pat = slack.person("W0PAT")
        await pat.uses_shortcut("create_page")
        assert got[0]["team"] is None
        await globe.views_open(trigger_id=got[0]["trigger_id"], view=modal(section("x")))
        await pat.submits()
        assert got[1]["team"] is None
        assert got[1]["enterprise"]["id"] == "E0GLOBE"
        assert got[1]["view"]["app_installed_team_id"] == "E0GLOBE"

    async def test_an_event_has_a_team_and_its_authorization_none(self, slack, globe):
        got = listening(slack)
        await slack.person("W0PAT", "T0SOUTH").opens_home()
        (event,) = got
        assert (event["team_id"], event["enterprise_id"]) == ("T0SOUTH", "E0GLOBE")
        assert event["authorizations"] == [
            {
                "enterprise_id": "E0GLOBE",
                "team_id": None,
                "user_id": "U0BOTGLOBE",
                "is_bot": True,
                "is_enterprise_install": True,
            }
        ]
        assert event["event"]["channel"] == "D0PATGLOBE"

    async def test_slacks_own_library_finds_the_installation_in_whatever_is_sent(
        self, slack, globe
    ):
        blocks = [actions(button("a"))]
        await globe.chat_postMessage(channel="C0GLOBE", text="x", blocks=blocks)
        got = listening(slack)
        pat = slack.person("W0PAT", "T0SOUTH")
        await pat.types("/confluence help")
        await pat.presses("a")
        await pat.uses_shortcut("create_page")
        await globe.views_open(trigger_id=got[2]["trigger_id"], view=modal(section("x")))
        await pat.submits()
        await pat.opens_home()
        await slack.post("events", type="tokens_revoked", installation="E0GLOBE")
        assert len(got) == 6
        for payload in got:
            assert extract_is_enterprise_install(payload) is True
            assert extract_enterprise_id(payload) == "E0GLOBE"

    async def test_and_in_a_workspace_of_the_organisation_its_own(self, slack):
        await slack.installed("T0SOUTH")
        got = listening(slack)
        pat = slack.person("W0PAT", "T0SOUTH")
        await pat.types("/confluence help")
        await pat.uses_shortcut("create_page")
        await pat.opens_home()
        assert len(got) == 3
        for payload in got:
            assert not extract_is_enterprise_install(payload)
            assert extract_team_id(payload) == "T0SOUTH"

    @pytest.mark.parametrize(
        "method", ["conversations.list", "users.list", "usergroups.list", "team.info"]
    )
    async def test_lists_want_a_workspace_that_was_granted(self, slack, globe, method):
        assert await error_of(globe.api_call(method)) == "missing_argument"
        wrong = globe.api_call(method, data={"team_id": "T0ACME"})
        assert await error_of(wrong) == "team_access_not_granted"
        assert (await globe.api_call(method, data={"team_id": "T0SOUTH"}))["ok"]

    async def test_a_list_leaves_out_the_other_workspaces_people_but_info_knows_them(
        self, slack, globe
    ):
        members = (await globe.users_list(team_id="T0SOUTH"))["members"]
        assert "U0NED" not in {m["id"] for m in members}
        assert (await globe.users_info(user="U0NED"))["user"]["team_id"] == "T0NORTH"
        south = await slack.client.users_info(user="U0BOB")
        assert "enterprise_user" not in south["user"]

    async def test_roles_in_the_organisation_are_told(self, globe):
        iris = (await globe.users_info(user="W0IRIS"))["user"]
        assert iris["enterprise_user"]["is_admin"]
        assert iris["enterprise_user"]["is_owner"]
        assert iris["enterprise_user"]["teams"] == ["T0NORTH", "T0SOUTH"]
        kim = (await globe.users_info(user="U0KIM"))["user"]
        assert (kim["is_admin"], kim["enterprise_user"]["is_admin"]) == (True, False)

    async def test_a_role_holds_in_its_own_workspace(self, slack):
        south = await slack.installed("T0SOUTH")
        kim = (await south.users_info(user="U0KIM"))["user"]
        assert (kim["is_admin"], kim["team_id"]) == (False, "T0NORTH")
        vic = (await south.users_info(user="U0VIC"))["user"]
        assert (vic["is_restricted"], vic["is_ultra_restricted"]) == (True, False)
        ned = (await south.users_info(user="U0NED"))["user"]
        assert "is_stranger" not in ned

    async def test_a_shared_channel_within_it_isnt_shared_with_outsiders(self, slack, globe):
        info = (await globe.conversations_info(channel="C0GLOBE"))["channel"]
        assert (info["is_org_shared"], info["is_ext_shared"]) == (True, False)
        supply = (await globe.conversations_info(channel="C0SUPPLY"))["channel"]
        assert (supply["is_org_shared"], supply["is_ext_shared"]) == (False, True)
        assert (await globe.users_info(user="U0MAX"))["user"]["is_stranger"]

    async def test_the_app_is_only_where_it_was_given(self, slack):
        globe = await slack.installed("E0GLOBE", teams=["T0NORTH"])
        assert (await globe.api_call("auth.teams.list"))["teams"] == [
            {"id": "T0NORTH", "name": "Globe North"}
        ]
        assert (await slack.person("U0SAL").types("/confluence"))["error"] == "not_a_command"
        assert await error_of(globe.chat_postMessage(channel="C0SOUTH", text="x")) == (
            "channel_not_found"
        )


async def test_a_sign_in_is_to_a_workspace_of_the_persons(slack):
    def url(team):
        return (
            f"{slack.base_url}/slack/openid/connect/authorize?client_id=1.2&scope=openid"
            f"&redirect_uri=http://localhost:1/connect/slack&response_type=code&team={team}"
        )

    assert "code=" in await slack.person("W0PAT").signs_in(url("T0SOUTH"))
    with pytest.raises(AssertionError, match="team_mismatch"):
        await slack.person("U0NED").signs_in(url("T0SOUTH"))


async def test_people_and_channels_are_listed_by_workspace(slack):
    here = {p["id"]: p["role"] for p in (await slack.get("people"))["people"]}
    assert here["U0EVE"] == "outsider"
    assert "U0MAX" not in here
    there = {p["id"]: p["role"] for p in (await slack.get("people?team=T0OTHER"))["people"]}
    assert (there["U0OLA"], there["U0ADA"]) == ("primary_owner", "outsider")
    channels = (await slack.get("channels?team=T0NORTH"))["channels"]
    assert {c["id"] for c in channels} == {"C0NORTH", "C0BOARD", "C0GLOBE"}
    assert (await slack.get("people?team=T0NONE"))["error"] == "not_found"


async def test_a_token_is_limited_by_itself(slack, other):
    await slack.post("faults", enforce_rate_limits=True)
    for _ in range(20):
        await slack.client.conversations_list()
    assert await error_of(slack.client.conversations_list()) == "ratelimited"
    assert (await other.conversations_list())["ok"]
