"""Texts with holes and whole expressions, read once and worked out as often as wanted."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from bot.cutting import cut, cut_bytes
from bot.errors import ExpressionFailed, Undefined
from bot.expressions import operators, source
from bot.expressions.closures import Path, Scope, Worked, read
from bot.expressions.fitting import TOO_DEEP, fitted
from bot.expressions.mistakes import Missing, Mistake, refused
from bot.frozen import frozen
from bot.values import MAX_BYTES, Value, text_of_value

HIDDEN: Final = "…"
"""What stands for the access token wherever nobody puts it in."""
KEPT: Final = 512
"""As many texts, expressions and bodies are kept as they were read."""

_SHOWN: Final = 80
_BRACES: Final = ("{{", "{%", "{#")
Values = Mapping[str, Value]


@frozen
class Hole:
    """One expression of a text: how it is written, and how it is worked out."""

    source: str
    work: Worked | None
    """Nothing, where it is the access token."""

    def value(self, scope: Scope) -> Value:
        """Return what it comes to, in at most 64 kB.

        Raises:
            Undefined: it names something that isn't there.
            ExpressionFailed: the values don't suit it.
        """
        if self.work is None:
            return HIDDEN
        try:
            value = fitted(self.work(scope))
            if type(value) is not str:
                scope.spend(value)
        except Missing as error:
            raise Undefined(_words(self.source, error)) from None
        except Mistake as error:
            raise ExpressionFailed(_words(self.source, error)) from None
        except RecursionError:
            raise ExpressionFailed(_words(self.source, Mistake(TOO_DEEP))) from None
        return value


@frozen
class Compiled:
    """A text with holes, or one expression.

    *names* are the paths that it uses, such as ``("page", "title")``: each as long as it is
    written, so that ``page`` alone isn't among them for that.
    """

    source: str
    parts: tuple[str | Hole, ...]
    names: frozenset[Path]

    @property
    def uses_token(self) -> bool:
        """Tell whether the access token stands in it."""
        return any(isinstance(part, Hole) and part.work is None for part in self.parts)

    @property
    def is_constant(self) -> bool:
        """Tell whether it has no hole."""
        return not any(isinstance(part, Hole) for part in self.parts)

    def value(self, values: Values | Scope) -> Value:
        """Return what it comes to: of one hole and nothing else its value, otherwise a text.

        Raises:
            Undefined: it names something that isn't there.
            ExpressionFailed: the values don't suit it.
        """
        if len(self.parts) == 1 and isinstance(self.parts[0], Hole):
            return self.parts[0].value(scope_of(values))
        return self.text(values)

    def text(
        self,
        values: Values | Scope,
        fill: Callable[[Value], str] = text_of_value,
        token: str = HIDDEN,
    ) -> str:
        """Return the text, each hole filled with what *fill* makes of its value; at most 64 kB.

        *token* stands for the access token; it isn't handed to *fill*.

        Raises:
            Undefined: it names something that isn't there.
            ExpressionFailed: the values don't suit it.
        """
        scope = scope_of(values)
        pieces: list[str] = []
        room = MAX_BYTES
        for part in self.parts:
            if isinstance(part, str):
                pieces.append(part)
            else:
                pieces.append(fill(part.value(scope)) if part.work else token)
            room -= len(pieces[-1])
            if room < 0:
                break
        return cut_bytes("".join(pieces), MAX_BYTES)

    def holds(self, values: Values | Scope) -> bool:
        """Tell whether it comes to something true.

        Raises:
            Undefined: it names something that isn't there.
            ExpressionFailed: the values don't suit it.
        """
        return operators.is_true(self.value(values))


@lru_cache(maxsize=KEPT)
def compile_text(text: str, *, allows_token: bool = False) -> Compiled:
    """Read a text with holes: ``before {{ expression }} after``.

    Raises:
        ExpressionRefused: it can't be read, or holds what expressions may not.
    """
    normal = source.normal(text)
    parts, names = read_holes(normal, allows_token=allows_token)
    made = Compiled(normal, parts, names)
    if made.uses_token and sum(isinstance(part, Hole) for part in parts) > 1:
        why = "beside the access token there may be literal text and no other hole"
        raise refused(normal, 0, why)
    return made


@lru_cache(maxsize=KEPT)
def compile_expression(text: str) -> Compiled:
    """Read one expression, with its braces or without.

    Raises:
        ExpressionRefused: it can't be read, or holds what expressions may not.
    """
    normal = source.normal(text)
    if not normal.lstrip().startswith(_BRACES):
        found = source.whole(normal)
        work, used = read(normal, found, allows_token=False)
        return Compiled(normal, (Hole(found.text, work),), used)
    parts, names = read_holes(normal)
    holes = tuple(part for part in parts if isinstance(part, Hole))
    if len(holes) != 1 or any(part.strip() for part in parts if isinstance(part, str)):
        raise refused(normal, 0, "one expression is expected here, and nothing around it")
    return Compiled(normal, holes, names)


def read_holes(
    normal: str, *, allows_token: bool = False
) -> tuple[tuple[str | Hole, ...], frozenset[Path]]:
    """Return the texts and holes of *normal*, and the names that they use.

    Raises:
        ExpressionRefused: see `compile_text`.
    """
    parts: list[str | Hole] = []
    names: frozenset[Path] = frozenset()
    for part in source.split(normal):
        if isinstance(part, str):
            parts.append(part)
        else:
            work, used = read(normal, part, allows_token=allows_token)
            parts.append(Hole(part.text, work))
            names |= used
    return tuple(parts), names


def scope_of(values: Values | Scope) -> Scope:
    """Return what one evaluation sees, with a work of its own unless it has one."""
    return values if isinstance(values, Scope) else Scope(values)


def _words(written: str, error: Mistake) -> str:
    return f"The expression “{cut(written, _SHOWN)}” can't be worked out: {error}."
