"""What a ``search`` step looks for: words and filters, or CQL out of whose quotes nothing gets."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot import cql
from bot.content import AccountId
from bot.errors import BadInput, NotAllowed
from bot.expressions import compile_text
from bot.expressions.compiled import Compiled
from bot.expressions.compiled import Hole as TextHole
from bot.search import DAYS, NOT_BY_ME
from bot.steps import saying
from bot.steps.names import Names
from bot.steps.plot import Plot
from bot.template import Search
from bot.values import Thing, Value, text_of_value

_SPAN: Final = re.compile(r"(\d{1,4})\s*([dwmy])", re.IGNORECASE)
_KINDS: Final = {"page": ("page",), "blog": ("blogpost",), "any": ("page", "blogpost")}
_ORDERS: Final = {
    "relevance": "",
    "newest": "order by lastmodified desc",
    "oldest": "order by lastmodified",
}
IN_QUOTES: Final = (
    "In this template's CQL a hole stands within quotes: it stands for a whole string, quotes "
    "and all. Nothing was searched: tell whoever wrote this template."
)
NOT_A_DATE: Final = (
    "“{typed}” is neither a date, as in 2026-01-31, nor a span, as in 7d. Nothing was searched: "
    "give one."
)


async def query_of(wanted: Search, plot: Plot) -> cql.Query:
    """Return the CQL of a search. Raises ``BadInput`` where there is nothing to look for."""
    facts, names = plot.lookup.facts, plot.names
    if wanted.cql.strip():
        if facts.is_lent:
            raise NotAllowed(saying.NOT_BY_CQL)
        return cql.raw(cql_text(wanted.cql, names), cql.of_type(*_KINDS["any"]))
    words = names.text(wanted.text)
    spaces = [(await plot.lookup.space(each)).key for each in _each(names.value(wanted.space))]
    labels = [str(text_of_value(each)) for each in _each(names.value(wanted.label))]
    clause = cql.both(
        cql.text_matches(words),
        cql.in_spaces(spaces) if spaces else None,
        cql.labelled(*labels) if labels else None,
        cql.of_type(*_KINDS[wanted.kind]),
        cql.by(_own(plot)) if wanted.by == "me" else None,
        _changed(wanted.changed_since, plot, cql.since),
        _changed(wanted.changed_before, plot, cql.before),
    )
    if clause is None:
        raise BadInput("There is nothing to search for, so nothing was searched. Give some words.")
    return cql.Query(clause, _ORDERS[wanted.order])


def _own(plot: Plot) -> AccountId:
    if not plot.lookup.facts.own:
        raise BadInput(NOT_BY_ME)
    return AccountId(plot.lookup.facts.own)


def _each(value: Value) -> Sequence[Value]:
    found = value if isinstance(value, tuple) else (value,)
    return [each for each in found if text_of_value(each).strip()]


def _changed(
    source: str, plot: Plot, clause: Callable[[datetime], cql.Clause]
) -> cql.Clause | None:
    value = plot.names.value(source)
    if isinstance(value, str):
        value = _moment(value, plot.names.values.get("now")) if value.strip() else None
    if value is None:
        return None
    if not isinstance(value, date):
        raise BadInput(NOT_A_DATE.format(typed=text_of_value(value)[:40]))
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)
    return clause(moment)


def _moment(typed: str, now: Value) -> date:
    span = _SPAN.fullmatch(typed.strip())
    try:
        if span and isinstance(now, datetime):
            return now - timedelta(days=int(span[1]) * DAYS[span[2].lower()])
        return date.fromisoformat(typed.strip()[:10])
    except (ValueError, OverflowError):
        raise BadInput(NOT_A_DATE.format(typed=typed[:40])) from None


def cql_text(source: str, names: Names) -> str:
    """Return CQL whose every hole is a quoted string, or a list of them.

    Raises:
        BadInput: a hole stands within quotes, out of which its value could get.
    """
    _require_outside(compile_text(source))
    return names.text(source, _quoted)


def _require_outside(compiled: Compiled) -> None:
    """Raise unless each hole stands where a string may begin."""
    quote = ""
    for part in compiled.parts:
        if isinstance(part, TextHole):
            if quote:
                raise BadInput(IN_QUOTES)
            continue
        escaped = False
        for sign in part:
            if escaped or sign == "\\":
                escaped = not escaped
            elif sign == quote:
                quote = ""
            elif not quote and sign in "\"'":
                quote = sign


def _quoted(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(_quoted(each) for each in value) or cql.literal("")
    if isinstance(value, Thing) and value.kind in _KNOWN_BY:
        value = value.fields.get(_KNOWN_BY[value.kind])
    if isinstance(value, datetime):
        return cql.literal(value.strftime("%Y-%m-%d %H:%M"))
    if isinstance(value, date):
        return cql.literal(value.isoformat())
    return cql.literal(text_of_value(value))


_KNOWN_BY: Final = {"space": "key", "person": "account", "page": "id"}
"""By which of its fields CQL knows a thing."""
