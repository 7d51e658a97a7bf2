"""What changed between two versions of a page, for people to read."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Final

from bot.cutting import cut
from bot.document import Document
from bot.documents import text_of
from bot.values import Thing, Value

MOST_LINES: Final = 1_500
"""Of each version; the comparison may take the square of it."""
MOST_CHANGES: Final = 100
LONGEST_LINE: Final = 300


def changes_between(older: Document, newer: Document) -> Mapping[str, Value]:
    """Return the lines that were *added* and *removed*, and each place's *changes*.

    A change is a thing with its *kind* (added, removed, changed), *before* and *after*.
    """
    before, after = _lines(older), _lines(newer)
    changes = tuple(_changes(before, after))[:MOST_CHANGES]
    added = [line for each in changes for line in _texts(each, "after")]
    removed = [line for each in changes for line in _texts(each, "before")]
    return {"added": tuple(added), "removed": tuple(removed), "changes": changes}


def _lines(document: Document) -> list[str]:
    lines = (" ".join(line.split()) for line in text_of(document).split("\n"))
    return [cut(line, LONGEST_LINE) for line in lines if line][:MOST_LINES]


_KINDS: Final = {"insert": "added", "delete": "removed", "replace": "changed"}
_WORDS: Final = {"added": "Added", "removed": "Removed", "changed": "Changed"}


def _changes(before: list[str], after: list[str]) -> Iterator[Thing]:
    matcher = SequenceMatcher(None, before, after)
    for tag, begin, end, from_, to in matcher.get_opcodes():
        if tag == "equal":
            continue
        kind = _KINDS[tag]
        old, new = tuple(before[begin:end]), tuple(after[from_:to])
        label = f"{_WORDS[kind]}: {_shown(old, new)}"
        yield Thing("change", label, {"kind": kind, "before": old, "after": new})


def _shown(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    if old and new:
        return f"“{cut(' '.join(old), LONGEST_LINE)}” is now “{cut(' '.join(new), LONGEST_LINE)}”"
    return f"“{cut(' '.join(old or new), LONGEST_LINE)}”"


def _texts(change: Thing, name: str) -> tuple[str, ...]:
    held = change.fields[name]
    return tuple(map(str, held)) if isinstance(held, tuple) else ()
