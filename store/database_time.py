"""Times that the database itself sets and judges, so that no replica's clock matters."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

NOW: Final = "$$NOW"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def has_passed(field: str) -> Mapping[str, Any]:
    """Return a condition: the time in *field* is over, or was never set. Not for upserts."""
    return {"$expr": is_over(field)}


def is_over(field: str) -> Mapping[str, Any]:
    """Return an expression: whether the time in *field* is over, or was never set."""
    # As numbers: the embedded database compares a stored date with $$NOW wrongly (0.7.0b3).
    when = {"$toLong": {"$ifNull": [f"${field}", _NEVER]}}
    return {"$lt": [when, {"$toLong": NOW}]}


def was_within(field: str, lasts: timedelta) -> Mapping[str, Any]:
    """Return a condition: the time in *field* is no longer ago than *lasts*. Not for upserts."""
    until = {"$add": [{"$toLong": f"${field}"}, lasts // _MS]}
    return {"$expr": {"$gt": [until, {"$toLong": NOW}]}}


def was_left(field: str, lasts: timedelta) -> Mapping[str, Any]:
    """Return a condition: the time in *field* is at least *lasts* ago. Not for upserts."""
    until = {"$add": [{"$toLong": f"${field}"}, lasts // _MS]}
    return {"$expr": {"$lte": [until, {"$toLong": NOW}]}}


def later(lasts: timedelta) -> Mapping[str, Any]:
    """Return an expression: now + *lasts*."""
    return {"$add": [NOW, lasts // _MS]}
