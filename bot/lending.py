"""What of Confluence the organisation's connection shows, and where it writes (promise 10).

One wall in front of every call: what is asked for somebody else's sake is held to the spaces
that the admins allowed, by the content's own space as it stands now, and inside them each
page is shown only if Confluence says that they may see it. One who may not is told the same
as where there is nothing. Calls in somebody's own name pass through.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from bot import cql as clauses
from bot.connection import Connection
from bot.content import (
    Account,
    AccountId,
    AllowedSpace,
    Attachment,
    ContentKind,
    Group,
    Hit,
    Hits,
    Page,
    PageId,
    PageText,
    Said,
    Site,
    Space,
    SpaceId,
)
from bot.document import Body, Document
from bot.errors import NotFound
from bot.lending_actions import LentActions
from bot.lending_wall import require_space, unseen
from bot.ports import Confluence
from bot.ports.confluence import Operation

LOOKED_AT: Final = 15
"""How many hits are checked at once to fill a page of results."""
MOST_LOOKED: Final = 3
"""How often so many are, while none of them may be shown."""


class LentConfluence(LentActions, Confluence):
    """Confluence, behind the wall."""

    async def search(
        self,
        connection: Connection,
        site: Site,
        cql: str,
        cursor: str | None = None,
        limit: int = 5,
    ) -> Hits:
        """Find pages of the allowed spaces; neither a number nor a cursor tells of the others."""
        lent = connection.lent
        if lent is None:
            return await self._inner.search(connection, site, cql, cursor, limit)
        spaces = lent.spaces(site.cloud_id, writes=False)
        if not spaces:
            return Hits(())
        keys = clauses.in_spaces(space.key for space in spaces)
        held = clauses.raw(cql, keys, clauses.of_type("page"))
        shown, following = list[Hit](), None
        for _ in range(MOST_LOOKED):
            found = await self._inner.search(connection, site, str(held), following, LOOKED_AT)
            seen = await asyncio.gather(
                *(self._sees(connection, site, hit) for hit in found.results)
            )
            shown += [hit for hit, is_seen in zip(found.results, seen, strict=True) if is_seen]
            following = found.cursor
            if shown or following is None:
                break
        return Hits(tuple(shown[:limit]))

    async def find_people(self, connection: Connection, site: Site, name: str) -> Sequence[Account]:
        """Name nobody: the organisation's directory isn't part of what was allowed."""
        if connection.lent is not None:
            return ()
        return await self._inner.find_people(connection, site, name)

    async def get_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        """Return the page if it may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page, draft=draft, kind=kind)
        with unseen(connection):
            text = await self._inner.get_page(connection, site, page, draft=draft, kind=kind)
        # It may have been moved between the two calls.
        require_space(connection, site, text.page.space_id, writes=draft)
        return text

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
        """Return the page if it may be shown."""
        if connection.lent is None:
            return await self._inner.get_page_head(
                connection, site, page, draft=draft, trashed=trashed, kind=kind
            )
        return await self.require_page(
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
        """Return the page if it may be shown."""
        lent = connection.lent
        if lent is not None:
            require_space(connection, site, space, writes=lent.writes)
        found = await self._inner.find_page_by_title(connection, site, space, title, kind=kind)
        if found is None or lent is None:
            return found
        try:
            return await self.require_page(connection, site, found.id, kind=kind)
        except NotFound:
            return None

    async def suggest_spaces(
        self, connection: Connection, site: Site, words: str
    ) -> Sequence[Space]:
        """Suggest from among the allowed ones, which nobody need be asked for."""
        lent = connection.lent
        if lent is None:
            return await self._inner.suggest_spaces(connection, site, words)
        wanted = words.casefold().split()
        spaces = lent.spaces(site.cloud_id, writes=lent.writes)
        return [_space(each) for each in spaces if _is_called(each, wanted)][:10]

    async def get_space(self, connection: Connection, site: Site, space: SpaceId) -> Space:
        """Return the space if it is allowed."""
        if connection.lent is not None:
            require_space(connection, site, space, writes=None)
        return await self._inner.get_space(connection, site, space)

    async def find_space(self, connection: Connection, site: Site, key: str) -> Space | None:
        """Return the space of that key if it is allowed."""
        lent = connection.lent
        if lent is None:
            return await self._inner.find_space(connection, site, key)
        wanted = key.strip().casefold()
        allowed = lent.spaces(site.cloud_id, writes=lent.writes)
        return next((_space(each) for each in allowed if each.key.casefold() == wanted), None)

    async def suggest_pages(
        self, connection: Connection, site: Site, space: Space, words: str
    ) -> Sequence[Page]:
        """Suggest the pages that may be shown."""
        lent = connection.lent
        if lent is None:
            return await self._inner.suggest_pages(connection, site, space, words)
        require_space(connection, site, space.id, writes=lent.writes)
        found = await self._inner.suggest_pages(connection, site, space, words)
        seen = await asyncio.gather(*(self.sees_page(connection, site, each.id) for each in found))
        return [page for page, is_seen in zip(found, seen, strict=True) if is_seen]

    async def list_children(
        self, connection: Connection, site: Site, page: PageId
    ) -> Sequence[Page]:
        """Return the children that may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page)
        with unseen(connection):
            found = await self._inner.list_children(connection, site, page)
        if connection.lent is None:
            return found
        seen = await asyncio.gather(*(self.sees_page(connection, site, each.id) for each in found))
        return [child for child, is_seen in zip(found, seen, strict=True) if is_seen]

    async def is_restricted(self, connection: Connection, site: Site, page: PageId) -> bool:
        """Call everything restricted: what the organisation's connection shows isn't shared."""
        if connection.lent is not None:
            return True
        return await self._inner.is_restricted(connection, site, page)

    async def is_open_space(self, connection: Connection, site: Site, space: Space) -> bool:
        """Call no space open, for the same reason."""
        if connection.lent is not None:
            return False
        return await self._inner.is_open_space(connection, site, space)

    async def may_create_in(self, connection: Connection, site: Site, space: Space) -> bool | None:
        """Say no for a space that isn't allowed to be written in."""
        lent = connection.lent
        allowed = lent.spaces(site.cloud_id, writes=True) if lent is not None else ()
        if lent is not None and space.id not in {each.id for each in allowed}:
            return False
        return await self._inner.may_create_in(connection, site, space)

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
        """Write where writing is allowed."""
        await self.require_place(connection, site, space, parent)
        return await self._inner.create_draft(
            connection, site, space, title, body, parent, kind=kind
        )

    async def publish_draft(
        self,
        connection: Connection,
        site: Site,
        draft: Page,
        body: Body,
        message: str,
    ) -> Page:
        """Publish where writing is allowed, wherever the draft is by now."""
        if connection.lent is not None:
            with unseen(connection):
                head = await self._inner.get_page_head(
                    connection, site, draft.id, draft=True, kind=draft.kind
                )
            await self.require_place(connection, site, head.space_id, head.parent_id)
        return await self._inner.publish_draft(connection, site, draft, body, message)

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
        """Write where writing is allowed."""
        await self.require_place(connection, site, space.id, parent)
        return await self._inner.create_page(
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
        """Look for what was written where writing is allowed."""
        if connection.lent is not None:
            require_space(connection, site, space.id, writes=True)
        return await self._inner.find_written(connection, site, space, title, since, kind=kind)

    async def append(  # noqa: PLR0913 (the port's)
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
        """Write where writing is allowed."""
        await self.require_change(connection, site, page, kind=kind)
        return await self._inner.append(
            connection, site, page, body, base=base, message=message, kind=kind
        )

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
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Write where writing is allowed."""
        await self.require_change(connection, site, page, kind=kind)
        return await self._inner.update_page(
            connection, site, page, title, body, base=base, message=message, kind=kind
        )

    async def trash_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """Take back only where writing is allowed."""
        if connection.lent is not None:
            with unseen(connection):
                head = await self._inner.get_page_head(
                    connection, site, page, draft=draft, kind=kind
                )
            require_space(connection, site, head.space_id, writes=True)
        await self._inner.trash_page(connection, site, page, draft=draft, kind=kind)

    async def add_comment(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        body: Document,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Said:
        """Comment where writing is allowed, on what may be seen."""
        await self.require_change(connection, site, page, "read", kind=kind)
        return await self._inner.add_comment(connection, site, page, body, kind=kind)

    async def list_attachments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Attachment]:
        """List those of a page that may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page, kind=kind)
        with unseen(connection):
            return await self._inner.list_attachments(connection, site, page, kind=kind)

    async def attach(  # noqa: PLR0913, PLR0917 (the port's)
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
        """Attach where writing is allowed."""
        await self.require_change(connection, site, page, kind=kind)
        return await self._inner.attach(connection, site, page, name, content, media, kind=kind)

    async def list_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[str]:
        """List those of a page that may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page, kind=kind)
        with unseen(connection):
            return await self._inner.list_labels(connection, site, page, kind=kind)

    async def add_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        labels: Sequence[str],
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """Label where writing is allowed."""
        await self.require_change(connection, site, page, kind=kind)
        await self._inner.add_labels(connection, site, page, labels, kind=kind)

    async def remove_label(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        label: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """Label where writing is allowed."""
        await self.require_change(connection, site, page, kind=kind)
        await self._inner.remove_label(connection, site, page, label, kind=kind)

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
        """Note beside what was written where writing is allowed."""
        if connection.lent is not None:
            with unseen(connection):
                head = await self._inner.get_page_head(connection, site, page, kind=kind)
            require_space(connection, site, head.space_id, writes=True)
        await self._inner.note(connection, site, page, key, value, kind=kind)

    async def find_note(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Mapping[str, str] | None:
        """Read what is noted beside a page that may be shown."""
        if connection.lent is not None:
            await self.require_page(connection, site, page, kind=kind)
        with unseen(connection):
            return await self._inner.find_note(connection, site, page, key, kind=kind)

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
        """Ask Confluence, as anybody may."""
        return await self._inner.may(
            connection, site, page, operation, account=account, group=group, fresh=fresh
        )

    async def find_groups(self, connection: Connection, site: Site, words: str) -> Sequence[Group]:
        """Name no group: that is for admins, who don't ask for somebody else's sake."""
        if connection.lent is not None:
            return ()
        return await self._inner.find_groups(connection, site, words)

    async def _sees(self, connection: Connection, site: Site, hit: Hit) -> bool:
        return hit.page_id is not None and await self.sees_page(connection, site, hit.page_id)


def _space(allowed: AllowedSpace) -> Space:
    return Space(allowed.id, allowed.key, allowed.name)


def _is_called(space: AllowedSpace, wanted: Sequence[str]) -> bool:
    called = f"{space.key} {space.name}".casefold()
    return all(word in called for word in wanted)
