"""Stand-ins for what the bot calls: they keep the ports' promises and record what was asked."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from bot.audit import Auditor
from bot.authorize import Issuers
from bot.connection import WRITE, Connection, Grant
from bot.content import (
    Account,
    AccountId,
    Attachment,
    CloudId,
    Comment,
    CommentId,
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
)
from bot.credentials import Books, CredentialPolicy
from bot.document import Body, Document
from bot.errors import BotError, Changed, NotAllowed, NotFound, TitleTaken
from bot.installation import Installation, SlackPerson, UserGroup
from bot.pending import Obtained
from bot.ports import (
    KNOWN_FOR,
    AuditRows,
    Confluence,
    Connections,
    ConsentServer,
    Integrations,
    Profiles,
    Proven,
    SlackPeople,
    SlackSignIn,
    Voice,
)
from bot.ports.confluence import Operation
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM, AuthorizationProfile, Credentials
from bot.profiles import ProfileBook
from bot.roles import Roles
from bot.trail import ChainKey
from store.memory import MemoryAudit
from store.memory.integrations import MemoryIntegrations, MemoryProfiles
from tests.fake_actions import FakeActions, document_of

CHAIN_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ADA = Principal(Tenant("T0ACME"), "U0ADA")
BOB = Principal(Tenant("T0ACME"), "U0BOB")
ACME = Site(CloudId("11111111-1111-4111-8111-111111111111"), "Acme", "https://acme.example")
LOVELACE = Account(AccountId("ada"), "Ada Lovelace")
ENG = Space(SpaceId("11"), SpaceKey("ENG"), "Engineering")


class FakeClock:
    """Noon, until a test lets time pass."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    async def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.pass_by(seconds=seconds)


def grant(name: str = "first", *, until: datetime | None = None) -> Grant:
    """A grant whose tokens are told apart by *name*."""
    return Grant(
        SecretStr(f"access-{name}"),
        SecretStr(f"refresh-{name}"),
        until or NOON + timedelta(hours=1),
        WRITE,
    )


def connection(principal: Principal = ADA, given: Grant | None = None) -> Connection:
    """Ada's connection to Acme, good for an hour."""
    return Connection(principal, "system", LOVELACE, (ACME,), given or grant(), NOON)


def page(
    number: int = 1, title: str = "Release checklist", status: PageStatus = PageStatus.CURRENT
) -> Page:
    """A page of Engineering's."""
    url = f"{ACME.url}/wiki/spaces/ENG/pages/{number}"
    return Page(PageId(str(number)), title, url, ENG.id, status, 1)


