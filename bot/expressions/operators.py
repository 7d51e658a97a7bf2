"""What ``==``, ``<``, ``in``, ``+`` and ``-`` mean between values, and what is true."""

from datetime import date, datetime, timedelta
from typing import Any, Final, TypeGuard

from bot.document import Document
from bot.documents.text import is_empty
from bot.expressions.mistakes import Mistake
from bot.values import Thing, Value

MAX_NUMBER: Final = 10**15
MAX_DAYS: Final = 100_000


def is_true(value: Value) -> bool:
    """Tell whether *value* counts as true: whatever isn't empty, nothing or zero."""
    if isinstance(value, Document):
        return any(not is_empty(Document((block,))) for block in value.blocks)
    return isinstance(value, Thing) or bool(value)


def same(left: Value, right: Value) -> bool:
    """Tell whether both are the same.

    Raises:
        Mistake: a thing is compared with a text, which it never is.
    """
    if type(left) is str and type(right) is str:
        return left == right
    if isinstance(left, Thing) and isinstance(right, str):
        left, right = right, left
    if isinstance(left, str) and isinstance(right, Thing):
        raise Mistake(f"a {right.kind} is no text: compare one of its fields")
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    left, right = _alike(left, right)
    return left == right


def before(left: Value, right: Value, *, or_same: bool = False) -> bool:
    """Tell whether *left* comes before *right*.

    Raises:
        Mistake: they have no order.
    """
    mine, theirs = _comparable(left), _comparable(right)
    if mine is None or mine != theirs:
        raise Mistake("only two numbers, two texts or two dates have an order")
    first, second = _alike(left, right)
    try:
        found: bool = first <= second if or_same else first < second
    except TypeError:
        raise Mistake("one of the times has a time zone and the other has none") from None
    return found


def contains(whole: Value, part: Value) -> bool:
    """Tell whether *part* is in *whole*, a list or a text.

    Raises:
        Mistake: it is neither.
    """
    if isinstance(whole, tuple):
        return any(same(each, part) for each in whole)
    if isinstance(whole, str) and isinstance(part, str):
        return part in whole
    raise Mistake("“in” looks for anything in a list, or for a text in a text")


def added(left: Value, right: Value, sign: int) -> Value:
    """Return the sum, or for a *sign* of -1 the difference, of numbers; dates may take days.

    Raises:
        Mistake: they are neither, or too large.
    """
    if isinstance(left, date):
        if sign < 0 and isinstance(right, date):
            return _days_between(left, right)
        return shifted(left, right, sign)
    if not (_is_number(left) and _is_number(right)):
        raise Mistake("“+” and “-” take numbers, or a date and a number of days")
    # No sum is made of what is none, or of more digits than a float has room for.
    if abs(left) <= MAX_NUMBER and abs(right) <= MAX_NUMBER:
        total = left + sign * right
        if abs(total) <= MAX_NUMBER:
            return total
    raise Mistake(f"a number may be {MAX_NUMBER} at most")


def negative(value: Value) -> Value:
    """Return the number with its sign changed.

    Raises:
        Mistake: it isn't a number.
    """
    return added(0, value, -1)


def shifted(day: date, days: Value, sign: int) -> date:
    """Return the date so many *days* later, or for a *sign* of -1 earlier.

    Raises:
        Mistake: these aren't days, or there is no such date.
    """
    if not isinstance(days, int) or isinstance(days, bool) or abs(days) > MAX_DAYS:
        raise Mistake("a date takes a whole number of days")
    try:
        return day + timedelta(days=sign * days)
    except OverflowError:
        raise Mistake("there is no such date") from None


def order_by(keyed: list[tuple[Value, Value]], *, downwards: bool) -> tuple[Value, ...]:
    """Return the second of each pair in order of the first; those of nothing come last.

    Raises:
        Mistake: the keys have no order.
    """
    known = [(_sortable(key), value) for key, value in keyed if key is not None]
    kinds = {kind for (kind, _), _ in known}
    if None in kinds or len(kinds) > 1:
        raise Mistake("only numbers, only texts or only dates can be sorted")
    try:
        known.sort(key=lambda pair: pair[0][1], reverse=downwards)
    except TypeError:
        raise Mistake("one of the times has a time zone and the other has none") from None
    return (*(value for _, value in known), *(value for key, value in keyed if key is None))


def _sortable(value: Value) -> tuple[str | None, Any]:
    if isinstance(value, Thing):
        value = value.label
    if isinstance(value, str):
        return "text", value.casefold()
    kind = _comparable(value)
    return ("time" if isinstance(value, datetime) else kind), value


def _comparable(value: Value) -> str | None:
    if isinstance(value, str):
        return "text"
    if isinstance(value, date):
        return "date"
    return "number" if _is_number(value) else None


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _alike(left: Value, right: Value) -> tuple[Any, Any]:
    """Return both; a time is compared with a day as the day that it is on."""
    if isinstance(left, datetime) and isinstance(right, date) and not isinstance(right, datetime):
        return left.date(), right
    if isinstance(right, datetime) and isinstance(left, date) and not isinstance(left, datetime):
        return left, right.date()
    return left, right


def _days_between(later: date, earlier: date) -> int:
    first, second = _alike(later, earlier)
    try:
        return (first - second).days  # type: ignore[no-any-return]  # of either kind of date
    except TypeError:
        raise Mistake("one of the times has a time zone and the other has none") from None
