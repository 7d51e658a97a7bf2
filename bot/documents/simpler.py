"""Says the same with simpler blocks, for places where a block may not stand."""

from collections.abc import Callable
from typing import Any, Final

from bot.document import (
    Block,
    BulletList,
    Expand,
    Heading,
    Inline,
    Item,
    Link,
    Panel,
    Paragraph,
    Quote,
    Rule,
    Table,
    Task,
    TaskList,
    Text,
    UnknownBlock,
)
from bot.documents.text import DONE, OPEN, shown


def simpler(block: Block) -> tuple[Block, ...]:
    """Return *block* one step nearer to paragraphs and lists, with all its words."""
    return _SIMPLER[type(block)](block)


def strong(content: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Return *content* in bold."""
    return tuple(_strong(part) for part in content)


def rows_as_items(table: Table) -> BulletList:
    """Return *table* as a list with an item for each row."""
    return BulletList(
        tuple(Item(tuple(block for cell in row for block in cell.content)) for row in table.rows)
    )


def tasks_as_items(tasks: TaskList) -> BulletList:
    """Return *tasks* as a list in which a sign says what is done."""
    return BulletList(tuple(_as_item(item) for item in tasks.items))


def _strong(part: Inline) -> Inline:
    if isinstance(part, Text):
        return Text(part.text, part.marks | {"strong"})
    if isinstance(part, Link):
        return Link(part.href, part.text, part.marks | {"strong"})
    return part


def _as_item(item: Task | TaskList) -> Item:
    if isinstance(item, TaskList):
        return Item((item,))
    return Item((Paragraph((Text(DONE if item.done else OPEN), *item.content)),))


def _without_fold(block: Expand) -> tuple[Block, ...]:
    title: tuple[Block, ...] = ()
    if block.title:
        title = (Paragraph((Text(block.title, frozenset({"strong"})),)),)
    return (*title, *block.content)


_SIMPLER: Final[dict[type[Block], Callable[[Any], tuple[Block, ...]]]] = {
    Heading: lambda block: (Paragraph(strong(block.content)),),
    Quote: lambda block: block.content,
    Panel: lambda block: block.content,
    Expand: _without_fold,
    Table: lambda block: (rows_as_items(block),),
    TaskList: lambda block: (tasks_as_items(block),),
    Rule: lambda _: (),
    UnknownBlock: lambda block: (Paragraph((Text(shown(block)),)),),
}
