import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.slack.blockkit import (
    check_attachments,
    check_blocks,
    check_option_groups,
    check_options,
    check_view,
)
from sandbox.slack.blockkit.blocks import BLOCKS
from sandbox.slack.blockkit.elements import ELEMENTS
from tests.sandbox.slack_stage import button, modal, mrkdwn, plain, section, text_input


def option(value="v", text="o"):
    return {"text": plain(text), "value": value}


def options(count):
    return [option(f"v{index}") for index in range(count)]


def select(**more):
    return {"type": "static_select", "action_id": "s", **more}


def acts(*elements):
    return [{"type": "actions", "elements": list(elements)}]


def rich(*elements):
    return [{"type": "rich_text", "elements": list(elements)}]


def rich_section(*elements):
    return {"type": "rich_text_section", "elements": list(elements)}


def form_with(element):
    return modal({"type": "input", "label": plain("L"), "element": element})


def image(**more):
    return {"type": "image", "image_url": "https://x.example/i.png", "alt_text": "i", **more}


def confirm(**more):
    made = {"title": plain("t"), "text": plain("t"), "confirm": plain("y"), "deny": plain("n")}
    return acts(button("b", confirm={**made, **more}))


def table(rows, cells):
    cell = {"type": "raw_text", "text": "c"}
    return [{"type": "table", "rows": [[cell] * cells] * rows}]


def message(blocks):
    return check_blocks(blocks)


def form(view):
    return check_view(view, "modal")


def home(blocks):
    return check_view({"type": "home", "blocks": blocks}, "home")


# What is made of n, and the greatest n that Slack takes.
LIMITS = {
    "message blocks": (lambda n: message([{"type": "divider"}] * n), 50),
    "modal blocks": (lambda n: form(modal(*[{"type": "divider"}] * n)), 100),
    "home blocks": (lambda n: home([{"type": "divider"}] * n), 100),
    "block_id": (lambda n: message([{"type": "divider", "block_id": "b" * n}]), 255),
    "action_id": (lambda n: message(acts(button("a" * n))), 255),
    "callback_id": (lambda n: form(modal(section("x"), callback_id="c" * n)), 255),
    "external_id": (lambda n: form(modal(section("x"), external_id="e" * n)), 255),
    "section text": (lambda n: message([section("x" * n)]), 3000),
    "section fields": (lambda n: message([{"type": "section", "fields": [mrkdwn("f")] * n}]), 10),
    "field text": (lambda n: message([{"type": "section", "fields": [mrkdwn("f" * n)]}]), 2000),
    "header": (lambda n: message([{"type": "header", "text": plain("h" * n)}]), 150),
    "context elements": (
        lambda n: message([{"type": "context", "elements": [mrkdwn("c")] * n}]),
        10,
    ),
    "actions elements": (lambda n: message(acts(*[button(f"a{i}") for i in range(n)])), 25),
    "markdown": (lambda n: message([{"type": "markdown", "text": "m" * n}]), 12_000),
    "markdown in all": (
        lambda n: message([{"type": "markdown", "text": "m" * k} for k in (6000, n)]),
        6000,
    ),
    "alt_text": (lambda n: message([image(alt_text="a" * n)]), 2000),
    "image_url": (lambda n: message([image(image_url="https://" + "i" * (n - 8))]), 3000),
    "image title": (lambda n: message([image(title=plain("t" * n))]), 2000),
    "label": (lambda n: form(modal({**text_input("b"), "label": plain("l" * n)})), 2000),
    "hint": (lambda n: form(modal({**text_input("b"), "hint": plain("h" * n)})), 2000),
    "table rows": (lambda n: message(table(n, 1)), 100),
    "table cells": (lambda n: message(table(1, n)), 20),
    "button text": (lambda n: message(acts(button("b", text=plain("t" * n)))), 75),
    "button value": (lambda n: message(acts(button("b", value="v" * n))), 2000),
    "button url": (lambda n: message(acts(button("b", url="https://" + "u" * (n - 8)))), 3000),
    "accessibility_label": (
        lambda n: message(acts(button("b", accessibility_label="l" * n))),
        75,
    ),
    "option text": (lambda n: message(acts(select(options=[option(text="t" * n)]))), 75),
    "option value": (lambda n: message(acts(select(options=[option("v" * n)]))), 150),
    "option description": (
        lambda n: message(acts(select(options=[{**option(), "description": plain("d" * n)}]))),
        75,
    ),
    "options": (lambda n: message(acts(select(options=options(n)))), 100),
    "groups": (
        lambda n: message(
            acts(select(option_groups=[{"label": plain("g"), "options": options(1)}] * n))
        ),
        100,
    ),
    "group label": (
        lambda n: message(
            acts(select(option_groups=[{"label": plain("g" * n), "options": options(1)}]))
        ),
        75,
    ),
    "placeholder": (
        lambda n: message(acts(select(options=options(1), placeholder=plain("p" * n)))),
        150,
    ),
    "overflow": (
        lambda n: message(acts({"type": "overflow", "action_id": "o", "options": options(n)})),
        5,
    ),
    "checkboxes": (
        lambda n: message(acts({"type": "checkboxes", "action_id": "c", "options": options(n)})),
        10,
    ),
    "radio_buttons": (
        lambda n: message(acts({"type": "radio_buttons", "action_id": "r", "options": options(n)})),
        10,
    ),
    "confirm title": (lambda n: message(confirm(title=plain("t" * n))), 100),
    "confirm text": (lambda n: message(confirm(text=plain("t" * n))), 300),
    "confirm button": (lambda n: message(confirm(confirm=plain("t" * n))), 30),
    "deny button": (lambda n: message(confirm(deny=plain("t" * n))), 30),
    "max_length": (lambda n: form(modal(text_input("t", max_length=n))), 3000),
    "min_length": (lambda n: form(modal(text_input("t", min_length=n))), 3000),
    "max_files": (lambda n: form(form_with({"type": "file_input", "max_files": n})), 10),
    "title": (lambda n: form(modal(section("x"), title=plain("t" * n))), 24),
    "submit": (lambda n: form(modal(section("x"), submit=plain("s" * n))), 24),
    "close": (lambda n: form(modal(section("x"), close=plain("c" * n))), 24),
    "private_metadata": (lambda n: form(modal(section("x"), private_metadata="m" * n)), 3000),
    "suggested options": (lambda n: check_options(options(n)), 100),
    "suggested groups": (
        lambda n: check_option_groups([{"label": plain("g"), "options": []}] * n),
        100,
    ),
    "attachments": (lambda n: check_attachments([{"text": "a"}] * n), 100),
    "cards": (
        lambda n: message(
            [{"type": "carousel", "elements": [{"type": "card", "title": plain("c")}] * n}]
        ),
        10,
    ),
    "children": (
        lambda n: message([{"type": "container", "child_blocks": [{"type": "divider"}] * n}]),
        10,
    ),
}


