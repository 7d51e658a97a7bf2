"""Titles, of which a space has each once, whatever its case."""

import unicodedata
from collections.abc import Iterable

from bot.content import Page


def titled(pages: Iterable[Page], title: str) -> Page | None:
    """Return the page of that title, in whatever case it is written."""
    wanted = _folded(title)
    return next((page for page in pages if _folded(page.title) == wanted), None)


def _folded(title: str) -> str:
    return " ".join(unicodedata.normalize("NFC", title).casefold().split())
