"""The rest of one Confluence out of two: see `bot.providers.dialects`."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

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
    Site,
    Space,
    SpaceKey,
    TemplateId,
    Version,
)
from bot.document import Document, Placement
from bot.ports.confluence_actions import ConfluenceActions
from bot.rest import Call, Called


class ActingDialects(ConfluenceActions):
    """Hands each call to whoever speaks with the connection's provider."""

    @abstractmethod
    def _of(self, connection: Connection) -> ConfluenceActions:
        """Return who speaks with it."""

    async def get_storage(self, connection: Connection, site: Site, page: PageId) -> PageStorage:
        """See ``Confluence.get_storage``."""
        return await self._of(connection).get_storage(connection, site, page)

    async def update_section(  # noqa: PLR0913 (the port's)
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
    ) -> Page:
        """See ``Confluence.update_section``."""
        return await self._of(connection).update_section(
            connection, site, page, section, body, base=base, message=message, placement=placement
        )

    async def list_comments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Comment]:
        """See ``Confluence.list_comments``."""
        return await self._of(connection).list_comments(connection, site, page, kind=kind)

    async def get_comment(self, connection: Connection, site: Site, comment: CommentId) -> Comment:
        """See ``Confluence.get_comment``."""
        return await self._of(connection).get_comment(connection, site, comment)

    async def reply(
        self, connection: Connection, site: Site, comment: CommentId, body: Document
    ) -> str:
        """See ``Confluence.reply``."""
        return await self._of(connection).reply(connection, site, comment, body)

    async def move_page(
        self, connection: Connection, site: Site, page: PageId, parent: PageId
    ) -> None:
        """See ``Confluence.move_page``."""
        return await self._of(connection).move_page(connection, site, page, parent)

    async def copy_page(
        self, connection: Connection, site: Site, page: PageId, title: str, parent: PageId
    ) -> Page:
        """See ``Confluence.copy_page``."""
        return await self._of(connection).copy_page(connection, site, page, title, parent)

    async def find_restrictions(
        self, connection: Connection, site: Site, page: PageId
    ) -> Mapping[Operation, Restriction]:
        """See ``Confluence.find_restrictions``."""
        return await self._of(connection).find_restrictions(connection, site, page)

    async def restrict(  # noqa: PLR0913, PLR0917 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation,
        accounts: Sequence[AccountId],
        groups: Sequence[str],
    ) -> None:
        """See ``Confluence.restrict``."""
        return await self._of(connection).restrict(
            connection, site, page, operation, accounts, groups
        )

    async def watch(self, connection: Connection, site: Site, page: PageId, *, on: bool) -> None:
        """See ``Confluence.watch``."""
        return await self._of(connection).watch(connection, site, page, on=on)

    async def is_watching(self, connection: Connection, site: Site, page: PageId) -> bool:
        """See ``Confluence.is_watching``."""
        return await self._of(connection).is_watching(connection, site, page)

    async def list_spaces(
        self, connection: Connection, site: Site, most: int = 25
    ) -> Sequence[Space]:
        """See ``Confluence.list_spaces``."""
        return await self._of(connection).list_spaces(connection, site, most)

    async def list_versions(
        self, connection: Connection, site: Site, page: PageId, most: int = 25
    ) -> Sequence[Version]:
        """See ``Confluence.list_versions``."""
        return await self._of(connection).list_versions(connection, site, page, most)

    async def get_version(
        self, connection: Connection, site: Site, page: PageId, number: int
    ) -> PageText:
        """See ``Confluence.get_version``."""
        return await self._of(connection).get_version(connection, site, page, number)

    async def restore_version(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        number: int,
        *,
        base: int,
        message: str,
    ) -> Page:
        """See ``Confluence.restore_version``."""
        return await self._of(connection).restore_version(
            connection, site, page, number, base=base, message=message
        )

    async def restore_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """See ``Confluence.restore_page``."""
        return await self._of(connection).restore_page(connection, site, page, kind=kind)

    async def list_page_templates(
        self, connection: Connection, site: Site, space: SpaceKey | None
    ) -> Sequence[PageTemplate]:
        """See ``Confluence.list_page_templates``."""
        return await self._of(connection).list_page_templates(connection, site, space)

    async def get_page_template(
        self,
        connection: Connection,
        site: Site,
        template: TemplateId,
        space: SpaceKey | None = None,
    ) -> PageTemplateText:
        """See ``Confluence.get_page_template``."""
        return await self._of(connection).get_page_template(connection, site, template, space)

    async def call(self, connection: Connection, site: Site, call: Call) -> Called:
        """See ``Confluence.call``."""
        return await self._of(connection).call(connection, site, call)
