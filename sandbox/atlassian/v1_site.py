"""The part of REST v1 that is gone from the gateway and still answers at a site: its reads."""

from typing import Any

from sandbox.atlassian import operations
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.operations import Operation, pattern
from sandbox.atlassian.paging import limit_of
from sandbox.atlassian.refusals import v1_refusal
from sandbox.atlassian.v1_present import v1_content, v1_space
from sandbox.atlassian.wiki import READ

API = "/wiki/rest/api"


def sheet(call: Call, found: list[dict[str, Any]]) -> Answer:
    """A page of results; `start` counts here."""
    start, limit = call.whole("start", 0), limit_of(call)
    part = found[start : start + limit]
    body = {"results": part, "start": start, "limit": limit, "size": len(part)}
    return Answer({**body, "_links": {"base": call.base, "context": "/wiki"}})


def list_content(call: Call) -> Answer:
    """GET /content: pages or blog posts, of one space and title where they are named."""
    kind, title = call.query.get("type", "page"), call.query.get("title")
    key = call.query.get("spaceKey")
    found = [
        each
        for each in call.wiki.contents.values()
        if each.kind == kind
        and each.status == "current"
        and title in (None, each.title)
        and key in (None, call.wiki.spaces[each.space].key)
        and call.wiki.sees(call.me, each)
    ]
    return sheet(call, [v1_content(call, each) for each in found])


def get_content(call: Call) -> Answer:
    """GET /content/{id}."""
    return Answer(v1_content(call, call.content("id")))


def list_spaces(call: Call) -> Answer:
    """GET /space."""
    keys = call.query.getall("spaceKey", [])
    found = [
        each
        for each in call.wiki.spaces.values()
        if call.wiki.may(call.me, READ, each) and (not keys or each.key in keys)
    ]
    return sheet(call, [v1_space(each) for each in found])


def get_space(call: Call) -> Answer:
    """GET /space/{spaceKey}."""
    space = call.wiki.space_by_key(call.path["spaceKey"])
    if space is None or not call.wiki.may(call.me, READ, space):
        raise v1_refusal(404, "No space found")
    return Answer(v1_space(space))


HANDLERS: dict[str, Handler] = {
    f"GET {API}/content": list_content,
    f"GET {API}/content/{{id}}": get_content,
    f"GET {API}/space": list_spaces,
    f"GET {API}/space/{{spaceKey}}": get_space,
}
TABLE = tuple(
    (pattern(path), Operation(method, path, ()))
    for method, _, path in (name.partition(" ") for name in HANDLERS)
)


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation at *path*, if it is one of these."""
    return operations.find_operation(method, path, TABLE)
