"""Small builders of ADF for the seeded pages."""

import json
from typing import Any

Node = dict[str, Any]


def text(words: str, *marks: str) -> Node:
    """Words, perhaps in marks without attributes."""
    marked = {"marks": [{"type": mark} for mark in marks]} if marks else {}
    return {"type": "text", "text": words, **marked}


def link(words: str, href: str) -> Node:
    """A link."""
    mark = {"type": "link", "attrs": {"href": href}}
    return {"type": "text", "text": words, "marks": [mark]}


def mention(account_id: str, name: str) -> Node:
    """A person."""
    return {"type": "mention", "attrs": {"id": account_id, "text": f"@{name}"}}


def emoji(short: str, sign: str) -> Node:
    """An emoji."""
    return {"type": "emoji", "attrs": {"shortName": f":{short}:", "text": sign}}


def status(words: str, colour: str) -> Node:
    """A lozenge."""
    attrs = {"text": words, "color": colour, "localId": f"status-{words}"}
    return {"type": "status", "attrs": attrs}


def p(*parts: str | Node) -> Node:
    """A paragraph."""
    content = [text(part) if isinstance(part, str) else part for part in parts]
    return {"type": "paragraph", "content": content}


def h(level: int, words: str) -> Node:
    """A heading."""
    return {"type": "heading", "attrs": {"level": level}, "content": [text(words)]}


def bullets(*items: str) -> Node:
    """A list."""
    content = [{"type": "listItem", "content": [p(item)]} for item in items]
    return {"type": "bulletList", "content": content}


def steps(*items: str) -> Node:
    """A numbered list."""
    return {**bullets(*items), "type": "orderedList"}


def tasks(name: str, *items: tuple[str, bool]) -> Node:
    """A task list; true is done."""
    content = [
        {
            "type": "taskItem",
            "attrs": {"localId": f"{name}-{index}", "state": "DONE" if done else "TODO"},
            "content": [text(words)],
        }
        for index, (words, done) in enumerate(items)
    ]
    return {"type": "taskList", "attrs": {"localId": name}, "content": content}


def code(language: str, *lines: str) -> Node:
    """A code block."""
    attrs = {"language": language}
    return {"type": "codeBlock", "attrs": attrs, "content": [text("\n".join(lines))]}


def panel(kind: str, *content: Node) -> Node:
    """A panel."""
    return {"type": "panel", "attrs": {"panelType": kind}, "content": list(content)}


def quote(*content: Node) -> Node:
    """A quotation."""
    return {"type": "blockquote", "content": list(content)}


def expand(title: str, *content: Node) -> Node:
    """Something folded away."""
    return {"type": "expand", "attrs": {"title": title}, "content": list(content)}


def macro(name: str, /, **values: str) -> Node:
    """A macro that isn't a node of its own."""
    said = {"macroParams": {key: {"value": value} for key, value in values.items()}}
    attrs = {
        "extensionType": "com.atlassian.confluence.macro.core",
        "extensionKey": name,
        "parameters": said,
    }
    return {"type": "extension", "attrs": attrs}


def table(head: tuple[str, ...], *rows: tuple[str, ...]) -> Node:
    """A table with a row of headers."""
    content = [table_row("tableHeader", head), *(table_row("tableCell", row) for row in rows)]
    return {"type": "table", "content": content}


def table_row(kind: str, words: tuple[str, ...]) -> Node:
    """One row."""
    cells = [{"type": kind, "attrs": {}, "content": [p(*filter(None, [each]))]} for each in words]
    return {"type": "tableRow", "content": cells}


def rule() -> Node:
    """A line across."""
    return {"type": "rule"}


def doc(*content: Node) -> str:
    """The document as Confluence stores it."""
    return json.dumps({"type": "doc", "version": 1, "content": list(content)}, ensure_ascii=False)
