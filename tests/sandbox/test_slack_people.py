import asyncio

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_stage import (
    SECRET,
    actions,
    button,
    modal,
    plain,
    section,
    stage,
    text_input,
)


@pytest.fixture
async def slack():
    async with stage() as made:
        yield made


def answering(slack, body="", status=200, content_type="text/plain"):
    """Have the app answer every delivery with this, and remember what it was sent."""
    got = []

    async def answer(request):
        got.append(dict(await request.post()) or await request.text())
        return web.Response(text=body, status=status, content_type=content_type)

    slack.raw = answer
    return got


def silent(slack):
    async def never(_request):
        await asyncio.Event().wait()

    slack.raw = never
    slack.world.deliveries.ack_seconds = 0.05


async def has(slack, person, view, **command):
    """Have the app open *view* for *person* at a command."""

    @slack.bolt.command("/confluence")
    async def listen(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    await person.types("/confluence", **command)


async def test_a_command_answered_in_the_ack_is_seen_by_its_person_alone(slack):
    @slack.bolt.command("/confluence")
    async def listen(ack, command):
        await ack(response_type="ephemeral", text=f"you said {command['text']}")

    done = await slack.ada.types("/confluence help", channel="eng")

    assert done["ack"]["status"] == 200
    assert done["error"] is None
    (message,) = await slack.ada.messages("eng")
    assert (message["text"], message["ephemeral"]) == ("you said help", True)
    assert await slack.bob.messages("eng") == []


async def test_a_command_answered_in_channel_is_seen_by_its_members(slack):
    answering(slack, '{"response_type": "in_channel", "text": "hi"}', 200, "application/json")
    await slack.ada.types("/confluence help", channel="eng")
    assert (await slack.bob.last("eng"))["text"] == "hi"


async def test_a_command_carries_slacks_fields_with_mentions_escaped(slack):
    got = answering(slack)
    await slack.ada.types("/confluence ask @bob in #eng & #general https://x.example/?a=1")
    (form,) = got
    assert form["text"] == (
        "ask <@U0BOB> in <#C0ENG|> &amp; <#C0GENERAL|general> <https://x.example/?a=1>"
    )
    assert (form["command"], form["user_id"], form["team_id"]) == ("/confluence", "U0ADA", "T0ACME")
    assert form["channel_name"] == "general"
    assert form["response_url"].startswith(f"{slack.base_url}/slack/hooks/")


async def test_a_private_channels_name_is_withheld(slack):
    got = answering(slack)
    await slack.ada.types("/confluence help", channel="eng")
    assert got[0]["channel_name"] == "privategroup"


@pytest.mark.parametrize(
    ("body", "status", "kind", "error"),
    [
        ("", 500, "text/plain", "dispatch_failed"),
        ("[1]", 200, "application/json", "invalid_response"),
        ("{", 200, "application/json", "invalid_response"),
        ('{"text": "x", "response_type": "loud"}', 200, "application/json", None),
        ('{"blocks": [{"type": "x"}]}', 200, "application/json", "invalid_blocks"),
        ('{"response_type": "ephemeral"}', 200, "application/json", "no_text"),
        ("x" * 4001, 200, "text/plain", "msg_too_long"),
    ],
)
async def test_a_wrong_answer_to_a_command_is_shown_as_its_failure(
    slack, body, status, kind, error
):
    answering(slack, body, status, kind)
    done = await slack.ada.types("/confluence help")
    assert done["error"] == (error or "invalid_command_response")
    (notice,) = (await slack.ada.screen())["notices"]
    assert notice["text"] == f"/confluence failed with the error “{done['error']}”"


async def test_a_late_ack_of_a_command_is_an_operation_timeout(slack):
    silent(slack)
    done = await slack.ada.types("/confluence help")
    assert done["ack"]["error"] == "timeout"
    (notice,) = (await slack.ada.screen())["notices"]
    assert notice["text"] == "/confluence failed with the error “operation_timeout”"
    assert (await slack.ada.types("/confluence help"))["error"] == "operation_timeout"
    assert len((await slack.log())["deliveries"]) == 2


async def test_a_late_ack_of_a_button_leaves_a_warning_beside_it(slack):
    await slack.client.chat_postMessage(
        channel="C0GENERAL", text="x", blocks=[actions(button("go"))]
    )
    silent(slack)
    await slack.ada.presses("go")
    (warning,) = (await slack.ada.last())["warnings"]
    assert warning["action_id"] == "go"
    assert "didn’t respond" in warning["text"]


async def test_a_form_whose_ack_is_late_stays_open_with_its_text(slack):
    await has(slack, slack.ada, modal(text_input("title")))
    silent(slack)
    done = await slack.ada.submits({"title": "Minutes"})
    assert done["error"] == "operation_timeout"
    form = await slack.ada.modal()
    assert form["notice"] == "We had some trouble connecting. Try again?"
    assert form["state"]["values"]["title"]["title"]["value"] == "Minutes"


async def test_a_late_list_of_options_is_empty(slack):
    menu = {"type": "external_select", "action_id": "space", "min_query_length": 2}
    await has(slack, slack.ada, modal({"type": "actions", "elements": [menu]}))
    silent(slack)
    assert await slack.ada.suggests("space", "en") == []


async def test_options_are_asked_for_from_the_least_number_of_letters_on(slack):
    asked = []
    menu = {"type": "external_select", "action_id": "space", "min_query_length": 2}
    view = {"type": "input", "block_id": "s", "label": plain("Space"), "element": menu}
    await has(slack, slack.ada, modal(view))

    @slack.bolt.options("space")
    async def suggest(ack, payload):
        asked.append(payload["value"])
        await ack(options=[{"text": plain("Engineering"), "value": "ENG"}])

    assert await slack.ada.suggests("space", "e") == []
    (option,) = await slack.ada.suggests("space", "en")
    assert asked == ["en"]
    assert option["value"] == "ENG"
    assert (await slack.ada.submits({"s": {"space": "HR"}}))["error"] == "no_such_option"
    await slack.ada.presses("space", "ENG")
    kept = (await slack.ada.modal())["state"]["values"]["s"]["space"]
    assert kept["selected_option"]["value"] == "ENG"


async def test_a_hundred_and_one_options_are_none(slack):
    menu = {"type": "external_select", "action_id": "space", "min_query_length": 0}
    await has(slack, slack.ada, modal({"type": "actions", "elements": [menu]}))

    @slack.bolt.options("space")
    async def suggest(ack):
        await ack(options=[{"text": plain("o"), "value": str(n)} for n in range(101)])

    assert await slack.ada.suggests("space", "") == []


async def test_a_button_opens_a_modal_and_its_form_posts_a_message(slack):
    @slack.bolt.command("/confluence")
    async def listen(ack):
        await ack(text="hi", blocks=[actions(button("create"))], response_type="ephemeral")

    @slack.bolt.action("create")
    async def pressed(ack, body, client):
        await ack()
        assert "message" not in body
        assert body["container"]["is_ephemeral"]
        view = modal(section("hello"), text_input("title"), callback_id="form")
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @slack.bolt.view("form")
    async def submitted(ack, body, client, view):
        title = view["state"]["values"]["title"]["title"]["value"]
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text=f"made {title}")

    await slack.ada.types("/confluence")
    await slack.ada.presses("create")
    done = await slack.ada.submits({"title": "Minutes"})

    assert done["errors"] == {}
    assert await slack.ada.modal() is None
    assert (await slack.ada.waits_for_message("made Minutes", "@app"))["channel"] == "D0ADA"


