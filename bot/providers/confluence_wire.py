"""Confluence's REST v2, spoken without touching the network: calls, bodies and answers.

v1 is gone from the OAuth gateway but for search, people, restrictions and a few more
(sooperset/mcp-atlassian#1598); what is left of it is in `confluence_search_wire`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import BeforeValidator, Field

from bot.content import (
    AccountId,
    ContentKind,
    Page,
    PageId,
    PageStatus,
    Site,
    Space,
    SpaceId,
    SpaceKey,
)
from bot.document import Body as Text
from bot.document import Document, Storage
from bot.documents import from_adf, to_adf
from bot.errors import NotFound, ProviderFault
from bot.frozen import frozen
from bot.providers.confluence_bodies_wire import (
    Body,
    Id,
    Links,
    Time,
    ToleratedLinks,
    Words,
    text_of_id,
    tolerated_object,
)
from bot.providers.outgoing import MOST_BYTES

PROVIDER: Final = "Confluence"
ADF: Final = "atlas_doc_format"
READ_PAGE: Final = frozenset({"read:page:confluence"})
WRITE_PAGE: Final = frozenset({"write:page:confluence"})
DELETE_PAGE: Final = frozenset({"delete:page:confluence"})
READ_SPACE: Final = frozenset({"read:space:confluence"})
_KEY = re.compile(r"~?[\w.:-]{1,255}", re.ASCII)
_KIND = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.ASCII)
LONGEST_ID: Final = 19  # the digits of a 64-bit number


@frozen
class Upload:
    """A file to be sent as a form has it; *kind* is its media type.

    *is_minor* says that nobody need be notified: v1 on Cloud insists on hearing of it.
    """

    name: str
    content: bytes = field(repr=False)
    kind: str
    is_minor: bool = False


@frozen
class Call:
    """One request to one site's Confluence, before it has an address and a token.

    *points* is what it may cost of the quota: one, and one an object returned, two a person.
    *only_asks* says of a POST that it changes nothing; *may_be_gone*, that some sites don't let
    apps do it. What somebody typed (*is_typed*) has the whole path behind the site's host, and
    headers in which ``TOKEN`` stands for the token.
    """

    operation: str
    method: str
    path: str
    scopes: frozenset[str]
    points: int
    query: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    body: object = None
    upload: Upload | None = None
    query_is_typed: bool = False
    only_asks: bool = False
    may_be_gone: bool = False
    is_typed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    most_bytes: int = MOST_BYTES

    @property
    def writes(self) -> bool:
        """Tell whether it may change something."""
        return self.method != "GET" and not self.only_asks

    def url(self, api_url: str, site: Site) -> str:
        """Return its address: the site's own, or on the OAuth gateway at *api_url*."""
        if site.api_url:
            own = site.api_url.rstrip("/")
            return f"{own.removesuffix('/wiki') if self.has_wiki else own}{self.path}"
        cloud_id = quote(site.cloud_id, safe="")
        wiki = "" if self.is_typed else "/wiki"
        return f"{api_url.rstrip('/')}/ex/confluence/{cloud_id}{wiki}{self.path}"

    @property
    def has_wiki(self) -> bool:
        """Tell whether the path begins with ``/wiki``, as typed ones do on Cloud."""
        return self.is_typed and self.path.startswith("/wiki/")


class VersionBody(Body):
    """One version of a page."""

    number: int = Field(default=1, ge=1)
    message: Words = ""
    createdAt: Time = None  # noqa: N815 (Confluence's name)


class PageBody(Body):
    """A page of REST v2."""

    id: Id
    title: Words = ""
    status: Words = ""
    spaceId: Annotated[str, BeforeValidator(text_of_id)] = ""  # noqa: N815 (Confluence's name)
    parentId: Annotated[str | None, BeforeValidator(text_of_id)] = None  # noqa: N815 (Confluence's name)
    parentType: Words = ""  # noqa: N815 (Confluence's name)
    authorId: Words = ""  # noqa: N815 (Confluence's name)
    createdAt: Time = None  # noqa: N815 (Confluence's name)
    version: VersionBody = VersionBody()
    body: Annotated[dict[str, Any], BeforeValidator(tolerated_object)] = Field(default_factory=dict)
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class PageList(Body):
    """A list of pages."""

    results: tuple[PageBody, ...]
    links: ToleratedLinks = Field(default=Links(), alias="_links")


class SpaceBody(Body):
    """A space of REST v2, and of v1's search results."""

    id: Id
    key: str
    name: Words = ""


