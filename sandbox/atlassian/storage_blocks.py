"""Storage read as ADF, block by block."""

from collections.abc import Callable

from lxml import etree

from sandbox.atlassian.storage import (
    HEADINGS,
    Node,
    attribute,
    inline,
    inline_child,
    local_id,
    name_of,
    parameters,
    parse,
    text_node,
)
from sandbox.atlassian.wiki import id_of

PANELS = {"info": "info", "note": "note", "warning": "error", "tip": "success", "panel": "info"}
INSIDE_QUOTE = frozenset({"paragraph", "bulletList", "orderedList", "codeBlock"})
INSIDE_ITEM = INSIDE_QUOTE
INSIDE_PANEL = INSIDE_QUOTE | {"heading", "rule", "taskList"}


def paragraph(content: list[Node]) -> Node:
    """A paragraph."""
    return {"type": "paragraph", "content": content}


def blocks(element: etree._Element) -> list[Node]:
    """The blocks inside *element*; loose words become paragraphs."""
    found: list[Node] = []
    loose = text_node((element.text or "").strip(), [])
    for child in element:
        block = read_block(child)
        if block is None:
            loose += inline_child(child, []) + text_node(child.tail or "", [])
            continue
        found += [*flushed(loose), *block]
        loose = text_node((child.tail or "").strip(), [])
    return found + flushed(loose)


def flushed(loose: list[Node]) -> list[Node]:
    """Loose words as a paragraph, if they say anything."""
    says = any(node["type"] != "text" or node["text"].strip() for node in loose)
    return [paragraph(loose)] if says else []


def read_block(child: etree._Element) -> list[Node] | None:
    """One block, or None where *child* is inline."""
    reader = READERS.get(name_of(child))
    return None if reader is None else reader(child)


def to_adf(value: str) -> Node:
    """The document in *value* as ADF."""
    return {"type": "doc", "version": 1, "content": blocks(parse(value))}


def only(found: list[Node], allowed: frozenset[str]) -> list[Node]:
    """Those blocks that may stand here, the others as their words; never nothing."""
    kept: list[Node] = []
    for block in found:
        kept += [block] if block["type"] in allowed else words_of(block)
    return kept or [paragraph([])]


def words_of(block: Node) -> list[Node]:
    """The paragraphs in a block that may not stand where it stood."""
    if block["type"] in ("paragraph", "heading"):
        return [paragraph(block.get("content", []))]
    inside = block.get("content", [])
    if any(node["type"] in ("text", "hardBreak") for node in inside):
        return [paragraph(text_node("".join(node.get("text", " ") for node in inside), []))]
    return [each for child in inside for each in words_of(child)]


def read_paragraph(element: etree._Element) -> list[Node]:
    """P."""
    return [paragraph(inline(element, []))]


def read_heading(element: etree._Element) -> list[Node]:
    """h1 to h6."""
    attrs = {"level": HEADINGS[name_of(element)]}
    return [{"type": "heading", "attrs": attrs, "content": inline(element, [])}]


def read_list(element: etree._Element) -> list[Node]:
    """Ul and ol."""
    kind = "orderedList" if name_of(element) == "ol" else "bulletList"
    items = [
        {"type": "listItem", "content": item_content(child)}
        for child in element
        if name_of(child) == "li"
    ]
    return [{"type": kind, "content": items}] if items else []


def item_content(element: etree._Element) -> list[Node]:
    """What one item holds, a paragraph first."""
    held = only(blocks(element), INSIDE_ITEM)
    starts = held[0]["type"] in ("paragraph", "codeBlock")
    return held if starts else [paragraph([]), *held]


def read_quote(element: etree._Element) -> list[Node]:
    """Blockquote."""
    return [{"type": "blockquote", "content": only(blocks(element), INSIDE_QUOTE)}]


def read_rule(_element: etree._Element) -> list[Node]:
    """Hr."""
    return [{"type": "rule"}]


def read_pre(element: etree._Element) -> list[Node]:
    """Pre."""
    return [code_block("".join(element.itertext()), "")]


def code_block(text: str, language: str) -> Node:
    """Code in its language."""
    attrs = {"attrs": {"language": language}} if language else {}
    return {"type": "codeBlock", **attrs, "content": text_node(text, [])}


def read_table(element: etree._Element) -> list[Node]:
    """Table."""
    rows = [row for row in element.iter() if name_of(row) == "tr"]
    read = [{"type": "tableRow", "content": [cell(each) for each in row]} for row in rows]
    kept = [row for row in read if row["content"]]
    return [{"type": "table", "content": kept}] if kept else []


def cell(element: etree._Element) -> Node:
    """Td and th."""
    kind = "tableHeader" if name_of(element) == "th" else "tableCell"
    attrs = {name: id_of(element.get(name) or 1) or 1 for name in ("colspan", "rowspan")}
    return {"type": kind, "attrs": attrs, "content": only(blocks(element), INSIDE_PANEL)}


def read_tasks(element: etree._Element) -> list[Node]:
    """ac:task-list."""
    items = [task(child) for child in element if name_of(child) == "ac:task"]
    attrs = {"localId": local_id(element)}
    return [{"type": "taskList", "attrs": attrs, "content": items}] if items else []


def task(element: etree._Element) -> Node:
    """ac:task."""
    said = {name_of(child): child for child in element}
    status = said.get("ac:task-status")
    state = "DONE" if status is not None and status.text == "complete" else "TODO"
    body = said.get("ac:task-body")
    content = [] if body is None else inline(body, [])
    attrs = {"localId": local_id(element), "state": state}
    return {"type": "taskItem", "attrs": attrs, "content": content}


def read_macro(element: etree._Element) -> list[Node] | None:
    """ac:structured-macro: a panel, code, an expand, or an extension."""
    name, said = attribute(element, "ac:name"), parameters(element)
    held = {name_of(child): child for child in element}
    plain, rich = held.get("ac:plain-text-body"), held.get("ac:rich-text-body")
    if name == "status":
        return None
    if name == "code" and plain is not None:
        return [code_block("".join(plain.itertext()), said.get("language", ""))]
    if name in PANELS and rich is not None:
        attrs = {"panelType": PANELS[name]}
        return [{"type": "panel", "attrs": attrs, "content": only(blocks(rich), INSIDE_PANEL)}]
    if name == "expand" and rich is not None:
        attrs = {"title": said.get("title", "")}
        return [{"type": "expand", "attrs": attrs, "content": only(blocks(rich), INSIDE_PANEL)}]
    return [extension(name, said), *([] if rich is None else blocks(rich))]


def extension(name: str, said: dict[str, str]) -> Node:
    """Any other macro."""
    values = {key: {"value": value} for key, value in said.items()}
    attrs = {
        "extensionType": "com.atlassian.confluence.macro.core",
        "extensionKey": name or "unknown",
        "parameters": {"macroParams": values},
    }
    return {"type": "extension", "attrs": attrs}


def read_layout(element: etree._Element) -> list[Node]:
    """Layouts and divisions: what they hold."""
    return blocks(element)


READERS: dict[str, Callable[[etree._Element], list[Node] | None]] = {
    "p": read_paragraph,
    **dict.fromkeys(HEADINGS, read_heading),
    "ul": read_list,
    "ol": read_list,
    "blockquote": read_quote,
    "hr": read_rule,
    "pre": read_pre,
    "table": read_table,
    "ac:task-list": read_tasks,
    "ac:structured-macro": read_macro,
    "ac:layout": read_layout,
    "ac:layout-section": read_layout,
    "ac:layout-cell": read_layout,
    "div": read_layout,
}
