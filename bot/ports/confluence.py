"""Confluence, as the core asks for it."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.connection import Connection
from bot.content import (
    Account,
    AccountId,
    Attachment,
    ContentKind,
    Group,
    Hits,
    Operation,
    Page,
    PageId,
    PageText,
    Said,
    Site,
    Space,
    SpaceId,
)
from bot.document import Body, Document
from bot.ports.confluence_actions import ConfluenceActions

__all__ = ["Confluence", "Operation"]


class Confluence(ConfluenceActions, Protocol):
    """The part of Confluence the bot uses, in the name of a connection, at one of its sites.

    Its dialects differ in one thing that shows: where a provider has no drafts
    (`Provider.has_drafts`), `create_page` makes what `create_draft` and `publish_draft` make.

    Every method raises ``ConsentRequired``, ``ScopeMissing``, ``NotAllowed``,
    ``Unavailable``, ``QuotaSpent`` or ``ProviderFault`` where that is what happened;
    writes raise ``Unclear`` once the request may have reached the provider.
    """

    @abstractmethod
    async def search(
        self,
        connection: Connection,
        site: Site,
        cql: str,
        cursor: str | None = None,
        limit: int = 5,
    ) -> Hits:
        """Run *cql*. Raises ``BadInput`` where Confluence can't read it."""

    @abstractmethod
    async def find_people(self, connection: Connection, site: Site, name: str) -> Sequence[Account]:
        """Return up to ten people whose display name matches *name*."""

    @abstractmethod
    async def get_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        """Return the page with its text. Raises ``NotFound``."""

    @abstractmethod
    async def get_page_head(  # noqa: PLR0913 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        trashed: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Return the page without its text, from the trash too if *trashed*.

        Raises:
            NotFound: it isn't there, or not to be seen.
        """

    @abstractmethod
    async def find_page_by_title(
        self,
        connection: Connection,
        site: Site,
        space: SpaceId,
        title: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page | None:
        """Return the current page of that title in that space, in whatever case it is written."""

    @abstractmethod
    async def suggest_spaces(
        self, connection: Connection, site: Site, words: str
    ) -> Sequence[Space]:
        """Return up to ten spaces whose name or key begins with or contains *words*.

        Without words, the person's favourites come first, then others.
        """

    @abstractmethod
    async def get_space(self, connection: Connection, site: Site, space: SpaceId) -> Space:
        """Return the space of that id. Raises ``NotFound``."""

    @abstractmethod
    async def find_space(self, connection: Connection, site: Site, key: str) -> Space | None:
        """Return the space of that key."""

    @abstractmethod
    async def suggest_pages(
        self, connection: Connection, site: Site, space: Space, words: str
    ) -> Sequence[Page]:
        """Return up to ten pages of *space* whose title matches *words*, for choosing a parent."""

    @abstractmethod
    async def is_restricted(self, connection: Connection, site: Site, page: PageId) -> bool:
        """Tell whether the page or an ancestor has read restrictions; unknown counts as yes."""

    @abstractmethod
    async def is_open_space(self, connection: Connection, site: Site, space: Space) -> bool:
        """Tell whether more than single people may read the space; unknown counts as no.

        A personal space is never open. A group may be a small one: which, isn't told.
        """

    @abstractmethod
    async def may_create_in(self, connection: Connection, site: Site, space: Space) -> bool | None:
        """Tell whether the connection's account may make pages there; ``None`` if nobody tells.

        Data Center has no such answer.
        """

    @abstractmethod
    async def create_draft(  # noqa: PLR0913, PLR0917 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        space: SpaceId,
        title: str,
        body: Body,
        parent: PageId | None = None,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Write a draft that its author alone sees."""

    @abstractmethod
    async def publish_draft(
        self,
        connection: Connection,
        site: Site,
        draft: Page,
        body: Body,
        message: str,
    ) -> Page:
        """Make *draft* the current page, version 1. Raises ``TitleTaken``, ``Changed``."""

    @abstractmethod
    async def append(  # noqa: PLR0913 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        body: Document,
        *,
        base: int,
        message: str,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Put *body* at the end of version *base*. Raises ``Changed`` if the page has moved on."""

    @abstractmethod
    async def trash_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """Move the page to the trash, or delete the *draft*, which has no trash to go to."""

    @abstractmethod
    async def list_children(
        self, connection: Connection, site: Site, page: PageId
    ) -> Sequence[Page]:
        """Return the first 25 pages right below *page*, in their order there.

        Raises:
            NotFound: *page* isn't there, or not to be seen.
        """

    @abstractmethod
    async def update_page(  # noqa: PLR0913 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        title: str,
        body: Body,
        *,
        base: int,
        message: str,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Put *title* and *body* in place of version *base*.

        Raises:
            Changed: the page has moved on.
            TitleTaken: another page of the space has that title.
        """

    @abstractmethod
    async def add_comment(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        body: Document,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Said:
        """Write a comment at the foot of *page*."""

    @abstractmethod
    async def list_attachments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Attachment]:
        """Return the first fifty files on *page*. Raises ``NotFound``."""

    @abstractmethod
    async def attach(  # noqa: PLR0913, PLR0917 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        name: str,
        content: bytes,
        media: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Attachment:
        """Put a file on *page*: a new version of the one that has that *name*, if one has.

        *media* is its media type.
        """

    @abstractmethod
    async def list_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[str]:
        """Return the names of the page's labels, at most 200."""

    @abstractmethod
    async def add_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        labels: Sequence[str],
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """Give *page* those labels; the ones it has stay."""

    @abstractmethod
    async def remove_label(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        label: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """Take one label off; nothing happens if the page hasn't got it."""

    @abstractmethod
    async def may(  # noqa: PLR0913 - whose, where, what, and for whom: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation,
        *,
        account: AccountId | None,
        group: str,
        fresh: bool = False,
    ) -> bool:
        """Tell whether somebody may do *operation* with *page*, as Confluence itself tells.

        It asks for *account*, and without one for the *group* of that id; Data Center knows
        no answer about an account, so there it is always the group. A refusal, no answer and
        nobody to ask for all mean no; the one thing raised is ``ConsentRequired``, where the
        connection's own token is refused. A yes is kept for five minutes,
        which is good enough for showing: *fresh* asks anew, before anything is written.
        """

    @abstractmethod
    async def find_groups(self, connection: Connection, site: Site, words: str) -> Sequence[Group]:
        """Return up to ten groups whose name contains *words*."""

    @abstractmethod
    async def note(  # noqa: PLR0913 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        value: Mapping[str, str],
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """Keep *value* beside the page as the content property *key*, in place of the last."""

    @abstractmethod
    async def find_note(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Mapping[str, str] | None:
        """Return what ``note`` keeps beside the page as *key*, if anything."""

    @abstractmethod
    async def create_page(  # noqa: PLR0913, PLR0917 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        space: Space,
        title: str,
        body: Body,
        parent: PageId | None,
        message: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Make a page, seen at once by everybody who may see the space.

        Raises:
            TitleTaken: the space has a page of that title.
        """

    @abstractmethod
    async def find_written(  # noqa: PLR0913 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        space: Space,
        title: str,
        since: datetime,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText | None:
        """Return the current page of exactly that title, with its text.

        ``None`` unless the connection's own account made it, in *space*, after *since* (by
        our clock; how the server's differs is allowed for).
        """
