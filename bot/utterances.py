"""What starts a task: patterns such as ``write a page in {space} about {title}``, and one line.

Matching takes whole words, folds case, and guesses nothing. There is no going back over the
text: words are found in a pattern's order, and what lies between them is what is said of its
entities.
"""

import difflib
import itertools
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from bot.errors import BadInput
from bot.frozen import frozen
from bot.template import Entity

LONGEST: Final = 2_000
"""In characters; what is longer is no utterance."""

_HOLE: Final = re.compile(r"\{\s*([a-zA-Z][a-zA-Z0-9_]*)\s*\}")
_PIECE: Final = re.compile(r'(?:"[^"]*"|“[^”]*”|«[^»]*»)(?=[\s,;.!?…]|$)[,;.!?…]*|\S+')
_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
_STRAIGHT: Final = str.maketrans("’‘", "''")
_AROUND: Final = ",;:.!?…"
_OPENING: Final = '"“„«'
_CLOSING: Final = '"“”»'
Key = TypeVar("Key", bound=Hashable)
Known = Mapping[str, str]


@frozen
class Utterance:
    """A pattern: the words before its first hole, and each hole with the words behind it."""

    source: str
    start: tuple[str, ...]
    holes: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def literal(self) -> int:
        """How many words it names."""
        return len(self.start) + sum(len(words) for _, words in self.holes)


def compile_utterance(source: str) -> Utterance:
    """Read a pattern.

    Raises:
        BadInput: a brace stands alone, two holes have nothing between them, one stands twice,
            or there is no word.
    """
    pieces = _HOLE.split(source)
    names, between = pieces[1::2], pieces[::2]
    if any(brace in piece for piece in between for brace in "{}"):
        raise BadInput(f"“{source}” has a brace without an entity's name in it, as in {{title}}.")
    if len(set(names)) < len(names):
        raise BadInput(f"“{source}” names an entity twice.")
    words = [tuple(filter(None, map(_folded, piece.split()))) for piece in between]
    if not any(words):
        raise BadInput(f"“{source}” has no words of its own, so everything would mean it.")
    if any(not piece for piece in words[1:-1]):
        raise BadInput(f"“{source}” has two entities with no word between them.")
    if any(not _is_apart(before, after) for before, after in itertools.pairwise(between)):
        raise BadInput(f"“{source}” has an entity that isn't a word of its own.")
    return Utterance(source, words[0], tuple(zip(names, words[1:], strict=True)))


def _is_apart(before: str, after: str) -> bool:
    """Tell whether a hole stands by itself, apart from quotes and punctuation around it."""
    return not (before[-1:].isalnum() or after[:1].isalnum())


def match_all(
    text: str, utterances: Mapping[Key, Iterable[Utterance]]
) -> Sequence[tuple[Key, Known]]:
    """Return whose utterances fit *text* best, each with what is said of its entities.

    Those with the most words of their own fit best; of several that fit equally well and have
    the same owner, the first counts.
    """
    if len(text) > LONGEST:
        return ()
    said = _Said(text)
    found: dict[Key, tuple[int, Known]] = {}
    for key, patterns in utterances.items():
        for pattern in patterns:
            known = said.match(pattern)
            if known is not None and pattern.literal > found.get(key, (0, {}))[0]:
                found[key] = pattern.literal, known
    best = max((literal for literal, _ in found.values()), default=0)
    return [(key, known) for key, (literal, known) in found.items() if literal == best]


class _Said:
    """A text in its words; one in quotes is what is said of an entity, whatever its words."""

    def __init__(self, text: str) -> None:
        self._text = text.strip().rstrip(_AROUND)
        self._places = [each.span() for each in _PIECE.finditer(self._text)]
        self._words = [_folded(self._text[start:end]) for start, end in self._places]

    def match(self, pattern: Utterance) -> Known | None:
        """Return what it says of the pattern's entities, if it is one of those."""
        place = len(pattern.start)
        if tuple(self._words[:place]) != pattern.start:
            return None
        if not pattern.holes:
            return {} if place == len(self._words) else None
        known: dict[str, str] = {}
        *inner, (last, end) = pattern.holes
        for name, words in inner:
            begins = self._find(words, place + 1)
            if begins is None:
                return None
            known[name] = self._between(place, begins)
            place = begins + len(words)
        ends = len(self._words) - len(end)
        if ends <= place or tuple(self._words[ends:]) != end:
            return None
        return known | {last: self._between(place, ends)}

    def _find(self, words: tuple[str, ...], start: int) -> int | None:
        """Return where *words* stand first, from *start*."""
        places = range(start, len(self._words) - len(words) + 1)
        return next((at for at in places if self._starts(words, at)), None)

    def _starts(self, words: tuple[str, ...], at: int) -> bool:
        return all(self._words[at + each] == word for each, word in enumerate(words))

    def _between(self, start: int, end: int) -> str:
        return unquoted(self._text[self._places[start][0] : self._places[end - 1][1]].rstrip(",; "))


