"""The names that a step's texts see, and what the texts come to."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from bot.document import Document
from bot.errors import ExpressionFailed
from bot.expressions import (
    HIDDEN,
    Effort,
    Scope,
    compile_body,
    compile_expression,
    compile_text,
    filled,
)
from bot.steps.halts import NotYet
from bot.values import Thing, Value, text_of_value

_Path = tuple[str, ...]


class Names:
    """What is known by name at one place of a template.

    *later* are the names of what planned writes will bring: of a page that will be made its
    title is known already, for example, and its address isn't. All that is worked out of these
    names shares one *effort*.
    """

    def __init__(
        self, values: Mapping[str, Value], later: Iterable[str] = (), effort: Effort | None = None
    ) -> None:
        self.values = dict(values)
        self.later = set(later)
        self.effort = effort or Effort()

    def inside(self) -> "Names":
        """Return the same for one round, whose own names end with it."""
        return Names(self.values, self.later, self.effort)

    def put(self, name: str, value: Value, *, is_later: bool = False) -> None:
        """Know *value* by *name*; of what is yet to come as far as it is known."""
        self.values[name] = value
        self.later.discard(name)
        if is_later:
            self.later.add(name)

    def put_unknown(self, name: str) -> None:
        """Know that *name* will have a value."""
        self.values.pop(name, None)
        self.later.add(name)

    def value(self, source: str) -> Value:
        """Return what a text comes to: of one hole and nothing else its value.

        Raises:
            NotYet: a planned write must be done before.
            ExpressionFailed: it can't be worked out.
        """
        compiled = compile_text(source)
        with self._known(compiled.names, whole=True) as scope:
            return compiled.value(scope)

    def text(
        self, source: str, fill: Callable[[Value], str] = text_of_value, token: str = HIDDEN
    ) -> str:
        """Return the text that *source* comes to. Raises like ``value``."""
        is_header = token is not HIDDEN
        compiled = compile_text(source, allows_token=True) if is_header else compile_text(source)
        # As a text a page is its title, which is the same before and after it is made.
        with self._known(compiled.names, whole=fill is text_of_value) as scope:
            return compiled.text(scope, fill, token)

    def text_or_later(self, source: str) -> str:
        """Return the text that *source* comes to, or of a thing that is yet to come its title."""
        return text_of_value(self.value(source)).strip()

    def holds(self, source: str) -> bool:
        """Tell whether an expression is true. Raises like ``value``."""
        compiled = compile_expression(source)
        with self._known(compiled.names) as scope:
            return compiled.holds(scope)

    def listed(self, source: str) -> Value:
        """Return what an expression comes to. Raises like ``value``."""
        compiled = compile_expression(source)
        with self._known(compiled.names) as scope:
            return compiled.value(scope)

    def document(self, source: str) -> Document:
        """Return the document that Markdown comes to. Raises like ``value``."""
        compiled = compile_body(source)
        with self._known(compiled.names) as scope:
            return filled(compiled, scope)

    @contextmanager
    def _known(self, paths: Iterable[_Path], *, whole: bool = False) -> Iterator[Scope]:
        """Give what is known to what needs *paths* of it; *whole* lets a thing through as it is.

        Raises:
            NotYet: that isn't known yet.
        """
        waits = [path for path in paths if path[0] in self.later]
        if any(not self._is_there(path, whole=whole) for path in waits):
            raise NotYet
        try:
            with self.effort.scope(self.values) as scope:
                yield scope
        except ExpressionFailed:
            if waits:
                raise NotYet from None
            raise

    def _is_there(self, path: _Path, *, whole: bool) -> bool:
        value = self.values.get(path[0])
        if len(path) == 1:
            return whole and value is not None
        return isinstance(value, Thing) and path[1] in value.fields
