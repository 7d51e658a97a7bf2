"""REST v2: what a page or blog post must be like to be written."""

from typing import Any

from sandbox.atlassian import documents
from sandbox.atlassian.call import Call
from sandbox.atlassian.refusals import TITLE_TAKEN, Refusal, not_found, v2_refusal
from sandbox.atlassian.wiki import Body, Content, Space, Version, id_of

MAX_TITLE = 255


def sent_body(sent: dict[str, Any]) -> Body | None:
    """The body that was sent, checked; None where there was none.

    Raises:
        Refusal: 500 for a bare string (APA#1683), 400 for another shape.
    """
    body = sent.get("body")
    if body is None:
        return None
    if isinstance(body, str):
        raise v2_refusal(500, "Internal Server Error")
    held = body if isinstance(body, dict) else {}
    if "representation" not in held:
        held = next((each for each in held.values() if isinstance(each, dict)), {})
    representation, value = held.get("representation"), held.get("value")
    if not isinstance(value, str) or not isinstance(representation, str):
        raise v2_refusal(400, "Bad request: 'body' needs a representation and a value")
    return documents.accepted(representation, value)


def sent_title(sent: dict[str, Any], status: str) -> str:
    """The title, which a draft may lack."""
    title = sent.get("title") or ""
    if not isinstance(title, str) or (not title.strip() and status == "current"):
        raise v2_refusal(400, "A title must be specified for content that is published")
    if len(title) > MAX_TITLE:
        raise v2_refusal(400, "Title is too long: it must be 255 characters or fewer")
    return title.strip()


def require_free_title(call: Call, content: Content, title: str) -> None:
    """Titles are unique in a space, whatever their case and whoever sees them."""
    if call.wiki.title_taken(content.space, title, content.kind, but=content.id):
        raise v2_refusal(400, TITLE_TAKEN)


def parent_of(call: Call, space: Space, sent: dict[str, Any]) -> int | None:
    """The parent that was named, else the homepage, else none for `root-level`."""
    named = sent.get("parentId")
    if call.flag("root-level"):
        if named:
            raise v2_refusal(400, "A parentId may not be supplied when root-level is true")
        return None
    if not named:
        return space.homepage
    return require_parent(call, space.id, named).id


def require_parent(call: Call, space_id: int, named: object) -> Content:
    """A published page of the same space that the caller sees."""
    found = call.wiki.contents.get(id_of(named))
    if found is None or found.kind != "page" or found.status != "current":
        raise not_found("Parent page")
    if not call.wiki.sees(call.me, found):
        raise not_found("Parent page")
    if found.space != space_id:
        raise v2_refusal(400, "The parent is in another space")
    return found


def require_editable(call: Call, content: Content) -> None:
    """Published or draft, and the caller may edit: 404 says all the rest."""
    if content.status not in ("current", "draft") or not call.wiki.edits(call.me, content):
        raise not_found(content.kind.capitalize())


def require_number(content: Content, sent: dict[str, Any]) -> int:
    """The version number that is due."""
    version = sent.get("version")
    number = version.get("number") if isinstance(version, dict) else None
    if not isinstance(number, int):
        raise v2_refusal(400, "Bad request: 'version.number' is required")
    now = content.latest.number
    due = 1 if content.status == "draft" else now + 1
    if number != due:
        raise stale(content, due)
    return number


def stale(content: Content, due: int) -> Refusal:
    """409 in the words of v1, which v2 uses too."""
    if content.status == "draft":
        return v2_refusal(409, f"Version of a draft must be {due}")
    words = "Version must be incremented on update. Current version is: "
    return v2_refusal(409, f"{words}{content.latest.number}")


def move(call: Call, content: Content, sent: dict[str, Any]) -> None:
    """To another parent, never to another space."""
    space_id = sent.get("spaceId")
    if space_id is not None and str(space_id) != str(content.space):
        raise v2_refusal(400, "A page can't be moved to another space")
    parent = sent.get("parentId")
    if content.kind != "page" or not parent or str(parent) == str(content.parent):
        return
    found = require_parent(call, content.space, parent)
    if found is content or content in call.wiki.ancestors(found):
        raise v2_refusal(400, "A page can't stand below itself")
    content.parent = found.id


def keep(content: Content, version: Version) -> None:
    """A new version; a draft's only one is replaced."""
    if content.status == "draft":
        content.versions[-1] = version
    else:
        content.versions.append(version)


def require(truth: bool, message: str) -> None:  # noqa: FBT001 -- it is what is required
    """400 unless *truth*."""
    if not truth:
        raise v2_refusal(400, message)
