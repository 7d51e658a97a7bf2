"""Days, and days with a time."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from bot.entities.checks import is_day_allowed
from bot.entities.days import Allowed, read_days
from bot.entities.kind import Kind
from bot.entities.moments import read_moments
from bot.entities.parts import Context, Given, Look, WrongAnswer
from bot.entities.typed import option, quoted, typed_name
from bot.template import Choice, Entity
from bot.values import Value, text_of_value

FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SECONDS: Final = re.compile(r"\d{9,11}", re.ASCII)
_SLACKS: Final = re.compile(r"<!date\^(\d{1,11})\^[^<>]*>")


class Date(Kind):
    """A day."""

    expects = "a day, as in tomorrow, next week Friday or 2026-12-03"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.DATE

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return f"As in tomorrow, in two weeks or {_today(context) + timedelta(days=10)}."

    async def read(self, entity: Entity, given: Given, context: Context) -> date:
        """Return the day, where the person is."""
        held = given.value
        if isinstance(held, datetime):
            return held.astimezone(context.zone).date()
        if isinstance(held, date):
            return held
        if moment := _slacks(given, context.zone):
            return moment.date()
        text = await typed_name(given, context)
        found = read_days(text, _today(context), _allowed(entity, context))
        if len(found) == 1:
            return found[0]
        raise _unread(text, [self.choice(entity, each) for each in found], self.expects)

    def shown(self, entity: Entity, value: Value) -> str:
        """Return it with its weekday."""
        return _day_in_words(value) if isinstance(value, date) else text_of_value(value)

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        if isinstance(value, str):
            day = next(iter(read_days(value, date.min)), None) if _ISO.fullmatch(value) else None
        else:
            day = value if isinstance(value, date) else None
        return option(f"{day}", _day_in_words(day)) if day is not None else None


class DateTime(Kind):
    """A day and a time."""

    expects = "a day and a time, as in tomorrow at 15:30 or 2026-12-03 09:00"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.DATE_TIME

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return f"As in tomorrow at 15:30, or {_today(context) + timedelta(days=10)} 09:00."

    async def read(self, entity: Entity, given: Given, context: Context) -> datetime:
        """Return the moment, by the clock where the person is."""
        held = given.value
        if isinstance(held, datetime) and held.tzinfo is not None:
            return _kept(held)
        if moment := _slacks(given, context.zone):
            return moment
        text = await typed_name(given, context)
        now = context.now.astimezone(context.zone)
        found = read_moments(text, now, _allowed(entity, context))
        if len(found) == 1:
            return _kept(found[0])
        raise _unread(text, [self.choice(entity, each) for each in found], self.expects)

    def shown(self, entity: Entity, value: Value) -> str:
        """Return it with its weekday and how its clock goes."""
        if not isinstance(value, datetime):
            return text_of_value(value)
        return f"{_day_in_words(value)} at {value:%H:%M} ({value:%Z})"

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        if isinstance(value, datetime):
            return option(f"{int(value.timestamp())}", self.shown(entity, value))
        seconds = text_of_value(value)
        return option(seconds, seconds) if _SECONDS.fullmatch(seconds) else None


def _today(context: Context) -> date:
    return context.now.astimezone(context.zone).date()


def _allowed(entity: Entity, context: Context) -> Allowed:
    today = _today(context)
    return lambda day: is_day_allowed(entity, day, today)


def _day_in_words(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _kept(moment: datetime) -> datetime:
    """Return *moment* with the clock's distance from UTC in place of the zone: that is kept.

    Raises:
        WrongAnswer: it is too far away for a calendar.
    """
    if not FIRST <= moment < LAST:
        raise WrongAnswer("That is too far away. Give a day from 1970 to 2199.")
    away = moment.utcoffset() or timedelta()
    return moment.replace(tzinfo=timezone(away) if away else UTC, fold=0)


def _slacks(given: Given, zone: tzinfo) -> datetime | None:
    """Return what Slack itself gave: seconds since 1970, chosen or in a date's entity."""
    entity = None if given.is_plain else _SLACKS.fullmatch(given.text.strip())
    held = entity[1] if entity else given.value
    if isinstance(held, str) and _SECONDS.fullmatch(held):
        held = int(held)
    if isinstance(held, bool) or not isinstance(held, int):
        return None
    try:
        return _kept(datetime.fromtimestamp(held, UTC).astimezone(zone))
    except (OverflowError, ValueError, OSError):
        raise WrongAnswer("That is too far away. Give a day from 1970 to 2199.") from None


def _unread(text: str, found: Sequence[Choice | None], expects: str) -> WrongAnswer:
    offered = tuple(each for each in found if each is not None)
    if not offered:
        return WrongAnswer(f"I can't read {quoted(text)}. Give {expects}.")
    named = " or ".join(each.label for each in offered)
    return WrongAnswer(f"{quoted(text)} may be {named}. Say which.", offered)
