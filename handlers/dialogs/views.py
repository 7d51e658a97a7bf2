"""Dialogs in modals: the form, the preview, the end; pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from bot.dialog import Dialog, Phase
from bot.dialogs import Turn
from bot.entities import Element, Given, depends, element
from bot.frozen import frozen
from bot.mrkdwn import escape
from bot.template import Asked, Entity, walk
from bot.values import Value, text_of_value
from handlers import blocks
from handlers.ask import Ask, Block, View
from handlers.dialogs import fields, names, shown, words
from handlers.dialogs.shown import NOTHING, Onward

MOST_FIELDS: Final = 10
"""Fields on one page of a form."""
_TITLE: Final = 24


TRIED: Final = "This was a trial: nothing was written, and nothing will be."
LATER: Final = (
    "I can't tell yet how this ended. It is looked up, and nothing is written twice; "
    "all that you answered is safe. The receipt will come by message in a few minutes."
)


@frozen
class Page:
    """Which page of a form is shown: *everything* that can be changed, or what is missing.

    *also* are entities that stand on it though they are answered by now. *typed* is what came
    and was *wrong* in part: it is shown as it was typed, with what is wrong beneath. *is_next*
    tells a page that lies over another of the form. *note* is said above it, in mrkdwn.
    """

    everything: bool = False
    is_next: bool = False
    note: str = ""
    also: frozenset[str] = frozenset()
    typed: Mapping[str, Given] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def carried(self) -> dict[str, str]:
        """Return what comes back with the form."""
        flags = {"all": self.everything, "next": self.is_next}
        return {name: "1" for name, is_set in flags.items() if is_set}


FIRST: Final = Page()


def loading(_: Ask | None = None) -> View:
    """Return the modal that is shown at once, before anything is known."""
    return blocks.modal("Confluence", [blocks.section("One moment…")])


def working(said: str = "One moment…") -> View:
    """Return the modal that is shown while something is under way."""
    return blocks.modal("Confluence", [blocks.section(said)], close="Back")


def maybe_recorded() -> View:
    """Return what to show where a confirmation may or may not have been written down."""
    told = (
        "I can't tell whether your confirmation was recorded. If it was, the receipt comes by "
        "message, and nothing is written twice. If none comes in a few minutes, press again: "
        "all that you answered is safe."
    )
    return blocks.modal("Unclear", [blocks.section(told)], close="Back")


def of(turn: Turn, onward: Onward = NOTHING, page: Page = FIRST) -> View:
    """Return the modal for where the dialog stands."""
    match turn.dialog.phase:
        case Phase.ASKING:
            return form(turn, page)
        case Phase.CONFIRMING:
            return preview(turn)
        case Phase.UNCLEAR:
            return _plain(turn.dialog, shown.unclear(turn))
        case Phase.RUNNING:
            return working("It is under way. The receipt will come by message.")
        case _ if turn.dialog.is_trial:  # it lies over the page of its template
            parts = [blocks.context(TRIED), *shown.ended(turn, onward)]
            return _plain(turn.dialog, parts, close="Back")
        case _:
            return _plain(turn.dialog, shown.ended(turn, onward), close="Done")


def _plain(dialog: Dialog, parts: Sequence[Block], *, close: str = "Close") -> View:
    view = blocks.modal(_title(dialog), parts, close=close)
    return view | ({"clear_on_close": True} if close == "Done" else {})


def _title(dialog: Dialog) -> str:
    return dialog.title if len(dialog.title) <= _TITLE else f"{dialog.title[: _TITLE - 1]}…"


def form(turn: Turn, page: Page = FIRST) -> View:
    """Return the form's next page: what is missing, or all that *page* says.

    What is known isn't asked again, but listed.
    """
    dialog, wrong = turn.dialog, page.wrong
    wanted = _wanted(turn, page)
    asked = wanted[:MOST_FIELDS]
    is_last = len(wanted) <= len(asked)
    parts: list[Block] = []
    if page.note or wrong:
        parts.append(blocks.section(page.note or _almost(wrong)))
    elif said := words.said_besides(turn):
        parts.append(blocks.section(said))
    parts += _known(turn, asked)
    relied_on = _relied_on(turn.entities)
    parts += [
        fields.field(
            _element(entity, _held(turn, entity, page.typed.get(entity.name))),
            names.block_of(dialog.id, entity.name, _filling(turn, entity)),
            tells=entity.name in relied_on,
            complaint=wrong.get(entity.name, ""),
        )
        for entity in asked
    ]
    parts.append(_ways(dialog))
    # A trial lies over the page of its template.
    goes_back = page.is_next or dialog.is_trial
    view = blocks.modal(_title(dialog), parts, close="Back" if goes_back else "Cancel")
    view |= {} if goes_back else {"clear_on_close": True}
    carried = names.value_of(dialog.id, **page.carried())
    submit = ("Preview" if _writes(turn) else "Go") if is_last else "Next"
    return blocks.form(view, names.FORM, submit, carried)


def picture(entities: Iterable[Entity], title: str) -> View:
    """Return how a template's form looks, with its examples in it: to look at, not to send."""
    parts: list[Block] = [
        fields.field(_example(entity), f"picture/{entity.name}/")
        for entity in entities
        if entity.ask is not Asked.NEVER
    ]
    told = "This is what it asks for. Nothing that you type here is used."
    view = blocks.modal(title[:_TITLE], [blocks.context(told), *parts], close="Back")
    return blocks.form(view, names.PICTURE, "Done", "")


