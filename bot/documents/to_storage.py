"""Writes a document in storage format, well-formed by construction.

https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html
"""

from collections.abc import Callable, Iterable
from itertools import count, groupby
from typing import Any, Final

from bot.document import (
    MAX_DEPTH,
    PLAIN,
    Block,
    BulletList,
    Cell,
    CodeBlock,
    Date,
    Document,
    Emoji,
    Expand,
    HardBreak,
    Heading,
    Inline,
    Link,
    Mark,
    Marks,
    Mention,
    OrderedList,
    Panel,
    PanelKind,
    Paragraph,
    Quote,
    Rule,
    Status,
    Table,
    Task,
    TaskList,
    Text,
    Unknown,
    UnknownBlock,
)
from bot.documents.links import safe_href
from bot.documents.text import clean, emoji_text, mention_text, shown, words_of

_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_TAGS: Final[tuple[tuple[Mark, str], ...]] = (
    ("code", "code"),
    ("strong", "strong"),
    ("em", "em"),
    ("strike", "del"),
    ("underline", "u"),
)
# Storage format's names are older than the editor's: its "note" is yellow, its "warning" red.
_MACROS: Final[dict[PanelKind, str]] = {
    "info": "info",
    "note": "panel",
    "warning": "note",
    "success": "tip",
    "error": "warning",
}
_COLOURS: Final = {"neutral": "Grey"}


def to_storage(document: Document, first_task: int = 1) -> str:
    """Return *document* as storage XHTML; its tasks are numbered from *first_task*."""
    return _Writer(first_task).blocks(document.blocks, 0)


def escaped(text: str) -> str:
    """Return *text* for XML content or an attribute in double quotes."""
    return clean(text).translate(_ESCAPES)


class _Writer:
    """One pass over one document."""

    def __init__(self, first_task: int) -> None:
        self._ids = count(first_task)

    def blocks(self, blocks: Iterable[Block], depth: int) -> str:
        """Return *blocks* one after the other."""
        if depth > MAX_DEPTH:
            return f"<p>{escaped(words_of(blocks))}</p>"
        return "".join([_WRITE[type(block)](self, block, depth + 1) for block in blocks])

    def heading(self, block: Heading, _depth: int) -> str:
        return _tagged(f"h{min(max(block.level, 1), 6)}", _inline(block.content))

    def bullets(self, block: BulletList, depth: int) -> str:
        return _tagged("ul", self._items(block, depth)) if block.items else ""

    def numbers(self, block: OrderedList, depth: int) -> str:
        start = f' start="{max(block.start, 0)}"' if block.start != 1 else ""
        return f"<ol{start}>{self._items(block, depth)}</ol>" if block.items else ""

    def tasks(self, block: TaskList, _depth: int) -> str:
        items = "".join(self._task(task) for task in _all_tasks(block))
        return _tagged("ac:task-list", items) if items else ""

    def quote(self, block: Quote, depth: int) -> str:
        return _tagged("blockquote", self.blocks(block.content, depth) or "<p />")

    def panel(self, block: Panel, depth: int) -> str:
        return _macro(_MACROS[block.kind], {}, _rich(self.blocks(block.content, depth)))

    def expand(self, block: Expand, depth: int) -> str:
        title = {"title": block.title} if block.title else {}
        return _macro("expand", title, _rich(self.blocks(block.content, depth)))

    def table(self, block: Table, depth: int) -> str:
        rows = "".join(self._row(row, depth) for row in block.rows if row)
        return f"<table><tbody>{rows}</tbody></table>" if rows else ""

    def _items(self, block: BulletList | OrderedList, depth: int) -> str:
        return "".join(
            f"<li>{self.blocks(item.content, depth) or '<p />'}</li>" for item in block.items
        )

    def _row(self, row: tuple[Cell, ...], depth: int) -> str:
        cells = [
            _tagged("th" if cell.header else "td", self.blocks(cell.content, depth) or "<p />")
            for cell in row
        ]
        return _tagged("tr", "".join(cells))

    def _task(self, task: Task) -> str:
        state = "complete" if task.done else "incomplete"
        return (
            f"<ac:task><ac:task-id>{next(self._ids)}</ac:task-id>"
            f"<ac:task-status>{state}</ac:task-status>"
            f"<ac:task-body>{_inline(task.content)}</ac:task-body></ac:task>"
        )


