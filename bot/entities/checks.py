"""Holds an answer to what its template asks of it: length, pattern, range, choices."""

from datetime import date, datetime, timedelta
from typing import Final

from bot.document import Document
from bot.documents import text_of
from bot.entities.parts import Context, WrongAnswer
from bot.entities.patterns import BadPattern, compile_pattern, matches
from bot.template import Between, Entity, EntityType
from bot.values import Value, words_of_day

_CHOSEN: Final = frozenset({EntityType.CHOICE, EntityType.CHOICES})


def check(entity: Entity, value: Value, context: Context) -> None:
    """Raise ``WrongAnswer`` for a value that *entity* doesn't allow."""
    text = text_of(value) if isinstance(value, Document) else value
    if isinstance(text, str):
        _check_length(entity, text)
        _check_pattern(entity, text)
    elif isinstance(value, datetime):
        _check_day(entity, value.astimezone(context.zone).date(), context)
    elif isinstance(value, date):
        _check_day(entity, value, context)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(entity, value)


def _check_length(entity: Entity, text: str) -> None:
    wanted = entity.length or Between()
    if wanted.most is not None and len(text) > wanted.most:
        raise WrongAnswer(
            f"That has {len(text):,} characters, and at most {wanted.most:,.0f} are allowed. "
            "Give a shorter one."
        )
    if wanted.least is not None and len(text) < wanted.least:
        raise WrongAnswer(
            f"That has {len(text):,} characters, and at least {wanted.least:,.0f} are wanted. "
            "Give a longer one."
        )


def _check_pattern(entity: Entity, text: str) -> None:
    if not entity.pattern:
        return
    try:
        is_right = matches(compile_pattern(entity.pattern), text)
    except (BadPattern, TimeoutError):
        raise WrongAnswer(
            "That can't be checked: the template's pattern for it takes too long. "
            "Give a shorter answer, and tell the template's owner."
        ) from None
    if not is_right:
        example = f", as in {entity.examples[0]}" if entity.examples else ""
        what = entity.complaint.rstrip(".") or "That isn't written as it is wanted"
        raise WrongAnswer(f"{what}. Give it in another way{example}.")


def _check_number(entity: Entity, number: float) -> None:
    wanted = entity.range or Between()
    if _is_outside(number, wanted):
        raise WrongAnswer(f"{number:g} is too {_side(number, wanted)}. Give {_spoken(wanted)}.")


def _check_day(entity: Entity, day: date, context: Context) -> None:
    wanted = entity.range or Between()
    today = context.now.astimezone(context.zone).date()
    away = (day - today).days
    if _is_outside(away, wanted):
        side = "late" if _side(away, wanted) == "large" else "early"
        raise WrongAnswer(f"{words_of_day(day)} is too {side}. Give a day {_days(wanted, today)}.")


def is_day_allowed(entity: Entity, day: date, today: date) -> bool:
    """Tell whether *day* lies within the days that *entity* allows."""
    return not _is_outside((day - today).days, entity.range or Between())


def _is_outside(number: float, wanted: Between) -> bool:
    too_small = wanted.least is not None and number < wanted.least
    return too_small or (wanted.most is not None and number > wanted.most)


def _side(number: float, wanted: Between) -> str:
    return "large" if wanted.most is not None and number > wanted.most else "small"


def _spoken(wanted: Between) -> str:
    if wanted.least is None:
        return f"a number up to {wanted.most:g}"
    if wanted.most is None:
        return f"a number from {wanted.least:g}"
    return f"a number from {wanted.least:g} to {wanted.most:g}"


def _days(wanted: Between, today: date) -> str:
    def day(away: float) -> str:
        return words_of_day(today + timedelta(days=away))

    if wanted.least is None:
        return f"up to {day(wanted.most or 0)}"
    if wanted.most is None:
        return f"from {day(wanted.least)}"
    return f"from {day(wanted.least)} to {day(wanted.most)}"
