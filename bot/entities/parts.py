"""What is asked, how it looks in a form, what comes back, and where all this happens."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final, TypeVar

from bot.act import Acting, Actor
from bot.connection import Need
from bot.content import CloudId, Site
from bot.credentials import UNLIMITED, Limits
from bot.document import Document
from bot.documents import is_empty
from bot.errors import BadInput
from bot.frozen import frozen
from bot.ports import Confluence
from bot.principal import Principal
from bot.template import Choice
from bot.values import Thing, Value

T = TypeVar("T")

MOST_BUTTONS: Final = 5
"""So many choices are shown as buttons; more make a menu."""
MOST_CHOICES: Final = 100
"""Slack's limit of options (docs.slack.dev, option objects in select menus)."""
MOST_MANY: Final = 20
"""So many things an entity holds at most, where it may hold several."""
LONGEST_OPTION: Final = 75
"""Slack's limit of an option's label, and, to be safe, of its value."""
LONGEST_FIELD: Final = 3_000
"""Slack's limit of what a form's field takes and shows."""


@frozen
class SlackFile:
    """A file that somebody gave in Slack; *type* is its media type, *size* counts bytes."""

    id: str
    name: str
    type: str
    size: int


@frozen
class Given:
    """What came for one entity.

    *text* was typed: in a message or a command, where Slack writes entities (``&lt;``,
    ``<@U1>``), or, if *is_plain*, in a form's field, where it doesn't. *value* was chosen: an
    option's value, a day, a Slack id, seconds since 1970, a number, a tick, or several; or it
    is a value that was held before. *document* is rich text, beside *text* or alone.
    """

    text: str = ""
    value: Value = None
    document: Document | None = None
    files: tuple[SlackFile, ...] = ()
    is_plain: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing came."""
        nothing = self.value is None or self.value in ("", ())
        has_words = self.text.strip() or (self.document is not None and not is_empty(self.document))
        return nothing and not (has_words or self.files)


class WrongAnswer(BadInput):
    """What came can't be what was asked for; it says what is expected.

    *suggestions* are what may have been meant: the value of one reads as an answer.
    """

    def __init__(self, message: str, suggestions: tuple[Choice, ...] = ()) -> None:
        """Say what is expected, with an example."""
        super().__init__(message)
        self.suggestions = suggestions[:MOST_CHOICES]


class Look(StrEnum):
    """How an entity looks in a form."""

    TEXT = "text"
    LONG_TEXT = "long text"
    RICH_TEXT = "rich text"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    MENU = "menu"
    MULTI_MENU = "multi menu"
    DATE = "date"
    DATE_TIME = "date-time"
    USER = "user"
    USERS = "users"
    CHANNEL = "channel"
    EXTERNAL_MENU = "external menu"
    MULTI_EXTERNAL_MENU = "multi external menu"
    FILE = "file"
    URL = "URL"


@frozen
class Element:
    """One field of a form, freed of Block Kit.

    What it shows at first is *text* (a number's digits, a day as in 2026-12-03, seconds since
    1970, a Slack id), *document* or, in menus and of several people, *chosen*. *held* tells in
    words of an answer that a field of its look can't show: it stays unless another is given.
    *least* and *most* are characters of a text, a number's bounds, or how many are chosen.
    """

    look: Look
    label: str
    hint: str = ""
    placeholder: str = ""
    is_optional: bool = False
    choices: tuple[Choice, ...] = ()
    text: str = ""
    document: Document | None = None
    chosen: tuple[Choice, ...] = ()
    held: str = ""
    least: float | None = None
    most: float | None = None


@frozen
class Question:
    """How an entity is asked for in a conversation; all its words are plain.

    *choices* are those known at once; with *suggests* others come from `suggest`, also for no
    words at all. *element* is for those that a message can hold: a menu, a day, people.
    """

    words: str
    hint: str
    choices: tuple[Choice, ...] = ()
    suggests: bool = False
    element: Element | None = None

    @property
    def has_buttons(self) -> bool:
        """Tell whether the choices are few enough for buttons."""
        return 0 < len(self.choices) <= MOST_BUTTONS


async def unnamed(_id: str) -> str:
    """Know nobody's name."""
    return ""


async def unlimited() -> Limits:
    """Narrow nothing."""
    return UNLIMITED


@frozen
class Context:
    """Who answers, where, and what is known so far.

    *values* are the entities answered before, by name. *site* is where the dialog takes place,
    ``None`` for the one in use. *name_of* tells the name of a Slack member or channel by its
    id, an empty one where nobody knows. *now* is aware; *zone* is the person's. *limits_of*
    tells the terms under which the organisation's connection may be used, when it is asked.
    """

    principal: Principal
    actor: Actor
    confluence: Confluence
    now: datetime
    values: Mapping[str, Value] = field(default_factory=dict)
    site: CloudId | None = None
    channel: str = ""
    zone: tzinfo = UTC
    name_of: Callable[[str], Awaitable[str]] = unnamed
    limits_of: Callable[[], Awaitable[Limits]] = unlimited

    @property
    def where(self) -> CloudId | None:
        """The site: the one answered, else the dialog's, else that of what was answered."""
        things = [each for each in self.values.values() if isinstance(each, Thing)]
        chosen = next((each.fields.get("id") for each in things if each.kind == "site"), None)
        known = (each.fields.get("site") for each in things if each.kind in {"space", "page"})
        found = chosen or self.site or next(known, None)
        return CloudId(str(found)) if found else None

    async def run(
        self,
        work: Callable[[Acting], Awaitable[T]],
        need: Need = Need.READ,
        site: CloudId | None = None,
    ) -> T:
        """Do *work* in the person's name, at *site* or where the dialog takes place."""
        limits = await self.limits_of()
        return await self.actor.run(
            self.principal, need, work, site=site or self.where, limits=limits
        )

    async def sites(self) -> tuple[Site, ...]:
        """Return the sites that the person can use."""
        return await self.actor.list_sites(self.principal, Need.READ, await self.limits_of())

    def without(self, entity: str) -> "Context":
        """Return it without what *entity* was given before."""
        kept = {name: value for name, value in self.values.items() if name != entity}
        return replace(self, values=kept)
