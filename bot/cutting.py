"""Cuts text to a length, never through what people see as one character."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import regex

ELLIPSIS: Final = "…"
_ELLIPSIS_BYTES: Final = len(ELLIPSIS.encode())
_GRAPHEME: Final = regex.compile(r"\X")


def cut(text: str, most: int) -> str:
    """Return *text* in at most *most* characters, with an ellipsis where some are missing."""
    if len(text) <= most:
        return text
    if most < 1:
        return ""
    # Where a grapheme starts is known from what stands before it: nothing later need be read.
    last = max(match.start() for match in _GRAPHEME.finditer(text[:most]))
    return text[:last].rstrip() + ELLIPSIS


def cut_bytes(text: str, most: int) -> str:
    """Return *text* in at most *most* bytes of UTF-8, with an ellipsis where some are missing.

    A lone surrogate, which UTF-8 can't carry, counts as the three bytes it would take.
    """
    if _size(text) <= most:
        return text
    if most < _ELLIPSIS_BYTES:
        return ""
    room = most - _ELLIPSIS_BYTES
    # A character takes a byte at least, so the cut is within the first *most* of them.
    graphemes = _GRAPHEME.findall(text[:most])[:-1]
    sizes = accumulate(_size(grapheme) for grapheme in graphemes)
    fitting = sum(1 for size in sizes if size <= room)
    return "".join(graphemes[:fitting]).rstrip() + ELLIPSIS


def split_at_graphemes(text: str, most: int) -> list[str]:
    """Return *text* in pieces of at most *most* characters each.

    Only a single grapheme that is longer than *most* is split.
    """
    pieces: list[str] = []
    start = 0
    while len(text) - start > most:
        # The window's last grapheme may go on behind it, so it belongs to the next piece.
        last = max(match.start() for match in _GRAPHEME.finditer(text, start, start + most + 1))
        end = last if last > start else start + most
        pieces.append(text[start:end])
        start = end
    return [*pieces, text[start:]]


def shares(sizes: Sequence[int], room: int) -> list[int]:
    """Return how much of *room* each gets: what it needs by its size, or as much as any other."""
    given = [0] * len(sizes)
    by_size = sorted(range(len(sizes)), key=sizes.__getitem__)
    for left, place in zip(range(len(sizes), 0, -1), by_size, strict=True):
        given[place] = min(sizes[place], max(room, 0) // left)
        room -= given[place]
    return given


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
