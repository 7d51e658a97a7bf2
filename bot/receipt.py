"""A write that a person confirmed, and the record of what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

from pydantic import SecretStr

from bot.content import Account, ContentKind, PageId, Site, Space
from bot.document import Body, Placement
from bot.frozen import frozen
from bot.principal import Principal
from bot.profile import Provider

DecisionId = NewType("DecisionId", str)
DraftId = NewType("DraftId", str)


class Act(StrEnum):
    """What a decision does."""

    PUBLISH = "publish"  # a new page, for everybody who may see the space
    DRAFT = "draft"  # a new draft, which its author alone sees
    APPEND = "append"  # more text at the end of a page that exists
    UPDATE = "update"  # another text in place of a page's
    SECTION = "section"  # another text in one section of a page
    RESTORE_VERSION = "restore_version"  # what a page said before, on top of what it says now

    @property
    def changes(self) -> bool:
        """Tell whether it changes a page that is there already."""
        return self not in {Act.PUBLISH, Act.DRAFT}


@frozen
class Decision:
    """Exactly what will be written, where and as whom; its id is minted for the preview.

    For what changes a page, *page_id*, *page_url* and *base_version* name it as it was shown;
    SECTION changes *section* as *placement* says, RESTORE_VERSION brings *version* back, UPDATE may
    change *old_title* to *title*. *own_only* and *lent_spaces* narrow whose connection writes it.
    *asker* is its person's name where the organisation's connection writes, and else empty.
    """

    id: DecisionId
    act: Act
    principal: Principal
    profile: str
    account: Account
    site: Site
    space: Space
    title: str
    body: Body
    parent_id: PageId | None = None
    parent_title: str = ""
    page_id: PageId | None = None
    page_url: str = ""
    base_version: int = 0
    provider: Provider = Provider.CLOUD
    asker: str = ""
    kind: ContentKind = ContentKind.PAGE
    section: str = ""
    placement: Placement = Placement.END
    version: int = 0
    old_title: str = ""
    own_only: bool = False
    lent_spaces: tuple[str, ...] = ()

    @property
    def is_lent(self) -> bool:
        """Tell whether the organisation's connection writes it."""
        return bool(self.asker)

    @property
    def mark(self) -> str:
        """What its version message ends with, and no other decision's does."""
        return self.id[-8:]


@frozen
class Draft:
    """A previewed decision that waits to be confirmed; it expires, sealed.

    *response_url* is that of the command that began it, for the private receipt.
    """

    id: DraftId
    decision: Decision
    expires_at: datetime
    response_url: SecretStr | None = None
    response_url_at: datetime | None = None


class Stage(StrEnum):
    """How far a decision has come."""

    CLAIMED = "claimed"  # confirmed; nothing sent yet
    SENDING = "sending"  # the first write is under way, or its outcome is unclear
    DRAFTED = "drafted"  # the draft's id is known; publishing may be under way
    DONE = "done"
    REFUSED = "refused"  # nothing was published; the text is handed back
    UNCLEAR = "unclear"  # never repeated unasked

    @property
    def is_final(self) -> bool:
        """Tell whether nothing more will be tried."""
        return self in {Stage.DONE, Stage.REFUSED, Stage.UNCLEAR}


@frozen
class Receipt:
    """A decision's record: claimed before the write, finished after it.

    *decision* is whole while it may still be needed, and afterwards loses its body.
    *generation* grows with every change: whoever writes must have seen the last one.
    *sent* counts the first writes that were begun: more than one may have left a stray
    draft. *refusal* is the code of the error that ended it. *told* says that its person
    has been shown the outcome; *done_at* is when the write was known to have gone through,
    and *digest* what it said, where only that tells whether it was changed since.
    """

    decision: Decision
    stage: Stage
    claimed_at: datetime
    touched_at: datetime
    generation: int = 1
    sent: int = 0
    page_id: PageId | None = None
    page_url: str = ""
    refusal: str = ""
    told: bool = False
    undone_at: datetime | None = None
    done_at: datetime | None = None
    digest: str = ""
    response_url: SecretStr | None = None
    response_url_at: datetime | None = None
    correlation: str = ""


def message_of(decision: Decision) -> str:
    """Return the version message: whence the text came, and which decision put it there.

    What the organisation's account writes carries the name of who asked for it (promise 10).
    """
    return f"Written in Slack with Confab{_asked_by(decision)} · {decision.mark}"


def undo_message_of(decision: Decision) -> str:
    """Return the version message of what takes *decision* back."""
    return f"Taken back in Slack with Confab{_asked_by(decision)} · {decision.mark}"


def _asked_by(decision: Decision) -> str:
    return f" for {decision.asker}" if decision.is_lent else ""
