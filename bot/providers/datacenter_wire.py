"""Confluence Data Center's REST v1, spoken without touching the network: pages and spaces.

https://docs.atlassian.com/ConfluenceServer/rest/ ; bodies are storage format, spaces go by key,
people by user key, lists by ``start`` and ``limit``.
"""

import re
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import BeforeValidator, Field

from bot.content import (
    CommentId,
    ContentKind,
    Page,
    PageId,
    Said,
    Site,
    Space,
    SpaceId,
    SpaceKey,
)
from bot.document import Body as Text
from bot.document import Document, Storage
from bot.documents import from_storage, to_storage
from bot.errors import NotFound
from bot.providers.confluence_bodies_wire import (
    Body,
    Id,
    Links,
    Time,
    ToleratedLinks,
    Words,
    tolerated_object,
)
from bot.providers.confluence_wire import (
    Call,
    VersionBody,
    absolute,
    known_id,
    status_of,
)

# What an incoming link's consent may hold; nothing is known of other tokens' rights.
READ: Final = frozenset({"READ"})
WRITE: Final = frozenset({"WRITE"})
SHOWN: Final = "space,version,ancestors"
MOST_SPACES: Final = 500
LONGEST_OFFSET: Final = 9
# Storage names people by account id on Cloud; inside CDATA the same letters are somebody's code.
_PERSON = re.compile(r"<!\[CDATA\[.*?\]\]>|(?<=<ri:user )ri:account-id(?==)", re.DOTALL)


class PersonKey(Body):
    """Somebody, as content names them."""

    username: Words = ""
    userKey: Words = ""  # noqa: N815 (Confluence's name)

    def is_account(self, account: str) -> bool:
        """Tell whether it is the account of that id."""
        return bool(account) and account in {self.userKey, self.username}


class History(Body):
    """Who made a thing, and when."""

    createdBy: Annotated[PersonKey, BeforeValidator(tolerated_object)] = PersonKey()  # noqa: N815
    createdDate: Time = None  # noqa: N815 (Confluence's name)


class Version(VersionBody):
    """One version of a thing."""

    when: Time = None


class SpaceBody(Body):
    """A space."""

    id: Id = ""
    key: Words = ""
    name: Words = ""


class SpaceList(Body):
    """A list of spaces."""

    results: tuple[SpaceBody, ...]


class Ancestor(Body):
    """A page above."""

    id: Id


class ContentBody(Body):
    """A page, or whatever else content is."""

    id: Id
    type: Words = ""
    status: Words = ""
    title: Words = ""
    space: Annotated[SpaceBody, BeforeValidator(tolerated_object)] = SpaceBody()
    version: Annotated[Version, BeforeValidator(tolerated_object)] = Version()
    ancestors: tuple[Ancestor, ...] = ()
    history: Annotated[History, BeforeValidator(tolerated_object)] = History()
    body: Annotated[dict[str, Any], BeforeValidator(tolerated_object)] = Field(default_factory=dict)
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class ContentList(Body):
    """A list of content."""

    results: tuple[ContentBody, ...]
    links: ToleratedLinks = Field(default=Links(), alias="_links")


def get_content(page: PageId, *, text: bool, trashed: bool = False) -> Call:
    """Ask for one page, with its text or without; from the trash only if wanted."""
    expand = f"{SHOWN},body.storage" if text else SHOWN
    query = {"expand": expand} | ({"status": "any"} if trashed else {})
    return Call("get page", "GET", f"/rest/api/content/{known_id(page)}", READ, 0, query)


def content_by_title(
    space: SpaceKey,
    title: str,
    kind: ContentKind = ContentKind.PAGE,
    *,
    text: bool = False,
) -> Call:
    """Ask for the pages of exactly that title; the lookup minds the case."""
    expand = f"{SHOWN},history,body.storage" if text else SHOWN
    query = {
        "spaceKey": space,
        "title": title,
        "type": kind.value,
        "status": "current",
        "expand": expand,
        "limit": "5",
    }
    return Call("find page", "GET", "/rest/api/content", READ, 0, query)


def child_pages(page: PageId, limit: int) -> Call:
    """Ask for the pages right below a page."""
    path = f"/rest/api/content/{known_id(page)}/child/page"
    return Call("list children", "GET", path, READ, 0, {"expand": SHOWN, "limit": str(limit)})


def get_space(key: str) -> Call:
    """Ask for one space by its key."""
    return Call("find space", "GET", f"/rest/api/space/{quote(key, safe='')}", READ, 0)


def space_by_id(space: SpaceId) -> Call:
    """Ask for one space by its id; a version that doesn't know how to sends many instead."""
    query = {"spaceId": known_id(space), "limit": str(MOST_SPACES)}
    return Call("get space", "GET", "/rest/api/space", READ, 0, query)


def list_spaces(limit: int, *, favourite: bool) -> Call:
    """Ask for some spaces: all, or the account's favourites."""
    query = {"limit": str(limit)} | ({"favourite": "true"} if favourite else {})
    return Call("list spaces", "GET", "/rest/api/space", READ, 0, query)


