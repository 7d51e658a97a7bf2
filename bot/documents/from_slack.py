"""Reads the rich_text JSON that Slack's editor makes.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from bot.document import (
    PLAIN,
    Block,
    BulletList,
    CodeBlock,
    Date,
    Document,
    Emoji,
    HardBreak,
    Inline,
    Item,
    Link,
    Mark,
    Marks,
    Mention,
    OrderedList,
    Paragraph,
    Quote,
    Text,
    Unknown,
    UnknownBlock,
)
from bot.documents.links import safe_href
from bot.documents.text import clean, words_of

Node = dict[str, Any]

_STYLES: Final[dict[str, Mark]] = {
    "bold": "strong",
    "italic": "em",
    "strike": "strike",
    "code": "code",
    "underline": "underline",
}
_MAX_INDENT: Final = 8
_LABELS: Final = ("text", "fallback", "name", "url", "usergroup_id", "channel_id", "team_id")


def from_rich_text(value: object) -> Document:
    """Return what *value*, a rich_text block already parsed from JSON, says. Never raises."""
    return Document(tuple(_blocks(_nodes(value))))


def _nodes(value: object) -> list[Node]:
    """Return the rich_text elements of a block, of a list of blocks, or of one element."""
    if isinstance(value, dict) and value.get("type") == "rich_text":
        return _dicts(value.get("elements"))
    found: list[Node] = []
    for node in _dicts(value if isinstance(value, list) else [value]):
        found += _dicts(node.get("elements")) if node.get("type") == "rich_text" else [node]
    return found


def _dicts(value: object) -> list[Node]:
    return [node for node in value if isinstance(node, dict)] if isinstance(value, list) else []


def _string(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _whole(value: object, most: int) -> int:
    return min(max(value, 0), most) if isinstance(value, int) else 0


def _blocks(nodes: Iterable[Node]) -> list[Block]:
    """Read elements in turn; neighbouring lists nest by their indent."""
    blocks: list[Block] = []
    lists = _Lists()
    for node in nodes:
        if node.get("type") == "rich_text_list":
            blocks += lists.add(node)
            continue
        blocks += lists.close()
        blocks += _BLOCKS.get(_string(node.get("type")), _unknown_block)(node)
    return blocks + lists.close()


@dataclass(slots=True)
class _OpenList:
    """A list that may still grow."""

    indent: int
    ordered: bool
    start: int
    quoted: bool
    items: list[list[Block]] = field(default_factory=list)

    def closed(self) -> Block:
        """Return what it has become."""
        items = tuple(Item(tuple(item)) for item in self.items)
        made = OrderedList(items, self.start) if self.ordered else BulletList(items)
        return Quote((made,)) if self.quoted else made


class _Lists:
    """The lists open at one place, outermost first."""

    def __init__(self) -> None:
        self._open: list[_OpenList] = []

    def add(self, node: Node) -> list[Block]:
        """Take in a list element; return the lists that it ended."""
        new = _opened(node)
        ended = self._close_until(new)
        if self._open and self._open[-1].indent == new.indent:
            self._open[-1].items += new.items
        else:
            self._open.append(new)
        return ended

    def close(self) -> list[Block]:
        """End all lists; return the outermost."""
        return self._close_while(lambda _: True)

    def _close_until(self, new: _OpenList) -> list[Block]:
        def is_over(last: _OpenList) -> bool:
            same = (last.ordered, last.quoted) == (new.ordered, new.quoted)
            return last.indent > new.indent or (last.indent == new.indent and not same)

        return self._close_while(is_over)

    def _close_while(self, is_over: Callable[[_OpenList], bool]) -> list[Block]:
        ended: list[Block] = []
        while self._open and is_over(self._open[-1]):
            made = self._open.pop().closed()
            if self._open and self._open[-1].items:
                self._open[-1].items[-1].append(made)
            else:
                ended.append(made)
        return ended


def _opened(node: Node) -> _OpenList:
    return _OpenList(
        indent=_whole(node.get("indent"), _MAX_INDENT),
        ordered=node.get("style") == "ordered",
        start=_whole(node.get("offset"), 1_000_000) + 1,
        quoted=_whole(node.get("border"), 1) > 0,
        items=[_item(item) for item in _dicts(node.get("elements"))],
    )


def _item(node: Node) -> list[Block]:
    return _BLOCKS.get(_string(node.get("type")), _unknown_block)(node)


def _section(node: Node) -> list[Block]:
    return [*_paragraphs(_content(node))]


def _quote(node: Node) -> list[Block]:
    return [Quote(tuple(_paragraphs(_content(node))))]


def _preformatted(node: Node) -> list[Block]:
    text = words_of(_content(node))
    return [CodeBlock(text, _string(node.get("language")))] if text else []


def _unknown_block(node: Node) -> list[Block]:
    text = words_of(_content(node)) or _label(node)
    name = _string(node.get("type"))
    return [UnknownBlock(name, text)] if text or name else []


def _paragraphs(content: Iterable[Inline]) -> Iterable[Paragraph]:
    """Split at empty lines; a single line break stays within its paragraph."""
    parts: list[Inline] = []
    breaks = 0
    for part in content:
        if isinstance(part, HardBreak):
            breaks += 1
            continue
        if breaks > 1 and parts:
            yield Paragraph(tuple(parts))
            parts = []
        elif breaks and parts:
            parts.append(HardBreak())
        breaks = 0
        parts.append(part)
    if parts:
        yield Paragraph(tuple(parts))


def _content(node: Node) -> list[Inline]:
    parts: list[Inline] = []
    for child in _dicts(node.get("elements")):
        parts += _INLINE.get(_string(child.get("type")), _unknown)(child)
    return parts


def _marks(node: Node) -> Marks:
    style = node.get("style")
    if not isinstance(style, dict):
        return PLAIN
    return frozenset(mark for name, mark in _STYLES.items() if style.get(name) is True)


def _text(node: Node) -> list[Inline]:
    marks = _marks(node)
    parts: list[Inline] = []
    for number, line in enumerate(_string(node.get("text")).split("\n")):
        if number:
            parts.append(HardBreak())
        if line:
            parts.append(Text(line, marks))
    return parts


def _link(node: Node) -> list[Inline]:
    url = _string(node.get("url"))
    text = _string(node.get("text")).replace("\n", " ") or url
    if href := safe_href(url):
        return [Link(href, text, _marks(node))]
    return [Text(text, _marks(node))] if text else []


def _emoji(node: Node) -> list[Inline]:
    name = _string(node.get("name")).strip(":")
    return [Emoji(name, _characters(_string(node.get("unicode"))))]


def _characters(points: str) -> str:
    """Return the characters whose code points are given in hexadecimal, joined by hyphens."""
    try:
        return clean("".join(chr(int(point, 16)) for point in points.split("-") if point))
    except (ValueError, OverflowError):
        return ""


def _user(node: Node) -> list[Inline]:
    member = _string(node.get("user_id"))
    return [Mention(member=member)] if member else _unknown(node)


def _channel(node: Node) -> list[Inline]:
    return [Text("#" + _label(node), _marks(node))]


def _group(node: Node) -> list[Inline]:
    return [Text("@" + _label(node), _marks(node))]


def _broadcast(node: Node) -> list[Inline]:
    return [Text("@" + _string(node.get("range")), _marks(node))]


def _colour(node: Node) -> list[Inline]:
    value = _string(node.get("value"))
    return [Text(value, _marks(node))] if value else _unknown(node)


def _date(node: Node) -> list[Inline]:
    """Read a date; with a time of day it is the text that Slack brought along."""
    fallback = _string(node.get("fallback"))
    if fallback and "time" in _string(node.get("format")):
        return [Text(fallback, _marks(node))]
    try:
        moment = datetime.fromtimestamp(int(node["timestamp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return _unknown(node)
    return [Date(moment.date())]


def _label(node: Node) -> str:
    return next((text for name in _LABELS if (text := _string(node.get(name)))), "")


def _unknown(node: Node) -> list[Inline]:
    text, name = _label(node), _string(node.get("type"))
    return [Unknown(name, text)] if text or name else []


_BLOCKS: Final[dict[str, Callable[[Node], list[Block]]]] = {
    "rich_text_section": _section,
    "rich_text_quote": _quote,
    "rich_text_preformatted": _preformatted,
}
_INLINE: Final[dict[str, Callable[[Node], list[Inline]]]] = {
    "text": _text,
    "link": _link,
    "emoji": _emoji,
    "user": _user,
    "usergroup": _group,
    "channel": _channel,
    "broadcast": _broadcast,
    "color": _colour,
    "date": _date,
}
