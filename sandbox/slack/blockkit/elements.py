"""Interactive elements, and where each may stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.slack.blockkit.objects import (
    CONFIRM,
    DISPATCH,
    FILTER,
    GROUPS,
    ID,
    IMAGE_URL,
    OPTION,
    OPTIONS,
    OVERFLOW_OPTION,
    RICH_OPTION,
    SLACK_FILE,
    URL,
    initial_is_offered,
    plain,
    values_differ,
)
from sandbox.slack.blockkit.richtext import DOCUMENT
from sandbox.slack.blockkit.rules import (
    Bool,
    ByType,
    Day,
    Exactly,
    Extra,
    Focus,
    Int,
    Items,
    OneOf,
    Report,
    Rule,
    Shape,
    Str,
    at_most,
    exactly_one,
)


@dataclass(frozen=True, slots=True)
class ActionId(Rule):
    """An ``action_id``, once in its block."""

    def check(self, value: object, at: str, report: Report) -> None:
        ID.check(value, at, report)
        if isinstance(value, str):
            if value in report.action_ids:
                report.say(f"action_id {value} already exists in this block", at)
            report.action_ids.add(value)


_ACTION = {"action_id": ActionId()}
_PICKED = {**_ACTION, "confirm": CONFIRM, "focus_on_load": Focus()}
_PLACED = {**_PICKED, "placeholder": plain(150)}
_TYPED = {
    **_ACTION,
    "placeholder": plain(150),
    "focus_on_load": Focus(),
    "dispatch_action_config": DISPATCH,
}
_OFFERED = (exactly_one("options", "option_groups"), initial_is_offered, values_differ)
_LISTED = {"options": OPTIONS, "option_groups": GROUPS}
_FEW: Mapping[str, Rule] = {"max_selected_items": Int(1, 100)}
_SOME_IDS = Items(Str(255), 100, 0)
_DATE, _TIME = Day(), Str(5, pattern=r"([01]\d|2[0-3]):[0-5]\d")
_NUMBER = Str(64, pattern=r"-?\d+(\.\d+)?")
_STYLE = OneOf(("primary", "danger"))
_FEEDBACK = Shape({"text": plain(75), "value": Str(2000)}, {"accessibility_label": Str(75)})


def _element(
    kind: str,
    optional: Mapping[str, Rule],
    required: Mapping[str, Rule] | None = None,
    also: tuple[Extra, ...] = (),
) -> Shape:
    return Shape({"type": Exactly(kind), **(required or {})}, optional, also)


def _whole_unless_decimal(value: Mapping[str, Any], at: str, report: Report) -> None:
    for name in ("initial_value", "min_value", "max_value"):
        if not value["is_decimal_allowed"] and "." in value.get(name, ""):
            report.say("must be a whole number", f"{at}/{name}")


def _picker(kind: str, slot: str, rule: Rule) -> dict[str, Shape]:
    """A select of this kind and its multi twin: users, conversations, channels."""
    single = {**_PLACED, f"initial_{slot}": rule}
    many = {**_PLACED, **_FEW, f"initial_{slot}s": _SOME_IDS}
    if slot != "user":
        single["response_url_enabled"] = Bool()
    if slot == "conversation":
        both: dict[str, Rule] = {"filter": FILTER, "default_to_current_conversation": Bool()}
        single, many = {**single, **both}, {**many, **both}
    return {kind: _element(kind, single), f"multi_{kind}": _element(f"multi_{kind}", many)}


_MINIMUM = {"min_query_length": Int(0, 300)}
_RICH_OPTIONS = Items(RICH_OPTION, 10)
ELEMENTS: dict[str, Shape] = {
    "button": _element(
        "button",
        {**_ACTION, "url": URL, "value": Str(2000), "style": _STYLE, "confirm": CONFIRM}
        | {"accessibility_label": Str(75)},
        {"text": plain(75)},
    ),
    "overflow": _element(
        "overflow",
        {**_ACTION, "confirm": CONFIRM},
        {"options": Items(OVERFLOW_OPTION, 5)},
        (values_differ,),
    ),
    "checkboxes": _element(
        "checkboxes",
        {**_PICKED, "initial_options": _RICH_OPTIONS},
        {"options": _RICH_OPTIONS},
        (initial_is_offered, values_differ),
    ),
    "radio_buttons": _element(
        "radio_buttons",
        {**_PICKED, "initial_option": RICH_OPTION},
        {"options": _RICH_OPTIONS},
        (initial_is_offered, values_differ),
    ),
    "static_select": _element(
        "static_select", {**_PLACED, **_LISTED, "initial_option": OPTION}, also=_OFFERED
    ),
    "multi_static_select": _element(
        "multi_static_select",
        {**_PLACED, **_LISTED, **_FEW, "initial_options": OPTIONS},
        also=_OFFERED,
    ),
    "external_select": _element(
        "external_select", {**_PLACED, **_MINIMUM, "initial_option": OPTION}
    ),
    "multi_external_select": _element(
        "multi_external_select", {**_PLACED, **_MINIMUM, **_FEW, "initial_options": OPTIONS}
    ),
    **_picker("users_select", "user", Str(255)),
    **_picker("conversations_select", "conversation", Str(255)),
    **_picker("channels_select", "channel", Str(255)),
    "datepicker": _element("datepicker", {**_PLACED, "initial_date": _DATE}),
    "timepicker": _element("timepicker", {**_PLACED, "initial_time": _TIME, "timezone": Str(100)}),
    "datetimepicker": _element(
        "datetimepicker", {**_PICKED, "initial_date_time": Int(1_000_000_000, 9_999_999_999)}
    ),
    "plain_text_input": _element(
        "plain_text_input",
        {**_TYPED, "multiline": Bool(), "initial_value": Str(3000, 0)}
        | {"min_length": Int(0, 3000), "max_length": Int(1, 3000)},
        also=(at_most("min_length", "max_length"),),
    ),
    "rich_text_input": _element("rich_text_input", {**_TYPED, "initial_value": DOCUMENT}),
    "email_text_input": _element("email_text_input", {**_TYPED, "initial_value": Str(3000, 0)}),
    "url_text_input": _element("url_text_input", {**_TYPED, "initial_value": Str(3000, 0)}),
    "number_input": _element(
        "number_input",
        {**_TYPED, "initial_value": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
        {"is_decimal_allowed": Bool()},
        (_whole_unless_decimal, at_most("min_value", "max_value")),
    ),
    "file_input": _element(
        "file_input",
        {**_ACTION, "filetypes": Items(Str(50), 100), "max_files": Int(1, 10)},
    ),
    "image": _element(
        "image",
        {"image_url": IMAGE_URL, "slack_file": SLACK_FILE},
        {"alt_text": Str(2000)},
        (exactly_one("image_url", "slack_file"),),
    ),
    "feedback_buttons": _element(
        "feedback_buttons",
        _ACTION,
        {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK},
    ),
    "icon_button": _element(
        "icon_button",
        {**_ACTION, "value": Str(2000), "confirm": CONFIRM, "accessibility_label": Str(75)}
        | {"visible_to_user_ids": Items(Str(255), 100)},
        {"icon": OneOf(("trash",)), "text": plain(75)},
    ),
}

_SELECTS = frozenset(kind for kind in ELEMENTS if kind.endswith("_select"))
_PICKERS = _SELECTS | {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
_TEXTS = {"plain_text_input", "rich_text_input"}
_FORM_ONLY = {"email_text_input", "url_text_input", "number_input"}
IN_ACTIONS = _PICKERS | {"button", "overflow"}
IN_SECTION = IN_ACTIONS | {"image"}
#: what an input holds, by surface; elsewhere than in modals Slack takes fewer kinds
IN_INPUT = {
    "modal": _PICKERS | _TEXTS | _FORM_ONLY | {"datetimepicker", "file_input"},
    "home": _PICKERS | _TEXTS | _FORM_ONLY,
    "message": _PICKERS | _TEXTS | {"datetimepicker"},
}


def standing_in(allowed: frozenset[str] | set[str]) -> ByType:
    """One element out of these."""
    return ByType(ELEMENTS, frozenset(allowed))