async def test_a_required_input_is_asked_for_by_slack_itself(slack):
    await has(slack, slack.ada, modal(text_input("title", min_length=3)))
    got = answering(slack)
    assert (await slack.ada.submits())["errors"] == {
        "title": "Please complete this required field."
    }
    assert (await slack.ada.submits({"title": "ab"}))["error"] == "form_invalid"
    assert got == []


async def test_errors_in_an_ack_keep_the_form_open(slack):
    await has(slack, slack.ada, modal(text_input("title"), callback_id="form"))

    @slack.bolt.view("form")
    async def submitted(ack):
        await ack(response_action="errors", errors={"title": "taken"})

    assert (await slack.ada.submits({"title": "Minutes"}))["errors"] == {"title": "taken"}
    form = await slack.ada.modal()
    assert form["errors"] == {"title": "taken"}
    assert form["state"]["values"]["title"]["title"]["value"] == "Minutes"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ('{"response_action": "errors", "errors": {"elsewhere": "x"}}', "application/json"),
        ('{"response_action": "errors", "errors": {}}', "application/json"),
        ('{"response_action": "dance"}', "application/json"),
        ('{"response_action": "update", "view": {"type": "modal"}}', "application/json"),
        ('{"response_action": "update"}', "application/json"),
        ('{"ok": true}', "application/json"),
        ('{"response_action": "clear"}', "text/plain"),
        ("not json", "application/json"),
    ],
)
async def test_an_ack_that_slack_does_not_understand_leaves_the_form_open(slack, answer, kind):
    await has(slack, slack.ada, modal(text_input("title")))
    answering(slack, answer, 200, kind)
    done = await slack.ada.submits({"title": "Minutes"})
    assert (await slack.ada.modal())["notice"].startswith("We had some trouble")
    (refused,) = (await slack.log())["refused"]
    assert (refused["user"], refused["error"]) == ("U0ADA", done["error"])


