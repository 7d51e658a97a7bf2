"""What Confluence has, as the things that expressions see."""

import html
import math
import re
from collections.abc import Iterable
from typing import Final

from bot.content import (
    Attachment,
    Comment,
    Hit,
    PageId,
    Site,
    Space,
    SpaceId,
    SpaceKey,
    Version,
)
from bot.cutting import cut, cut_bytes
from bot.documents import text_of
from bot.errors import BadInput, ExpressionFailed
from bot.expressions.fitting import fitted
from bot.expressions.mistakes import Mistake
from bot.search import unmarked
from bot.things import BLOG, person_thing
from bot.values import MAX_BYTES, Thing, Value

_LONGEST_LABEL: Final = 80
_KINDS: Final = {"blogpost": BLOG}


def space_in(thing: Thing) -> Space | None:
    """Return the space that *thing* is."""
    found = [thing.fields.get(name) for name in ("id", "key", "name")]
    if thing.kind != "space" or not all(isinstance(each, str) and each for each in found):
        return None
    space_id, key, name = map(str, found)
    return Space(SpaceId(space_id), SpaceKey(key), name)


def hit_thing(hit: Hit, site: Site) -> Thing:
    """Return one search result."""
    title = unmarked(hit.title)
    return Thing(
        "page",
        title,
        {
            "id": hit.content_id or "",
            "title": title,
            "url": hit.url,
            "kind": _KINDS.get(hit.kind, hit.kind),
            "site": site.cloud_id,
            "space": None,
            "version": 0,
            "excerpt": _plain(hit.excerpt),
            "space_name": hit.space_name,
            "author": hit.author,
            "changed": hit.changed_at,
        },
    )


def comment_thing(comment: Comment) -> Thing:
    """Return a comment."""
    words = cut_bytes(text_of(comment.text), MAX_BYTES)
    return Thing(
        "comment",
        cut(" ".join(words.split()), _LONGEST_LABEL),
        {
            "id": comment.id,
            "text": words,
            "author": person_thing(account=comment.author),
            "url": comment.url,
            "at": comment.at,
        },
    )


def version_thing(version: Version) -> Thing:
    """Return one version of a page."""
    return Thing(
        "version",
        f"version {version.number}",
        {
            "number": version.number,
            "at": version.at,
            "author": person_thing(account=version.author),
            "message": version.message,
        },
    )


def attachment_thing(attachment: Attachment) -> Thing:
    """Return a file on a page."""
    return Thing(
        "attachment",
        attachment.name,
        {
            "id": attachment.id,
            "name": attachment.name,
            "type": attachment.kind,
            "size": attachment.size,
            "url": attachment.url,
        },
    )


def value_of_json(held: object) -> Value:
    """Return what a REST call answered; an object is a thing of its own kind.

    A field of more than 200 characters is none that anybody names.
    """
    waiting = 0

    def made(part: object, depth: int) -> Value:
        nonlocal waiting
        waiting += 1
        if waiting > _MOST_PARTS or depth > _DEEPEST:
            return None
        if isinstance(part, dict):
            named = {_sound(str(name)): each for name, each in part.items()}
            fields = {
                name: made(each, depth + 1)
                for name, each in named.items()
                if len(name) <= _LONGEST_NAME
            }
            return Thing("object", "", fields)
        if isinstance(part, list):
            return tuple(made(each, depth + 1) for each in part)
        if isinstance(part, str):
            return _sound(part)
        return _number(part) if isinstance(part, int | float) else None

    return made(held, 0)


def _number(number: float) -> Value:
    """Return *number*: as text what a database or JSON has no room for, and nothing for none."""
    if isinstance(number, int):
        return number if number.bit_length() < _MOST_BITS else str(number)
    return number if math.isfinite(number) else None


def _sound(text: str) -> str:
    """Return *text* without halves of characters, which JSON can name and nothing can keep."""
    return text.encode(errors="replace").decode()


_LONGEST_NAME: Final = 200
_MOST_BITS: Final = 64
_MOST_PARTS: Final = 20_000
_DEEPEST: Final = 30


def bounded(value: Value) -> Value:
    """Return *value* in at most 64 kB."""
    try:
        return fitted(value)
    except Mistake as error:
        raise ExpressionFailed(
            f"What Confluence answered can't be used here: {error}. Nothing more was done: choose "
            "something else."
        ) from None


def page_id_in(thing: Thing) -> PageId | None:
    """Return the id of the page that *thing* is; ``None`` if it hasn't one yet."""
    found = thing.fields.get("id")
    if found in {None, ""}:
        return None
    if not isinstance(found, str) or not (found.isascii() and found.isalnum()):
        raise BadInput("That can't be a page's id, so nothing was done. Give a page's link.")
    return PageId(found)


def texts_in(value: Value) -> Iterable[str]:
    """Yield the texts of what one hole gave: each of a list, or the lines of a text."""
    for each in value if isinstance(value, tuple) else (value,):
        words = each.label if isinstance(each, Thing) else each
        if isinstance(words, str):
            yield from (part.strip() for part in re.split(r"[,\n]", words) if part.strip())


def _plain(excerpt: str) -> str:
    return " ".join(html.unescape(unmarked(excerpt)).split())