@pytest.mark.parametrize(("check", "most"), LIMITS.values(), ids=LIMITS)
def test_the_limit_is_exact(check, most):
    assert check(most) == []
    assert check(most + 1) != []


REFUSED = {
    "unknown block": message([{"type": "dialogue"}]),
    "no type": message([{"text": mrkdwn("x")}]),
    "not a list": message({"type": "divider"}),
    "unknown property": message([{"type": "divider", "color": "red"}]),
    "empty text": message([section("")]),
    "text and fields missing": message([{"type": "section"}]),
    "null property": message([{**section("x"), "accessory": None}]),
    "mrkdwn header": message([{"type": "header", "text": mrkdwn("h")}]),
    "mrkdwn button": message(acts({**button("b"), "text": mrkdwn("b")})),
    "emoji in mrkdwn": message([{"type": "section", "text": {**mrkdwn("x"), "emoji": True}}]),
    "bad style": message(acts(button("b", style="warning"))),
    "disabled button": message(acts(button("b", disabled=True))),
    "no alt_text": message([{"type": "image", "image_url": "https://x.example/i.png"}]),
    "local image": message([image(image_url="file:///i.png")]),
    "input element in actions": message(acts(text_input("t")["element"])),
    "button in context": message([{"type": "context", "elements": [button("b")]}]),
    "mrkdwn in a confirmation": message(confirm(text=mrkdwn("t"))),
    "empty actions": message(acts()),
    "options and groups": message(acts(select(options=options(1), option_groups=[]))),
    "neither options nor groups": message(acts(select())),
    "initial not offered": message(acts(select(options=options(1), initial_option=option("z")))),
    "same value twice": message(acts(select(options=[option(), option()]))),
    "same block_id twice": message([{"type": "divider", "block_id": "b"}] * 2),
    "same action_id twice": message(acts(button("b"), button("b"))),
    "two tables": message(table(1, 1) * 2),
    "video": message([{"type": "video"}]),
    "modal in a message": message([{"type": "modal"}]),
    "input without submit": form(
        {"type": "modal", "title": plain("t"), "blocks": [text_input("t")]}
    ),
    "no title": form({"type": "modal", "blocks": [section("x")]}),
    "no blocks": form(modal()),
    "id in a view": form(modal(section("x"), id="V1")),
    "markdown in a modal": form(modal({"type": "markdown", "text": "x"})),
    "table in a modal": form(modal(*table(1, 1))),
    "two focused": form(
        modal(text_input("a", focus_on_load=True), text_input("b", focus_on_load=True))
    ),
    "min above max": form(modal(text_input("a", min_length=5, max_length=4))),
    "max_length 0": form(modal(text_input("a", max_length=0))),
    "home for a modal": form({"type": "home", "blocks": [section("x")]}),
    "submit on a home tab": check_view(
        {"type": "home", "blocks": [section("x")], "submit": plain("s")}, "home"
    ),
    "file_input on a home tab": home(
        [{"type": "input", "label": plain("L"), "element": {"type": "file_input"}}]
    ),
    "loose text in rich_text": message(rich({"type": "text", "text": "x"})),
    "empty text in rich_text": message(rich(rich_section({"type": "text", "text": ""}))),
    "unknown style in rich_text": message(
        rich(rich_section({"type": "text", "text": "x", "style": {"blink": True}}))
    ),
    "list in a section": message(
        rich(rich_section({"type": "rich_text_list", "style": "bullet", "elements": []}))
    ),
    "list without style": message(rich({"type": "rich_text_list", "elements": []})),
    "emoji in code": message(
        rich({"type": "rich_text_preformatted", "elements": [{"type": "emoji", "name": "x"}]})
    ),
    "loose text in a list": message(
        rich(
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "text", "text": "x"}],
            }
        )
    ),
    "suggestion without value": check_options([{"text": plain("x")}]),
    "blocks in an attachment": check_attachments([{"blocks": [{"type": "x"}]}]),
}


