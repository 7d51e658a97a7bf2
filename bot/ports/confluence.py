"""Confluence, as the core asks for it."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from bot.connection import Connection
from bot.content import (
    Account,
    Hits,
    Page,
    PageId,
    PageText,
    Site,
    Space,
    SpaceId,
)
from bot.document import Document


class Confluence(Protocol):
    """The part of Confluence the bot uses, in the name of a connection, at one of its sites.

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
        self, connection: Connection, site: Site, page: PageId, *, draft: bool = False
    ) -> PageText:
        """Return the page with its text. Raises ``NotFound``."""

    @abstractmethod
    async def get_page_head(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        trashed: bool = False,
    ) -> Page:
        """Return the page without its text, from the trash too if *trashed*.

        Raises:
            NotFound: it isn't there, or not to be seen.
        """

    @abstractmethod
    async def find_page_by_title(
        self, connection: Connection, site: Site, space: SpaceId, title: str
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
    async def create_draft(  # noqa: PLR0913, PLR0917 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        space: SpaceId,
        title: str,
        body: Document,
        parent: PageId | None = None,
    ) -> Page:
        """Write a draft that its author alone sees."""

    @abstractmethod
    async def publish_draft(
        self, connection: Connection, site: Site, draft: Page, body: Document, message: str
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
    ) -> Page:
        """Put *body* at the end of version *base*. Raises ``Changed`` if the page has moved on."""

    @abstractmethod
    async def trash_page(
        self, connection: Connection, site: Site, page: PageId, *, draft: bool = False
    ) -> None:
        """Move the page to the trash, or delete the *draft*, which has no trash to go to."""
