"""What the one site in memory does beyond finding and writing pages."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.connection import Connection
from bot.content import (
    Account,
    AccountId,
    Comment,
    CommentId,
    ContentKind,
    Group,
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
from bot.document import Body, Document, Placement, Storage
from bot.documents import addition_to, from_storage, to_storage
from bot.documents.section import find_section, placed
from bot.errors import BotError, Changed, NotFound, TitleTaken
from bot.ports.confluence_actions import ConfluenceActions
from bot.rest import Call as RestCall
from bot.rest import Called


@dataclass
class FakeActions(ConfluenceActions):
    """*past* holds every version by its number, *storages* bodies that were given as storage.

    *answers* are what calls are answered with, in their order.
    """

    pages: dict[PageId, PageText] = field(default_factory=dict)
    spaces: list[Space] = field(default_factory=list)
    past: dict[PageId, dict[int, tuple[PageText, Account]]] = field(default_factory=dict)
    storages: dict[PageId, str] = field(default_factory=dict)
    threads: dict[CommentId, Comment] = field(default_factory=dict)
    restrictions: dict[PageId, dict[Operation, Restriction]] = field(default_factory=dict)
    watched: set[PageId] = field(default_factory=set)
    templates: dict[TemplateId, PageTemplateText] = field(default_factory=dict)
    answers: list[Called] = field(default_factory=list)
    fails_after: dict[str, BotError] = field(default_factory=dict)

    @abstractmethod
    def _ask(self, method: str, what: object) -> None: ...

    @abstractmethod
    def _answer(self, method: str, answer: Page) -> Page: ...

    @abstractmethod
    def _get(self, page: PageId, *, draft: bool, trashed: bool = False) -> PageText: ...

    @abstractmethod
    def _titled(
        self, space: SpaceId, title: str, kind: ContentKind = ContentKind.PAGE
    ) -> Page | None: ...

    @abstractmethod
    def add(self, head: Page, body: Body | None = None) -> Page: ...

    def _done(self, method: str) -> None:
        if error := self.fails_after.get(method):
            raise error

    async def get_storage(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageStorage:
        self._ask("get_storage", page)
        return self._stored(page)

    def _stored(self, page: PageId) -> PageStorage:
        found = self._get(page, draft=False)
        markup = self.storages.get(page)
        return PageStorage(found.page, Storage(markup or to_storage(found.document)))

    async def update_section(
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
        self._ask("update_section", (page, section, placement, base, message))
        stored = self._stored(page)
        if stored.page.version != base:
            raise Changed("it has moved on")
        markup = stored.storage.markup
        found = find_section(markup, section)
        made = placed(markup, found, addition_to(markup, body), placement)
        changed = replace(stored.page, version=base + 1, version_message=message)
        return self._answer("update_section", self.add(changed, Storage(made)))

    async def list_comments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Comment]:
        self._ask("list_comments", page)
        return [each for each in self.threads.values() if each.page_id == page]

    async def get_comment(self, connection: Connection, site: Site, comment: CommentId) -> Comment:
        self._ask("get_comment", comment)
        if comment not in self.threads:
            raise NotFound("no such comment")
        return self.threads[comment]

    async def reply(
        self, connection: Connection, site: Site, comment: CommentId, body: Document
    ) -> Said:
        self._ask("reply", comment)
        about = self.threads[comment]
        number = CommentId(f"{comment}-{len(self.threads)}")
        url = f"{about.url}?focusedCommentId={number}"
        self.threads[number] = replace(about, id=number, text=body, url=url)
        self._done("reply")
        return Said(number, url)

    async def move_page(
        self, connection: Connection, site: Site, page: PageId, parent: PageId
    ) -> None:
        self._ask("move_page", (page, parent))
        moved, above = self._get(page, draft=False), self._get(parent, draft=False).page
        head = replace(moved.page, parent_id=parent, space_id=above.space_id)
        self.pages[page] = replace(moved, page=head)
        self._done("move_page")

    async def move_to_top(
        self, connection: Connection, site: Site, page: PageId, space: SpaceId
    ) -> None:
        self._ask("move_to_top", (page, space))
        moved = self._get(page, draft=False)
        head = replace(moved.page, parent_id=None, space_id=space)
        self.pages[page] = replace(moved, page=head)
        self._done("move_to_top")

    async def copy_page(
        self, connection: Connection, site: Site, page: PageId, title: str, parent: PageId
    ) -> Page:
        self._ask("copy_page", (page, title, parent))
        copied, above = self._get(page, draft=False), self._get(parent, draft=False).page
        if self._titled(above.space_id, title):
            raise TitleTaken("the title is taken")
        number = PageId(str(1001 + len(self.pages)))
        made = replace(copied.page, id=number, title=title, version=1, version_message="")
        placed_there = replace(made, parent_id=parent, space_id=above.space_id)
        return self._answer("copy_page", self.add(placed_there, copied.document))

    async def find_restrictions(
        self, connection: Connection, site: Site, page: PageId
    ) -> Mapping[Operation, Restriction]:
        self._ask("find_restrictions", page)
        nobody: dict[Operation, Restriction] = {"read": Restriction(), "update": Restriction()}
        return nobody | self.restrictions.get(page, {})

    async def restrict(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        operation: Operation,
        accounts: Sequence[AccountId],
        groups: Sequence[str],
    ) -> None:
        self._ask("restrict", (page, operation, tuple(accounts), tuple(groups)))
        self._get(page, draft=False)
        self.restrictions.setdefault(page, {})[operation] = Restriction(
            tuple(Account(each, "") for each in accounts),
            tuple(Group(each, each) for each in groups),
        )
        self._done("restrict")

    async def watch(self, connection: Connection, site: Site, page: PageId, *, on: bool) -> None:
        self._ask("watch", (page, on))
        self._get(page, draft=False)
        (self.watched.add if on else self.watched.discard)(page)
        self._done("watch")

    async def is_watching(self, connection: Connection, site: Site, page: PageId) -> bool:
        self._ask("is_watching", page)
        return page in self.watched

    async def list_spaces(
        self, connection: Connection, site: Site, most: int = 25
    ) -> Sequence[Space]:
        self._ask("list_spaces", most)
        return self.spaces[:most]

    async def list_versions(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        most: int = 25,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Version]:
        self._ask("list_versions", page)
        self._get(page, draft=False)
        held = sorted(self.past[page].items(), reverse=True)[:most]
        return [
            Version(number, author, text.page.version_message, text.page.changed_at)
            for number, (text, author) in held
        ]

    async def get_version(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        number: int,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        self._ask("get_version", (page, number))
        return self._past(page, number)

    def _past(self, page: PageId, number: int) -> PageText:
        self._get(page, draft=False)
        if number not in self.past[page]:
            raise NotFound("no such version")
        return self.past[page][number][0]

    async def restore_version(
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
        self._ask("restore_version", (page, number, base, message))
        before, now = self._past(page, number), self._get(page, draft=False).page
        if now.version != base:
            raise Changed("it has moved on")
        changed = replace(now, version=base + 1, version_message=message)
        return self._answer("restore_version", self.add(changed, before.document))

    async def restore_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        self._ask("restore_page", page)
        found = self._get(page, draft=False, trashed=True)
        if found.page.status is not PageStatus.TRASHED:
            raise NotFound("it isn't in the trash")
        if self._titled(found.page.space_id, found.page.title, kind):
            raise TitleTaken("the title is taken")
        back = replace(found.page, status=PageStatus.CURRENT, version=found.page.version + 1)
        return self._answer("restore_page", self.add(back, found.document))

    async def list_page_templates(
        self, connection: Connection, site: Site, space: SpaceKey | None
    ) -> Sequence[PageTemplate]:
        self._ask("list_page_templates", space)
        return [each.head for each in self.templates.values() if each.space_key == space]

    async def get_page_template(
        self,
        connection: Connection,
        site: Site,
        template: TemplateId,
        space: SpaceKey | None = None,
    ) -> PageTemplateText:
        self._ask("get_page_template", template)
        if template not in self.templates:
            raise NotFound("no such template")
        return self.templates[template]

    async def call(self, connection: Connection, site: Site, call: RestCall) -> Called:
        self._ask("call", call)
        self._done("call")
        return self.answers.pop(0) if self.answers else Called(200)

    def _keep_version(self, text: PageText, body: Body | None, author: Account) -> None:
        """Remember what *text* says as its version."""
        self.past.setdefault(text.page.id, {})[text.page.version] = (text, author)
        if isinstance(body, Storage):
            self.storages[text.page.id] = body.markup
        else:
            self.storages.pop(text.page.id, None)


def document_of(body: Body | None) -> Document:
    """Return what *body* says."""
    if isinstance(body, Storage):
        return from_storage(body.markup)
    return body or Document(())
