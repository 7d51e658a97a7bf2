"""Bodies: storage alone is taken; it is shown as it is, or as HTML with people by user key."""

from html import escape
from typing import Any

from lxml import etree

from sandbox.atlassian import storage, view
from sandbox.atlassian.wiki import Body
from sandbox.datacenter import people
from sandbox.datacenter.refusals import refusal

HTML = frozenset({"view", "export_view", "styled_view"})
REPRESENTATIONS = frozenset({"storage", "editor", *HTML})


def accepted(said: object) -> Body:
    """The body in a request's `body`.

    Raises:
        Refusal: it isn't storage, or isn't well-formed.
    """
    held = said.get("storage") if isinstance(said, dict) else None
    if not isinstance(held, dict):
        raise refusal(400, "The content body must be in storage format")
    value = held.get("value")
    if held.get("representation", "storage") != "storage" or not isinstance(value, str):
        raise refusal(400, "The content body must be in storage format")
    try:
        storage.parse(value)
    except storage.NotStorage as error:
        raise refusal(400, str(error)) from error
    return Body("storage", value)


def written(value: str, representation: str) -> str:
    """Storage in another representation."""
    if representation not in HTML:
        return value
    root = storage.parse(value)
    for link in [each for each in root.iter() if storage.name_of(each) == "ac:link"]:
        name = mentioned(link)
        if name:
            replace(link, f"@{name}")
    return view.inside(root)


def mentioned(link: Any) -> str:  # noqa: ANN401 -- an lxml element
    """The name of the person that a link mentions."""
    for child in link:
        if storage.name_of(child) == "ri:user":
            found = people.BY_KEY.get(storage.attribute(child, "ri:userkey"))
            return found.display_name if found else "Unknown User"
    return ""


def replace(element: Any, words: str) -> None:  # noqa: ANN401 -- an lxml element
    """Put *words* where *element* stands."""
    span = etree.Element("span")
    span.text, span.tail = words, element.tail
    element.getparent().replace(element, span)


def mention(user: str) -> str:
    """Storage that mentions a person by username."""
    key = escape(people.BY_NAME[user].account_id)
    return f'<ac:link><ri:user ri:userkey="{key}" /></ac:link>'
