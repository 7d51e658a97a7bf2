"""Interactive elements: finding them, and reading what a person puts into them."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from sandbox.slack.blockkit import check_blocks
from sandbox.slack.blockkit.rules import is_day
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Json

#: element type → the field in which its value travels
_ONE = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
#: files of one ``file_input``, and the bytes of each
FILES, FILE_BYTES = 10, 10_000_000
_MANY = {
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "file_input": "files",
}
_INITIAL = {
    "value": "initial_value",
    "rich_text_value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
}
_PATTERNS = {
    "timepicker": re.compile(r"([01]\d|2[0-3]):[0-5]\d"),
    "email_text_input": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "url_text_input": re.compile(r"https?://\S+"),
    "number_input": re.compile(r"-?\d+(\.\d+)?"),
}
_PICKERS = ("users_select", "conversations_select", "channels_select")
Pair = tuple[Json, Json]


def pairs(blocks: Iterable[Json]) -> Iterator[Pair]:
    """Every interactive element with its block, in the order in which it is shown."""
    for block in blocks:
        candidates = [block.get("accessory"), block.get("element")]
        if block["type"] in ("actions", "context_actions"):
            candidates += block["elements"]
        for element in candidates:
            if element is not None and element.get("action_id"):
                yield block, element


def find(blocks: Iterable[Json], action_id: str, block_id: str | None = None) -> Pair | None:
    """The element of this id; the first one where *block_id* isn't given."""
    for block, element in pairs(blocks):
        if element["action_id"] == action_id and block_id in (None, block["block_id"]):
            return block, element
    return None


def picks_ids(element: Json) -> bool:
    """Whether people or conversations are chosen in it, which Slack itself knows."""
    return str(element["type"]).endswith(_PICKERS)


def keeps_value(element: Json) -> bool:
    """Whether the element has a value of its own (a button hasn't)."""
    return element["type"] in _ONE or element["type"] in _MANY


def initial(element: Json, current: str | None = None) -> Json:
    """The value with which an element is first shown to who looks at *current*, a conversation."""
    many = element["type"] in _MANY
    slot = _MANY[element["type"]] if many else _ONE[element["type"]]
    value = element.get(_INITIAL.get(slot, ""), [] if many else None)
    if current is not None and element.get("default_to_current_conversation"):
        value = [current] if many else current
    return {"type": element["type"], slot: value}


def values_of(blocks: Iterable[Json], kept: Json, current: str | None = None) -> Json:
    """State values of these blocks: what is in *kept* for the same ids and type, else initial."""
    values: Json = {}
    for block, element in pairs(blocks):
        if not keeps_value(element):
            continue
        old = kept.get(block["block_id"], {}).get(element["action_id"])
        same = old is not None and old["type"] == element["type"]
        slot = values.setdefault(block["block_id"], {})
        slot[element["action_id"]] = old if same else initial(element, current)
    return values


def chosen(element: Json, value: object, offered: Iterable[Json] = ()) -> Json:
    """What a person put into *element*, as it travels; *offered* are options suggested last.

    Raises:
        Refused: the element can't take this.
    """
    kind = element["type"]
    if kind == "button":
        return {"value": element["value"]} if "value" in element else {}
    if kind == "overflow":
        return {"selected_option": _option(element, value, offered)}
    if kind in _MANY:
        return {_MANY[kind]: _many(element, value, offered)}
    if kind in _ONE:
        return {_ONE[kind]: None if value is None else _one(element, value, offered)}
    return {}


def _many(element: Json, value: object, offered: Iterable[Json]) -> list[object]:
    given = [] if value is None else value if isinstance(value, list) else [value]
    files = element.get("max_files", FILES) if element["type"] == "file_input" else len(given)
    most = element.get("max_selected_items") or files
    if len(given) > most:
        raise Refused("too_many_selected")
    return [_one(element, each, offered) for each in given]