class SpaceList(Body):
    """A list of spaces."""

    results: tuple[SpaceBody, ...]


def form_of(upload: Upload, boundary: str) -> bytes:
    """Return the form that carries a file (RFC 7578)."""
    kind = upload.kind if _KIND.fullmatch(upload.kind) else "application/octet-stream"
    minor = f'--{boundary}\r\nContent-Disposition: form-data; name="minorEdit"\r\n\r\ntrue\r\n'
    head = (
        f"{minor if upload.is_minor else ''}--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{upload.name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    return head.encode() + upload.content + f"\r\n--{boundary}--\r\n".encode()


def known_id(text: str) -> str:
    """Return *text* if it can be an id of v2. Raises ``NotFound``: nothing has such an id."""
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID:
        return text
    raise NotFound("That isn't in Confluence, or your account may not see it.")


def contents(kind: ContentKind) -> str:
    """Return where contents of that kind lie."""
    return "/api/v2/blogposts" if kind is ContentKind.BLOG else "/api/v2/pages"


def get_page(
    page: PageId,
    *,
    draft: bool = False,
    text: bool = False,
    trashed: bool = False,
    kind: ContentKind = ContentKind.PAGE,
) -> Call:
    """Ask for one page, with its text or without; drafts and the trash only if wanted."""
    query = {"body-format": ADF} if text else {}
    if draft:
        query["get-draft"] = "true"
    if trashed:
        query["status"] = "current,trashed"
    path = f"{contents(kind)}/{known_id(page)}"
    return Call("get page", "GET", path, READ_PAGE, 2, query)


def pages_by_title(space: SpaceId, title: str, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Ask for the pages of exactly that title; the lookup minds the case."""
    query = {"space-id": known_id(space), "title": title, "status": "current", "limit": "5"}
    return Call("find page", "GET", contents(kind), READ_PAGE, 6, query)


def latest_pages(space: SpaceId, limit: int) -> Call:
    """Ask for the pages of a space that were changed last."""
    query = {
        "space-id": known_id(space),
        "status": "current",
        "sort": "-modified-date",
        "limit": str(limit),
    }
    return Call("list pages", "GET", "/api/v2/pages", READ_PAGE, 1 + limit, query)


def get_space(space: SpaceId) -> Call:
    """Ask for one space by its id."""
    return Call("get space", "GET", f"/api/v2/spaces/{known_id(space)}", READ_SPACE, 2)


def spaces_by_key(keys: Sequence[str]) -> Call:
    """Ask for the spaces of those keys."""
    query = {"keys": ",".join(keys), "limit": str(max(1, len(keys)))}
    return Call("find space", "GET", "/api/v2/spaces", READ_SPACE, 1 + len(keys), query)


def list_spaces(limit: int, favourite_of: AccountId | None = None) -> Call:
    """Ask for some spaces, by name: all, or the favourites of an account."""
    query = {"sort": "name", "status": "current", "limit": str(limit)}
    if favourite_of:
        query["favorited-by"] = favourite_of
    return Call("list spaces", "GET", "/api/v2/spaces", READ_SPACE, 1 + limit, query)


def create_draft(
    space: SpaceId,
    title: str,
    body: Text,
    parent: PageId | None,
    kind: ContentKind = ContentKind.PAGE,
) -> Call:
    """Write a draft: v2's create takes no version, so no message either; a post no parent."""
    sent: dict[str, Any] = {
        "spaceId": known_id(space),
        "status": "draft",
        "title": title,
        "body": body_of(body),
    }
    if parent is not None and kind is ContentKind.PAGE:
        sent["parentId"] = known_id(parent)
    return Call("create draft", "POST", contents(kind), WRITE_PAGE, 1, body=sent)


def put_page(  # noqa: PLR0913, PLR0917 (the fields of what is sent)
    page: PageId,
    title: str,
    body: Mapping[str, str],
    number: int,
    message: str,
    kind: ContentKind = ContentKind.PAGE,
) -> Call:
    """Make *title* and *body* version *number* of the page, and the page current."""
    sent = {
        "id": known_id(page),
        "status": "current",
        "title": title,
        "body": body,
        "version": {"number": number, "message": message},
    }
    return Call("put page", "PUT", f"{contents(kind)}/{page}", WRITE_PAGE, 1, body=sent)


def trash_page(page: PageId, *, draft: bool, kind: ContentKind = ContentKind.PAGE) -> Call:
    """Move a page to the trash; a draft has none and is deleted, if it is called one."""
    path = f"{contents(kind)}/{known_id(page)}"
    query = {"draft": "true"} if draft else {}
    return Call("trash page", "DELETE", path, DELETE_PAGE, 1, query=query)


def body_of(body: Text) -> dict[str, str]:
    """Wrap a body: documents go as ADF, storage as it is."""
    return storage_body(body) if isinstance(body, Storage) else adf_body(to_adf(body))


def storage_body(storage: Storage) -> dict[str, str]:
    """Wrap storage as v2 wants it."""
    return {"representation": "storage", "value": storage.markup}


def adf_body(adf: Mapping[str, Any]) -> dict[str, str]:
    """Wrap ADF as v2 wants it: always JSON text, never an object."""
    return {"representation": ADF, "value": json.dumps(adf, ensure_ascii=False)}


def page_of(
    body: PageBody, site: Site, base: str = "", kind: ContentKind = ContentKind.PAGE
) -> Page:
    """Read one page; *base* is its list's, where it came in one."""
    version = body.version
    fallback = f"/pages/viewpage.action?pageId={quote(body.id)}"
    return Page(
        PageId(body.id),
        body.title,
        absolute(site, body.links.base or base, body.links.webui or fallback),
        SpaceId(body.spaceId),
        status_of(body.status),
        version.number,
        version.message,
        PageId(body.parentId) if body.parentId else None,
        version.createdAt,
        kind,
    )


def status_of(word: str) -> PageStatus:
    """Read where a page stands."""
    try:
        return PageStatus(word)
    except ValueError:
        return PageStatus.OTHER


def space_of(body: SpaceBody) -> Space:
    """Read one space."""
    return Space(SpaceId(body.id), SpaceKey(body.key), body.name or body.key)


def possible_keys(text: str) -> tuple[str, ...]:
    """Return the ways in which *text* may be a space's key; none if it can't be one."""
    key = text.strip()
    if not _KEY.fullmatch(key):
        return ()
    return tuple(dict.fromkeys((key, key.upper())))


def parent_of(body: PageBody) -> PageId | None:
    """Return the page above. Raises ``ProviderFault`` where something else lies above it."""
    if body.parentId is None:
        return None
    if body.parentType not in {"", "page"}:
        raise ProviderFault("a page under something that isn't a page", provider=PROVIDER)
    return PageId(body.parentId)


def adf_of(body: PageBody) -> dict[str, Any] | None:
    """Return the page's ADF, or ``None`` where there is none that can be read."""
    return adf_in(body.body)


def adf_in(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the ADF among the representations of a body, if it can be read."""
    wrapped = body.get(ADF)
    value = wrapped.get("value") if isinstance(wrapped, dict) else None
    try:
        adf = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None
    return adf if isinstance(adf, dict) else None


def document_of(body: PageBody) -> Document:
    """Return the page's text; a page without any is an empty document."""
    return from_adf(adf_of(body))


def absolute(site: Site, base: str, path: str) -> str:
    """Return the link to *path*, always at the site's own scheme and host.

    A base that names another host is not believed: links are shown to people.
    """
    own = site.wiki_url
    if not _same_host(base, site.url) or "?" in base or "#" in base:
        base = own
    link = path if "://" in path else f"{base.rstrip('/')}/{path.lstrip('/')}"
    if not _same_host(link, site.url) or not link.isprintable() or " " in link:
        return own
    return link


def _same_host(link: str, url: str) -> bool:
    try:
        ours, theirs = urlsplit(url), urlsplit(link)
    except ValueError:
        return False
    return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)


def cursor_of(next_link: str, sent: str | None = None) -> str | None:
    """Take the cursor out of ``_links.next``, and nothing else.

    The link itself lacks the gateway's prefix, or ``/wiki``, or has it twice. A cursor
    that leads back to the page it came with would never end.
    """
    try:
        cursors = parse_qs(urlsplit(next_link).query).get("cursor", [])
    except ValueError:
        return None
    cursor = cursors[0] if cursors else None
    return None if cursor == sent else cursor


def was_made_since(
    created: datetime | None, since: datetime, headers: Mapping[str, str], now: datetime
) -> bool:
    """Tell whether *created*, by the server's clock, lies after *since*, by ours.

    The answer's Date tells how far the clocks differ, cut to the second: it errs on the side
    of "after", never of "before".
    """
    if created is None:
        return False
    try:
        theirs = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return created >= since
    return now - (theirs - created) >= since if theirs.tzinfo else created >= since
