import pytest
from aiohttp import web

from sandbox.slack import elements
from sandbox.slack.blockkit import check_view
from tests.sandbox.slack_stage import actions, button, modal, plain, section, stage

CHOICES = [{"text": plain(f"Option {v}"), "value": v} for v in "abc"]
#: every kind that a form takes, with what a person puts in and what travels
FILLED = [
    ({"type": "plain_text_input"}, "text", {"value": "text"}),
    ({"type": "email_text_input"}, "a@b.example", {"value": "a@b.example"}),
    ({"type": "url_text_input"}, "https://x.example", {"value": "https://x.example"}),
    ({"type": "number_input", "is_decimal_allowed": False}, 3, {"value": "3"}),
    ({"type": "datepicker"}, "2026-02-28", {"selected_date": "2026-02-28"}),
    ({"type": "timepicker"}, "09:30", {"selected_time": "09:30"}),
    ({"type": "datetimepicker"}, 1_790_000_000, {"selected_date_time": 1_790_000_000}),
    ({"type": "static_select", "options": CHOICES}, "b", {"selected_option": CHOICES[1]}),
    (
        {"type": "multi_static_select", "options": CHOICES},
        ["a", "c"],
        {"selected_options": [CHOICES[0], CHOICES[2]]},
    ),
    ({"type": "radio_buttons", "options": CHOICES}, "a", {"selected_option": CHOICES[0]}),
    ({"type": "checkboxes", "options": CHOICES}, ["b"], {"selected_options": [CHOICES[1]]}),
    ({"type": "users_select"}, "U0BOB", {"selected_user": "U0BOB"}),
    ({"type": "multi_users_select"}, ["U0EVE"], {"selected_users": ["U0EVE"]}),
    ({"type": "channels_select"}, "C0GENERAL", {"selected_channel": "C0GENERAL"}),
    ({"type": "multi_channels_select"}, ["C0PARTNERS"], {"selected_channels": ["C0PARTNERS"]}),
    ({"type": "conversations_select"}, "D0ADA", {"selected_conversation": "D0ADA"}),
    ({"type": "multi_conversations_select"}, ["C0ENG"], {"selected_conversations": ["C0ENG"]}),
]
NOBODY_ELSES = {"include": ["private", "public"], "exclude_external_shared_channels": True}


@pytest.fixture
async def slack():
    async with stage() as made:

        async def receive(_request):
            return web.Response()

        made.raw = receive
        yield made


def asking(element, **more):
    block = {"type": "input", "block_id": "b", "label": plain("L"), **more}
    return {**block, "element": {"action_id": "x", **element}}


async def has(slack, view, channel=None):
    trigger = slack.world.workspace.mint_trigger("U0ADA", channel=channel)
    return (await slack.client.views_open(trigger_id=trigger, view=view))["view"]


async def told(slack):
    return (await slack.log())["deliveries"][-1]["payload"]


@pytest.mark.parametrize(("element", "given", "travels"), FILLED)
async def test_every_kind_of_element_travels_in_form_and_action(slack, element, given, travels):
    await has(slack, modal(asking(element, dispatch_action=True)))
    await slack.ada.presses("x", given)
    payload = await told(slack)
    (action,) = payload["actions"]
    assert payload["type"] == "block_actions"
    assert {k: action[k] for k in travels} == travels
    await slack.ada.submits()
    state = (await told(slack))["view"]["state"]["values"]["b"]["x"]
    assert state == {"type": element["type"], **travels}


@pytest.mark.parametrize(("element", "given", "travels"), FILLED)
async def test_what_a_form_begins_with_is_its_value(slack, element, given, travels):
    ((slot, value),) = travels.items()
    begun = {elements._INITIAL[slot]: value}  # noqa: SLF001 - the names are Slack's
    if slot == "value":
        begun = {"initial_value": str(given)}
    view = await has(slack, modal(asking({**element, **begun})))
    assert view["state"]["values"]["b"]["x"][slot] == value


