"""What is left of Confluence's REST v1 on the OAuth gateway: search, people, restrictions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from bot import cql
from bot.content import (
    Account,
    AccountId,
    ContentKind,
    Hit,
    Hits,
    Page,
    PageId,
    PageStatus,
    Site,
    Space,
    SpaceId,
    SpaceKey,
)
from bot.providers.confluence_bodies_wire import Body, Id, Links, Time, ToleratedLinks, Words
from bot.providers.confluence_wire import Call, absolute, cursor_of, known_id

SEARCH: Final = frozenset({"search:confluence"})
DETAILS: Final = frozenset({"read:content-details:confluence"})
MOST_PEOPLE: Final = 10
# `excerpt=highlight` marks what was found so, in titles too, and escapes the rest as HTML.
MARKS: Final = ("@@@hl@@@", "@@@endhl@@@")


class PersonBody(Body):
    """A person of REST v1."""

    accountId: Words = ""  # noqa: N815 (Confluence's name)
    userKey: Words = ""  # noqa: N815 (Data Center's name)
    displayName: Words = ""  # noqa: N815 (Confluence's name)
    publicName: Words = ""  # noqa: N815 (Confluence's name)
    accountType: Words = ""  # noqa: N815 (Confluence's name)

    @property
    def id(self) -> str:
        """What stands for the person: on Data Center, which has no account ids, the user key."""
        return self.accountId or self.userKey

    @property
    def name(self) -> str:
        """The name that the person lets us see."""
        return self.displayName or self.publicName


def _tolerated_model(value: object) -> object:
    return value if isinstance(value, dict) else None


class HistoryBody(Body):
    """Who made a thing."""

    createdBy: Annotated[PersonBody | None, BeforeValidator(_tolerated_model)] = None  # noqa: N815


class ContentBody(Body):
    """A page, blog post, comment or attachment of REST v1."""

    id: Id = ""
    type: Words = ""
    title: Words = ""
    status: Words = ""
    history: Annotated[HistoryBody | None, BeforeValidator(_tolerated_model)] = None


class ContainerBody(Body):
    """Where a hit lies."""

    title: Words = ""


class FoundSpace(Body):
    """A space among the hits."""

    id: Id = ""
    key: Words = ""
    name: Words = ""


class HitBody(Body):
    """One search result; a space or a person has no content (sooperset/mcp-atlassian#907)."""

    content: Annotated[ContentBody | None, BeforeValidator(_tolerated_model)] = None
    space: Annotated[FoundSpace | None, BeforeValidator(_tolerated_model)] = None
    user: Annotated[PersonBody | None, BeforeValidator(_tolerated_model)] = None
    title: Words = ""
    excerpt: Words = ""
    url: Words = ""
    entityType: Words = ""  # noqa: N815 (Confluence's name)
    lastModified: Time = None  # noqa: N815 (Confluence's name)
    resultGlobalContainer: Annotated[  # noqa: N815 (Confluence's name)
        ContainerBody | None, BeforeValidator(_tolerated_model)
    ] = None

    @property
    def kind(self) -> str:
        """Confluence's word for what it is."""
        return (self.content.type if self.content else "") or self.entityType


class HitList(Body):
    """One page of search results."""

    results: tuple[HitBody, ...]
    totalSize: Annotated[int | None, Field(ge=0)] = None  # noqa: N815 (Confluence's name)
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class Restricted(Body):
    """Who alone may do one thing with a page."""

    restrictions: dict[str, Any]


def search(query: str, cursor: str | None, limit: int) -> Call:
    """Run CQL. `start` has been ignored since 2020; only the cursor leads on."""
    asked = {
        "cql": query,
        "limit": str(limit),
        "excerpt": "highlight",
        "expand": "content.history",  # on /search the prefix is needed, bare names are ignored
    }
    if cursor is not None:
        asked["cursor"] = cursor
    return Call("search", "GET", "/rest/api/search", SEARCH, 1 + limit, asked, query_is_typed=True)


def look_up(clause: cql.Clause, limit: int) -> Call:
    """Run CQL of our own, without excerpts."""
    asked = {"cql": clause.text, "limit": str(limit), "excerpt": "none"}
    return Call("look up", "GET", "/rest/api/search", SEARCH, 1 + limit, asked)


def find_people(clause: cql.Clause) -> Call:
    """Look people up by name: `user` fields work here and no longer in /search."""
    asked = {"cql": clause.text, "limit": str(MOST_PEOPLE)}
    return Call("find people", "GET", "/rest/api/search/user", DETAILS, 1 + 2 * MOST_PEOPLE, asked)


def read_restrictions(page: PageId) -> Call:
    """Ask who alone may read a page."""
    path = f"/rest/api/content/{known_id(page)}/restriction/byOperation/read"
    return Call("get restrictions", "GET", path, DETAILS, 3)


def hits_of(body: HitList, site: Site, sent: str | None) -> Hits:
    """Read one page of results; *sent* is the cursor that it was asked for with."""
    results = tuple(_hit(each, site, body.links.base) for each in body.results)
    return Hits(results, cursor_of(body.links.next, sent), body.totalSize)


def _hit(body: HitBody, site: Site, base: str) -> Hit:
    content = body.content
    history = content.history if content else None
    author = history.createdBy if history else None
    container = body.resultGlobalContainer
    ids = {content.type: PageId(content.id)} if content and content.id else {}
    return Hit(
        body.kind,
        body.title,
        absolute(site, base, body.url),
        (container.title if container else "") or (body.space.name if body.space else ""),
        author.name if author else "",
        body.lastModified,
        body.excerpt,
        ids.get(ContentKind.PAGE),
        ids.get(ContentKind.BLOG),
    )


def pages_of(
    body: HitList, site: Site, space: SpaceId, kind: ContentKind = ContentKind.PAGE
) -> Iterator[Page]:
    """Read the hits that are pages; what isn't told of them is left at its least."""
    for hit in body.results:
        content = hit.content
        if content is None or content.type != kind or not content.id:
            continue
        yield Page(
            PageId(content.id),
            content.title or without_marks(hit.title),
            absolute(site, body.links.base, hit.url),
            space,
            PageStatus.CURRENT,
            version=1,
            changed_at=hit.lastModified,
            kind=kind,
        )


def spaces_of(body: HitList) -> Iterator[Space]:
    """Read the hits that are spaces."""
    for hit in body.results:
        found = hit.space
        if found is not None and found.id and found.key:
            name = found.name or without_marks(hit.title)
            yield Space(SpaceId(found.id), SpaceKey(found.key), name)


def people_of(body: HitList) -> Sequence[Account]:
    """Read the hits that are people; apps are none."""
    people = [hit.user for hit in body.results if hit.user is not None]
    return tuple(
        Account(AccountId(each.id), each.name)
        for each in people
        if each.id and each.accountType != "app"
    )


def is_restricted(body: Restricted) -> bool:
    """Tell whether anybody in particular is named; a shape that isn't known counts as yes."""
    subjects = [body.restrictions.get(kind) for kind in ("user", "group")]
    return not all(isinstance(each, dict) and each.get("results") == [] for each in subjects)


def without_marks(title: str) -> str:
    """Take the highlight marks out of a title."""
    for mark in MARKS:
        title = title.replace(mark, "")
    return title
