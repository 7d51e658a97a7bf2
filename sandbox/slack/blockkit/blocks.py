"""Blocks, and on which surface each may stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.slack.blockkit.elements import (
    ELEMENTS,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    standing_in,
)
from sandbox.slack.blockkit.objects import ID, IMAGE_URL, SLACK_FILE, URL, plain, text
from sandbox.slack.blockkit.richtext import DOCUMENT
from sandbox.slack.blockkit.richtext import ELEMENTS as RICH_ELEMENTS
from sandbox.slack.blockkit.rules import (
    Bool,
    ByType,
    Exactly,
    Extra,
    Items,
    OneOf,
    Report,
    Rule,
    Shape,
    Str,
    at_least_one,
    exactly_one,
)

MARKDOWN_CHARACTERS = 12_000


@dataclass(frozen=True, slots=True)
class _ActionsElement(Rule):
    """What stands in ``actions``; date-time pickers don't on a home tab."""

    def check(self, value: object, at: str, report: Report) -> None:
        allowed = IN_ACTIONS if report.surface == "home" else IN_ACTIONS | {"datetimepicker"}
        standing_in(allowed).check(value, at, report)


@dataclass(frozen=True, slots=True)
class _InputElement(Rule):
    """What stands in ``input`` on this surface."""

    def check(self, value: object, at: str, report: Report) -> None:
        report.inputs += 1
        standing_in(IN_INPUT[report.surface]).check(value, at, report)


@dataclass(frozen=True, slots=True)
class _ContextElement(Rule):
    """An image or a text."""

    def check(self, value: object, at: str, report: Report) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        rule = ELEMENTS["image"] if kind == "image" else text(3000)
        rule.check(value, at, report)


def _block(
    kind: str,
    required: Mapping[str, Rule],
    optional: Mapping[str, Rule] | None = None,
    also: tuple[Extra, ...] = (),
) -> Shape:
    named = {"block_id": ID, **(optional or {})}
    return Shape({"type": Exactly(kind), **required}, named, also)


def _count_markdown(value: Mapping[str, Any], at: str, report: Report) -> None:
    before = report.markdown_characters
    report.markdown_characters += len(value["text"])
    if before <= MARKDOWN_CHARACTERS < report.markdown_characters and before:
        message = f"markdown blocks must be less than {MARKDOWN_CHARACTERS + 1} characters in all"
        report.say(message, f"{at}/text")


def _count_table(_value: Mapping[str, Any], at: str, report: Report) -> None:
    report.tables += 1
    if report.tables > 1:
        report.say("only one table allowed", at)


_CELLS = {
    "raw_text": Shape({"type": Exactly("raw_text"), "text": Str(3000)}),
    "rich_text": DOCUMENT,
}
_COLUMN = Shape({}, {"align": OneOf(("left", "center", "right")), "is_wrapped": Bool()})
_IMAGE = ELEMENTS["image"]
_CARD_BUTTONS = Items(standing_in({"button"}), 5)
_CARD = _block(
    "card",
    {},
    {
        "hero_image": _IMAGE,
        "icon": _IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": _CARD_BUTTONS,
    },
    (at_least_one("hero_image", "title", "actions", "body"),),
)
_CHILDREN = ("actions", "context", "divider", "header", "image", "rich_text", "section")

BLOCKS: dict[str, Rule] = {
    "section": _block(
        "section",
        {},
        {
            "text": text(3000),
            "fields": Items(text(2000), 10),
            "accessory": standing_in(IN_SECTION),
            "expand": Bool(),
        },
        (at_least_one("text", "fields"),),
    ),
    "header": _block("header", {"text": plain(150)}),
    "divider": _block("divider", {}),
    "context": _block("context", {"elements": Items(_ContextElement(), 10)}),
    "context_actions": _block(
        "context_actions",
        {"elements": Items(standing_in({"feedback_buttons", "icon_button"}), 5)},
    ),
    "actions": _block("actions", {"elements": Items(_ActionsElement(), 25)}),
    "markdown": _block("markdown", {"text": Str(MARKDOWN_CHARACTERS)}, also=(_count_markdown,)),
    "image": _block(
        "image",
        {"alt_text": Str(2000)},
        {"image_url": IMAGE_URL, "slack_file": SLACK_FILE, "title": plain(2000)},
        (exactly_one("image_url", "slack_file"),),
    ),
    "input": _block(
        "input",
        {"label": plain(2000), "element": _InputElement()},
        {"hint": plain(2000), "optional": Bool(), "dispatch_action": Bool()},
    ),
    "rich_text": _block("rich_text", {"elements": RICH_ELEMENTS}),
    "table": _block(
        "table",
        {"rows": Items(Items(ByType(_CELLS, frozenset(_CELLS)), 20), 100)},
        {"column_settings": Items(_COLUMN, 20, 0)},
        (_count_table,),
    ),
    "video": _block(
        "video",
        {
            "alt_text": Str(2000),
            "title": plain(200),
            "thumbnail_url": IMAGE_URL,
            "video_url": IMAGE_URL,
        },
        {
            "author_name": Str(50),
            "description": plain(200),
            "provider_icon_url": URL,
            "provider_name": Str(50),
            "title_url": IMAGE_URL,
        },
    ),
    "alert": _block(
        "alert",
        {"text": text(3000)},
        {"level": OneOf(("default", "info", "warning", "error", "success"))},
    ),
    "card": _CARD,
    "carousel": _block(
        "carousel", {"elements": Items(ByType({"card": _CARD}, frozenset({"card"})), 10)}
    ),
}
BLOCKS["container"] = _block(
    "container",
    {"child_blocks": Items(ByType({k: BLOCKS[k] for k in _CHILDREN}, frozenset(_CHILDREN)), 10)},
    {
        "title": plain(150),
        "subtitle": plain(150),
        "icon": _IMAGE,
        "width": OneOf(("narrow", "standard", "wide", "full")),
        "is_collapsible": Bool(),
        "default_collapsed": Bool(),
        "has_header_divider": Bool(),
    },
)

_EVERYWHERE = {
    "actions",
    "context",
    "divider",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
    "video",
}
ON_SURFACE = {
    "message": frozenset(
        _EVERYWHERE
        | {"alert", "card", "carousel", "container", "context_actions", "markdown", "table"}
    ),
    "modal": frozenset(_EVERYWHERE | {"alert"}),
    "home": frozenset(_EVERYWHERE),
}
