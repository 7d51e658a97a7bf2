"""The regular expressions that templates give for answers: bounded before they are compiled.

The package `regex` makes as many nodes of what is counted as the counts come to, and asks nobody:
``(?:(?:a{999}){999}){999}`` takes all the memory there is.
"""

import re
from functools import lru_cache
from typing import Final

import regex

PATTERN_TIME: Final = 0.1
"""Seconds that one comparison may take; some would take years."""
MOST_REPEATED: Final = 2_000
"""As often as anything in a pattern may stand, with the counts around it."""

_ESCAPED: Final = re.compile(r"\\[pPN]\{[^{}]*\}|\\.", re.DOTALL)
_CLASS: Final = re.compile(r"\[\^?\]?[^\]]*\]")
_COUNT: Final = re.compile(r"(.?)\{([0-9]*)(?:,([0-9]*))?\}", re.DOTALL)
_GROUP: Final = re.compile(r"\((?:\*|\?(?!:|=|!|>|<=|<!|P?<[A-Za-z]|P=|#|[ims]{1,3}[:)]))")


class BadPattern(ValueError):
    """It is no pattern that answers are compared with; says why, to go on from a colon."""


@lru_cache(maxsize=512)
def compile_pattern(source: str) -> "regex.Pattern[str]":
    """Return the pattern that *source* is.

    Raises:
        BadPattern: it can't be read, or would take too much.
    """
    plain = _CLASS.sub("x", _ESCAPED.sub("x", source))
    if _GROUP.search(plain):
        raise BadPattern("of groups there are (…), (?:…), (?P<name>…), (?i) and looks around")
    if "{" in _COUNT.sub("", plain):
        raise BadPattern("braces hold a count, as in {2,5}; the sign itself is \\{")
    if _most_repeated(plain) > MOST_REPEATED:
        raise BadPattern(f"its counts come to more than {MOST_REPEATED} together")
    try:
        return regex.compile(source)
    except (regex.error, ValueError, OverflowError, RecursionError, KeyError) as error:
        raise BadPattern(str(error)[:100]) from None


def matches(pattern: "regex.Pattern[str]", text: str) -> bool:
    """Tell whether the whole of *text* is as *pattern* says. Raises ``TimeoutError``."""
    return pattern.fullmatch(text, timeout=PATTERN_TIME) is not None


def _most_repeated(plain: str) -> int:
    """Return more than anything is repeated: the largest count, times those of all groups."""
    largest = around = 1
    for before, least, most in _COUNT.findall(plain):
        count = max(1, *(int(each[:9]) for each in (least, most) if each), 1)
        if before == ")":
            around *= count
        else:
            largest = max(largest, count)
    return largest * around
