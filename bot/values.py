"""What an expression sees and gives: plain values, documents, things with fields, and lists."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, field, fields
from datetime import date, datetime
from types import NoneType
from typing import Any, Final, get_args

from bot import document as parts
from bot.cutting import cut_bytes
from bot.document import Document
from bot.documents.text import text_of
from bot.frozen import frozen

MAX_BYTES: Final = 64 * 1024
"""Of a text that stands for a value."""


@frozen
class Thing:
    """A page, a space, a person: its attributes are its *fields*, its text is its *label*."""

    kind: str
    label: str
    fields: Mapping[str, "Value"] = field(default_factory=dict, hash=False)


Value = None | bool | int | float | str | date | datetime | Document | Thing | tuple["Value", ...]
Json = Any

_IS: Final = "is"
_NODES: Final[Mapping[str, type]] = {
    kind.__name__: kind
    for kind in (
        *(Document, parts.Item, parts.Cell, parts.Task),
        *get_args(parts.Block),
        *get_args(parts.Inline),
    )
}
_FIELDS: Final = {
    name: tuple((each.name, each.default) for each in fields(kind)) for name, kind in _NODES.items()
}
_FLAT: Final = 8
"""Bytes that anything takes, for `size_of`."""


def dump_value(value: Value) -> Json:
    """Return *value* as JSON, from which `load_value` makes it again."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return {_IS: "datetime", "at": value.isoformat()}
        case date():
            return {_IS: "date", "day": value.isoformat()}
        case tuple():
            return [dump_value(each) for each in value]
        case Thing():
            held = {name: dump_value(each) for name, each in value.fields.items()}
            return {_IS: "Thing", "kind": value.kind, "label": value.label, "fields": held}
        case _:
            return _dump_node(value)


def load_value(written: Json) -> Value:
    """Return the value that `dump_value` wrote.

    Raises:
        ValueError: it wrote nothing like that.
    """
    try:
        value: Value = _load(written)
    except (AttributeError, KeyError, TypeError, RecursionError):
        raise ValueError("this is no value that was written here") from None
    return value


def text_of_value(value: Value) -> str:
    """Return *value* as people read it, in at most 64 kB."""
    pieces: list[str] = []
    room = MAX_BYTES
    for piece in _spoken(value):
        pieces.append(piece)
        room -= len(piece)
        if room < 0:
            break
    return cut_bytes("".join(pieces), MAX_BYTES)


def words_of_day(day: date) -> str:
    """Return a day, or a day and its time, as people write it."""
    words = f"{day.day} {day:%B %Y}"
    return f"{words}, {day:%H:%M %Z}".rstrip() if isinstance(day, datetime) else words


def size_of(value: Value) -> int:
    """Return about how many bytes *value* takes."""
    return sum(size for size, _ in measured(value))


def measured(value: Value) -> Iterator[tuple[int, int]]:
    """Yield each part of *value* by its size in bytes and how deep it stands, one at a time.

    Whoever reads can stop where it has become too much.
    """
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if isinstance(part, str):
            yield _FLAT + len(part.encode(errors="surrogatepass")), depth
            continue
        yield _FLAT, depth
        waiting.extend((inner, depth + 1) for inner in _inside(part))


def _inside(part: Any) -> Iterator[Any]:  # noqa: ANN401  # any value, or any part of a document
    if isinstance(part, tuple):
        yield from part
    elif isinstance(part, Thing):
        yield part.label
        yield from part.fields.values()
    elif type(part).__name__ in _NODES:
        for name, _ in _FIELDS[type(part).__name__]:
            yield getattr(part, name)


def _spoken(value: Value) -> Iterator[str]:
    """Yield the words of *value*, those of a list with commas between."""
    waiting: list[Value] = [value]
    has_spoken = False
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting.extend(reversed(part))
        elif words := _words(part):
            if has_spoken:
                yield ", "
            yield words
            has_spoken = True


def _words(value: Value) -> str:
    write = _WORDS.get(type(value), str)
    return write(value)


_WORDS: Final[Mapping[type, Callable[[Any], str]]] = {
    NoneType: lambda _: "",
    bool: lambda value: "yes" if value else "no",
    float: lambda value: f"{value:.15g}",
    date: words_of_day,
    datetime: words_of_day,
    Thing: lambda value: value.label,
    Document: text_of,
}


def _dump_node(node: Any) -> Json:  # noqa: ANN401  # any part of a document
    """Write a part of a document: its class, and the fields that aren't at their default."""
    if isinstance(node, tuple):
        return [_dump_node(each) for each in node]
    if isinstance(node, frozenset):
        return sorted(node)
    if type(node).__name__ not in _NODES:
        return dump_value(node)
    written: dict[str, Json] = {_IS: type(node).__name__}
    for name, default in _FIELDS[type(node).__name__]:
        held = getattr(node, name)
        if held != default:
            written[name] = _dump_node(held)
    return written


def _load(written: Json) -> Any:  # noqa: ANN401  # any value, or any part of a document
    if isinstance(written, list):
        return tuple(_load(each) for each in written)
    if not isinstance(written, dict):
        return written
    match written[_IS]:
        case "date":
            return date.fromisoformat(written["day"])
        case "datetime":
            return datetime.fromisoformat(written["at"])
        case "Thing":
            held = {name: _load(each) for name, each in written["fields"].items()}
            return Thing(written["kind"], written["label"], held)
        case name:
            return _load_node(_NODES[name], written)


def _load_node(kind: type[Any], written: dict[str, Json]) -> object:
    given = {name: _load(held) for name, held in written.items() if name != _IS}
    if "marks" in given:
        given["marks"] = frozenset(given["marks"])
    missing = {
        name for name, default in _FIELDS[kind.__name__] if default is MISSING
    } - given.keys()
    if missing:
        raise KeyError(*missing)
    return kind(**given)
