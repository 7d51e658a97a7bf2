"""Confluence Data Center beyond finding and writing pages."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

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
from bot.errors import BadInput, Changed, NotFound, NotOffered, ProviderFault
from bot.ports.confluence_actions import ConfluenceActions
from bot.providers import confluence_actions_wire as cloud_wire
from bot.providers import datacenter_actions_wire as actions_wire
from bot.providers import datacenter_wire as wire
from bot.providers.confluence_actions import template_text
from bot.providers.confluence_bodies_wire import read, read_written
from bot.providers.confluence_wire import PROVIDER
from bot.providers.confluence_wire import Call as WireCall
from bot.providers.gateway import Gateway
from bot.providers.rest import send_typed
from bot.providers.restricting import alone, refuse_templates, refuse_top, require_untouched
from bot.rest import Call, Called


class DataCenterActions(ConfluenceActions):
    """Speaks ``datacenter_actions_wire`` at a site's own address."""

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
        body = await self._body(connection, site, wire.get_content(page, text=True), kind)
        return PageStorage(wire.page_of(body, site), _storage_in(body))

    async def _body(
        self,
        connection: Connection,
        site: Site,
        call: WireCall,
        kind: ContentKind = ContentKind.PAGE,
    ) -> wire.ContentBody:
        found = read(await self._gateway.send(connection, site, call), wire.ContentBody)
        wire.require_kind(found, kind)
        return found

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
        addition = wire.with_user_keys(addition_to(markup, body))
        changed = Storage(placed(markup, found, addition, placement))
        return await self._put(connection, site, stored.page, changed, message)

    async def _put(
        self, connection: Connection, site: Site, head: Page, storage: Storage, message: str
    ) -> Page:
        number = head.version + 1
        call = wire.put_page(head.id, head.title, storage.markup, number, message, head.kind)
        answer = await self._gateway.send(connection, site, call)
        return wire.page_of(read_written(answer, wire.ContentBody), site)

    async def list_comments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> Sequence[Comment]:
        """See ``Confluence.list_comments``."""
        answer = await self._gateway.send(connection, site, actions_wire.list_comments(page))
        found = read(answer, actions_wire.Comments)
        base = found.links.base
        return tuple(
            actions_wire.comment_of(each, site, base, about=page) for each in found.results
        )

    async def get_comment(self, connection: Connection, site: Site, comment: CommentId) -> Comment:
        """See ``Confluence.get_comment``."""
        answer = await self._gateway.send(connection, site, actions_wire.get_comment(comment))
        found = read(answer, actions_wire.CommentBody)
        if not found.container.id:
            raise NotFound("That comment isn't about a page.")
        return actions_wire.comment_of(found, site)

    async def reply(
        self, connection: Connection, site: Site, comment: CommentId, body: Document
    ) -> Said:
        """See ``Confluence.reply``. What it answers is asked first: it has to be told."""
        answered = await self.get_comment(connection, site, comment)
        call = actions_wire.reply(answered, body)
        answer = await self._gateway.send(connection, site, call)
        return wire.said_of(wire.page_of(read_written(answer, wire.ContentBody), site))

    async def delete_comment(self, connection: Connection, site: Site, comment: CommentId) -> None:
        """See ``Confluence.delete_comment``."""
        said = await self.get_comment(connection, site, comment)
        answer = await self._gateway.send(connection, site, actions_wire.list_replies(comment))
        answers = read(answer, actions_wire.Comments).results
        require_untouched(said.version, answers)
        await self._gateway.send(connection, site, actions_wire.delete_comment(comment))

    async def move_page(
        self, connection: Connection, site: Site, page: PageId, parent: PageId
    ) -> None:
        """See ``Confluence.move_page``. Anew with the body that it has: it can't be left out.

        Nobody says of which versions it is true that they let a page leave its space so.
        """
        body, above = await asyncio.gather(
            self._body(connection, site, wire.get_content(page, text=True)),
            self._body(connection, site, wire.get_content(parent, text=False)),
        )
        space = SpaceKey(above.space.key)
        call = actions_wire.move_page(body, _storage_in(body), space, parent)
        try:
            await self._gateway.send(connection, site, call)
        except (BadInput, ProviderFault) as error:
            if body.space.key == above.space.key:
                raise
            raise NotOffered(
                "This Confluence doesn't let apps move that page to another space, so nothing was "
                "moved. You can move it in Confluence, or choose a page of its own space."
            ) from error

    async def move_to_top(
        self, connection: Connection, site: Site, page: PageId, space: SpaceId
    ) -> None:
        """See ``Confluence.move_to_top``."""
        del connection, site, page, space
        refuse_top()

    async def copy_page(
        self, connection: Connection, site: Site, page: PageId, title: str, parent: PageId
    ) -> Page:
        """See ``Confluence.copy_page``."""
        body, above = await asyncio.gather(
            self._body(connection, site, wire.get_content(page, text=True)),
            self._body(connection, site, wire.get_content(parent, text=False)),
        )
        space = SpaceKey(above.space.key)
        call = wire.create_page(space, title, _storage_in(body), parent, "")
        answer = await self._gateway.send(connection, site, call)
        return wire.page_of(read_written(answer, wire.ContentBody), site)

    async def find_restrictions(
        self, connection: Connection, site: Site, page: PageId
    ) -> Mapping[Operation, Restriction]:
        """See ``Confluence.find_restrictions``."""
        answers = await asyncio.gather(
            *(
                self._gateway.send(connection, site, actions_wire.get_restriction(page, each))
                for each in cloud_wire.OPERATIONS
            )
        )
        named = [read(answer, actions_wire.Restricted).restrictions for answer in answers]
        return {
            each: cloud_wire.restriction_of(who)
            for each, who in zip(cloud_wire.OPERATIONS, named, strict=True)
        }

    async def restrict(  # noqa: PLR0913, PLR0917 (the port's)
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation,
        accounts: Sequence[AccountId],
        groups: Sequence[str],
    ) -> None:
        """See ``Confluence.restrict``.

        Up to 7.19 at least, only the experimental half of the API does it, and the other says
        405: what was refused wasn't done, so that it is no repetition.
        """
        what = page, operation, alone(accounts, groups)
        try:
            await self._gateway.send(connection, site, actions_wire.put_restriction(*what))
        except ProviderFault as refused:
            call = actions_wire.put_restriction(*what, actions_wire.EXPERIMENTAL)
            try:
                await self._gateway.send(connection, site, call)
            except NotFound:
                raise refused from None

    async def watch(self, connection: Connection, site: Site, page: PageId, *, on: bool) -> None:
        """See ``Confluence.watch``."""
        await self._gateway.send(connection, site, actions_wire.watch(page, on=on))

    async def is_watching(self, connection: Connection, site: Site, page: PageId) -> bool:
        """See ``Confluence.is_watching``."""
        answer = await self._gateway.send(connection, site, actions_wire.get_watch(page))
        return read(answer, cloud_wire.Watching).watching

    async def list_spaces(
        self, connection: Connection, site: Site, most: int = 25
    ) -> Sequence[Space]:
        """See ``Confluence.list_spaces``."""
        call = wire.list_spaces(min(most, wire.MOST_SPACES), favourite=False)
        listed = read(await self._gateway.send(connection, site, call), wire.SpaceList)
        return tuple(wire.space_of(each) for each in listed.results if each.id and each.key)

    async def list_versions(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        most: int = 25,
        *,
        kind: ContentKind = ContentKind.PAGE,  # noqa: ARG002 (the port's)
    ) -> Sequence[Version]:
        """See ``Confluence.list_versions``. One by one: there is no list of them."""
        call = wire.get_content(page, text=False)
        last = read(await self._gateway.send(connection, site, call), actions_wire.Versioned)
        newest = last.version.number
        before = range(newest - 1, max(newest - most, 0), -1)
        found = await asyncio.gather(
            *(self._version(connection, site, page, number) for number in before)
        )
        return (actions_wire.version_of(last), *(each for each in found if each is not None))

    async def _version(
        self, connection: Connection, site: Site, page: PageId, number: int
    ) -> Version | None:
        """Return one version, unless somebody has deleted it."""
        call = actions_wire.get_version(page, number, text=False)
        with suppress(NotFound):
            answer = await self._gateway.send(connection, site, call)
            return actions_wire.version_of(read(answer, actions_wire.Versioned))
        return None

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
        body = await self._at(connection, site, page, number, kind)
        return PageText(wire.page_of(body, site), wire.document_of(body))

    async def _at(
        self, connection: Connection, site: Site, page: PageId, number: int, kind: ContentKind
    ) -> wire.ContentBody:
        """Return the page as it was; the last version isn't among the past ones."""
        try:
            call = actions_wire.get_version(page, number, text=True)
            return await self._body(connection, site, call, kind)
        except NotFound:
            found = await self._body(connection, site, wire.get_content(page, text=True), kind)
            if found.version.number != number:
                raise
            return found

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
        """See ``Confluence.restore_version``."""
        before = await self._at(connection, site, page, number, kind)
        body = await self._body(connection, site, wire.get_content(page, text=False), kind)
        now = wire.page_of(body, site)
        _require_version(now, base)
        return await self._put(connection, site, now, _storage_in(before), message)

    async def restore_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        """See ``Confluence.restore_page``."""
        call = wire.get_content(page, text=False, trashed=True)
        body = await self._body(connection, site, call, kind)
        if wire.page_of(body, site).status is not PageStatus.TRASHED:
            raise NotFound("That page isn't in the trash.")
        answer = await self._gateway.send(connection, site, actions_wire.restore_page(body))
        return wire.page_of(read_written(answer, wire.ContentBody), site)

    async def list_page_templates(
        self, connection: Connection, site: Site, space: SpaceKey | None
    ) -> Sequence[PageTemplate]:
        """See ``Confluence.list_page_templates``."""
        try:
            answer = await self._gateway.send(connection, site, actions_wire.list_templates(space))
        except (NotFound, NotOffered):
            refuse_templates()
        found = read(answer, cloud_wire.Templates)
        return tuple(cloud_wire.template_of(each) for each in found.results)

    async def get_page_template(
        self,
        connection: Connection,
        site: Site,
        template: TemplateId,
        space: SpaceKey | None = None,
    ) -> PageTemplateText:
        """See ``Confluence.get_page_template``."""
        try:
            call = actions_wire.get_template(template, space)
            answer = await self._gateway.send(connection, site, call)
        except NotOffered:
            refuse_templates()
        return template_text(read(answer, cloud_wire.TemplateBody))

    async def call(self, connection: Connection, site: Site, call: Call) -> Called:
        """See ``Confluence.call``."""
        return await send_typed(self._gateway, connection, site, call)


def _storage_in(body: wire.ContentBody) -> Storage:
    markup = wire.storage_in(body)
    if markup is None:
        raise ProviderFault("a page without a readable body", provider=PROVIDER)
    return Storage(markup)


def _require_version(page: Page, base: int) -> None:
    if page.version != base or page.status is not PageStatus.CURRENT:
        raise Changed("The page was changed in the meantime.")
