"""What Slack has, as things; and what is read out of things."""

from bot.content import ContentKind, PageId
from bot.entities.parts import SlackFile
from bot.values import Thing, Value


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
