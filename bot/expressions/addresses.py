"""The address of a link, part of which a value may be."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from bot.documents.links import safe_href
from bot.expressions.readings import address_of
from bot.frozen import frozen
from bot.values import Value, text_of_value

_SEGMENT_FOLLOWS: Final = re.compile(r"https?://[^/?#]+[/?#]|mailto:", re.IGNORECASE)
_PATH_FOLLOWS: Final = ("/", "?", "#")
_IN_QUERY: Final = re.compile(r"[?#]")
_UP: Final = frozenset({".", ".."})


@frozen
class Filler:
    """What fills a hole."""

    value: Value


def address_from(pieces: Sequence[str | Filler]) -> str:
    """Return the address that *pieces* make; nothing, where a value isn't fit to be part of it.

    A value in front must be a whole address; behind a host it is percent-encoded. No value may
    be part of a host.
    """
    first, rest = (pieces[0], pieces[1:]) if pieces else ("", ())
    made = first if isinstance(first, str) else _beginning(first.value, rest)
    for piece in rest:
        if isinstance(piece, str):
            made += piece
            continue
        words = text_of_value(piece.value)
        if not _SEGMENT_FOLLOWS.match(made) or words in _UP:
            return ""
        made += quote(
            words, safe="@" if made.casefold().startswith("mailto:") else "", errors="replace"
        )
    return safe_href(made)


def _beginning(value: Value, rest: Sequence[str | Filler]) -> str:
    """Return the address that *value* is, if *rest* can go on from there."""
    made = address_of(value)
    if not rest:
        return made
    follows = rest[0]
    goes_on = isinstance(follows, str) and follows.startswith(_PATH_FOLLOWS)
    return made if goes_on and not _IN_QUERY.search(made) else ""
