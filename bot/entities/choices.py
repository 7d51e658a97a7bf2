"""Choosing from a list: one of the template's, or one that is looked up."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from bot.entities.kind import Kind
from bot.entities.offers import Chosen, Offer, as_option, meant
from bot.entities.parts import (
    LONGEST_OPTION,
    MOST_CHOICES,
    MOST_MANY,
    Context,
    Given,
    Look,
    WrongAnswer,
)
from bot.entities.sources import is_searched, list_offers
from bot.entities.typed import line, quoted, typed, typed_name
from bot.template import Choice, Entity
from bot.values import Value, text_of_value

_COMMAS: Final = re.compile(r"[,;\n]")
_AND: Final = re.compile(r"(\s(?:and|&)\s)", re.IGNORECASE)
_FIRST_AND: Final = re.compile(r"^(?:and|&)\s", re.IGNORECASE)
_MOST_ANDS: Final = 5
"""So many may stand within one choice."""


class One(Kind):
    """One of several choices; its value is the choice's."""

    expects = "one of the choices"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.MENU if entity.choices_from is None else Look.EXTERNAL_MENU

    def choices(self, entity: Entity) -> tuple[Choice, ...]:
        """Return the template's."""
        return tuple(as_option(each) for each in written(entity))

    def suggests(self, entity: Entity) -> bool:
        """Tell whether they are looked up."""
        return entity.choices_from is not None

    async def suggest(self, entity: Entity, words: str, context: Context) -> Sequence[Choice]:
        """Return those that *words* may mean."""
        wanted = words.casefold()
        offered = await _offered(entity, words, context)
        return [as_option(each) for each in offered if wanted in each.label.casefold()]

    async def read(self, entity: Entity, given: Given, context: Context) -> str:
        """Return the value of what was chosen."""
        words = await typed_name(given, context)
        return _value(entity, await _meant(entity, words, context))

    def shown(self, entity: Entity, value: Value) -> str:
        """Return its label, where the template has it or it was looked up just now."""
        if isinstance(value, Chosen):
            return value.label
        found = (each.label for each in written(entity) if each.value == value)
        return next(found, text_of_value(value))

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        text = text_of_value(value)
        is_known = entity.choices_from or any(each.value == text for each in written(entity))
        return as_option(Offer(text, self.shown(entity, value))) if is_known else None


class Several(One):
    """Some of several choices."""

    expects = "some of the choices, with commas between"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.MULTI_MENU if entity.choices_from is None else Look.MULTI_EXTERNAL_MENU

    def is_many(self, entity: Entity) -> bool:
        """Hold several, always."""
        return True

    async def read_many(self, entity: Entity, given: Given, context: Context) -> Sequence[Value]:
        """Return the values of all that were chosen."""
        if isinstance(given.value, tuple):
            text, said = "", [text_of_value(each) for each in given.value]
        else:
            text = await typed(given, context)
            if len(text) > MOST_CHOICES * LONGEST_OPTION:
                raise WrongAnswer("That is longer than all choices together. Give some of them.")
            said = [part for part in map(line, _COMMAS.split(text)) if part]
        if is_searched(entity.choices_from):
            if len(said) > MOST_MANY:
                raise WrongAnswer(f"At most {MOST_MANY} of them are taken. Give fewer.")
            return [_value(entity, await _meant(entity, each, context)) for each in said]
        offered = await _offered(entity, "", context)
        parts = _parted(text, offered) if text else said
        return [_value(entity, meant(each, offered)) for each in parts]


def written(entity: Entity) -> tuple[Offer, ...]:
    """Return the choices that stand in the template."""
    return tuple(
        Offer(each.value, each.label) if isinstance(each, Choice) else Offer(each, each)
        for each in entity.choices
    )


def _value(entity: Entity, offer: Offer) -> str:
    return offer.value if entity.choices_from is None else Chosen.of(offer)


async def _meant(entity: Entity, words: str, context: Context) -> Offer:
    offered = await _offered(entity, words, context)
    if not offered and is_searched(entity.choices_from):
        raise WrongAnswer(
            f"{quoted(words)} isn't one of the choices. Give more of its name, or another."
        )
    return meant(words, offered)


async def _offered(entity: Entity, words: str, context: Context) -> tuple[Offer, ...]:
    if entity.choices_from is None:
        return written(entity)
    return await list_offers(entity.choices_from, words, context)


def _parted(text: str, offered: Sequence[Offer]) -> list[str]:
    """Split *text* at commas, and at “and” where that isn't part of a choice."""
    if _is_one(line(text), offered):
        return [line(text)]
    parts = [part for part in map(line, _COMMAS.split(text)) if part]
    return [said for part in parts for said in _said(part, offered)] or [line(text)]


def _said(part: str, offered: Sequence[Offer]) -> Iterator[str]:
    """Yield what *part* names: as many words as are one choice, with “and” between two."""
    pieces = _AND.split(part if _is_one(part, offered) else _FIRST_AND.sub("", part))
    while pieces:
        # A choice stands at every other place, an “and” of some spelling between.
        ends = range(min(len(pieces), 2 * _MOST_ANDS + 1), 0, -2)
        whole = ("".join(pieces[:end]) for end in ends)
        taken = next(
            (end for end, said in zip(ends, whole, strict=True) if _is_one(said, offered)), 1
        )
        yield "".join(pieces[:taken])
        pieces = pieces[taken + 1 :]


def _is_one(words: str, offered: Sequence[Offer]) -> bool:
    try:
        meant(words, offered)
    except WrongAnswer:
        return False
    return True
