"""Ada, asked for one entity of a dialog at Acme."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.act import Actor
from bot.authorize import Authorizer
from bot.connection import Need, scopes_of
from bot.content import (
    Account,
    AccountId,
    Comment,
    CommentId,
    Hit,
    Hits,
    PageId,
    PageStorage,
    PageTemplate,
    Space,
    SpaceId,
    SpaceKey,
    TemplateId,
    Version,
)
from bot.document import Document, Paragraph, Storage, Text
from bot.entities import Context, Given, WrongAnswer, read
from bot.template import Entity
from store.memory import MemoryConnections
from store.stores import memory_stores
from tests.fakes import (
    ACME,
    ADA,
    ENG,
    FakeClock,
    FakeConfluence,
    FakeConsentServer,
    connection,
    issuers,
    own_credentials,
    page,
)

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
OPS = Space(SpaceId("12"), SpaceKey("OPS"), "Operations")
NAMES = {"U0ADA": "Ada Lovelace", "U0BOB": "Bob", "C0GEN": "general"}
MARKUP = "<h1>Goals</h1><p>Grow.</p><h2>How &amp; when</h2><p>Soon.</p>"


@dataclass
class Wiki(FakeConfluence):
    """Engineering and Operations, with more about each page than most tests need."""

    spaces: list[Space] = field(default_factory=lambda: [ENG, OPS])
    templates: list[PageTemplate] = field(default_factory=list)

    async def get_storage(self, connection, site, page, *, kind=None):
        head = await self.get_page_head(connection, site, page)
        return PageStorage(head, Storage(MARKUP))

    async def list_versions(self, connection, site, page, most=25, *, kind=None):
        self._ask("list_versions", (page, most))
        ada = Account(AccountId("ada"), "Ada Lovelace")
        return [Version(2, ada, "Say when", MONDAY), Version(1, ada)]

    async def list_comments(self, connection, site, page, *, kind=None):
        said = Document((Paragraph((Text("Is this still so? " * 9),)),))
        ada = Account(AccountId("ada"), "Ada Lovelace")
        return [Comment(CommentId("77"), page, ada, said, f"{ACME.url}/77")]

    async def list_page_templates(self, connection, site, space):
        self._ask("list_page_templates", space)
        return self.templates


ALL = scopes_of([Need.WRITE, Need.READ_COMMENTS, Need.TEMPLATES])


class Desk:
    """Asks Ada, at *self.context*."""

    def __init__(self):
        clock = FakeClock(MONDAY)
        self.connections, self.wiki = MemoryConnections(clock), Wiki()
        self.preferences = memory_stores(clock).preferences
        actor = Actor(
            Authorizer(self.connections, issuers(FakeConsentServer()), clock),
            self.connections,
            self.preferences,
            own_credentials(self.connections),
        )

        async def name_of(called):
            return NAMES.get(called, "")

        self.context = Context(ADA, actor, self.wiki, MONDAY, name_of=name_of)

    async def connect(self, *sites, scopes=ALL):
        given = connection()
        grant = replace(given.grant, expires_at=MONDAY.replace(year=2030), scopes=scopes)
        await self.connections.save(replace(given, grant=grant, sites=sites or (ACME,)))
        return self

    def knows(self, **values):
        self.context = replace(self.context, values={**self.context.values, **values})

    def zoned(self, zone):
        self.context = replace(self.context, zone=zone)

    async def typed(self, kind, text, **more):
        return await read(entity(kind, **more), Given(text=text), self.context)

    async def filled(self, kind, text, **more):
        return await read(entity(kind, **more), Given(text=text, is_plain=True), self.context)

    async def chosen(self, kind, value, **more):
        return await read(entity(kind, **more), Given(value=value), self.context)

    async def refused(self, kind, text, **more):
        """Return why *text* isn't an answer."""
        try:
            found = await self.typed(kind, text, **more)
        except WrongAnswer as error:
            return error
        raise AssertionError(f"{text[:80]!r} was taken for {found!r}")

    def put(self, number, title, space=ENG, **more):
        head = replace(page(number, title), space_id=space.id, **more)
        return self.wiki.add(head)

    def finds(self, *titles):
        """Have a search find pages of those titles, numbered from one."""
        found = (
            Hit("page", title, f"{ACME.url}/{number}", "Engineering", page_id=PageId(str(number)))
            for number, title in enumerate(titles, 1)
        )
        self.wiki.hits = {None: Hits(tuple(found))}


def template(number, name):
    return PageTemplate(TemplateId(str(number)), name)


def entity(kind, **more):
    return Entity(**{"name": "thing", "type": kind, "prompt": "Which?", **more})


def labels(error):
    return [each.label for each in error.suggestions]


def values(error):
    return [each.value for each in error.suggestions]
