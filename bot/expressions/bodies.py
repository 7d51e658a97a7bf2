"""Markdown with holes: what fills them goes into the document, so that none of it is markup."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import lru_cache
from itertools import count
from typing import Any, Final

from bot.document import (
    Block,
    BulletList,
    Cell,
    CodeBlock,
    Document,
    HardBreak,
    Heading,
    Inline,
    Item,
    Link,
    Marks,
    OrderedList,
    Paragraph,
    Quote,
    Table,
    Task,
    TaskList,
    Text,
)
from bot.documents.from_markdown import from_markdown
from bot.errors import ExpressionFailed
from bot.expressions.addresses import Filler, address_from
from bot.expressions.closures import Path, Scope
from bot.expressions.compiled import KEPT, Hole, Values, read_holes, scope_of
from bot.expressions.readings import blocks_of, inline_of, items_of
from bot.expressions.source import normal
from bot.frozen import frozen
from bot.values import Value, measured, text_of_value

MAX_FILLED: Final = 1024 * 1024
"""Bytes that fill the holes of one body."""

# Behind one of these stands where a link leads to.
_ADDRESS_BEGINS: Final = re.compile(r"\]\(\s*<?\Z|^ {0,3}\[[^\]\n]+\]:[ \t]*<?\Z", re.MULTILINE)
_STEMS: Final = re.compile(r"hole[0-9]+z")
_Fill = Callable[[Value, Marks], tuple[Inline, ...]]
_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,40}")


@frozen
class CompiledBody:
    """A body that was read once; *names* are the paths that its holes use.

    Its *document* holds a stand-in for each of its *holes*, which *stand_in* finds.
    """

    source: str
    names: frozenset[Path]
    holes: tuple[Hole, ...] = field(repr=False)
    document: Document = field(repr=False)
    stand_in: re.Pattern[str] = field(repr=False)


@lru_cache(maxsize=KEPT)
def compile_body(markdown: str) -> CompiledBody:
    """Read GitHub's Markdown with holes: ``# {{ title }}``.

    Raises:
        ExpressionRefused: a hole can't be read, or holds what expressions may not.
    """
    source = normal(markdown)
    parts, names = read_holes(source)
    stem = _stem(source)
    holes: list[Hole] = []
    text: list[str] = []
    for part in parts:
        if isinstance(part, str):
            text.append(part)
        else:
            # A stand-in is a word to Markdown; as a link's address it is a host.
            begins_address = _ADDRESS_BEGINS.search("".join(text[-1:]))
            number = f"{stem}{len(holes)}"
            text.append(f"https://{number}u.hole" if begins_address else f"{number}x")
            holes.append(part)
    stand_in = re.compile(rf"https://{stem}([0-9]{{1,4}})u\.hole|{stem}([0-9]{{1,4}})x")
    return CompiledBody(source, names, tuple(holes), from_markdown("".join(text)), stand_in)


def _stem(source: str) -> str:
    """Return what every stand-in begins with: a word that isn't in *source*."""
    taken = set(_STEMS.findall(source.casefold()))
    return next(stem for stem in map("hole{}z".format, count()) if stem not in taken)


def filled(body: CompiledBody, values: Values | Scope) -> Document:
    """Return the document that *body* comes to.

    A hole alone in its paragraph, list item, task or cell becomes what its value is: blocks,
    a list, several items; a value that says nothing leaves it out. Elsewhere a value is part
    of a line.

    Raises:
        Undefined: a hole names something that isn't there.
        ExpressionFailed: the values don't suit a hole, or are too much for a body.
    """
    scope = scope_of(values)
    room = MAX_FILLED
    found: list[Value] = []
    for hole in body.holes:
        value = hole.value(scope)
        room -= sum(size for size, _ in measured(value))
        if room < 0:
            raise ExpressionFailed("What the template puts together is too long for a page.")
        found.append(value)
    filling = _Filling(tuple(found), body.stand_in)
    return Document(filling.blocks(body.document.blocks))


