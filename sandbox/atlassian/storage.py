"""The storage format: strict XHTML with Atlassian's elements, its words and inline parts."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from lxml import etree

AC = "http://atlassian.com/content"
RI = "http://atlassian.com/resource/identifier"
OPEN = f'<root xmlns:ac="{AC}" xmlns:ri="{RI}">'
Node = dict[str, Any]
INLINE_MARKS: dict[str, Node] = {
    "strong": {"type": "strong"},
    "b": {"type": "strong"},
    "em": {"type": "em"},
    "i": {"type": "em"},
    "u": {"type": "underline"},
    "del": {"type": "strike"},
    "s": {"type": "strike"},
    "code": {"type": "code"},
    "sub": {"type": "subsup", "attrs": {"type": "sub"}},
    "sup": {"type": "subsup", "attrs": {"type": "sup"}},
}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
COLOURS = {"grey": "neutral", "red": "red", "yellow": "yellow", "green": "green", "blue": "blue"}


class NotStorage(ValueError):
    """Text that isn't well-formed storage."""


def parse(value: str) -> etree._Element:
    """The tree under a root of ours.

    Raises:
        NotStorage: it isn't well-formed; entities of HTML count as such, as they do there.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(f"{OPEN}{value}</root>".encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotStorage(f"Error parsing xhtml: {error}"[:300]) from error


def name_of(element: etree._Element) -> str:
    """`p`, `ac:link`: as it is written. Comments and the like have no name."""
    if not isinstance(element.tag, str):
        return ""
    name = etree.QName(element)
    prefix = {AC: "ac:", RI: "ri:"}.get(name.namespace or "", "")
    return prefix + name.localname


def attribute(element: etree._Element, name: str) -> str:
    """An attribute, `ac:` or `ri:` or plain."""
    prefix, _, local = name.rpartition(":")
    space = {"ac": AC, "ri": RI}.get(prefix)
    return element.get(f"{{{space}}}{local}" if space else name) or ""


def parameters(element: etree._Element) -> dict[str, str]:
    """A macro's parameters."""
    return {
        attribute(child, "ac:name"): "".join(child.itertext())
        for child in element
        if name_of(child) == "ac:parameter"
    }


def text_node(text: str, marks: list[Node]) -> list[Node]:
    """Text, unless there is none."""
    if not text:
        return []
    return [{"type": "text", "text": text, **({"marks": marks} if marks else {})}]


def with_mark(marks: list[Node], mark: Node) -> list[Node]:
    """One mark more; code stands only with links."""
    if mark["type"] == "code":
        return [each for each in marks if each["type"] == "link"] + [mark]
    if any(each["type"] in ("code", mark["type"]) for each in marks):
        return marks
    return [*marks, mark]


def inline(element: etree._Element, marks: list[Node]) -> list[Node]:
    """What stands inside one inline element, or a block read as its words."""
    found = text_node(element.text or "", marks)
    for child in element:
        found += inline_child(child, marks) + text_node(child.tail or "", marks)
    return found


def inline_child(child: etree._Element, marks: list[Node]) -> list[Node]:
    """One inline element."""
    name = name_of(child)
    if name in INLINE_MARKS:
        return inline(child, with_mark(marks, INLINE_MARKS[name]))
    if name == "a" and child.get("href"):
        return inline(child, with_mark(marks, link(child.get("href") or "")))
    reader = INLINE_READERS.get(name)
    if reader is not None:
        return reader(child, marks)
    return inline(child, marks) if name else []


def read_break(_element: etree._Element, _marks: list[Node]) -> list[Node]:
    """A line break."""
    return [{"type": "hardBreak"}]


def read_time(element: etree._Element, marks: list[Node]) -> list[Node]:
    """A date, as it is written."""
    return text_node(element.get("datetime") or "", marks)


def link(href: str) -> Node:
    """A link mark."""
    return {"type": "link", "attrs": {"href": href}}


def read_link(element: etree._Element, marks: list[Node]) -> list[Node]:
    """A mention, or the words of a link to a page."""
    for child in element:
        if name_of(child) == "ri:user":
            account_id = attribute(child, "ri:account-id")
            return [{"type": "mention", "attrs": {"id": account_id, "text": "@" + account_id}}]
    words = "".join(element.itertext()).strip()
    titles = [attribute(child, "ri:content-title") for child in element]
    return text_node(words or "".join(titles), marks)


def read_emoticon(element: etree._Element, _marks: list[Node]) -> list[Node]:
    """An emoji."""
    short = attribute(element, "ac:emoji-shortname") or f":{attribute(element, 'ac:name')}:"
    fallback = attribute(element, "ac:emoji-fallback") or short
    return [{"type": "emoji", "attrs": {"shortName": short, "text": fallback}}]


def read_inline_macro(element: etree._Element, marks: list[Node]) -> list[Node]:
    """A status lozenge, or the words of another macro."""
    said = parameters(element)
    if attribute(element, "ac:name") == "status":
        colour = COLOURS.get(said.get("colour", "").casefold(), "neutral")
        attrs = {"text": said.get("title") or " ", "color": colour, "localId": local_id(element)}
        return [{"type": "status", "attrs": attrs}]
    return text_node("".join(element.itertext()).strip(), marks)


def local_id(element: etree._Element) -> str:
    """The same for the same element, so that reading twice gives one answer."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, etree.tostring(element).decode()))


def read_marker(element: etree._Element, marks: list[Node]) -> list[Node]:
    """Words at which an inline comment stands."""
    attrs = {"id": attribute(element, "ac:ref"), "annotationType": "inlineComment"}
    return inline(element, with_mark(marks, {"type": "annotation", "attrs": attrs}))


INLINE_READERS: dict[str, Callable[[etree._Element, list[Node]], list[Node]]] = {
    "br": read_break,
    "time": read_time,
    "ac:link": read_link,
    "ac:emoticon": read_emoticon,
    "ac:structured-macro": read_inline_macro,
    "ac:inline-comment-marker": read_marker,
}


def text_of(value: str) -> str:
    """The words alone, blocks on lines of their own."""
    return "\n".join(line for line in lines_of(parse(value)) if line)


def lines_of(element: etree._Element) -> Iterable[str]:
    """The words of *element*, a line for each innermost block."""
    words = " ".join("".join(spoken(element)).replace("\x00", "\n").split(" "))
    return (" ".join(line.split()) for line in words.split("\n"))


BREAKS = frozenset({*HEADINGS, "p", "li", "td", "th", "tr", "br", "hr", "ac:task", "ac:task-body"})
SILENT = frozenset({"ac:parameter", "ac:task-id", "ac:task-status"})


def spoken(element: etree._Element) -> Iterable[str]:
    """Every word that a reader would see, with line breaks around blocks."""
    name = name_of(element)
    if name in SILENT and attribute(element, "ac:name") != "title":
        return
    edge = "\n" if name in BREAKS else ""
    yield edge
    if name == "ac:emoticon":
        yield attribute(element, "ac:emoji-fallback")
    yield element.text or "" if name else ""
    for child in element:
        yield from spoken(child)
        yield child.tail or ""
    yield edge
