"""The filters of expressions: each a function of a value and its arguments, and nothing else."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from bot.cutting import cut, cut_bytes
from bot.document import (
    BulletList,
    Cell,
    Document,
    Inline,
    Item,
    Link,
    OrderedList,
    Paragraph,
    Quote,
    Table,
    Task,
    TaskList,
    Text,
)
from bot.expressions.fitting import fitted
from bot.expressions.mistakes import Missing, Mistake
from bot.expressions.operators import is_true, order_by, same, shifted
from bot.expressions.readings import address_of, blocks_of, inline_of, items_of
from bot.frozen import frozen
from bot.values import MAX_BYTES, Thing, Value, text_of_value, words_of_day

MAX_COLUMNS: Final = 20
_NOT_IN_SLUGS: Final = re.compile(r"[\W_]+")


@frozen
class Filter:
    """One filter: what it does, how many arguments it takes, and what it says of itself.

    *words* are all that its first argument may be, where it is one of a few.
    """

    apply: Callable[..., Value]
    usage: str
    says: str
    least: int = 0
    most: int = 0
    words: tuple[str, ...] = ()


def _date(value: Value, style: Value = "long") -> Value:
    day = _day(value, "date")
    match style:
        case "iso":
            return day.isoformat()
        case "long":
            return words_of_day(day)
        case "weekday":
            return f"{day:%A}"
        case "short":
            time = f", {day:%H:%M %Z}".rstrip() if isinstance(day, datetime) else ""
            return f"{day.day} {day:%b %Y}{time}"
        case _:
            raise Mistake("“date” takes “short”, “long”, “iso” or “weekday”")


def _plus_days(value: Value, days: Value) -> Value:
    return shifted(_day(value, "plus_days"), days, 1)


def _bullets(value: Value, *columns: Value) -> Value:
    values = _fitting(value, "bullets")
    if not columns:
        return Document(blocks_of(values))
    names = _names(columns, "bullets")
    fields_of = zip(*(_fields(values, name) for name in names), strict=True)
    lines = [_line(each, fields) for each, fields in zip(values, fields_of, strict=True)]
    items = tuple(Item((Paragraph(line),)) for line in lines if line)
    return Document((BulletList(items),) if items else ())


def _line(value: Value, fields: Iterable[Value]) -> tuple[Inline, ...]:
    """Return *value*, and behind it those of its *fields* that say anything."""
    line = list(inline_of(value))
    for each in fields:
        day = each.date() if isinstance(each, datetime) else each
        shown = _date(day, "short") if isinstance(day, date) else each
        if part := inline_of(shown):
            line += [Text(" · "), *part]
    return tuple(line)


def _numbered(value: Value) -> Value:
    items = items_of(_fitting(value, "numbered"))
    return Document((OrderedList(items),) if items else ())


def _tasks(value: Value) -> Value:
    contents = [inline_of(each) for each in _fitting(value, "tasks")]
    tasks = tuple(Task(done=False, content=content) for content in contents if content)
    return Document((TaskList(tasks),) if tasks else ())


def _table(value: Value, *columns: Value) -> Value:
    names = _names(columns, "table")
    head = tuple(_cell(_heading(name), header=True) for name in names)
    values = _list(fitted(value), "table")
    columns_of = [[_cell(each) for each in _fields(values, name)] for name in names]
    return Document((Table((head, *zip(*columns_of, strict=True))),))


def _names(columns: tuple[Value, ...], what: str) -> list[str]:
    names = [_text(name, what) for given in columns for name in _many(given)]
    if not 0 < len(names) <= MAX_COLUMNS:
        raise Mistake(f"“{what}” takes from 1 to {MAX_COLUMNS} columns")
    return names


def _cut(value: Value, most: Value) -> Value:
    number = _count_of(most, "cut")
    if isinstance(value, tuple):
        return value[:number]
    return cut(text_of_value(value), number)


def _join(value: Value, between: Value = ", ") -> Value:
    separator = _text(between, "join")
    pieces: list[str] = []
    room = MAX_BYTES
    for each in _list(value, "join"):
        if words := text_of_value(each):
            pieces += [separator, words]
            room -= len(separator) + len(words)
        if room < 0:
            break
    return cut_bytes("".join(pieces[1:]), MAX_BYTES)


def _lines(value: Value) -> Value:
    return tuple(line.strip() for line in text_of_value(value).splitlines() if line.strip())


def _first(value: Value) -> Value:
    return next(iter(_list(value, "first")), None)


def _last(value: Value) -> Value:
    return next(reversed(_list(value, "last")), None)


def _default(value: Value, otherwise: Value) -> Value:
    return otherwise if value is None or value in ("", ()) else value


def _map(value: Value, name: Value) -> Value:
    return tuple(_fields(_list(value, "map"), _text(name, "map")))


def _where(value: Value, name: Value, *wanted: Value) -> Value:
    things = _list(value, "where")
    held = zip(things, _fields(things, _text(name, "where")), strict=True)
    if not wanted:
        return tuple([each for each, found in held if is_true(found)])
    return tuple([each for each, found in held if same(found, wanted[0])])


def _unique(value: Value) -> Value:
    kept: dict[object, Value] = {}
    for each in _list(value, "unique"):
        kept.setdefault(_identity(each), each)
    return tuple(kept.values())


def _sort(value: Value, name: Value = "", order: Value = "up") -> Value:
    if order not in ("up", "down"):
        raise Mistake("“sort” goes “up” or “down”")
    values, path = _list(value, "sort"), _text(name, "sort")
    keys = _fields(values, path) if path else values
    return order_by(list(zip(keys, values, strict=True)), downwards=order == "down")


def _slug(value: Value) -> Value:
    plain = unicodedata.normalize("NFKC", text_of_value(value)).casefold()
    return _NOT_IN_SLUGS.sub("-", plain).strip("-")


def _link(value: Value, text: Value = "") -> Value:
    words = _text(text, "link") or text_of_value(value)
    href = address_of(value)
    part = Link(href, words) if href else Text(words)
    return Document((Paragraph((part,)),) if words else ())


def _quote(value: Value) -> Value:
    blocks = blocks_of(fitted(value))
    return Document((Quote(blocks),) if blocks else ())


def _of_text(change: Callable[[str], str]) -> Callable[[Value], Value]:
    return lambda value: change(text_of_value(value))


FILTERS: Final[Mapping[str, Filter]] = {
    "date": Filter(
        _date,
        'due|date("short")',
        "a date in words: “short”, “long”, “iso” or “weekday”",
        most=1,
        words=("short", "long", "iso", "weekday"),
    ),
    "plus_days": Filter(_plus_days, "due|plus_days(7)", "a later date", 1, 1),
    "bullets": Filter(
        _bullets,
        'pages|bullets("space_name", "changed")',
        "a bullet list of a list, or of lines; of things with the fields that are named",
        most=MAX_COLUMNS,
    ),
    "numbered": Filter(_numbered, "actions|numbered", "a numbered list of a list, or of lines"),
    "tasks": Filter(_tasks, "actions|tasks", "a task list of a list, or of lines"),
    "table": Filter(
        _table,
        'pages|table("title", "space.name")',
        "a table with a row for each thing and a column for each field",
        1,
        MAX_COLUMNS,
    ),
    "cut": Filter(_cut, "title|cut(40)", "so many characters, or so many of a list", 1, 1),
    "join": Filter(_join, 'people|join(" and ")', "a list as one text, with commas or …", most=1),
    "lower": Filter(_of_text(str.lower), "title|lower", "in small letters"),
    "upper": Filter(_of_text(str.upper), "title|upper", "in capital letters"),
    "title": Filter(_of_text(str.title), "title|title", "with a capital in front of each word"),
    "trim": Filter(_of_text(str.strip), "title|trim", "without spaces at its ends"),
    "lines": Filter(_lines, "notes|lines", "the lines of a text as a list, without empty ones"),
    "first": Filter(_first, "pages|first", "the first of a list, or nothing"),
    "last": Filter(_last, "pages|last", "the last of a list, or nothing"),
    "count": Filter(lambda value: len(_list(value, "count")), "pages|count", "how many a list has"),
    "default": Filter(
        _default, 'owner|default("nobody")', "something else, where there is nothing", 1, 1
    ),
    "map": Filter(_map, 'pages|map("title")', "one field of each thing", 1, 1),
    "where": Filter(
        _where,
        'pages|where("kind", "blog")',
        "those whose field is that; without a value, those that have it",
        1,
        2,
    ),
    "unique": Filter(_unique, "labels|unique", "each only once"),
    "sort": Filter(
        _sort, 'pages|sort("updated", "down")', "in order, of a field or of themselves", most=2
    ),
    "slug": Filter(_slug, "title|slug", "in small letters and digits, with hyphens between"),
    "link": Filter(_link, 'page|link("Read it")', "a link to a thing that has an address", most=1),
    "text": Filter(_of_text(str), "body|text", "its words alone"),
    "quote": Filter(_quote, "body|quote", "as a quotation"),
}
"""By name; in the order of the docs."""


def _list(value: Value, name: str) -> tuple[Value, ...]:
    if not isinstance(value, tuple):
        raise Mistake(f"“{name}” takes a list")
    return value


def _fitting(value: Value, name: str) -> tuple[Value, ...]:
    """Return a list, or the lines of a text: no more than a result has room for."""
    return _list(fitted(_lines(value) if isinstance(value, str) else value), name)


def _many(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def _text(value: Value, name: str) -> str:
    if not isinstance(value, str):
        raise Mistake(f"“{name}” takes a text in brackets")
    return value


def _count_of(value: Value, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Mistake(f"“{name}” takes a number")
    return value


def _day(value: Value, name: str) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)  # noqa: PLR2004  # a day alone takes ten
        except ValueError:
            pass
    raise Mistake(f"“{name}” takes a date")


def _fields(values: tuple[Value, ...], path: str) -> Sequence[Value]:
    """Return what each has at *path*, as in ``space.key``; nothing has nothing in any field."""
    held: Sequence[Value] = values
    for name in path.split("."):
        held = [None if each is None else field_of(each, name) for each in held]
    return held


def field_of(value: Value, name: str) -> Value:
    """Return the field of that *name*.

    Raises:
        Missing: there is none.
    """
    if value is None:
        raise Missing(f"there is nothing that could have a “{cut(name, 40)}”")
    if not isinstance(value, Thing):
        raise Missing(f"there is no “{cut(name, 40)}” in a text, a number or a list")
    if name not in value.fields:
        has = ", ".join(sorted(value.fields)) or "nothing"
        raise Missing(f"there is no “{cut(name, 40)}” in a {value.kind}; it has {has}")
    return value.fields[name]


def _identity(value: Value) -> tuple[object, object]:
    if isinstance(value, Thing):
        own = value.fields.get("id") or value.fields.get("url") or value.label
        return value.kind, own if isinstance(own, str | int) else value.label
    return type(value), value


def _heading(name: str) -> str:
    words = name.replace("_", " ").replace(".", " ")
    return words[:1].upper() + words[1:]


def _cell(value: Value, *, header: bool = False) -> Cell:
    return Cell(blocks_of(value), header=header)
