"""Where a dialog stands, as blocks: for a modal and for a message alike; pure."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.cutting import cut
from bot.dialog import Dialog, Phase, Record
from bot.dialogs import Turn
from bot.document import Document
from bot.documents import text_of, to_blocks
from bot.mrkdwn import escape, link
from bot.values import Thing, Value, text_of_value
from bot.written import read
from handlers import blocks
from handlers.ask import Block
from handlers.dialogs import names, words
from handlers.places import open_button

LONGEST: Final = 2_900
"""Characters in one paragraph: Slack takes 3,000."""
_ENTITY: Final = len("&amp;")
_WITHOUT_TITLE: Final = re.compile(r"^(https?://\S+/pages/\d+)/\S*$")
_TYPED_BY: Final = {
    "page": ("url", "id"),
    "space": ("key",),
    "person": ("user",),
}
MOST_BLOCKS: Final = 30
"""Of what a template's author says, and of what came out."""


def paragraphs(lines: Iterable[str]) -> Iterator[Block]:
    """Yield *lines* of mrkdwn in as few sections as Slack takes; long ones go on in the next."""
    held = ""
    for line in itertools.chain.from_iterable(map(_pieces, lines)):
        if held and len(held) + len(line) + 1 > LONGEST:
            yield blocks.section(held)
            held = ""
        held = f"{held}\n{line}" if held else line
    if held:
        yield blocks.section(held)


def _pieces(line: str) -> Iterator[str]:
    """Yield *line* in pieces that fit, cut where a space is, or else between characters."""
    rest = line
    while len(rest) > LONGEST:
        at = rest.rfind(" ", 1, LONGEST)
        if at < 0:
            entity = rest.rfind("&", LONGEST - _ENTITY, LONGEST)
            at = LONGEST if entity < 0 else entity
        yield rest[:at]
        rest = rest[at:].lstrip(" ")
    yield rest


def preview(turn: Turn) -> list[Block]:
    """Return what will be written: the engine's list first, what the author says below it."""
    plan = turn.dialog.plan
    if plan is None:
        return [blocks.section("Nothing is to be written.")]
    heading = "*This would be written:*" if turn.dialog.is_trial else "*This will be written:*"
    stopped = turn.dialog.failure
    shown = [
        *([blocks.section(f":warning: {escape(stopped)}")] if stopped else []),
        blocks.section(f"{heading}\n{words.whose(plan)}"),
        *paragraphs(words.planned(plan)),
    ]
    said = _document(read(plan.preview))
    if said is not None:
        by = escape(" ".join((turn.template.owner or turn.template.name).split()))
        shown += [
            blocks.divider(),
            blocks.context(f"What the template *{by}* says of it:"),
            *to_blocks(said, most=MOST_BLOCKS, ending=and_more),
        ]
    return shown


def and_more(missing: int) -> str:
    """Say that *missing* characters were left out."""
    return f"… and about {missing:,} characters more."


def _document(value: Value) -> Document | None:
    return value if isinstance(value, Document) and text_of(value).strip() else None


@dataclass(frozen=True, slots=True)
class Onward:
    """What can be done next: take it back, or begin one of *tasks* that its person may run."""

    can_undo: bool = False
    tasks: frozenset[str] = frozenset()


NOTHING: Final = Onward()


def ended(turn: Turn, onward: Onward = NOTHING) -> list[Block]:
    """Return how it ended: what the template replies, what was written, what to do next."""
    dialog = turn.dialog
    if words.is_taken_back(dialog):
        told = f":leftwards_arrow_with_hook: *{escape(dialog.title)}* was taken back."
        return [blocks.section(told), *paragraphs(words.done(dialog))]
    shown = list(_outcome(turn))
    done = words.done(dialog)
    if done:
        shown += [blocks.divider(), *paragraphs(("*Written:*", *done))]
    row = [*_next_buttons(read(dialog.said), onward.tasks), *_acting(turn, onward)]
    return [*shown, *([blocks.actions(*row[:10])] if row else [])]


def _outcome(turn: Turn) -> Iterator[Block]:
    dialog = turn.dialog
    title = escape(dialog.title)
    match dialog.phase:
        case Phase.DONE:
            yield from _replied(read(dialog.said)) or [blocks.section(f"*{title}* is done.")]
        case Phase.FAILED:
            failure = escape(dialog.failure or "It can't go on. Nothing more was written.")
            yield blocks.section(f":x: *{title}* stopped. {failure}")
            if dialog.answers:
                yield blocks.context("Everything that you answered is kept: nothing is lost.")
        case _:
            yield blocks.section(f"*{title}* {words.STANDS[dialog.phase]}.")


def _replied(said: Value) -> list[Block]:
    """Return the template's reply: a text, and a card where it has one."""
    if isinstance(said, Document):
        return list(to_blocks(said, most=MOST_BLOCKS, ending=and_more))
    if not isinstance(said, Thing):
        return []
    text = _document(said.fields.get("text"))
    shown = list(to_blocks(text, most=MOST_BLOCKS, ending=and_more)) if text else []
    card = said.fields.get("card")
    return [*shown, *(_card(card) if isinstance(card, Thing) else [])]


def _card(card: Thing) -> Iterator[Block]:
    url = text_of_value(card.fields.get("url"))
    title = escape(cut(card.label, words.LONGEST_SHOWN * 2))
    yield blocks.section(f"*{link(url, card.label) if url else title}*")
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
