"""Reads ADF, or whatever else came in its place, and keeps the text of what it doesn't know."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, get_args

from bot.document import (
    MAX_DEPTH,
    PLAIN,
    Block,
    BulletList,
    Cell,
    CodeBlock,
    Colour,
    Date,
    Document,
    Emoji,
    Expand,
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
from bot.documents.text import clean

Node = dict[str, Any]

_MARKS: Final[dict[object, Mark]] = {mark: mark for mark in get_args(Mark)}
_PANELS: Final[dict[object, PanelKind]] = {
    **{kind: kind for kind in get_args(PanelKind)},
    "tip": "success",
}
_COLOURS: Final[dict[object, Colour]] = {colour: colour for colour in get_args(Colour)}
_NAMES: Final = ("text", "title", "alt", "extensionKey", "name", "url", "__fileName")


def from_adf(value: object) -> Document:
    """Return what *value*, an ADF document already parsed from JSON, says. Never raises."""
    if isinstance(value, dict):
        return Document(tuple(_blocks(_children(value), 0)))
    return Document(tuple(_blocks(_listed(value), 0)))


def _blocks(nodes: list[object], depth: int) -> list[Block]:
    """Read block nodes; inline ones that stand among them make a paragraph."""
    if depth > MAX_DEPTH:
        return _flat(nodes)
    blocks: list[Block] = []
    loose: list[Node] = []
    for node in nodes:
        if not isinstance(node, dict):
            continue
        read = _BLOCKS.get(_kind(node))
        if read is None and _is_inline(node):
            loose.append(node)
            continue
        blocks += _gathered(loose)
        blocks += read(node, depth + 1) if read else _unknown_block(node, depth + 1)
    blocks += _gathered(loose)
    return blocks


def _gathered(loose: list[Node]) -> list[Block]:
    """Make a paragraph of *loose* inline nodes, and leave none behind."""
    if not loose:
        return []
    content = _inline_of(loose)
    loose.clear()
    return [Paragraph(content)]


def _is_inline(node: Node) -> bool:
    return _kind(node) in _INLINE


def _flat(nodes: list[object]) -> list[Block]:
    text = " ".join(_texts(nodes))
    return [Paragraph((Text(text),))] if text else []


def _texts(nodes: list[object]) -> Iterator[str]:
    """Yield every text below *nodes*, in order, however deep."""
    waiting = [*reversed(nodes)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            children = _children(node)
            if not children and (text := _label(node)):
                yield text
            waiting.extend(reversed(children))


def _children(node: Node) -> list[object]:
    content = node.get("content")
    return content if isinstance(content, list) else []


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _kind(node: Node) -> str:
    kind = node.get("type")
    return kind if isinstance(kind, str) else ""


def _attrs(node: Node) -> Node:
    attrs = node.get("attrs")
    return attrs if isinstance(attrs, dict) else {}


def _string(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) else default


def _label(node: Node) -> str:
    """Return what a node without content has to say for itself."""
    if text := _string(node.get("text")):
        return text
    attrs = _attrs(node)
    return next((text for name in _NAMES if (text := _string(attrs.get(name)))), "")


def _inline_of(nodes: list[Any]) -> tuple[Inline, ...]:
    parts: list[Inline] = []
    for node in nodes:
        if isinstance(node, dict):
            read = _INLINE.get(_kind(node))
            parts += read(node) if read else _unknown(node)
    return tuple(parts)


def _content(node: Node) -> tuple[Inline, ...]:
    return _inline_of(_children(node))


def _text(node: Node) -> list[Inline]:
    text = _string(node.get("text"))
    if not text:
        return []
    if "marks" not in node:
        return [Text(text)]
    marks, href = _marks(node)
    return [Link(href, text, marks) if href else Text(text, marks)]


def _marks(node: Node) -> tuple[Marks, str]:
    found = node.get("marks")
    if not found or not isinstance(found, list):
        return PLAIN, ""
    nodes = [mark for mark in found if isinstance(mark, dict)]
    marks = frozenset(_MARKS[kind] for mark in nodes if (kind := _kind(mark)) in _MARKS)
    links = (_attrs(mark).get("href") for mark in nodes if _kind(mark) == "link")
    return marks, next((href for link in links if (href := safe_href(link))), "")


def _mention(node: Node) -> list[Inline]:
    attrs = _attrs(node)
    return [Mention(_string(attrs.get("id")), _string(attrs.get("text")).removeprefix("@"))]


def _emoji(node: Node) -> list[Inline]:
    attrs = _attrs(node)
    shortcode = _string(attrs.get("shortName")).strip(":")
    text = _string(attrs.get("text"))
    # A custom emoji repeats its short name as its text.
    return [Emoji(shortcode, "" if text == f":{shortcode}:" else text)]


def _date(node: Node) -> list[Inline]:
    stamp = _attrs(node).get("timestamp")
    try:
        moment = datetime.fromtimestamp(int(stamp) / 1000, UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return _unknown(node)
    return [Date(moment.date())]


def _status(node: Node) -> list[Inline]:
    attrs = _attrs(node)
    return [
        Status(_string(attrs.get("text")), _COLOURS.get(_string(attrs.get("color")), "neutral"))
    ]


def _card(node: Node) -> list[Inline]:
    attrs = _attrs(node)
    data = attrs.get("data")
    held = data if isinstance(data, dict) else {}
    url = _string(attrs.get("url")) or _string(held.get("url"))
    title = _string(held.get("name")) or url
    if href := safe_href(url):
        return [Link(href, title)]
    return [Text(title)] if title else _unknown(node)


def _unknown(node: Node) -> list[Inline]:
    """Keep the text of an inline node that nobody knows, or of a block among inline ones."""
    children = _children(node)
    text = " ".join(_texts(children)) if children else _label(node)
    return [Unknown(_kind(node), text)] if text or _kind(node) else []


def _paragraph(node: Node, _depth: int) -> list[Block]:
    return [Paragraph(_content(node))]


def _heading(node: Node, _depth: int) -> list[Block]:
    level = min(max(_number(_attrs(node).get("level"), 1), 1), 6)
    return [Heading(level, _content(node))]


def _items(node: Node, depth: int) -> tuple[Item, ...]:
    return tuple(
        Item(tuple(_blocks(_children(child) if _kind(child) == "listItem" else [child], depth)))
        for child in _children(node)
        if isinstance(child, dict)
    )


def _bullets(node: Node, depth: int) -> list[Block]:
    return [BulletList(_items(node, depth))]


def _numbers(node: Node, depth: int) -> list[Block]:
    return [OrderedList(_items(node, depth), max(_number(_attrs(node).get("order"), 1), 0))]


def _tasks(node: Node, depth: int) -> list[Block]:
    if depth > MAX_DEPTH:
        text = " ".join(_texts([node]))
        return [TaskList((Task(done=False, content=(Text(text),)),))]
    items: list[Task | TaskList] = []
    for child in _children(node):
        if not isinstance(child, dict):
            continue
        if _kind(child) == "taskList":
            items += [nested for nested in _tasks(child, depth + 1) if isinstance(nested, TaskList)]
        else:
            done = _attrs(child).get("state") == "DONE"
            items.append(Task(done, _task_content(child)))
    return [TaskList(tuple(items))]


def _task_content(node: Node) -> tuple[Inline, ...]:
    children = _children(node)
    # A blockTaskItem holds paragraphs where a taskItem holds their content.
    inner: list[object] = []
    for child in children:
        is_paragraph = isinstance(child, dict) and _kind(child) == "paragraph"
        inner += _children(child) if is_paragraph else [child]  # type: ignore[arg-type]  # a dict
    return _inline_of(inner)


def _code(node: Node, _depth: int) -> list[Block]:
    text = "".join(_texts(_children(node)))
    return [CodeBlock(text, _string(_attrs(node).get("language")))]


def _quote(node: Node, depth: int) -> list[Block]:
    return [Quote(tuple(_blocks(_children(node), depth)))]


def _panel(node: Node, depth: int) -> list[Block]:
    kind = _PANELS.get(_string(_attrs(node).get("panelType")), "info")
    return [Panel(kind, tuple(_blocks(_children(node), depth)))]


def _expand(node: Node, depth: int) -> list[Block]:
    title = _string(_attrs(node).get("title"))
    return [Expand(title, tuple(_blocks(_children(node), depth)))]


def _table(node: Node, depth: int) -> list[Block]:
    rows = (row for row in _children(node) if isinstance(row, dict))
    return [Table(tuple(_cells(row, depth) for row in rows))]


def _cells(row: Node, depth: int) -> tuple[Cell, ...]:
    return tuple(
        Cell(tuple(_blocks(_children(cell), depth)), _kind(cell) == "tableHeader")
        for cell in _children(row)
        if isinstance(cell, dict)
    )


def _inside(node: Node, depth: int) -> list[Block]:
    """Read a node that only arranges others."""
    return _blocks(_children(node), depth)


def _decision(node: Node, _depth: int) -> list[Block]:
    return [Paragraph(_content(node))]


def _block_card(node: Node, _depth: int) -> list[Block]:
    return [Paragraph(tuple(_card(node)))]


def _unknown_block(node: Node, depth: int) -> list[Block]:
    """Read what an unknown block holds, or name it."""
    children = _children(node)
    if children:
        return _blocks(children, depth)
    label, kind = _label(node), _kind(node)
    return [UnknownBlock(kind, f"[{label}]" if label else "")] if label or kind else []


_BLOCKS: Final[dict[str, Callable[[Node, int], list[Block]]]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "bulletList": _bullets,
    "orderedList": _numbers,
    "taskList": _tasks,
    "codeBlock": _code,
    "blockquote": _quote,
    "panel": _panel,
    "rule": lambda _node, _depth: [Rule()],
    "expand": _expand,
    "nestedExpand": _expand,
    "table": _table,
    "blockCard": _block_card,
    "embedCard": _block_card,
    "decisionItem": _decision,
    "mediaSingle": _inside,
    "mediaGroup": _inside,
}
_INLINE: Final[dict[str, Callable[[Node], list[Inline]]]] = {
    "text": _text,
    "hardBreak": lambda _: [HardBreak()],
    "mention": _mention,
    "emoji": _emoji,
    "date": _date,
    "status": _status,
    "inlineCard": _card,
    "placeholder": _unknown,
    "inlineExtension": _unknown,
    "mediaInline": _unknown,
}
