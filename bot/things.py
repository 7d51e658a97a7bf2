"""Pages, spaces, sites and people, as the things that answers and expressions hold."""

from typing import Final

from bot.content import Account, ContentKind, Page, Site, Space
from bot.values import Thing, Value

BLOG: Final = "blog"
PAGE: Final = "page"
NOBODY: Final = "somebody"
"""Who isn't known by name: a member's id says nothing outside of Slack."""


def kind_word(kind: ContentKind) -> str:
    """Return what a template calls it."""
    return BLOG if kind is ContentKind.BLOG else PAGE


def kind_in(value: Value) -> ContentKind:
    """Return what a template means by ``page`` or ``blog``; anything else is a page."""
    is_blog = isinstance(value, str) and value.casefold().startswith(BLOG)
    return ContentKind.BLOG if is_blog else ContentKind.PAGE


def page_thing(page: Page, site: Site, space: Space | None, **more: Value) -> Thing:
    """Return a page or a blog post, with what *more* is known of it."""
    known: dict[str, Value] = {"id": page.id, "url": page.url, "version": page.version}
    return made_thing(page.title, page.kind, site, space, **(known | more))


def made_thing(
    title: str, kind: ContentKind, site: Site, space: Space | None, **more: Value
) -> Thing:
    """Return a page that is yet to be made: without id, address and version."""
    inside = space_thing(space, site) if space is not None else None
    held = {"title": title, "kind": kind_word(kind), "site": site.cloud_id, "space": inside}
    return Thing("page", title, {**held, **more})


def space_thing(space: Space, site: Site) -> Thing:
    """Return a space of *site*."""
    held = {"id": space.id, "key": space.key, "name": space.name, "url": space_url(space, site)}
    return Thing("space", space.name, {**held, "site": site.cloud_id})


def space_url(space: Space, site: Site) -> str:
    """Return where people look at *space*: a Data Center calls the place by another word."""
    path = "spaces" if site.wiki_url != site.url else "display"
    return f"{site.wiki_url}/{path}/{space.key}"


def site_thing(site: Site) -> Thing:
    """Return a site."""
    return Thing("site", site.name, {"id": site.cloud_id, "name": site.name, "url": site.url})


def person_thing(name: str = "", user: str = "", account: Account | None = None) -> Thing:
    """Return a person: by Slack's id, by Atlassian's, or by both."""
    name = name or (account.name if account else "") or NOBODY
    return Thing(
        "person", name, {"user": user, "account": account.id if account else "", "name": name}
    )
