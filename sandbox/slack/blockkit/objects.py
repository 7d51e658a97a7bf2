"""Composition objects: texts, options, confirmations, files."""

from collections.abc import Mapping
from typing import Any

from sandbox.slack.blockkit.rules import (
    Bool,
    ByType,
    Exactly,
    Items,
    OneOf,
    Report,
    Rule,
    Shape,
    Str,
    exactly_one,
)

ID = Str(255)
URL = Str(3000, pattern=r"(https?://|mailto:|slack://|tel:).+")
IMAGE_URL = Str(3000, pattern=r"https?://.+")


def text(most: int, *kinds: str) -> Rule:
    """A text object of these kinds (both where none is named)."""
    plain = Shape({"type": Exactly("plain_text"), "text": Str(most)}, {"emoji": Bool()})
    mrkdwn = Shape({"type": Exactly("mrkdwn"), "text": Str(most)}, {"verbatim": Bool()})
    shapes = {"plain_text": plain, "mrkdwn": mrkdwn}
    return ByType(shapes, frozenset(kinds or shapes))


def plain(most: int) -> Rule:
    """A ``plain_text`` object."""
    return text(most, "plain_text")


CONFIRM = Shape(
    {"title": plain(100), "text": plain(300), "confirm": plain(30), "deny": plain(30)},
    {"style": OneOf(("primary", "danger"))},
)
SLACK_FILE = Shape({}, {"id": Str(255), "url": URL}, (exactly_one("id", "url"),))
# [sdk] says 150 for a value, [types] 75; Slack's own checks follow the former.
_VALUE = Str(150)
OPTION = Shape({"text": plain(75), "value": _VALUE}, {"description": plain(75)})
RICH_OPTION = Shape({"text": text(75), "value": _VALUE}, {"description": text(75)})
OVERFLOW_OPTION = Shape(
    {"text": plain(75), "value": _VALUE}, {"description": plain(75), "url": URL}
)
OPTIONS = Items(OPTION, 100)
SUGGESTIONS = Items(OPTION, 100, 0)
GROUP = Shape({"label": plain(75), "options": OPTIONS})
GROUPS = Items(GROUP, 100)
SUGGESTED_GROUPS = Items(Shape({"label": plain(75), "options": SUGGESTIONS}), 100, 0)
DISPATCH = Shape(
    {}, {"trigger_actions_on": Items(OneOf(("on_enter_pressed", "on_character_entered")), 2)}
)
FILTER = Shape(
    {},
    {
        "include": Items(OneOf(("im", "mpim", "private", "public")), 4),
        "exclude_external_shared_channels": Bool(),
        "exclude_bot_users": Bool(),
    },
)


def initial_is_offered(value: Mapping[str, Any], at: str, report: Report) -> None:
    """``initial_option(s)`` must be among the options."""
    known = list(value.get("options", ()))
    for group in value.get("option_groups", ()):
        known += group["options"]
    wanted = [value["initial_option"]] if "initial_option" in value else []
    for option in wanted + list(value.get("initial_options", ())):
        if option not in known:
            report.say("initial_option must be one of the options", at)


def values_differ(value: Mapping[str, Any], at: str, report: Report) -> None:
    """No two options of a menu have the same value."""
    seen = [option["value"] for option in value.get("options", ())]
    if len(set(seen)) != len(seen):
        report.say("option values must be unique", f"{at}/options")
