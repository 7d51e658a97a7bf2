"""Reads storage format and keeps the text of what it doesn't know.

It is XHTML with HTML's entities and two prefixes that nothing declares, so both are supplied
before lxml reads it; nothing is fetched, no entity is resolved.
"""

import html
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, NamedTuple, get_args

from lxml import etree

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

Element = etree._Element  # noqa: SLF001  # lxml has no public name for what its parser returns

_ROOT: Final = '<root xmlns:ac="urn:ac" xmlns:ri="urn:ri" xmlns:at="urn:at">{}</root>'
_PREFIXES: Final = {"urn:ac": "ac:", "urn:ri": "ri:", "urn:at": "at:"}
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_XML_ENTITIES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_TAG: Final = re.compile(r"<!\[CDATA\[|\]\]>|</?([\w:-]*)[^<>]*>")
_INLINE_TAGS: Final = frozenset({"a", "span", "sub", "sup", "small", "big", "font", "time"})
_SPACE: Final = re.compile(r"[ \t\r\n]+")

_MARKS: Final[dict[str, Mark]] = {
    "strong": "strong",
    "b": "strong",
    "em": "em",
    "i": "em",
    "del": "strike",
    "s": "strike",
    "strike": "strike",
    "code": "code",
    "tt": "code",
    "u": "underline",
    "ins": "underline",
}
_PANELS: Final[dict[str, PanelKind]] = {
    "info": "info",
    "panel": "note",
    "note": "warning",
    "tip": "success",
    "warning": "error",
}
_COLOURS: Final[dict[str, Colour]] = {
    **{colour: colour for colour in get_args(Colour)},
    "grey": "neutral",
}
_MAX_INLINE_DEPTH: Final = 32
_NUMBER: Final = re.compile("[0-9]{1,6}")


class _Style(NamedTuple):
    """What the elements around a run of text say of it."""

    marks: Marks = PLAIN
    href: str = ""
    depth: int = 0


_UNSTYLED: Final = _Style()


def from_storage(text: str) -> Document:
    """Return what *text*, a page body in storage format, says. Never raises."""
    source = clean(text)
    root = _parsed(source)
    if root is None:
        return Document(tuple(_flat(source)))
    return Document(tuple(_blocks(root, 0)))


def _parsed(source: str) -> Element | None:
    """Return the tree, or nothing where reading it would lose text."""
    # Only undeclared prefixes are forgiven: what is fatal drops the rest of the page.
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    wrapped = _ROOT.format(_with_characters(source))
    root = etree.fromstring(wrapped.encode(), parser)
    return None if parser.error_log.filter_from_fatals() else root


def _with_characters(source: str) -> str:
    """Put the characters in place of HTML's entities, outside CDATA."""
    parts: list[str] = []
    place = 0
    while (start := source.find("<![CDATA[", place)) >= 0:
        end = source.find("]]>", start)
        if end < 0:
            break
        parts += (_ENTITY.sub(_character, source[place:start]), source[start:end])
        place = end
    return "".join((*parts, _ENTITY.sub(_character, source[place:])))


def _character(entity: re.Match[str]) -> str:
    if entity[1] in _XML_ENTITIES:
        return entity[0]
    return html.escape(html.unescape(entity[0]))


def _flat(source: str) -> list[Block]:
    """Keep the text of what can't be parsed, a paragraph for each line."""
    text = html.unescape(_TAG.sub(_tag_as_space, source))
    return [Paragraph((Text(line.strip()),)) for line in clean(text).split("\n") if line.strip()]


def _tag_as_space(tag: re.Match[str]) -> str:
    name = tag[1] or ""
    return "" if name in _MARKS or name in _INLINE_TAGS or not name else "\n"


