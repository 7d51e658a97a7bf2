"""Where a dialog stands, as blocks: for a modal and for a message alike; pure."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.cutting import cut
from bot.dialog import Dialog, Phase, Plan, Record
from bot.dialogs import Turn
from bot.document import Document
from bot.documents import text_of, to_blocks
from bot.fitting import MOST_SHOWN
from bot.frozen import frozen
from bot.mrkdwn import escape, link
from bot.values import Thing, Value, text_of_value
from bot.written import read
from handlers import blocks, written
from handlers.ask import Block
from handlers.dialogs import contents, names, words
from handlers.dialogs.contents import LEAST_BLOCKS, Room
from handlers.dialogs.paragraphs import paragraphs
from handlers.places import open_button

_WITHOUT_TITLE: Final = re.compile(r"^(https?://\S+/pages/\d+)/\S*$")
_TYPED_BY: Final = {
    "page": ("url", "id"),
    "space": ("key",),
    "person": ("user",),
}
MOST_BLOCKS: Final = 30
"""Of what a template's author says, and of what came out."""
IN_MODAL: Final = Room(95, 20_000)
"""A view may have a hundred blocks and 250 kB, and a character may take twelve bytes of them."""
IN_MESSAGE: Final = Room(blocks.MOST_IN_MESSAGE - 2, MOST_SHOWN - 1_500)
"""What a message holds beside a line above and a row of buttons below."""


def preview(turn: Turn, room: Room = IN_MODAL) -> list[Block]:
    """Return what will be written: the engine's list, what will stand there, the author's words.

    Of the list nothing is left out where it can be confirmed.
    """
    plan = turn.dialog.plan
    if plan is None:
        return [blocks.section("Nothing is to be written.")]
    stopped = turn.dialog.failure
    listed = [
        *([blocks.section(f":warning: {escape(stopped)}")] if stopped else []),
        blocks.section(f"{_heading(turn.dialog, plan)}\n{words.whose(plan)}"),
        *paragraphs(_lines(turn.dialog, plan, room)),
    ]
    left = room.without(listed)
    authors = _authors(turn, plan, left.part(4) if plan.contents else left)
    return [*listed, *contents.blocks_of(plan, left.without(authors)), *authors]


def _heading(dialog: Dialog, plan: Plan) -> str:
    would = "This would be written" if dialog.is_trial else "This will be written"
    count = len(plan.writes)
    return f"*{would}{f', in {count} steps' if count > 1 else ''}:*"


