import asyncio

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_stage import stage

KINDS = ("team_access_granted", "team_access_revoked", "user_change", "team_join")


def ready(manifest):
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    wanted = (*KINDS, "channel_id_changed")
    events += [each for each in wanted if each not in events]
    manifest["settings"]["org_deploy_enabled"] = True


@pytest.fixture
async def slack():
    async with stage(change=ready) as made:
        made.heard = []

        async def receive(request):
            made.heard.append((await request.json(), request.headers))
            return web.Response()

        made.raw = receive
        yield made


def told(slack):
    return [body["event"]["type"] for body, _ in slack.heard]


async def test_an_uninstall_is_told_in_any_order_and_names_users_not_tokens(slack):
    await slack.installed("T0OTHER")
    order = ["app_uninstalled", "tokens_revoked"]
    done = await slack.post("install", team="T0OTHER", installed=False, events=order)
    assert [ack["status"] for ack in done["acks"]] == [200, 200]
    assert told(slack) == order
    for body, headers in slack.heard:
        assert body["team_id"] == "T0OTHER"
        assert body["authorizations"][0]["team_id"] == "T0OTHER"
        assert headers["X-Slack-Signature"].startswith("v0=")
    assert slack.heard[1][0]["event"]["tokens"] == {"oauth": [], "bot": ["U0BOTOTHER"]}


async def test_an_organisations_end_names_the_organisation_alone(slack):
    client = await slack.installed("E0GLOBE", teams=["T0NORTH"])
    await slack.post("install", team="E0GLOBE", installed=False)
    for body, _ in slack.heard:
        assert "team_id" not in body
        assert body["enterprise_id"] == "E0GLOBE"
        assert body["authorizations"][0]["team_id"] is None
    with pytest.raises(SlackApiError, match="account_inactive"):
        await client.auth_test()
    ned = slack.person("U0NED")
    assert (await ned.types("/confluence"))["error"] == "not_a_command"


async def test_the_news_comes_late_twice_and_after_a_reinstall(slack):
    await slack.installed("T0OTHER")
    await slack.post("install", team="T0OTHER", installed=False, tell=False)
    assert slack.heard == []
    client = await slack.installed("T0OTHER")
    late = {"type": "app_uninstalled", "installation": "T0OTHER", "event_time": 5}
    sent = await slack.post("events", **late)
    await slack.post("events", **late, event_id=sent["event_id"])
    bodies = [body for body, _ in slack.heard]
    assert [(b["team_id"], b["event_time"]) for b in bodies] == [("T0OTHER", 5)] * 2
    assert len({b["event_id"] for b in bodies}) == 1
    assert (await client.auth_test())["ok"]


async def test_one_change_can_be_told_twice_and_back_dated(slack):
    await slack.post("people/change", user="U0BOB", deleted=True, times=2, event_time=7)
    first, second = (body for body, _ in slack.heard)
    assert first == second
    assert first["event_time"] == 7


async def test_what_fails_comes_again(slack):
    seen = asyncio.Queue()

    async def fail_once(request):
        seen.put_nowait(request.headers.get("X-Slack-Retry-Num"))
        return web.Response(status=500 if seen.qsize() == 1 else 200)

    slack.raw = fail_once
    await slack.post("people/change", user="U0BOB", role="admin")
    async with asyncio.timeout(5):
        assert [await seen.get(), await seen.get()] == [None, "1"]


async def test_a_token_that_the_app_gives_up_is_told_of_and_the_last_one_ends_the_install(slack):
    heard = asyncio.Queue()

    async def receive(request):
        body = await request.json()
        heard.put_nowait((body["team_id"], body["event"]["type"]))
        return web.Response()

    slack.raw = receive
    client = await slack.installed("T0OTHER")
    assert (await client.auth_revoke())["revoked"]
    async with asyncio.timeout(5):
        seen = {await heard.get(), await heard.get()}
    assert seen == {("T0OTHER", "app_uninstalled"), ("T0OTHER", "tokens_revoked")}
    assert (await slack.client.auth_test())["ok"]


async def test_people_see_the_app_come_and_go(slack):
    sal = slack.person("U0SAL")
    assert (await sal.screen())["app"] is None
    await slack.installed("E0GLOBE")
    await slack.post("access", team="E0GLOBE", grant=["T0SOUTH"])
    assert await sal.waits_for(lambda screen: screen["app"]) == "E0GLOBE"
    before = (await sal.screen())["seq"]
    await slack.post("install", team="E0GLOBE", installed=False)
    after = await sal.screen()
    assert after["app"] is None
    assert after["seq"] > before


async def test_workspaces_come_and_go(slack):
    client = await slack.installed("E0GLOBE")
    await slack.post("access", team="E0GLOBE", grant=["T0NORTH", "T0SOUTH"])
    await slack.post("access", team="E0GLOBE", revoke=["T0NORTH"])
    given, taken = (body for body, _ in slack.heard)
    assert given["event"]["type"] == "team_access_granted"
    assert given["event"]["team_ids"] == ["T0NORTH", "T0SOUTH"]
    assert "team_id" not in given
    assert given["enterprise_id"] == "E0GLOBE"
    assert taken["event"]["type"] == "team_access_revoked"
    assert taken["event"]["team_ids"] == ["T0NORTH"]
    teams = (await client.api_call("auth.teams.list"))["teams"]
    assert [team["id"] for team in teams] == ["T0SOUTH"]
    wrong = await slack.post("access", team="E0GLOBE", grant=["T0ACME"])
    assert wrong["error"] == "team_not_found"


