"""Reads YAML that says what it seems to say: a tree of texts, lists and mappings with places.

Tags, anchors, merge keys, directives and several documents are refused, as is a file that is
larger, deeper or fuller than a person would write. Nothing is made of a scalar but text, truth,
nothing, or a number as JSON writes it (https://yaml.org/spec/1.2.2/#103-core-schema without the
rest): ``no``, ``on``, ``1.0.0`` and ``2026-11-23`` are text.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from bot.errors import Problem, TemplateRefused
from bot.frozen import frozen

MOST_BYTES: Final = 200_000
MOST_DEEP: Final = 20
MOST_NODES: Final = 10_000
MOST_PROBLEMS: Final = 20
MOST_SHOWN: Final = 60
"""Characters of a file that are quoted in a complaint."""

# Written in C where the package has it, as its wheels have.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER: Final = re.compile(
    r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?([eE][-+]?[0-9]{1,2})?", re.ASCII
)
_TRUTH: Final = dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(
    ("false", "False", "FALSE"), False
)
_EMPTY: Final = frozenset({"", "~", "null", "Null", "NULL"})
# Control characters, what only YAML takes for the end of a line, what turns text around
# (https://trojansource.codes), and what takes no room. What joins letters and emoji may stand,
# and so may the tags that make a flag of a black one (https://www.unicode.org/reports/tr51/#valid-emoji-tag-sequences).
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u115f\u1160\u17b4\u17b5\u180e\u200b\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e001f]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]"
)

_QUOTES: Final = 'a text with ": ", or one that begins with {{ or [, needs quotes around it'
_WORDED: Final = {
    "mapping values are not allowed": f"this colon makes no sense to YAML: {_QUOTES}. If there "
    "is no such text, this line or the one above is indented wrongly",
    "expected '-' indicator": "this line is indented otherwise than those that it goes with: lines "
    "of one list or mapping begin in the same column",
    "expected <block end>": "this line doesn't go with those above: either it is indented "
    "otherwise than they are, or a quote or bracket above isn't closed where it should be",
    "find expected key": "this line doesn't go with those above: either it is indented otherwise "
    "than they are, or a quote or bracket above isn't closed where it should be",
    "find expected ':'": "a word with a colon behind it was expected, as in `name: value`: if this "
    "is more of the text above, indent it further than the line where the text begins",
    "cannot start any token": "a text that begins with {sign} needs quotes around it",
    "alphabetic or numeric character": "a text that begins with * or & needs quotes around it",
    "expected ',' or": "a comma or the closing bracket is missing here: a text with quotes, "
    "brackets or commas in it needs quotes around it",
    "expected node content": "something is missing here: is a bracket or a brace closed?",
    "unexpected end of stream": "a quote isn't closed",
    "mapping keys are not allowed": "a text that begins with “? ” needs quotes around it",
}
"""What libyaml complains of, by a part of its words, in ours."""

Path = tuple[str | int, ...]


@frozen
class Place:
    """Where something stands, counted from 1."""

    line: int = 1
    column: int = 1


@frozen
class Scalar:
    """A text as it was written; *style* is the sign that quotes it, none for plain.

    *indent* is how far a block's lines are moved to the right.
    """

    text: str
    style: str
    place: Place
    indent: int = 0

    @property
    def value(self) -> str | bool | int | float | None:
        """Return what it stands for."""
        if self.style:
            return self.text
        if self.text in _EMPTY:
            return None
        if self.text in _TRUTH:
            return _TRUTH[self.text]
        found = _NUMBER.fullmatch(self.text)
        if found is None:
            return self.text
        return float(self.text) if found[2] or found[3] else int(self.text)


@frozen
class Listed:
    """A list."""

    items: tuple["Node", ...]
    place: Place


@frozen
class Mapped:
    """A mapping; of a key that stands twice the first."""

    entries: dict[str, tuple[Scalar, "Node"]]
    place: Place


Node = Scalar | Listed | Mapped


@frozen
class Places:
    """Where in a file each part of what it says stands."""

    root: Node

    def find(self, path: Path) -> Node:
        """Return the node at *path*, or the nearest around it."""
        node = self.root
        for step in path:
            inner = _child(node, step)
            if inner is None:
                break
            node = inner
        return node

    def at(self, path: Path) -> Place:
        """Return where the part at *path* begins, with its key if it has one."""
        key = self.key(path)
        return key.place if key else self.find(path).place

    def key(self, path: Path) -> Scalar | None:
        """Return the key of the part at *path*."""
        around = self.find(path[:-1]) if path else None
        found = around.entries.get(str(path[-1])) if isinstance(around, Mapped) else None
        return found[0] if found else None

    def within(self, path: Path, line: int, column: int) -> Place:
        """Return where the *line* and *column* of the text at *path* stand in the file."""
        node = self.find(path)
        if not isinstance(node, Scalar):
            return node.place
        begin = node.place
        if node.style == "|":
            return Place(begin.line + line, column + node.indent)
        if node.style == ">" or line > 1:
            return Place(begin.line + 1 if node.style == ">" else begin.line, begin.column)
        return Place(begin.line, begin.column + column - 1 + len(node.style))


def read_yaml(source: str | bytes) -> tuple[Node, list[Problem]]:
    """Return what *source* says, and what is wrong with it that doesn't keep it from being read.

    Raises:
        TemplateRefused: it can't be read, or is nothing that anybody should read.
    """
    text = _decoded(source)
    reader = _Reader(text)
    try:
        node = reader.read()
    except yaml.MarkedYAMLError as error:
        raise TemplateRefused([_unreadable(error, text)]) from None
    except yaml.YAMLError:
        raise TemplateRefused([Problem(1, 1, "", "this isn't YAML")]) from None
    return node, reader.problems


def data_of(node: Node) -> Any:  # noqa: ANN401  # whatever it says
    """Return *node* as Python's own lists, mappings and values."""
    match node:
        case Scalar():
            return node.value
        case Listed():
            return [data_of(item) for item in node.items]
        case Mapped():
            return {key: data_of(value) for key, (_, value) in node.entries.items()}


