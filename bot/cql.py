"""The one place where CQL is built: no text of a person's gets out of its quotes.

A value passes two readers: CQL's own, which reads a quoted string, and in text fields
Lucene's, which reads the string's content. For the first, quotes and backslashes are
escaped. For the second, escaping is answered with 400 on Cloud
(community.developer.atlassian.com/t/41553), so its special characters become spaces.
https://developer.atlassian.com/cloud/confluence/advanced-searching-using-cql/
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bot.errors import BadInput
from bot.frozen import frozen

LUCENE_SPECIAL: Final = frozenset('+-&|!(){}[]^~*?:\\/"<>=')
LUCENE_WORDS: Final = frozenset({"AND", "OR", "NOT", "TO"})
JOINERS: Final = frozenset("\u200c\u200d")
MOST_WORDS: Final = 40
LONGEST_TEXT: Final = 1000

# A backslash outside quotes is refused: whether CQL would take it for an escape decides
# where the next string begins.
UNPAIRED: Final = frozenset({'"', "'", "\\"})

_MARKS = frozenset("()\"'\\")
_TOKEN = re.compile(
    r"""
    "(?:\\.|[^"\\])*"
    | '(?:\\.|[^'\\])*'
    | [()"'\\]
    | [^()"'\\]+
    """,
    re.DOTALL | re.VERBOSE,
)
_ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
_FIELD = r"[\w.]+(?:\s+(?:asc|desc))?"
_ORDER = re.compile(rf"order\s+by\s+{_FIELD}(?:\s*,\s*{_FIELD})*", re.IGNORECASE)


@frozen
class Clause:
    """A piece of CQL that stands by itself; only this module makes one."""

    text: str


def literal(value: str) -> str:
    """Quote *value* as a CQL string; control characters are dropped."""
    escaped = _clean(value)[:LONGEST_TEXT].replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _clean(text: str) -> str:
    """Drop what nobody sees, but for what joins letters and emoji; all white space is alike."""
    spaced = (" " if each.isspace() else each for each in text)
    return "".join(each for each in spaced if each.isprintable() or each in JOINERS)


def words_in(text: str) -> tuple[str, ...]:
    """Split *text* into the words that Lucene may see: no operator among them."""
    plain = "".join(" " if each in LUCENE_SPECIAL else each for each in _clean(text[:LONGEST_TEXT]))
    words = [word.lower() if word in LUCENE_WORDS else word for word in plain.split()]
    return tuple(word for word in words if _can_be_found(word))[:MOST_WORDS]


def _can_be_found(word: str) -> bool:
    """Keep words, and emoji and the like; punctuation alone finds nothing."""
    return any(each.isalnum() or unicodedata.category(each) == "So" for each in word)


def text_matches(text: str) -> Clause | None:
    """Match the words of *text* anywhere; ``None`` if it has none."""
    return _contains("text", " ".join(words_in(text)))


def phrase(text: str) -> Clause | None:
    """Match the words of *text* in that order; ``None`` if it has none."""
    words = " ".join(words_in(text))
    return _contains("text", f'"{words}"') if words else None


def title_contains(text: str) -> Clause | None:
    """Match titles that have the words of *text*; ``None`` if it has none."""
    return _contains("title", " ".join(words_in(text)))


def title_begins(text: str) -> Clause | None:
    """Match titles that have the words of *text*, the last of which may be unfinished."""
    words = words_in(text)
    if not words:
        return None
    clauses = [_contains("title", word) for word in words[:-1]]
    return both(*clauses, _contains("title", f"{words[-1]}*"))


def person_named(text: str) -> Clause | None:
    """Match people by their display name, for the user search alone."""
    return _contains("user.fullname", " ".join(words_in(text)))


def _contains(field: str, words: str) -> Clause | None:
    return Clause(f"{field} ~ {literal(words)}") if words else None


def in_spaces(keys: Iterable[str]) -> Clause:
    """Stay within the spaces of those keys."""
    return _among("space", keys)


def by(account_id: str) -> Clause:
    """Match what that account created."""
    return Clause(f"creator = {literal(account_id)}")


def of_type(*kinds: str) -> Clause:
    """Match content of those types: page, blogpost, comment, attachment, space."""
    return _among("type", kinds)


def labelled(*labels: str) -> Clause:
    """Match content that has one of the labels."""
    return _among("label", labels)


def since(moment: datetime) -> Clause:
    """Match what was changed since; CQL counts in minutes, in the account's own time zone."""
    return Clause(f"lastmodified >= {literal(moment.strftime('%Y-%m-%d %H:%M'))}")


def before(moment: datetime) -> Clause:
    """Match what wasn't changed since; counted as ``since`` counts."""
    return Clause(f"lastmodified < {literal(moment.strftime('%Y-%m-%d %H:%M'))}")


def _among(field: str, values: Iterable[str]) -> Clause:
    listed = ", ".join(literal(value) for value in values)
    return Clause(f"{field} in ({listed})")


@frozen
class Query:
    """A clause to find by, and how to sort what is found."""

    clause: Clause
    order: str = ""

    def __str__(self) -> str:
        return f"{self.clause.text} {self.order}".strip()


def raw(cql: str, *filters: Clause | None) -> Query:
    """Take *cql* as a person wrote it, AND-ed with *filters* that it can't argue away.

    Its ORDER BY is hoisted to the end; the rest stands in parentheses. Raises ``BadInput``
    where quotes or parentheses don't pair up: such text could close ours.
    """
    text = _clean(cql).strip()
    at = _order_at(text)
    where, order = text[:at].strip(), text[at:].strip()
    if not where:
        raise BadInput("There is nothing to search for in that CQL.")
    if order and not _ORDER.fullmatch(order):
        raise BadInput("That CQL has something after ORDER BY that isn't a field.")
    own = Clause(f"({where})")
    return Query(both(own, *filters) or own, order)


def _order_at(text: str) -> int:
    """Return where ORDER BY begins outside quotes and parentheses, or the end of *text*."""
    depth, at = 0, len(text)
    for token in _TOKEN.finditer(text):
        part = token[0]
        depth += (part == "(") - (part == ")")
        if depth < 0 or part in UNPAIRED:
            raise BadInput("That CQL has a quote or a parenthesis without its other half.")
        found = None if depth or part[0] in _MARKS else _ORDER_BY.search(part)
        at = min(at, token.start() + found.start()) if found else at
    if depth:
        raise BadInput("That CQL has a parenthesis without its other half.")
    return at


def both(*clauses: Clause | None) -> Clause | None:
    """Join with AND what is there; ``None`` if nothing is."""
    kept = [clause.text for clause in clauses if clause is not None]
    return Clause(" and ".join(kept)) if kept else None
