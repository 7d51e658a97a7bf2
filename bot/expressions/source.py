"""Finds the holes in a text, and the tokens in each, by Jinja2's lexer."""

import re
from collections.abc import Iterator
from typing import Any, Final

from jinja2 import Environment, TemplateSyntaxError
from jinja2.lexer import Token, TokenStream, operators

from bot.expressions.mistakes import refused
from bot.expressions.operators import MAX_NUMBER
from bot.frozen import frozen

MAX_TEXT: Final = 64 * 1024
"""Characters of a text with holes."""
MAX_HOLE: Final = 4_000
"""Characters of one expression."""
MAX_HOLES: Final = 1_000
MAX_BRACKETS: Final = 20
"""Brackets within brackets: the parser goes down as many steps for each."""
MAX_PREFIXES: Final = 100
"""Signs, ``not`` and ``else``, into which the parser goes down too."""

ENVIRONMENT: Final = Environment(autoescape=False, keep_trailing_newline=True)  # noqa: S701  # nothing is rendered

_IGNORED: Final = frozenset({"whitespace"})
_PREFIXES: Final = frozenset({"not", "else", "-", "+"})
_BRACKETS: Final = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_NEWLINE: Final = re.compile(r"\r\n?")
_STATEMENT: Final = (
    "only expressions in {{ … }} may stand here, no statements and no comments; "
    'the characters themselves are written {{ "{%" }} or {{ "{#" }}'
)
_FORBIDDEN: Final = {
    "block_begin": _STATEMENT,
    "raw_begin": _STATEMENT,
    "comment_begin": _STATEMENT,
}


@frozen
class Hole:
    """What stands between ``{{`` and ``}}``: its text, where that begins, and its tokens."""

    text: str
    offset: int
    tokens: tuple[Token, ...]

    def stream(self) -> TokenStream:
        """Return the tokens for Jinja2's parser; their "lines" are offsets in the source."""
        return TokenStream(iter(self.tokens), None, None)


def normal(source: str) -> str:
    """Return *source* with the line ends that offsets are counted by."""
    return _NEWLINE.sub("\n", source)


def split(source: str) -> Iterator[str | Hole]:
    """Yield the literal texts and the holes of *source*, whose line ends are `normal`.

    Raises:
        ExpressionRefused: it has statements, comments, an open hole, or too much of anything.
    """
    if len(source) > MAX_TEXT:
        raise refused(source, MAX_TEXT, f"a text may have {MAX_TEXT} characters")
    tokens = _tokens(source, None)
    holes = 0
    for offset, kind, text in tokens:
        if kind == "variable_begin":
            holes += 1
            if holes > MAX_HOLES:
                raise refused(source, offset, f"a text may have {MAX_HOLES} holes")
            yield _hole(source, offset + len("{{"), tokens)
        elif kind == "data":
            yield text


def whole(source: str) -> Hole:
    """Return *source*, an expression without braces, as a hole.

    Raises:
        ExpressionRefused: see `split`.
    """
    kept: list[Token] = []
    for offset, kind, text in _tokens(source, "variable"):
        if kind in {"variable_end", "data"}:
            raise refused(source, offset, "one expression is expected here, and nothing behind it")
        _keep(kept, source, (offset, kind, text))
    return _bounded(Hole(source.strip(), 0, tuple(kept)), source)


def _hole(source: str, begin: int, tokens: Iterator[tuple[int, str, str]]) -> Hole:
    kept: list[Token] = []
    for offset, kind, text in tokens:
        if kind == "variable_end":
            if text != "}}":
                raise refused(source, offset, "“-}}” isn't available: put a space before “}}”")
            return _bounded(Hole(source[begin:offset].strip(), begin, tuple(kept)), source)
        _keep(kept, source, (offset, kind, text))
    raise refused(source, begin - len("{{"), "this “{{” is never closed by “}}”")


def _keep(kept: list[Token], source: str, token: tuple[int, str, str]) -> None:
    if token[1] not in _IGNORED:
        kept.append(_token(source, *token))


def _tokens(source: str, state: str | None) -> Iterator[tuple[int, str, str]]:
    """Yield the lexer's tokens by offset, kind and text; they leave nothing out."""
    offset = 0
    found = ENVIRONMENT.lexer.tokeniter(source, None, state=state)
    while True:
        try:
            _, kind, text = next(found)
        except StopIteration:
            return
        except TemplateSyntaxError as error:
            what = (error.message or "").partition(" at ")[0]
            hint = "; a hole ends with two braces, “}}”" if what == "unexpected '}'" else ""
            raise refused(source, offset, f"this can't be read: {what}{hint}") from None
        if kind in _FORBIDDEN:
            raise refused(source, offset, _FORBIDDEN[kind])
        if kind == "variable_begin" and text != "{{":
            sign = source.find(text, offset)
            raise refused(source, sign, f"“{text}” isn't available: put a space behind “{{{{”")
        yield offset, kind, text
        offset += len(text)


def _token(source: str, offset: int, kind: str, text: str) -> Token:
    if kind == "name" and text.isidentifier():
        return Token(offset, "name", text)
    if kind == "string":
        return Token(offset, "string", _string(source, offset, text[1:-1]))
    if kind in {"integer", "float"}:
        number: Any = _number(source, offset, kind, text.replace("_", ""))
        return Token(offset, kind, number)
    if kind == "operator":
        return Token(offset, operators[text], text)
    raise refused(source, offset, f"“{text}” can't be read here")


def _string(source: str, offset: int, text: str) -> str:
    wrong = next((each for each in _ESCAPED.finditer(text) if each[1] not in _ESCAPES), None)
    if wrong:
        why = "a backslash stands before n, t, a quote or another backslash"
        raise refused(source, offset + 1 + wrong.start(), why)
    return _ESCAPED.sub(lambda found: _ESCAPES[found[1]], text)


def _number(source: str, offset: int, kind: str, text: str) -> int | float:
    # A base and leading zeros are read as Jinja2 reads them.
    value = float(text) if kind == "float" else int(text, 0)
    if not value <= MAX_NUMBER:
        raise refused(source, offset, f"a number may be {MAX_NUMBER} at most")
    return value


def _bounded(hole: Hole, source: str) -> Hole:
    if len(hole.text) > MAX_HOLE:
        raise refused(source, hole.offset, f"an expression may have {MAX_HOLE} characters")
    if not hole.tokens:
        raise refused(source, hole.offset, "an expression is missing here")
    deep = prefixes = 0
    for token in hole.tokens:
        if token.type in {"string", "integer", "float"}:
            continue
        deep += _BRACKETS.get(token.value, 0)
        prefixes += token.value in _PREFIXES
        if deep > MAX_BRACKETS or prefixes > MAX_PREFIXES:
            raise refused(source, token.lineno, "this is nested too deep")
    return hole
