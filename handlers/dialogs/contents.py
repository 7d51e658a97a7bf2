"""What the writes of a plan put into Confluence, below the list of them; pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.cutting import cut, shares
from bot.dialog import Content, Plan
from bot.document import Document
from bot.documents import text_of
from bot.frozen import frozen
from bot.mrkdwn import escape
from bot.written import read
from handlers import blocks, written
from handlers.ask import Block
from handlers.dialogs.names import several
from handlers.dialogs.paragraphs import paragraphs

LEAST_BLOCKS: Final = 5
"""For a text of its own: a line, what it belongs to, its title, itself, and what is left out."""
LEAST_HELD: Final = 700
"""Characters of JSON for such a text; where there are fewer, all stand in lines."""
_FRAME: Final = 30
"""Of a line, its number and its marks; the title stands in the list."""
_EMPTY: Final = "_No text._"


@frozen
class Room:
    """How much may be shown: *most* blocks, which together weigh at most *holds*."""

    most: int
    holds: int

    def without(self, shown: Sequence[Block]) -> "Room":
        """Return what is left of it beside *shown*."""
        return Room(max(self.most - len(shown), 0), max(self.holds - blocks.weight(shown), 0))

    def part(self, of: int) -> "Room":
        """Return the nth part of it."""
        return Room(self.most // of, self.holds // of)


@frozen
class _Shown:
    """What stands where: *numbers* are those of the writes in the list."""

    numbers: tuple[int, ...]
    title: str
    text: Document
    missing: int

    def weight(self, most: int) -> int:
        """Return how much room it takes in so many blocks, with what stands around it."""
        return blocks.weight(written.page(self.title, self.text, most=most)) + LEAST_HELD


def blocks_of(plan: Plan, room: Room) -> list[Block]:
    """Return what *plan* puts into Confluence, as it will read, as far as there is room for it."""
    found = [*_standing(plan)]
    if not found:
        return []
    each = Room(room.most // len(found), room.holds // len(found))
    if each.most < LEAST_BLOCKS or each.holds < LEAST_HELD:
        return [*_in_lines(found, room)]
    is_one = len(plan.writes) == 1
    given = shares([shown.weight(each.most) for shown in found], room.holds)
    parts: list[Block] = []
    for shown, holds in zip(found, given, strict=True):
        parts += _whole(shown, Room(each.most, holds), is_one=is_one)
    return parts


def says(plan: Plan, text: Document) -> bool:
    """Tell whether *text* is, word for word, all that one of the writes puts there."""
    words = text_of(text).split()
    return any(text_of(_document(each)).split() == words for each in plan.contents)


def _standing(plan: Plan) -> Iterator[_Shown]:
    places = {write.key: number for number, write in enumerate(plan.writes, 1)}
    for content in plan.contents:
        numbers = tuple(places[key] for key in content.keys if key in places)
        if numbers:
            yield _Shown(numbers, content.title, _document(content), content.missing)


def _document(content: Content) -> Document:
    body = read(content.body)
    return body if isinstance(body, Document) else Document()


def _whole(shown: _Shown, room: Room, *, is_one: bool) -> list[Block]:
    """Return a text with its formatting; of one write alone nobody asks whose it is."""
    said = [] if is_one else [blocks.context(f"What {_numbers(shown)} will say:")]
    head = [blocks.divider(), *said]
    left = room.without(head)
    body = written.page(
        shown.title, shown.text, most=left.most, holds=left.holds, beyond=shown.missing
    )
    is_empty = not text_of(shown.text).strip()
    return [*head, *body, *([blocks.context(_EMPTY)] if is_empty else [])]


def _in_lines(found: Sequence[_Shown], room: Room) -> Iterator[Block]:
    """Yield the beginning of each text in a line."""
    each = max(room.holds // len(found) - _FRAME, 0)
    lines = [_line(shown, each) for shown in found] if each else []
    yield blocks.divider()
    yield from paragraphs(lines)


def _line(shown: _Shown, room: int) -> str:
    words = " ".join(text_of(shown.text).split())
    told = escape(cut(words, room))
    while len(told) > room:
        room = room * 2 // 3
        told = escape(cut(words, room))
    more = "…" if shown.missing and not told.endswith("…") else ""
    return f"*{_numbers(shown)}.* {told or _EMPTY}{more}"


def _numbers(shown: _Shown) -> str:
    return several([str(number) for number in shown.numbers])
