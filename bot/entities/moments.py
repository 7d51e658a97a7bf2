"""Which moment somebody means who types a day and a time; pure.

As with days, what may be two moments is given as both.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final

from bot.entities.days import NUMBERS, Allowed, read_days
from bot.entities.parts import WrongAnswer
from bot.entities.typed import option, quoted

_NOON: Final = time(12)
_NUMBER: Final = "|".join(NUMBERS)
_AWAY: Final = re.compile(
    rf"(?P<in>in )?(?P<count>\d{{1,4}}|{_NUMBER}|half an) "
    r"(?P<unit>hour|minute|min)s?(?P<ago> ago)?",
    re.ASCII,
)
_ZONE: Final = re.compile(
    r"(?:(?<=\d)| )\(?(?:utc|gmt|z)?(?:(?P<sign>[+-])(?P<h>\d{1,2})(?::?(?P<m>\d{2}))?)?\)?$",
    re.ASCII,
)
_CLOCK: Final = (
    r"(?:(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::\d{2}(?:\.\d{1,6})?)?(?: ?(?P<half>[ap])\.?m\.?)?"
    r"|(?P<hour>\d{1,2}) ?(?P<its_half>[ap])\.?m\.?"
    r"|(?P<noon>noon))"
)
_BARE: Final = r"(?:at (?P<bare>\d{1,2})(?: o'clock)?)"
_DAY_FIRST: Final = re.compile(
    rf"(?:(?P<day>.+?)(?:,? | at |, at |(?<=\d)t))?(?:(?:at )?{_CLOCK}|{_BARE})", re.ASCII
)
_TIME_FIRST: Final = re.compile(rf"(?:(?:at )?{_CLOCK}|{_BARE})(?:,| on)* (?P<day>.+)", re.ASCII)


def read_moments(text: str, now: datetime, allowed: Allowed) -> tuple[datetime, ...]:
    """Return the moments that *text* may mean; none if it can't be read.

    *now* is in the zone that is meant where none is said.

    Raises:
        WrongAnswer: the day or the time is missing, or there is no such time on that day.
    """
    words, zone = _zoned(" ".join(text.casefold().split()), now.tzinfo or UTC)
    here = now.astimezone(zone)
    if words == "now":
        return (here.replace(second=0, microsecond=0),)
    if away := _AWAY.fullmatch(words):
        return _away(away, here)
    found = _DAY_FIRST.fullmatch(words) or _TIME_FIRST.fullmatch(words)
    times = _times(found) if found else []
    if found is None or not times:
        _require_time(words, here, allowed)
        return ()
    if not found["day"]:
        raise _dayless(text, here, times)
    days = read_days(found["day"], here.date(), allowed)
    return tuple(each for day in days for clock in times for each in _at(day, clock, zone))


def _zoned(words: str, zone: tzinfo) -> tuple[str, tzinfo]:
    """Split off how a clock goes, as in “UTC+1” or “Z”."""
    found = _ZONE.search(words)
    if found is None or found[0].strip(" ()") == "" or ":" not in words[: found.start()]:
        return words, zone
    away = timedelta(hours=int(found["h"] or 0), minutes=int(found["m"] or 0))
    if away >= timedelta(days=1):
        return words, zone
    away = -away if found["sign"] == "-" else away
    return words[: found.start()].strip(), timezone(away) if away else UTC


def _away(found: re.Match[str], here: datetime) -> tuple[datetime, ...]:
    if bool(found["in"]) == bool(found["ago"]):
        return ()
    said = found["count"]
    count = 0.5 if said == "half an" else float(NUMBERS.get(said) or int(said))
    span = timedelta(hours=count) if found["unit"] == "hour" else timedelta(minutes=count)
    # Hours pass by the world's clock, whatever the one on the wall does meanwhile.
    moment = (here.astimezone(UTC) + (-span if found["ago"] else span)).astimezone(here.tzinfo)
    return (moment.replace(second=0, microsecond=0),)


def _times(found: re.Match[str]) -> list[time]:
    if found["noon"]:
        return [_NOON]
    if found["bare"]:
        hour = int(found["bare"])
        hours = [hour % 12, hour % 12 + 12] if 1 <= hour <= _NOON.hour else [hour]
        return [clock for each in hours if (clock := _clock(each, 0))]
    half = found["half"] or found["its_half"]
    hour, minute = int(found["h"] or found["hour"]), int(found["m"] or 0)
    if half and not 1 <= hour <= _NOON.hour:
        return []
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    clock = _clock(hour, minute)
    return [clock] if clock else []


def _clock(hour: int, minute: int) -> time | None:
    return time(hour, minute) if hour < 24 else None  # noqa: PLR2004 - hours of a day


def _at(day: date, clock: time, zone: tzinfo) -> Sequence[datetime]:
    """Return the moments at which a clock in *zone* shows that: two when it is put back.

    Raises:
        WrongAnswer: none, as it was put forward just then.
    """
    wanted = datetime.combine(day, clock)
    both = (wanted.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    there = [
        each
        for each in both
        if each.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wanted
    ]
    if not there:
        raise WrongAnswer(
            f"Where you are, clocks are put forward that day, so that there is no {clock:%H:%M}. "
            "Give another time."
        )
    return list({each.utcoffset(): each for each in there}.values())


def _require_time(words: str, here: datetime, allowed: Allowed) -> None:
    """Raise ``WrongAnswer`` for a day without a time."""
    if read_days(words, here.date(), allowed):
        raise WrongAnswer(
            f"{quoted(words)} says no time. Give that too, as in {words[:40]} at 15:30."
        )


def _dayless(text: str, here: datetime, times: Sequence[time]) -> WrongAnswer:
    days = ("today", "tomorrow") if times[0] > here.time() else ("tomorrow",)
    offered = [f"{day} at {clock:%H:%M}" for day in days for clock in times]
    return WrongAnswer(
        f"{quoted(text)} says no day. Give that too, as in {offered[0]}.",
        tuple(option(each, each) for each in offered),
    )