def _element(entity: Entity, value: Value) -> Element:
    """Return the field of *entity*, with its question beneath the label."""
    hint = " ".join(filter(None, (entity.prompt, entity.help)))
    return replace(element(entity, value), hint=hint)


def _example(entity: Entity) -> Element:
    """Return the field as it may be filled in, where that needs nobody to be asked."""
    default = None if isinstance(entity.default, str) and "{{" in entity.default else entity.default
    example = entity.examples[0] if entity.examples and not entity.choices_from else None
    filled = _element(entity, example if default is None else default)
    return _element(entity, None) if filled.held else filled


def preview(turn: Turn) -> View:
    """Return exactly what will be written, to be confirmed; of a trial, to be looked at."""
    dialog = turn.dialog
    parts = shown.preview(turn)
    if said := words.said_besides(turn):
        parts.insert(0, blocks.section(said))
    if dialog.is_trial or dialog.plan is None:
        return _plain(dialog, [blocks.context(TRIED), *parts], close="Back")
    change = blocks.button("Change my answers", names.CHANGE, names.value_of(dialog.id))
    parts.append(blocks.actions(change))
    view = blocks.modal("Is this right?", parts, close="Back")
    return blocks.form(view, names.CONFIRM, "Confirm", names.value_of(dialog.id, p=dialog.plan.id))


def _wanted(turn: Turn, page: Page) -> tuple[Entity, ...]:
    """Return what the form asks for, in the order of the template."""
    missing = {entity.name for entity in turn.missing}
    clear = {entity.name for entity in turn.missing if not _decided_by(entity) & missing}
    known = {answer.entity for answer in turn.dialog.answers} | set(turn.dialog.skipped)
    wanted = clear | (page.also & known) | page.wrong.keys()
    if page.everything:
        wanted |= known
    return tuple(entity for entity in turn.entities if entity.name in wanted)


def _decided_by(entity: Entity) -> frozenset[str]:
    """Return the entities that decide whether *entity* is asked for at all."""
    of = entity.choices_from.of if entity.choices_from is not None else None
    return depends(entity) - {of} if entity.when else frozenset()


def _writes(turn: Turn) -> bool:
    return any(step.writes for step in walk(turn.template.steps))


def _known(turn: Turn, asked: Sequence[Entity]) -> list[Block]:
    others = {entity.name for entity in asked}
    lines = [
        f"*{escape(entity.title)}*: {escape(words.shown_in(answer))}"
        for entity in turn.entities
        if entity.name not in others and (answer := turn.dialog.answer(entity.name)) is not None
    ]
    if not lines:
        return []
    change = blocks.button("Change", names.CHANGE, names.value_of(turn.dialog.id))
    return [blocks.section("\n".join(lines[: words.MOST_LISTED]), change)]


def _held(turn: Turn, entity: Entity, typed: Given | None) -> Value:
    if typed is not None and not typed.is_empty:
        return typed.document or typed.value or typed.text
    answer = turn.dialog.answer(entity.name)
    if answer is None and turn.offer is not None and turn.offer.entity == entity.name:
        answer = turn.offer
    return answer.read() if answer else None


def _filling(turn: Turn, entity: Entity) -> str:
    """Tell fillings apart by what the entity depends on: Slack keeps the rest as it was typed."""
    values = [
        text_of_value(answer.read())
        for name in sorted(depends(entity))
        if (answer := turn.dialog.answer(name)) is not None
    ]
    return hashlib.blake2s("\n".join(values).encode(), digest_size=6).hexdigest() if values else ""


def _relied_on(entities: Iterable[Entity]) -> frozenset[str]:
    return frozenset(name for entity in entities for name in depends(entity))


def _almost(wrong: Mapping[str, str]) -> str:
    if len(wrong) == 1:
        return ":warning: One answer needs another look. The others are kept."
    return f":warning: {len(wrong)} answers need another look. The others are kept."


def _ways(dialog: Dialog) -> Block:
    talk = blocks.button("Answer in a conversation", names.TALK, names.value_of(dialog.id))
    return blocks.actions(talk)
