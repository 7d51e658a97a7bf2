"""How a value reads in a document: as part of a line, and as blocks of its own."""

import re
from datetime import date, datetime
from typing import Final, TypeGuard

from bot.document import (
    PLAIN,
    Block,
    BulletList,
    Date,
    Document,
    HardBreak,
    Inline,
    Item,
    Link,
    Marks,
    Mention,
    Paragraph,
    Text,
)
from bot.documents.links import safe_href
from bot.values import Thing, Value, text_of_value

_PARAGRAPHS: Final = re.compile(r"\n[ \t]*\n\s*")
_LINE_END: Final = re.compile(r"\r\n?|\x85|\u2028|\u2029")


def inline_of(value: Value, marks: Marks = PLAIN) -> tuple[Inline, ...]:
    """Return *value* as part of a line that has *marks*; nothing of it becomes markup."""
    if "code" in marks:
        return texts_of(text_of_value(value), marks)
    match value:
        case Thing():
            return _thing(value, marks)
        case Document(blocks=(Paragraph(content=content),)):
            return tuple(_marked(part, marks) for part in content)
        case tuple():
            return _listed(value, marks)
        case _:
            return (Date(value),) if is_day(value) else texts_of(text_of_value(value), marks)


def blocks_of(value: Value) -> tuple[Block, ...]:
    """Return *value* as blocks: none for nothing, a list for a list, paragraphs for a text."""
    match value:
        case Document():
            return value.blocks
        case tuple():
            items = items_of(value)
            return (BulletList(items),) if items else ()
        case str():
            texts = _PARAGRAPHS.split(_LINE_END.sub("\n", value).strip("\n"))
            return tuple(Paragraph(texts_of(text)) for text in texts if text.strip())
        case _:
            content = inline_of(value)
            return (Paragraph(content),) if content else ()


def items_of(values: tuple[Value, ...]) -> tuple[Item, ...]:
    """Return an item for each of *values* that says anything."""
    return tuple(Item(blocks) for blocks in map(blocks_of, values) if blocks)


def texts_of(text: str, marks: Marks = PLAIN) -> tuple[Inline, ...]:
    """Return *text* as it stands, with a line break where a line ends."""
    content: list[Inline] = []
    for line in _LINE_END.sub("\n", text).split("\n"):
        content += [HardBreak(), Text(line, marks)] if line else [HardBreak()]
    return tuple(content[1:])


def address_of(value: Value) -> str:
    """Return where *value*, a thing or an address, is to be found on the web; or nothing."""
    url = value.fields.get("url") if isinstance(value, Thing) else value
    return safe_href(url)


def is_day(value: Value) -> TypeGuard[date]:
    """Tell whether *value* is a day without a time."""
    return isinstance(value, date) and not isinstance(value, datetime)


def _thing(thing: Thing, marks: Marks) -> tuple[Inline, ...]:
    account, member = _field(thing, "account"), _field(thing, "user")
    if thing.kind == "person" and (account or member):
        return (Mention(account, thing.label, member),)
    if href := address_of(thing):
        return (Link(href, thing.label, marks),)
    return texts_of(thing.label, marks)


def _field(thing: Thing, name: str) -> str:
    value = thing.fields.get(name)
    return value if isinstance(value, str) else ""


def _listed(values: tuple[Value, ...], marks: Marks) -> tuple[Inline, ...]:
    content: list[Inline] = []
    for value in values:
        if part := inline_of(value, marks):
            content += [Text(", ", marks), *part]
    return tuple(content[1:])


def _marked(part: Inline, marks: Marks) -> Inline:
    if isinstance(part, Text):
        return Text(part.text, part.marks | marks)
    if isinstance(part, Link):
        return Link(part.href, part.text, part.marks | marks)
    return part
