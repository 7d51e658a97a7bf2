"""Writes whose course the run's journal alone keeps, and that are about one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bot.connection import Need
from bot.steps.lookup import Target
from bot.steps.writing import Settles, Where, Writing
from bot.trail import Action
from bot.values import Thing, Value


@dataclass(frozen=True)
class OnPage(Writing):
    """Something done to one page; *page* is it as expressions see it."""

    audited: ClassVar[Action]
    """What the audit calls it."""
    need: ClassVar[Need]
    settles: ClassVar[Settles] = Settles.AGAIN
    target: Target
    page: Thing

    @property
    def made(self) -> Value:
        """See `Writing.made`."""
        return self.page

    @property
    def targets(self) -> tuple[str, ...]:
        """See `Writing.targets`."""
        return (self.target.name,)

    @property
    def url(self) -> str:
        """See `Writing.url`."""
        return self.target.url

    @property
    def orders(self) -> Mapping[str, Value]:
        """What doing it takes besides the page, for the journal. Raises ``NotYet``."""
        return {}

    def kept(self) -> Thing:
        """Return all that doing, settling and undoing it takes, for the journal."""
        where = Where.of(self.target)
        return Thing(
            "kept", self.action, {"where": where.thing(), "page": self.page, **self.orders}
        )
