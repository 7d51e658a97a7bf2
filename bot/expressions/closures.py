"""Checks an expression's tree and makes a function of it; what isn't named here is refused."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, Final

from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser

from bot.document import Document
from bot.expressions import operators
from bot.expressions.filters import FILTERS, Filter, field_of
from bot.expressions.fitting import size_within
from bot.expressions.mistakes import Missing, Mistake, refused
from bot.expressions.source import ENVIRONMENT, Hole
from bot.values import Value

MAX_DEPTH: Final = 30
"""Of a tree; a chain such as ``a or b or c`` is as deep as it is long."""
MAX_WORK: Final = 20_000_000
"""What filters and comparisons of one text may take and give, in characters: some 10 ns each."""
LITTLE_WORK: Final = MAX_WORK // 4
"""For what is worked out with every turn of a dialog."""
MUCH_WORK: Final = MAX_WORK * 10
"""For all texts of one walk over a template's steps."""
TOKEN: Final = ("connections", "confluence", "access_token")

_OF_LIST: Final = 100
"""Characters for which each of a list counts."""
_OF_PART: Final = 150
"""Characters for which each part of a document counts."""
_TOKEN_PLACE: Final = (
    f"“{'.'.join(TOKEN)}” may stand in a header of an http step and nowhere else, "
    "in a hole of its own, with nothing but literal text around it"
)
_ONLY_PLUS: Final = "of arithmetic there are “+” and “-”, on numbers and dates"
_REFUSED: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Call: "there are no calls; filters are written as in {{ title|upper }}",
    nodes.Concat: "there is no “~”: holes side by side say the same, as in {{ first }}{{ second }}",
    nodes.Slice: "a list has single places, as in pages[0], and the filter “cut”",
    nodes.Tuple: "a list is written in square brackets",
    nodes.Dict: "there are no dictionaries",
    **dict.fromkeys(
        (nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Pos), _ONLY_PLUS
    ),
}
_OTHERWISE: Final = (
    "only names, fields, places in lists, constants, comparisons, “and”, “or”, “not”, "
    "“if … else”, lists, “+”, “-” and filters are available"
)
_TESTS: Final = frozenset({"defined", "none"})


class Scope:
    """What one evaluation sees, and how much work it may still do."""

    __slots__ = ("values", "work")

    def __init__(self, values: Mapping[str, Value], work: int = MAX_WORK) -> None:
        self.values = values
        self.work = work

    def spend(self, value: Value) -> None:
        """Account for taking or giving *value*.

        Raises:
            Mistake: it has become too much.
        """
        if isinstance(value, str):
            self.work -= len(value)
        elif isinstance(value, tuple):
            self.work -= _OF_LIST * len(value)
        elif isinstance(value, Document):
            self.work -= size_within(value, self.work, _OF_PART)
        else:
            self.work -= _OF_LIST
        if self.work < 0:
            raise Mistake("it takes too much work")


class Effort:
    """How much work several texts may do together."""

    __slots__ = ("left",)

    def __init__(self, left: int = MUCH_WORK) -> None:
        self.left = left

    @contextmanager
    def scope(self, values: Mapping[str, Value]) -> Iterator[Scope]:
        """Give what one evaluation sees, and account for what it does."""
        work = min(MAX_WORK, self.left)
        scope = Scope(values, work)
        try:
            yield scope
        finally:
            self.left -= work - scope.work


Worked = Callable[[Scope], Value]
Path = tuple[str, ...]


def read(source: str, hole: Hole, *, allows_token: bool) -> tuple[Worked | None, frozenset[Path]]:
    """Return the function that works out *hole*, and the names it uses.

    There is no function for the access token.

    Raises:
        ExpressionRefused: it can't be read, or holds what isn't available.
    """
    tree = tree_of(source, hole)
    if allows_token and path_of(tree) == TOKEN:
        return None, frozenset()
    maker = _Maker(source)
    return maker.made(tree, 0), frozenset(maker.names)


def tree_of(source: str, hole: Hole) -> nodes.Expr:
    """Return what *hole* says. Raises ``ExpressionRefused`` if it can't be read."""
    parser = Parser(ENVIRONMENT, "")
    parser.stream = hole.stream()
    try:
        tree = parser.parse_expression()
    except TemplateSyntaxError as error:
        raise refused(source, error.lineno, f"this can't be read: {error.message}") from None
    if not parser.stream.eos:
        rest = parser.stream.current
        hint = ": two values are compared by ==" if rest.type == "assign" else ""
        raise refused(source, rest.lineno, f"“{rest.value}” is not expected here{hint}")
    return tree


