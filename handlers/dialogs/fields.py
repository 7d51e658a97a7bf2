"""An entity's element as Block Kit shows it, and what its state says; pure.

https://docs.slack.dev/reference/block-kit/block-elements
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bot.documents import from_rich_text, to_rich_text
from bot.entities import LONGEST_OPTION, Element, Given, Look, SlackFile
from bot.template import Choice
from bot.values import Value
from handlers import blocks
from handlers.ask import Block

FIELD: Final = "dialog_field"
"""Every element of a form and of a question: its block says which entity it is."""

MOST_FILES: Final = 10
_PLACEHOLDER: Final = 150
_TYPED: Final = {Look.TEXT, Look.LONG_TEXT, Look.RICH_TEXT, Look.NUMBER, Look.URL}


def field(
    element: Element,
    block_id: str,
    *,
    tells: bool = False,
    complaint: str = "",
    action: str = FIELD,
) -> Block:
    """Return a form's field; one that *tells* is delivered as soon as it is changed."""
    held = f"Now: {element.held}. " if element.held else ""
    hint = f"{complaint} " if complaint else ""
    block = blocks.field(
        block_id,
        f"{'⚠️ ' if complaint else ''}{element.label}",
        element_of(element) | {"action_id": action},
        hint=f"{hint}{held}{element.hint}".strip(),
        # What it holds already stays where its field can't show it.
        optional=element.is_optional or bool(element.held),
    )
    return block | {"dispatch_action": True} if tells else block


def element_of(element: Element) -> Block:
    """Return the element itself."""
    made = _MADE[element.look](element)
    shown = {"action_id": FIELD, **made}
    if element.placeholder and element.look in _TYPED - {Look.NUMBER}:
        shown["placeholder"] = blocks.plain(element.placeholder, _PLACEHOLDER)
    return shown


def _typed(element: Element, longest: int = 3_000) -> Block:
    most = min(int(element.most), longest) if element.most else longest
    shown: Block = {"type": "plain_text_input", "max_length": max(most, 1)}
    if element.text and len(element.text) <= most:
        shown["initial_value"] = element.text
    return shown


def _line(element: Element) -> Block:
    return _typed(element)


def _long(element: Element) -> Block:
    return _typed(element) | {"multiline": True}


def _rich(element: Element) -> Block:
    shown: Block = {"type": "rich_text_input"}
    if element.document is not None and element.document.blocks:
        shown["initial_value"] = to_rich_text(element.document)
    return shown


def _number(element: Element) -> Block:
    shown: Block = {"type": "number_input", "is_decimal_allowed": True}
    if element.text:
        shown["initial_value"] = element.text
    if element.least is not None:
        shown["min_value"] = f"{element.least:g}"
    if element.most is not None:
        shown["max_value"] = f"{element.most:g}"
    return shown


def _url(element: Element) -> Block:
    shown: Block = {"type": "url_text_input"}
    return shown | {"initial_value": element.text} if element.text else shown


def _options(choices: Sequence[Choice]) -> list[Block]:
    return [option(choice) for choice in choices]


def option(choice: Choice) -> Block:
    """Return one choice of a menu."""
    return blocks.option(choice.label, choice.value[:LONGEST_OPTION])


def _checkbox(element: Element) -> Block:
    ticked = next((each for each in element.choices if each.value == "yes"), None)
    yes = blocks.option("Yes", ticked.value if ticked else "yes")
    is_ticked = any(each.value == yes["value"] for each in element.chosen)
    shown: Block = {"type": "checkboxes", "options": [yes]}
    return shown | {"initial_options": [yes]} if is_ticked else shown


def _menu(element: Element) -> Block:
    shown: Block = {"type": "static_select", "options": _options(element.choices)}
    return shown | {"initial_option": option(element.chosen[0])} if element.chosen else shown


def _multi(element: Element) -> Block:
    shown: Block = {"type": "multi_static_select", "options": _options(element.choices)}
    shown |= {"max_selected_items": int(element.most)} if element.most else {}
    return shown | {"initial_options": _options(element.chosen)} if element.chosen else shown


def _external(element: Element) -> Block:
    shown: Block = {"type": "external_select", "min_query_length": 0}
    return shown | {"initial_option": option(element.chosen[0])} if element.chosen else shown


def _multi_external(element: Element) -> Block:
    shown: Block = {"type": "multi_external_select", "min_query_length": 0}
    return shown | {"initial_options": _options(element.chosen)} if element.chosen else shown


def _date(element: Element) -> Block:
    shown: Block = {"type": "datepicker"}
    return shown | {"initial_date": element.text} if element.text else shown


