"""What every check works with: the texts of a template by their places, and the complaints."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, Final, get_args, get_type_hints

from bot.errors import ExpressionRefused, Problem
from bot.expressions import (
    Compiled,
    CompiledBody,
    compile_body,
    compile_expression,
    compile_text,
)
from bot.frozen import frozen
from bot.plain_yaml import Path, Place, Places, where
from bot.template import Holes, Part, Step
from bot.values import measured

MOST_BRACKETS: Final = 1_000
"""Of a body: with each that may begin a link, the parser looks through those before."""
MOST_PARTS: Final = 10_000
"""Of a body, as `bot.values.measured` counts them: bodies are kept as they were read."""


@frozen
class Said:
    """A text with holes, or an expression, and where it stands."""

    path: Path
    text: str
    holes: Holes


@dataclass(slots=True)
class Complaints:
    """The problems that were found, each at its place where that is known."""

    places: Places | None = None
    found: list[Problem] = field(default_factory=list)

    def add(self, path: Path, message: str) -> None:
        """Complain of the part at *path*."""
        self._add(self.places.at(path) if self.places else Place(), path, message)

    def add_within(self, path: Path, line: int, column: int, message: str) -> None:
        """Complain of something in the text at *path*."""
        place = self.places.within(path, line, column) if self.places else Place()
        self._add(place, path, message)

    def _add(self, place: Place, path: Path, message: str) -> None:
        self.found.append(Problem(place.line, place.column, where(path), message))

    def compiled(self, said: Said, *, allows_token: bool = False) -> Compiled | CompiledBody | None:
        """Return *said*, compiled; complain where that can't be."""
        try:
            if said.holes is Holes.EXPRESSION:
                return compile_expression(said.text)
            if said.holes is Holes.MARKDOWN:
                return self._body(said)
            return compile_text(said.text, allows_token=allows_token)
        except ExpressionRefused as refused:
            self.add_within(said.path, refused.line, refused.column, refused.why)
            return None

    def _body(self, said: Said) -> CompiledBody | None:
        """Return a body; complain where it is much more than a page has."""
        if said.text.count("[") > MOST_BRACKETS:
            told = f"it has more than {MOST_BRACKETS:,} “[”: nobody reads so many links"
            self.add(said.path, told)
            return None
        body = compile_body(said.text)
        if sum(1 for _ in islice(measured(body.document), MOST_PARTS + 1)) > MOST_PARTS:
            self.add(said.path, "it has too many parts: take some of its marks, rows or items out")
            return None
        return body


def texts_in(part: Part, path: Path) -> Iterator[Said]:
    """Yield what may have holes in *part*, and in the parts inside of it, but for other steps."""
    hints = _hints(type(part))
    for name, info in type(part).model_fields.items():
        value, inner = getattr(part, name), (*path, info.alias or name)
        holes = hints[name]
        if holes is not None:
            yield from _texts(value, inner, holes)
        yield from _inside(value, inner)


def _inside(value: object, path: Path) -> Iterator[Said]:
    if isinstance(value, Part) and not isinstance(value, Step):
        yield from texts_in(value, path)
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from _inside(each, (*path, number))


def _texts(value: object, path: Path, holes: Holes) -> Iterator[Said]:
    if isinstance(value, str):
        yield Said(path, value, holes)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, (*path, key), holes)
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _texts(each, (*path, number), holes)


@cache
def _hints(kind: type[Part]) -> dict[str, Holes | None]:
    hints = get_type_hints(kind, include_extras=True)
    return {name: _mark(hints[name]) for name in kind.model_fields}


def _mark(hint: Any) -> Holes | None:  # noqa: ANN401  # any annotation
    if isinstance(hint, Holes):
        return hint
    marks = (_mark(each) for each in get_args(hint))
    return next((each for each in marks if each is not None), None)
