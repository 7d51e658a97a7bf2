"""The Atlassian Document Format: checked against its schema, and written as storage XHTML."""

import json
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import fastjsonschema

SCHEMA = Path(__file__).with_name("adf-schema.json")
MAX_DEPTH = 60
Node = dict[str, Any]
MARKS = {"strong": "strong", "em": "em", "underline": "u", "strike": "del", "code": "code"}
SIMPLE = {
    "paragraph": "p",
    "bulletList": "ul",
    "listItem": "li",
    "blockquote": "blockquote",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
    "caption": "p",
}
PANELS = {
    "info": "info",
    "note": "note",
    "warning": "note",
    "error": "warning",
    "success": "tip",
    "custom": "panel",
}


class NotAdf(ValueError):
    """Text that isn't a document in this format."""


@cache
def schema() -> Callable[[object], object]:
    """The compiled schema; compiling takes 0.4 s."""
    compiled: Callable[[object], object] = fastjsonschema.compile(
        json.loads(SCHEMA.read_text(encoding="utf-8"))
    )
    return compiled


def parse(value: str) -> Node:
    """The document in *value*.

    Raises:
        NotAdf: it isn't JSON, or breaks the schema.
    """
    try:
        document = json.loads(value)
        schema()(document)
    except fastjsonschema.JsonSchemaException as error:
        raise NotAdf(f"The document breaks the ADF schema: {str(error)[:200]}") from error
    except (ValueError, RecursionError) as error:
        raise NotAdf("The document is not JSON") from error
    if not isinstance(document, dict):
        raise NotAdf("The document is not an object")
    return document


def to_storage(node: Node, depth: int = 0) -> str:
    """The same in storage XHTML; what has no equal there keeps its text."""
    if depth > MAX_DEPTH:
        return ""
    inner = "".join(to_storage(child, depth + 1) for child in node.get("content", ()))
    kind = node.get("type", "")
    if kind in SIMPLE:
        return f"<{SIMPLE[kind]}{span(node)}>{inner}</{SIMPLE[kind]}>"
    writer = WRITERS.get(kind)
    return writer(node, inner) if writer else inner


def span(node: Node) -> str:
    """How far a table cell reaches."""
    attrs = node.get("attrs", {})
    reach = (("colspan", attrs.get("colspan", 1)), ("rowspan", attrs.get("rowspan", 1)))
    return "".join(f' {name}="{count}"' for name, count in reach if count not in (1, None))


def write_text(node: Node, _inner: str) -> str:
    """Text inside its marks."""
    text = escape(node.get("text", ""), quote=False)
    for mark in node.get("marks", ()):
        tag = MARKS.get(mark["type"])
        if tag:
            text = f"<{tag}>{text}</{tag}>"
        elif mark["type"] == "link":
            text = f'<a href="{escape(mark["attrs"]["href"])}">{text}</a>'
        elif mark["type"] == "subsup":
            text = f"<{mark['attrs']['type']}>{text}</{mark['attrs']['type']}>"
        elif mark["type"] == "annotation":
            text = write_marker(mark["attrs"]["id"], text)
    return text


def write_marker(ref: str, text: str) -> str:
    """Where an inline comment stands."""
    opened = f'<ac:inline-comment-marker ac:ref="{escape(ref)}">'
    return f"{opened}{text}</ac:inline-comment-marker>"


def write_heading(node: Node, inner: str) -> str:
    """h1 to h6."""
    level = node["attrs"]["level"]
    return f"<h{level}>{inner}</h{level}>"


def write_ordered(node: Node, inner: str) -> str:
    """A numbered list, from its first number."""
    first = node.get("attrs", {}).get("order", 1)
    return f'<ol start="{int(first)}">{inner}</ol>' if first != 1 else f"<ol>{inner}</ol>"


def write_code(node: Node, _inner: str) -> str:
    """The code macro, its text in CDATA."""
    language = node.get("attrs", {}).get("language") or ""
    text = "".join(child.get("text", "") for child in node.get("content", ()))
    text = text.replace("]]>", "]]]]><![CDATA[>")
    named = parameter("language", language) if language else ""
    body = f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"
    return f'<ac:structured-macro ac:name="code">{named}{body}</ac:structured-macro>'