def shown(text: str) -> str:
    """Return *text* on one line and no longer than a complaint quotes it."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_SHOWN else f"{line[: MOST_SHOWN - 1]}…"


def where(path: Path) -> str:
    """Return *path* as people write it: ``steps[2].create.title``."""
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{shown(part)}" for part in path)
    return "".join(parts).removeprefix(".")


class _Reader:
    """Makes nodes of the parser's events, one after the other, and counts."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._lines = text.split("\n")
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self._nodes = 0

    def read(self) -> Node:
        next(self._events)
        begin = next(self._events)
        if isinstance(begin, yaml.StreamEndEvent):
            raise _refused(begin, "the file is empty")
        if isinstance(begin, yaml.DocumentStartEvent) and (begin.version or begin.tags):
            raise _refused(begin, "lines that begin with “%” aren't taken: leave them out")
        node = self._node(next(self._events), ())
        next(self._events)
        more = next(self._events)
        if not isinstance(more, yaml.StreamEndEvent):
            raise _refused(more, "a file holds one template: take out what follows “---”")
        return node

    def _node(self, event: yaml.Event, path: Path) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _refused(event, f"there is too much in it: {MOST_NODES:,} parts are the most")
        if len(path) > MOST_DEEP:
            raise _refused(event, f"this is nested too deep: {MOST_DEEP} levels are the most")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(event, "anchors (&…) and aliases (*…) aren't taken: write it out")
        if getattr(event, "tag", None):
            raise _refused(event, "tags (!…) aren't taken: put quotes around a text with “!”")
        if isinstance(event, yaml.SequenceStartEvent):
            return Listed(tuple(self._items(path)), _place(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, path)
        return self._scalar(event)

    def _items(self, path: Path) -> Iterator[Node]:
        number = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, (*path, number))
            number += 1

    def _mapping(self, begin: yaml.Event, path: Path) -> Mapped:
        entries: dict[str, tuple[Scalar, Node]] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if isinstance(event, yaml.CollectionStartEvent):
                raise _refused(event, _no_word(event))
            key = self._node(event, path)
            assert isinstance(key, Scalar)  # noqa: S101  # as nothing else is left
            value = self._node(next(self._events), (*path, key.text))
            self._keep(entries, key, value, path)
        return Mapped(entries, _place(begin))

    def _keep(
        self, entries: dict[str, tuple[Scalar, Node]], key: Scalar, value: Node, path: Path
    ) -> None:
        said = (*path, key.text)
        if key.text == "<<":
            self._complain(key.place, said, "merge keys (<<) aren't taken: write it out")
        elif key.text in entries:
            line = entries[key.text][0].place.line
            told = f"`{shown(key.text)}` stands twice: it is in line {line} already"
            self._complain(key.place, said, told)
        elif key.text == "":
            self._complain(key.place, said, "a key is missing before the colon")
        else:
            entries[key.text] = key, value

    def _complain(self, place: Place, path: Path, message: str) -> None:
        self.problems.append(Problem(place.line, place.column, where(path), message))

    def _scalar(self, event: yaml.Event) -> Scalar:
        assert isinstance(event, yaml.ScalarEvent)  # noqa: S101  # the parser gives nothing else
        place = _place(event)
        style = event.style or ""
        unseen = _UNSEEN.search(event.value)
        if unseen:
            raise _refused(event, _told(unseen))
        indent = self._indent(place, event) if style == "|" else 0
        return Scalar(event.value, style, place, indent)

    def _indent(self, place: Place, event: yaml.ScalarEvent) -> int:
        """Return how far the block's first line that has words stands to the right of its text."""
        texts = event.value.split("\n")
        lines = self._lines[place.line : place.line + len(texts)]
        pairs = zip(lines, texts, strict=False)
        return next((len(line) - len(text) for line, text in pairs if text.strip()), 0)