class _Filling:
    """One pass over the document of a body."""

    def __init__(self, values: tuple[Value, ...], stand_in: re.Pattern[str]) -> None:
        self._values = values
        self._stand_in = stand_in

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        """Return *blocks* with their holes filled, without those that say nothing now."""
        made: list[Block] = []
        for block in blocks:
            fill = _FILL.get(type(block))
            made += fill(self, block) if fill else (block,)
        return tuple(made)

    def paragraph(self, block: Paragraph) -> tuple[Block, ...]:
        alone = self._alone(block.content)
        if alone:
            return blocks_of(alone[0])
        content = self._inline(block.content)
        return (Paragraph(content),) if self._is_said(block.content, content) else ()

    def heading(self, block: Heading) -> tuple[Block, ...]:
        content = self._inline(block.content, _as_words)
        return (Heading(block.level, content),) if self._is_said(block.content, content) else ()

    def bullets(self, block: BulletList) -> tuple[Block, ...]:
        items = self._items(block.items)
        return (BulletList(items),) if items else ()

    def numbers(self, block: OrderedList) -> tuple[Block, ...]:
        items = self._items(block.items)
        return (OrderedList(items, block.start),) if items else ()

    def tasks(self, block: TaskList) -> tuple[Block, ...]:
        items = tuple(self._tasks(block.items))
        return (TaskList(items),) if items else ()

    def code(self, block: CodeBlock) -> tuple[Block, ...]:
        language = self._words(block.language)
        if language != block.language and not _LANGUAGE.fullmatch(language):
            language = ""
        return (CodeBlock(self._words(block.text), language),)

    def quote(self, block: Quote) -> tuple[Block, ...]:
        content = self.blocks(block.content)
        return (Quote(content),) if content or not block.content else ()

    def table(self, block: Table) -> tuple[Block, ...]:
        rows = tuple(
            tuple(Cell(self.blocks(cell.content), cell.header) for cell in row)
            for row in block.rows
        )
        return (Table(rows),)

    def _items(self, items: Iterable[Item]) -> tuple[Item, ...]:
        made: list[Item] = []
        for item in items:
            first = item.content[0] if len(item.content) == 1 else None
            alone = self._alone(first.content) if isinstance(first, Paragraph) else ()
            if alone and isinstance(alone[0], tuple):
                made += items_of(alone[0])
                continue
            content = self.blocks(item.content)
            if content or not item.content:
                made.append(Item(content))
        return tuple(made)

    def _tasks(self, items: Iterable[Task | TaskList]) -> Iterator[Task | TaskList]:
        for item in items:
            if isinstance(item, TaskList):
                inner = tuple(self._tasks(item.items))
                if inner:
                    yield TaskList(inner)
                continue
            for content in self._contents(item):
                if self._is_said(item.content, content):
                    yield Task(item.done, content)

    def _contents(self, task: Task) -> Iterable[tuple[Inline, ...]]:
        """Return what *task* says, or what each says of those that it stands for."""
        match self._alone(task.content):
            case (tuple() as several,):
                return [inline_of(value) for value in several]
        return [self._inline(task.content)]

    def _alone(self, content: tuple[Inline, ...]) -> tuple[Value, ...]:
        """Return the value of the hole that is all of *content*, in a tuple of one."""
        only = content[0] if len(content) == 1 else None
        if not isinstance(only, Text) or only.marks:
            return ()
        match self._pieces(only.text):
            case [Filler(value)]:
                return (value,)
        return ()

    def _inline(self, content: Iterable[Inline], fill: _Fill = inline_of) -> tuple[Inline, ...]:
        made: list[Inline] = []
        for part in content:
            match part:
                case Text(text, marks):
                    for piece in self._pieces(text):
                        made += (
                            fill(piece.value, marks)
                            if isinstance(piece, Filler)
                            else (Text(piece, marks),)
                        )
                case Link():
                    made.append(self._link(part))
                case _:
                    made.append(part)
        return tuple(made)

    def _link(self, part: Link) -> Inline:
        text = _one_line(self._words(part.text))
        href = address_from(self._pieces(part.href))
        return Link(href, text, part.marks) if href else Text(text, part.marks)

    def _words(self, text: str) -> str:
        """Return *text* with its holes filled by texts."""
        pieces = self._pieces(text)
        return "".join(
            text_of_value(piece.value) if isinstance(piece, Filler) else piece for piece in pieces
        )

    def _pieces(self, text: str) -> list[str | Filler]:
        """Return the literal texts in *text*, and what fills the holes between them."""
        pieces: list[str | Filler] = []
        place = 0
        for found in self._stand_in.finditer(text):
            number = int(found[1] or found[2])
            if number < len(self._values):
                pieces += [text[place : found.start()], Filler(self._values[number])]
                place = found.end()
        return [piece for piece in (*pieces, text[place:]) if piece != ""]

    def _is_said(self, before: tuple[Inline, ...], after: tuple[Inline, ...]) -> bool:
        """Tell whether a line that was *before* is still one, now that its holes are filled."""
        return before == after or any(
            part.text.strip() if isinstance(part, Text) else not isinstance(part, HardBreak)
            for part in after
        )


def _as_words(value: Value, marks: Marks) -> tuple[Inline, ...]:
    words = _one_line(text_of_value(value))
    return (Text(words, marks),) if words else ()


def _one_line(text: str) -> str:
    return " ".join(text.split())


_FILL: Final[Mapping[type[Block], Callable[[_Filling, Any], tuple[Block, ...]]]] = {
    Paragraph: _Filling.paragraph,
    Heading: _Filling.heading,
    BulletList: _Filling.bullets,
    OrderedList: _Filling.numbers,
    TaskList: _Filling.tasks,
    CodeBlock: _Filling.code,
    Quote: _Filling.quote,
    Table: _Filling.table,
}
