"""Content written: created, updated, commented on, put into the trash."""

from dataclasses import replace

from sandbox.atlassian.call import Answer
from sandbox.atlassian.wiki import (
    ADMINISTER,
    COMMENT,
    CREATE,
    DELETE,
    Content,
    Space,
    Version,
    id_of,
)
from sandbox.datacenter import present
from sandbox.datacenter.bodies import accepted
from sandbox.datacenter.call import Call, Handler
from sandbox.datacenter.content import CONTENT, KINDS, expansions, trashed
from sandbox.datacenter.placing import Sent, move, parent_of, title_taken
from sandbox.datacenter.refusals import refusal

MAX_TITLE = 255
WHEN_CREATED = "body.storage,history,space,container.history,container.version,version,ancestors"
CHANGED = "body.storage,history,space,version,ancestors"


def create_content(call: Call) -> Answer:
    """POST /content: a page, a blog post, or a comment on one."""
    sent = call.document()
    if "id" in sent:
        raise refusal(400, "You cannot specify an ID when creating content")
    require_status(call, sent)
    kind = sent.get("type")
    if kind == "comment":
        made = create_comment(call, sent)
    elif kind in KINDS:
        made = create_page(call, sent, str(kind))
    else:
        raise refusal(400, f"Unsupported content type: {str(kind)[:50]}")
    return Answer(present.content(call, made, expansions(call, WHEN_CREATED)))


def create_page(call: Call, sent: Sent, kind: str) -> Content:
    """A page or a blog post."""
    space = space_to_write(call, sent, kind)
    title = title_of(sent)
    if call.wiki.title_taken(space.id, title, kind):
        raise title_taken(title, space)
    parent = parent_of(call, sent, space) if kind == "page" else None
    first = Version(1, call.me, call.now, title, accepted(sent.get("body")))
    content = Content(
        call.wiki.new_id(),
        kind,
        space.id,
        "current",
        call.me,
        call.now,
        [first],
        parent.id if parent else None,
    )
    return call.wiki.add(content)


def space_to_write(call: Call, sent: Sent, kind: str) -> Space:
    """The space of a new page: one that is unknown and one that is closed look the same."""
    said = sent.get("space")
    key = said.get("key") if isinstance(said, dict) else None
    if not isinstance(key, str):
        raise refusal(400, "A space is required")
    space = call.wiki.space_by_key(key)
    if space is None or not call.wiki.may(call.me, CREATE, space):
        raise refusal(403, f"Could not create content with type {kind}")
    return space


def title_of(sent: Sent) -> str:
    """A title that can be kept."""
    title = sent.get("title")
    if not isinstance(title, str) or not title.strip():
        raise refusal(400, "A title is required")
    if len(title) > MAX_TITLE:
        raise refusal(400, f"Title cannot be longer than {MAX_TITLE} characters.")
    return title.strip()


def create_comment(call: Call, sent: Sent) -> Content:
    """A comment on the `container`; below another comment where `ancestors` name one."""
    said = sent.get("container")
    if not isinstance(said, dict) or "id" not in said:
        raise refusal(400, "A comment needs a container")
    page = call.find_content(said["id"], *KINDS)
    if said.get("type") != page.kind:
        raise refusal(400, f"The container is not of type {str(said.get('type'))[:50]}")
    location = sent.get("extensions")
    if isinstance(location, dict) and location.get("location", "footer") != "footer":
        raise refusal(400, "Inline comments cannot be created by this API")
    space = call.wiki.spaces[page.space]
    if not call.wiki.may(call.me, COMMENT, space):
        raise refusal(403, "Could not create content with type comment")
    first = Version(1, call.me, call.now, f"Re: {page.title}", accepted(sent.get("body")))
    content = Content(
        call.wiki.new_id(),
        "footer-comment",
        page.space,
        "current",
        call.me,
        call.now,
        [first],
        thread_of(call, sent, page),
        extra={"container": page.id, "selection": ""},
    )
    return call.wiki.add(content)


def thread_of(call: Call, sent: Sent, page: Content) -> int | None:
    """The comment that is answered, if one is."""
    said = sent.get("ancestors")
    if not isinstance(said, list) or not said or not isinstance(said[-1], dict):
        return None
    above = call.find_content(said[-1].get("id"), *present.COMMENTS)
    if above.extra["container"] != page.id:
        raise refusal(400, "The parent comment is on another page")
    return above.id


