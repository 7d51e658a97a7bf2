"""Whom a text mentions: Slack's members, as the people whom Confluence knows."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from bot.document import Document, Mention

Node = TypeVar("Node")
Found = TypeVar("Found")
MOST: Final = 20
"""So many members are looked up; the rest keep the name that they came with."""

AT_ONCE: Final = 5
"""So many are looked up side by side."""

SOMEBODY: Final = "somebody"
"""Who isn't known by name: a member's id says nothing outside of Slack."""


def members_in(document: Document) -> tuple[str, ...]:
    """Return the Slack ids that *document* mentions, each once, in their order."""
    found = (each.member for each in _mentions(document) if each.member and not each.account)
    return tuple(dict.fromkeys(found))[:MOST]


async def each_of(document: Document, find: Callable[[str], Awaitable[Found]]) -> dict[str, Found]:
    """Return what *find* finds of each member whom *document* mentions."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def found(member: str) -> Found:
        async with turns:
            return await find(member)

    members = members_in(document)
    return dict(zip(members, await asyncio.gather(*map(found, members)), strict=True))


def with_people(document: Document, people: Mapping[str, Mention]) -> Document:
    """Return *document* with each member's mention replaced by whom *people* says it is.

    Whoever has neither an account nor a name is somebody.
    """
    return _mapped(document, people)


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
        return _named(people.get(node.member, node))  # type: ignore[return-value]  # a mention for a mention
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


def _named(mention: Mention) -> Mention:
    if mention.account or mention.name or not mention.member:
        return mention
    return replace(mention, name=SOMEBODY)
