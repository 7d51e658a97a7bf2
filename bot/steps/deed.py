"""One write under way, as the run's journal keeps it."""

from typing import Final

from bot.act import Acting
from bot.connection import Connection
from bot.content import Account, AccountId, PageId, Site
from bot.course import require_account
from bot.frozen import frozen
from bot.steps.hands import Facts, Tools
from bot.steps.writing import Sent, Where
from bot.values import Thing, Value

_BY: Final = "by"


@frozen
class Deed:
    """One write under way: under whose connection, and what the journal kept of it."""

    tools: Tools
    acting: Acting
    kept: Thing

    @classmethod
    def of(cls, tools: Tools, acting: Acting, kept: Thing) -> "Deed":
        """Return the write that *kept* tells of, for the account that it was shown with.

        Raises:
            AccountChanged: it would be another's by now.
        """
        by = kept.fields.get(_BY)
        if isinstance(by, Thing):
            account = Account(AccountId(str(by.fields["id"])), by.label)
            require_account(acting, account, is_lent=bool(by.fields["is_lent"]))
        return cls(tools, acting, kept)

    @property
    def where(self) -> Where:
        """The page that it is about."""
        return Where.read(self.kept.fields.get("where"))

    @property
    def place(self) -> tuple[Connection, Site, PageId]:
        """By what Confluence is told of that page."""
        return self.acting.connection, self.acting.site, self.where.page

    @property
    def page(self) -> Value:
        """The page as later steps see it."""
        return self.kept.fields.get("page")

    def text(self, name: str) -> str:
        """Return a text that was kept."""
        held = self.kept.fields.get(name)
        return held if isinstance(held, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return texts that were kept."""
        held = self.kept.fields.get(name)
        return tuple(map(str, held)) if isinstance(held, tuple) else ()

    def done(self) -> Sent:
        """Return what it brought: the page as it was."""
        return Sent(self.page, self.where.url)


def by_account(kept: Thing, facts: Facts) -> Thing:
    """Return what the journal keeps of a write, with whose account it is for."""
    held: dict[str, Value] = {"id": facts.account.id, "is_lent": facts.is_lent}
    by = Thing(_BY, facts.account.name, held)
    return Thing(kept.kind, kept.label, {**kept.fields, _BY: by})
