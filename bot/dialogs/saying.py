"""What a message in a dialog says: a word of control, answers by name, or an answer.

Nothing is guessed. A word of control is the whole message. An answer by name begins with the
name of an entity that there is; what doesn't is an answer to the question at hand.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from bot.dialogs.controls import Control, control_of
from bot.frozen import frozen
from bot.template import Entity, EntityType, in_words

LONGEST_WITH_NAMES: Final = 2_000
"""A longer message is an answer: nobody writes so much to change a field."""
_FILLERS: Final = frozenset(
    (
        *("no", "nope", "actually", "sorry", "wait", "oops", "oh", "ah", "hm", "hmm", "well"),
        *("ok", "okay", "please", "and", "but", "yes", "yeah"),
    )
)
_WRONG: Final = frozenset(("wrong", "incorrect", "not right", "not correct", "false"))
_RIGHT: Final = frozenset(("right", "correct"))
_QUOTES: Final = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’"}
_PIECE: Final = re.compile(r"[:=]|[^\s:=]+")
_BREAK: Final = re.compile(r"[,;\n]")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|[“„][^“”]*[“”]|«[^»]*»")
_COLONS: Final = frozenset({":", "="})
_ARTICLES: Final = frozenset({"the", "my"})
_CHANGING: Final = frozenset({"change", "set"})
_BEING: Final = (("should", "be"), ("must", "be"), ("shall", "be"), ("is",))
_PROSE: Final = frozenset({EntityType.LONG_TEXT, EntityType.RICH_TEXT})
_FREE: Final = _PROSE | {EntityType.TEXT, EntityType.PAGE, EntityType.ATTACHMENT}
"""Answers in whose words an entity's name may well stand by chance."""


@frozen
class Named:
    """One entity and the words for it; without words it is to be asked for again."""

    entity: str
    words: str | None


@frozen
class Said:
    """What a message says. *answer* is for the question at hand; *is_literal* is as it was sent.

    At most one of *control* on the one hand, *answer* and *named* on the other.
    """

    control: Control | None = None
    answer: str | None = None
    named: tuple[Named, ...] = ()
    is_literal: bool = True


def understand(text: str, entities: Sequence[Entity], asked: Entity | None) -> Said:
    """Return what *text* says, while *asked* is the question at hand.

    Whatever would be a word of control, or an answer by name, is an answer in quotes.
    """
    inner = _unquoted(text.strip())
    if inner is not None and not _is_answer(_unquoted_meaning(inner, entities, asked)):
        return Said(answer=inner, is_literal=False)
    return _unquoted_meaning(text, entities, asked)


def _is_answer(said: Said) -> bool:
    return said.control is None and not said.named


def _unquoted_meaning(text: str, entities: Sequence[Entity], asked: Entity | None) -> Said:
    control = control_of(text, asked)
    if control is not None:
        return Said(control=control)
    if len(text) <= LONGEST_WITH_NAMES:
        found = _Reader(text.strip(), entities, asked).read()
        if found is not None:
            return found
    return Said(answer=text)


def names_of(entity: Entity) -> frozenset[tuple[str, ...]]:
    """Return by which words people may call *entity*, each in its pieces."""
    return _names_of(entity.name, entity.title)


@lru_cache(maxsize=1024)
def _names_of(name: str, title: str) -> frozenset[tuple[str, ...]]:
    spoken = (name, in_words(name), title.rstrip("?:… "))
    return frozenset(
        filter(None, (tuple(piece for piece, _, _ in _pieces(each)) for each in spoken))
    )


def _unquoted(text: str) -> str | None:
    end = _QUOTES.get(text[:1])
    inner = text[1:-1]
    if end is None or len(text) < 3 or not text.endswith(end) or end in inner:  # noqa: PLR2004 - a word in its quotes
        return None
    return inner


def _pieces(text: str) -> list[tuple[str, int, int]]:
    return [(each[0].casefold(), each.start(), each.end()) for each in _PIECE.finditer(text)]