def _all_tasks(tasks: TaskList) -> Iterable[Task]:
    """Yield every task, those of lists inside too: storage lists are kept flat."""
    waiting: list[Task | TaskList] = [tasks]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Task):
            yield item
        else:
            waiting.extend(reversed(item.items))


def _code(block: CodeBlock) -> str:
    language = {"language": block.language} if block.language else {}
    text = clean(block.text).replace("]]>", "]]]]><![CDATA[>")
    body = f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"
    return _macro("code", language, body)


_WRITE: Final[dict[type[Block], Callable[[_Writer, Any, int], str]]] = {
    Paragraph: lambda _writer, block, _depth: _tagged("p", _inline(block.content)),
    Heading: _Writer.heading,
    BulletList: _Writer.bullets,
    OrderedList: _Writer.numbers,
    TaskList: _Writer.tasks,
    CodeBlock: lambda _writer, block, _depth: _code(block),
    Quote: _Writer.quote,
    Panel: _Writer.panel,
    Rule: lambda _writer, _block, _depth: "<hr />",
    Expand: _Writer.expand,
    Table: _Writer.table,
    UnknownBlock: lambda _writer, block, _depth: _tagged("p", escaped(shown(block))),
}


def _tagged(tag: str, content: str) -> str:
    return f"<{tag}>{content}</{tag}>"


def _macro(name: str, parameters: dict[str, str], body: str) -> str:
    given = "".join(
        f'<ac:parameter ac:name="{key}">{escaped(value)}</ac:parameter>'
        for key, value in parameters.items()
    )
    return f'<ac:structured-macro ac:name="{name}">{given}{body}</ac:structured-macro>'


def _rich(content: str) -> str:
    return _tagged("ac:rich-text-body", content or "<p />")


def _inline(content: Iterable[Inline]) -> str:
    return "".join(
        _link(href, parts) if href else "".join([_WRITE_INLINE[type(p)](p) for p in parts])
        for href, parts in groupby(content, _href)
    )


def _href(part: Inline) -> str:
    return safe_href(part.href) if isinstance(part, Link) else ""


def _link(href: str, parts: Iterable[Inline]) -> str:
    """Return one anchor for what leads to the same place."""
    inner = "".join([_WRITE_INLINE[type(part)](part) for part in parts])
    return f'<a href="{escaped(href)}">{inner}</a>'


def _marked(text: str, marks: Marks) -> str:
    shown_text = escaped(text).replace("\n", " ")
    if marks is not PLAIN:
        for mark, tag in _TAGS:
            if mark in marks:
                shown_text = _tagged(tag, shown_text)
    return shown_text


def _mention(part: Mention) -> str:
    account = escaped(part.account)
    if not account:
        return escaped(mention_text(part))
    return f'<ac:link><ri:user ri:account-id="{account}" /></ac:link>'


def _status(part: Status) -> str:
    if not clean(part.text):
        return ""
    colour = _COLOURS.get(part.colour, part.colour.capitalize())
    return _macro("status", {"title": part.text, "colour": colour}, "")


_WRITE_INLINE: Final[dict[type[Inline], Callable[[Any], str]]] = {
    Text: lambda part: _marked(part.text, part.marks),
    Link: lambda part: _marked(part.text or part.href, part.marks),
    Mention: _mention,
    Emoji: lambda part: escaped(emoji_text(part)),
    HardBreak: lambda _: "<br />",
    Date: lambda part: f'<time datetime="{part.day.isoformat()}" />',
    Status: _status,
    Unknown: lambda part: escaped(shown(part)),
}
