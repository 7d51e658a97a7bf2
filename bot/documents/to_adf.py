"""Writes a document as ADF that the schema accepts, whatever the document.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from itertools import count
from typing import Any, Final

from bot.document import (
    MAX_DEPTH,
    Block,
    BulletList,
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
    Paragraph,
    Quote,
    Rule,
    Status,
    Table,
    Task,
    TaskList,
    Text,
    Unknown,
)
from bot.documents.links import safe_href
from bot.documents.simpler import simpler
from bot.documents.text import clean, emoji_text, mention_text, shown, words_of

Node = dict[str, Any]

_LISTS: Final = frozenset({Paragraph, BulletList, OrderedList, CodeBlock})
_PLAIN: Final = _LISTS | {Heading, TaskList, Rule}
_CELL: Final = _PLAIN | {Panel, Quote, Expand}
# What the schema lets stand inside what; anything else is made simpler until it may.
_ALLOWED: Final[dict[str, frozenset[type[Block]]]] = {
    "doc": _CELL | {Table},
    "listItem": _LISTS | {TaskList},
    "blockquote": _LISTS,
    "panel": _PLAIN,
    "cell": _CELL,
    "expand": _CELL | {Table},
    "nestedExpand": _PLAIN | {Panel, Quote},
}
_MARKS: Final[tuple[Mark, ...]] = ("strong", "em", "strike", "underline")


def to_adf(document: Document) -> Node:
    """Return *document* as an ADF document node."""
    return {"version": 1, "type": "doc", "content": adf_blocks(document)}


def adf_blocks(document: Document, after: int = 0) -> list[Node]:
    """Return the block nodes of *document*, to stand behind *after* others."""
    return _Writer(after).blocks(document.blocks, "doc", 0)


class _Writer:
    """One pass over one document."""

    def __init__(self, after: int) -> None:
        self._after = after
        self._ids = count(1)

    def blocks(self, blocks: Iterable[Block], place: str, depth: int) -> list[Node]:
        """Return *blocks* as nodes that may stand in *place*."""
        if depth > MAX_DEPTH:
            return [_paragraph(words_of(blocks))]
        allowed = _ALLOWED[place]
        nodes: list[Node] = []
        for block in blocks:
            if type(block) in allowed:
                nodes += _WRITE[type(block)](self, block, place, depth + 1)
            else:
                nodes += self.blocks(simpler(block), place, depth + 1)
        return nodes

    def filled(self, blocks: Iterable[Block], place: str, depth: int) -> list[Node]:
        """Return at least one node, where the schema wants one."""
        return self.blocks(blocks, place, depth) or [{"type": "paragraph"}]

    def paragraph(self, block: Paragraph, _place: str, _depth: int) -> list[Node]:
        return [{"type": "paragraph", "content": _inline(block.content)}]

    def heading(self, block: Heading, _place: str, _depth: int) -> list[Node]:
        level = min(max(block.level, 1), 6)
        return [{"type": "heading", "attrs": {"level": level}, "content": _inline(block.content)}]

    def bullets(self, block: BulletList, _place: str, depth: int) -> list[Node]:
        return self._listed({"type": "bulletList"}, block, depth)

    def numbers(self, block: OrderedList, _place: str, depth: int) -> list[Node]:
        node: Node = {"type": "orderedList"}
        if block.start != 1:
            node["attrs"] = {"order": max(block.start, 0)}
        return self._listed(node, block, depth)

    def tasks(self, block: TaskList, _place: str, depth: int) -> list[Node]:
        if depth > MAX_DEPTH:
            return [_paragraph(words_of(block.items))]
        items: list[Node] = []
        for item in block.items:
            items += (
                [self._task(item)] if isinstance(item, Task) else self.nested_tasks(item, depth)
            )
        if not items:
            return []
        attrs = {"localId": self._local_id(Task(done=False))}
        return [{"type": "taskList", "attrs": attrs, "content": items}]

    def nested_tasks(self, block: TaskList, depth: int) -> list[Node]:
        """Return a task list inside another, where nothing but tasks may stand."""
        if depth >= MAX_DEPTH:
            return [self._task(Task(done=False, content=(Text(words_of(block.items)),)))]
        return self.tasks(block, "taskList", depth + 1)

    def code(self, block: CodeBlock, _place: str, _depth: int) -> list[Node]:
        node: Node = {"type": "codeBlock", "content": _text(block.text)}
        if block.language:
            node["attrs"] = {"language": clean(block.language)}
        return [node]

    def quote(self, block: Quote, _place: str, depth: int) -> list[Node]:
        content = self.filled(block.content, "blockquote", depth)
        return [{"type": "blockquote", "content": content}]

    def panel(self, block: Panel, _place: str, depth: int) -> list[Node]:
        content = self.filled(block.content, "panel", depth)
        return [{"type": "panel", "attrs": {"panelType": block.kind}, "content": content}]

    def rule(self, _block: Rule, _place: str, _depth: int) -> list[Node]:
        return [{"type": "rule"}]

    def expand(self, block: Expand, place: str, depth: int) -> list[Node]:
        kind = "expand" if place == "doc" else "nestedExpand"
        content = self.filled(block.content, kind, depth)
        return [{"type": kind, "attrs": {"title": clean(block.title)}, "content": content}]

    def table(self, block: Table, _place: str, depth: int) -> list[Node]:
        rows = [
            {
                "type": "tableRow",
                "content": [
                    {
                        "type": "tableHeader" if cell.header else "tableCell",
                        "content": self.filled(cell.content, "cell", depth),
                    }
                    for cell in row
                ],
            }
            for row in block.rows
            if row
        ]
        return [{"type": "table", "content": rows}] if rows else []

    def _listed(self, node: Node, block: BulletList | OrderedList, depth: int) -> list[Node]:
        if not block.items:
            return []
        node["content"] = [
            {"type": "listItem", "content": self.filled(item.content, "listItem", depth)}
            for item in block.items
        ]
        return [node]

    def _task(self, task: Task) -> Node:
        state = "DONE" if task.done else "TODO"
        attrs = {"localId": self._local_id(task), "state": state}
        return {"type": "taskItem", "attrs": attrs, "content": _inline(task.content)}

    def _local_id(self, node: Task | TaskList) -> str:
        """Return an id that nothing else on the page has, the same whenever we are asked."""
        words = hashlib.sha256(clean(words_of((node,))).encode()).hexdigest()
        return f"{words[:16]}-{self._after}-{next(self._ids)}"


_WRITE: Final[dict[type[Block], Callable[[_Writer, Any, str, int], list[Node]]]] = {
    Paragraph: _Writer.paragraph,
    Heading: _Writer.heading,
    BulletList: _Writer.bullets,
    OrderedList: _Writer.numbers,
    TaskList: _Writer.tasks,
    CodeBlock: _Writer.code,
    Quote: _Writer.quote,
    Panel: _Writer.panel,
    Rule: _Writer.rule,
    Expand: _Writer.expand,
    Table: _Writer.table,
}


def _paragraph(text: str) -> Node:
    return {"type": "paragraph", "content": _text(text)}


def _inline(content: Iterable[Inline]) -> list[Node]:
    nodes: list[Node] = []
    for part in content:
        nodes += _WRITE_INLINE[type(part)](part)
    return nodes


def _text(text: str) -> list[Node]:
    shown_text = clean(text)
    return [{"type": "text", "text": shown_text}] if shown_text else []


def _run(part: Text) -> list[Node]:
    nodes = _text(part.text)
    if nodes and part.marks:
        nodes[0]["marks"] = _marks(part.marks)
    return nodes


def _marks(marks: Marks) -> list[Node]:
    # The schema lets code stand with a link alone.
    return [{"type": mark} for mark in (("code",) if "code" in marks else _MARKS) if mark in marks]


def _link(part: Link) -> list[Node]:
    nodes = _text(part.text or part.href)
    marks = _marks(part.marks)
    if href := safe_href(part.href):
        marks.append({"type": "link", "attrs": {"href": href}})
    if nodes and marks:
        nodes[0]["marks"] = marks
    return nodes


def _mention(part: Mention) -> list[Node]:
    account = clean(part.account)
    if not account:
        return _text(mention_text(part))
    attrs = {"id": account, "text": clean(mention_text(part))}
    return [{"type": "mention", "attrs": attrs}]


def _emoji(part: Emoji) -> list[Node]:
    text, shortcode = clean(part.text), clean(part.shortcode)
    if not text or not shortcode:
        return _text(emoji_text(part))
    attrs = {"shortName": f":{shortcode}:", "text": text}
    return [{"type": "emoji", "attrs": attrs}]


def _date(part: Date) -> list[Node]:
    midnight = datetime.combine(part.day, time(), UTC)
    attrs = {"timestamp": str(int(midnight.timestamp()) * 1000)}
    return [{"type": "date", "attrs": attrs}]


def _status(part: Status) -> list[Node]:
    text = clean(part.text)
    return [{"type": "status", "attrs": {"text": text, "color": part.colour}}] if text else []


_WRITE_INLINE: Final[dict[type[Inline], Callable[[Any], list[Node]]]] = {
    Text: _run,
    Link: _link,
    Mention: _mention,
    Emoji: _emoji,
    HardBreak: lambda _: [{"type": "hardBreak"}],
    Date: _date,
    Status: _status,
    Unknown: lambda part: _text(shown(part)),
}