class _Reader:
    """Looks for answers by name in one message."""

    def __init__(self, text: str, entities: Sequence[Entity], asked: Entity | None) -> None:
        self._text = text
        self._asked = asked
        self._names = _names(entities)
        self._pieces = _pieces(text)

    def read(self) -> Said | None:
        """Return what is said by name; ``None`` if nothing is."""
        kind = self._asked.type if self._asked else None
        if kind in _PROSE and "\n" in self._text:
            return None
        begins = self._behind_fillers()
        starts = {begins} if kind in _PROSE else {begins, *self._starts(begins)}
        found = [(at, form) for at in sorted(starts) if (form := self._form(at)) is not None]
        if not found:
            return None
        first = found[0][0]
        lead = self._text[: self._end_before(first)].strip() if first > begins else ""
        if lead and self._asked is None:
            return None
        named = tuple(self._cut(found))
        return Said(answer=lead or None, named=named, is_literal=False)

    def _behind_fillers(self) -> int:
        """Return where what is said by name begins behind a “no” or an “actually”."""
        place = 0
        while self._word(place).strip(",.!…-") in _FILLERS:
            place += 1
        return place if place and self._form(place) is not None else 0

    def _starts(self, begins: int) -> Iterator[int]:
        """Yield where something may be said by name behind what begins it; not within quotes."""
        quoted = [each.span() for each in _QUOTED.finditer(self._text)]
        for place in (*self._breaks(begins), *self._listed(begins)):
            at = self._pieces[place][1] if place < len(self._pieces) else 0
            if not any(start < at < end for start, end in quoted):
                yield place

    def _listed(self, begins: int) -> Iterator[int]:
        """Yield what follows in a list of names with colons, which needs no commas between."""
        first = self._name_at(begins)
        if first is None or self._word(first[1]) not in _COLONS or first[0] in self._names.prose:
            return
        for place in range(first[1] + 1, len(self._pieces)):
            found = self._name_at(place)
            if found is not None and self._word(found[1]) in _COLONS:
                yield place
                if found[0] in self._names.prose:  # whatever stands there is of that text
                    return

    def _breaks(self, begins: int) -> Iterator[int]:
        """Yield where, after a comma or a line's end, something may begin."""
        start = self._pieces[begins][1] if self._pieces else 0
        ends = [each.end() for each in _BREAK.finditer(self._text, start)]
        places = iter(range(len(self._pieces)))
        for end in ends:
            for place in places:
                if self._pieces[place][1] >= end:
                    yield self._after_and(place)
                    break

    def _after_and(self, place: int) -> int:
        return place + 1 if self._word(place) == "and" else place

    def _cut(self, found: list[tuple[int, tuple[str, int | None]]]) -> Iterator[Named]:
        nexts = [at for at, _ in found[1:]]
        for (_, (entity, begins)), until in zip(found, [*nexts, None], strict=True):
            if begins is None:
                yield Named(entity, None)
                continue
            end = len(self._text) if until is None else self._end_before(until)
            words = self._text[begins:end].strip()
            inner = _unquoted(words)
            yield Named(entity, words if inner is None else inner)

    def _end_before(self, place: int) -> int:
        """Return where the text ends that stands before the break in front of *place*."""
        start = self._pieces[place][1]
        at = max(self._text.rfind(each, 0, start) for each in ",;\n")
        is_behind_it = at >= 0 and self._text[at + 1 : start].strip().casefold() in {"", "and"}
        if is_behind_it:
            return at
        return self._pieces[place - 1][1] if self._word(place - 1) == "and" else start

    def _form(self, at: int) -> tuple[str, int | None] | None:
        """Return the entity that is named at piece *at*, and where its words begin."""
        place = at
        changes = self._word(place) in _CHANGING
        place += changes
        place += self._word(place) in _ARTICLES
        found = self._name_at(place)
        return None if found is None else self._rest(*found, changes=changes)

    def _name_at(self, place: int) -> tuple[str, int] | None:
        """Return the entity whose name stands at *place*, and where that ends."""
        for length in range(min(self._names.longest, len(self._pieces) - place), 0, -1):
            pieces = tuple(piece for piece, _, _ in self._pieces[place : place + length])
            entity = self._names.of.get(pieces)
            if entity is not None:
                return entity, place + length
        return None

    def _rest(self, entity: str, place: int, *, changes: bool) -> tuple[str, int | None] | None:
        kind = self._asked.type if self._asked else None
        if changes:
            if place == len(self._pieces):
                return entity, None
            return self._value(entity, place + 1) if self._word(place) in {"to", "="} else None
        if self._word(place) in _COLONS:
            return None if kind in _PROSE else self._value(entity, place + 1)
        if kind not in _PROSE and self._is_wrong(place):
            return entity, None
        for words in _BEING:
            if all(self._word(place + each) == word for each, word in enumerate(words)):
                is_said = words == ("is",) and (kind in _PROSE or entity in self._names.prose)
                return None if is_said else self._value(entity, place + len(words))
        return None if kind in _FREE else self._value(entity, place)

    def _is_wrong(self, place: int) -> bool:
        """Tell whether all that is said of an entity is that it isn't right."""
        said = self._word(place)
        if said not in {"is", "isn't", "isn’t"} or place + 1 >= len(self._pieces):
            return False
        rest = self._text[self._pieces[place + 1][1] :].strip(" .!").casefold()
        return rest in (_WRONG if said == "is" else _RIGHT)

    def _value(self, entity: str, place: int) -> tuple[str, int] | None:
        return (entity, self._pieces[place][1]) if place < len(self._pieces) else None

    def _word(self, place: int) -> str:
        return self._pieces[place][0] if place < len(self._pieces) else ""


@frozen
class _Names:
    of: dict[tuple[str, ...], str]
    longest: int
    prose: frozenset[str]


def _names(entities: Sequence[Entity]) -> _Names:
    """Return whom each name means; what two are called means neither."""
    of: dict[tuple[str, ...], str] = {}
    for entity in entities:
        for name in names_of(entity):
            of[name] = "" if of.get(name, entity.name) != entity.name else entity.name
    clear = {name: entity for name, entity in of.items() if entity}
    prose = frozenset(each.name for each in entities if each.type in _PROSE)
    return _Names(clear, max(map(len, clear), default=0), prose)
