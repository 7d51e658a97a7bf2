"""Values as text, in which form they are kept and handed on."""

import json
from typing import Final, NewType

from bot.values import Value, dump_value, load_value

Written = NewType("Written", str)
"""A value as JSON; an empty one is no value."""

NOTHING: Final = Written("")


def write(value: Value) -> Written:
    """Return *value* as text."""
    return Written(json.dumps(dump_value(value), separators=(",", ":"), ensure_ascii=False))


def read(written: Written) -> Value:
    """Return the value that ``write`` wrote."""
    return load_value(json.loads(written)) if written else None