class _Maker:
    """Makes a function of each node of one tree, and notes the *names* in it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.names: set[Path] = set()

    def made(self, node: nodes.Node, depth: int) -> Worked:
        """Return the function of *node*, which stands *depth* nodes deep."""
        if depth > MAX_DEPTH:
            raise self._refused(node, "this is nested too deep")
        make = _MAKE.get(type(node))
        if make is None:
            raise self._refused(node, _REFUSED.get(type(node), _OTHERWISE))
        made: Worked = make(self, node, depth + 1)
        return made

    def _refused(self, node: nodes.Node, why: str) -> Exception:
        return refused(self._source, node.lineno, why)

    def constant(self, node: nodes.Const, _depth: int) -> Worked:
        value: Value = node.value
        return lambda _: value

    def name(self, node: nodes.Name, _depth: int) -> Worked:
        return self._named(node, (node.name,))

    def attribute(self, node: nodes.Getattr, depth: int) -> Worked:
        return self._field(node, node.attr, depth)

    def item(self, node: nodes.Getitem, depth: int) -> Worked:
        place = _constant(node.arg)
        if isinstance(place, str):
            return self._field(node, place, depth)
        if not isinstance(place, int) or isinstance(place, bool):
            raise self._refused(node, _REFUSED[nodes.Slice])
        of = self.made(node.node, depth)

        def at(scope: Scope) -> Value:
            value = of(scope)
            if not isinstance(value, tuple):
                raise Mistake(f"only a list has a place {place}")
            try:
                return value[place]
            except IndexError:
                raise Missing(f"the list has {len(value)}, and no place {place}") from None

        return at

    def listed(self, node: nodes.List, depth: int) -> Worked:
        items = tuple(self.made(each, depth) for each in node.items)
        return lambda scope: tuple(item(scope) for item in items)

    def comparison(self, node: nodes.Compare, depth: int) -> Worked:
        first = self.made(node.expr, depth)
        others = tuple((_COMPARE[each.op], self.made(each.expr, depth)) for each in node.ops)

        def compared(scope: Scope) -> Value:
            left = first(scope)
            for compare, other in others:
                right = other(scope)
                scope.spend(left)
                scope.spend(right)
                if not compare(left, right):
                    return False
                left = right
            return True

        return compared

    def both(self, node: nodes.And, depth: int) -> Worked:
        left, right = self.made(node.left, depth), self.made(node.right, depth)

        def made(scope: Scope) -> Value:
            value = left(scope)
            return right(scope) if operators.is_true(value) else value

        return made

    def either(self, node: nodes.Or, depth: int) -> Worked:
        left, right = self.made(node.left, depth), self.made(node.right, depth)

        def made(scope: Scope) -> Value:
            value = left(scope)
            return value if operators.is_true(value) else right(scope)

        return made

    def opposite(self, node: nodes.Not, depth: int) -> Worked:
        of = self.made(node.node, depth)
        return lambda scope: not operators.is_true(of(scope))

    def choice(self, node: nodes.CondExpr, depth: int) -> Worked:
        condition, first = self.made(node.test, depth), self.made(node.expr1, depth)
        second = self.made(node.expr2, depth) if node.expr2 else _nothing
        return lambda scope: (first if operators.is_true(condition(scope)) else second)(scope)

    def sum(self, node: nodes.BinExpr, depth: int) -> Worked:
        left, right = self.made(node.left, depth), self.made(node.right, depth)
        sign = 1 if isinstance(node, nodes.Add) else -1
        return lambda scope: operators.added(left(scope), right(scope), sign)

    def negative(self, node: nodes.Neg, depth: int) -> Worked:
        of = self.made(node.node, depth)
        return lambda scope: operators.negative(of(scope))

    def test(self, node: nodes.Test, depth: int) -> Worked:
        if node.name not in _TESTS or node.args or node.kwargs:
            raise self._refused(node, "of tests there are “is defined” and “is none”")
        of = self.made(node.node, depth)
        if node.name == "none":
            return lambda scope: of(scope) is None

        def defined(scope: Scope) -> Value:
            try:
                of(scope)
            except Missing:
                return False
            return True

        return defined

    def filtered(self, node: nodes.Filter, depth: int) -> Worked:
        found = self._filter(node)
        if node.node is None:
            raise self._refused(node, _OTHERWISE)
        of = self.made(node.node, depth)
        given = tuple(self.made(each, depth) for each in node.args)
        if node.name == "default":
            of = _or_nothing(of)
        apply = found.apply

        def made(scope: Scope) -> Value:
            value = of(scope)
            scope.spend(value)
            result = apply(value, *[each(scope) for each in given])
            scope.spend(result)
            return result

        return made

    def _filter(self, node: nodes.Filter) -> Filter:
        found = FILTERS.get(node.name)
        if found is None:
            near = get_close_matches(node.name, FILTERS, 1)
            meant = (
                f"; perhaps “{near[0]}” is meant" if near else f"; there are {', '.join(FILTERS)}"
            )
            raise self._refused(node, f"no filter is called “{node.name}”{meant}")
        count = len(node.args)
        if node.kwargs or node.dyn_args or node.dyn_kwargs or not _takes(found, count):
            raise self._refused(node, f"“{node.name}” is used as in {{{{ {found.usage} }}}}")
        word = _constant(node.args[0]) if node.args else None
        if found.words and isinstance(word, str) and word not in found.words:
            raise self._refused(node, f"“{node.name}” knows {', '.join(found.words)}")
        return found

    def _field(self, node: nodes.Getattr | nodes.Getitem, name: str, depth: int) -> Worked:
        if path := path_of(node):
            return self._named(node, path)
        self._allowed(node, name)
        of = self.made(node.node, depth)
        return lambda scope: field_of(of(scope), name)

    def _named(self, node: nodes.Node, path: Path) -> Worked:
        if path[0] == TOKEN[0]:
            raise self._refused(node, _TOKEN_PLACE)
        if len(path) > MAX_DEPTH:
            raise self._refused(node, "this is nested too deep")
        for name in path:
            self._allowed(node, name)
        self.names.add(path)
        return _follow(path[0], path[1:])

    def _allowed(self, node: nodes.Node, name: str) -> None:
        if name.startswith("_"):
            raise self._refused(node, "no name begins with an underscore")


def _nothing(_scope: Scope) -> Value:
    return None


def _follow(first: str, fields: Path) -> Worked:
    """Return what reads the value called *first*, and goes on along its *fields*."""

    def followed(scope: Scope) -> Value:
        try:
            value = scope.values[first]
        except KeyError:
            raise Missing(f"there is no “{first}”") from None
        for name in fields:
            value = field_of(value, name)
        return value

    return followed


def _or_nothing(of: Worked) -> Worked:
    def made(scope: Scope) -> Value:
        try:
            return of(scope)
        except Missing:
            return None

    return made


def _takes(found: Filter, count: int) -> bool:
    return found.least <= count <= found.most


def _constant(node: nodes.Node) -> object:
    """Return what a constant is, or a whole number below zero; otherwise nothing."""
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const):
        value = node.node.value
        return -value if type(value) is int else None
    return node.value if isinstance(node, nodes.Const) else None


def path_of(node: nodes.Node) -> Path:
    """Return the names of ``page.space.key``; nothing for anything but names."""
    names: list[str] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        name = node.attr if isinstance(node, nodes.Getattr) else _constant(node.arg)
        if not isinstance(name, str):
            return ()
        names.append(name)
        node = node.node
    return (node.name, *reversed(names)) if isinstance(node, nodes.Name) else ()


_COMPARE: Final[Mapping[str, Callable[[Value, Value], bool]]] = {
    "eq": operators.same,
    "ne": lambda left, right: not operators.same(left, right),
    "lt": operators.before,
    "gt": lambda left, right: operators.before(right, left),
    "lteq": lambda left, right: operators.before(left, right, or_same=True),
    "gteq": lambda left, right: operators.before(right, left, or_same=True),
    "in": lambda left, right: operators.contains(right, left),
    "notin": lambda left, right: not operators.contains(right, left),
}
_MAKE: Final[Mapping[type[nodes.Node], Callable[[_Maker, Any, int], Worked]]] = {
    nodes.Const: _Maker.constant,
    nodes.Name: _Maker.name,
    nodes.Getattr: _Maker.attribute,
    nodes.Getitem: _Maker.item,
    nodes.List: _Maker.listed,
    nodes.Compare: _Maker.comparison,
    nodes.And: _Maker.both,
    nodes.Or: _Maker.either,
    nodes.Not: _Maker.opposite,
    nodes.CondExpr: _Maker.choice,
    nodes.Add: _Maker.sum,
    nodes.Sub: _Maker.sum,
    nodes.Neg: _Maker.negative,
    nodes.Test: _Maker.test,
    nodes.Filter: _Maker.filtered,
}
