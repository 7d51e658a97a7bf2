"""One Confluence out of two: each connection is spoken for in its provider's own dialect."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.connection import Connection
from bot.content import (
    Account,
    AccountId,
    Attachment,
    ContentKind,
    Group,
    Hits,
    Page,
    PageId,
    PageText,
    Site,
    Space,
    SpaceId,
)
from bot.document import Body, Document
from bot.ports import Confluence
from bot.ports.confluence import Operation
from bot.profile import Provider
from bot.providers.dialects_actions import ActingDialects


class Dialects(ActingDialects, Confluence):
    """Hands each call to whoever speaks with the connection's provider."""

    def __init__(self, cloud: Confluence, data_center: Confluence) -> None:
        self._speakers = {Provider.CLOUD: cloud, Provider.DATA_CENTER: data_center}

    def _of(self, connection: Connection) -> Confluence:
        return self._speakers[connection.provider]

    async def search(
        self,
        connection: Connection,
        site: Site,
        cql: str,
        cursor: str | None = None,
        limit: int = 5,
    ) -> Hits:
        """See ``Confluence.search``."""
        speaker = self._of(connection)
        return await speaker.search(connection, site, cql, cursor, limit)

    async def find_people(self, connection: Connection, site: Site, name: str) -> Sequence[Account]:
        """See ``Confluence.find_people``."""
        speaker = self._of(connection)
        return await speaker.find_people(connection, site, name)

    async def get_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        """See ``Confluence.get_page``."""
        speaker = self._of(connection)
        return await speaker.get_page(connection, site, page, draft=draft, kind=kind)

    async def get_page_head(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        trashed: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """See ``Confluence.get_page_head``."""
        speaker = self._of(connection)
        return await speaker.get_page_head(
            connection, site, page, draft=draft, trashed=trashed, kind=kind
        )

    async def find_page_by_title(
        self,
        connection: Connection,
        site: Site,
        space: SpaceId,
        title: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page | None:
        """See ``Confluence.find_page_by_title``."""
        speaker = self._of(connection)
        return await speaker.find_page_by_title(connection, site, space, title, kind=kind)

    async def suggest_spaces(
        self, connection: Connection, site: Site, words: str
    ) -> Sequence[Space]:
        """See ``Confluence.suggest_spaces``."""
        speaker = self._of(connection)
        return await speaker.suggest_spaces(connection, site, words)

    async def get_space(self, connection: Connection, site: Site, space: SpaceId) -> Space:
        """See ``Confluence.get_space``."""
        speaker = self._of(connection)
        return await speaker.get_space(connection, site, space)

    async def find_space(self, connection: Connection, site: Site, key: str) -> Space | None:
        """See ``Confluence.find_space``."""
        speaker = self._of(connection)
        return await speaker.find_space(connection, site, key)

    async def suggest_pages(
        self, connection: Connection, site: Site, space: Space, words: str
    ) -> Sequence[Page]:
        """See ``Confluence.suggest_pages``."""
        speaker = self._of(connection)
        return await speaker.suggest_pages(connection, site, space, words)

    async def is_restricted(self, connection: Connection, site: Site, page: PageId) -> bool:
        """See ``Confluence.is_restricted``."""
        speaker = self._of(connection)
        return await speaker.is_restricted(connection, site, page)

    async def is_open_space(self, connection: Connection, site: Site, space: Space) -> bool:
        """See ``Confluence.is_open_space``."""
        speaker = self._of(connection)
        return await speaker.is_open_space(connection, site, space)

    async def may_create_in(self, connection: Connection, site: Site, space: Space) -> bool | None:
        """See ``Confluence.may_create_in``."""
        speaker = self._of(connection)
        return await speaker.may_create_in(connection, site, space)

    async def create_draft(  # noqa: PLR0913, PLR0917 (the port's)
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
        """See ``Confluence.create_draft``."""
        speaker = self._of(connection)
        return await speaker.create_draft(connection, site, space, title, body, parent, kind=kind)

    async def publish_draft(
        self,
        connection: Connection,
        site: Site,
        draft: Page,
        body: Body,
        message: str,
    ) -> Page:
        """See ``Confluence.publish_draft``."""
        speaker = self._of(connection)
        return await speaker.publish_draft(connection, site, draft, body, message)

    async def append(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        body: Document,
        *,
        base: int,
        message: str,
    ) -> Page:
        """See ``Confluence.append``."""
        speaker = self._of(connection)
        return await speaker.append(connection, site, page, body, base=base, message=message)

    async def trash_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """See ``Confluence.trash_page``."""
        speaker = self._of(connection)
        return await speaker.trash_page(connection, site, page, draft=draft, kind=kind)

    async def list_children(
        self, connection: Connection, site: Site, page: PageId
    ) -> Sequence[Page]:
        """See ``Confluence.list_children``."""
        speaker = self._of(connection)
        return await speaker.list_children(connection, site, page)

    async def update_page(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        title: str,
        body: Body,
        *,
        base: int,
        message: str,
    ) -> Page:
        """See ``Confluence.update_page``."""
        speaker = self._of(connection)
        return await speaker.update_page(
            connection, site, page, title, body, base=base, message=message
        )

    async def add_comment(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        body: Document,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> str:
        """See ``Confluence.add_comment``."""
        speaker = self._of(connection)
        return await speaker.add_comment(connection, site, page, body, kind=kind)

    async def list_attachments(
        self, connection: Connection, site: Site, page: PageId
    ) -> Sequence[Attachment]:
        """See ``Confluence.list_attachments``."""
        speaker = self._of(connection)
        return await speaker.list_attachments(connection, site, page)

    async def attach(  # noqa: PLR0913, PLR0917 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        name: str,
        content: bytes,
        kind: str,
    ) -> Attachment:
        """See ``Confluence.attach``."""
        speaker = self._of(connection)
        return await speaker.attach(connection, site, page, name, content, kind)

    async def list_labels(self, connection: Connection, site: Site, page: PageId) -> Sequence[str]:
        """See ``Confluence.list_labels``."""
        speaker = self._of(connection)
        return await speaker.list_labels(connection, site, page)

    async def add_labels(
        self, connection: Connection, site: Site, page: PageId, labels: Sequence[str]
    ) -> None:
        """See ``Confluence.add_labels``."""
        speaker = self._of(connection)
        return await speaker.add_labels(connection, site, page, labels)

    async def remove_label(
        self, connection: Connection, site: Site, page: PageId, label: str
    ) -> None:
        """See ``Confluence.remove_label``."""
        speaker = self._of(connection)
        return await speaker.remove_label(connection, site, page, label)

    async def may(  # noqa: PLR0913 (the port's)
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
        """See ``Confluence.may``."""
        speaker = self._of(connection)
        return await speaker.may(
            connection, site, page, operation, account=account, group=group, fresh=fresh
        )

    async def find_groups(self, connection: Connection, site: Site, words: str) -> Sequence[Group]:
        """See ``Confluence.find_groups``."""
        speaker = self._of(connection)
        return await speaker.find_groups(connection, site, words)

    async def note(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        value: Mapping[str, str],
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """See ``Confluence.note``."""
        speaker = self._of(connection)
        return await speaker.note(connection, site, page, key, value, kind=kind)

    async def find_note(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Mapping[str, str] | None:
        """See ``Confluence.find_note``."""
        return await self._of(connection).find_note(connection, site, page, key, kind=kind)

    async def create_page(  # noqa: PLR0913, PLR0917 (the port's)
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
        """See ``Confluence.create_page``."""
        speaker = self._of(connection)
        return await speaker.create_page(
            connection, site, space, title, body, parent, message, kind=kind
        )

    async def find_written(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        space: Space,
        title: str,
        since: datetime,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText | None:
        """See ``Confluence.find_written``."""
        speaker = self._of(connection)
        return await speaker.find_written(connection, site, space, title, since, kind=kind)
