"""The wall in front of the organisation's connection: what it lets through (promise 10)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from bot.connection import Connection, Lent
from bot.content import ContentKind, Operation, Page, PageId, PageStatus, Site, SpaceId
from bot.errors import BotError, NotAllowed, NotFound, NotOffered
from bot.ports import Confluence

UNSEEN: Final = "That isn't in Confluence, or isn't among what the organisation's connection shows."
IN_THE_TRASH: Final = "a page in the trash"
"""What a page there is called: Confluence doesn't tell of it who may see it."""
NOT_WRITABLE: Final = (
    "Your workspace's admins don't let the organisation's connection write there, so nothing was "
    "written. Choose another space, or connect an account of your own."
)


class Wall:
    """What every call in somebody else's stead is held to."""

    def __init__(self, inner: Confluence) -> None:
        self._inner = inner

    async def require_page(  # noqa: PLR0913 - the port's
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        trashed: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Return the page's head, if its space is allowed and Confluence says they may see it."""
        lent = lent_of(connection)
        with unseen(connection):
            head = await self._inner.get_page_head(
                connection, site, page, draft=draft, trashed=trashed, kind=kind
            )
        # A draft is its author's alone, and what is in the trash is nobody's: only what was
        # written here is looked for there, and then the right to write in its space decides.
        is_own = draft or lent.looks or (trashed and head.status is PageStatus.TRASHED)
        require_space(connection, site, head.space_id, writes=is_own)
        if not is_own and not await self._allows(connection, site, page, "read", fresh=False):
            raise NotFound(UNSEEN)
        return _nameless(head, site) if head.status is PageStatus.TRASHED else head

    async def require_change(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation = "update",
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        """Raise unless the page may be changed, or what *operation* says, in a writable space."""
        if connection.lent is None:
            return
        with unseen(connection):
            head = await self._inner.get_page_head(connection, site, page, kind=kind)
        require_space(connection, site, head.space_id, writes=True)
        if not await self._allows(connection, site, page, operation, fresh=True):
            raise NotFound(UNSEEN)

    async def require_place(
        self, connection: Connection, site: Site, space: SpaceId, parent: PageId | None
    ) -> None:
        """Raise unless a page may be made in *space*, below *parent* if there is one."""
        if connection.lent is None:
            return
        require_space(connection, site, space, writes=True)
        if parent is not None:
            await self.require_change(connection, site, parent, "read")

    async def _allows(
        self, connection: Connection, site: Site, page: PageId, operation: Operation, *, fresh: bool
    ) -> bool:
        lent = lent_of(connection)
        return await self._inner.may(
            connection,
            site,
            page,
            operation,
            account=lent.account,
            group=lent.audience,
            fresh=fresh,
        )

    async def sees_page(self, connection: Connection, site: Site, page: PageId) -> bool:
        """Tell whether the page may be shown."""
        try:
            await self.require_page(connection, site, page)
        except BotError:
            return False
        return True


def _nameless(head: Page, site: Site) -> Page:
    """Return what is in the trash without its title, which its address may have too."""
    return replace(head, title=IN_THE_TRASH, url=site.wiki_url, version_message="", parent_id=None)


def lent_of(connection: Connection) -> Lent:
    """Return on whose behalf it is used."""
    if connection.lent is None:
        raise ValueError("a connection that isn't lent")
    return connection.lent


def require_space(
    connection: Connection, site: Site, space: SpaceId, *, writes: bool | None
) -> None:
    """Raise unless *space* may be written in, or read; either will do where *writes* is open."""
    lent = connection.lent
    if lent is None:
        return
    either = (True, False) if writes is None else (writes,)
    allowed = {each.id for way in either for each in lent.spaces(site.cloud_id, writes=way)}
    if space in allowed:
        return
    readable = {each.id for each in lent.spaces(site.cloud_id, writes=False)}
    if writes and space in readable:
        raise NotAllowed(NOT_WRITABLE)
    raise NotFound(UNSEEN)


@contextmanager
def unseen(connection: Connection) -> Iterator[None]:
    """Say of what isn't there the same as of what may not be seen."""
    try:
        yield
    except (NotFound, NotAllowed) as error:
        if connection.lent is None or isinstance(error, NotOffered):
            raise
        raise NotFound(UNSEEN) from error
