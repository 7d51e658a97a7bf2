"""REST v2: pages and blog posts, from draft to trash."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.atlassian import documents, present
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.refusals import not_found, v2_refusal
from sandbox.atlassian.v2_rules import (
    keep,
    move,
    parent_of,
    require,
    require_editable,
    require_free_title,
    require_number,
    sent_body,
    sent_title,
)
from sandbox.atlassian.wiki import ADMINISTER, CREATE, DELETE, Content, Space, Version

SORTS: dict[str, Callable[[Content], Any]] = {
    "id": lambda content: content.id,
    "created-date": lambda content: content.created,
    "modified-date": lambda content: content.latest.created,
    "title": lambda content: content.title.casefold(),
}


def in_order(call: Call, found: list[Content]) -> list[Content]:
    """As `sort` says, else by id."""
    said = call.query.get("sort", "id")
    key = SORTS.get(said.removeprefix("-"), SORTS["id"])
    return sorted(found, key=key, reverse=said.startswith("-"))


def visible(call: Call, kind: str) -> list[Content]:
    """What a list may hold: never drafts; status, title, id and space as asked."""
    statuses = call.several("status") or ["current", "archived"]
    ids, spaces = call.several("id"), call.several("space-id")
    title = call.query.get("title")
    return [
        each
        for each in call.wiki.contents.values()
        if each.kind == kind
        and each.status != "draft"
        and each.status in statuses
        and (title is None or each.title == title)
        and (not ids or str(each.id) in ids)
        and (not spaces or str(each.space) in spaces)
        and call.wiki.sees(call.me, each)
    ]


def lister(kind: str) -> Handler:
    """GET /pages and /blogposts."""

    def answer(call: Call) -> Answer:
        found = in_order(call, visible(call, kind))
        representation = call.query.get("body-format", "")
        return present.listed(call, [present.page(call, each, representation) for each in found])

    return answer


def lister_in_space(kind: str) -> Handler:
    """GET /spaces/{id}/pages and /spaces/{id}/blogposts."""

    def answer(call: Call) -> Answer:
        space = call.space(call.number("id"))
        found = [each for each in visible(call, kind) if each.space == space.id]
        if call.query.get("depth") == "root":
            found = [each for each in found if each.parent is None]
        representation = call.query.get("body-format", "")
        shown = [present.page(call, each, representation) for each in in_order(call, found)]
        return present.listed(call, shown)

    return answer


def find_any(call: Call, kind: str) -> Content:
    """Content of whatever status that the caller sees, or 404."""
    content = call.wiki.contents.get(call.number("id"))
    if content is None or content.kind != kind or not call.wiki.sees(call.me, content):
        raise not_found(kind.capitalize())
    return content


def getter(kind: str) -> Handler:
    """GET /pages/{id}: drafts only when asked for, so is the trash."""

    def answer(call: Call) -> Answer:
        content = find_any(call, kind)
        statuses = set(call.several("status") or ["current", "archived"])
        if call.flag("get-draft"):
            statuses.add("draft")
        if content.status not in statuses and "historical" not in statuses:
            raise not_found(kind.capitalize())
        shown = present.page(
            call, content, call.query.get("body-format", ""), version_asked(call, content)
        )
        return Answer(present.with_base(call, shown | extras(call, content)), cost=2)

    return answer


def version_asked(call: Call, content: Content) -> Version | None:
    """The version in the query, None for the last."""
    said = call.query.get("version")
    if said is None:
        return None
    found = [each for each in content.versions if str(each.number) == said]
    if not found:
        raise not_found("Version")
    return found[0]


def extras(call: Call, content: Content) -> dict[str, Any]:
    """What `include-…` adds."""
    ways: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "labels": lambda: [present.label(each) for each in content.labels],
        "properties": lambda: [present.content_property(each) for each in content.properties],
        "versions": lambda: [present.version_of(each) for each in reversed(content.versions)],
        "operations": lambda: operations_on(call, content),
        "likes": lambda: [{"accountId": each} for each in content.likes],
    }
    return {
        name: present.some(make()) for name, make in ways.items() if call.flag(f"include-{name}")
    }


def operations_on(call: Call, content: Content) -> list[dict[str, Any]]:
    """What the caller may do with *content*."""
    space = call.wiki.spaces[content.space]
    allowed = ["read"]
    if call.wiki.edits(call.me, content):
        allowed.append("update")
        if call.wiki.may(call.me, DELETE, space):
            allowed.append("delete")
    if call.wiki.may(call.me, ADMINISTER, space):
        allowed.append("purge")
    return [{"operation": each, "targetType": content.kind} for each in allowed]


def creator(kind: str) -> Handler:
    """POST /pages and /blogposts."""

    def answer(call: Call) -> Answer:
        sent = call.document()
        if "version" in sent:
            raise v2_refusal(400, "Unrecognized field: version")
        space = call.space(sent.get("spaceId"))
        if not call.wiki.may(call.me, CREATE, space):
            raise not_found("Space")
        content = new_content(call, kind, space, sent)
        if content.status == "current":
            require_free_title(call, content, content.title)
        call.wiki.add(content)
        representation = content.latest.body.representation
        return Answer(present.with_base(call, present.page(call, content, representation)))

    return answer


def new_content(call: Call, kind: str, space: Space, sent: dict[str, Any]) -> Content:
    """What would be created, not kept yet."""
    status = sent.get("status", "current")
    if status not in ("current", "draft"):
        raise v2_refusal(400, "Provided value for 'status' is not the correct type")
    parent = parent_of(call, space, sent) if kind == "page" else None
    title, body = sent_title(sent, status), sent_body(sent) or documents.EMPTY
    first = Version(1, call.me, call.now, title, body)
    alone = [call.me] if call.flag("private") else []
    return Content(
        call.wiki.new_id(),
        kind,
        space.id,
        status,
        call.me,
        call.now,
        [first],
        parent,
        readers=list(alone),
        editors=list(alone),
    )


def updater(kind: str) -> Handler:
    """PUT /pages/{id}: version current + 1, or 1 for a draft."""

    def answer(call: Call) -> Answer:
        content, sent = find_any(call, kind), call.document()
        if content.status == "trashed":
            return restored(call, content, sent)
        require_editable(call, content)
        status = sent.get("status")
        if status not in ("current", "draft") or (content.status, status) == ("current", "draft"):
            raise v2_refusal(400, f"Can't change status {content.status} to {status}")
        number = require_number(content, sent)
        title, body = sent_title(sent, status), sent_body(sent) or content.latest.body
        if status == "current":
            require_free_title(call, content, title)
        move(call, content, sent)
        message = str(sent.get("version", {}).get("message") or "")
        keep(content, Version(number, call.me, call.now, title, body, message))
        content.status = status
        return Answer(present.with_base(call, present.page(call, content, body.representation)))

    return answer


def restored(call: Call, content: Content, sent: dict[str, Any]) -> Answer:
    """Out of the trash: nothing but the status changes, whatever is sent besides."""
    if not call.wiki.edits(call.me, content):
        raise not_found(content.kind.capitalize())
    require(sent.get("status") == "current", "Content in the trash can only become current")
    number = require_number(content, sent)
    require_free_title(call, content, content.title)
    message = str(sent.get("version", {}).get("message") or "")
    latest = content.latest
    content.versions.append(
        replace(latest, number=number, author=call.me, created=call.now, message=message)
    )
    content.status = "current"
    above = call.wiki.contents.get(content.parent or 0)
    if content.parent is not None and (above is None or above.status != "current"):
        content.parent = call.wiki.spaces[content.space].homepage
    return Answer(present.with_base(call, present.page(call, content, latest.body.representation)))


def update_title(call: Call) -> Answer:
    """PUT /pages/{id}/title."""
    content, sent = find_any(call, "page"), call.document()
    require_editable(call, content)
    title = sent_title(sent, content.status)
    if content.status == "current":
        require_free_title(call, content, title)
    number = content.latest.number + (content.status == "current")
    latest = content.latest
    keep(content, replace(latest, number=number, author=call.me, created=call.now, title=title))
    return Answer(present.with_base(call, present.page(call, content, "")))


def deleter(kind: str) -> Handler:
    """DELETE /pages/{id}: to the trash; a draft or the trash for good."""

    def answer(call: Call) -> Answer:
        content = find_any(call, kind)
        space = call.wiki.spaces[content.space]
        if call.flag("purge"):
            require(content.status == "trashed", "Only content in the trash can be purged")
            if not call.wiki.may(call.me, ADMINISTER, space):
                raise v2_refusal(403, "You need to administer the space to purge content")
            call.wiki.remove(content)
        elif content.status == "draft":
            if not call.flag("draft"):
                raise not_found(kind.capitalize())
            call.wiki.remove(content)
        else:
            trash(call, content, space)
        return Answer(status=204)

    return answer


def trash(call: Call, content: Content, space: Space) -> None:
    """Move to the trash; what stood below moves up."""
    if content.status == "trashed" or call.flag("draft"):
        raise not_found(content.kind.capitalize())
    allowed = call.wiki.may(call.me, DELETE, space) and call.wiki.edits(call.me, content)
    if not allowed:
        raise not_found(content.kind.capitalize())
    for child in call.wiki.children(content):
        child.parent = content.parent
    content.status = "trashed"


def get_operations(call: Call) -> Answer:
    """GET /pages/{id}/operations."""
    content = call.content("id", "page", "blogpost")
    return Answer({"operations": operations_on(call, content)}, cost=2)


def handlers_for(kind: str, root: str) -> dict[str, Handler]:
    """The operations that pages and blog posts share."""
    path = f"/wiki/api/v2/{root}"
    return {
        f"GET {path}": lister(kind),
        f"POST {path}": creator(kind),
        f"GET {path}/{{id}}": getter(kind),
        f"PUT {path}/{{id}}": updater(kind),
        f"DELETE {path}/{{id}}": deleter(kind),
        f"GET {path}/{{id}}/operations": get_operations,
        f"GET /wiki/api/v2/spaces/{{id}}/{root}": lister_in_space(kind),
    }


HANDLERS: dict[str, Handler] = {
    **handlers_for("page", "pages"),
    **handlers_for("blogpost", "blogposts"),
    "PUT /wiki/api/v2/pages/{id}/title": update_title,
}
