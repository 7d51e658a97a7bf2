import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import data
from tests.sandbox.slack_stage import actions, button, manifest, modal, section, stage, text_input


@pytest.fixture
async def slack():
    async with stage() as made:
        yield made


async def refused(call):
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


async def triggered(slack):
    """A fresh trigger id of Ada's."""
    return slack.world.workspace.mint_trigger("U0ADA")


async def opened(slack, **more):
    view = modal(text_input("a"), section("x", block_id="s"), **more)
    return (await slack.client.views_open(trigger_id=await triggered(slack), view=view))["view"]


async def test_the_bot_learns_who_it_is_and_what_it_may(slack):
    answer = await slack.client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team"]) == ("U0BOT", "B0BOT", "Acme")
    asked = manifest()["oauth_config"]["scopes"]["bot"]
    assert answer.headers["x-oauth-scopes"] == ",".join(asked)


async def test_tokens_are_asked_for_known_and_of_the_right_kind(slack):
    base = slack.client.base_url
    for token, error in ((None, "not_authed"), ("xoxb-wrong", "invalid_auth")):
        client = AsyncWebClient(token, base_url=base, session=slack.session)
        assert (await refused(client.auth_test()))["error"] == error
    answer = await refused(slack.client.api_call("apps.connections.open"))
    assert answer["error"] == "not_allowed_token_type"
    async with slack.session.get(f"{base}auth.test", params={"token": data.BOT_TOKEN}) as got:
        assert (await got.json())["error"] == "not_authed"


async def test_a_scope_that_the_manifest_lacks_is_named(slack):
    answer = await refused(slack.client.conversations_open(users="U0ADA"))
    assert (answer["error"], answer["needed"]) == ("missing_scope", "im:write")
    assert "chat:write" in answer["provided"]
    assert (await refused(slack.client.conversations_info(channel="D0ADA")))["needed"] == "im:read"


async def test_methods_that_are_not_are_unknown(slack):
    answer = await refused(slack.client.api_call("pages.create"))
    assert answer["error"] == "unknown_method"


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("application/json", "{", "invalid_json"),
        ("application/json", "[]", "json_not_object"),
        ("application/json", "[" * 100_000, "invalid_json"),
        ("text/csv", "a,b", "invalid_post_type"),
    ],
)
async def test_bodies_that_are_not_what_they_say_are_refused(slack, kind, body, error):
    headers = {"Authorization": f"Bearer {data.BOT_TOKEN}", "Content-Type": kind}
    url = f"{slack.client.base_url}auth.test"
    async with slack.session.post(url, data=body, headers=headers) as got:
        assert (await got.json())["error"] == error


async def test_arguments_come_by_query_form_and_json(slack):
    headers = {"Authorization": f"Bearer {data.BOT_TOKEN}"}

    async def ask(name, how="POST", **sent):
        url = f"{slack.client.base_url}{name}"
        async with slack.session.request(how, url, **sent) as got:
            return (await got.json()).get("error", "")

    asked, said = {"user": "U0ADA"}, {"channel": "U0ADA", "text": "x"}
    assert not await ask("users.info", "GET", headers=headers, params=asked)
    assert not await ask("users.info", headers=headers, data=asked)
    # What only reads doesn't see JSON, and nobody sees a token in it.
    assert await ask("users.info", headers=headers, json=asked) == "invalid_arguments"
    assert not await ask("chat.postMessage", headers=headers, json=said)
    assert not await ask("chat.postMessage", data=said | {"token": data.BOT_TOKEN})
    told = await ask("chat.postMessage", json=said | {"token": data.BOT_TOKEN})
    assert told == "not_authed"


async def test_people_are_what_they_are(slack):
    guest = (await slack.client.users_info(user="U0GUS"))["user"]
    stranger = (await slack.client.users_info(user="U0EVE"))["user"]
    assert guest["is_ultra_restricted"]
    assert not guest["is_admin"]
    assert stranger["is_stranger"]
    assert stranger["team_id"] == "T0OTHER"
    listed = (await slack.client.users_list())["members"]
    assert "U0EVE" not in {each["id"] for each in listed}


