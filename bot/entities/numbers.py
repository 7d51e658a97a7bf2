"""Numbers, and yes or no."""

import math
import re
from decimal import Decimal
from typing import Final

from bot.entities.kind import FREE, Bounds, Kind
from bot.entities.parts import Context, Given, Look, WrongAnswer
from bot.entities.typed import fitting, line, option, quoted, typed_name
from bot.template import Choice, Entity
from bot.values import Value, text_of_value

MOST_DIGITS: Final = 15
"""As many as a double keeps (IEEE 754)."""
_SPACES: Final = re.compile(r"(?<=\d)['’ ](?=\d{3}(?!\d))")
_SIGNS: Final = str.maketrans({"−": "-", "–": "-"})
_GROUPED: Final = re.compile(r"([+-]?)(\d{1,3}(?:([.,])\d{3})(?:\3\d{3})*)(?:(?!\3)[.,](\d+))?")
_PLAIN: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_BEGINS: Final = re.compile(r"[+-]?\d")


class Number(Kind):
    """A number, whole or not."""

    expects = "a number, as in 3 or 2.5"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.NUMBER

    def bounds(self, entity: Entity) -> Bounds:
        """Return the range."""
        return (entity.range.least, entity.range.most) if entity.range else FREE

    async def read(self, entity: Entity, given: Given, context: Context) -> int | float:
        """Return the number."""
        held = given.value
        if isinstance(held, int | float) and not isinstance(held, bool):
            return _tidy(float(held)) if math.isfinite(held) else _refuse(str(held))
        text = await typed_name(given, context)
        is_chosen = given.is_plain or isinstance(held, str)
        if is_chosen and "," not in text and _PLAIN.fullmatch(text):
            return _number(text)  # a form's field writes it so, with a point
        return read_number(text)

    def shown(self, entity: Entity, value: Value) -> str:
        """Return its digits, with a point and never with an exponent."""
        if not isinstance(value, float):
            return text_of_value(value)
        return f"{Decimal(f'{value:.{MOST_DIGITS}g}'):f}"

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        words = self.shown(entity, value)
        is_digits = is_number or (_PLAIN.fullmatch(words) is not None and "," not in words)
        return fitting(words, words) if is_digits else None


def read_number(text: str) -> int | float:
    """Read what people type: a point or a comma, spaces between thousands.

    Raises:
        WrongAnswer: it isn't a number and nothing else; or it is one of two, as 1,234 is.
    """
    plain = _SPACES.sub("", text.translate(_SIGNS))
    grouped = _GROUPED.fullmatch(plain)
    if grouped and not grouped[2].startswith("0"):
        return _grouped(plain, grouped)
    if _PLAIN.fullmatch(plain):
        return _number(plain)
    if _BEGINS.match(plain):
        raise WrongAnswer(
            f"{quoted(text)} is more than a number. Give the number alone, as in 3 or 2.5."
        )
    return _refuse(text)


def _grouped(plain: str, found: re.Match[str]) -> int | float:
    sign, digits, mark, decimals = found.groups()
    whole = sign + digits.replace(mark, "")
    if decimals is not None:
        return _number(f"{whole}.{decimals}")
    if digits.count(mark) > 1:
        return _number(whole)
    readings = [text_of_value(_number(each)) for each in (whole, plain.replace(mark, "."))]
    raise WrongAnswer(
        f"{quoted(plain)} may be {readings[0]} or {readings[1]}. Say which of the two.",
        tuple(option(each, each) for each in readings),
    )


def _number(text: str) -> int | float:
    if sum(each.isdigit() for each in text.lstrip("+-0.,")) > MOST_DIGITS:
        raise WrongAnswer(
            f"That number has more than {MOST_DIGITS} digits. Give a shorter one, as in 2.5."
        )
    return _tidy(float(text.replace(",", ".")))


def _tidy(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _refuse(text: str) -> int | float:
    raise WrongAnswer(f"{quoted(text)} isn't a number. Give a number, as in 3 or 2.5.")


YES: Final = Choice(value="yes", label="Yes")
NO: Final = Choice(value="no", label="No")
_YES: Final = frozenset(
    {
        *("yes", "y", "true", "t", "1", "on", "ok", "okay", "yep", "yeah", "yup", "sure", "please"),
        *(":+1:", ":thumbsup:", ":white_check_mark:", ":heavy_check_mark:", ":ok_hand:", ":ok:"),
        *("👍", "✅", "✔", "👌", "🆗", "yes please", "of course", "true", "ticked"),
    }
)
_NO: Final = frozenset(
    {
        *("no", "n", "false", "f", "0", "off", "nope", "nah", "no thanks", "no thank you"),
        *(
            ":-1:",
            ":thumbsdown:",
            ":x:",
            ":no_entry:",
            ":no_entry_sign:",
            ":heavy_multiplication_x:",
        ),
        *("👎", "❌", "✖", "⛔", "🚫", "never", "not"),
    }
)
_SKIN: Final = re.compile(r":skin-tone-[2-6]:|[\U0001f3fb-\U0001f3ff]|\ufe0f")


class Boolean(Kind):
    """Yes or no."""

    expects = "yes or no"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """Return a menu where it must be answered: a tick can't be told from a no answer."""
        return Look.MENU if entity.required else Look.CHECKBOX

    def choices(self, entity: Entity) -> tuple[Choice, ...]:
        """Return both."""
        return YES, NO

    async def read(self, entity: Entity, given: Given, context: Context) -> bool:
        """Return which."""
        if isinstance(given.value, bool):
            return given.value
        text = await typed_name(given, context)
        said = line(_SKIN.sub("", text)).casefold().rstrip(".! ")
        if said in _YES:
            return True
        if said in _NO:
            return False
        raise WrongAnswer(f"{quoted(text)} is neither yes nor no. Say one of them.", (YES, NO))

    def shown(self, entity: Entity, value: Value) -> str:
        """Return it in words."""
        return text_of_value(value)

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        return {"yes": YES, "no": NO}.get(text_of_value(value))
