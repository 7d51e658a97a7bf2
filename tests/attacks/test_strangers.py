"""Who isn't of the workspace gets nothing, whatever the payload says of them."""

import json
from dataclasses import replace

import pytest

from bot.principal import Tenant
from sandbox.slack import methods_people
from tests.attacks.scene import deliver, fill, press, rich, seen_by, submit
from tests.stage import link_in

ACTS = (
    "connect",
    "status",
    "disconnect",
    "search_next",
    "preview",
    "share_now",
    "create",
    "undo",
    "edit_again",
    "choose_site:0",
    "switch_site",
    "page_choice",
)
WORDS = ("", "connect", "status", "site", "search x", "create x", "page 1", "disconnect")
FILLED = {
    "space": {"s": {"selected_option": {"value": "1:ENG", "text": {"text": "Eng"}}}},
    "title": {"t": {"value": "x"}},
    "body": {"b": {"rich_text_value": rich("y")}},
}
EVE = {"id": "U0EVE", "username": "eve", "name": "eve"}


async def command(stage, user, text, **changes):
    """Type a command as *user*, whom Slack might not even let do so."""
    workspace = stage.slack.workspace
    channel = changes.get("channel_id", "C0PARTNERS")
    payload = {
        "token": "t",
        "team_id": "T0ACME",
        "channel_id": "C0PARTNERS",
        "user_id": user,
        "command": "/confluence",
        "text": text,
        "trigger_id": workspace.mint_trigger(user),
        "response_url": workspace.mint_hook(user, channel),
        "is_enterprise_install": "false",
    }
    return await deliver(stage, payload | changes)


async def gets_nothing(stage, user):
    person = stage.person(user)
    seen = await person.screen()
    assert link_in(seen) is None
    assert '"input"' not in json.dumps(seen["modal"])
    assert await asked_of_confluence(stage) == []


async def asked_of_confluence(stage):
    log = await stage.get("atlassian/log")
    return [each for each in log if "ex/confluence" in each["path"]]


@pytest.mark.parametrize(
    ("user", "channel"), [("U0EVE", "C0PARTNERS"), ("U0GUS", "C0GENERAL"), ("U0BOB", "C0GENERAL")]
)
async def test_nobody_is_told_anything_for_following_a_link(stage, user, channel):
    before = await stage.get("slack/log")
    answer = await press(stage, user, "opened", channel=channel)
    after = await stage.get("slack/log")
    assert answer["status"] == 200
    assert after["hooks"] == before["hooks"]
    assert after["calls"] == before["calls"]


class TestOutsiders:
    @pytest.mark.parametrize("text", WORDS)
    async def test_commands_are_refused(self, stage, text):
        await command(stage, "U0EVE", text)
        await gets_nothing(stage, "U0EVE")

    @pytest.mark.parametrize("action", ACTS)
    async def test_buttons_are_refused(self, stage, action):
        await press(stage, "U0EVE", action, "{}", channel="C0PARTNERS")
        await gets_nothing(stage, "U0EVE")
        assert "Only people of this workspace" in await seen_by(stage.person("U0EVE"))

    @pytest.mark.parametrize(
        "said",
        [
            {"user": EVE | {"team_id": "T0ACME"}},
            {"user": EVE},
            {"user": EVE | {"team_id": "T0OTHER"}, "team": {"id": "T0OTHER"}},
            {"user": EVE | {"team_id": "E0ACME"}, "enterprise": {"id": "T0ACME"}},
            {"user": EVE | {"team_id": None}, "team": None},
            {"user": EVE | {"team_id": ""}, "team": {"id": "T0ACME"}},
            {"user": EVE | {"team_id": "T0OTHER"}, "is_enterprise_install": True},
        ],
    )
    async def test_forged_teams_are_refused(self, stage, said):
        await press(stage, "U0EVE", "connect", "", channel="C0PARTNERS", **said)
        await gets_nothing(stage, "U0EVE")

    @pytest.mark.parametrize("team", ["T0ACME", "T0OTHER", ""])
    async def test_forms_are_refused(self, stage, team):
        user = EVE | {"team_id": team}
        await submit(stage, "U0EVE", "create_form", "{}", user=user, values=FILLED)
        await gets_nothing(stage, "U0EVE")
        said = json.dumps((await stage.get("slack/log"))["calls"])
        assert "/connect/" not in said

    async def test_menus_offer_them_nothing(self, stage):
        answer = await press(
            stage,
            "U0EVE",
            "-",
            type="block_suggestion",
            action_id="create_space",
            block_id="space",
            value="ENG",
        )
        assert json.loads(answer["body"]) == {"options": []}


