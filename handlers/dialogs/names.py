"""The names by which Slack brings dialogs' forms, buttons and menus back, and what they carry."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot.dialog import DialogId, PlanId
from bot.entities import MOST_BUTTONS
from bot.errors import BadInput
from bot.task import TaskId
from handlers.ask import Ask, View

FORM: Final = "dialog_form"
CONFIRM: Final = "dialog_confirm"
ANSWERS: Final = tuple(f"dialog_answer_{number}" for number in range(MOST_BUTTONS))
SKIP: Final = "dialog_skip"
BACK: Final = "dialog_back"
CANCEL: Final = "dialog_cancel"
TO_FORM: Final = "dialog_to_form"
TALK: Final = "dialog_talk"
RESUME: Final = "dialog_resume"
DROP: Final = "dialog_drop"
AGAIN: Final = "dialog_again"
CHANGE: Final = "dialog_change"
UNDO: Final = "dialog_undo"
IS_DONE: Final = "dialog_is_done"
DO_IT: Final = "dialog_do_it"
STOP: Final = "dialog_stop"
RUN: Final = tuple(f"task_run_{number}" for number in range(MOST_BUTTONS))
"""Buttons that begin a task, by its word; five may stand side by side."""
RUN_MENU: Final = "task_run_menu"
TASK: Final = "task_details"
"""The button that shows the page of a task, by its id."""
PICTURE: Final = "template_picture"

_ESCAPED: Final = re.compile(r'(["\\])')
_ESCAPE: Final = r"\\\1"
"""As `bot.utterances.read_line` reads it: whatever stands behind a backslash is itself."""

OUT_OF_DATE: Final = "That button is out of date, so nothing was done. Look at the latest message."


def value_of(dialog: DialogId, **more: str) -> str:
    """Return a button's value: the dialog, looked up under whoever presses, and *more*."""
    return json.dumps({"d": dialog, **more}, separators=(",", ":"))


def read_value(value: str) -> Mapping[str, str]:
    """Read what a button, or a form, carries.

    Raises:
        BadInput: it isn't ours.
    """
    try:
        found = json.loads(value)
        return {_sound(name): _sound(held) for name, held in found.items()}
    except (ValueError, AttributeError, RecursionError):
        raise BadInput(OUT_OF_DATE) from None


def _sound(held: object) -> str:
    """Return *held* as text. Raises ``ValueError`` for half a character: nothing is kept by it."""
    text = str(held)
    text.encode()
    return text


def dialog_in(value: str) -> DialogId:
    """Return the dialog that a button or a form is about. Raises ``BadInput``."""
    found = read_value(value).get("d", "")
    if not found:
        raise BadInput(OUT_OF_DATE)
    return DialogId(found)


def plan_in(value: str) -> PlanId:
    """Return the plan that is to be confirmed."""
    return PlanId(read_value(value).get("p", ""))


def in_channel(view: View, ask: Ask) -> View:
    """Return *view*, knowing where it was opened: what is pressed in a modal doesn't tell."""
    channel = channel_of(ask)
    carried = {"c": channel} if channel else {}
    metadata = view.get("private_metadata") or "{}"
    held = json.dumps({**json.loads(metadata), **carried}, separators=(",", ":"))
    return {**view, "private_metadata": held} if carried else view


def channel_of(ask: Ask) -> str:
    """Return the channel in which *ask* began; empty where none is known."""
    return ask.channel_id or carried_by(ask).get("c", "")


def carried_by(ask: Ask) -> Mapping[str, str]:
    """Return what the modal at hand carries; nothing if it is another feature's."""
    if ask.view is None or not ask.view.metadata:
        return {}
    try:
        return read_value(ask.view.metadata)
    except BadInput:
        return {}


def block_of(dialog: DialogId, entity: str, held: str = "") -> str:
    """Return the block of an entity's element; *held* tells two fillings of it apart."""
    return f"{dialog}/{entity}/{held}"[:255]


def read_block(block: str) -> tuple[DialogId, str]:
    """Return the dialog and the entity that a block is of; empty where it is none of ours."""
    dialog, _, rest = block.encode(errors="replace").decode().partition("/")
    return DialogId(dialog), rest.partition("/")[0]


def begin_value(task: str, values: Mapping[str, str] | None = None) -> str:
    """Return the value of a button that begins a task, with what is known by then."""
    value = json.dumps({"t": task, "k": dict(values or {})}, separators=(",", ":"))
    if len(value) > LONGEST_VALUE:
        value = json.dumps({"t": task, "k": {}}, separators=(",", ":"))
    return value


def of_task(task: TaskId, version: str = "") -> str:
    """Return the value of a button about a task."""
    return json.dumps({"k": task, "v": version}, separators=(",", ":"))


def line_of(task: str, known: Mapping[str, str]) -> str:
    """Return the command that begins a task with what is known by then."""
    typed = (f'{name}="{_ESCAPED.sub(_ESCAPE, value)}"' for name, value in known.items())
    return " ".join(("run", task, *typed))


def read_begin(value: str) -> tuple[str, Mapping[str, str]]:
    """Read such a value. Raises ``BadInput``."""
    try:
        found: Any = json.loads(value)
        known = {_sound(name): _sound(held) for name, held in found["k"].items()}
        return _sound(found["t"]), known
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(OUT_OF_DATE) from None


LONGEST_VALUE: Final = 2_000


def several(names: Sequence[str]) -> str:
    """Return *names* as a list in a sentence."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
