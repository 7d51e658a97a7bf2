"""REST v2: the tree, versions and labels of content; spaces; people."""

from collections.abc import Sequence
from typing import Any

from sandbox.atlassian import documents, people, present
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.wiki import FULL, Content, id_of

SPACES = "/wiki/api/v2/spaces"
PAGES = "/wiki/api/v2/pages"
SPACE_SORTS = {
    "id": lambda held: held.id,
    "key": lambda held: held.key,
    "name": lambda held: held.name,
}
VERSIONED = {"footer-comment": "comment", "inline-comment": "comment"}
RIGHTS = {"read": "read", "create": "create", "delete": "delete", "administer": "administer"}


def children_of(call: Call, content: Content) -> list[Content]:
    """Pages below that the caller sees."""
    return [each for each in call.wiki.children(content) if call.wiki.sees(call.me, each)]


def list_children(call: Call) -> Answer:
    """GET /pages/{id}/direct-children and the older /children."""
    typed = call.operation.path.endswith("/direct-children")
    found = children_of(call, call.content("id", "page"))
    return present.listed(call, [child(each, typed=typed) for each in found])


def child(content: Content, *, typed: bool) -> dict[str, Any]:
    """A page below another."""
    shown: dict[str, Any] = {
        "id": str(content.id),
        "status": content.status,
        "title": content.title,
        "spaceId": str(content.space),
        "childPosition": content.position,
    }
    return {**shown, "type": "page"} if typed else shown


def list_ancestors(call: Call) -> Answer:
    """GET /pages/{id}/ancestors, from the top down."""
    found = call.wiki.ancestors(call.content("id", "page"))
    return present.listed(call, [{"id": str(each.id), "type": "page"} for each in found])


def list_descendants(call: Call) -> Answer:
    """GET /pages/{id}/descendants."""
    content = call.content("id", "page")
    depth = call.whole("depth", 2)
    found = [
        {
            "id": str(each.id),
            "status": each.status,
            "title": each.title,
            "type": "page",
            "parentId": str(each.parent),
            "depth": distance,
            "childPosition": each.position,
        }
        for each, distance in call.wiki.descendants(content, depth)
        if call.wiki.sees(call.me, each)
    ]
    return present.listed(call, found)


def kind_in(call: Call) -> str:
    """The kind of content that the path names: `/wiki/api/v2/pages/…` is about a page."""
    return call.operation.path.split("/")[4].removesuffix("s")


def list_versions(call: Call) -> Answer:
    """GET /pages/{id}/versions, the newest first unless asked otherwise."""
    content = call.content("id", kind_in(call))
    representation = call.query.get("body-format", "")
    newest_first = call.query.get("sort", "-modified-date").startswith("-")
    found = sorted(content.versions, key=lambda each: each.number, reverse=newest_first)
    shown = []
    for each in found:
        version = present.version_of(each)
        if representation:
            body = documents.as_asked(each.body, representation)
            held = {"title": each.title, "id": str(content.id), "body": body}
            version[VERSIONED.get(content.kind, content.kind)] = held
        shown.append(version)
    return present.listed(call, shown)


def version_getter(name: str) -> Handler:
    """GET /pages/{page-id}/versions/{version-number}."""

    def answer(call: Call) -> Answer:
        content = call.content(name, kind_in(call))
        number = call.number("version_number")
        found = [each for each in content.versions if each.number == number]
        if not found:
            raise call.missing("Version")
        shown = present.version_of(found[0]) | {"collaborators": [found[0].author]}
        if number > 1:
            shown["prevVersion"] = number - 1
        if number < content.latest.number:
            shown["nextVersion"] = number + 1
        return Answer(shown, cost=2)

    return answer


def list_labels(call: Call) -> Answer:
    """GET /…/{id}/labels."""
    content = call.content("id", "page", "blogpost", "attachment")
    found = content.labels if call.query.get("prefix", "global") == "global" else []
    return present.listed(call, [present.label(each) for each in found], weight=0)


def list_spaces(call: Call) -> Answer:
    """GET /spaces: keys are matched exactly."""
    keys, ids = call.several("keys"), call.several("ids")
    kind, status = call.query.get("type"), call.query.get("status", "current")
    star = call.query.get("favorited-by")
    found = [
        each
        for each in call.wiki.spaces.values()
        if call.wiki.may(call.me, "read", each)
        and (not keys or each.key in keys)
        and (not ids or str(each.id) in ids)
        and kind in (None, each.kind)
        and each.status == status
        and (star is None or star in each.starred)
    ]
    said = call.query.get("sort", "id")
    found.sort(key=SPACE_SORTS.get(said.removeprefix("-"), SPACE_SORTS["id"]))
    if said.startswith("-"):
        found.reverse()
    return present.listed(call, [present.space(call, each) for each in found])