async def test_an_ack_can_update_push_and_clear(slack):
    replies = []
    await has(slack, slack.ada, modal(text_input("a"), callback_id="form"))

    @slack.bolt.view("form")
    async def submitted(ack):
        await ack(**replies.pop(0))

    again = modal(text_input("a"), text_input("b", initial_value="B"), callback_id="form")
    replies.append({"response_action": "update", "view": again})
    replies.append({"response_action": "push", "view": modal(section("2"), callback_id="form")})
    replies.append({"response_action": "clear"})
    await slack.ada.submits({"a": "kept"})
    values = (await slack.ada.modal())["state"]["values"]
    assert (values["a"]["a"]["value"], values["b"]["b"]["value"]) == ("kept", "B")
    await slack.ada.submits()
    assert len((await slack.ada.screen())["modal"]) == 2
    await slack.ada.submits()
    assert (await slack.ada.screen())["modal"] == []


async def test_closing_is_told_where_the_app_wants_to_know(slack):
    closed = []
    await has(slack, slack.ada, modal(section("x"), notify_on_close=True, callback_id="form"))

    @slack.bolt.view_closed("form")
    async def gone(ack, body):
        await ack()
        closed.append(body["is_cleared"])

    await slack.ada.closes()
    assert closed == [False]
    assert await slack.ada.modal() is None


async def test_the_cross_clears_the_stack_and_names_its_root(slack):
    closed = []
    first = modal(
        actions(button("more")), notify_on_close=True, callback_id="root", submit=plain("S")
    )
    await has(slack, slack.ada, first)

    @slack.bolt.action("more")
    async def more(ack, body, client):
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=modal(section("2")))

    @slack.bolt.view_closed("root")
    async def gone(ack, body):
        await ack()
        closed.append((body["is_cleared"], body["view"]["callback_id"]))

    await slack.ada.presses("more")
    assert len((await slack.ada.screen())["modal"]) == 2
    await slack.ada.closes(everything=True)
    assert closed == [(True, "root")]
    assert (await slack.ada.screen())["modal"] == []


async def test_an_input_tells_of_itself_only_where_it_dispatches(slack):
    heard = []
    quiet, loud = text_input("quiet"), {**text_input("loud"), "dispatch_action": True}
    await has(slack, slack.ada, modal(quiet, loud))

    @slack.bolt.action("loud")
    async def pressed(ack, action, body):
        await ack()
        heard.append((action["value"], body["view"]["state"]["values"]["quiet"]["quiet"]["value"]))

    assert (await slack.ada.presses("quiet", "a"))["ack"] is None
    await slack.ada.presses("loud", "b")
    assert heard == [("b", "a")]


async def test_a_link_button_opens_its_address_and_tells_the_app(slack):
    heard = []
    link = button("open", url="https://x.example/")
    await slack.client.chat_postMessage(channel="C0GENERAL", blocks=[actions(link)], text="x")

    @slack.bolt.action("open")
    async def pressed(ack, body):
        await ack()
        heard.append(body["response_url"])

    assert (await slack.ada.presses("open"))["url"] == "https://x.example/"
    assert len(heard) == 1


