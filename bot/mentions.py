"""Whom a text mentions: Slack's members, as the people whom Confluence knows."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from bot.document import Document, Mention

Node = TypeVar("Node")
MOST = 20
"""So many members are looked up; the rest keep the name that they came with."""


def members_in(document: Document) -> tuple[str, ...]:
    """Return the Slack ids that *document* mentions, each once, in their order."""
    found = (each.member for each in _mentions(document) if each.member and not each.account)
    return tuple(dict.fromkeys(found))[:MOST]


def with_people(document: Document, people: Mapping[str, Mention]) -> Document:
    """Return *document* with each member's mention replaced by whom *people* says it is."""
    return _mapped(document, people) if people else document


def _mentions(node: object) -> Iterator[Mention]:
    if isinstance(node, Mention):
        yield node
    elif isinstance(node, tuple):
        for each in node:
            yield from _mentions(each)
    elif is_dataclass(node):
        for part in fields(node):
            yield from _mentions(getattr(node, part.name))


def _mapped(node: Node, people: Mapping[str, Mention]) -> Node:
    if isinstance(node, Mention):
        return people.get(node.member, node)  # type: ignore[return-value]  # a mention for a mention
    if isinstance(node, tuple):
        return tuple(_mapped(each, people) for each in node)  # type: ignore[return-value]  # same shape
    if not is_dataclass(node) or isinstance(node, type):
        return node
    changed: dict[str, Any] = {}
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, tuple):
            changed[part.name] = _mapped(value, people)
    return replace(node, **changed) if changed else node