def create_page(  # noqa: PLR0913, PLR0917 (the fields of what is sent)
    space: SpaceKey,
    title: str,
    body: Text,
    parent: PageId | None,
    message: str,
    kind: ContentKind = ContentKind.PAGE,
) -> Call:
    """Make a page, current at once; a blog post has no parent."""
    sent: dict[str, Any] = {
        "type": kind.value,
        "title": title,
        "space": {"key": space},
        "body": storage_body(storage_of(body)),
        "version": {"number": 1, "message": message},
    }
    if parent is not None and kind is ContentKind.PAGE:
        sent["ancestors"] = [{"id": known_id(parent)}]
    return Call("create page", "POST", "/rest/api/content", WRITE, 0, body=sent)


def put_page(  # noqa: PLR0913, PLR0917 (the fields of what is sent)
    page: PageId,
    title: str,
    storage: str,
    number: int,
    message: str,
    kind: ContentKind = ContentKind.PAGE,
) -> Call:
    """Make *title* and *storage* version *number* of the page."""
    sent = {
        "id": known_id(page),
        "type": kind.value,
        "status": "current",
        "title": title,
        "body": storage_body(storage),
        "version": {"number": number, "message": message},
    }
    return Call("put page", "PUT", f"/rest/api/content/{page}", WRITE, 0, body=sent)


def trash_page(page: PageId) -> Call:
    """Move a page to the trash."""
    return Call("trash page", "DELETE", f"/rest/api/content/{known_id(page)}", WRITE, 0)


def add_comment(page: PageId, body: Document, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Write a comment at the foot of a page: content, like any other."""
    sent = {
        "type": "comment",
        "container": {"id": known_id(page), "type": kind.value},
        "body": storage_body(storage_of(body)),
    }
    return Call("add comment", "POST", "/rest/api/content", WRITE, 0, body=sent)


def storage_body(value: str) -> dict[str, dict[str, str]]:
    """Wrap storage as v1 wants it."""
    return {"storage": {"value": value, "representation": "storage"}}


def storage_of(body: Text) -> str:
    """Write a document in storage as Data Center reads it: people by user key.

    Its own storage stays as it is.
    """
    return body.markup if isinstance(body, Storage) else with_user_keys(to_storage(body))


def with_user_keys(storage: str) -> str:
    """Name people by user key, which is what their account id is on Data Center."""
    return _PERSON.sub(lambda found: found[0] if found[0][0] == "<" else "ri:userkey", storage)


def storage_in(body: ContentBody) -> str | None:
    """Return the page's storage, or ``None`` where there is none that can be read."""
    wrapped = body.body.get("storage")
    value = wrapped.get("value") if isinstance(wrapped, dict) else None
    return value if isinstance(value, str) else None


def document_of(body: ContentBody) -> Document:
    """Return the page's text; a page without any is an empty document."""
    return from_storage(storage_in(body) or "")


def page_of(body: ContentBody, site: Site, base: str = "") -> Page:
    """Read one page; *base* is its list's, where it came in one."""
    version = body.version
    fallback = f"/pages/viewpage.action?pageId={quote(body.id)}"
    return Page(
        PageId(body.id),
        body.title,
        absolute(site, body.links.base or base, body.links.webui or fallback),
        SpaceId(body.space.id),
        status_of(body.status),
        version.number,
        version.message,
        PageId(body.ancestors[-1].id) if body.ancestors else None,
        version.when,
        ContentKind.BLOG if body.type == ContentKind.BLOG else ContentKind.PAGE,
    )


def said_of(comment: Page) -> Said:
    """Read a comment that was written, which is content like a page."""
    return Said(CommentId(comment.id), comment.url)


def require_kind(body: ContentBody, kind: ContentKind) -> None:
    """Raise ``NotFound`` for content of another kind."""
    if body.type not in {"", kind}:
        what = "a page" if kind is ContentKind.PAGE else "a blog post"
        raise NotFound(f"That isn't {what}.")


def space_of(body: SpaceBody) -> Space:
    """Read one space."""
    return Space(SpaceId(body.id), SpaceKey(body.key), body.name or body.key)


def offset_in(next_link: str, sent: int) -> str | None:
    """Take out of ``_links.next`` where the next page begins: it must lead on, never back."""
    try:
        starts = parse_qs(urlsplit(next_link).query).get("start", [""])
    except ValueError:
        return None
    start = starts[0]
    leads_on = (
        start.isascii() and start.isdecimal() and len(start) <= LONGEST_OFFSET and int(start) > sent
    )
    return start if leads_on else None


def offset_of(cursor: str | None) -> int:
    """Read a cursor that `offset_in` made; anything else is where all begins."""
    text = cursor or ""
    known = text.isascii() and text.isdecimal() and len(text) <= LONGEST_OFFSET
    return int(text) if known else 0
