"""Finds the sections of a page in storage format, and changes one without touching the rest.

A section is what stands below a heading, up to the next heading of its level or a higher one,
or to the end of what the heading stands in: the page, or a cell of its layout. Headings inside
of macros, tables, lists and quotes are text of the section around them. The body is only ever
cut at offsets that a parser found, so what stands outside stays to the byte.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.document import Placement
from bot.documents.from_storage import from_storage
from bot.documents.offsets import OPENING, ROOT, Tag, walk
from bot.documents.text import text_of
from bot.errors import Ambiguous, NoSuchSection
from bot.frozen import frozen

MOST_NAMED: Final = 20
MOST_WORDS: Final = 80
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_LAYOUT: Final = frozenset({ROOT, "ac:layout", "ac:layout-section", "ac:layout-cell", "div"})
_MACROS: Final = frozenset({"ac:structured-macro", "ac:macro", "ac:adf-extension"})
_MARKER: Final = "ac:inline-comment-marker"


@frozen
class Section:
    """One section: its *heading* in words, and the *markup* below it, which *start* begins.

    Offsets count characters of the body.
    """

    heading: str
    level: int
    start: int
    end: int
    markup: str


@frozen
class Lost:
    """What goes with a section that is replaced, beside its words."""

    macros: int = 0
    comments: int = 0


@dataclass(slots=True)
class _Found:
    """A heading as the parser meets it; offsets count bytes."""

    level: int
    depth: int
    begins: int
    is_empty: bool
    text_begins: int = -1
    ends: int = -1


@dataclass(slots=True)
class _Reader:
    """One pass over one body."""

    found: list[_Found] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    _begun: list[int] = field(default_factory=list)
    _inside: int = 0  # how many open elements aren't layout
    _open: list[_Found] = field(default_factory=list)

    def start(self, tag: Tag) -> None:
        """See ``walk``."""
        level = _HEADINGS.get(tag.name)
        if level is not None and not self._inside:
            self._close(tag.begins, level)
            self.found.append(_Found(level, len(self._begun), tag.begins, tag.is_empty))
            self._open.append(self.found[-1])
        self.counted[tag.name] += 1
        self._begun.append(tag.begins)
        self._inside += tag.name not in _LAYOUT

    def end(self, tag: Tag, at: int, behind: int) -> None:
        """See ``walk``."""
        self._begun.pop()
        self._inside -= tag.name not in _LAYOUT
        while self._open and self._open[-1].depth == len(self._begun) + 1:
            self._open.pop().ends = at  # what it stands in ends here
        last = self.found[-1] if self.found else None
        if last is not None and last.begins == tag.begins:
            last.text_begins = behind

    def _close(self, at: int, level: int) -> None:
        """End the sections that a heading at *at* ends, before what leads down to it."""
        below = [*self._begun, at]
        for each in self._open:
            if level <= each.level:
                each.ends = below[each.depth]
        self._open = [each for each in self._open if each.ends < 0]


def sections_of(markup: str) -> tuple[Section, ...]:
    """Return the sections of a body, from top to bottom; one holds those of lower levels.

    Raises:
        Unreadable: the body isn't well-formed.
    """
    return tuple(_sections(markup))


def _sections(markup: str) -> Iterator[Section]:
    reader = _Reader()
    data = walk(markup, reader.start, reader.end)
    read, start = len(OPENING), 0
    for each in reader.found:
        if each.is_empty:  # <h2 /> names nothing
            continue
        heading = data[each.begins : each.text_begins].decode()
        inner = data[each.text_begins : each.ends].decode()
        start += len(data[read : each.text_begins].decode())
        read = each.text_begins
        yield Section(_words(heading), each.level, start, start + len(inner), inner)


def find_section(markup: str, name: str) -> Section:
    """Return the one section whose whole heading is *name*, in whatever case.

    Raises:
        Unreadable: the body isn't well-formed.
        NoSuchSection: no heading says that; the error names those there are.
        Ambiguous: several do.
    """
    there = sections_of(markup)
    wanted = _plain(name)
    found = [each for each in there if wanted and _plain(each.heading) == wanted]
    if not found:
        raise NoSuchSection(_none(name, there), tuple(each.heading for each in there))
    if len(found) > 1:
        places = tuple(
            (str(place), each.heading) for place, each in enumerate(there) if each in found
        )
        raise Ambiguous(
            f"The page has {len(found)} headings “{_cut(name)}”, so nothing was changed. "
            "Give them different names in Confluence, then try again.",
            places,
        )
    return found[0]


def placed(markup: str, section: Section, addition: str, placement: Placement) -> str:
    """Return the body *markup* with *addition*, storage too, in *section*."""
    start = section.end if placement is Placement.END else section.start
    end = section.start if placement is Placement.START else section.end
    return markup[:start] + addition + markup[end:]


def lost_in(section: Section) -> Lost:
    """Count what goes with *section* if it is replaced: macros, and comments in its text."""
    reader = _Reader()
    walk(section.markup, reader.start, reader.end)
    macros = sum(reader.counted.get(name, 0) for name in _MACROS)
    return Lost(macros, reader.counted.get(_MARKER, 0))


def _words(heading: str) -> str:
    """Return what a heading says, as it is shown elsewhere."""
    return " ".join(text_of(from_storage(heading)).split())


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()


def _none(name: str, there: tuple[Section, ...]) -> str:
    if not there:
        return (
            f"The page has no headings, so there is no “{_cut(name)}” and nothing was changed. "
            "Choose another page, or add to the end of this one."
        )
    named = ", ".join(f"“{_cut(each.heading)}”" for each in there[:MOST_NAMED] if each.heading)
    return (
        f"The page has no heading “{_cut(name)}”, so nothing was changed. "
        f"Choose one that it has: {named}."
    )


def _cut(words: str) -> str:
    return words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1]}…"