async def test_what_is_typed_stays_in_an_update_where_both_ids_stay(slack):
    view = await has(slack, modal(asking({"type": "datepicker"})))
    await slack.ada.presses("x", "2026-02-28")
    kept = modal(section("more"), asking({"type": "datepicker"}), asking_again("timepicker"))
    updated = await slack.client.views_update(view_id=view["id"], view=kept, hash=view["hash"])
    values = updated["view"]["state"]["values"]
    assert values["b"]["x"]["selected_date"] == "2026-02-28"
    assert values["again"]["x"] == {"type": "timepicker", "selected_time": None}


def asking_again(kind):
    return {**asking({"type": kind}), "block_id": "again"}


@pytest.mark.parametrize(
    ("element", "given"),
    [
        ({"type": "users_select"}, "U0KIM"),
        ({"type": "users_select"}, "U0NOBODY"),
        ({"type": "channels_select"}, "C0ENG"),
        ({"type": "channels_select"}, "C0BOARD"),
        ({"type": "conversations_select"}, "D0BOB"),
        ({"type": "conversations_select", "filter": NOBODY_ELSES}, "C0PARTNERS"),
        ({"type": "conversations_select", "filter": NOBODY_ELSES}, "D0ADA"),
        ({"type": "conversations_select", "filter": {"exclude_bot_users": True}}, "D0ADA"),
        ({"type": "multi_conversations_select", "filter": {"include": ["private"]}}, ["C0GENERAL"]),
    ],
)
async def test_nobody_chooses_what_slacks_own_menus_do_not_hold(slack, element, given):
    await has(slack, modal(asking(element)))
    assert (await slack.ada.presses("x", given))["error"] == "no_such_option"


@pytest.mark.parametrize(
    ("element", "given"),
    [
        ({"type": "datepicker"}, "2026-02-30"),
        ({"type": "datepicker"}, "20260228"),
        ({"type": "timepicker"}, "24:00"),
        ({"type": "rich_text_input"}, {"type": "rich_text", "elements": [{"type": "x"}]}),
        ({"type": "rich_text_input"}, {"type": "divider"}),
    ],
)
async def test_what_is_no_day_no_time_and_no_text_is_not_taken(slack, element, given):
    await has(slack, modal(asking(element)))
    assert (await slack.ada.presses("x", given))["error"] == "wrong_kind_of_value"


@pytest.mark.parametrize(
    ("more", "given", "complaint"),
    [
        ({"is_decimal_allowed": False}, "1.5", "whole number"),
        ({"is_decimal_allowed": True, "min_value": "0.5"}, "0.4", "at least 0.5"),
        ({"is_decimal_allowed": True, "max_value": "10"}, "10.01", "at most 10"),
        ({"is_decimal_allowed": True}, "ten", "valid value"),
    ],
)
async def test_a_number_is_held_to_its_limits(slack, more, given, complaint):
    await has(slack, modal(asking({"type": "number_input", **more})))
    assert complaint in (await slack.ada.submits({"x": given}))["errors"]["b"]


@pytest.mark.parametrize(
    ("given", "complaint"), [("ab", "at least 3"), ("abcdef", "at most 5"), ("", "complete")]
)
async def test_a_text_is_held_to_its_lengths(slack, given, complaint):
    await has(slack, modal(asking({"type": "plain_text_input", "min_length": 3, "max_length": 5})))
    assert complaint in (await slack.ada.submits({"x": given}))["errors"]["b"]


async def test_a_form_is_filled_in_field_by_field(slack):
    view = modal(asking({"type": "datepicker"}, dispatch_action=True), asking_again("users_select"))
    view["blocks"][1]["element"]["action_id"] = "who"
    await has(slack, view)
    await slack.ada.fills({"who": "U0BOB", "x": "2026-02-28"})
    assert (await told(slack))["view"]["state"]["values"] == {
        "b": {"x": {"type": "datepicker", "selected_date": "2026-02-28"}},
        "again": {"who": {"type": "users_select", "selected_user": "U0BOB"}},
    }
    with pytest.raises(AssertionError, match="no_such_option"):
        await slack.ada.fills({"who": "U0NOBODY"})