async def test_lists_are_paged(slack):
    first = await slack.client.conversations_members(channel="C0GENERAL", limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await slack.client.conversations_members(channel="C0GENERAL", limit=3, cursor=cursor)
    assert [*first["members"], *rest["members"]] == ["U0ADA", "U0BOB", "U0CY", "U0GUS", "U0BOT"]
    assert rest["response_metadata"]["next_cursor"] == ""


async def test_a_private_channel_without_the_bot_is_not_there_for_it(slack):
    for call in (
        slack.client.conversations_info(channel="C0ENG"),
        slack.client.chat_postMessage(channel="C0ENG", text="x"),
        slack.client.chat_postEphemeral(channel="C0ENG", user="U0ADA", text="x"),
    ):
        assert (await refused(call))["error"] == "channel_not_found"
    listed = await slack.client.conversations_list(types="public_channel,private_channel")
    assert {each["id"] for each in listed["channels"]} == {"C0GENERAL", "C0PARTNERS"}
    shared = (await slack.client.conversations_info(channel="C0PARTNERS"))["channel"]
    assert shared["is_ext_shared"]


async def test_an_ephemeral_message_is_for_members_and_never_updated(slack):
    answer = await refused(
        slack.client.chat_postEphemeral(channel="C0GENERAL", user="U0EVE", text="x")
    )
    assert answer["error"] == "user_not_in_channel"
    sent = await slack.client.chat_postEphemeral(channel="C0GENERAL", user="U0ADA", text="x")
    ts = sent["message_ts"]
    answer = await refused(slack.client.chat_update(channel="C0GENERAL", ts=ts, text="y"))
    assert answer["error"] == "message_not_found"


async def test_the_bot_changes_and_deletes_its_own_messages_alone(slack):
    sent = await slack.client.chat_postMessage(channel="U0ADA", text="x")
    where = {"channel": sent["channel"], "ts": sent["ts"]}
    await slack.client.chat_update(**where, text="y")
    message = await slack.ada.last("@app")
    assert (message["text"], message["edited"]) == ("y", True)
    await slack.client.chat_delete(**where)
    assert await slack.ada.messages("@app") == []
    typed = await slack.ada.types("mine")
    theirs = {"channel": "C0GENERAL", "ts": typed["ts"]}
    answer = await refused(slack.client.chat_update(**theirs, text="y"))
    assert answer["error"] == "cant_update_message"
    assert (await refused(slack.client.chat_delete(**theirs)))["error"] == "cant_delete_message"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": " \n"}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"markdown_text": "x", "text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"blocks": "[{"}, "invalid_blocks_format"),
        ({"blocks": [{"type": "x"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [section("x" * 2_600)] * 5}, "msg_blocks_too_long"),
        ({"attachments": [{}] * 101}, "invalid_attachments"),
        ({"text": "x", "channel": "C0NOWHERE"}, "channel_not_found"),
        ({"text": "x", "channel": "U0EVE"}, "channel_not_found"),
    ],
)
async def test_slack_refuses_what_it_would_not_post(slack, sent, error):
    answer = await refused(
        slack.client.api_call("chat.postMessage", json={"channel": "C0GENERAL", **sent})
    )
    assert answer["error"] == error


async def test_refused_blocks_are_pointed_at(slack):
    blocks = [section("x" * 3001)]
    answer = await refused(
        slack.client.chat_postMessage(channel="C0GENERAL", text="x", blocks=blocks)
    )
    (message,) = answer["response_metadata"]["messages"]
    assert message == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    (call,) = [c for c in (await slack.log())["calls"] if c["method"] == "chat.postMessage"]
    assert call["messages"] == [message]
    assert "token" not in call["args"]


async def test_blocks_are_validated_without_a_token(slack):
    client = AsyncWebClient(base_url=slack.client.base_url, session=slack.session)
    assert (await client.api_call("blocks.validate", json={"blocks": [section("x")]}))["ok"]
    wrong = client.api_call("blocks.validate", json={"view": modal()})
    assert (await refused(wrong))["error"] == "invalid_blocks"


