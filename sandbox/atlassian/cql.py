"""Confluence Query Language, read into a tree; nothing is looked up here."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, VisitError

GRAMMAR = r"""
start: any_of? ordering?
any_of: all_of (_OR all_of)*
all_of: _some (_AND _some)*
_some: negation | group | clause
negation: _NOT _some
group: "(" any_of ")"
clause: FIELD OPERATOR value -> comparison
      | FIELD _IN several -> inside
      | FIELD _NOT _IN several -> outside
several: "(" value ("," value)* ")" | function
value: STRING -> quoted
     | WORD -> bare
     | function
function: WORD "(" [STRING ("," STRING)*] ")"
ordering: _ORDER _BY key ("," key)*
key: FIELD [DIRECTION]

_OR.9: /or\b/i
_AND.9: /and\b/i
_NOT.9: /not\b/i
_IN.9: /in\b/i
_ORDER.9: /order\b/i
_BY.9: /by\b/i
DIRECTION.9: /(asc|desc)\b/i
OPERATOR: />=|<=|!=|!~|=|~|>|</
FIELD: /[A-Za-z]+(\.[A-Za-z]+)*/
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/s
WORD: /[^\s"'()=!<>~,+.;?|*\/%^$#@\[\]\-\\&{}:]+/
%ignore /\s+/
"""
RESERVED = frozenset(
    [
        *("after", "and", "as", "avg", "before", "begin", "by", "commit", "contains", "count"),
        *("distinct", "else", "empty", "end", "explain", "from", "having", "if", "in", "inner"),
        *("insert", "into", "is", "isnull", "left", "like", "limit", "max", "min", "not", "null"),
        *("or", "order", "outer", "right", "select", "sum", "then", "was", "where", "update"),
    ]
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", " ": " "}
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
MOST = 20_000


class BadCql(ValueError):
    """A query that can't be read."""


@dataclass(frozen=True)
class Function:
    """A value that is computed: `now("-7d")`."""

    name: str
    arguments: tuple[str, ...]


Value: TypeAlias = str | Function


@dataclass(frozen=True)
class Clause:
    """One field held against values; `in` and `not in` are operators too."""

    field: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Not:
    """What must not hold."""

    part: "Condition"


@dataclass(frozen=True)
class Every:
    """What must hold together."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Any:
    """Of which one must hold."""

    parts: tuple["Condition", ...]


Condition: TypeAlias = Clause | Not | Every | Any


@dataclass(frozen=True)
class Query:
    """A whole query; no condition means everything."""

    where: Condition | None
    order: tuple[tuple[str, bool], ...]


def unescape(literal: str) -> str:
    """The text inside a string literal."""

    def one(match: re.Match[str]) -> str:
        said = match.group(1)
        if said[0] == "u" and len(said) > 1:
            return chr(int(said[1:], 16))
        if said not in ESCAPES:
            raise BadCql(f"'\\{said}' is an illegal escape sequence")
        return ESCAPES[said]

    return ESCAPE.sub(one, literal[1:-1])


class Reader(Transformer[Token, Query]):
    """Turns the parse tree into ours; methods are named by the grammar."""

    def start(self, parts: list[object]) -> Query:
        order = next((each for each in parts if isinstance(each, tuple)), ())
        where = next((each for each in parts if not isinstance(each, tuple)), None)
        return Query(where, order)  # type: ignore[arg-type] # the grammar says what they are

    def any_of(self, parts: list[Condition]) -> Condition:
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def all_of(self, parts: list[Condition]) -> Condition:
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def negation(self, parts: list[Condition]) -> Condition:
        return Not(parts[0])

    def group(self, parts: list[Condition]) -> Condition:
        return parts[0]

    def comparison(self, parts: list[Token | Value]) -> Condition:
        return Clause(str(parts[0]).casefold(), str(parts[1]), (text_or_function(parts[2]),))

    def inside(self, parts: list[object]) -> Condition:
        return Clause(str(parts[0]).casefold(), "in", parts[1])  # type: ignore[arg-type] # a list

    def outside(self, parts: list[object]) -> Condition:
        return Clause(str(parts[0]).casefold(), "not in", parts[1])  # type: ignore[arg-type] # a list

    def several(self, parts: list[Value]) -> tuple[Value, ...]:
        return tuple(parts)

    def quoted(self, parts: list[Token]) -> str:
        return unescape(parts[0])

    def bare(self, parts: list[Token]) -> str:
        word = str(parts[0])
        if word.casefold() in RESERVED:
            raise BadCql(f"'{word}' is a reserved word and must be quoted")
        return word

    def value(self, parts: list[Value]) -> Value:
        return parts[0]

    def function(self, parts: list[Token | None]) -> Function:
        said = tuple(unescape(each) for each in parts[1:] if each is not None)
        return Function(str(parts[0]).casefold(), said)

    def ordering(self, parts: list[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
        return tuple(parts)

    def key(self, parts: list[Token | None]) -> tuple[str, bool]:
        return str(parts[0]).casefold(), str(parts[1] or "").casefold() == "desc"


def text_or_function(value: Token | Value) -> Value:
    """A value without the parser's own type."""
    return value if isinstance(value, Function) else str(value)


@cache
def parser() -> Lark:
    """The parser, built once."""
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True)


def parse(text: str) -> Query:
    """The query in *text*.

    Raises:
        BadCql: it isn't one.
    """
    if not text.strip() or len(text) > MOST:
        raise BadCql("the query is empty" if not text.strip() else "the query is too long")
    try:
        return Reader().transform(parser().parse(text))
    except VisitError as error:
        raise BadCql(str(error.orig_exc)) from error
    except (LarkError, RecursionError) as error:
        raise BadCql("unexpected input") from error
