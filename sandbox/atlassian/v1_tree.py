"""REST v1: pages moved and copied, and earlier versions brought back."""

from dataclasses import replace
from typing import Any

from sandbox.atlassian import documents
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.refusals import TITLE_TAKEN, Refusal, v1_refusal
from sandbox.atlassian.v1_present import EXPANSIONS, v1_content, v1_version
from sandbox.atlassian.wiki import CREATE, DELETE, READ, Body, Content, Space, Version

CONTENT = "/wiki/rest/api/content"
POSITIONS = ("before", "after", "append")
MAX_TITLE = 255
BAD_REQUEST = "com.atlassian.confluence.api.service.exceptions.BadRequestException: "
WHEN_COPIED = ("space", "history", "version")
Sent = dict[str, Any]


def bad(words: str) -> Refusal:
    """400 as v1 words it."""
    return v1_refusal(400, BAD_REQUEST + words)


def move_page(call: Call) -> Answer:
    """PUT /content/{pageId}/move/{position}/{targetId}, to another space too."""
    page, target = call.content("pageId", "page"), call.content("targetId", "page")
    position = call.path["position"]
    if position not in POSITIONS:
        raise bad(f"Invalid position: {position[:50]}")
    require_movable(call, page, target)
    parent = target.id if position == "append" else target.parent
    require_room(call, page, call.wiki.spaces[target.space])
    beside = None if position == "append" else target
    put(call, page, parent, beside, after=position == "after")
    call.wiki.rehouse(page, target.space)
    return Answer({"pageId": str(page.id)})


def require_movable(call: Call, page: Content, target: Content) -> None:
    """400 for a loop, an archived page or a homepage; 403 where the caller may not take it."""
    old, new = call.wiki.spaces[page.space], call.wiki.spaces[target.space]
    if page is target or page in call.wiki.ancestors(target):
        raise bad("The move would create a parent-child loop")
    if "archived" in (page.status, target.status):
        raise bad("Archived pages can't be moved or moved to")
    if old.homepage == page.id:
        raise bad("The homepage of a space can't be moved")
    takes = call.wiki.may(call.me, DELETE, old) if old is not new else True
    if not takes or not call.wiki.edits(call.me, page):
        raise v1_refusal(403, "Not permitted to remove the page from its place")
    if not call.wiki.may(call.me, CREATE, new):
        raise v1_refusal(403, "Not permitted to create a page in the target space")


def require_room(call: Call, page: Content, space: Space) -> None:
    """400 where a title of what moves is taken in another space."""
    if page.space == space.id:
        return
    below = [each for each, _ in call.wiki.descendants(page)]
    if any(call.wiki.title_taken(space.id, each.title, "page") for each in (page, *below)):
        raise bad(TITLE_TAKEN)


def put(
    call: Call, page: Content, parent: int | None, beside: Content | None, *, after: bool
) -> None:
    """Below *parent*: the last of its children, or next to one of them."""
    space = beside.space if beside is not None else None
    siblings = [
        each
        for each in call.wiki.contents.values()
        if each.kind == "page" and each.parent == parent and each is not page
        if parent is not None or each.space == space
    ]
    siblings.sort(key=lambda each: each.position)
    place = len(siblings) if beside is None else siblings.index(beside) + after
    siblings.insert(place, page)
    page.parent = parent
    for position, each in enumerate(siblings):
        each.position = position


def copy_page(call: Call) -> Answer:
    """POST /content/{id}/copy."""
    source, sent = call.content("id", "page"), call.document()
    destination = sent.get("destination")
    if not isinstance(destination, dict):
        raise bad("destination is required")
    kind, value = destination.get("type"), str(destination.get("value", ""))
    if kind == "existing_page":
        made = write_over(call, source, sent, value)
    elif kind in ("space", "parent_page"):
        parent = found_page(call, value) if kind == "parent_page" else None
        space = call.wiki.spaces[parent.space] if parent else named_space(call, value)
        made = new_copy(call, source, sent, (space, parent))
    else:
        raise bad("destination.type is invalid")
    carry_along(call, source, made, sent)
    return Answer(shown(call, made), charset="utf-8")


def shown(call: Call, made: Content) -> dict[str, Any]:
    """The copy, with the usual parts where no others are asked for."""
    if "expand" in call.query:
        return v1_content(call, made)
    return v1_content(call, made) | {name: EXPANSIONS[name](call, made) for name in WHEN_COPIED}


def found_page(call: Call, said: str) -> Content:
    """A published page that the caller sees, by its id; 404 otherwise."""
    return replace(call, path={"id": said}).content("id", "page")


def named_space(call: Call, key: str) -> Space:
    """A space that the caller sees, by its key; 404 otherwise."""
    space = call.wiki.space_by_key(key)
    if space is None or not call.wiki.may(call.me, READ, space):
        raise v1_refusal(404, "No space found")
    return space