async def test_a_trigger_opens_one_modal_within_three_seconds(slack):
    used, late = await triggered(slack), await triggered(slack)
    await slack.client.views_open(trigger_id=used, view=modal(section("x")))
    errors = []
    for trigger in (used, "made.up"):
        call = slack.client.views_open(trigger_id=trigger, view=modal(section("x")))
        errors.append((await refused(call))["error"])
    await slack.post("clock", advance=3.1)
    call = slack.client.views_open(trigger_id=late, view=modal(section("x")))
    errors.append((await refused(call))["error"])
    assert errors == ["exchanged_trigger_id", "invalid_trigger_id", "expired_trigger_id"]


async def test_a_refused_view_costs_no_trigger(slack):
    trigger = await triggered(slack)
    answer = await refused(slack.client.views_open(trigger_id=trigger, view=modal()))
    assert answer["error"] == "invalid_arguments"
    assert "/view/blocks" in answer["response_metadata"]["messages"][0]
    await slack.client.views_open(trigger_id=trigger, view=modal(section("x")))


async def test_a_view_has_250_kilobytes(slack):
    blocks = [section("é" * 1500, block_id=str(n)) for n in range(90)]
    call = slack.client.views_open(trigger_id=await triggered(slack), view=modal(*blocks))
    assert (await refused(call))["error"] == "view_too_large"


async def test_a_view_is_updated_while_its_hash_holds(slack):
    view = await opened(slack, external_id="mine")
    await slack.ada.presses("a", "typed")
    again = modal(text_input("a"), section("new"))
    first = await slack.client.views_update(view_id=view["id"], hash=view["hash"], view=again)
    assert first["view"]["state"]["values"]["a"]["a"]["value"] == "typed"
    stale = slack.client.views_update(view_id=view["id"], hash=view["hash"], view=again)
    assert (await refused(stale))["error"] == "hash_conflict"
    gone = slack.client.views_update(view_id="V0", view=again)
    assert (await refused(gone))["error"] == "not_found"
    names = {"view_id": view["id"], "external_id": "mine"}
    both = slack.client.api_call("views.update", json={**names, "view": again})
    assert (await refused(both))["error"] == "invalid_arguments"


async def test_another_element_in_the_same_place_starts_afresh(slack):
    view = await opened(slack)
    await slack.ada.presses("a", "typed")
    number = {"type": "number_input", "action_id": "a", "is_decimal_allowed": False}
    again = modal({**text_input("a"), "element": number})
    updated = await slack.client.views_update(view_id=view["id"], view=again)
    value = updated["view"]["state"]["values"]["a"]["a"]
    assert value == {"type": "number_input", "value": None}


async def test_an_external_id_is_one_views_own(slack):
    await opened(slack, external_id="mine")
    trigger = slack.world.workspace.mint_trigger("U0BOB")
    call = slack.client.views_open(trigger_id=trigger, view=modal(section("x"), external_id="mine"))
    assert (await refused(call))["error"] == "duplicate_external_id"


async def test_a_closed_view_cannot_be_updated(slack):
    view = await opened(slack)
    await slack.ada.closes()
    call = slack.client.views_update(view_id=view["id"], view=modal(section("x")))
    assert (await refused(call))["error"] == "not_found"


async def test_a_stack_has_three_views(slack):
    @slack.bolt.action("more")
    async def more(ack, body, client):
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=modal(actions(button("more"))))

    trigger = await triggered(slack)
    await slack.client.views_open(trigger_id=trigger, view=modal(actions(button("more"))))
    for _ in range(2):
        await slack.ada.presses("more")
    root, _, top = (await slack.ada.screen())["modal"]
    assert top["root_view_id"] == root["id"]
    assert (await slack.ada.presses("more"))["error"] == "dispatch_failed"
    assert len((await slack.ada.screen())["modal"]) == 3
    errors = [call["error"] for call in (await slack.log())["calls"]]
    assert errors[-1] == "push_limit_reached"


async def test_a_trigger_from_elsewhere_pushes_nothing(slack):
    await opened(slack)
    call = slack.client.views_push(trigger_id=await triggered(slack), view=modal(section("x")))
    assert (await refused(call))["error"] == "invalid_trigger_id"


async def test_home_tabs_are_for_people_of_the_workspace(slack):
    view = {"type": "home", "blocks": [section("x")]}
    first = await slack.client.views_publish(user_id="U0ADA", view=view)
    await slack.client.views_publish(user_id="U0ADA", view=view, hash=first["view"]["hash"])
    stale = slack.client.views_publish(user_id="U0ADA", view=view, hash=first["view"]["hash"])
    assert (await refused(stale))["error"] == "hash_conflict"
    stranger = slack.client.views_publish(user_id="U0EVE", view=view)
    assert (await refused(stranger))["error"] == "user_not_found"


