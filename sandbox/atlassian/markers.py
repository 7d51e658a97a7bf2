"""Where an inline comment stands in a body: a marker in storage, an annotation in ADF."""

import json
import re
from html import unescape
from typing import Any

from sandbox.atlassian.wiki import Body

MARKUP = re.compile(r"(<!\[CDATA\[.*?\]\]>|<!--.*?-->|<[^>]*>)", re.DOTALL)
# One letter as storage spells it.
SIGN = re.compile(r"&[#\w]+;|.", re.DOTALL)
Node = dict[str, Any]


def with_marker(body: Body, words: str, index: int, ref: str) -> Body:
    """*body* with a marker at the *index*th of *words*; as it was if they aren't in one piece."""
    if body.representation == "storage":
        return Body("storage", mark_storage(body.value, words, index, ref))
    document = json.loads(body.value)
    mark_nodes(document, words, [index], ref)
    return Body(body.representation, json.dumps(document, ensure_ascii=False))


def mark_storage(value: str, words: str, index: int, ref: str) -> str:
    """Storage with the marker; nothing else of its text changes."""
    parts = MARKUP.split(value)
    for place in range(0, len(parts), 2):
        signs = SIGN.findall(parts[place])
        pieces = "".join(map(unescape, signs)).split(words)
        if index < len(pieces) - 1:
            start = len(words.join(pieces[: index + 1]))
            held = "".join(signs[start : start + len(words)])
            opened = f'<ac:inline-comment-marker ac:ref="{ref}">'
            head, tail = "".join(signs[:start]), "".join(signs[start + len(words) :])
            parts[place] = f"{head}{opened}{held}</ac:inline-comment-marker>{tail}"
            return "".join(parts)
        index -= len(pieces) - 1
    return value


def mark_nodes(node: Node, words: str, left: list[int], ref: str) -> None:
    """The same in ADF; *left* holds how many of *words* are still to be passed by."""
    found: list[Node] = []
    for child in node.get("content", ()):
        count = child.get("text", "").count(words)
        if count and 0 <= left[0] < count:
            found += cut(child, words, left[0], ref)
        else:
            mark_nodes(child, words, left, ref)
            found.append(child)
        left[0] -= count
    if found:
        node["content"] = found


def cut(child: Node, words: str, index: int, ref: str) -> list[Node]:
    """A text node in up to three, the middle one with the annotation."""
    pieces = child["text"].split(words)
    head, tail = words.join(pieces[: index + 1]), words.join(pieces[index + 1 :])
    mark = {"type": "annotation", "attrs": {"id": ref, "annotationType": "inlineComment"}}
    middle = {**child, "text": words, "marks": [*child.get("marks", ()), mark]}
    around = [{**child, "text": text} if text else None for text in (head, tail)]
    return [each for each in (around[0], middle, around[1]) if each is not None]
