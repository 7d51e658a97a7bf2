"""Confluence Cloud, as the core asks for it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from bot import cql
from bot.authorize import TokenRefused
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
    PageStatus,
    PageText,
    Said,
    Site,
    Space,
    SpaceId,
    file_name,
)
from bot.document import Body, Document
from bot.documents import append_adf
from bot.errors import (
    BotError,
    Changed,
    NotAllowed,
    NotFound,
    ProviderFault,
    ScopeMissing,
    Unavailable,
    Unclear,
)
from bot.ports import Clock, Confluence
from bot.ports.confluence import Operation
from bot.providers import confluence_around_wire as around_wire
from bot.providers import confluence_permissions_wire as permissions_wire
from bot.providers import confluence_search_wire as search_wire
from bot.providers import confluence_wire as wire
from bot.providers.confluence_actions import CloudActions
from bot.providers.confluence_bodies_wire import read, read_written, words_in
from bot.providers.gateway import Gateway
from bot.providers.outgoing import Answer
from bot.providers.titles import titled
from bot.recent import Recent

MOST_SUGGESTED: Final = 10
DEEPEST: Final = 12
"""A page below this many others is taken for restricted: not all of them are looked at."""
SUGGESTED: Final = timedelta(minutes=1)
KNOWN: Final = timedelta(minutes=10)
ALLOWED: Final = timedelta(minutes=5)


class ConfluenceApi(CloudActions, Confluence):
    """Speaks ``confluence_wire`` and what is left of v1 through the gateway."""

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._suggested_spaces: Recent[tuple[object, ...], Sequence[Space]] = Recent(
            clock, SUGGESTED, 2000
        )
        self._suggested_pages: Recent[tuple[object, ...], Sequence[Page]] = Recent(
            clock, SUGGESTED, 2000
        )
        self._spaces: Recent[tuple[object, ...], Space] = Recent(clock, KNOWN, 5000)
        self._open_spaces: Recent[tuple[object, ...], bool] = Recent(clock, KNOWN, 5000)
        self._allowed: Recent[tuple[object, ...], bool] = Recent(clock, ALLOWED)
        self._clock = clock

    async def search(
        self,
        connection: Connection,
        site: Site,
        cql: str,
        cursor: str | None = None,
        limit: int = 5,
    ) -> Hits:
        """See ``Confluence.search``."""
        call = search_wire.search(cql, cursor, limit)
        answer = await self._gateway.send(connection, site, call)
        return search_wire.hits_of(read(answer, search_wire.HitList), site, cursor)

    async def find_people(self, connection: Connection, site: Site, name: str) -> Sequence[Account]:
        """See ``Confluence.find_people``."""
        clause = cql.person_named(name)
        if clause is None:
            return ()
        answer = await self._gateway.send(connection, site, search_wire.find_people(clause))
        return search_wire.people_of(read(answer, search_wire.HitList))

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
        call = wire.get_page(page, draft=draft, text=True, kind=kind)
        body = await self._page(connection, site, call)
        return PageText(wire.page_of(body, site, kind=kind), wire.document_of(body))

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
        call = wire.get_page(page, draft=draft, text=False, trashed=trashed, kind=kind)
        return wire.page_of(await self._page(connection, site, call), site, kind=kind)

    async def find_page_by_title(
        self,
        connection: Connection,
        site: Site,
        space: SpaceId,
        title: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page | None:
        """See ``Confluence.find_page_by_title``.

        Titles are unique whatever their case, but looked up in the case they were written
        in (CONFSERVER-40303): what the lookup misses, the search index may find.
        """
        pages = await self._pages(connection, site, wire.pages_by_title(space, title, kind), kind)
        found = titled(pages, title)
        return found or await self._find_page_by_words(connection, site, space, title, kind)

    async def _find_page_by_words(
        self, connection: Connection, site: Site, space: SpaceId, title: str, kind: ContentKind
    ) -> Page | None:
        words = cql.title_contains(title)
        if words is None:
            return None
        key = (await self.get_space(connection, site, space)).key
        clause = cql.both(cql.of_type(kind), cql.in_spaces([key]), words)
        hits = await self._look_up(connection, site, clause)
        found = titled(search_wire.pages_of(hits, site, space, kind), title)
        # The index lags; the page itself says what it is called now.
        return await self.get_page_head(connection, site, found.id, kind=kind) if found else None

    async def suggest_spaces(
        self, connection: Connection, site: Site, words: str
    ) -> Sequence[Space]:
        """See ``Confluence.suggest_spaces``. Kept for a minute."""
        key = _key(connection, site, words.casefold())
        kept = self._suggested_spaces.find(key)
        if kept is None:
            kept = await self._suggest_spaces(connection, site, words)
            self._suggested_spaces.keep(key, kept)
        return kept

    async def _suggest_spaces(
        self, connection: Connection, site: Site, words: str
    ) -> Sequence[Space]:
        begins = cql.title_begins(words)
        if begins is None:
            return await self._first_spaces(connection, site)
        by_key, hits = await asyncio.gather(
            self.find_space(connection, site, words),
            self._look_up(connection, site, cql.both(cql.of_type("space"), begins)),
        )
        spaces = {space.id: space for space in search_wire.spaces_of(hits)}
        first = {by_key.id: by_key} if by_key else {}
        return tuple((first | spaces).values())[:MOST_SUGGESTED]

    async def _first_spaces(self, connection: Connection, site: Site) -> Sequence[Space]:
        """Return what to offer before anything is typed: favourites, then the others."""
        calls = (
            wire.list_spaces(MOST_SUGGESTED, connection.account.id),
            wire.list_spaces(MOST_SUGGESTED),
        )
        answers = await asyncio.gather(
            *(self._gateway.send(connection, site, call) for call in calls)
        )
        spaces = {space.id: space for answer in answers for space in _spaces(answer)}
        return tuple(spaces.values())[:MOST_SUGGESTED]

    async def get_space(self, connection: Connection, site: Site, space: SpaceId) -> Space:
        """See ``Confluence.get_space``. Kept for ten minutes."""
        key = _key(connection, site, space)
        kept = self._spaces.find(key)
        if kept is None:
            answer = await self._gateway.send(connection, site, wire.get_space(space))
            kept = self._spaces.keep(key, wire.space_of(read(answer, wire.SpaceBody)))
        return kept

    async def find_space(self, connection: Connection, site: Site, key: str) -> Space | None:
        """See ``Confluence.find_space``. Keys are written in capitals, and typed as may be."""
        keys = wire.possible_keys(key)
        if not keys:
            return None
        answer = await self._gateway.send(connection, site, wire.spaces_by_key(keys))
        wanted = key.strip().casefold()
        return next((each for each in _spaces(answer) if each.key.casefold() == wanted), None)

    async def suggest_pages(
        self, connection: Connection, site: Site, space: Space, words: str
    ) -> Sequence[Page]:
        """See ``Confluence.suggest_pages``. Kept for a minute."""
        key = _key(connection, site, (space.id, words.casefold()))
        kept = self._suggested_pages.find(key)
        if kept is None:
            kept = await self._suggest_pages(connection, site, space, words)
            self._suggested_pages.keep(key, kept)
        return kept

    async def _suggest_pages(
        self, connection: Connection, site: Site, space: Space, words: str
    ) -> Sequence[Page]:
        begins = cql.title_begins(words)
        if begins is None:
            call = wire.latest_pages(space.id, MOST_SUGGESTED)
            return await self._pages(connection, site, call)
        clause = cql.both(cql.of_type("page"), cql.in_spaces([space.key]), begins)
        hits = await self._look_up(connection, site, clause)
        return tuple(search_wire.pages_of(hits, site, space.id))

    async def is_restricted(self, connection: Connection, site: Site, page: PageId) -> bool:
        """See ``Confluence.is_restricted``. Two calls a level: v1's ancestors are gone."""
        parent: PageId | None = page
        try:
            for _ in range(DEEPEST):
                if parent is None:
                    return False
                restricted, parent = await asyncio.gather(
                    self._has_restrictions(connection, site, parent),
                    self._parent(connection, site, parent),
                )
                if restricted:
                    return True
        except (NotFound, NotAllowed, ScopeMissing, ProviderFault):
            return True
        return True

    async def _has_restrictions(self, connection: Connection, site: Site, page: PageId) -> bool:
        answer = await self._gateway.send(connection, site, search_wire.read_restrictions(page))
        return search_wire.is_restricted(read(answer, search_wire.Restricted))

    async def _parent(self, connection: Connection, site: Site, page: PageId) -> PageId | None:
        call = wire.get_page(page, draft=False, text=False)
        return wire.parent_of(await self._page(connection, site, call))

    async def is_open_space(self, connection: Connection, site: Site, space: Space) -> bool:
        """See ``Confluence.is_open_space``. What was told is kept for ten minutes."""
        if space.is_personal:
            return False
        key = _key(connection, site, space.id)
        kept = self._open_spaces.find(key)
        if kept is not None:
            return kept
        call = permissions_wire.read_permissions(space.id)
        try:
            answer = await self._gateway.send(connection, site, call)
            told = permissions_wire.is_open(read(answer, permissions_wire.Assignments))
        except (NotFound, NotAllowed, ScopeMissing, ProviderFault, Unavailable):
            return False
        return self._open_spaces.keep(key, told)

    async def may_create_in(self, connection: Connection, site: Site, space: Space) -> bool | None:
        """See ``Confluence.may_create_in``."""
        call = permissions_wire.read_operations(space.id)
        answer = await self._gateway.send(connection, site, call)
        return permissions_wire.lets_create(read(answer, permissions_wire.Operations))

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
        call = wire.create_draft(space, title, body, parent, kind)
        return await self._written(connection, site, call, kind)

    async def publish_draft(
        self,
        connection: Connection,
        site: Site,
        draft: Page,
        body: Body,
        message: str,
    ) -> Page:
        """See ``Confluence.publish_draft``."""
        sent, kind = wire.body_of(body), draft.kind
        call = wire.put_page(draft.id, draft.title, sent, 1, message, kind)
        return await self._written(connection, site, call, kind)

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
        """See ``Confluence.append``. What stands there is sent back to the letter."""
        call = wire.get_page(page, draft=False, text=True, kind=kind)
        found = await self._page(connection, site, call)
        head = wire.page_of(found, site, kind=kind)
        if head.version != base or head.status is not PageStatus.CURRENT:
            raise Changed("The page was changed in the meantime.")
        existing = wire.adf_of(found)
        if existing is None:
            raise ProviderFault("a page without a readable body can't be appended to")
        sent = wire.adf_body(append_adf(existing, body))
        call = wire.put_page(head.id, head.title, sent, base + 1, message, kind)
        return await self._written(connection, site, call, kind)

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
        await self._gateway.send(connection, site, wire.trash_page(page, draft=draft, kind=kind))

    async def list_children(
        self, connection: Connection, site: Site, page: PageId
    ) -> Sequence[Page]:
        """See ``Confluence.list_children``.

        Some tokens can't have the scope that it takes (CONFCLOUD-82041).
        """
        try:
            answer = await self._gateway.send(connection, site, around_wire.list_children(page))
        except ScopeMissing:
            answer = await self._gateway.send(connection, site, around_wire.list_child_pages(page))
        found = read(answer, around_wire.Children)
        return tuple(around_wire.children_of(found, site, page))

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
        """See ``Confluence.update_page``. Confluence itself compares the versions."""
        call = wire.put_page(page, title, wire.body_of(body), base + 1, message, kind)
        return await self._written(connection, site, call, kind)

    async def add_comment(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        body: Document,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Said:
        """See ``Confluence.add_comment``."""
        call = around_wire.add_comment(page, body, kind)
        answer = await self._gateway.send(connection, site, call)
        return around_wire.said_of(read_written(answer, around_wire.Linked), site)

    async def list_attachments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Attachment]:
        """See ``Confluence.list_attachments``."""
        answer = await self._gateway.send(connection, site, around_wire.list_files(page, kind))
        found = read(answer, around_wire.Files)
        return tuple(around_wire.file_of(each, site, found.links.base) for each in found.results)

    async def attach(  # noqa: PLR0913, PLR0917 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        name: str,
        content: bytes,
        media: str,
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> Attachment:
        """See ``Confluence.attach``."""
        call = around_wire.put_file(
            page, wire.Upload(file_name(name), content, media, is_minor=True)
        )
        answer = await self._gateway.send(connection, site, call)
        found = read_written(answer, around_wire.ContentFiles)
        if not found.results:
            raise Unclear(wire.PROVIDER)
        return around_wire.content_file_of(found.results[0], site, found.links.base)

    async def list_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[str]:
        """See ``Confluence.list_labels``."""
        answer = await self._gateway.send(connection, site, around_wire.list_labels(page, kind))
        return tuple(each.name for each in read(answer, around_wire.Labels).results if each.name)

    async def add_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        labels: Sequence[str],
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> None:
        """See ``Confluence.add_labels``."""
        names = around_wire.known_labels(labels)
        if names:
            await self._gateway.send(connection, site, around_wire.add_labels(page, names))

    async def remove_label(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        label: str,
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> None:
        """See ``Confluence.remove_label``."""
        with suppress(NotFound):
            await self._gateway.send(connection, site, around_wire.remove_label(page, label))

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
        """See ``Confluence.may``. v1's check may be gone from the gateway: then nobody may."""
        if not (account or group):
            return False
        key = _key(connection, site, (page, operation, account, "" if account else group))
        if not fresh and self._allowed.find(key):
            return True
        try:
            call = around_wire.check_permission(page, operation, account, group)
            answer = await self._gateway.send(connection, site, call)
            allowed = read(answer, around_wire.Permission).hasPermission
        except TokenRefused:
            raise
        except BotError:
            allowed = False
        return self._allowed.keep(key, allowed)

    async def find_groups(self, connection: Connection, site: Site, words: str) -> Sequence[Group]:
        """See ``Confluence.find_groups``."""
        call = around_wire.find_groups(words.strip())
        answer = await self._gateway.send(connection, site, call)
        return around_wire.groups_of(read(answer, around_wire.Groups))[:MOST_SUGGESTED]

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
        last = await self._note(connection, site, page, key, kind)
        call = around_wire.put_note(page, key, value, last, kind)
        await self._gateway.send(connection, site, call)

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
        found = await self._note(connection, site, page, key, kind)
        return words_in(found.value) if found is not None else None

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
        """See ``Confluence.create_page``. In two steps: v2's create takes no message."""
        draft = await self.create_draft(connection, site, space.id, title, body, parent, kind=kind)
        return await self.publish_draft(connection, site, draft, body, message)

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
        call = wire.pages_by_title(space.id, title, kind)
        answer = await self._gateway.send(connection, site, call)
        for each in read(answer, wire.PageList).results:
            is_ours = each.title == title and each.authorId == connection.account.id
            if is_ours and wire.was_made_since(
                each.createdAt, since, answer.headers, self._clock()
            ):
                return await self.get_page(connection, site, PageId(each.id), kind=kind)
        return None

    async def _note(
        self, connection: Connection, site: Site, page: PageId, key: str, kind: ContentKind
    ) -> around_wire.Note | None:
        call = around_wire.find_note(page, key, kind)
        answer = await self._gateway.send(connection, site, call)
        return next(iter(read(answer, around_wire.Notes).results), None)

    async def _page(self, connection: Connection, site: Site, call: wire.Call) -> wire.PageBody:
        return read(await self._gateway.send(connection, site, call), wire.PageBody)

    async def _pages(
        self,
        connection: Connection,
        site: Site,
        call: wire.Call,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Page]:
        answer = await self._gateway.send(connection, site, call)
        listed = read(answer, wire.PageList)
        return tuple(wire.page_of(each, site, listed.links.base, kind) for each in listed.results)

    async def _look_up(
        self, connection: Connection, site: Site, clause: cql.Clause | None
    ) -> search_wire.HitList:
        if clause is None:
            return search_wire.HitList(results=())
        call = search_wire.look_up(clause, MOST_SUGGESTED)
        return read(await self._gateway.send(connection, site, call), search_wire.HitList)

    async def _written(
        self,
        connection: Connection,
        site: Site,
        call: wire.Call,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """Send a write; it was accepted, so an answer nobody can read leaves it unclear."""
        answer = await self._gateway.send(connection, site, call)
        return wire.page_of(read_written(answer, wire.PageBody), site, kind=kind)


def _key(connection: Connection, site: Site, what: object) -> tuple[object, ...]:
    """Keep what one grant may see apart from what another may."""
    return (connection.principal, connection.profile, connection.account.id, site.cloud_id, what)


def _spaces(answer: Answer) -> tuple[Space, ...]:
    return tuple(wire.space_of(each) for each in read(answer, wire.SpaceList).results)
