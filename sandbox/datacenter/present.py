"""Content, spaces and people as Data Center shows them, with what `expand` adds."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

from sandbox.atlassian import cql_fields, tiny
from sandbox.atlassian.moments import iso
from sandbox.atlassian.people import Account
from sandbox.atlassian.wiki import Content, Space, Version
from sandbox.datacenter import bodies, people
from sandbox.datacenter.call import Call, listed

Shown = dict[str, Any]
COMMENTS = ("footer-comment", "inline-comment")
CHILDREN = {"page": ("page",), "comment": COMMENTS, "attachment": ("attachment",)}


def person(call: Call, who: Account) -> Shown:
    """A person: by username and user key, never by account id; no e-mail."""
    return {
        "type": "known",
        "username": who.name,
        "userKey": who.account_id,
        "profilePicture": {
            "path": "/confluence/images/icons/profilepics/default.svg",
            "width": 48,
            "height": 48,
            "isDefault": True,
        },
        "displayName": who.display_name,
        "_links": {"self": f"{call.base}/rest/api/user?key={who.account_id}"},
        "_expandable": {"status": ""},
    }


def group(call: Call, name: str) -> Shown:
    """A group."""
    return {
        "type": "group",
        "name": name,
        "_links": {"self": f"{call.base}/rest/api/group/{quote(name)}"},
    }


def space(call: Call, held: Space, wanted: Sequence[str] = ()) -> Shown:
    """A space."""
    address = f"/rest/api/space/{held.key}"
    shown: Shown = {
        "id": held.id,
        "key": held.key,
        "name": held.name,
        "status": "CURRENT",
        "type": held.kind,
        "_links": {"webui": f"/spaces/{held.key}", "self": f"{call.base}{address}"},
        "_expandable": {"metadata": "", "icon": "", "description": "", "homepage": ""},
    }
    for name in wanted:
        head = name.partition(".")[0]
        if head == "description":
            value = {"value": held.description, "representation": "plain", "embeddedContent": []}
            shown["description"] = {"plain": value}
            del shown["_expandable"]["description"]
        if head == "homepage" and held.homepage is not None:
            home = call.wiki.contents.get(held.homepage)
            if home is not None and call.wiki.sees(call.me, home):
                shown["homepage"] = content(call, home)
    return shown


def version(call: Call, held: Version) -> Shown:
    """One version."""
    return {
        "by": person(call, people.BY_KEY[held.author]),
        "when": iso(held.created),
        "message": held.message,
        "number": held.number,
        "minorEdit": held.minor,
        "hidden": False,
    }


def content(call: Call, held: Content, wanted: Sequence[str] = ()) -> Shown:
    """A page, blog post, comment or attachment, with the parts that are *wanted*."""
    asked = grouped(wanted)
    shown: Shown = {
        "id": str(held.id),
        "type": cql_fields.kind_of(held),
        "status": held.status,
        "title": held.title,
        "extensions": extensions(held),
        "_links": links(call, held),
        "_expandable": {
            name: f"/rest/api/content/{held.id}/history" if name == "history" else ""
            for name in EXPANSIONS
            if name not in asked
        },
    }
    for head, rest in asked.items():
        if head in EXPANSIONS:
            shown[head] = EXPANSIONS[head](call, held, rest)
    return shown


def grouped(wanted: Iterable[str]) -> dict[str, list[str]]:
    """`body.view, body.storage, version` by what stands before the first dot."""
    found: dict[str, list[str]] = {}
    for each in wanted:
        head, _, rest = each.partition(".")
        found.setdefault(head, []).extend([rest] if rest else [])
    return found


def extensions(held: Content) -> Shown:
    """What each kind has of its own."""
    if held.kind == "attachment":
        facts = {"mediaType": held.extra["media_type"], "fileSize": held.extra["size"]}
        return {**facts, "comment": held.latest.message}
    if held.kind == "inline-comment":
        place = {
            "markerRef": held.extra.get("marker", ""),
            "originalSelection": held.extra.get("selection", ""),
        }
        return {"location": "inline", "inlineProperties": place, "resolution": {"status": "open"}}
    if held.kind in COMMENTS:
        return {"location": "footer"}
    return {"position": held.position if held.kind == "page" else "none"}


def webui(call: Call, held: Content) -> str:
    """Where a browser shows it, below `_links.base`."""
    page = call.wiki.container(held)
    key = call.wiki.spaces[page.space].key
    address = f"/spaces/{key}/pages/{page.id}/{quote_plus(page.title)}"
    if held.kind in COMMENTS:
        return f"{address}?focusedCommentId={held.id}#comment-{held.id}"
    return address


def links(call: Call, held: Content) -> Shown:
    """Where it is."""
    found = {"webui": webui(call, held), "self": f"{call.base}/rest/api/content/{held.id}"}
    if held.kind == "attachment":
        page, latest = held.extra["container"], held.latest
        at = f"version={latest.number}&modificationDate={int(latest.created * 1000)}&api=v2"
        found["download"] = f"/download/attachments/{page}/{quote(held.title)}?{at}"
        return found
    if held.kind == "page":
        found["edit"] = f"/pages/resumedraft.action?draftId={held.id}"
        found["tinyui"] = f"/x/{tiny.encode(held.id)}"
    return found


def history(call: Call, held: Content, wanted: Sequence[str] = ()) -> Shown:
    """Who made it and when, and the last change where it is asked for."""
    shown: Shown = {
        "latest": held.status == "current",
        "createdBy": person(call, people.BY_KEY[held.author]),
        "createdDate": iso(held.created),
        "_links": {"self": f"{call.base}/rest/api/content/{held.id}/history"},
        "_expandable": {"lastUpdated": "", "previousVersion": "", "contributors": ""},
    }
    if "lastUpdated" in wanted:
        shown["lastUpdated"] = version(call, held.latest)
    if "previousVersion" in wanted and len(held.versions) > 1:
        shown["previousVersion"] = version(call, held.versions[-2])
    return shown


def label(name: str, number: int) -> Shown:
    """A label."""
    return {"prefix": "global", "name": name, "id": str(number), "label": name}


def labels(held: Content) -> list[Shown]:
    """All labels; an id is no more than a place in this content's list."""
    return [label(name, held.id + place) for place, name in enumerate(held.labels, start=1)]