async def test_a_deactivated_person_is_told_of_and_can_do_nothing(slack):
    await slack.post("people/change", user="U0BOB", deleted=True)
    ((body, _),) = slack.heard
    assert body["event"]["type"] == "user_change"
    assert body["event"]["user"]["id"] == "U0BOB"
    assert body["event"]["user"]["deleted"] is True
    assert body["event"]["user"]["profile"]["real_name"] == "Bob Babbage"
    assert (await slack.bob.types("hello"))["error"] == "user_is_deactivated"
    bob = (await slack.client.users_info(user="U0BOB"))["user"]
    assert bob["deleted"] is True
    assert "is_admin" not in bob
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await slack.client.chat_postMessage(channel="U0BOB", text="x")
    await slack.post("people/change", user="U0BOB", deleted=False)
    assert (await slack.bob.types("hello"))["error"] is None


async def test_every_install_that_has_the_person_is_told_in_its_own_view(slack):
    await slack.installed("T0NORTH")
    await slack.installed("T0SOUTH")
    await slack.post("people/change", user="U0KIM", team="T0SOUTH", role="guest")
    seen = {b["team_id"]: b["event"]["user"] for b, _ in slack.heard}
    assert seen.keys() == {"T0NORTH", "T0SOUTH"}
    assert (seen["T0NORTH"]["is_admin"], seen["T0NORTH"]["is_restricted"]) == (True, False)
    assert (seen["T0SOUTH"]["is_admin"], seen["T0SOUTH"]["is_restricted"]) == (False, True)


async def test_a_role_changes(slack):
    await slack.post("people/change", user="U0CY", role="owner")
    cy = (await slack.client.users_info(user="U0CY"))["user"]
    assert (cy["is_admin"], cy["is_owner"], cy["is_primary_owner"]) == (True, True, False)
    assert (await slack.post("people/change", user="U0CY", role="king"))["error"] == "bad_request"
    away = await slack.post("people/change", user="U0CY", role="admin", team="T0OTHER")
    assert away["error"] == "not_in_team"


async def test_somebody_joins(slack):
    await slack.post("people/join", user="U0NEW", real_name="Nell New")
    ((body, _),) = slack.heard
    assert body["event"]["type"] == "team_join"
    assert body["event"]["user"]["real_name"] == "Nell New"
    assert (await slack.client.users_info(user="U0NEW"))["user"]["name"] == "nell"
    await slack.client.chat_postMessage(channel="U0NEW", text="welcome")
    assert (await slack.person("U0NEW").last("@app"))["text"] == "welcome"
    again = await slack.post("people/join", user="U0NEW", real_name="Nell New")
    assert again["error"] == "bad_request"


async def test_a_channel_changes_its_id(slack):
    await slack.ada.types("before", channel="partners")
    slack.heard.clear()
    await slack.post("channels/rename", channel="C0PARTNERS", id="C1PARTNERS")
    ((body, _),) = slack.heard
    assert body["event"] == {
        "type": "channel_id_changed",
        "old_channel_id": "C0PARTNERS",
        "new_channel_id": "C1PARTNERS",
        "event_ts": body["event"]["event_ts"],
    }
    assert (await slack.ada.last("C1PARTNERS"))["text"] == "before"
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await slack.client.chat_postMessage(channel="C0PARTNERS", text="x")
    async with stage(saved=slack.world.dump()) as again:
        channels = {c["id"] for c in (await again.get("channels"))["channels"]}
        assert "C1PARTNERS" in channels
        assert "C0PARTNERS" not in channels


async def test_what_the_manifest_does_not_subscribe_to_is_not_sent():
    def deaf(manifest):
        events = manifest["settings"]["event_subscriptions"]["bot_events"]
        events[:] = [each for each in events if each not in KINDS]

    async with stage(change=deaf) as slack:
        done = await slack.post("people/change", user="U0BOB", deleted=True)
        assert done["acks"] == []


async def test_what_is_installed_is_listed_without_tokens(slack):
    await slack.installed("E0GLOBE", teams=["T0SOUTH"])
    found = await slack.get("workspaces")
    assert [w["id"] for w in found["workspaces"]] == ["T0ACME", "T0OTHER", "T0NORTH", "T0SOUTH"]
    globe = {a["id"]: a for a in found["installations"]}["E0GLOBE"]
    assert (globe["teams"], globe["installed_by"]) == (["T0SOUTH"], "W0IRIS")
    assert "xox" not in str(found)


async def test_the_first_versions_saved_state_is_taken_up():
    old = {
        "people": {
            "U0ADA": {"id": "U0ADA", "name": "ada", "real_name": "Ada L.", "role": "admin"},
        },
        "channels": {"C0GENERAL": {"id": "C0GENERAL", "members": ["U0ADA", "U0BOT"]}},
        "installed": True,
    }
    async with stage(saved=old) as slack:
        assert (await slack.ada.screen())["user"]["real_name"] == "Ada L."
        assert (await slack.client.users_info(user="U0BOB"))["ok"]
        assert (await slack.client.conversations_members(channel="C0GENERAL"))["members"] == [
            "U0ADA",
            "U0BOT",
        ]
