"""Labels of Confluence's.

https://support.atlassian.com/confluence-cloud/docs/use-labels-to-organize-your-content/
"""

import re
from collections.abc import Sequence
from typing import Final

from bot.entities.kind import Bounds, Kind
from bot.entities.offers import as_option, meant
from bot.entities.parts import LONGEST_FIELD, LONGEST_OPTION, Context, Given, Look, WrongAnswer
from bot.entities.sources import list_offers
from bot.entities.typed import fitting, line, option, quoted, typed, typed_name
from bot.template import Choice, Entity
from bot.values import Value, text_of_value

LONGEST: Final = 255
_FORBIDDEN: Final = re.compile(r"[\s!#&()*,.:;<>?@\[\]^]+")
_COMMAS: Final = re.compile(r"[,;\n]")


class Label(Kind):
    """A label, in the lower case in which Confluence keeps it."""

    expects = "a label, which is one word, as in how-to"
    has_many = True

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        if entity.choices_from is None:
            return Look.TEXT
        return Look.MULTI_EXTERNAL_MENU if entity.many else Look.EXTERNAL_MENU

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return "One word, as in how-to or team-a."

    def bounds(self, entity: Entity) -> Bounds:
        """Return how many are chosen, or how many characters are typed."""
        if entity.choices_from is not None:
            return super().bounds(entity)
        return None, LONGEST_FIELD if entity.many else LONGEST

    def suggests(self, entity: Entity) -> bool:
        """Tell whether they are looked up: Confluence doesn't list all labels of a site."""
        return entity.choices_from is not None

    async def suggest(self, entity: Entity, words: str, context: Context) -> Sequence[Choice]:
        """Return those that contain *words*."""
        if entity.choices_from is None:
            return ()
        offered = await list_offers(entity.choices_from, words, context)
        return [as_option(each) for each in offered if words.casefold() in each.label]

    async def read_many(self, entity: Entity, given: Given, context: Context) -> Sequence[Value]:
        """Return the labels: split at commas, and where there are none, at spaces."""
        if given.text:
            text = await typed(given, context)
            said = [each for each in _COMMAS.split(text) if line(each)]
            said = said[0].split() if len(said) == 1 else said
            given = Given(value=tuple(said))
        return await super().read_many(entity, given, context)

    async def read(self, entity: Entity, given: Given, context: Context) -> str:
        """Return the label."""
        text = (await typed_name(given, context)).removeprefix("#").strip()
        if entity.choices_from is not None and entity.choices_from.of is not None:
            offered = await list_offers(entity.choices_from, text, context)
            return meant(text, offered).value
        return read_label(text)

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        text = text_of_value(value)
        return fitting(text, text)


def read_label(text: str) -> str:
    """Return *text* as a label. Raises ``WrongAnswer``."""
    label = text.casefold() if text.isascii() else text.lower()
    if label and len(label) <= LONGEST and not _FORBIDDEN.search(label):
        return label
    near = _FORBIDDEN.sub("-", label).strip("-")[:LONGEST_OPTION]
    raise WrongAnswer(
        f"{quoted(text)} can't be a label. Give one word without most punctuation, "
        f"as in {near or 'how-to'}.",
        (option(near, near),) if near else (),
    )
