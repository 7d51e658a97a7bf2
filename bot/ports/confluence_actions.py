"""Confluence beyond finding and writing a page: its sections, its talk, its past, its place."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.connection import Connection
from bot.content import (
    AccountId,
    Comment,
    CommentId,
    ContentKind,
    Operation,
    Page,
    PageId,
    PageStorage,
    PageTemplate,
    PageTemplateText,
    PageText,
    Restriction,
    Said,
    Site,
    Space,
    SpaceId,
    SpaceKey,
    TemplateId,
    Version,
)
from bot.document import Document, Placement
from bot.rest import Call, Called


class ConfluenceActions(Protocol):
    """The rest of ``Confluence``; what every method of that raises, these raise too."""

    @abstractmethod
    async def get_storage(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageStorage:
        """Return the page with its body to the letter. Raises ``NotFound``."""

    @abstractmethod
    async def update_section(  # noqa: PLR0913 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        section: str,
        body: Document,
        *,
        base: int,
        message: str,
        placement: Placement,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Change what stands below the heading *section* of version *base*, and nothing else.

        A section ends before the next heading of its level or a higher one, or with what the
        heading stands in (`bot.documents.section`). Every other byte of the page stays.

        Raises:
            Changed: the page has moved on.
            NoSuchSection: it has no heading of those words; the error names those it has.
            Ambiguous: it has several.
        """

    @abstractmethod
    async def list_comments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Comment]:
        """Return the first 25 comments at the foot of *page*, without the replies to them."""

    @abstractmethod
    async def get_comment(self, connection: Connection, site: Site, comment: CommentId) -> Comment:
        """Return one comment at the foot of a page, or one reply. Raises ``NotFound``."""

    @abstractmethod
    async def reply(
        self, connection: Connection, site: Site, comment: CommentId, body: Document
    ) -> Said:
        """Answer a comment at the foot of a page."""

    @abstractmethod
    async def delete_comment(self, connection: Connection, site: Site, comment: CommentId) -> None:
        """Delete a comment, or a reply, for good.

        Raises:
            NotFound: it isn't there, or not to be seen.
            Changed: it was changed since it was written, or somebody has answered it.
        """

    @abstractmethod
    async def move_page(
        self, connection: Connection, site: Site, page: PageId, parent: PageId
    ) -> None:
        """Put *page* and all below it last below *parent*, which may lie in another space.

        Raises:
            TitleTaken: the other space has a page of that title.
            Changed: the page has moved on meanwhile (Data Center).
        """

    @abstractmethod
    async def move_to_top(
        self, connection: Connection, site: Site, page: PageId, space: SpaceId
    ) -> None:
        """Put *page* and all below it where no page is above it in *space*.

        Raises:
            TitleTaken: the other space has a page of that title.
            NotOffered: this Confluence doesn't let apps do it: no Data Center does.
        """

    @abstractmethod
    async def copy_page(
        self, connection: Connection, site: Site, page: PageId, title: str, parent: PageId
    ) -> Page:
        """Make a page like *page* below *parent*, called *title*.

        Cloud copies its files, labels and restrictions too; on Data Center, which has no call
        for it, the text alone is copied (`Provider.copies_whole`).

        Raises:
            TitleTaken: the space of *parent* has a page of that title.
        """

    @abstractmethod
    async def find_restrictions(
        self, connection: Connection, site: Site, page: PageId
    ) -> Mapping[Operation, Restriction]:
        """Return who alone may read, and who alone may change, this very page: always both."""

    @abstractmethod
    async def restrict(  # noqa: PLR0913, PLR0917 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation,
        accounts: Sequence[AccountId],
        groups: Sequence[str],
    ) -> None:
        """Let those alone do *operation*, or without any whoever the space lets; groups by id.

        Who may do the other operation stays as it is. Confluence refuses what would shut the
        connection's own account out.
        """

    @abstractmethod
    async def watch(self, connection: Connection, site: Site, page: PageId, *, on: bool) -> None:
        """Have the connection's account told of changes to *page*, or no longer."""

    @abstractmethod
    async def is_watching(self, connection: Connection, site: Site, page: PageId) -> bool:
        """Tell whether the connection's account watches *page*."""

    @abstractmethod
    async def list_spaces(
        self, connection: Connection, site: Site, most: int = 25
    ) -> Sequence[Space]:
        """Return the first *most* spaces that the account may see."""

    @abstractmethod
    async def list_versions(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        most: int = 25,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Version]:
        """Return the last *most* versions of *page*, newest first."""

    @abstractmethod
    async def get_version(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        number: int,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        """Return *page* as it was in that version. Raises ``NotFound``."""

    @abstractmethod
    async def restore_version(  # noqa: PLR0913 - whose, where, and what: nothing to group
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        number: int,
        *,
        base: int,
        message: str,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Put the body of version *number*, to the letter, on top of version *base*.

        The title stays as it is now.

        Raises:
            NotFound: there is no such version.
            Changed: the page has moved on.
        """

    @abstractmethod
    async def restore_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Take *page* out of the trash.

        Raises:
            NotFound: it isn't in the trash.
            TitleTaken: the space has a page of that title by now.
        """

    @abstractmethod
    async def list_page_templates(
        self, connection: Connection, site: Site, space: SpaceKey | None
    ) -> Sequence[PageTemplate]:
        """Return the first 100 page templates of *space*, or without one those of all spaces.

        Raises:
            NotOffered: this Confluence doesn't offer them to apps.
        """

    @abstractmethod
    async def get_page_template(
        self,
        connection: Connection,
        site: Site,
        template: TemplateId,
        space: SpaceKey | None = None,
    ) -> PageTemplateText:
        """Return a page template with its text and its blanks; *space* is whose it is, if one's.

        Raises:
            NotFound: it isn't there, or not to be seen.
            NotOffered: this Confluence doesn't offer them to apps.
        """

    @abstractmethod
    async def call(self, connection: Connection, site: Site, call: Call) -> Called:
        """Send *call* to the site's own API, and nowhere else.

        A redirect isn't followed; the access token is blacked out wherever the answer has it.

        Raises:
            BadInput: the call can't be sent, or Confluence refuses it as it is; it says why.
        """
