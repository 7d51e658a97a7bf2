"""Keeps what an expression comes to within its bounds."""

from itertools import islice
from typing import Final

from bot.cutting import ELLIPSIS, cut_bytes
from bot.document import Block, Document, Paragraph, Text
from bot.documents.text import words_of
from bot.expressions.mistakes import Mistake
from bot.values import MAX_BYTES, Thing, Value, measured

MAX_NESTING: Final = 60
"""Levels of lists, things and a document's blocks within each other."""
TOO_DEEP: Final = "it is nested too deep"


def fitted(value: Value) -> Value:
    """Return *value* in at most 64 kB: of a text or document the beginning, of a list the first.

    Raises:
        Mistake: it is nested too deep.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return cut_bytes(value, MAX_BYTES)
    return value if _size(value, MAX_BYTES) <= MAX_BYTES else _cut(value, MAX_BYTES)


def _size(value: Value, most: int) -> int:
    """Return the size of *value*, or anything above *most*."""
    total = 0
    for size, depth in measured(value):
        if depth > MAX_NESTING:
            raise Mistake(TOO_DEEP)
        total += size
        if total > most:
            break
    return total


def _cut(value: Value, most: int) -> Value:
    """Return as much of *value* as takes *most* bytes."""
    match value:
        case str():
            return cut_bytes(value, most)
        case tuple():
            return _first(value, most)
        case Thing():
            return _shortened(value, most)
        case Document():
            return _beginning(value, most)
        case _:
            return value


def _first(values: tuple[Value, ...], most: int) -> tuple[Value, ...]:
    room = most
    for count, value in enumerate(values):
        size = _size(value, room)
        if size > room:
            # What is too large by itself is better begun than left out.
            return values[:count] or (_cut(value, room),)
        room -= size
    return values


def _shortened(thing: Thing, most: int) -> Thing:
    """Cut the longest fields, so that the short ones stay whole."""
    label = cut_bytes(thing.label, most // 4)
    room = most - len(label.encode(errors="surrogatepass"))
    sizes = {name: _size(value, most) for name, value in thing.fields.items()}
    held = dict(thing.fields)
    for left, name in zip(
        range(len(sizes), 0, -1), sorted(sizes, key=lambda name: sizes[name]), strict=True
    ):
        share = min(sizes[name], room // left)
        if sizes[name] > share:
            held[name] = _cut(held[name], share)
        room -= share
    return Thing(thing.kind, label, held)


def _beginning(document: Document, most: int) -> Document:
    room = most
    kept: list[Block] = []
    for block in document.blocks:
        size = _size(Document((block,)), room)
        if size > room:
            break
        kept.append(block)
        room -= size
    words = cut_bytes(words_of(islice(document.blocks, len(kept), len(kept) + 1)), room)
    return Document((*kept, Paragraph((Text(words if words.endswith(ELLIPSIS) else ELLIPSIS),))))
