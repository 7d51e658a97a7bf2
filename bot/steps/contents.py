"""What planned writes put into Confluence, as much of it as their person is shown before."""

from collections.abc import Iterable
from typing import Final

from bot.cutting import cut, shares
from bot.dialog import Content
from bot.document import Block, Document, Paragraph, Text
from bot.documents import document_in, text_of
from bot.steps.writing import Puts
from bot.written import write

MOST_SHOWN: Final = 12_000
"""Characters of all that a plan puts there: neither a message nor a modal shows more."""


_MARKS_EACH: Final = 20
_MOST_MARKS: Final = 10_000
"""Characters of JSON for each of a text and besides: a plan is kept with all that it shows."""


def contents_of(planned: Iterable[tuple[str, Puts]]) -> tuple[Content, ...]:
    """Return what the writes of those keys put there: what several do, once.

    Where all of it is too long, each of the long ones is cut to the same length.
    """
    keys: dict[tuple[str, Document], list[str]] = {}
    for key, puts in planned:
        keys.setdefault((puts.title, document_in(puts.body)), []).append(key)
    sizes = [len(text_of(body)) for _, body in keys]
    given = shares(sizes, MOST_SHOWN)
    return tuple(
        _content(tuple(found), title, body, room)
        for ((title, body), found), room in zip(keys.items(), given, strict=True)
    )


def _content(keys: tuple[str, ...], title: str, body: Document, room: int) -> Content:
    shown = _beginning(body, room)
    if len(write(shown)) > _MOST_MARKS + _MARKS_EACH * room:  # more structure than words
        shown = Document((Paragraph((Text(cut(text_of(shown), room)),)),))
    missing = len(text_of(body)) - len(text_of(shown))
    return Content(keys, title, write(shown), max(missing, 0))


def _beginning(document: Document, room: int) -> Document:
    """Return *document* up to *room* characters: the block that goes beyond them as plain text."""
    if len(text_of(document)) <= room:
        return document
    kept: list[Block] = []
    for block in document.blocks:
        words = text_of(Document((block,)))
        if len(words) > room:
            kept.append(Paragraph((Text(cut(words, room)),)))
            break
        kept.append(block)
        room -= len(words)
    return Document(tuple(kept))
