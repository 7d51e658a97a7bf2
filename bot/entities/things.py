"""What Confluence and Slack hold, as the things that expressions see."""

from typing import Final

from bot.content import Account, ContentKind, Page, PageId, Site, Space
from bot.entities.parts import SlackFile
from bot.values import Thing, Value

NOBODY: Final = "somebody"
"""Who isn't known by name: a member's id says nothing outside of Slack."""
_KINDS: Final = {ContentKind.PAGE: "page", ContentKind.BLOG: "blog"}


def page_thing(page: Page, site: Site, space: Space | None) -> Thing:
    """Return a page or a blog post."""
    return Thing(
        "page",
        page.title,
        {
            "id": page.id,
            "title": page.title,
            "url": page.url,
            "kind": _KINDS[page.kind],
            "site": site.cloud_id,
            "space": space_thing(space, site) if space is not None else None,
            "version": page.version,
        },
    )


def space_thing(space: Space, site: Site) -> Thing:
    """Return a space."""
    path = "spaces" if site.wiki_url != site.url else "display"
    return Thing(
        "space",
        space.name,
        {
            "id": space.id,
            "key": space.key,
            "name": space.name,
            "url": f"{site.wiki_url}/{path}/{space.key}",
            "site": site.cloud_id,
        },
    )


def site_thing(site: Site) -> Thing:
    """Return a site."""
    return Thing("site", site.name, {"id": site.cloud_id, "name": site.name, "url": site.url})


def person_thing(name: str, user: str = "", account: Account | None = None) -> Thing:
    """Return a person: by Slack's id, by Atlassian's, or by both."""
    name = name or (account.name if account else "") or NOBODY
    return Thing(
        "person", name, {"user": user, "account": account.id if account else "", "name": name}
    )


def channel_thing(channel: str, name: str) -> Thing:
    """Return a channel of Slack's."""
    return Thing("channel", f"#{name or channel}", {"id": channel, "name": name})


def file_thing(file: SlackFile) -> Thing:
    """Return a file that somebody gave."""
    return Thing(
        "attachment",
        file.name,
        {"file": file.id, "name": file.name, "type": file.type, "size": file.size},
    )


def field_of(value: Value, name: str) -> str:
    """Return a field of a thing as text; an empty one where it isn't there."""
    held = value.fields.get(name) if isinstance(value, Thing) else None
    return "" if held is None else str(held)


def page_of(value: Value) -> PageId | None:
    """Return the id of the page that *value* is."""
    is_page = isinstance(value, Thing) and value.kind in {"page", "hit"}
    found = field_of(value, "id") if is_page else ""
    return PageId(found) if found else None


def kind_of_page(value: Value) -> ContentKind:
    """Return whether a page's thing is a blog post."""
    return ContentKind.BLOG if field_of(value, "kind") == "blog" else ContentKind.PAGE