def _no_word(event: yaml.Event) -> str:
    """Return what to do about a list or a mapping where a key should be."""
    if isinstance(event, yaml.MappingStartEvent) and event.flow_style:
        return 'a text that begins with {{ needs quotes around it, as in "{{ title }}"'
    return "a key is a word, not a list or a mapping"


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Mapped):
        found = node.entries.get(str(step))
        return found[1] if found else None
    if isinstance(node, Listed) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def _decoded(source: str | bytes) -> str:
    size = len(source) if isinstance(source, bytes) else len(source.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        too_large = f"the file is too large: {MOST_BYTES // 1000} kB are the most"
        raise TemplateRefused([Problem(1, 1, "", too_large)])
    try:
        text = source.decode("utf-8") if isinstance(source, bytes) else source
        text.encode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        place = _place_of(_before(error), error.start)
        told = "this isn't UTF-8: save the file with that encoding"
        raise TemplateRefused([Problem(place.line, place.column, "", told)]) from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    unseen = _UNSEEN.search(text)
    if unseen:
        place = _place_of(text, unseen.start())
        raise TemplateRefused([Problem(place.line, place.column, "", _told(unseen))])
    return text


def _told(unseen: re.Match[str]) -> str:
    return f"the character U+{ord(unseen[0]):04X} can't be seen, and may not stand in a template"


def _before(error: UnicodeDecodeError | UnicodeEncodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return error.object[: error.start].decode("utf-8")
    return error.object[: error.start]


def _place_of(text: str, offset: int) -> Place:
    before = text[:offset]
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place()


def _refused(event: yaml.Event, message: str) -> TemplateRefused:
    place = _place(event)
    return TemplateRefused([Problem(place.line, place.column, "", message)])


def _unreadable(error: yaml.MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.split("\n")
    for number in (line, line - 1):
        begun = lines[number - 1] if 0 < number <= len(lines) else ""
        before = begun[: len(begun) - len(begun.lstrip())]
        if before.strip(" "):
            what = "a tab" if "\t" in before else "what only looks like a space"
            told = f"{what} stands before the text: indent with spaces"
            return Problem(number, column if number == line else 1, "", told)
    said = lines[line - 1] if line <= len(lines) else ""
    return Problem(line, column, "", _in_words(str(error.problem), said[column - 1 : column]))


def _in_words(why: str, sign: str) -> str:
    """Return what the parser complains of (libyaml's words, or PyYAML's own) in ours."""
    for part, words in _WORDED.items():
        if part in why:
            return words.format(sign=sign)
    return f"this isn't YAML: {shown(why)}. Look at this line and the one above"