def title_of(source: Content, sent: Sent) -> str:
    """The title that was sent, or the page's own."""
    title = str(sent.get("pageTitle") or source.title).strip()
    if not title or len(title) > MAX_TITLE:
        raise bad(f"A title has 1 to {MAX_TITLE} characters")
    return title


def body_of(source: Content, sent: Sent) -> Body:
    """The body that was sent, or the page's own."""
    said = sent.get("body")
    held = (said.get("storage") or said.get("editor2")) if isinstance(said, dict) else None
    if not isinstance(held, dict):
        return source.latest.body
    try:
        return documents.accepted("storage", str(held.get("value", "")))
    except Refusal as refused:
        raise bad(str(refused.body["errors"][0]["title"])) from refused


def new_copy(
    call: Call, source: Content, sent: Sent, place: tuple[Space, Content | None]
) -> Content:
    """A page of the caller's, below another or at the top of a space."""
    space, parent = place
    if not call.wiki.may(call.me, CREATE, space):
        raise v1_refusal(403, "Not permitted to create a page there")
    title, body = title_of(source, sent), body_of(source, sent)
    if call.wiki.title_taken(space.id, title, "page"):
        raise bad(TITLE_TAKEN)
    first = Version(1, call.me, call.now, title, body)
    above = parent.id if parent else None
    who, number = call.me, call.wiki.new_id()
    made = Content(number, "page", space.id, "current", who, call.now, [first], above)
    return call.wiki.add(made)


def write_over(call: Call, source: Content, sent: Sent, said: str) -> Content:
    """A new version of a page that is there."""
    made = found_page(call, said)
    if not call.wiki.edits(call.me, made):
        raise v1_refusal(403, "Not permitted to update the page")
    title, body = title_of(source, sent), body_of(source, sent)
    if call.wiki.title_taken(made.space, title, "page", but=made.id):
        raise bad(TITLE_TAKEN)
    made.versions.append(Version(made.latest.number + 1, call.me, call.now, title, body))
    return made


def carry_along(call: Call, source: Content, made: Content, sent: Sent) -> None:
    """Labels, properties, restrictions and files, each only where it is asked for."""
    if sent.get("copyLabels"):
        made.labels = list(dict.fromkeys([*made.labels, *source.labels]))
    if sent.get("copyPermissions"):
        made.readers, made.editors = list(source.readers), list(source.editors)
        made.reader_groups = list(source.reader_groups)
        made.editor_groups = list(source.editor_groups)
    if sent.get("copyProperties"):
        kept = [each for each in source.properties if each.key not in keys_of(made)]
        made.properties += [replace(each, id=call.wiki.new_id(), number=1) for each in kept]
    if sent.get("copyAttachments"):
        copy_files(call, source, made)


def keys_of(content: Content) -> set[str]:
    """The keys of its properties."""
    return {each.key for each in content.properties}


def copy_files(call: Call, source: Content, made: Content) -> None:
    """Every file in its last version."""
    for each in list(call.wiki.contents.values()):
        held = each.kind == "attachment" and each.status == "current"
        if held and each.extra["container"] == source.id:
            version = Version(1, call.me, call.now, each.title, documents.EMPTY)
            extra = {**each.extra, "container": made.id}
            new = Content(
                call.wiki.new_id(),
                "attachment",
                made.space,
                "current",
                call.me,
                call.now,
                [version],
                extra=extra,
            )
            call.wiki.add(new)


def restore_version(call: Call) -> Answer:
    """POST /content/{id}/version: an earlier version once more, as the latest."""
    found, sent = call.wiki.contents.get(call.number("id")), call.document()
    params = sent.get("params")
    if found is None or found.status != "current" or not call.wiki.sees(call.me, found):
        raise bad("There is no content with the given ID")
    if not call.wiki.edits(call.me, found):
        raise v1_refusal(403, "Not permitted to edit this content")
    if sent.get("operationKey") != "restore" or not isinstance(params, dict):
        raise bad("Only the operation restore is known, and it takes params")
    number = params.get("versionNumber")
    earlier = next((each for each in found.versions[:-1] if each.number == number), None)
    if earlier is None:
        raise bad(f"There is no earlier version {str(number)[:20]}")
    title = earlier.title if params.get("restoreTitle") else found.title
    if call.wiki.title_taken(found.space, title, found.kind, but=found.id):
        raise bad(TITLE_TAKEN)
    message = str(params.get("message", ""))
    number = found.latest.number + 1
    found.versions.append(Version(number, call.me, call.now, title, earlier.body, message))
    return Answer(v1_version(found))


HANDLERS: dict[str, Handler] = {
    f"PUT {CONTENT}/{{pageId}}/move/{{position}}/{{targetId}}": move_page,
    f"POST {CONTENT}/{{id}}/copy": copy_page,
    f"POST {CONTENT}/{{id}}/version": restore_version,
}