def _date_time(element: Element) -> Block:
    shown: Block = {"type": "datetimepicker"}
    return shown | {"initial_date_time": int(element.text)} if element.text else shown


def _user(element: Element) -> Block:
    shown: Block = {"type": "users_select"}
    return shown | {"initial_user": element.text} if element.text else shown


def _users(element: Element) -> Block:
    shown: Block = {"type": "multi_users_select"}
    chosen = [each.value for each in element.chosen]
    return shown | {"initial_users": chosen} if chosen else shown


def _channel(element: Element) -> Block:
    shown: Block = {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return shown | {"initial_conversation": element.text} if element.text else shown


def _file(element: Element) -> Block:
    most = int(element.most) if element.most else 1
    return {"type": "file_input", "max_files": min(most, MOST_FILES)}


_MADE: Final[Mapping[Look, Callable[[Element], Block]]] = {
    Look.TEXT: _line,
    Look.LONG_TEXT: _long,
    Look.RICH_TEXT: _rich,
    Look.NUMBER: _number,
    Look.CHECKBOX: _checkbox,
    Look.MENU: _menu,
    Look.MULTI_MENU: _multi,
    Look.DATE: _date,
    Look.DATE_TIME: _date_time,
    Look.USER: _user,
    Look.USERS: _users,
    Look.CHANNEL: _channel,
    Look.EXTERNAL_MENU: _external,
    Look.MULTI_EXTERNAL_MENU: _multi_external,
    Look.FILE: _file,
    Look.URL: _url,
}

State = Mapping[str, Any]


def given_in(state: State, by: str = "") -> Given:
    """Return what the *state* of an element says, as Slack delivers it; empty where nothing.

    Of files only those count that *by* has brought, where it says who fills the field in.
    """
    kind = state.get("type")
    if kind == "file_input":
        return Given(files=files_in(state.get("files"), by))
    read = _READ.get(kind) if isinstance(kind, str) else None
    return read(state) if read else Given()


def _text_in(state: State) -> Given:
    value = state.get("value")
    return Given(text=value, is_plain=True) if isinstance(value, str) else Given()


def _rich_in(state: State) -> Given:
    value = state.get("rich_text_value")
    return Given(document=from_rich_text(value)) if isinstance(value, Mapping) else Given()


def _one(name: str) -> Callable[[State], Given]:
    def read(state: State) -> Given:
        value = state.get(name)
        return Given(value=value if isinstance(value, str | int) else None)

    return read


def _several(name: str) -> Callable[[State], Given]:
    def read(state: State) -> Given:
        value = state.get(name)
        found = value if isinstance(value, list) else []
        return Given(value=tuple(each for each in found if isinstance(each, str)))

    return read


def _value_of(option: object) -> Value:
    value = option.get("value") if isinstance(option, Mapping) else None
    return value if isinstance(value, str) else None


def _option_in(state: State) -> Given:
    return Given(value=_value_of(state.get("selected_option")))


def _options_in(state: State) -> Given:
    found = state.get("selected_options")
    values = [_value_of(each) for each in found] if isinstance(found, list) else []
    return Given(value=tuple(each for each in values if each is not None))


def _ticked_in(state: State) -> Given:
    """Read a single tick: none is a no."""
    return Given(value=bool(_options_in(state).value))


def files_in(found: object, by: str = "") -> tuple[SlackFile, ...]:
    """Return the files that Slack names, in a form's state or in a message.

    In a form whoever fills it in names them, and the bot sees files that others gave it: with
    *by* only that member's own are taken. In a message anything may stand that its author sees.
    """
    named = [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    named = [each for each in named if not by or each.get("user", by) == by]
    files = (
        SlackFile(
            str(each.get("id", "")),
            str(each.get("name") or "file"),
            str(each.get("mimetype") or ""),
            each["size"] if isinstance(each.get("size"), int) else 0,
        )
        for each in named
    )
    return tuple(file for file in files if file.id)


_READ: Final[Mapping[str, Callable[[State], Given]]] = {
    "plain_text_input": _text_in,
    "url_text_input": _text_in,
    "number_input": _text_in,
    "rich_text_input": _rich_in,
    "checkboxes": _ticked_in,
    "static_select": _option_in,
    "external_select": _option_in,
    "multi_static_select": _options_in,
    "multi_external_select": _options_in,
    "datepicker": _one("selected_date"),
    "datetimepicker": _one("selected_date_time"),
    "users_select": _one("selected_user"),
    "multi_users_select": _several("selected_users"),
    "conversations_select": _one("selected_conversation"),
    "channels_select": _one("selected_channel"),
    "multi_conversations_select": _several("selected_conversations"),
}
