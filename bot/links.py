"""Which page a link, an id or a title means; pure.

URL forms: https://support.atlassian.com/confluence-cloud/docs/link-to-a-page/, the same on Data
Center below its context path and without ``/wiki``, and the tiny link's encoding,
confluence.atlassian.com/x/2EkGOQ ("programmatically generate the tiny link").
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote_plus, urlsplit

from bot.content import ContentKind, PageId, Site
from bot.frozen import frozen

LONGEST_ID: Final = 19
_BY_ID = (
    re.compile(r"^/spaces/[^/]+/pages/(?:edit-v2/|edit/)?(\d{1,19})(?:/|$)"),
    re.compile(r"^/pages/(?:edit-v2/|edit/)?(\d{1,19})(?:/|$)"),
    re.compile(r"^/spaces/[^/]+/blog/\d{4}/\d\d/\d\d/(\d{1,19})(?:/|$)"),
    re.compile(r"^/spaces/[^/]+/blog/(\d{5,19})(?:/|$)"),  # a shorter number is a year
)
_BY_TITLE = re.compile(r"^/display/([^/]+)/(\d{4}/\d\d/\d\d/)?([^/?]+)/?$")
_OF_A_BLOG = re.compile(r"^/spaces/[^/]+/blog/")
_ADDRESS = re.compile(r"^(?:https?://|[a-z0-9-]+(?:\.[a-z0-9-]+)+/wiki/)", re.IGNORECASE)
_USUAL_PORTS = (None, 80, 443)
_TINY = re.compile(r"^/x/([A-Za-z0-9_-]{1,12})$")


@frozen
class Reference:
    """A page by its id, or by its title, perhaps in a space; *site* where a link told it.

    *kind* is a blog post's where a link is one's; any other may lead to one nevertheless.
    """

    page: PageId | None = None
    title: str = ""
    space_key: str = ""
    site: Site | None = None
    kind: ContentKind = ContentKind.PAGE


def read_reference(text: str, sites: Iterable[Site]) -> Reference:
    """Read *text*: a link to one of *sites*, an id, or a title."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID:
        return Reference(PageId(text))
    # The narrower first: one site may lie below another's address.
    for site in sorted(sites, key=lambda site: -len(site.wiki_url)):
        found = _on_site(text, site)
        if found is not None:
            return found
    return Reference(title=text)


def is_link(text: str) -> bool:
    """Tell whether *text* is an address rather than a title."""
    return bool(_ADDRESS.match(text.strip()))


def _on_site(text: str, site: Site) -> Reference | None:
    try:
        base = urlsplit(site.wiki_url)
        if not is_link(text) and not text.lower().startswith(f"{base.netloc}/".lower()):
            return None
        # People leave the scheme out, and the usual port in.
        parts = urlsplit(text if "://" in text else f"https://{text}")
        same = _host(parts) == _host(base)
    except ValueError:
        return None
    root = base.path.rstrip("/")
    if not same or not parts.path.startswith(root + "/"):
        return None
    return _in_wiki(parts, parts.path.removeprefix(root), site)


def _host(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, None if parts.port in _USUAL_PORTS else parts.port


def _in_wiki(parts: SplitResult, path: str, site: Site) -> Reference | None:
    for form in _BY_ID:
        found = form.match(path)
        if found:
            kind = ContentKind.BLOG if _OF_A_BLOG.match(path) else ContentKind.PAGE
            return Reference(PageId(found[1]), site=site, kind=kind)
    tiny = _TINY.match(path)
    if tiny:
        page = read_tiny(tiny[1])
        return Reference(page, site=site) if page else None
    named = _BY_TITLE.match(path)
    if named:
        title, key = unquote_plus(named[3]), unquote_plus(named[1])
        kind = ContentKind.BLOG if named[2] else ContentKind.PAGE
        return Reference(title=title, space_key=key, site=site, kind=kind)
    return _in_query(parts.query, site)


def _in_query(query: str, site: Site) -> Reference | None:
    try:
        values = parse_qs(query, max_num_fields=20)
    except ValueError:
        return None
    for name in ("pageId", "draftId", "homepageId"):
        page = values.get(name, [""])[0]
        if page.isascii() and page.isdecimal() and len(page) <= LONGEST_ID:
            return Reference(PageId(page), site=site)
    title, key = values.get("title", [""])[0], values.get("spaceKey", [""])[0]
    return Reference(title=title, space_key=key, site=site) if title else None


def read_tiny(code: str) -> PageId | None:
    """Return the id in a tiny link: base64 of it in little-endian bytes, its zeroes cut off."""
    plain = code.replace("-", "/").replace("_", "+").ljust(11, "A")
    try:
        number = int.from_bytes(base64.b64decode(plain + "=" * (-len(plain) % 4)), "little")
    except (binascii.Error, ValueError):
        return None
    text = str(number)
    return PageId(text) if 0 < len(text) <= LONGEST_ID and number else None
