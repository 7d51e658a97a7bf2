"""Keeps what an expression comes to within its bounds."""

from dataclasses import replace
from typing import Any, Final, TypeVar

from bot.cutting import ELLIPSIS, cut_bytes
from bot.document import (
    Block,
    BulletList,
    Document,
    OrderedList,
    Paragraph,
    Table,
    TaskList,
    Text,
)
from bot.documents.text import words_of
from bot.expressions.mistakes import Mistake
from bot.values import MAX_BYTES, Thing, Value, measured

MAX_NESTING: Final = 60
"""Levels of lists, things and a document's blocks within each other."""
TOO_DEEP: Final = "it is nested too deep"

Part = TypeVar("Part")


def fitted(value: Value) -> Value:
    """Return *value* in at most 64 kB: of a text or document the beginning, of a list the first.

    Raises:
        Mistake: it is nested too deep.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return cut_bytes(value, MAX_BYTES)
    return value if size_within(value, MAX_BYTES) <= MAX_BYTES else _cut(value, MAX_BYTES)


def size_within(value: Any, most: int, each: int = 0) -> int:  # noqa: ANN401  # any value, or any part of a document
    """Return the size of *value*, and *each* for every part of it, or anything above *most*."""
    total = 0
    for size, depth in measured(value):
        if depth > MAX_NESTING:
            raise Mistake(TOO_DEEP)
        total += size + each
        if total > most:
            break
    return total


def _first(parts: tuple[Part, ...], most: int) -> tuple[Part, ...]:
    """Return as many of *parts* as take *most* bytes."""
    room = most
    for count, part in enumerate(parts):
        room -= size_within(part, room)
        if room < 0:
            return parts[:count]
    return parts


def _cut(value: Value, most: int) -> Value:
    """Return as much of *value* as takes *most* bytes."""
    match value:
        case str():
            return cut_bytes(value, most)
        case tuple():
            # What is too large by itself is better begun than left out.
            return _first(value, most) or tuple(_cut(each, most) for each in value[:1])
        case Thing():
            return _shortened(value, most)
        case Document():
            return _beginning(value, most)
        case _:
            return value


def _shortened(thing: Thing, most: int) -> Thing:
    """Cut the longest fields, so that the short ones stay whole."""
    label = cut_bytes(thing.label, most // 4)
    room = most - len(label.encode(errors="surrogatepass"))
    sizes = {name: size_within(value, most) for name, value in thing.fields.items()}
    held = dict(thing.fields)
    shortest_first = sorted(sizes, key=sizes.__getitem__)
    for left, name in zip(range(len(sizes), 0, -1), shortest_first, strict=True):
        share = min(sizes[name], room // left)
        if sizes[name] > share:
            held[name] = _cut(held[name], share)
        room -= share
    return Thing(thing.kind, label, held)


def _beginning(document: Document, most: int) -> Document:
    kept = _first(document.blocks, most)
    room = most - sum(size_within(block, most) for block in kept)
    rest = document.blocks[len(kept) : len(kept) + 1]
    begun = tuple(_begun(block, room) for block in rest)
    return Document((*kept, *begun, Paragraph((Text(ELLIPSIS),))))


def _begun(block: Block, room: int) -> Block:
    """Return the first rows or items of *block*, or of anything else the first words."""
    match block:
        case Table():
            return replace(block, rows=_first(block.rows, room))
        case BulletList() | OrderedList():
            return replace(block, items=_first(block.items, room))
        case TaskList():
            return replace(block, items=_first(block.items, room))
        case _:
            return Paragraph((Text(cut_bytes(words_of((block,)), room)),))