def parameter(name: str, value: object) -> str:
    """One parameter of a macro."""
    return (
        f'<ac:parameter ac:name="{escape(name)}">{escape(str(value), quote=False)}</ac:parameter>'
    )


def macro(name: str, inner: str, **parameters: object) -> str:
    """A macro with a rich body."""
    said = "".join(parameter(key, value) for key, value in parameters.items() if value)
    body = f"<ac:rich-text-body>{inner}</ac:rich-text-body>" if inner else ""
    return f'<ac:structured-macro ac:name="{escape(name)}">{said}{body}</ac:structured-macro>'


def write_panel(node: Node, inner: str) -> str:
    """The macro for this kind of panel."""
    return macro(PANELS.get(node["attrs"]["panelType"], "panel"), inner)


def write_expand(node: Node, inner: str) -> str:
    """The expand macro."""
    return macro("expand", inner, title=node.get("attrs", {}).get("title", ""))


def write_status(node: Node, _inner: str) -> str:
    """The status lozenge."""
    attrs = node["attrs"]
    return macro("status", "", title=attrs["text"], colour=attrs["color"].capitalize())


def write_extension(node: Node, inner: str) -> str:
    """Any other macro."""
    attrs = node["attrs"]
    given = attrs.get("parameters", {})
    given = given.get("macroParams", {}) if isinstance(given, dict) else {}
    said = {key: value.get("value", "") for key, value in given.items() if isinstance(value, dict)}
    return macro(attrs["extensionKey"], inner, **said)


def write_table(_node: Node, inner: str) -> str:
    """A table."""
    return f"<table><tbody>{inner}</tbody></table>"


def write_tasks(_node: Node, inner: str) -> str:
    """A task list."""
    return f"<ac:task-list>{inner}</ac:task-list>"


def write_task(node: Node, inner: str) -> str:
    """One task."""
    status = "complete" if node["attrs"]["state"] == "DONE" else "incomplete"
    return (
        f"<ac:task><ac:task-id>{escape(node['attrs']['localId'], quote=False)}</ac:task-id>"
        f"<ac:task-status>{status}</ac:task-status>"
        f"<ac:task-body>{inner}</ac:task-body></ac:task>"
    )


def write_mention(node: Node, _inner: str) -> str:
    """A link to a person."""
    account_id = escape(node["attrs"]["id"])
    return f'<ac:link><ri:user ri:account-id="{account_id}" /></ac:link>'


def write_emoji(node: Node, _inner: str) -> str:
    """An emoji with its fallback."""
    attrs = node["attrs"]
    fallback = escape(attrs.get("text") or attrs["shortName"])
    name = escape(attrs["shortName"])
    return f'<ac:emoticon ac:emoji-shortname="{name}" ac:emoji-fallback="{fallback}" />'


def write_date(node: Node, _inner: str) -> str:
    """A date, from milliseconds."""
    stamp = str(node["attrs"]["timestamp"])
    return f'<time datetime="{escape(stamp)}" />'


def write_card(node: Node, _inner: str) -> str:
    """A smart link as a link."""
    url = escape(str(node["attrs"].get("url", "")))
    return f'<a href="{url}">{url}</a>'


def write_block_card(node: Node, inner: str) -> str:
    """A smart link on a line of its own."""
    return f"<p>{write_card(node, inner)}</p>"


WRITERS: dict[str, Callable[[Node, str], str]] = {
    "text": write_text,
    "heading": write_heading,
    "orderedList": write_ordered,
    "codeBlock": write_code,
    "panel": write_panel,
    "expand": write_expand,
    "nestedExpand": write_expand,
    "status": write_status,
    "extension": write_extension,
    "inlineExtension": write_extension,
    "bodiedExtension": write_extension,
    "table": write_table,
    "taskList": write_tasks,
    "taskItem": write_task,
    "decisionList": lambda _node, inner: f"<ul>{inner}</ul>",
    "decisionItem": lambda _node, inner: f"<li>{inner}</li>",
    "mention": write_mention,
    "emoji": write_emoji,
    "date": write_date,
    "inlineCard": write_card,
    "blockCard": write_block_card,
    "embedCard": write_block_card,
    "hardBreak": lambda _node, _inner: "<br />",
    "rule": lambda _node, _inner: "<hr />",
}
