"""Writes of where a page is: below another, twice, in the trash."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from bot.connection import Need
from bot.steps import saying
from bot.steps.lookup import Target
from bot.steps.on_page import OnPage
from bot.steps.writing import Settles
from bot.trail import Action
from bot.values import Thing, Value

WHOLE: Final = "with its files, labels and restrictions, and without its comments"
TEXT_ALONE: Final = (
    "its text alone: without its files, labels, comments and restrictions, so whoever may see the "
    "space may read the copy"
)


@dataclass(frozen=True)
class Moving(OnPage):
    """Another place in the tree."""

    action: ClassVar[str] = "move"
    audited: ClassVar[Action] = Action.MOVE
    need: ClassVar[Need] = Need.PUBLISH
    parent: Target

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        page, below = saying.the(self.target), saying.the(self.parent)
        return f"Move {page}, with all that is below it, below {below}"

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "parent": self.parent.name}

    @property
    def targets(self) -> tuple[str, ...]:
        """See `Writing.targets`."""
        return (self.target.name, self.parent.name)

    @property
    def orders(self) -> Mapping[str, Value]:
        """See `OnPage.orders`."""
        return {"parent": self.parent.id}


@dataclass(frozen=True)
class Copying(OnPage):
    """A page like another one; *is_whole* tells whether more than its text goes along."""

    action: ClassVar[str] = "copy"
    audited: ClassVar[Action] = Action.COPY
    need: ClassVar[Need] = Need.PUBLISH
    settles: ClassVar[Settles] = Settles.ASKING
    parent: Target
    title: str
    copy: Thing
    is_whole: bool

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        page, below = saying.the(self.target), saying.the(self.parent)
        along = WHOLE if self.is_whole else TEXT_ALONE
        return f"Copy {page} to {saying.named(self.title)}, below {below}, {along}"

    @property
    def made(self) -> Value:
        """See `Writing.made`."""
        return self.copy

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "parent": self.parent.name, "title": self.title}

    @property
    def targets(self) -> tuple[str, ...]:
        """See `Writing.targets`."""
        return (self.parent.name,)

    @property
    def orders(self) -> Mapping[str, Value]:
        """See `OnPage.orders`."""
        return {"parent": self.parent.id, "title": self.title}


@dataclass(frozen=True)
class Trashing(OnPage):
    """A page goes to the trash; *base* is by what its version is known."""

    action: ClassVar[str] = "trash"
    audited: ClassVar[Action] = Action.TRASH
    need: ClassVar[Need] = Need.PUBLISH
    base: str

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        return f"Move {saying.the(self.target)} to the trash"

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "base": self.base}


@dataclass(frozen=True)
class Restoring(OnPage):
    """A page comes back from the trash."""

    action: ClassVar[str] = "restore"
    audited: ClassVar[Action] = Action.RESTORE
    need: ClassVar[Need] = Need.PUBLISH

    @property
    def words(self) -> str:
        """See `Writing.words`."""
        return f"Take {saying.the(self.target)} out of the trash"

    @property
    def content(self) -> Mapping[str, object]:
        """See `Writing.content`."""
        return {"page": self.target.name, "from": "trash"}
