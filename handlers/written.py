"""A page, or a text, as it will read in Confluence: shown before it is written."""

from collections.abc import Callable
from typing import Final

from bot.document import Document
from bot.documents import to_blocks
from bot.documents.to_slack import MAX_CHARACTERS
from handlers import blocks
from handlers.ask import Block

_LEAST: Final = 60
"""Characters of a text, of which fewer would tell nothing."""


def page(
    title: str, text: Document, *, most: int, holds: int | None = None, beyond: int = 0
) -> list[Block]:
    """Return a page in at most *most* blocks, its title whole; one of no title is a text.

    Its text is cut so that all of it weighs at most *holds*, if that is given. *beyond* are
    characters at the end of it that aren't here.
    """
    head = [blocks.title(title)] if title else []

    def made(characters: int) -> list[Block]:
        return [*head, *_text(text, most - len(head), characters, beyond)]

    return made(MAX_CHARACTERS) if holds is None else within(holds, made)


def within(holds: int, make: Callable[[int], list[Block]]) -> list[Block]:
    """Return what *make* makes with as many characters of text as weigh at most *holds*."""
    characters = holds
    while True:
        made = make(characters)
        if characters < _LEAST or blocks.weight(made) <= holds:
            return made
        characters = characters * 3 // 4


def and_more(missing: int) -> str:
    """Say that so many characters aren't shown."""
    return f"… and about {missing:,} characters more, which are written too."


def _text(text: Document, most: int, characters: int, beyond: int) -> list[Block]:
    said: list[int] = []

    def ending(missing: int) -> str:
        said.append(missing)
        return and_more(missing + beyond)

    shown: list[Block] = to_blocks(text, most=most - 1, ending=ending, characters=characters)
    if beyond and not said:
        shown.append(blocks.context(and_more(beyond)))
    return shown
