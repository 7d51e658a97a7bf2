"""Where a page stands: below which other, in which space, and under a title of its own."""

from collections.abc import Mapping
from typing import Any

from sandbox.atlassian.refusals import Refusal
from sandbox.atlassian.wiki import CREATE, DELETE, Content, Space
from sandbox.datacenter.call import Call
from sandbox.datacenter.refusals import refusal

Sent = Mapping[str, Any]


def title_taken(title: str, space: Space) -> Refusal:
    """400 in Confluence's words."""
    return refusal(
        400,
        "A page with this title already exists: A page already exists with the title "
        f"{title} in the space with key {space.key}",
    )


def find_parent(call: Call, sent: Sent) -> Content | None:
    """The last of the `ancestors`: a page that the caller sees."""
    said = sent.get("ancestors")
    if not said:
        return None
    last = said[-1] if isinstance(said, list) else None
    if not isinstance(last, dict) or "id" not in last:
        raise refusal(400, "An ancestor needs an id")
    return call.find_content(last["id"], "page")


def parent_of(call: Call, sent: Sent, space: Space) -> Content | None:
    """The same, in *space*."""
    parent = find_parent(call, sent)
    if parent is not None and parent.space != space.id:
        raise refusal(400, "The parent page is in another space")
    return parent


def move(call: Call, sent: Sent, content: Content) -> None:
    """Below the page that an update names, which is in the same space unless moves go further."""
    space = call.wiki.spaces[content.space]
    said = sent.get("space")
    key = str(said.get("key", space.key)) if isinstance(said, dict) else space.key
    parent = find_parent(call, sent) if content.kind == "page" else None
    goal = space if parent is None else call.wiki.spaces[parent.space]
    if key != goal.key or (goal is not space and not call.wiki.moves_across):
        raise refusal(400, "Content can't be moved to another space by this API")
    if parent is None or parent.id == content.parent:
        return
    if parent is content or content in call.wiki.ancestors(parent):
        raise refusal(400, "A page can't stand below itself")
    if space.homepage == content.id:
        raise refusal(400, "The homepage of a space can't be moved")
    if goal is not space:
        require_way(call, content, goal)
    content.parent = parent.id
    call.wiki.rehouse(content, goal.id)


def require_way(call: Call, content: Content, goal: Space) -> None:
    """403 without the rights in both spaces; 400 where a title of what moves is taken."""
    old = call.wiki.spaces[content.space]
    leaves, comes = call.wiki.may(call.me, DELETE, old), call.wiki.may(call.me, CREATE, goal)
    if not leaves or not comes:
        raise refusal(403, f"User not permitted to move content with id {content.id}")
    for each in (content, *(below for below, _ in call.wiki.descendants(content))):
        if call.wiki.title_taken(goal.id, each.title, "page"):
            raise title_taken(each.title, goal)
