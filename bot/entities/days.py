"""Which day somebody means who types one; pure.

What may be two days is given as both: nobody guesses.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Final

YEARS: Final = range(1900, 2200)
NEAR: Final = 120
"""Within so many days, a day without a year is the nearest one; else it may be two."""
Allowed = Callable[[date], bool]
Days = tuple[date, ...]

MONTHS: Final = {
    **dict.fromkeys(("jan", "january"), 1),
    **dict.fromkeys(("feb", "february"), 2),
    **dict.fromkeys(("mar", "march"), 3),
    **dict.fromkeys(("apr", "april"), 4),
    "may": 5,
    **dict.fromkeys(("jun", "june"), 6),
    **dict.fromkeys(("jul", "july"), 7),
    **dict.fromkeys(("aug", "august"), 8),
    **dict.fromkeys(("sep", "sept", "september"), 9),
    **dict.fromkeys(("oct", "october"), 10),
    **dict.fromkeys(("nov", "november"), 11),
    **dict.fromkeys(("dec", "december"), 12),
}
WEEKDAYS: Final = {
    **dict.fromkeys(("mon", "monday"), 0),
    **dict.fromkeys(("tue", "tues", "tuesday"), 1),
    **dict.fromkeys(("wed", "wednesday"), 2),
    **dict.fromkeys(("thu", "thur", "thurs", "thursday"), 3),
    **dict.fromkeys(("fri", "friday"), 4),
    **dict.fromkeys(("sat", "saturday"), 5),
    **dict.fromkeys(("sun", "sunday"), 6),
}
NUMBERS: Final = {
    **dict.fromkeys(("a", "an", "one"), 1),
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
_NAMED: Final = {
    "today": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "day after tomorrow": 2,
    "day before yesterday": -2,
}
_COUNT: Final = rf"(?P<count>\d{{1,4}}|{'|'.join(NUMBERS)})"
_SPAN: Final = rf"{_COUNT} (?P<unit>day|week|month|year)s?"
_FORWARD: Final = re.compile(rf"in {_SPAN}|{_SPAN.replace('?P<', '?P<_')} from (?:now|today)")
_BACK: Final = re.compile(rf"{_SPAN} ago")
_WEEKDAY: Final = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_OF_WEEK: Final = re.compile(rf"(?:(?P<which>this|coming|next|last|past) )?(?P<day>{_WEEKDAY})")
_NEXT_WEEK: Final = re.compile(rf"next week (?:on )?({_WEEKDAY})|({_WEEKDAY}) next week")
_LEADING: Final = re.compile(rf"({_WEEKDAY})\.? (?=.*\d)")
_MONTH: Final = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY: Final = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_SPELT: Final = (
    re.compile(rf"{_DAY}\.? (?:of )?(?P<m>{_MONTH})\.?(?: (?P<y>\d{{4}}))?", re.ASCII),
    re.compile(rf"(?P<m>{_MONTH})\.? (?:the )?{_DAY}(?: (?P<y>\d{{4}}))?", re.ASCII),
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_DOTTED: Final = re.compile(r"(\d{1,2})\. ?(\d{1,2})\.(?: ?(\d{4}))?", re.ASCII)
_EITHER: Final = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})", re.ASCII)


def any_day(_day: date) -> bool:
    """Allow every day."""
    return True


def read_days(text: str, today: date, allowed: Allowed = any_day) -> Days:
    """Return the days that *text* may mean, likeliest first; none if it can't be read.

    Where it may be several, those that aren't *allowed* don't count, unless all of them.
    """
    words = _plain(text)
    found = _named(words, today) or _relative(words, today) or _of_week(words, today, allowed)
    return found or _dated(words, today, allowed)


def _plain(text: str) -> str:
    words = " ".join(text.casefold().replace(",", " ").split())
    return re.sub(r"^(?:on )?(?:the )?", "", words)


def _named(words: str, today: date) -> Days:
    return _moved(today, days=_NAMED[words]) if words in _NAMED else ()


def _relative(words: str, today: date) -> Days:
    forward, back = _FORWARD.fullmatch(words), _BACK.fullmatch(words)
    found = forward or back
    if found is None:
        return ()
    parts = found.groupdict()
    said = parts["count"] or parts["_count"]
    count = NUMBERS[said] if said in NUMBERS else int(said)
    unit = parts["unit"] or parts["_unit"]
    return _moved(today, **{f"{unit}s": count if forward else -count})


def _moved(day: date, *, days: int = 0, weeks: int = 0, months: int = 0, years: int = 0) -> Days:
    """Return the day that is so far away; the last of its month where that is shorter."""
    total = day.year * 12 + day.month - 1 + months + 12 * years
    year, month = divmod(total, 12)
    if year not in YEARS:
        return ()
    for last in range(day.day, day.day - 4, -1):
        found = _day(year, month + 1, last)
        if found is not None:
            break
    try:
        moved = (found or day) + timedelta(days=days, weeks=weeks)
    except OverflowError:
        return ()
    return (moved,) if moved.year in YEARS else ()


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None


def _of_week(words: str, today: date, allowed: Allowed) -> Days:
    of_next = _NEXT_WEEK.fullmatch(words)
    found = _OF_WEEK.fullmatch(words)
    if of_next:
        return (_in_week(today, 1, WEEKDAYS[of_next[1] or of_next[2]]),)
    if found is None:
        return ()
    wanted, which = WEEKDAYS[found["day"]], found["which"]
    ahead = (wanted - today.weekday()) % 7
    coming, later = today + timedelta(days=ahead), today + timedelta(days=ahead or 7)
    before = later - timedelta(days=7 if ahead else 14)
    if which == "next":  # to some the first that comes, to others that of the next week
        return _each((later, _in_week(today, 1, wanted)), allowed)
    if which in {"last", "past"}:
        return _each((before, _in_week(today, -1, wanted)), allowed)
    if which or allowed(coming) == allowed(before):
        return _each((coming,) if which else (coming, later), allowed)
    return (coming if allowed(coming) else before,)


def _in_week(today: date, weeks: int, weekday: int) -> date:
    return today + timedelta(days=7 * weeks + weekday - today.weekday())


def _each(days: Iterable[date], allowed: Allowed) -> Days:
    """Return *days*, each once: those that are allowed, or all where none is."""
    found = tuple(dict.fromkeys(days))
    return tuple(each for each in found if allowed(each)) or found


def _dated(words: str, today: date, allowed: Allowed) -> Days:
    leading = _LEADING.match(words)
    rest = words[leading.end() :] if leading else words
    spelt = next((found for form in _SPELT if (found := form.fullmatch(rest))), None)
    if spelt:
        days = _in_years(int(spelt["d"]), MONTHS[spelt["m"]], spelt["y"], today)
    else:
        days = _in_digits(rest, today)
    near = _nearest(days, today)
    if not any(map(allowed, near)):
        near = _nearest([each for each in days if allowed(each)], today)[:1] or near
    near = _each(near, allowed)
    return tuple(each for each in near if not leading or each.weekday() == WEEKDAYS[leading[1]])


def _in_digits(words: str, today: date) -> list[date]:
    if found := _YEAR_FIRST.fullmatch(words):
        return _known([_day(int(found[1]), int(found[3]), int(found[4]))])
    if found := _DOTTED.fullmatch(words):
        return _in_years(int(found[1]), int(found[2]), found[3], today)
    if found := _EITHER.fullmatch(words):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        return _known([_day(year, second, first), _day(year, first, second)])
    return []


def _in_years(day: int, month: int, year: str | None, today: date) -> list[date]:
    """Return the day in that year; without one, in those around today."""
    years = [int(year)] if year else range(today.year - 8, today.year + 9)
    return _known(_day(each, month, day) for each in years)


def _known(days: Iterable[date | None]) -> list[date]:
    return [each for each in days if each is not None]


def _nearest(days: Sequence[date], today: date) -> Days:
    """Of a day in many years, return the nearest; the two nearest where that may be wrong."""
    if len({(each.month, each.day) for each in days}) != 1:
        return tuple(days)
    near = sorted(days, key=lambda each: abs((each - today).days))
    return tuple(near[:1] if abs((near[0] - today).days) <= NEAR else near[:2])
