"""REST v2: labels, and what has them."""

from collections.abc import Iterable

from sandbox.atlassian import present
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.v2_content import in_order
from sandbox.atlassian.wiki import Content

LABELS = "/wiki/api/v2/labels"
ROOTS = {"pages": "page", "blogposts": "blogpost", "attachments": "attachment"}


def seen(call: Call) -> list[Content]:
    """What may have labels and is seen by the caller."""
    return [
        each
        for each in call.wiki.contents.values()
        if each.kind in ROOTS.values()
        and each.status in ("current", "archived")
        and call.wiki.container(each).status in ("current", "archived")
        and call.wiki.sees(call.me, each)
    ]


def listed(call: Call, found: Iterable[Content]) -> Answer:
    """The labels of *found*, by name unless they are asked for otherwise, each once."""
    names = sorted({name for each in found for name in each.labels})
    shown = [present.label(name) for name in names]
    said = call.query.get("sort", "name")
    if said.removeprefix("-") == "id":
        shown.sort(key=lambda each: int(each["id"]))
    if said.startswith("-"):
        shown.reverse()
    return present.listed(call, shown, weight=0)


def list_labels(call: Call) -> Answer:
    """GET /labels: those of content that the caller sees."""
    ids, prefixes = call.several("label-id"), call.several("prefix")
    found = seen(call) if not prefixes or "global" in prefixes else []
    if not ids:
        return listed(call, found)
    names = {name for each in found for name in each.labels}
    shown = [present.label(name) for name in sorted(names)]
    return present.listed(call, [each for each in shown if each["id"] in ids], weight=0)


def list_in_space(call: Call) -> Answer:
    """GET /spaces/{id}/content/labels: the only prefixes that it takes are other than global."""
    space = call.space(call.number("id"))
    found = [] if "prefix" in call.query else [e for e in seen(call) if e.space == space.id]
    return listed(call, found)


def list_of_space(call: Call) -> Answer:
    """GET /spaces/{id}/labels: no space here has labels of its own."""
    call.space(call.number("id"))
    return present.listed(call, [], weight=0)


def lister(kind: str) -> Handler:
    """GET /labels/{id}/pages and the like."""

    def answer(call: Call) -> Answer:
        wanted, spaces = str(call.number("id")), call.several("space-id")
        found = [
            each
            for each in seen(call)
            if each.kind == kind
            and (not spaces or str(each.space) in spaces)
            and wanted in {present.label(name)["id"] for name in each.labels}
        ]
        if kind == "attachment":
            shown = [present.attachment(call, each) for each in in_order(call, found)]
        else:
            body = call.query.get("body-format", "")
            shown = [present.page(call, each, body) for each in in_order(call, found)]
        return present.listed(call, shown)

    return answer


HANDLERS: dict[str, Handler] = {
    f"GET {LABELS}": list_labels,
    "GET /wiki/api/v2/spaces/{id}/labels": list_of_space,
    "GET /wiki/api/v2/spaces/{id}/content/labels": list_in_space,
    **{f"GET {LABELS}/{{id}}/{root}": lister(kind) for root, kind in ROOTS.items()},
}