@pytest.mark.parametrize("complaints", REFUSED.values(), ids=REFUSED)
def test_slack_refuses(complaints):
    assert complaints


def every_kind_of_text():
    text = {"type": "text", "text": "x", "style": {"bold": True, "code": True}}
    inline = [
        text,
        {"type": "link", "url": "https://x.example", "text": "x"},
        {"type": "user", "user_id": "U1"},
        {"type": "channel", "channel_id": "C1"},
        {"type": "emoji", "name": "tada"},
        {"type": "broadcast", "range": "here"},
        {"type": "date", "timestamp": 1_700_000_000, "format": "{date}", "fallback": "then"},
    ]
    items = {"type": "rich_text_list", "style": "ordered", "indent": 1, "offset": 2, "border": 0}
    return rich(
        rich_section(*inline),
        {**items, "elements": [rich_section(text)]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]},
        {"type": "rich_text_quote", "elements": inline},
    )


ACCEPTED = {
    "rich text": message(every_kind_of_text()),
    "select": message(acts(select(options=options(2), initial_option=option("v1")))),
    "external select": message(acts({"type": "external_select", "min_query_length": 0})),
    "accessory": message([section("x", accessory=image())]),
    "no blocks at all": message([]),
    "form": form(
        modal(
            text_input("t", multiline=True, focus_on_load=True),
            {"type": "input", "label": plain("L"), "element": {"type": "rich_text_input"}},
            private_metadata="",
            notify_on_close=True,
        )
    ),
    "home": home([section("x"), *acts(button("b", style="primary"))]),
    "nothing suggested": check_options([]),
}


@pytest.mark.parametrize("complaints", ACCEPTED.values(), ids=ACCEPTED)
def test_slack_takes(complaints):
    assert complaints == []


def test_a_complaint_points_to_the_place():
    (complaint,) = check_blocks([{"type": "divider"}, section("x" * 3001)])
    assert complaint.sentence() == (
        "must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
FIELDS = """
type text elements element options option_groups fields label url accessory rows style title
initial_option initial_options block_id value min_length max_length confirm initial_value
is_decimal_allowed min_value max_value
"""
words = st.sampled_from(FIELDS.split())
kinds = st.sampled_from(
    [*BLOCKS, *ELEMENTS, "plain_text", "mrkdwn", "modal", "home", "rich_text_section", "text"]
)
slack_like = st.recursive(
    json_values | kinds,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.builds(
            lambda kind, rest: {**rest, "type": kind},
            kinds,
            st.dictionaries(words, inner, max_size=5),
        )
    ),
    max_leaves=20,
)


@given(json_values | slack_like)
@settings(max_examples=150, deadline=None)
def test_whatever_is_sent_is_judged_and_never_crashes(value):
    for check in (check_blocks, check_options, check_option_groups, check_attachments):
        check(value)
    for surface in ("modal", "home"):
        check_blocks(value, surface)
        check_view(value, surface)