def unquoted(text: str) -> str:
    """Return *text* without the quotes around the whole of it."""
    inner = text[1:-1]
    is_quoted = len(text) > 1 and text[0] in _OPENING and text[-1] in _CLOSING
    return inner if is_quoted and not set(inner) & set(_OPENING + _CLOSING) else text


def _folded(word: str) -> str:
    """Return a word as it is compared; nothing of a quoted one, which is compared with none."""
    if word[0] in _OPENING:
        return word
    return word.translate(_STRAIGHT).casefold().strip(_AROUND)


def read_line(text: str, entities: Sequence[Entity]) -> Mapping[str, str]:
    """Return what a line such as ``title="Use Mongo" space=ENG`` says of which entity.

    A value with blanks stands in double quotes, straight or typographic; a backslash makes
    any character after it a plain one.

    Raises:
        BadInput: it names what is no entity, or one twice, or words stand alone.
    """
    known: dict[str, str] = {}
    place = _skip(text, 0)
    while place < len(text):
        name = _NAME.match(text, place)
        if name is None or text[name.end() : name.end() + 1] != "=":
            raise BadInput(_stray(text[place:].split(maxsplit=1)[0], entities))
        entity = check_name(name[0], entities)
        if entity in known:
            raise BadInput(f"“{name[0]}” stands there twice, so nothing was begun.")
        known[entity], place = _value(text, name.end() + 1)
        place = _skip(text, place)
    return known


def check_name(name: str, entities: Iterable[Entity]) -> str:
    """Return the entity that is called *name*, in whatever case.

    Raises:
        BadInput: none is; it says which there are.
    """
    names = {entity.name.casefold(): entity.name for entity in entities}
    found = names.get(name.casefold())
    if found is None:
        near = difflib.get_close_matches(name.casefold(), names, n=1)
        meant = f" Did you mean “{names[near[0]]}”?" if near else ""
        raise BadInput(f"There is no “{name}” here, so nothing was begun.{meant} {_all_of(names)}")
    return found


def _stray(word: str, entities: Sequence[Entity]) -> str:
    names = {entity.name: entity.name for entity in entities}
    return (
        f"I can't tell what “{word}” is for, so nothing was begun. Say what each thing is, with "
        f'quotes around several words, as in title="Use Mongo". {_all_of(names)}'
    )


def _all_of(names: Mapping[str, str]) -> str:
    return f"There is: {', '.join(names.values())}." if names else "There is nothing to fill in."


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _value(text: str, place: int) -> tuple[str, int]:
    """Return the value that begins at *place*, and where it ends."""
    is_quoted = bool(text[place : place + 1]) and text[place] in _OPENING + "”"
    if not is_quoted:
        return _read_to(text, place, str.isspace)
    value, end = _read_to(text, place + 1, _closing(text, place).__contains__)
    if end >= len(text):
        raise BadInput("A quote is opened and never closed, so nothing was begun.")
    if text[end + 1 : end + 2].strip():
        raise BadInput(f"A blank is missing behind “{value}”, so nothing was begun.")
    return value, end + 1


def _closing(text: str, place: int) -> str:
    """Return what closes the quote at *place*: its own kind, or any where that isn't there."""
    own = '"' if text[place] == '"' else _CLOSING.replace('"', "")
    return own if any(each in text[place + 1 :] for each in own) else _CLOSING


def _read_to(text: str, place: int, ends: Callable[[str], bool]) -> tuple[str, int]:
    """Return what stands until a character that *ends* it, with its backslashes read."""
    read: list[str] = []
    while place < len(text) and not ends(text[place]):
        if text[place] == "\\" and place + 1 < len(text):
            place += 1
        read.append(text[place])
        place += 1
    return "".join(read), place