def get_space(call: Call) -> Answer:
    """GET /spaces/{id}."""
    space = call.space(call.number("id"))
    shown = present.space(call, space)
    if call.flag("include-operations"):
        shown["operations"] = present.some(space_operations(call))
    return Answer(present.with_base(call, shown), cost=2)


def space_operations(call: Call) -> list[dict[str, Any]]:
    """What the caller may do in the space."""
    space = call.space(call.number("id"))
    rights = [right for right in FULL if call.wiki.may(call.me, right, space)]
    return [{"operation": key, "targetType": target} for key, target in operations_of(rights)]


def operations_of(rights: Sequence[str]) -> list[tuple[str, str]]:
    """What these rights are in the contract's words: operations, and on what."""
    return [
        (right, target)
        for right in rights
        if right in RIGHTS
        for target in (("space",) if right in ("read", "administer") else ("page", "blogpost"))
    ]


def get_space_operations(call: Call) -> Answer:
    """GET /spaces/{id}/operations."""
    return Answer({"operations": space_operations(call)}, cost=2)


def list_permissions(call: Call) -> Answer:
    """GET /spaces/{id}/permissions: groups stand before people, each costs two points."""
    space = call.space(call.number("id"))
    holders = [("group", *each) for each in space.groups.items()]
    holders += [("user", *each) for each in space.rights.items()]
    held = [
        (kind, holder, *operation)
        for kind, holder, rights in holders
        for operation in operations_of(rights)
    ]
    found = [
        {
            "id": str(number),
            "principal": {"type": kind, "id": holder},
            "operation": {"key": key, "targetType": target},
        }
        for number, (kind, holder, key, target) in enumerate(held, start=space.id * 1000)
    ]
    return present.listed(call, found, weight=2)


def look_up_people(call: Call) -> Answer:
    """POST /users-bulk: those of this site, without their e-mail."""
    sent = call.document().get("accountIds")
    wanted = sent if isinstance(sent, list) else []
    found = [
        people.BY_ID[each]
        for each in wanted
        if each in people.BY_ID and call.wiki.cloud_id in people.BY_ID[each].sites
    ]
    shown = [person(each) for each in found]
    return Answer({"results": shown, "_links": {"base": call.base}}, cost=1 + 2 * len(shown))


def person(account: people.Account) -> dict[str, Any]:
    """A user; the e-mail is hidden, as most profiles hide it."""
    return {
        "displayName": account.display_name,
        "timeZone": account.zone,
        "isExternalCollaborator": account.name == "gus",
        "accountStatus": "active",
        "accountId": account.account_id,
        "email": "",
        "accountType": account.kind,
        "publicName": account.display_name,
        "profilePicture": {"path": "/wiki/aa-avatar/" + account.name, "isDefault": True},
    }


def tell_types(call: Call) -> Answer:
    """POST /content/convert-ids-to-types: null for what the caller doesn't see."""
    sent = call.document().get("contentIds")
    wanted = [str(each) for each in sent] if isinstance(sent, list) else []
    found = {}
    for each in wanted:
        content = call.wiki.contents.get(id_of(each))
        if content is not None and call.wiki.sees(call.me, content):
            found[each] = content.kind
    return Answer({"results": found}, cost=1 + len(found))


def versions(root: str, name: str) -> dict[str, Handler]:
    """The versions of content."""
    path = f"/wiki/api/v2/{root}"
    held = name.replace("-", "_")
    return {
        f"GET {path}/{{id}}/versions": list_versions,
        f"GET {path}/{{{name}}}/versions/{{version-number}}": version_getter(held),
    }


HANDLERS: dict[str, Handler] = {
    **versions("pages", "page-id"),
    **versions("blogposts", "blogpost-id"),
    **versions("footer-comments", "id"),
    **versions("inline-comments", "id"),
    **versions("attachments", "attachment-id"),
    **{
        f"GET /wiki/api/v2/{root}/{{id}}/labels": list_labels
        for root in ("pages", "blogposts", "attachments")
    },
    f"GET {PAGES}/{{id}}/children": list_children,
    f"GET {PAGES}/{{id}}/direct-children": list_children,
    f"GET {PAGES}/{{id}}/ancestors": list_ancestors,
    f"GET {PAGES}/{{id}}/descendants": list_descendants,
    f"GET {SPACES}": list_spaces,
    f"GET {SPACES}/{{id}}": get_space,
    f"GET {SPACES}/{{id}}/operations": get_space_operations,
    f"GET {SPACES}/{{id}}/permissions": list_permissions,
    "POST /wiki/api/v2/users-bulk": look_up_people,
    "POST /wiki/api/v2/content/convert-ids-to-types": tell_types,
}
