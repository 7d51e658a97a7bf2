"""Content: look up, create, update, trash; its children and its history."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.atlassian.call import Answer
from sandbox.atlassian.refusals import Refusal
from sandbox.atlassian.wiki import COMMENT, CREATE, DELETE, Content, Space, Version, id_of
from sandbox.datacenter import present
from sandbox.datacenter.bodies import accepted
from sandbox.datacenter.call import Call, Handler
from sandbox.datacenter.refusals import missing, refusal

CONTENT = "/rest/api/content"
KINDS = ("page", "blogpost")
MAX_TITLE = 255
WHEN_NOT_ASKED = "history,space,version"
WHEN_CREATED = "body.storage,history,space,container.history,container.version,version,ancestors"
CHANGED = "body.storage,history,space,version,ancestors"
Sent = Mapping[str, Any]


def expansions(call: Call, usual: str = "") -> list[str]:
    """What `expand` names, or what is usual where it isn't there."""
    return call.several("expand") if "expand" in call.query else usual.split(",")


def get_content(call: Call) -> Answer:
    """GET /content/{id}; `version` shows an earlier state, `status=trashed` the trash."""
    status = call.query.get("status", "current")
    found = trashed(call) if status in ("trashed", "any") else call.content("id")
    number = call.whole("version", 0)
    if number:
        found = at_version(found, number)
    return Answer(present.content(call, found, expansions(call, WHEN_NOT_ASKED)))


def trashed(call: Call) -> Content:
    """Content whatever its status, which the caller sees."""
    found = call.wiki.contents.get(id_of(call.path["id"]))
    wanted = ("trashed", "current") if call.query.get("status") == "any" else ("trashed",)
    if found is None or found.status not in wanted or not call.wiki.sees(call.me, found):
        raise missing(call.path["id"])
    return found


def at_version(found: Content, number: int) -> Content:
    """The same as it was."""
    if number > found.latest.number:
        raise missing(str(found.id))
    status = found.status if number == found.latest.number else "historical"
    kept = [each for each in found.versions if each.number <= number]
    return replace(found, versions=kept, status=status)


def list_content(call: Call) -> Answer:
    """GET /content by type, space and title; a title is compared letter by letter."""
    kind, title = call.query.get("type", "page"), call.query.get("title")
    if kind not in KINDS:
        raise refusal(400, f"Unsupported content type: {kind[:50]}")
    key = call.query.get("spaceKey")
    space = None if key is None else call.space_named(key)
    status = call.query.get("status", "current")
    found = [
        each
        for each in call.seen(call.wiki.contents.values())
        if each.kind == kind
        and status in (each.status, "any")
        and (space is None or each.space == space.id)
        and title in (None, each.title)
    ]
    wanted = expansions(call)
    return Answer(call.sheet(found, lambda each: present.content(call, each, wanted)))


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


def title_taken(title: str, space: Space) -> Refusal:
    """400 in Confluence's words."""
    return refusal(
        400,
        "A page with this title already exists: A page already exists with the title "
        f"{title} in the space with key {space.key}",
    )


def parent_of(call: Call, sent: Sent, space: Space) -> Content | None:
    """The last of the `ancestors`: a page of the same space that the caller sees."""
    said = sent.get("ancestors")
    if not said:
        return None
    last = said[-1] if isinstance(said, list) else None
    if not isinstance(last, dict) or "id" not in last:
        raise refusal(400, "An ancestor needs an id")
    parent = call.find_content(last["id"], "page")
    if parent.space != space.id:
        raise refusal(400, "The parent page is in another space")
    return parent


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


def require_status(call: Call, sent: Sent) -> None:
    """Drafts aren't stood for, and nothing is brought back from the trash."""
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


def move(call: Call, sent: Sent, content: Content) -> None:
    """Below another page of the same space."""
    space = call.wiki.spaces[content.space]
    said = sent.get("space")
    if isinstance(said, dict) and str(said.get("key", space.key)) != space.key:
        raise refusal(400, "Content can't be moved to another space by this API")
    parent = parent_of(call, sent, space) if content.kind == "page" else None
    if parent is None:
        return
    if parent is content or content in call.wiki.ancestors(parent):
        raise refusal(400, "A page can't stand below itself")
    content.parent = parent.id


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
    content.status = "trashed"
    for below in call.wiki.children(content):
        below.parent = content.parent
    return Answer(status=204)


def purge(call: Call) -> Answer:
    """Out of the trash, by an administrator of the space."""
    content = trashed(call)
    if not call.wiki.may(call.me, "administer", call.wiki.spaces[content.space]):
        raise refusal(403, f"User not permitted to purge content with id {content.id}")
    call.wiki.remove(content)
    return Answer(status=204)


def get_history(call: Call) -> Answer:
    """GET /content/{id}/history."""
    wanted = expansions(call, "previousVersion,nextVersion,lastUpdated")
    return Answer(present.history(call, call.content("id"), wanted))


def get_children(call: Call) -> Answer:
    """GET /content/{id}/child: the kinds that `expand` names."""
    content = call.content("id")
    shown = present.expand_children(call, content, call.several("expand"))
    links = {"self": f"{call.base}{call.address()}", "base": call.base, "context": "/confluence"}
    return Answer({**shown, "_links": links})


def list_children(call: Call) -> Answer:
    """GET /content/{id}/child/{type}."""
    kind = call.path["type"]
    if kind not in present.CHILDREN:
        raise refusal(400, f"Unsupported child type: {kind[:50]}")
    return children_shown(call, kind)


def list_comments(call: Call) -> Answer:
    """GET /content/{id}/child/comment: all of them, or with `location` some."""
    wanted = call.query.getall("location", ["footer", "inline"])
    content, deep = call.content("id"), call.query.get("depth", "") == "all"
    found = [
        each
        for each in present.children(call, content, "comment")
        if present.extensions(each)["location"] in wanted and (deep or each.parent is None)
    ]
    names = expansions(call)
    return Answer(call.sheet(found, lambda each: present.content(call, each, names)))


def children_shown(call: Call, kind: str) -> Answer:
    """Children of one kind."""
    found = present.children(call, call.content("id"), kind)
    wanted = expansions(call)
    return Answer(call.sheet(found, lambda each: present.content(call, each, wanted)))


def list_descendants(call: Call) -> Answer:
    """GET /content/{id}/descendant/{type}: pages at any depth; comments and files of the page."""
    kind = call.path["type"]
    if kind != "page":
        return list_children(call)
    content = call.content("id")
    below = [each for each, _ in call.wiki.descendants(content) if each.status == "current"]
    wanted = expansions(call)
    return Answer(call.sheet(call.seen(below), lambda each: present.content(call, each, wanted)))


HANDLERS: dict[str, Handler] = {
    f"GET {CONTENT}": list_content,
    f"POST {CONTENT}": create_content,
    f"GET {CONTENT}/{{id}}": get_content,
    f"PUT {CONTENT}/{{contentId}}": update_content,
    f"DELETE {CONTENT}/{{id}}": delete_content,
    f"GET {CONTENT}/{{id}}/history": get_history,
    f"GET {CONTENT}/{{id}}/child": get_children,
    f"GET {CONTENT}/{{id}}/child/comment": list_comments,
    f"GET {CONTENT}/{{id}}/child/{{type}}": list_children,
    f"GET {CONTENT}/{{id}}/descendant/{{type}}": list_descendants,
}