def _lines(dialog: Dialog, plan: Plan, room: Room) -> Sequence[str]:
    lines = words.planned(plan)
    if not dialog.is_trial:
        return lines
    lengths = itertools.accumulate(len(line) for line in lines)
    kept = sum(1 for length in lengths if length < room.holds // 2)
    beyond = len(lines) - kept
    return [*lines[:kept], *([f"… and {beyond} more."] if beyond else [])]


def _authors(turn: Turn, plan: Plan, room: Room) -> list[Block]:
    """Return what the template's author says of it, unless it stands there already."""
    said = _document(read(plan.preview))
    if said is None or room.most < LEAST_BLOCKS or contents.says(plan, said):
        return []
    by = escape(" ".join((turn.template.owner or turn.template.name).split()))
    head = [blocks.divider(), blocks.context(f"What the template *{by}* says of it:")]
    return [*head, *cut_to(room.without(head), said)]


def cut_to(room: Room, text: Document) -> list[Block]:
    """Return as much of *text* as there is room for."""
    most = min(room.most, MOST_BLOCKS)

    def made(characters: int) -> list[Block]:
        return list(to_blocks(text, most=most, ending=and_more, characters=characters))

    return written.within(room.holds, made)


def and_more(missing: int) -> str:
    """Say that *missing* characters were left out."""
    return f"… and about {missing:,} characters more."


def _document(value: Value) -> Document | None:
    return value if isinstance(value, Document) and text_of(value).strip() else None


@frozen
class Onward:
    """What can be done next: take it back, or begin one of *tasks* that its person may run."""

    can_undo: bool = False
    tasks: frozenset[str] = frozenset()


NOTHING: Final = Onward()


def ended(turn: Turn, onward: Onward = NOTHING, room: Room = IN_MODAL) -> list[Block]:
    """Return how it ended: what the template replies, what was written, what to do next."""
    dialog = turn.dialog
    if words.is_taken_back(dialog):
        told = f":leftwards_arrow_with_hook: *{escape(dialog.title)}* was taken back."
        return [blocks.section(told), *paragraphs(words.done(dialog))]
    done = words.done(dialog)
    shown = list(_outcome(turn, room.part(2) if done else room))
    if done:
        shown += [blocks.divider(), *paragraphs(("*Written:*", *done))]
    row = [*_next_buttons(read(dialog.said), onward.tasks), *_acting(turn, onward)]
    return [*shown, *([blocks.actions(*row[:10])] if row else [])]


def _outcome(turn: Turn, room: Room) -> Iterator[Block]:
    dialog = turn.dialog
    title = escape(dialog.title)
    match dialog.phase:
        case Phase.DONE:
            yield from _replied(read(dialog.said), room) or [blocks.section(f"*{title}* is done.")]
        case Phase.FAILED:
            failure = escape(dialog.failure or "It can't go on. Nothing more was written.")
            yield blocks.section(f":x: *{title}* stopped. {failure}")
            if dialog.answers:
                yield blocks.context("Everything that you answered is kept: nothing is lost.")
        case _:
            yield blocks.section(f"*{title}* {words.STANDS[dialog.phase]}.")


def _replied(said: Value, room: Room) -> list[Block]:
    """Return the template's reply: a text, and a card where it has one."""
    if isinstance(said, Document):
        return cut_to(room, said)
    if not isinstance(said, Thing):
        return []
    text = _document(said.fields.get("text"))
    shown = cut_to(room, text) if text else []
    card = said.fields.get("card")
    return [*shown, *(_card(card) if isinstance(card, Thing) else [])]


def _card(card: Thing) -> Iterator[Block]:
    url = text_of_value(card.fields.get("url"))
    title = cut(card.label, words.LONGEST_SHOWN * 2)
    yield blocks.section(f"*{link(url, title) if url else escape(title)}*")
    facts = card.fields.get("facts")
    lines = [
        f"*{escape(fact.label)}*: {escape(cut(text_of_value(fact.fields.get('value')), 500))}"
        for fact in (facts if isinstance(facts, tuple) else ())
        if isinstance(fact, Thing)
    ]
    yield from paragraphs(lines)


def offered(said: Value) -> tuple[Thing, ...]:
    """Return what the template offers next, as far as it does."""
    buttons = said.fields.get("buttons") if isinstance(said, Thing) else None
    found = buttons if isinstance(buttons, tuple) else ()
    return tuple(each for each in found if isinstance(each, Thing))


def _next_buttons(said: Value, tasks: frozenset[str]) -> Iterator[Block]:
    """Yield what the template offers next: each begins one of *tasks*, or opens something."""
    for number, button in enumerate(offered(said)[: len(names.RUN)]):
        task, url = (text_of_value(button.fields.get(each)) for each in ("task", "url"))
        if task in tasks:
            yield blocks.button(
                button.label, names.RUN[number], names.begin_value(task, _known(button))
            )
        elif url and not task:
            yield open_button(url, button.label)


def _known(button: Thing) -> dict[str, str]:
    values = button.fields.get("values")
    held = values.fields if isinstance(values, Thing) else {}
    return {name: _as_typed(value) for name, value in held.items() if value not in (None, "", ())}


def _as_typed(value: Value) -> str:
    """Return a value as somebody would type it."""
    if isinstance(value, tuple):
        return "\n".join(map(_as_typed, value))
    if not isinstance(value, Thing):
        return text_of_value(value)
    by = next((name for name in _TYPED_BY.get(value.kind, ()) if value.fields.get(name)), "")
    found = text_of_value(value.fields.get(by)) if by else value.label
    if by == "user":
        return f"<@{found}>"
    # A page's address is good without its title, and twenty of them fit into a button.
    return _WITHOUT_TITLE.sub(r"\1", found) if by == "url" else found


def _acting(turn: Turn, onward: Onward) -> Iterator[Block]:
    dialog = turn.dialog
    value = names.value_of(dialog.id)
    if dialog.phase is Phase.FAILED:
        yield blocks.button("Try again", names.AGAIN, value, style="primary")
        yield blocks.button("Change my answers", names.CHANGE, value)
    if onward.can_undo:
        yield blocks.confirmed(
            blocks.button("Undo", names.UNDO, value),
            "Take it back?",
            "What was written goes back to what it was before, where nobody has changed it since.",
            "Take it back",
        )


def unclear(turn: Turn) -> list[Block]:
    """Ask what became of a step that can't be read back."""
    dialog = turn.dialog
    record = unclear_record(dialog)
    if record is None:
        return [blocks.section("It isn't clear how this ended, and nothing more is written.")]
    where = f" Look there: {link(record.url, 'open it in Confluence')}." if record.url else ""
    told = (
        f":grey_question: Confluence didn't say what became of this: *{escape(record.words)}*."
        f"{where} It isn't guessed, and not repeated unasked."
    )
    value = names.value_of(dialog.id, k=record.key)
    return [
        blocks.section(told),
        blocks.actions(
            blocks.button("It was done", names.IS_DONE, value),
            blocks.confirmed(
                blocks.button("It wasn't: do it now", names.DO_IT, value),
                "Do it now?",
                "If it was done after all, it will then have been done twice.",
                "Do it now",
            ),
            blocks.button("Stop here", names.STOP, value),
        ),
        *paragraphs(words.done(dialog)),
    ]


def unclear_record(dialog: Dialog) -> Record | None:
    """Return the step whose outcome is unclear."""
    return next((each for each in dialog.journal if each.fate == "unclear"), None)
