"""Confluence Data Center, as the core asks for it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NoReturn

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
    SpaceKey,
    file_name,
)
from bot.document import Body, Document
from bot.documents import append_storage
from bot.errors import BadInput, BotError, Changed, NotAllowed, NotFound, ProviderFault, Unclear
from bot.ports import Clock, Confluence
from bot.ports.confluence import Operation
from bot.providers import confluence_around_wire as cloud_wire
from bot.providers import confluence_search_wire as search_wire
from bot.providers import datacenter_around_wire as around_wire
from bot.providers import datacenter_wire as wire
from bot.providers.confluence_bodies_wire import read, read_written, words_in
from bot.providers.confluence_wire import (
    PROVIDER,
    Call,
    Upload,
    possible_keys,
    was_made_since,
)
from bot.providers.datacenter_actions import DataCenterActions
from bot.providers.gateway import Gateway
from bot.providers.titles import titled
from bot.recent import Recent

MOST_SUGGESTED: Final = 10
MOST_GROUP_PAGES: Final = 5
SUGGESTED: Final = timedelta(minutes=1)
KNOWN: Final = timedelta(minutes=10)
ALLOWED: Final = timedelta(minutes=5)


class DataCenterApi(DataCenterActions, Confluence):
    """Speaks ``datacenter_wire`` at a site's own address.

    Its id of a space is the number that a key, unlike it, can come to stand for anew; which key
    stands for a number now is kept for ten minutes.
    """

    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock
        self._suggested_spaces: Recent[tuple[object, ...], Sequence[Space]] = Recent(
            clock, SUGGESTED, 2000
        )
        self._suggested_pages: Recent[tuple[object, ...], Sequence[Page]] = Recent(
            clock, SUGGESTED, 2000
        )
        self._spaces: Recent[tuple[object, ...], Space] = Recent(clock, KNOWN, 5000)
        self._open_spaces: Recent[tuple[object, ...], bool] = Recent(clock, KNOWN, 5000)
        self._allowed: Recent[tuple[object, ...], bool] = Recent(clock, ALLOWED)

    async def search(
        self,
        connection: Connection,
        site: Site,
        cql: str,
        cursor: str | None = None,
        limit: int = 5,
    ) -> Hits:
        """See ``Confluence.search``. The cursor is where the next results begin."""
        start = wire.offset_of(cursor)
        try:
            found = await self._run(connection, site, around_wire.search(cql, start, limit))
        except BadInput:
            plainer = around_wire.without_site_search(cql)
            if plainer == cql:
                raise
            found = await self._run(connection, site, around_wire.search(plainer, start, limit))
        return around_wire.hits_in(found, site, start)

    async def find_people(self, connection: Connection, site: Site, name: str) -> Sequence[Account]:
        """See ``Confluence.find_people``."""
        clause = cql.both(cql.of_type("user"), cql.person_named(name))
        if clause is None or cql.person_named(name) is None:
            return ()
        call = around_wire.look_up(clause.text, MOST_SUGGESTED)
        return search_wire.people_of(await self._run(connection, site, call))

    async def get_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,  # noqa: ARG002 (the port's)
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        """See ``Confluence.get_page``. There are no drafts to be asked for."""
        body = await self._content(connection, site, wire.get_content(page, text=True), kind)
        return PageText(wire.page_of(body, site), wire.document_of(body))

    async def get_page_head(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,  # noqa: ARG002 (the port's)
        trashed: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """See ``Confluence.get_page_head``."""
        call = wire.get_content(page, text=False, trashed=trashed)
        return wire.page_of(await self._content(connection, site, call, kind), site)

    async def find_page_by_title(
        self,
        connection: Connection,
        site: Site,
        space: SpaceId,
        title: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page | None:
        """See ``Confluence.find_page_by_title``. As on Cloud, the lookup minds the case."""
        key = (await self.get_space(connection, site, space)).key
        listed = await self._contents(connection, site, wire.content_by_title(key, title, kind))
        pages = [wire.page_of(each, site, listed.links.base) for each in listed.results]
        return titled(pages, title) or await self._find_by_words(
            connection, site, Space(space, key, key), title, kind
        )

    async def _find_by_words(
        self, connection: Connection, site: Site, space: Space, title: str, kind: ContentKind
    ) -> Page | None:
        words = cql.title_contains(title)
        if words is None:
            return None
        clause = cql.both(cql.of_type(kind), cql.in_spaces([space.key]), words)
        hits = await self._look_up(connection, site, clause)
        found = titled(search_wire.pages_of(hits, site, space.id, kind), title)
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
        found = [*([by_key] if by_key else []), *search_wire.spaces_of(hits)]
        return self._known(connection, site, found)[:MOST_SUGGESTED]

    async def _first_spaces(self, connection: Connection, site: Site) -> Sequence[Space]:
        """Return what to offer before anything is typed: favourites, then the others."""
        lists = await asyncio.gather(
            *(
                self._space_list(
                    connection, site, wire.list_spaces(MOST_SUGGESTED, favourite=favourite)
                )
                for favourite in (True, False)
            )
        )
        return self._known(connection, site, [*lists[0], *lists[1]])[:MOST_SUGGESTED]

    def _known(
        self, connection: Connection, site: Site, spaces: Sequence[Space]
    ) -> tuple[Space, ...]:
        """Remember which keys stand for which numbers, and return each space once."""
        for space in spaces:
            self._spaces.keep(_key(connection, site, space.id), space)
        return tuple({space.id: space for space in reversed(spaces)}.values())[::-1]

    async def get_space(self, connection: Connection, site: Site, space: SpaceId) -> Space:
        """See ``Confluence.get_space``. Kept for ten minutes."""
        kept = self._spaces.find(_key(connection, site, space))
        if kept is not None:
            return kept
        for found in await self._space_list(connection, site, wire.space_by_id(space)):
            if found.id == space:
                return self._known(connection, site, [found])[0]
        raise NotFound("That space isn't in Confluence, or your account may not see it.")

    async def find_space(self, connection: Connection, site: Site, key: str) -> Space | None:
        """See ``Confluence.find_space``. Keys are written in capitals, and typed as may be."""
        for each in possible_keys(key):
            with suppress(NotFound):
                answer = await self._gateway.send(connection, site, wire.get_space(each))
                found = wire.space_of(read(answer, wire.SpaceBody))
                return self._known(connection, site, [found])[0]
        return None

    async def suggest_pages(
        self, connection: Connection, site: Site, space: Space, words: str
    ) -> Sequence[Page]:
        """See ``Confluence.suggest_pages``. Kept for a minute."""
        key = _key(connection, site, (space.id, words.casefold()))
        kept = self._suggested_pages.find(key)
        if kept is None:
            begins = cql.title_begins(words)
            clause = cql.both(cql.of_type("page"), cql.in_spaces([space.key]), begins)
            query = clause.text if begins and clause else around_wire.latest_pages(space.key)
            hits = await self._run(connection, site, around_wire.look_up(query, MOST_SUGGESTED))
            kept = tuple(search_wire.pages_of(hits, site, space.id))
            self._suggested_pages.keep(key, kept)
        return kept

    async def is_restricted(self, connection: Connection, site: Site, page: PageId) -> bool:
        """See ``Confluence.is_restricted``."""
        try:
            call = wire.get_content(page, text=False)
            above = (await self._content(connection, site, call)).ancestors
            pages = [page, *(PageId(each.id) for each in above)]
            return not await self._let_through(connection, site, pages, "read", group="")
        except TokenRefused:
            raise
        except BotError:
            return True

    async def _let_through(
        self,
        connection: Connection,
        site: Site,
        pages: Sequence[PageId],
        operation: Operation,
        *,
        group: str,
    ) -> bool:
        """Tell whether none of *pages* is restricted, or each to *group* among others."""
        answers = await asyncio.gather(
            *(
                self._gateway.send(connection, site, around_wire.read_restrictions(page, operation))
                for page in pages
            )
        )
        bodies = (read(answer, around_wire.Restricted) for answer in answers)
        return all(around_wire.lets_through(body, group) for body in bodies)

    async def is_open_space(self, connection: Connection, site: Site, space: Space) -> bool:
        """See ``Confluence.is_open_space``. What was told is kept for ten minutes."""
        if space.is_personal:
            return False
        key = _key(connection, site, space.id)
        kept = self._open_spaces.find(key)
        if kept is not None:
            return kept
        try:
            call = around_wire.read_permissions(space.key)
            answer = await self._gateway.send(connection, site, call)
            told = around_wire.is_open(read(answer, around_wire.Permissions))
        except TokenRefused:
            raise
        except BotError:
            return False
        return self._open_spaces.keep(key, told)

    async def may_create_in(self, connection: Connection, site: Site, space: Space) -> bool | None:
        """See ``Confluence.may_create_in``."""
        del connection, site, space
        return None

    async def create_draft(self, *_given: object, **_named: object) -> Page:
        """See ``Confluence.create_draft``; there are none here."""
        _has_no_drafts()

    async def publish_draft(self, *_given: object, **_named: object) -> Page:
        """See ``Confluence.publish_draft``; there are none here."""
        _has_no_drafts()

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
        found = await self._content(connection, site, wire.get_content(page, text=True), kind)
        head = wire.page_of(found, site)
        if head.version != base or head.status is not PageStatus.CURRENT:
            raise Changed("The page was changed in the meantime.")
        existing = wire.storage_in(found)
        if existing is None:
            raise ProviderFault("a page without a readable body can't be appended to")
        both = append_storage(existing, body)
        text = existing + wire.with_user_keys(both.removeprefix(existing))
        call = wire.put_page(page, head.title, text, base + 1, message, kind)
        return await self._written(connection, site, call)

    async def trash_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,  # noqa: ARG002 (the port's)
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> None:
        """See ``Confluence.trash_page``."""
        await self._gateway.send(connection, site, wire.trash_page(page))

    async def list_children(
        self, connection: Connection, site: Site, page: PageId
    ) -> Sequence[Page]:
        """See ``Confluence.list_children``."""
        call = wire.child_pages(page, cloud_wire.MOST_CHILDREN)
        listed = await self._contents(connection, site, call)
        return tuple(wire.page_of(each, site, listed.links.base) for each in listed.results)

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
        call = wire.put_page(page, title, wire.storage_of(body), base + 1, message, kind)
        return await self._written(connection, site, call)

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
        return wire.said_of(
            await self._written(connection, site, wire.add_comment(page, body, kind))
        )

    async def list_attachments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> Sequence[Attachment]:
        """See ``Confluence.list_attachments``."""
        return await self._files(connection, site, around_wire.list_files(page))

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
        """See ``Confluence.attach``. A file that is there takes another call than a new one."""
        upload = Upload(file_name(name), content, media)
        there = await self._files(connection, site, around_wire.list_files(page, upload.name))
        last = next((each for each in there if each.name == upload.name), None)
        if last is not None:
            call = around_wire.replace_file(page, last.id, upload)
            answer = await self._gateway.send(connection, site, call)
            file = read_written(answer, cloud_wire.ContentFile)
            return cloud_wire.content_file_of(file, site, "")
        answer = await self._gateway.send(connection, site, around_wire.add_file(page, upload))
        found = read_written(answer, cloud_wire.ContentFiles)
        if not found.results:
            raise Unclear(PROVIDER)
        return cloud_wire.content_file_of(found.results[0], site, found.links.base)

    async def _files(
        self, connection: Connection, site: Site, call: Call
    ) -> tuple[Attachment, ...]:
        found = read(await self._gateway.send(connection, site, call), cloud_wire.ContentFiles)
        base = found.links.base
        return tuple(cloud_wire.content_file_of(each, site, base) for each in found.results)

    async def list_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> Sequence[str]:
        """See ``Confluence.list_labels``."""
        answer = await self._gateway.send(connection, site, around_wire.list_labels(page))
        return tuple(each.name for each in read(answer, cloud_wire.Labels).results if each.name)

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
        names = cloud_wire.known_labels(labels)
        if names:
            call = cloud_wire.add_labels(page, names, wire.WRITE)
            await self._gateway.send(connection, site, call)

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
            call = cloud_wire.remove_label(page, label, wire.WRITE)
            await self._gateway.send(connection, site, call)

    async def may(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation,
        *,
        account: AccountId | None,  # noqa: ARG002 (the port's)
        group: str,
        fresh: bool = False,
    ) -> bool:
        """See ``Confluence.may``.

        There is no check to be asked: a group may what its permissions in the space let it,
        unless the page, or for reading one above it, is restricted to others.
        """
        if not group:
            return False
        key = _key(connection, site, (page, operation, group))
        if not fresh and self._allowed.find(key):
            return True
        try:
            allowed = await self._group_may(connection, site, page, operation, group)
        except TokenRefused:
            raise
        except BotError:
            allowed = False
        return self._allowed.keep(key, allowed)

    async def _group_may(
        self, connection: Connection, site: Site, page: PageId, operation: Operation, group: str
    ) -> bool:
        found = await self._content(connection, site, wire.get_content(page, text=False))
        call = around_wire.permissions_of(SpaceKey(found.space.key), group)
        permissions = read(
            await self._gateway.send(connection, site, call), around_wire.Permissions
        )
        if not around_wire.lets_group(permissions, operation):
            return False
        pages = [page, *(PageId(each.id) for each in found.ancestors)]
        if not await self._let_through(connection, site, pages, "read", group=group):
            return False
        # Who may change a page isn't inherited by those below it.
        return operation == "read" or await self._let_through(
            connection, site, [page], operation, group=group
        )

    async def find_groups(self, connection: Connection, site: Site, words: str) -> Sequence[Group]:
        """See ``Confluence.find_groups``. The first thousand are looked through."""
        wanted, found = words.strip().casefold(), list[Group]()
        start = 0
        for _ in range(MOST_GROUP_PAGES):
            answer = await self._gateway.send(connection, site, around_wire.list_groups(start))
            listed = read(answer, cloud_wire.Groups)
            groups = cloud_wire.groups_of(listed)
            found += [group for group in groups if wanted in group.name.casefold()]
            following = wire.offset_in(listed.links.next, start)
            if len(found) >= MOST_SUGGESTED or following is None:
                break
            start = int(following)
        return tuple(found[:MOST_SUGGESTED])

    async def note(  # noqa: PLR0913 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        value: Mapping[str, str],
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> None:
        """See ``Confluence.note``."""
        last = await self._note(connection, site, page, key)
        await self._gateway.send(connection, site, around_wire.put_note(page, key, value, last))

    async def find_note(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> Mapping[str, str] | None:
        """See ``Confluence.find_note``."""
        found = await self._note(connection, site, page, key)
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
        """See ``Confluence.create_page``."""
        key = (await self.get_space(connection, site, space.id)).key
        call = wire.create_page(key, title, body, parent, message, kind)
        return await self._written(connection, site, call)

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
        key = (await self.get_space(connection, site, space.id)).key
        call = wire.content_by_title(key, title, kind, text=True)
        answer = await self._gateway.send(connection, site, call)
        for each in read(answer, wire.ContentList).results:
            made = each.history
            is_ours = each.title == title and made.createdBy.is_account(connection.account.id)
            if is_ours and was_made_since(made.createdDate, since, answer.headers, self._clock()):
                return PageText(wire.page_of(each, site), wire.document_of(each))
        return None

    async def _note(
        self, connection: Connection, site: Site, page: PageId, key: str
    ) -> around_wire.Note | None:
        with suppress(NotFound):
            answer = await self._gateway.send(connection, site, around_wire.find_note(page, key))
            return read(answer, around_wire.Note)
        return None

    async def _content(
        self,
        connection: Connection,
        site: Site,
        call: Call,
        kind: ContentKind = ContentKind.PAGE,
    ) -> wire.ContentBody:
        found = read(await self._gateway.send(connection, site, call), wire.ContentBody)
        wire.require_kind(found, kind)
        self._known(connection, site, _spaces_in(found))
        return found

    async def _contents(self, connection: Connection, site: Site, call: Call) -> wire.ContentList:
        return read(await self._gateway.send(connection, site, call), wire.ContentList)

    async def _space_list(
        self, connection: Connection, site: Site, call: Call
    ) -> tuple[Space, ...]:
        listed = read(await self._gateway.send(connection, site, call), wire.SpaceList)
        return tuple(wire.space_of(each) for each in listed.results if each.id and each.key)

    async def _look_up(
        self, connection: Connection, site: Site, clause: cql.Clause | None
    ) -> search_wire.HitList:
        if clause is None:
            return search_wire.HitList(results=())
        return await self._run(connection, site, around_wire.look_up(clause.text, MOST_SUGGESTED))

    async def _run(self, connection: Connection, site: Site, call: Call) -> search_wire.HitList:
        return read(await self._gateway.send(connection, site, call), search_wire.HitList)

    async def _written(self, connection: Connection, site: Site, call: Call) -> Page:
        answer = await self._gateway.send(connection, site, call)
        return wire.page_of(read_written(answer, wire.ContentBody), site)


def _has_no_drafts() -> NoReturn:
    raise NotAllowed(
        "This Confluence keeps no drafts that their author alone sees, so nothing was written. "
        "Go back and choose to publish."
    )


def _spaces_in(body: wire.ContentBody) -> list[Space]:
    return [wire.space_of(body.space)] if body.space.id and body.space.key else []


def _key(connection: Connection, site: Site, what: object) -> tuple[object, ...]:
    """Keep what one grant may see apart from what another may."""
    return (connection.principal, connection.profile, connection.account.id, site.cloud_id, what)
