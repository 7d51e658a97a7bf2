"""Lays a document out as the lines of Slack's rich text, before they are measured.

Text is taken as it stands, so no text can become a mention, a link or a style.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from bot.document import (
    MAX_DEPTH,
    PLAIN,
    Block,
    BulletList,
    CodeBlock,
    Date,
    Emoji,
    HardBreak,
    Heading,
    Inline,
    Item,
    Link,
    Mark,
    Marks,
    Mention,
    OrderedList,
    Panel,
    Paragraph,
    Quote,
    Rule,
    Status,
    Table,
    TaskList,
    Text,
    Unknown,
)
from bot.documents.grid import grid
from bot.documents.links import revealing, safe_href
from bot.documents.simpler import simpler, strong, tasks_as_items
from bot.documents.text import clean, emoji_text, mention_text, shown, words_of
from bot.frozen import frozen

Node = dict[str, Any]

_HEADER_LEVELS: Final = 2
_MAX_INDENT: Final = 8
_STYLES: Final[tuple[tuple[Mark, str], ...]] = (
    ("strong", "bold"),
    ("em", "italic"),
    ("strike", "strike"),
    ("code", "code"),
)
_SIGNS: Final = {"info": "ℹ️ ", "note": "📝 ", "warning": "⚠️ ", "success": "✅ ", "error": "⛔ "}


@frozen
class Place:
    """What a block stands in."""

    indent: int = -1
    quoted: bool = False
    depth: int = 0

    def deeper(self) -> "Place":
        """Return the same place inside another block."""
        return Place(self.indent, self.quoted, self.depth + 1)


@frozen
class Shape:
    """What lines must share to stand in one element."""

    kind: str
    style: str = ""
    indent: int = 0
    quoted: bool = False


@frozen
class Line:
    """A paragraph, a list item, a piece of code, a header or a divider."""

    shape: Shape
    elements: list[Node]
    number: int = 1


SECTION: Final = Shape("rich_text_section")
QUOTE: Final = Shape("rich_text_quote")
CODE: Final = Shape("rich_text_preformatted")
HEADER: Final = Shape("header")
DIVIDER: Final = Shape("divider")


class Reader:
    """Words inline content for people who read: what acts in Slack is left out."""

    is_editor = False

    def elements(self, content: Sequence[Inline]) -> list[Node]:
        """Return rich text elements; neighbouring texts of one style are one element."""
        if len(content) == 1 and isinstance(only := content[0], Text):  # as most are
            return _text(only.text, only.marks)
        made: list[Node] = []
        texts: list[str] = []
        marks = PLAIN
        for part in content:
            acting = self.acting(part)
            if texts and (acting or _marks(part) != marks):
                made += _text("".join(texts), marks)
                texts = []
            if acting:
                made.append(acting)
            else:
                marks = _marks(part)
                texts.append(_WORDS[type(part)](part))
        return made + _text("".join(texts), marks)

    def acting(self, part: Inline) -> Node | None:
        """Return the element for a part that is more than its words."""
        if not isinstance(part, Link):
            return None
        href = safe_href(part.href)
        return self.link(part, href) if href else None

    def link(self, part: Link, href: str) -> Node:
        """Return a link; one whose text names another place says where it leads."""
        return _link(part, href, revealing(clean(part.text), href))


class Editor(Reader):
    """Words inline content for the person who typed it: it gets back what it was."""

    is_editor = True

    def acting(self, part: Inline) -> Node | None:
        """See `Reader.acting`; a member and an emoji are themselves again."""
        match part:
            case Mention(member=member) if member.isascii() and member.isalnum():
                return {"type": "user", "user_id": member}
            case Emoji(shortcode=name) if name and name.isascii() and name.isprintable():
                return {"type": "emoji", "name": name}
        return super().acting(part)

    def link(self, part: Link, href: str) -> Node:
        """See `Reader.link`; its text is as it was typed."""
        return _link(part, href, clean(part.text))


def _marks(part: Inline) -> Marks:
    return part.marks if isinstance(part, (Text, Link)) else PLAIN


def _text(text: str, marks: Marks) -> list[Node]:
    shown_text = clean(text)
    if not shown_text:
        return []
    element = {"type": "text", "text": shown_text}
    return [element | _style(marks) if marks else element]


def _link(part: Link, href: str, text: str) -> Node:
    return {"type": "link", "url": href, "text": text or href, **_style(part.marks)}


def _style(marks: Marks) -> Node:
    if not marks:
        return {}
    style = {name: True for mark, name in _STYLES if mark in marks}
    return {"style": style} if style else {}


_WORDS: Final[dict[type[Inline], Callable[[Any], str]]] = {
    Text: lambda part: part.text,
    Link: lambda part: part.text or part.href,
    Mention: mention_text,
    Emoji: emoji_text,
    HardBreak: lambda _: "\n",
    Date: lambda part: part.day.isoformat(),
    Status: lambda part: f"[{part.text}]",
    Unknown: shown,
}


class Lines:
    """Lays blocks out as lines, one after the other, and no more than are asked for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def of(self, blocks: Iterable[Block], place: Place) -> Iterator[Line]:
        """Yield the lines of *blocks*."""
        if place.depth > MAX_DEPTH:
            yield from self._words(words_of(blocks), place)
            return
        for block in blocks:
            lay_out = _LAY_OUT.get(type(block))
            if lay_out:
                yield from lay_out(self, block, place)
            else:
                yield from self.of(simpler(block), place.deeper())

    def paragraph(self, block: Paragraph, place: Place) -> Iterator[Line]:
        """Yield one line."""
        yield Line(QUOTE if place.quoted else SECTION, self._reader.elements(block.content))

    def heading(self, block: Heading, place: Place) -> Iterator[Line]:
        """Yield a header for the upper levels, bold text for the rest."""
        words = clean(words_of(block.content)).replace("\n", " ")
        is_upper = block.level <= _HEADER_LEVELS and not place.depth
        if is_upper and words and not self._reader.is_editor:
            yield Line(HEADER, [{"type": "text", "text": words}])
        else:
            yield from self.paragraph(Paragraph(strong(block.content)), place)

    def items(self, block: BulletList | OrderedList, place: Place) -> Iterator[Line]:
        """Yield a line for each item, and the lines of what stands in it."""
        inside = Place(min(place.indent + 1, _MAX_INDENT), place.quoted, place.depth + 1)
        style = "ordered" if isinstance(block, OrderedList) else "bullet"
        shape = Shape("rich_text_list", style, inside.indent, place.quoted)
        first = max(block.start, 1) if isinstance(block, OrderedList) else 1
        for number, item in enumerate(block.items, first):
            yield from self._item(item, Line(shape, [], number), inside)

    def tasks(self, block: TaskList, place: Place) -> Iterator[Line]:
        """Yield a line for each task."""
        yield from self.items(tasks_as_items(block), place)

    def code(self, block: CodeBlock, _place: Place) -> Iterator[Line]:
        """Yield the code as one line, whatever stands around it."""
        yield Line(CODE, _text(block.text, frozenset()))

    def quote(self, block: Quote, place: Place) -> Iterator[Line]:
        """Yield the lines inside, marked as quoted."""
        yield from self.of(block.content, Place(place.indent, quoted=True, depth=place.depth + 1))

    def panel(self, block: Panel, place: Place) -> Iterator[Line]:
        """Yield the lines inside as a quote behind a sign for the kind of panel."""
        first, *rest = block.content or (Paragraph(),)
        sign = Text(_SIGNS[block.kind])
        if isinstance(first, Paragraph):
            content: tuple[Block, ...] = (Paragraph((sign, *first.content)), *rest)
        else:
            content = (Paragraph((sign,)), first, *rest)
        yield from self.quote(Quote(content), place)

    def table(self, block: Table, _place: Place) -> Iterator[Line]:
        """Yield the table as drawn with characters."""
        yield Line(CODE, _text(grid(block), frozenset()))

    def rule(self, _block: Rule, _place: Place) -> Iterator[Line]:
        """Yield a divider, which rich text alone hasn't."""
        if not self._reader.is_editor:
            yield Line(DIVIDER, [])

    def _words(self, words: str, place: Place) -> Iterator[Line]:
        yield from self.paragraph(Paragraph((Text(words),)), place)

    def _item(self, item: Item, line: Line, inside: Place) -> Iterator[Line]:
        """Put an item's paragraphs on its line; the rest follows it."""
        own = [block for block in item.content if isinstance(block, Paragraph)]
        rest = [block for block in item.content if not isinstance(block, Paragraph)]
        content: list[Inline] = []
        for paragraph in own:
            content += [HardBreak(), *paragraph.content] if content else paragraph.content
        elements = self._reader.elements(content)
        if elements or not rest:
            shown_elements = elements or [{"type": "text", "text": " "}]
            yield Line(line.shape, shown_elements, line.number)
        yield from self.of(rest, inside)


_LAY_OUT: Final[dict[type[Block], Callable[[Lines, Any, Place], Iterator[Line]]]] = {
    Paragraph: Lines.paragraph,
    Heading: Lines.heading,
    BulletList: Lines.items,
    OrderedList: Lines.items,
    TaskList: Lines.tasks,
    CodeBlock: Lines.code,
    Quote: Lines.quote,
    Panel: Lines.panel,
    Table: Lines.table,
    Rule: Lines.rule,
}
