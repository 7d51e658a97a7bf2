"""Content looked up: by id, by title, below and on other content; its history."""

from dataclasses import replace

from sandbox.atlassian.call import Answer
from sandbox.atlassian.wiki import Content, id_of
from sandbox.datacenter import present
from sandbox.datacenter.call import Call, Handler
from sandbox.datacenter.refusals import missing, refusal

CONTENT = "/rest/api/content"
KINDS = ("page", "blogpost")
WHEN_NOT_ASKED = "history,space,version"


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
    """GET /content/{id}/child/comment: all of them, or with `location` some; those of a comment."""
    wanted = call.query.getall("location", ["footer", "inline"])
    content, deep = call.content("id"), call.query.get("depth", "") == "all"
    is_talk = content.kind in present.COMMENTS
    page, above = call.wiki.container(content), content.id if is_talk else None
    found = [
        each
        for each in present.children(call, page, "comment")
        if present.extensions(each)["location"] in wanted and (deep or each.parent == above)
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
    f"GET {CONTENT}/{{id}}": get_content,
    f"GET {CONTENT}/{{id}}/history": get_history,
    f"GET {CONTENT}/{{id}}/child": get_children,
    f"GET {CONTENT}/{{id}}/child/comment": list_comments,
    f"GET {CONTENT}/{{id}}/child/{{type}}": list_children,
    f"GET {CONTENT}/{{id}}/descendant/{{type}}": list_descendants,
}
