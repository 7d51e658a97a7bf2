"""What the admin's pages are built from; pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.errors import BadInput, BotError
from bot.frozen import frozen
from bot.mrkdwn import escape
from handlers import blocks, replies
from handlers.admin import names
from handlers.ask import Ask, Block, View

TITLE: Final = "Confluence: admin"
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}", re.ASCII)
_GROUP = re.compile(r"S[A-Z0-9]{1,30}", re.ASCII)
MOST_OPTIONS: Final = 100
LONGEST_VALUE: Final = 150


@frozen
class Problem:
    """What was wrong with a form; *field* is the block that it is about, if it is about one."""

    words: str
    field: str = ""

    @staticmethod
    def of(error: BotError) -> "Problem":
        """Return what to say of *error* above and beneath a form, in plain text."""
        field = error.field if isinstance(error, BadInput) else None
        return Problem(replies.words_for(error), field or "")


def loading() -> View:
    """Return the modal that is shown at once, before anything is known."""
    return blocks.modal(TITLE, [blocks.section("One moment…")])


def working(words: str) -> View:
    """Return the modal that is shown while something is under way."""
    return blocks.modal(TITLE, [blocks.section(words)])


def page(shown: Iterable[Block], *buttons: Block, back: str = names.ROOT, value: str = "") -> View:
    """Return a page with its buttons and the way back below it."""
    row = blocks.actions(*buttons, blocks.button("Back", back, value))
    return blocks.modal(TITLE, [*list(shown)[: blocks.MOST_IN_VIEW - 1], row])


def form_page(
    shown: Sequence[Block], callback: str, metadata: Mapping[str, Any], problem: Problem | None
) -> View:
    """Return a form; what was wrong with it stands above, and beneath the field it is about."""
    told = [blocks.section(f":warning: {escape(problem.words)}")] if problem else []
    placed: list[Block] = []
    for block in shown:
        placed.append(block)
        if problem and problem.field and block.get("block_id") == problem.field:
            placed.append(blocks.context(f":point_up: {escape(problem.words)}"))
    view = blocks.modal(TITLE, [*told, *placed], close="Close")
    carried = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    return blocks.form(view, callback, "Save", carried)


def back_row(action: str, value: str = "", *buttons: Block) -> Block:
    """Return the row at the top of a form that leads back without saving."""
    return blocks.actions(*buttons, blocks.button("Back", action, value))


def metadata_of(ask: Ask) -> Mapping[str, Any]:
    """Read what a form carried; empty if it isn't ours."""
    try:
        found = json.loads(ask.view.metadata if ask.view else "")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def carried(ask: Ask, key: str) -> str:
    """Return one text that a form carried unseen."""
    found = metadata_of(ask).get(key)
    return found if isinstance(found, str) else ""


def select(
    action: str, options: Sequence[Block], chosen: str = "", placeholder: str = "Choose"
) -> Block:
    """Return a menu; *chosen* is the value that it begins with."""
    shown = list(options[:MOST_OPTIONS])
    menu: Block = {
        "type": "static_select",
        "action_id": action,
        "placeholder": blocks.plain(placeholder, 150),
        "options": shown,
    }
    initial = next((each for each in shown if each["value"] == chosen), None)
    return menu | {"initial_option": initial} if initial else menu


def radio(action: str, options: Sequence[Block], chosen: str) -> Block:
    """Return radio buttons."""
    initial = next((each for each in options if each["value"] == chosen), None)
    group: Block = {"type": "radio_buttons", "action_id": action, "options": list(options)}
    return group | {"initial_option": initial} if initial else group


def many(action: str, options: Sequence[Block], chosen: Iterable[str], placeholder: str) -> Block:
    """Return a menu of which several can be chosen."""
    shown, wanted = list(options[:MOST_OPTIONS]), set(chosen)
    menu: Block = {
        "type": "multi_static_select",
        "action_id": action,
        "placeholder": blocks.plain(placeholder, 150),
        "options": shown,
    }
    initial = [each for each in shown if each["value"] in wanted]
    return menu | {"initial_options": initial} if initial else menu


def line(action: str, text: str = "", *, most: int = 2_000, placeholder: str = "") -> Block:
    """Return an input of one line."""
    element: Block = {"type": "plain_text_input", "action_id": action, "max_length": most}
    if placeholder:
        element["placeholder"] = blocks.plain(placeholder, 150)
    return element | {"initial_value": text[:most]} if text else element


def several(ask: Ask, block: str) -> tuple[tuple[str, str], ...]:
    """Return the (value, label) of each that is chosen in a menu of several."""
    found = ask.element(block).get("selected_options")
    chosen = []
    for option in found if isinstance(found, list) else ():
        if isinstance(option, Mapping) and isinstance(option.get("value"), str):
            text = option.get("text")
            label = text.get("text", "") if isinstance(text, Mapping) else ""
            chosen.append((option["value"], str(label)))
    return tuple(chosen)


def people_in(ask: Ask, block: str) -> tuple[str, ...]:
    """Return the ids of the people that are chosen in *block*."""
    found = ask.element(block).get("selected_users")
    ids = found if isinstance(found, list) else []
    return tuple(each for each in ids if isinstance(each, str) and _PERSON.fullmatch(each))


def person_in(ask: Ask, block: str) -> str:
    """Return the id of the person that is chosen in *block*."""
    found = ask.element(block).get("selected_user")
    return found if isinstance(found, str) and _PERSON.fullmatch(found) else ""


def is_group(member: str) -> bool:
    """Tell a user group's id from a person's."""
    return _GROUP.fullmatch(member) is not None


def mention(member: str) -> str:
    """Return how a person or a user group is mentioned in mrkdwn."""
    if _PERSON.fullmatch(member):
        return f"<@{member}>"
    return f"<!subteam^{member}>" if is_group(member) else escape(member)


def day(at: datetime | None) -> str:
    """Return a date in mrkdwn, in its reader's own time."""
    if at is None:
        return "an unknown day"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}}|{at:%Y-%m-%d}>"


def plural(count: int, one: str, several_of: str = "") -> str:
    """Return a number with what it counts."""
    return f"{count} {one if count == 1 else several_of or one + 's'}"