def _name(element: Element) -> str:
    """Return the tag with the prefix that storage format writes."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    if not tag.startswith("{"):
        return tag
    space, _, local = tag[1:].partition("}")
    return _PREFIXES.get(space, "") + local


def _attribute(element: Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return str(element.get(f"{{urn:{prefix}}}{local}" if prefix else local) or "")


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _name(child) == name), None)


def _all_text(element: Element | None) -> str:
    return "" if element is None else "".join(map(str, element.itertext()))


def _blocks(element: Element, depth: int) -> list[Block]:
    """Read what stands in *element*; inline content among blocks makes a paragraph."""
    if depth > MAX_DEPTH:
        text = _SPACE.sub(" ", _all_text(element)).strip()
        return [Paragraph((Text(text),))] if text else []
    blocks: list[Block] = []
    loose = _text(element.text, _UNSTYLED)
    for child in element:
        if read := _block_reader(child):
            blocks += _gathered(loose)
            blocks += read(child, depth + 1)
            loose = []
        else:
            loose += _inline(child, _UNSTYLED)
        loose += _text(child.tail, _UNSTYLED)
    return blocks + _gathered(loose)


def _block_reader(element: Element) -> Callable[[Element, int], list[Block]] | None:
    name = _name(element)
    if name == "ac:structured-macro" and _attribute(element, "ac:name") == "status":
        return None
    if read := _BLOCKS.get(name):
        return read
    return _blocks if name.startswith("ac:") and name not in _INLINE else None


def _gathered(loose: list[Inline]) -> list[Block]:
    """Make a paragraph of *loose* content, unless it is only the space between blocks."""
    if all(isinstance(part, Text) and not part.text.strip() for part in loose):
        return []
    return [Paragraph(tuple(loose))]


def _text(text: str | None, style: _Style) -> list[Inline]:
    if not text:
        return []
    shown = _SPACE.sub(" ", text)
    return [Link(style.href, shown, style.marks) if style.href else Text(shown, style.marks)]


def _inside(element: Element, style: _Style) -> list[Inline]:
    """Read the inline content of *element*."""
    if style.depth > _MAX_INLINE_DEPTH:
        return _text(_all_text(element), style)
    parts = _text(element.text, style)
    for child in element:
        parts += _inline(child, style)
        parts += _text(child.tail, style)
    return parts


def _inline(element: Element, style: _Style) -> list[Inline]:
    name = _name(element)
    inner = style._replace(depth=style.depth + 1)
    if mark := _MARKS.get(name):
        return _inside(element, inner._replace(marks=inner.marks | {mark}))
    if name == "a":
        href = safe_href(_attribute(element, "href"))
        return _inside(element, inner._replace(href=href or inner.href))
    if read := _INLINE.get(name):
        return read(element)
    return _inside(element, inner)


def _content(element: Element) -> tuple[Inline, ...]:
    return tuple(_inside(element, _UNSTYLED))


def _link(element: Element) -> list[Inline]:
    """Read a link to something in Confluence: a person, a page, a file, a space."""
    if (user := _child(element, "ri:user")) is not None:
        account = _attribute(user, "ri:account-id") or _attribute(user, "ri:userkey")
        return [Mention(account)]
    bodies = ("ac:link-body", "ac:plain-text-link-body")
    body = "".join(_all_text(child) for child in element if _name(child) in bodies)
    targets = (_resource(child) for child in element)
    text = body.strip() or next(filter(None, targets), "")
    return [Text(text)] if text else [Unknown("link")]


def _resource(element: Element) -> str:
    names = ("ri:content-title", "ri:filename", "ri:space-key", "ri:value")
    return next(filter(None, (_attribute(element, name) for name in names)), "")


def _image(element: Element) -> list[Inline]:
    label = _attribute(element, "ac:alt")
    label = label or next(filter(None, (_resource(child) for child in element)), "")
    return [Unknown("image", f"[{label}]" if label else "")]


def _emoticon(element: Element) -> list[Inline]:
    shortcode = _attribute(element, "ac:emoji-shortname") or _attribute(element, "ac:name")
    shortcode = shortcode.strip(":")
    fallback = _attribute(element, "ac:emoji-fallback")
    return [Emoji(shortcode, "" if fallback.startswith(":") else fallback)]


def _time(element: Element) -> list[Inline]:
    day = _attribute(element, "datetime")
    try:
        return [Date(date.fromisoformat(day[:10]))]
    except ValueError:
        return _text(_all_text(element) or day, _UNSTYLED)


def _inline_macro(element: Element) -> list[Inline]:
    name = _attribute(element, "ac:name")
    parameters = _parameters(element)
    if name == "status":
        colour = _COLOURS.get(parameters.get("colour", "").lower(), "neutral")
        return [Status(parameters.get("title", ""), colour)]
    return [Unknown(name, _SPACE.sub(" ", _macro_text(element)).strip())]


def _parameters(element: Element) -> dict[str, str]:
    named = (child for child in element if _name(child) == "ac:parameter")
    return {_attribute(child, "ac:name"): _all_text(child) for child in named}


def _macro_text(element: Element) -> str:
    return " ".join(_all_text(child) for child in element if _name(child) != "ac:parameter")


def _macro(element: Element, depth: int) -> list[Block]:
    name = _attribute(element, "ac:name")
    if name in {"code", "noformat"}:
        text = _all_text(_child(element, "ac:plain-text-body"))
        return [CodeBlock(text, _parameters(element).get("language", ""))]
    content = _macro_content(element, depth)
    if kind := _PANELS.get(name):
        return [*_titled(element), Panel(kind, content)]
    if name == "expand":
        return [Expand(_parameters(element).get("title", ""), content)]
    return [*content] or [UnknownBlock(name)]


def _titled(element: Element) -> list[Block]:
    title = _parameters(element).get("title", "")
    return [Paragraph((Text(title, frozenset({"strong"})),))] if title else []


def _macro_content(element: Element, depth: int) -> tuple[Block, ...]:
    return tuple(
        block
        for child in element
        if _name(child) != "ac:parameter"
        for block in _body(child, depth)
    )


def _body(element: Element, depth: int) -> list[Block]:
    if _name(element) == "ac:plain-text-body":
        return [CodeBlock(_all_text(element))]
    return _blocks(element, depth)


def _extension(element: Element, depth: int) -> list[Block]:
    """Read an editor node that storage format wraps, with the fallback that it brings."""
    fallback = _child(element, "ac:adf-fallback")
    return _blocks(element if fallback is None else fallback, depth)


def _items(element: Element, depth: int) -> tuple[Item, ...]:
    return tuple(Item(tuple(_item(child, depth))) for child in element)


def _item(element: Element, depth: int) -> list[Block]:
    if _name(element) != "li" and (read := _block_reader(element)):
        return read(element, depth)
    return _blocks(element, depth)


def _tasks(element: Element, depth: int) -> list[Block]:
    return [TaskList(_task_items(element, depth))]


def _task_items(element: Element, depth: int) -> tuple[Task | TaskList, ...]:
    items: list[Task | TaskList] = []
    for child in element:
        if _name(child) == "ac:task-list" and depth <= MAX_DEPTH:
            items.append(TaskList(_task_items(child, depth + 1)))
        elif (body := _child(child, "ac:task-body")) is not None:
            done = _all_text(_child(child, "ac:task-status")).strip() == "complete"
            items.append(Task(done, _content(body)))
        else:
            items.append(Task(done=False, content=_content(child)))
    return tuple(items)


def _table(element: Element, depth: int) -> list[Block]:
    return [Table(tuple(_row(row, depth) for row in _rows(element)))]


def _rows(element: Element) -> Iterable[Element]:
    for child in element:
        if _name(child) in {"tbody", "thead", "tfoot"}:
            yield from child
        elif _name(child) != "colgroup":
            yield child


def _row(row: Element, depth: int) -> tuple[Cell, ...]:
    if _name(row) != "tr":
        return (Cell(tuple(_blocks(row, depth))),)
    return tuple(Cell(tuple(_blocks(cell, depth)), _name(cell) == "th") for cell in row)


def _preformatted(element: Element, _depth: int) -> list[Block]:
    return [CodeBlock(_all_text(element))]


def _heading(element: Element, _depth: int) -> list[Block]:
    return [Heading(int(_name(element)[1]), _content(element))]


def _start(element: Element) -> int:
    start = _attribute(element, "start")
    return int(start) if _NUMBER.fullmatch(start) else 1


_BLOCKS: Final[dict[str, Callable[[Element, int], list[Block]]]] = {
    "p": lambda element, _depth: [Paragraph(_content(element))],
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _heading),
    "ul": lambda element, depth: [BulletList(_items(element, depth))],
    "ol": lambda element, depth: [OrderedList(_items(element, depth), _start(element))],
    "ac:task-list": _tasks,
    "blockquote": lambda element, depth: [Quote(tuple(_blocks(element, depth)))],
    "pre": _preformatted,
    "hr": lambda _element, _depth: [Rule()],
    "table": _table,
    "div": _blocks,
    "ac:structured-macro": _macro,
    "ac:macro": _macro,
    "ac:adf-extension": _extension,
}
_INLINE: Final[dict[str, Callable[[Element], list[Inline]]]] = {
    "br": lambda _: [HardBreak()],
    "time": _time,
    "ac:link": _link,
    "ac:image": _image,
    "ac:emoticon": _emoticon,
    "ac:structured-macro": _inline_macro,
    "ac:macro": _inline_macro,
    "ac:adf-attribute": lambda _: [],
}