def update_content(call: Call) -> Answer:
    """PUT /content/{contentId}: a new version, perhaps below another parent."""
    sent = call.document()
    thrown = thrown_away(call)
    if thrown is not None and sent.get("status") == "current":
        return put_back(call, thrown, sent)
    content = call.content("contentId", *KINDS, *present.COMMENTS)
    if sent.get("type") != present.content(call, content)["type"]:
        raise refusal(400, "The content type is missing or has changed")
    require_status(call, sent)
    require_editor(call, content)
    number = number_of(sent, content)
    if content.kind in present.COMMENTS:
        title = content.title
    else:
        title = retitled(call, sent, content)
        move(call, sent, content)
    body = accepted(sent["body"]) if "body" in sent else content.latest.body
    said = sent["version"]
    content.versions.append(
        Version(
            number,
            call.me,
            call.now,
            title,
            body,
            str(said.get("message") or ""),
            bool(said.get("minorEdit", False)),
        )
    )
    return Answer(present.content(call, content, CHANGED.split(",")))


def thrown_away(call: Call) -> Content | None:
    """A page or blog post of the trash that the caller sees."""
    found = call.wiki.contents.get(id_of(call.path["contentId"]))
    if found is None or found.kind not in KINDS or found.status != "trashed":
        return None
    return found if call.wiki.sees(call.me, found) else None


def put_back(call: Call, content: Content, sent: Sent) -> Answer:
    """Out of the trash: nothing but the status changes, whatever is sent besides."""
    require_editor(call, content)
    number = number_of(sent, content)
    if call.wiki.title_taken(content.space, content.title, content.kind, but=content.id):
        raise title_taken(content.title, call.wiki.spaces[content.space])
    message = str(sent["version"].get("message") or "")
    latest = content.latest
    content.versions.append(
        replace(latest, number=number, author=call.me, created=call.now, message=message)
    )
    content.status = "current"
    above = call.wiki.contents.get(content.parent or 0)
    if above is None or above.status != "current":
        content.parent = None
    return Answer(present.content(call, content, CHANGED.split(",")))


def require_status(call: Call, sent: Sent) -> None:
    """Drafts aren't stood for."""
    for said in (call.query.get("status", "current"), sent.get("status", "current")):
        if said != "current":
            raise refusal(400, f"Unsupported content status: {str(said)[:50]}")


def require_editor(call: Call, content: Content) -> None:
    """403 where it is only seen; a comment is its author's."""
    if content.kind in present.COMMENTS:
        allowed = content.author == call.me
    else:
        allowed = call.wiki.edits(call.me, content)
    if not allowed:
        raise refusal(403, f"User not permitted to edit content with id {content.id}")


def number_of(sent: Sent, content: Content) -> int:
    """The version that is due.

    Raises:
        Refusal: 400 without one, 409 for any other.
    """
    said = sent.get("version")
    number = said.get("number") if isinstance(said, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise refusal(400, "Must supply an incremented version when updating Content.")
    if number != content.latest.number + 1:
        now = content.latest.number
        raise refusal(409, f"Version must be incremented on update. Current version is: {now}")
    return number


def retitled(call: Call, sent: Sent, content: Content) -> str:
    """The title that the update gives."""
    title = title_of(sent)
    if call.wiki.title_taken(content.space, title, content.kind, but=content.id):
        raise title_taken(title, call.wiki.spaces[content.space])
    return title


def delete_content(call: Call) -> Answer:
    """DELETE /content/{id}: to the trash; with `status=trashed` for good."""
    if call.query.get("status", "current") == "trashed":
        return purge(call)
    content = call.content("id")
    space = call.wiki.spaces[content.space]
    own_comment = content.kind in present.COMMENTS and content.author == call.me
    allowed = call.wiki.may(call.me, DELETE, space) and call.wiki.edits(call.me, content)
    if not allowed and not own_comment:
        raise refusal(403, f"User not permitted to delete content with id {content.id}")
    if content.kind in present.COMMENTS:  # they can't be trashed
        call.wiki.remove(content)
        return Answer(status=204)
    content.status = "trashed"
    for below in call.wiki.children(content):
        below.parent = content.parent
    return Answer(status=204)


def purge(call: Call) -> Answer:
    """Out of the trash, by an administrator of the space."""
    content = trashed(call)
    if not call.wiki.may(call.me, ADMINISTER, call.wiki.spaces[content.space]):
        raise refusal(403, f"User not permitted to purge content with id {content.id}")
    call.wiki.remove(content)
    return Answer(status=204)


HANDLERS: dict[str, Handler] = {
    f"POST {CONTENT}": create_content,
    f"PUT {CONTENT}/{{contentId}}": update_content,
    f"DELETE {CONTENT}/{{id}}": delete_content,
}