def restriction(call: Call, held: Content, operation: str) -> Shown:
    """Who alone may `read` or `update`; nobody named means everybody who may in the space."""
    names, groups = named(held, operation)
    address = f"/rest/api/content/{held.id}/restriction/byOperation/{operation}"
    return {
        "operation": operation,
        "restrictions": {
            "user": listed([person(call, people.BY_KEY[each]) for each in names]),
            "group": listed([group(call, each) for each in groups]),
        },
        "_links": {"self": f"{call.base}{address}"},
        "_expandable": {"content": f"/rest/api/content/{held.id}"},
    }


def named(held: Content, operation: str) -> tuple[list[str], list[str]]:
    """User keys and groups that a restriction names."""
    if operation == "read":
        return held.readers, held.reader_groups
    return held.editors, held.editor_groups


def expand_container(call: Call, held: Content, wanted: Sequence[str]) -> Shown:
    """A page's space; the page of a comment or an attachment."""
    page = call.wiki.container(held)
    if page is held:
        return space(call, call.wiki.spaces[held.space])
    return content(call, page, wanted)


def expand_body(_call: Call, held: Content, wanted: Sequence[str]) -> Shown:
    """The representations that are asked for."""
    value = held.latest.body.value
    return {
        name: {"value": bodies.written(value, name), "representation": name}
        for name in wanted
        if name in bodies.REPRESENTATIONS
    }


def expand_metadata(_call: Call, held: Content, wanted: Sequence[str]) -> Shown:
    """Labels, and a file's facts."""
    shown: Shown = {"labels": listed(labels(held))} if "labels" in wanted else {}
    if held.kind == "attachment":
        shown["mediaType"] = held.extra["media_type"]
        shown["comment"] = held.latest.message
    return shown


def expand_children(call: Call, held: Content, wanted: Sequence[str]) -> Shown:
    """What hangs on it, by kind."""
    return {
        name: listed([content(call, each, rest) for each in children(call, held, name)])
        for name, rest in grouped(wanted).items()
        if name in CHILDREN
    }


def children(call: Call, held: Content, kind: str) -> list[Content]:
    """Pages below, or comments or files on it, that the caller sees."""
    if kind == "page":
        below = [each for each in call.wiki.children(held) if each.status == "current"]
        return call.seen(below)
    return call.wiki.hanging(held, *CHILDREN[kind])


Expansion = Callable[[Call, Content, Sequence[str]], Any]
EXPANSIONS: dict[str, Expansion] = {
    "space": lambda call, held, wanted: space(call, call.wiki.spaces[held.space], wanted),
    "version": lambda call, held, _wanted: version(call, held.latest),
    "history": history,
    "ancestors": lambda call, held, wanted: [
        content(call, each, wanted) for each in call.wiki.ancestors(held)
    ],
    "container": expand_container,
    "body": expand_body,
    "metadata": expand_metadata,
    "children": expand_children,
    "restrictions": lambda call, held, wanted: {
        name: restriction(call, held, name)
        for name in grouped(wanted)
        if name in ("read", "update")
    },
}
