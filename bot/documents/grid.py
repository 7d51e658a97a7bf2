"""Draws a table with characters, for places that have no tables."""

import re
import unicodedata
from typing import Final

from bot.document import Cell, Table
from bot.documents.text import clean, words_of

MAX_ROWS: Final = 100
MAX_WIDTH: Final = 76
"""Columns of characters; wider tables break their lines on a laptop's screen."""

_SPACE: Final = re.compile(r"\s+")
_GAP: Final = "  "


def grid(table: Table) -> str:
    """Return *table* in aligned columns, or a line for each field where it is too wide."""
    rows = [[_words(cell) for cell in row] for row in table.rows[:MAX_ROWS]]
    widths = _column_widths(rows)
    if sum(widths) + len(_GAP) * len(widths) <= MAX_WIDTH:
        lines = [_aligned(row, widths) for row in rows]
    else:
        lines = _records(rows, has_header=_has_header(table))
    missing = len(table.rows) - MAX_ROWS
    if missing > 0:
        lines.append(f"… {missing} more rows")
    return "\n".join(lines)


def _words(cell: Cell) -> str:
    return _SPACE.sub(" ", clean(words_of(cell.content)))


def _has_header(table: Table) -> bool:
    return bool(table.rows and table.rows[0]) and all(cell.header for cell in table.rows[0])


def _column_widths(rows: list[list[str]]) -> list[int]:
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for column, text in enumerate(row):
            widths[column] = max(widths[column], _width(text))
    return widths


def _width(text: str) -> int:
    """Return how many columns *text* takes in a fixed-width font."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _aligned(row: list[str], widths: list[int]) -> str:
    fields = [text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=False)]
    return _GAP.join(fields).rstrip()


def _records(rows: list[list[str]], *, has_header: bool) -> list[str]:
    if not has_header:
        return [" | ".join(row) for row in rows]
    header, *records = rows
    return ["\n".join(_fields(header, record)) for record in records] or [" | ".join(header)]


def _fields(header: list[str], record: list[str]) -> list[str]:
    names = [*header, *[""] * (len(record) - len(header))]
    fields = zip(names, record, strict=False)
    return [f"{name}: {text}" if name else text for name, text in fields] + [""]