class TestGuestsBotsAndTheDeparted:
    @pytest.mark.parametrize(
        "action",
        sorted({*ACTS} - {"connect", "status", "disconnect", "choose_site:0", "switch_site"}),
    )
    async def test_a_guest_presses_in_vain(self, stage, action):
        gus = await stage.connect("U0GUS")
        await stage.post("atlassian/log/clear", {})
        await press(stage, "U0GUS", action, "{}")
        assert "nothing more" in await seen_by(gus)
        assert await asked_of_confluence(stage) == []

    async def test_a_guests_form_is_refused(self, stage):
        await stage.connect("U0GUS")
        await stage.post("atlassian/log/clear", {})
        await submit(stage, "U0GUS", "create_form", "{}", values=FILLED)
        assert await asked_of_confluence(stage) == []

    @pytest.mark.parametrize(
        "what", [{"is_bot": True}, {"deleted": True}, {"is_stranger": True}, {"id": "USLACKBOT"}]
    )
    async def test_who_is_no_person_of_the_workspace_is_refused(self, stage, monkeypatch, what):
        described = methods_people._user_fields  # noqa: SLF001 - as the sandbox tells it
        monkeypatch.setattr(methods_people, "_user_fields", lambda each: described(each) | what)
        await command(stage, "U0BOB", "connect", channel_id="C0GENERAL")
        assert "Only people of this workspace" in await seen_by(stage.person("U0BOB"))
        await gets_nothing(stage, "U0BOB")

    async def test_who_slack_does_not_know_is_refused(self, stage):
        await press(stage, "U0BOB", "connect", user={"id": "U0NOBODY", "team_id": "T0ACME"})
        assert link_in(await stage.person("U0BOB").screen()) is None


class TestTenants:
    @pytest.fixture
    async def other(self, stage):
        """The bot is installed in Eve's workspace as well."""
        [first] = [await stage.stores.installations.find(Tenant("T0ACME"))]
        theirs = replace(first, tenant=Tenant("T0OTHER"), team_id="T0OTHER", name="Other")
        await stage.stores.installations.save(theirs)
        return theirs

    @pytest.mark.parametrize("action", ["undo", "edit_again", "create_retitle", "create_append"])
    async def test_ids_of_another_tenant_lead_nowhere(self, stage, other, action):
        ada = await stage.connect_to_write()
        await fill(stage, ada, "Osprey plan", rich("Kingfisher"))
        draft = (await ada.modal())["private_metadata"]
        theirs = {"user": EVE | {"team_id": "T0OTHER"}, "team": {"id": "T0OTHER"}}
        await press(stage, "U0EVE", action, draft, channel="C0PARTNERS", **theirs)
        assert "Kingfisher" not in await seen_by(stage.person("U0EVE"))
        # The very same Slack id, under the other tenant's roof:
        same = {"user": {"id": "U0ADA", "team_id": "T0OTHER"}, "team": {"id": "T0OTHER"}}
        await press(stage, "U0EVE", action, draft, channel="C0PARTNERS", **same)
        assert "Kingfisher" not in await seen_by(stage.person("U0EVE"))

    async def test_a_connection_is_no_good_under_another_tenant(self, stage, other):
        await stage.connect_to_write()
        await stage.post("atlassian/log/clear", {})
        same = {"user": {"id": "U0ADA", "team_id": "T0OTHER"}, "team": {"id": "T0OTHER"}}
        for action in ("preview", "share_now", "search_next", "status", "disconnect"):
            value = json.dumps({"q": "x", "c": None, "b": [], "p": "1"})
            await press(stage, "U0EVE", action, value, channel="C0PARTNERS", **same)
        assert await asked_of_confluence(stage) == []
        ada = stage.person("U0ADA")
        await ada.types("/confluence")
        await ada.waits_for_message("You are")

    @pytest.mark.parametrize("team", ["T0GONE", "", "T0ACME.x", "$ne", "\0"])
    async def test_a_tenant_that_is_not_installed_is_told_so(self, stage, team):
        await command(stage, "U0BOB", "status", team_id=team, channel_id="C0GENERAL")
        assert "isn't installed in this workspace" in await seen_by(stage.person("U0BOB"))