async def test_an_outsider_presses_but_types_no_commands(slack):
    got = answering(slack)
    assert (await slack.eve.types("/confluence help", "partners"))["error"] == "not_a_command"
    assert got == []
    slack.raw = None
    teams = []
    await slack.client.chat_postMessage(
        channel="C0PARTNERS", text="x", blocks=[actions(button("go"))]
    )

    @slack.bolt.action("go")
    async def pressed(ack, body):
        await ack()
        teams.append((body["team"]["id"], body["user"]["team_id"]))

    await slack.eve.presses("go")
    assert teams == [("T0ACME", "T0OTHER")]


async def test_commands_end_at_the_channels_and_words_that_there_are(slack):
    answering(slack)
    assert (await slack.gus.types("/confluence help", "eng"))["error"] == "not_in_channel"
    assert (await slack.ada.types("/jira help"))["error"] == "not_a_command"
    threaded = await slack.ada.types("/confluence help", thread_ts="1.1")
    assert threaded["error"] == "not_supported_in_threads"


async def test_shortcuts_carry_their_message_and_only_global_ones_lack_a_response_url(slack):
    heard = []

    @slack.bolt.shortcut("create_page")
    async def everywhere(ack, body):
        await ack()
        heard.append((body["type"], "response_url" in body))

    @slack.bolt.shortcut("create_page_from_message")
    async def here(ack, body):
        await ack()
        heard.append((body["message"]["text"], "response_url" in body))

    await slack.bob.types("let's *meet* <@all>")
    await slack.ada.uses_shortcut("create_page")
    await slack.ada.uses_shortcut("create_page_from_message", await slack.ada.last())
    assert heard == [("shortcut", False), ("let's *meet* &lt;@all&gt;", True)]
    wrong = await slack.ada.uses_shortcut("create_page", await slack.ada.last())
    assert wrong["error"] == "no_such_shortcut"


async def test_the_home_tab_is_told_of_and_published(slack):
    tabs = []

    @slack.bolt.event("app_home_opened")
    async def opened(event, client):
        tabs.append((event["tab"], "view" in event))
        view = {"type": "home", "blocks": [section("hi"), actions(button("b"))]}
        await client.views_publish(user_id=event["user"], view=view)

    await slack.ada.opens_home()
    await slack.ada.opens_home()
    assert tabs == [("home", False), ("home", True)]
    assert (await slack.ada.home())["blocks"][0]["text"]["text"] == "hi"


async def test_nothing_but_its_own_host_and_origin_reaches_the_controls(slack):
    url = f"{slack.base_url}/_sandbox/slack/people"
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        async with slack.session.get(url, headers=headers) as got:
            assert got.status == 403
    async with slack.session.get(url, headers={"Origin": slack.base_url}) as got:
        assert got.status == 200


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("people/U0ADA/type", {}, 400),
        ("people/U0ADA/type", {"channel": 5, "text": 5}, 400),
        ("people/U0NOBODY/type", {"channel": "general", "text": "x"}, 404),
        ("people/U0ADA/press", {"container": {"view_id": "V"}, "action_id": "a"}, 404),
        ("people/U0ADA/submit", {}, 404),
        ("people/U0ADA/submit", {"values": [1]}, 404),
        ("clock", {"advance": -1}, 400),
    ],
)
async def test_nonsense_is_answered_with_what_is_wrong(slack, path, sent, status):
    async with slack.session.post(f"{slack.base_url}/_sandbox/slack/{path}", json=sent) as got:
        assert got.status == status
        assert (await got.json())["detail"]


async def test_waiting_ends_when_something_appears(slack):
    before = (await slack.bob.screen())["seq"]
    waiting = asyncio.create_task(slack.bob.screen(before, 5))
    await slack.ada.types("hello")
    seen = await waiting
    assert seen["seq"] > before
    with pytest.raises(TimeoutError):
        await slack.bob.waits_for(lambda screen: screen["modal"], 0.01)


async def test_the_stream_says_whose_screen_changed(slack):
    async with slack.session.get(f"{slack.base_url}/_sandbox/slack/stream") as stream:
        await stream.content.readuntil(b"\n\n")
        await slack.client.chat_postEphemeral(channel="C0GENERAL", user="U0BOB", text="x")
        line = await stream.content.readuntil(b"\n\n")
    assert b'"user": "U0BOB"' in line