async def test_limits_are_recorded_and_enforced_on_request(slack):
    for _ in range(21):
        await slack.client.users_list()
    rates = (await slack.log())["rates"]["users.list"]
    assert rates == {"tier": 2, "limit": 20, "peak": 21}
    await slack.post("faults", enforce_rate_limits=True)
    answer = await refused(slack.client.users_list())
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    await slack.post("clock", advance=60)
    assert (await slack.client.users_list())["ok"]


async def test_one_message_a_second_in_a_channel(slack):
    await slack.post("faults", enforce_rate_limits=True)
    await slack.client.chat_postMessage(channel="C0GENERAL", text="1")
    answer = await refused(slack.client.chat_postMessage(channel="C0GENERAL", text="2"))
    assert answer.headers["Retry-After"] == "1"
    assert (await slack.client.chat_postMessage(channel="U0ADA", text="3"))["ok"]


async def test_faults_happen_as_often_as_asked(slack):
    await slack.post("faults", method="auth.test", error="fatal_error")
    assert (await refused(slack.client.auth_test()))["error"] == "fatal_error"
    assert (await slack.client.auth_test())["ok"]
    await slack.post("faults", method="*", status=503)
    url = f"{slack.client.base_url}auth.test"
    async with slack.session.post(url) as got:
        assert got.status == 503
    await slack.post("faults", method="chat.postMessage", drop=True, after=True)
    with pytest.raises(aiohttp.ClientError):
        await slack.session.post(
            f"{slack.client.base_url}chat.postMessage",
            json={"channel": "C0GENERAL", "text": "done"},
            headers={"Authorization": f"Bearer {data.BOT_TOKEN}"},
        )
    assert (await slack.ada.last())["text"] == "done"


async def test_a_slow_answer_comes_in_the_end(slack):
    await slack.post("faults", method="auth.test", slow=0.01)
    async with asyncio.timeout(5):
        assert (await slack.client.auth_test())["ok"]


async def test_a_new_text_takes_the_blocks_away_and_new_blocks_keep_the_text(slack):
    sent = await slack.client.chat_postMessage(
        channel="C0GENERAL", text="old", blocks=[section("old")], attachments=[{"text": "a"}]
    )
    where = {"channel": sent["channel"], "ts": sent["ts"]}
    await slack.client.api_call("chat.update", json={**where, "blocks": [section("new")]})
    message = await slack.ada.last()
    assert (message["text"], message["blocks"][0]["text"]["text"]) == ("old", "new")
    assert not message["edited"]
    await slack.client.chat_update(**where, text="new")
    message = await slack.ada.last()
    assert (message["text"], message["blocks"], message["edited"]) == ("new", [], True)
    assert message["attachments"] == [{"text": "a"}]


async def test_an_update_is_held_to_bytes_and_to_all_its_blocks(slack):
    sent = await slack.client.chat_postMessage(channel="C0GENERAL", text="x")
    where = {"channel": sent["channel"], "ts": sent["ts"]}
    await slack.client.chat_update(**where, text="é" * 2_000)
    long = (
        slack.client.chat_update(**where, text="é" * 2_001),
        slack.client.chat_update(**where, text="x", blocks=[section("x" * 2_600)] * 5),
    )
    errors = [(await refused(call))["error"] for call in long]
    assert errors == ["msg_too_long", "msg_blocks_too_long"]


async def test_a_message_has_its_address(slack):
    sent = await slack.client.chat_postMessage(channel="C0GENERAL", text="x")
    found = await slack.client.chat_getPermalink(channel="C0GENERAL", message_ts=sent["ts"])
    assert found["permalink"].startswith("https://acme.slack.com/archives/C0GENERAL/p")


async def test_a_revoked_token_is_dead(slack):
    assert not (await slack.client.auth_revoke(test=True))["revoked"]
    assert (await slack.client.auth_revoke())["revoked"]
    assert (await refused(slack.client.auth_test()))["error"] == "account_inactive"
