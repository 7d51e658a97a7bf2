"""What the organisation's connection does beyond finding and writing pages; see `bot.lending`."""

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
    Said,
    Site,
    Space,
    SpaceId,
    SpaceKey,
    TemplateId,
    Version,
)
from bot.document import Document, Placement
from bot.errors import NotAllowed, NotFound
from bot.lending_wall import UNSEEN, Wall, require_space, unseen
from bot.ports.confluence_actions import ConfluenceActions
from bot.rest import Call, Called


class LentActions(Wall, ConfluenceActions):
    """Those actions, behind the wall."""

    async def get_storage(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageStorage:
        """Return the page if it may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page, kind=kind)
        with unseen(connection):
            stored = await self._inner.get_storage(connection, site, page, kind=kind)
        # It may have been moved between the two calls.
        require_space(connection, site, stored.page.space_id, writes=False)
        return stored

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
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Write where writing is allowed."""
        await self.require_change(connection, site, page, kind=kind)
        return await self._inner.update_section(
            connection,
            site,
            page,
            section,
            body,
            base=base,
            message=message,
            placement=placement,
            kind=kind,
        )

    async def list_comments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Comment]:
        """List those of a page that may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page, kind=kind)
        with unseen(connection):
            return await self._inner.list_comments(connection, site, page, kind=kind)

    async def get_comment(self, connection: Connection, site: Site, comment: CommentId) -> Comment:
        """Return the comment if what it is about may be shown."""
        with unseen(connection):
            comment_there = await self._inner.get_comment(connection, site, comment)
        if connection.lent is not None:
            about = comment_there.page_id
            await self.require_page(connection, site, about, kind=comment_there.kind)
        return comment_there

    async def reply(
        self, connection: Connection, site: Site, comment: CommentId, body: Document
    ) -> Said:
        """Answer where writing is allowed, on what may be seen."""
        if connection.lent is not None:
            with unseen(connection):
                said = await self._inner.get_comment(connection, site, comment)
            await self.require_change(connection, site, said.page_id, "read", kind=said.kind)
        return await self._inner.reply(connection, site, comment, body)

    async def delete_comment(self, connection: Connection, site: Site, comment: CommentId) -> None:
        """Take back only where writing is allowed."""
        if connection.lent is not None:
            with unseen(connection):
                said = await self._inner.get_comment(connection, site, comment)
            await self.require_change(connection, site, said.page_id, "read", kind=said.kind)
        await self._inner.delete_comment(connection, site, comment)

    async def move_page(
        self, connection: Connection, site: Site, page: PageId, parent: PageId
    ) -> None:
        """Move from where writing is allowed to where it is allowed too."""
        await self.require_change(connection, site, page)
        await self.require_change(connection, site, parent, "read")
        await self._inner.move_page(connection, site, page, parent)

    async def move_to_top(
        self, connection: Connection, site: Site, page: PageId, space: SpaceId
    ) -> None:
        """Move from where writing is allowed to where it is allowed too."""
        await self.require_change(connection, site, page)
        await self.require_place(connection, site, space, None)
        await self._inner.move_to_top(connection, site, page, space)

    async def copy_page(
        self, connection: Connection, site: Site, page: PageId, title: str, parent: PageId
    ) -> Page:
        """Copy what may be shown to where writing is allowed."""
        if connection.lent is not None:
            await self.require_page(connection, site, page)
        await self.require_change(connection, site, parent, "read")
        return await self._inner.copy_page(connection, site, page, title, parent)

    async def find_restrictions(
        self, connection: Connection, site: Site, page: PageId
    ) -> Mapping[Operation, Restriction]:
        """Name nobody: the organisation's directory isn't part of what was allowed."""
        refuse_lent(connection, "tell who may see a page")
        return await self._inner.find_restrictions(connection, site, page)

    async def restrict(  # noqa: PLR0913, PLR0917 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation,
        accounts: Sequence[AccountId],
        groups: Sequence[str],
    ) -> None:
        """Refuse: the shared account would be the one that locks others out."""
        refuse_lent(connection, "restrict pages")
        await self._inner.restrict(connection, site, page, operation, accounts, groups)

    async def watch(self, connection: Connection, site: Site, page: PageId, *, on: bool) -> None:
        """Refuse: the shared account would be the one that watches."""
        refuse_lent(connection, "watch pages")
        await self._inner.watch(connection, site, page, on=on)

    async def is_watching(self, connection: Connection, site: Site, page: PageId) -> bool:
        """Refuse, for the same reason."""
        refuse_lent(connection, "watch pages")
        return await self._inner.is_watching(connection, site, page)

    async def list_spaces(
        self, connection: Connection, site: Site, most: int = 25
    ) -> Sequence[Space]:
        """List the allowed ones, which nobody need be asked for."""
        lent = connection.lent
        if lent is None:
            return await self._inner.list_spaces(connection, site, most)
        allowed = lent.spaces(site.cloud_id, writes=lent.writes)[:most]
        return [Space(each.id, each.key, each.name) for each in allowed]

    async def list_versions(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        most: int = 25,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Version]:
        """List those of a page that may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page, kind=kind)
        with unseen(connection):
            return await self._inner.list_versions(connection, site, page, most, kind=kind)

    async def get_version(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        number: int,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        """Return it if the page may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page, kind=kind)
        with unseen(connection):
            text = await self._inner.get_version(connection, site, page, number, kind=kind)
        require_space(connection, site, text.page.space_id, writes=False)
        return text

    async def restore_version(  # noqa: PLR0913 (the port's)
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
        """Write where writing is allowed."""
        await self.require_change(connection, site, page, kind=kind)
        return await self._inner.restore_version(
            connection, site, page, number, base=base, message=message, kind=kind
        )

    async def restore_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Bring back only where writing is allowed."""
        if connection.lent is not None:
            with unseen(connection):
                head = await self._inner.get_page_head(
                    connection, site, page, trashed=True, kind=kind
                )
            require_space(connection, site, head.space_id, writes=True)
        return await self._inner.restore_page(connection, site, page, kind=kind)

    async def list_page_templates(
        self, connection: Connection, site: Site, space: SpaceKey | None
    ) -> Sequence[PageTemplate]:
        """List those of an allowed space; those of all spaces belong to none."""
        if connection.lent is not None:
            if space is None:
                return ()
            await self._require_key(connection, site, space)
        with unseen(connection):
            return await self._inner.list_page_templates(connection, site, space)

    async def get_page_template(
        self,
        connection: Connection,
        site: Site,
        template: TemplateId,
        space: SpaceKey | None = None,
    ) -> PageTemplateText:
        """Return one of an allowed space."""
        with unseen(connection):
            found = await self._inner.get_page_template(connection, site, template, space)
        if connection.lent is not None:
            if found.space_key is None:
                raise NotFound(UNSEEN)
            await self._require_key(connection, site, found.space_key)
        return found

    async def call(self, connection: Connection, site: Site, call: Call) -> Called:
        """Refuse: what a request reads and writes can't be held to spaces."""
        refuse_lent(connection, "send requests of your own")
        return await self._inner.call(connection, site, call)

    async def _require_key(self, connection: Connection, site: Site, key: SpaceKey) -> None:
        """Raise unless the space that has the key now is one of the allowed."""
        with unseen(connection):
            space = await self._inner.find_space(connection, site, key)
        if space is None:
            raise NotFound(UNSEEN)
        require_space(connection, site, space.id, writes=None)


def refuse_lent(connection: Connection, what: str) -> None:
    """Raise where it is the organisation's connection that would do *what*."""
    if connection.lent is not None:
        raise NotAllowed(
            f"The organisation's connection isn't used to {what}, so nothing was done. "
            "Connect an account of your own for that."
        )