async def test_nobody_waits_for_a_world_that_closes(slack):
    waiting = asyncio.create_task(slack.ada.screen(0, 60))
    async with slack.session.get(f"{slack.base_url}/_sandbox/slack/stream") as stream:
        await stream.content.readuntil(b"\n\n")
        await slack.world.close()
        assert await stream.content.read() == b""
    async with asyncio.timeout(5):
        assert (await waiting)["seq"] == 0


async def test_a_replayed_delivery_has_the_signature_that_it_had(slack):
    answering(slack)
    await slack.ada.types("/confluence help")
    (sent,) = (await slack.log())["deliveries"]
    seen = []

    async def receive(request):
        seen.append(request.headers["X-Slack-Signature"])
        return web.Response(text="again")

    slack.raw = receive
    stamp = sent["headers"]["X-Slack-Request-Timestamp"]
    answer = await slack.post("deliver", body=sent["body"], timestamp=stamp)
    assert (answer["status"], answer["body"]) == (200, "again")
    assert seen == [sent["headers"]["X-Slack-Signature"]]


async def test_a_forged_delivery_is_refused_by_an_app_that_checks(slack):
    answer = await slack.post("deliver", body="command=%2Fconfluence", signed=False)
    assert answer["status"] == 401


async def test_everything_comes_back_from_what_was_saved(slack):
    await has(slack, slack.ada, modal(text_input("title"), callback_id="form"))
    await slack.client.chat_postMessage(channel="C0GENERAL", text="kept")
    before = await slack.ada.screen()
    async with stage(saved=slack.world.dump()) as again:
        after = await again.ada.screen()
        assert after == before
        again.raw = None
        assert (await again.ada.submits({"title": "x"}))["ack"]["status"] == 404


async def test_whoever_would_be_notified_is_written_down(slack):
    await slack.client.chat_postMessage(
        channel="C0GENERAL",
        text="<!channel> <@U0BOB|b> &lt;!here&gt;",
        blocks=[section("<!everyone>"), {"type": "header", "text": plain("<!here>")}],
    )
    assert (await slack.ada.last())["pings"] == ["channel", "U0BOB", "everyone"]


async def test_the_secret_signs_as_slack_publishes_it():
    # The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
    from sandbox.slack.delivery import signature  # noqa: PLC0415 - a rule, not the stage

    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    made = signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body)
    assert made == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert made != signature(SECRET, "1531420618", body)


async def test_a_removed_app_is_told_and_its_token_is_dead(slack):
    kinds = []

    async def receive(request):
        kinds.append((await request.json())["event"]["type"])
        return web.Response()

    slack.raw = receive
    await slack.post("install", installed=False)
    assert sorted(kinds) == ["app_uninstalled", "tokens_revoked"]
    with pytest.raises(SlackApiError, match="account_inactive"):
        await slack.client.auth_test()
    await slack.post("install", installed=True)
    assert (await slack.client.auth_test())["team_id"] == "T0ACME"


async def test_the_home_tabs_buttons_open_modals(slack):
    view = {"type": "home", "blocks": [actions(button("go"))]}
    await slack.client.views_publish(user_id="U0ADA", view=view)

    @slack.bolt.action("go")
    async def pressed(ack, body, client):
        await ack()
        assert body["container"]["type"] == "view"
        assert body["view"]["type"] == "home"
        await client.views_open(trigger_id=body["trigger_id"], view=modal(section("x")))

    assert (await slack.ada.presses("go", container="home"))["error"] is None
    assert (await slack.ada.modal())["blocks"][0]["text"]["text"] == "x"


def menu(kind, **more):
    options = [{"text": plain(f"Option {v}"), "value": v} for v in "abc"]
    return {"type": kind, "action_id": kind, "options": options, **more}


