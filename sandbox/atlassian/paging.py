"""Cursors: opaque, good for the query that gave them, and for that alone."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urlencode

from sandbox.atlassian.call import Call

T = TypeVar("T")
LEFT_OUT = frozenset({"cursor", "limit", "start", "next", "prev", "_"})


def digest(call: Call) -> str:
    """What a cursor belongs to: the path and every filter."""
    kept = sorted((key, value) for key, value in call.query.items() if key not in LEFT_OUT)
    said = json.dumps([call.wiki.cloud_id, sorted(call.path.items()), kept])
    return hashlib.sha256(f"{call.operation.name} {said}".encode()).hexdigest()[:12]


def write_cursor(call: Call, offset: int) -> str:
    """The place *offset* in this query's results."""
    place = json.dumps({"limitless": offset, "of": digest(call)}).encode()
    return base64.urlsafe_b64encode(place).decode()


def read_cursor(call: Call) -> int:
    """Where to go on; 0 without a cursor.

    Raises:
        Refusal: 400, for anything but a cursor of this query.
    """
    cursor = call.query.get("cursor", "")
    if not cursor:
        return 0
    try:
        place = json.loads(base64.b64decode(cursor.encode(), b"-_", validate=True))
        offset, of = place["limitless"], place["of"]
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise not_a_cursor(call) from error
    if type(offset) is not int or offset < 0 or of != digest(call):
        raise not_a_cursor(call)
    return offset


def not_a_cursor(call: Call) -> Exception:
    """The documented words."""
    return call.refuse(400, "Provided value for 'cursor' is not the correct type")


def limit_of(call: Call, usual: int = 25, most: int = 250) -> int:
    """How many to give at most."""
    return max(1, min(call.whole("limit", usual), most))


def cut(call: Call, found: Sequence[T], limit: int) -> tuple[Sequence[T], str]:
    """The part of *found* that is due, and the cursor of the next, or nothing."""
    offset = read_cursor(call)
    more = offset + limit < len(found)
    return found[offset : offset + limit], write_cursor(call, offset + limit) if more else ""


def next_query(call: Call, cursor: str, limit: int) -> str:
    """The query string of the next page."""
    kept = [(key, value) for key, value in call.query.items() if key not in LEFT_OUT]
    return urlencode([*kept, ("limit", str(limit)), ("cursor", cursor)])
