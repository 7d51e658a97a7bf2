"""Confluence Cloud beyond finding and writing pages."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.connection import Connection
from bot.content import (
    AccountId,
    Comment,
    CommentId,
    ContentKind,
    Operation,
    Page,
    PageId,
    PageStatus,
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
from bot.document import Document, Placement, Storage
from bot.documents import addition_to
from bot.documents.section import find_section, placed
from bot.errors import (
    Changed,
    NotAllowed,
    NotFound,
    NotOffered,
    ProviderFault,
    ScopeMissing,
    Unavailable,
)
from bot.page_template import read_template
from bot.ports.confluence_actions import ConfluenceActions
from bot.providers import confluence_actions_wire as actions_wire
from bot.providers import confluence_around_wire as around_wire
from bot.providers import confluence_wire as wire
from bot.providers import datacenter_wire as v1_wire
from bot.providers.confluence_bodies_wire import read, read_written
from bot.providers.gateway import Gateway
from bot.providers.rest import send_typed
from bot.providers.restricting import (
    alone,
    refuse_templates,
    refuse_top,
    require_untouched,
    require_whole,
)
from bot.rest import Call, Called

DEEPEST_REPLY: Final = 10


class CloudActions(ConfluenceActions):
    """Speaks ``confluence_actions_wire`` through the gateway."""

    _gateway: Gateway

    async def get_storage(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageStorage:
        """See ``Confluence.get_storage``."""
        call = actions_wire.get_storage(page, kind=kind)
        return await self._stored(connection, site, call, kind)

    async def _stored(
        self,
        connection: Connection,
        site: Site,
        call: wire.Call,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageStorage:
        body = read(await self._gateway.send(connection, site, call), wire.PageBody)
        storage = actions_wire.storage_in(body)
        if storage is None:
            raise ProviderFault("a page without a readable body", provider=wire.PROVIDER)
        return PageStorage(wire.page_of(body, site, kind=kind), storage)

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
        """See ``Confluence.update_section``."""
        stored = await self.get_storage(connection, site, page, kind=kind)
        _require_version(stored.page, base)
        markup = stored.storage.markup
        found = await asyncio.to_thread(find_section, markup, section)  # a page may be large
        changed = Storage(placed(markup, found, addition_to(markup, body), placement))
        return await self._put(connection, site, stored.page, changed, message)

    async def _put(
        self, connection: Connection, site: Site, head: Page, storage: Storage, message: str
    ) -> Page:
        sent, number = wire.storage_body(storage), head.version + 1
        call = wire.put_page(head.id, head.title, sent, number, message, head.kind)
        answer = await self._gateway.send(connection, site, call)
        return wire.page_of(read_written(answer, wire.PageBody), site, kind=head.kind)

    async def list_comments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Comment]:
        """See ``Confluence.list_comments``. Who wrote them takes another call."""
        call = actions_wire.list_comments(page, kind)
        found = read(await self._gateway.send(connection, site, call), actions_wire.Comments)
        names = await self._names(
            connection, site, [each.version.authorId for each in found.results]
        )
        where = "blogPostId" if kind is ContentKind.BLOG else "pageId"
        about = actions_wire.CommentBody.model_validate({"id": "", where: page})
        return tuple(
            actions_wire.comment_of(each, about, site, found.links.base, names)
            for each in found.results
        )

    async def get_comment(self, connection: Connection, site: Site, comment: CommentId) -> Comment:
        """See ``Confluence.get_comment``. A reply knows only what it answers."""
        asked = top = await self._comment(connection, site, comment)
        for _ in range(DEEPEST_REPLY):
            if top.pageId or top.blogPostId or not top.parentCommentId:
                break
            top = await self._comment(connection, site, top.parentCommentId)
        if not (top.pageId or top.blogPostId):
            raise NotFound("That comment isn't about a page.")
        names = await self._names(connection, site, [asked.version.authorId])
        return actions_wire.comment_of(asked, top, site, "", names)

    async def _comment(
        self, connection: Connection, site: Site, comment: str
    ) -> actions_wire.CommentBody:
        answer = await self._gateway.send(connection, site, actions_wire.get_comment(comment))
        return read(answer, actions_wire.CommentBody)

    async def reply(
        self, connection: Connection, site: Site, comment: CommentId, body: Document
    ) -> Said:
        """See ``Confluence.reply``."""
        answer = await self._gateway.send(connection, site, actions_wire.reply(comment, body))
        return around_wire.said_of(read_written(answer, around_wire.Linked), site)

    async def delete_comment(self, connection: Connection, site: Site, comment: CommentId) -> None:
        """See ``Confluence.delete_comment``."""
        said = await self._comment(connection, site, comment)
        answer = await self._gateway.send(connection, site, actions_wire.list_replies(comment))
        answers = read(answer, actions_wire.Comments).results
        require_untouched(said.version.number, answers)
        await self._gateway.send(connection, site, actions_wire.delete_comment(comment))

    async def _names(
        self, connection: Connection, site: Site, accounts: Sequence[str]
    ) -> Mapping[str, str]:
        """Return what is known of people's names: nothing else fails for the want of one."""
        wanted = tuple(dict.fromkeys(each for each in accounts if each))
        if not wanted:
            return {}
        call = actions_wire.find_people(wanted[: actions_wire.MOST_PEOPLE])
        with suppress(NotFound, NotAllowed, ScopeMissing, ProviderFault, Unavailable):
            answer = await self._gateway.send(connection, site, call)
            return actions_wire.names_of(read(answer, actions_wire.Subjects))
        return {}

    async def move_page(
        self, connection: Connection, site: Site, page: PageId, parent: PageId
    ) -> None:
        """See ``Confluence.move_page``."""
        await self._gateway.send(connection, site, actions_wire.move_page(page, parent))

    async def move_to_top(
        self, connection: Connection, site: Site, page: PageId, space: SpaceId
    ) -> None:
        """See ``Confluence.move_to_top``. It takes another page that is there already."""
        answer = await self._gateway.send(connection, site, actions_wire.top_pages(space))
        tops = [each.id for each in read(answer, wire.PageList).results if each.id != page]
        if not tops:
            refuse_top()
        call = actions_wire.move_page(page, PageId(tops[0]), "after")
        await self._gateway.send(connection, site, call)

    async def copy_page(
        self, connection: Connection, site: Site, page: PageId, title: str, parent: PageId
    ) -> Page:
        """See ``Confluence.copy_page``."""
        call = actions_wire.copy_page(page, title, parent)
        answer = await self._gateway.send(connection, site, call)
        made = v1_wire.page_of(read_written(answer, v1_wire.ContentBody), site)
        return replace(made, parent_id=parent)

    async def find_restrictions(
        self, connection: Connection, site: Site, page: PageId
    ) -> Mapping[Operation, Restriction]:
        """See ``Confluence.find_restrictions``."""
        named = await self._restrictions(connection, site, page)
        return {each: actions_wire.restriction_of(named[each]) for each in named}

    async def _restrictions(
        self, connection: Connection, site: Site, page: PageId
    ) -> dict[Operation, actions_wire.Named]:
        answer = await self._gateway.send(connection, site, actions_wire.list_restrictions(page))
        listed = read(answer, actions_wire.Restrictions).results
        found = {each.operation: each.restrictions for each in listed}
        return {each: found.get(each, actions_wire.Named()) for each in actions_wire.OPERATIONS}

    async def restrict(  # noqa: PLR0913, PLR0917 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation,
        accounts: Sequence[AccountId],
        groups: Sequence[str],
    ) -> None:
        """See ``Confluence.restrict``. Confluence lifts what isn't sent again."""
        named = await self._restrictions(connection, site, page)
        kept = {each: who for each, who in named.items() if each != operation}
        require_whole(is_cut=any(who.is_cut for who in kept.values()))
        others = {each: actions_wire.restriction_of(who) for each, who in kept.items()}
        wanted = {operation: alone(accounts, groups), **others}
        if any(each.accounts or each.groups for each in wanted.values()):
            call = actions_wire.put_restrictions(page, wanted)
        else:
            call = actions_wire.lift_restrictions(page)
        await self._gateway.send(connection, site, call)

    async def watch(self, connection: Connection, site: Site, page: PageId, *, on: bool) -> None:
        """See ``Confluence.watch``."""
        await self._gateway.send(connection, site, actions_wire.watch(page, on=on))

    async def is_watching(self, connection: Connection, site: Site, page: PageId) -> bool:
        """See ``Confluence.is_watching``."""
        answer = await self._gateway.send(connection, site, actions_wire.get_watch(page))
        return read(answer, actions_wire.Watching).watching

    async def list_spaces(
        self, connection: Connection, site: Site, most: int = 25
    ) -> Sequence[Space]:
        """See ``Confluence.list_spaces``."""
        call = wire.list_spaces(min(most, actions_wire.MOST_LISTED))
        listed = read(await self._gateway.send(connection, site, call), wire.SpaceList)
        return tuple(wire.space_of(each) for each in listed.results)

    async def list_versions(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        most: int = 25,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Version]:
        """See ``Confluence.list_versions``. Who wrote them takes another call."""
        call = actions_wire.list_versions(page, min(most, actions_wire.MOST_LISTED), kind)
        found = read(await self._gateway.send(connection, site, call), actions_wire.Versions)
        names = await self._names(connection, site, [each.authorId for each in found.results])
        return tuple(actions_wire.versions_of(found, names))

    async def get_version(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        number: int,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        """See ``Confluence.get_version``."""
        call = actions_wire.get_version(page, number, kind)
        body = read(await self._gateway.send(connection, site, call), wire.PageBody)
        return PageText(wire.page_of(body, site, kind=kind), wire.document_of(body))

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
        """See ``Confluence.restore_version``. v1's own way to do it minds no base."""
        before, now = await asyncio.gather(
            self._stored(connection, site, actions_wire.get_storage(page, number, kind=kind), kind),
            self._head(connection, site, page, kind),
        )
        _require_version(now, base)
        return await self._put(connection, site, now, before.storage, message)

    async def _head(
        self, connection: Connection, site: Site, page: PageId, kind: ContentKind
    ) -> Page:
        answer = await self._gateway.send(connection, site, wire.get_page(page, kind=kind))
        return wire.page_of(read(answer, wire.PageBody), site, kind=kind)

    async def restore_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """See ``Confluence.restore_page``. Its text has to be sent again, and changes nothing."""
        call = actions_wire.get_storage(page, trashed=True, kind=kind)
        stored = await self._stored(connection, site, call, kind)
        if stored.page.status is not PageStatus.TRASHED:
            raise NotFound("That page isn't in the trash.")
        return await self._put(connection, site, stored.page, stored.storage, "")

    async def list_page_templates(
        self, connection: Connection, site: Site, space: SpaceKey | None
    ) -> Sequence[PageTemplate]:
        """See ``Confluence.list_page_templates``. v1's, which may be gone from the gateway."""
        try:
            answer = await self._gateway.send(connection, site, actions_wire.list_templates(space))
        except (NotFound, NotOffered):
            refuse_templates()
        found = read(answer, actions_wire.Templates)
        return tuple(actions_wire.template_of(each) for each in found.results)

    async def get_page_template(
        self,
        connection: Connection,
        site: Site,
        template: TemplateId,
        space: SpaceKey | None = None,  # noqa: ARG002 (the port's)
    ) -> PageTemplateText:
        """See ``Confluence.get_page_template``."""
        try:
            answer = await self._gateway.send(connection, site, actions_wire.get_template(template))
        except NotOffered:
            refuse_templates()
        return template_text(read(answer, actions_wire.TemplateBody))

    async def call(self, connection: Connection, site: Site, call: Call) -> Called:
        """See ``Confluence.call``."""
        return await send_typed(self._gateway, connection, site, call)


def template_text(body: actions_wire.TemplateBody) -> PageTemplateText:
    """Read a template with its text."""
    storage = actions_wire.storage_in(body)
    if storage is None:
        raise ProviderFault("a template without a readable body", provider=wire.PROVIDER)
    key = SpaceKey(body.space.key) if body.space.key else None
    return read_template(actions_wire.template_of(body), storage.markup, key)


def _require_version(page: Page, base: int) -> None:
    if page.version != base or page.status is not PageStatus.CURRENT:
        raise Changed("The page was changed in the meantime.")