@pytest.mark.parametrize(
    ("element", "given", "slot", "held"),
    [
        (menu("static_select"), "b", "selected_option", "b"),
        (menu("radio_buttons"), "Option c", "selected_option", "c"),
        (menu("static_select"), None, "selected_option", None),
        ({"type": "users_select"}, "U0BOB", "selected_user", "U0BOB"),
        ({"type": "channels_select"}, "C0GENERAL", "selected_channel", "C0GENERAL"),
        ({"type": "datepicker"}, "2026-01-01", "selected_date", "2026-01-01"),
        ({"type": "timepicker"}, "23:59", "selected_time", "23:59"),
        ({"type": "datetimepicker"}, 1_790_000_000, "selected_date_time", 1_790_000_000),
        ({"type": "number_input", "is_decimal_allowed": True}, 1.5, "value", "1.5"),
    ],
)
async def test_values_are_kept_as_they_travel(slack, element, given, slot, held):
    element = {**element, "action_id": "x"}
    block = {"type": "input", "block_id": "b", "label": plain("L"), "element": element}
    await has(slack, slack.ada, modal(block))
    await slack.ada.presses("x", given)
    kept = (await slack.ada.modal())["state"]["values"]["b"]["x"][slot]
    assert (kept["value"] if isinstance(kept, dict) else kept) == held


@pytest.mark.parametrize(
    ("element", "given", "error"),
    [
        (menu("static_select"), "z", "no_such_option"),
        (menu("checkboxes"), ["a", "z"], "no_such_option"),
        (menu("multi_static_select", max_selected_items=1), ["a", "b"], "too_many_selected"),
        ({"type": "datepicker"}, "tomorrow", "wrong_kind_of_value"),
        ({"type": "datetimepicker"}, "noon", "wrong_kind_of_value"),
        ({"type": "rich_text_input"}, 5, "wrong_kind_of_value"),
        ({"type": "plain_text_input"}, {"a": 1}, "wrong_kind_of_value"),
    ],
)
async def test_an_element_takes_only_what_it_can_hold(slack, element, given, error):
    element = {**element, "action_id": "x"}
    block = {"type": "input", "block_id": "b", "label": plain("L"), "element": element}
    await has(slack, slack.ada, modal(block))
    assert (await slack.ada.presses("x", given))["error"] == error


async def test_rich_text_is_a_document_or_becomes_one(slack):
    element = {"type": "rich_text_input", "action_id": "body"}
    block = {"type": "input", "block_id": "b", "label": plain("L"), "element": element}
    await has(slack, slack.ada, modal(block, callback_id="form"))
    heard = []

    @slack.bolt.view("form")
    async def submitted(ack, view):
        await ack()
        heard.append(view["state"]["values"]["b"]["body"]["rich_text_value"])

    assert (await slack.ada.submits({"body": ""}))["error"] == "form_invalid"
    await slack.ada.submits({"b": {"body": "Hello"}})
    (document,) = heard
    assert document["elements"][0]["elements"] == [{"type": "text", "text": "Hello"}]


async def test_a_chosen_conversation_comes_with_a_response_url(slack):
    element = {"type": "conversations_select", "action_id": "c", "response_url_enabled": True}
    block = {"type": "input", "block_id": "b", "label": plain("L"), "element": element}
    await has(slack, slack.ada, modal(block, callback_id="form"))
    heard = []

    @slack.bolt.view("form")
    async def submitted(ack, body):
        await ack()
        heard.extend(body["response_urls"])

    await slack.ada.submits({"c": "C0ENG"})
    (made,) = heard
    assert made["channel_id"] == "C0ENG"
    said = {"text": "shared", "response_type": "in_channel"}
    await slack.session.post(made["response_url"], json=said)
    assert (await slack.bob.last("eng"))["text"] == "shared"


async def test_a_redirect_is_no_ack_of_a_command(slack):
    async def elsewhere(request):
        raise web.HTTPTemporaryRedirect(f"{request.url}?again")

    slack.raw = elsewhere
    assert (await slack.ada.types("/confluence help"))["error"] == "dispatch_failed"


async def test_notices_and_private_messages_can_be_put_away(slack):
    await slack.ada.types("/jira")
    await slack.client.chat_postEphemeral(channel="C0GENERAL", user="U0ADA", text="x")
    (notice,) = (await slack.ada.screen())["notices"]
    await slack.post("people/U0ADA/dismiss", notice_id=notice["id"])
    message = await slack.ada.last()
    where = {"channel": "C0GENERAL", "ts": message["ts"]}
    await slack.post("people/U0ADA/dismiss", **where)
    assert (await slack.ada.screen())["notices"] == []
    assert await slack.ada.messages() == []