def _one(element: Json, value: object, offered: Iterable[Json]) -> object:
    kind = element["type"]
    if _ONE.get(kind) == "selected_option" or _MANY.get(kind) == "selected_options":
        return _option(element, value, offered)
    if kind == "rich_text_input":
        return _document(value)
    if kind == "file_input":
        return _file(element, value, offered)
    if picks_ids(element):
        return _id(value, offered)
    if kind == "datetimepicker":
        return _whole_number(value)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return _matching(kind, str(value))
    raise Refused("wrong_kind_of_value")


def _whole_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).isdecimal():
        raise Refused("wrong_kind_of_value")
    return int(value)


def _matching(kind: str, value: str) -> str:
    pattern = _PATTERNS.get(kind)
    if kind == "timepicker" and pattern and not pattern.fullmatch(value):
        raise Refused("wrong_kind_of_value")
    if kind == "datepicker" and not is_day(value):
        raise Refused("wrong_kind_of_value")
    return value


def _id(value: object, pickable: Iterable[Json]) -> object:
    """The id of somebody or something that the person finds in the menu."""
    if all(each["id"] != value for each in pickable):
        raise Refused("no_such_option")
    return value


def _document(value: object) -> Json:
    if isinstance(value, dict) and not check_blocks([value]) and value["type"] == "rich_text":
        return value
    if not isinstance(value, str):
        raise Refused("wrong_kind_of_value")
    text = [{"type": "text", "text": value}] if value else []
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": text}]}


def _option(element: Json, value: object, offered: Iterable[Json]) -> Json:
    known = list(element.get("options", ())) + list(offered)
    for group in element.get("option_groups", ()):
        known += group["options"]
    known += [o for o in (element.get("initial_option"),) if o]
    known += element.get("initial_options", ())
    wanted = value.get("value") if isinstance(value, dict) else value
    for option in known:
        if option.get("value") == wanted or (isinstance(value, str) and _label(option) == value):
            found: Json = option
            return found
    raise Refused("no_such_option")


def _file(element: Json, value: object, uploaded: Iterable[Json]) -> Json:
    """One of the files that the person *uploaded*, by its id."""
    wanted = value.get("id") if isinstance(value, dict) else value
    file = next((each for each in uploaded if each["id"] == wanted), None)
    if file is None:
        raise Refused("file_not_found")
    ends = [end.lower().removeprefix(".") for end in element.get("filetypes", ())]
    if ends and file["name"].rpartition(".")[2].lower() not in ends:
        raise Refused("file_type_not_allowed")
    if file["size"] > FILE_BYTES:
        raise Refused("file_too_large")
    return file


def _label(option: Json) -> str:
    return str(option["text"]["text"])


def complaint(block: Json, value: Json) -> str | None:
    """What Slack itself says about an input before it bothers the app, or None."""
    element = block["element"]
    slot = (_ONE | _MANY)[element["type"]]
    held = value.get(slot)
    if _empty(held):
        return None if block.get("optional") else "Please complete this required field."
    return (
        _length_complaint(element, held)
        or _pattern_complaint(element, held)
        or _number_complaint(element, held)
    )


def _empty(held: object) -> bool:
    if isinstance(held, dict) and held.get("type") == "rich_text":
        return not any(section.get("elements") for section in held.get("elements", ()))
    return held is None or held in ("", [])


def _length_complaint(element: Json, held: object) -> str | None:
    if element["type"] != "plain_text_input" or not isinstance(held, str):
        return None
    if len(held) < element.get("min_length", 0):
        return f"Must be at least {element['min_length']} characters"
    # 3,000 is what an input holds where the app names no limit.
    if len(held) > element.get("max_length", 3000):
        return f"Must be at most {element.get('max_length', 3000)} characters"
    return None


def _number_complaint(element: Json, held: object) -> str | None:
    if element["type"] != "number_input":
        return None
    number = Decimal(str(held))
    if not element["is_decimal_allowed"] and number != number.to_integral_value():
        return "Please enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None


def _pattern_complaint(element: Json, held: object) -> str | None:
    pattern = _PATTERNS.get(element["type"])
    if pattern is None or pattern.fullmatch(str(held)):
        return None
    return "Please enter a valid value."