@dataclass
class FakeConfluence(FakeActions, Confluence):
    """One site in memory.

    *fails* raises instead of doing, by method; *fails_after* does and then raises, as when
    an answer is lost. *asked* lists (method, what distinguishes the call). *allowed* says what
    may be done by whom, an account or a group; *made* whose pages were made when.
    """

    pages: dict[PageId, PageText] = field(default_factory=dict)
    spaces: list[Space] = field(default_factory=lambda: [ENG])
    people: list[Account] = field(default_factory=list)
    hits: dict[str | None, Hits] = field(default_factory=lambda: {None: Hits(())})
    restricted: set[PageId] = field(default_factory=set)
    open_spaces: set[SpaceId] = field(default_factory=set)
    may_create: bool | None = True
    attachments: dict[PageId, dict[str, bytes]] = field(default_factory=dict)
    comments: list[tuple[PageId, Document]] = field(default_factory=list)
    labels: dict[PageId, list[str]] = field(default_factory=dict)
    allowed: set[tuple[PageId, Operation, str]] = field(default_factory=set)
    groups: list[Group] = field(default_factory=list)
    notes: dict[tuple[PageId, str], dict[str, str]] = field(default_factory=dict)
    made: dict[PageId, tuple[AccountId, datetime]] = field(default_factory=dict)
    clock: Callable[[], datetime] = lambda: NOON
    fails: dict[str, BotError] = field(default_factory=dict)
    fails_after: dict[str, BotError] = field(default_factory=dict)
    asked: list[tuple[str, object]] = field(default_factory=list)

    def add(self, head: Page, body: Body | None = None) -> Page:
        """Put a page there."""
        text = self.pages[head.id] = PageText(head, document_of(body))
        self._keep_version(text, body, LOVELACE)
        return head

    def _ask(self, method: str, what: object) -> None:
        self.asked.append((method, what))
        if error := self.fails.get(method):
            raise error

    def _answer(self, method: str, answer: Page) -> Page:
        if error := self.fails_after.get(method):
            raise error
        return answer

    async def search(
        self,
        connection: Connection,
        site: Site,
        cql: str,
        cursor: str | None = None,
        limit: int = 5,
    ) -> Hits:
        self._ask("search", (cql, cursor, limit))
        return self.hits[cursor]

    async def find_people(self, connection: Connection, site: Site, name: str) -> Sequence[Account]:
        self._ask("find_people", name)
        return [each for each in self.people if name.casefold() in each.name.casefold()]

    async def get_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText:
        self._ask("get_page", page)
        return self._of_kind(self._get(page, draft=draft), kind)

    async def get_page_head(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        trashed: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page:
        self._ask("get_page_head", page)
        return self._of_kind(self._get(page, draft=draft, trashed=trashed), kind).page

    def _of_kind(self, found: PageText, kind: ContentKind) -> PageText:
        if found.page.kind is not kind:
            raise NotFound("it is of another kind")
        return found

    def _get(self, page: PageId, *, draft: bool, trashed: bool = False) -> PageText:
        found = self.pages.get(page)
        hidden = {PageStatus.DRAFT: not draft, PageStatus.TRASHED: not trashed}
        if found is None or hidden.get(found.page.status):
            raise NotFound("no such page")
        return found

    async def find_page_by_title(
        self,
        connection: Connection,
        site: Site,
        space: SpaceId,
        title: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Page | None:
        self._ask("find_page_by_title", (space, title))
        return self._titled(space, title, kind)

    def _titled(
        self, space: SpaceId, title: str, kind: ContentKind = ContentKind.PAGE
    ) -> Page | None:
        for each in self.pages.values():
            head = each.page
            shown = head.space_id == space and head.status is PageStatus.CURRENT
            if shown and head.kind is kind and head.title.casefold() == title.casefold():
                return head
        return None

    async def suggest_spaces(
        self, connection: Connection, site: Site, words: str
    ) -> Sequence[Space]:
        self._ask("suggest_spaces", words)
        return [each for each in self.spaces if words.casefold() in each.name.casefold()][:10]

    async def get_space(self, connection: Connection, site: Site, space: SpaceId) -> Space:
        self._ask("get_space", space)
        for each in self.spaces:
            if each.id == space:
                return each
        raise NotFound("no such space")

    async def find_space(self, connection: Connection, site: Site, key: str) -> Space | None:
        self._ask("find_space", key)
        wanted = key.casefold()
        return next((each for each in self.spaces if each.key.casefold() == wanted), None)

    async def suggest_pages(
        self, connection: Connection, site: Site, space: Space, words: str
    ) -> Sequence[Page]:
        self._ask("suggest_pages", (space.id, words))
        heads = [each.page for each in self.pages.values() if each.page.space_id == space.id]
        return [each for each in heads if words.casefold() in each.title.casefold()][:10]

    async def is_restricted(self, connection: Connection, site: Site, page: PageId) -> bool:
        self._ask("is_restricted", page)
        return page in self.restricted

    async def is_open_space(self, connection: Connection, site: Site, space: Space) -> bool:
        self._ask("is_open_space", space.id)
        return space.id in self.open_spaces

    async def may_create_in(self, connection: Connection, site: Site, space: Space) -> bool | None:
        self._ask("may_create_in", space.id)
        return self.may_create

    async def create_draft(
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
        self._ask("create_draft", (space, title, parent))
        number = 1001 + len(self.pages)
        draft = page(number, title, PageStatus.DRAFT)
        self.add(replace(draft, space_id=space, parent_id=parent, kind=kind), body)
        return self._answer("create_draft", self.pages[draft.id].page)

    async def publish_draft(
        self,
        connection: Connection,
        site: Site,
        draft: Page,
        body: Body,
        message: str,
    ) -> Page:
        self._ask("publish_draft", (draft.id, draft.title, message))
        stored = self._get(draft.id, draft=True).page
        if stored.status is not PageStatus.DRAFT:
            raise Changed("it is published already")
        if self._titled(stored.space_id, draft.title, stored.kind):
            raise TitleTaken("the title is taken")
        published = replace(
            stored, title=draft.title, status=PageStatus.CURRENT, version_message=message
        )
        return self._answer("publish_draft", self.add(published, body))

    async def append(
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
        self._ask("append", (page, base, message))
        stored = self._get(page, draft=False)
        if stored.page.version != base:
            raise Changed("it has moved on")
        blocks = (*stored.document.blocks, *body.blocks)
        changed = replace(stored.page, version=base + 1, version_message=message)
        return self._answer("append", self.add(changed, Document(blocks)))

    async def trash_page(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        draft: bool = False,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        self._ask("trash_page", page)
        stored = self._of_kind(self._get(page, draft=draft), kind)
        if stored.page.status is PageStatus.DRAFT:
            del self.pages[page]
        else:
            self.add(replace(stored.page, status=PageStatus.TRASHED), stored.document)
        self._answer("trash_page", stored.page)

    async def list_children(
        self, connection: Connection, site: Site, page: PageId
    ) -> Sequence[Page]:
        self._ask("list_children", page)
        return [each.page for each in self.pages.values() if each.page.parent_id == page]

    async def update_page(
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
        self._ask("update_page", (page, title, base, message))
        stored = self._get(page, draft=False).page
        if stored.version != base:
            raise Changed("it has moved on")
        changed = replace(stored, title=title, version=base + 1, version_message=message)
        return self._answer("update_page", self.add(changed, body))

    async def add_comment(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        body: Document,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Said:
        self._ask("add_comment", page)
        about = self._of_kind(self._get(page, draft=False), kind)
        number = CommentId(f"c{len(self.asked)}")
        url = f"{about.page.url}?focusedCommentId={number}"
        self.comments.append((page, body))
        self.threads[number] = Comment(number, page, LOVELACE, body, url, kind=kind)
        self._done("add_comment")
        return Said(number, url)

    async def delete_comment(self, connection: Connection, site: Site, comment: CommentId) -> None:
        self._ask("delete_comment", comment)
        if comment not in self.threads:
            raise NotFound("no such comment")
        answers = [each for each in self.threads if each.startswith(f"{comment}-")]
        if answers or self.threads[comment].version != 1:
            raise Changed("it was answered, or changed")
        gone = self.threads.pop(comment)
        self.comments = [each for each in self.comments if each != (gone.page_id, gone.text)]
        self._done("delete_comment")

    async def list_attachments(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[Attachment]:
        self._ask("list_attachments", page)
        held = self.attachments.get(page, {})
        return [_attachment(name, content) for name, content in held.items()]

    async def attach(
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
        self._ask("attach", (page, name, media))
        self._get(page, draft=True)
        self.attachments.setdefault(page, {})[name] = content
        if error := self.fails_after.get("attach"):
            raise error
        return _attachment(name, content)

    async def list_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Sequence[str]:
        self._ask("list_labels", page)
        return tuple(self.labels.get(page, ()))

    async def add_labels(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        labels: Sequence[str],
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        self._ask("add_labels", (page, tuple(labels)))
        self._get(page, draft=False)
        held = self.labels.setdefault(page, [])
        held += [label for label in labels if label not in held]

    async def remove_label(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        label: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        self._ask("remove_label", (page, label))
        self.labels[page] = [each for each in self.labels.get(page, ()) if each != label]

    async def may(
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
        self.asked.append(("may", (page, operation, account, group, fresh)))
        if "may" in self.fails:
            return False
        return (page, operation, account or group) in self.allowed

    async def find_groups(self, connection: Connection, site: Site, words: str) -> Sequence[Group]:
        self._ask("find_groups", words)
        return [each for each in self.groups if words.casefold() in each.name.casefold()][:10]

    async def note(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        value: Mapping[str, str],
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> None:
        self._ask("note", (page, key))
        self._of_kind(self._get(page, draft=True), kind)
        self.notes[page, key] = dict(value)

    async def find_note(
        self,
        connection: Connection,
        site: Site,
        page: PageId,
        key: str,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> Mapping[str, str] | None:
        self._ask("find_note", (page, key))
        self._of_kind(self._get(page, draft=True), kind)
        return self.notes.get((page, key))

    async def create_page(
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
        self._ask("create_page", (space.id, title, parent, message))
        if self._titled(space.id, title, kind):
            raise TitleTaken("the title is taken")
        made = replace(page(1001 + len(self.pages), title), space_id=space.id, parent_id=parent)
        self.add(replace(made, version_message=message, kind=kind), body)
        self.made[made.id] = (connection.account.id, self.clock())
        return self._answer("create_page", self.pages[made.id].page)

    async def find_written(
        self,
        connection: Connection,
        site: Site,
        space: Space,
        title: str,
        since: datetime,
        *,
        kind: ContentKind = ContentKind.PAGE,
    ) -> PageText | None:
        self._ask("find_written", (space.id, title, since))
        for page_id, (account, at) in self.made.items():
            found = self.pages[page_id]
            is_there = found.page.status is PageStatus.CURRENT and found.page.title == title
            if is_there and account == connection.account.id and at >= since:
                return found
        return None


def _attachment(name: str, content: bytes) -> Attachment:
    return Attachment(f"att-{name}", name, "text/plain", len(content), f"{ACME.url}/{name}")


async def at_once() -> None:
    """Nothing happens meanwhile."""


@dataclass
class FakeConsentServer(ConsentServer):
    """An authorization server that answers what the test set; ``None`` refuses."""

    obtained: Obtained | BotError = field(default_factory=lambda: NotAllowed("no such code"))
    renewals: list[Grant | BotError | None] = field(default_factory=list)
    sites: tuple[Site, ...] = (ACME,)
    meanwhile: Callable[[], Awaitable[None]] = at_once
    redeemed: list[tuple[str, str, str]] = field(default_factory=list)
    asked: list[Grant] = field(default_factory=list)
    presented: list[tuple[str, Credentials | None]] = field(default_factory=list)
    revoked: list[tuple[str, Grant]] = field(default_factory=list)

    def consent_url(
        self, profile: AuthorizationProfile, scopes: frozenset[str], state: str, verifier: str
    ) -> str:
        return f"https://auth.example/authorize?state={state}"

    async def redeem(
        self, profile: AuthorizationProfile, code: SecretStr, verifier: SecretStr
    ) -> Obtained:
        self.redeemed.append((profile.id, code.get_secret_value(), verifier.get_secret_value()))
        if isinstance(self.obtained, BotError):
            raise self.obtained
        return self.obtained

    async def present(
        self, profile: AuthorizationProfile, typed: Credentials | None = None
    ) -> Obtained:
        self.presented.append((profile.id, typed))
        if isinstance(self.obtained, BotError):
            raise self.obtained
        return self.obtained

    async def revoke(self, profile: AuthorizationProfile, grant: Grant) -> bool:
        self.revoked.append((profile.id, grant))
        return bool(profile.revocation_url)

    async def complete(self, profile: AuthorizationProfile) -> AuthorizationProfile:
        return profile

    async def renew(self, profile: AuthorizationProfile, grant: Grant) -> Grant | None:
        self.asked.append(grant)
        await self.meanwhile()
        answer = self.renewals.pop(0)
        if isinstance(answer, BotError):
            raise answer
        return answer

    async def list_sites(
        self, profile: AuthorizationProfile, connection: Connection
    ) -> tuple[Site, ...]:
        return self.sites


SYSTEM_PROFILE = AuthorizationProfile(
    SYSTEM,
    SYSTEM,
    client_id="client",
    client_secret=SecretStr("secret"),
    authorization_url="https://auth.example/authorize",
    token_url="https://auth.example/oauth/token",
    callback_url="https://confab.example/connect/callback/system",
)


def book(profiles: Profiles | None = None) -> ProfileBook:
    """Return the profiles of a bot whose tenants have none of their own, unless given."""
    return ProfileBook(SYSTEM_PROFILE, profiles or MemoryProfiles())


def issuers(server: ConsentServer, profiles: Profiles | None = None) -> Issuers:
    """Return where new grants come from."""
    return Issuers(server, book(profiles))


def auditor(rows: AuditRows | None = None) -> Auditor:
    """Return what records into *rows*, at once."""

    def start(work: Coroutine[Any, Any, None]) -> bool:
        with suppress(StopIteration):
            work.send(None)  # a store in memory never waits
        return True

    return Auditor(rows or MemoryAudit(), ChainKey(SecretStr(CHAIN_KEY)), FakeClock(), start)


def own_credentials(
    connections: Connections, integrations: Integrations | None = None
) -> CredentialPolicy:
    """Return the choice where, unless *integrations* say otherwise, people act as themselves."""
    integrations = integrations or MemoryIntegrations()
    people = FakeSlackPeople()

    async def nowhere(_tenant: Tenant) -> None:
        return None

    books = Books(integrations, connections, people, nowhere)
    return CredentialPolicy(books, Roles(integrations, people, nowhere))


def lending(actor: Any) -> None:
    """Have *actor* act with the organisation's connection, of the same account."""
    run = actor.run

    async def lent(principal: Principal, need: Any, work: Any, **how: Any) -> Any:
        async def with_it(acting: Any) -> Any:
            return await work(replace(acting, connection=replace(acting.connection, lent=object())))

        return await run(principal, need, with_it, **how)

    actor.run = lent


@dataclass
class FakeSignIn(SlackSignIn):
    """Slack's sign-in, where each code proves somebody; nobody where it isn't configured."""

    proofs: dict[str, Proven | BotError] = field(default_factory=dict)
    configured: bool = True
    nonces: list[str] = field(default_factory=list)

    @property
    def is_configured(self) -> bool:
        return self.configured

    def sign_in_url(self, state: str, nonce: str, team_id: str | None) -> str:
        return f"https://slack.example/authorize?state={state}"

    async def redeem(self, code: SecretStr, nonce: str) -> Proven:
        self.nonces.append(nonce)
        proof = self.proofs.get(code.get_secret_value(), NotAllowed("no such code"))
        if isinstance(proof, BotError):
            raise proof
        return proof


@dataclass
class FakeSlackPeople(SlackPeople):
    """The people of every workspace, by user id."""

    people: dict[str, SlackPerson] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    groups: dict[str, set[str]] = field(default_factory=dict)
    forgotten: list[tuple[Tenant, str]] = field(default_factory=list)

    async def get(
        self, installation: Installation, user_id: str, *, fresh_for: timedelta = KNOWN_FOR
    ) -> SlackPerson:
        self.asked.append(user_id)
        if user_id not in self.people:
            raise NotAllowed("nobody knows them")
        return self.people[user_id]

    async def is_in_group(
        self, installation: Installation, group_id: str, user_id: str, team_id: str = ""
    ) -> bool:
        return user_id in self.groups.get(group_id, ())

    async def list_groups(
        self, installation: Installation, team_id: str = ""
    ) -> Sequence[UserGroup]:
        return [UserGroup(each, each.lower(), each) for each in sorted(self.groups)]

    def forget(self, tenant: Tenant, user_id: str) -> None:
        self.forgotten.append((tenant, user_id))


@dataclass(frozen=True)
class Told:
    """One thing that was said."""

    principal: Principal
    text: str
    blocks: tuple[object, ...] = ()
    response_url: str | None = None
    replace: bool = False


@dataclass
class FakeVoice(Voice):
    """Remembers what it said."""

    said: list[Told] = field(default_factory=list)
    fails: BotError | None = None

    async def tell(
        self,
        principal: Principal,
        text: str,
        blocks: Sequence[object] = (),
        *,
        response_url: SecretStr | None = None,
        replace: bool = False,
    ) -> None:
        if self.fails:
            raise self.fails
        url = response_url.get_secret_value() if response_url else None
        self.said.append(Told(principal, text, tuple(blocks), url, replace))