async def test_a_menu_begins_with_the_conversation_that_one_looks_at(slack):
    element = {"type": "conversations_select", "default_to_current_conversation": True}
    view = await has(slack, modal(asking(element)), "C0ENG")
    assert view["state"]["values"]["b"]["x"]["selected_conversation"] == "C0ENG"
    view = await has(slack, modal(asking(element)))
    assert view["state"]["values"]["b"]["x"]["selected_conversation"] is None


@pytest.mark.parametrize("channel", ["C0GENERAL", "C0ENG"])
async def test_a_command_and_a_press_say_where_one_looked(slack, channel):
    if channel == "C0ENG":
        await slack.ada.types("/confluence", channel)
    else:
        blocks = [actions(button("go"))]
        await slack.client.chat_postMessage(channel=channel, text="x", blocks=blocks)
        await slack.ada.presses("go")
    trigger = (await told(slack))["trigger_id"]
    element = {"type": "multi_conversations_select", "default_to_current_conversation": True}
    view = await slack.client.views_open(trigger_id=trigger, view=modal(asking(element)))
    chosen = view["view"]["state"]["values"]["b"]["x"]
    assert chosen["selected_conversations"] == [channel]


async def test_groups_of_suggestions_are_chosen_from(slack):
    async def suggest(request):
        if "block_suggestion" not in str(await request.post()):
            return web.Response()
        groups = [{"label": plain("Ours"), "options": CHOICES[:1]}]
        groups.append({"label": plain("Theirs"), "options": CHOICES[1:]})
        return web.json_response({"option_groups": groups})

    slack.raw = suggest
    element = {"type": "multi_external_select", "min_query_length": 0, "max_selected_items": 2}
    await has(slack, modal(asking(element)))
    found = await slack.ada.suggests("x", "")
    assert [each["value"] for each in found] == ["a", "b", "c"]
    assert (await slack.ada.presses("x", ["a", "b", "c"]))["error"] == "too_many_selected"
    assert (await slack.ada.presses("x", ["a", "c"]))["error"] is None
    kept = (await slack.ada.modal())["state"]["values"]["b"]["x"]["selected_options"]
    assert kept == [CHOICES[0], CHOICES[2]]


async def test_an_overflow_and_a_button_tell_what_they_say(slack):
    sure = {"title": plain("Sure?"), "text": plain("x"), "confirm": plain("Y"), "deny": plain("N")}
    rows = [*CHOICES[:1], {**CHOICES[1], "url": "https://x.example"}]
    menu = {"type": "overflow", "action_id": "more", "options": rows}
    blocks = [actions(button("go", confirm=sure, style="danger"), menu)]
    await slack.client.chat_postMessage(channel="U0ADA", text="x", blocks=blocks)
    await slack.ada.presses("go")
    (action,) = (await told(slack))["actions"]
    assert (action["style"], action["confirm"]) == ("danger", sure)
    assert (await slack.ada.presses("more", "b"))["url"] == "https://x.example"
    (action,) = (await told(slack))["actions"]
    assert action["selected_option"]["value"] == "b"


async def test_an_input_in_a_message_is_told_with_the_next_press(slack):
    blocks = [asking({"type": "plain_text_input"}), actions(button("go"))]
    await slack.client.chat_postMessage(channel="U0ADA", text="x", blocks=blocks)
    assert (await slack.ada.presses("x", "half a"))["ack"] is None
    await slack.ada.presses("go")
    values = (await told(slack))["state"]["values"]
    assert values["b"]["x"] == {"type": "plain_text_input", "value": "half a"}


def test_a_date_that_is_none_begins_nothing():
    for day, right in (("2026-02-28", True), ("2026-02-30", False), ("2026-2-3", False)):
        view = modal(asking({"type": "datepicker", "initial_date": day}))
        assert (check_view(view, "modal") == []) is right
