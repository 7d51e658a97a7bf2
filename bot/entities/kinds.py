"""Which kind stands for which type."""

from collections.abc import Mapping
from typing import Final

from bot.entities.choices import One, Several
from bot.entities.files import Attachment
from bot.entities.kind import Kind
from bot.entities.labels import Label
from bot.entities.numbers import Boolean, Number
from bot.entities.pages import Page
from bot.entities.people import Channel, Person
from bot.entities.places import Site, Space
from bot.entities.texts import Line, LongText, RichText, Url
from bot.entities.times import Date, DateTime
from bot.template import Entity, EntityType

KINDS: Final[Mapping[EntityType, Kind]] = {
    EntityType.TEXT: Line(),
    EntityType.LONG_TEXT: LongText(),
    EntityType.RICH_TEXT: RichText(),
    EntityType.NUMBER: Number(),
    EntityType.BOOLEAN: Boolean(),
    EntityType.CHOICE: One(),
    EntityType.CHOICES: Several(),
    EntityType.DATE: Date(),
    EntityType.DATE_TIME: DateTime(),
    EntityType.PERSON: Person(),
    EntityType.CHANNEL: Channel(),
    EntityType.SPACE: Space(),
    EntityType.PAGE: Page(),
    EntityType.LABEL: Label(),
    EntityType.SITE: Site(),
    EntityType.ATTACHMENT: Attachment(),
    EntityType.URL: Url(),
}


def kind_of(entity: Entity) -> Kind:
    """Return the kind of *entity*."""
    return KINDS[entity.type]
