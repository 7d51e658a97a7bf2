"""Spaces with their permissions, people, groups, and the server itself."""

from typing import Any

from sandbox.atlassian.call import Answer
from sandbox.atlassian.people import Account
from sandbox.atlassian.wiki import ADMINISTER, COMMENT, CREATE, DELETE, READ, Space
from sandbox.datacenter import people, present
from sandbox.datacenter.call import Call, Handler
from sandbox.datacenter.content import KINDS, expansions
from sandbox.datacenter.refusals import refusal

VERSION, BUILD = "9.2.4", 9113
SPACE = "/rest/api/space"
PERMISSIONS = f"{SPACE}/{{spaceKey}}/permissions"
OPERATIONS = {
    READ: (("read", "space"),),
    CREATE: (("create", "page"), ("create", "blogpost"), ("create", "attachment")),
    DELETE: (("delete", "page"), ("delete", "blogpost"), ("delete", "attachment")),
    COMMENT: (("create", "comment"),),
    ADMINISTER: (("administer", "space"),),
}


def list_spaces(call: Call) -> Answer:
    """GET /space by key, type and status."""
    keys = {each.casefold() for each in call.query.getall("spaceKey", [])}
    kind = call.query.get("type", "")
    found = [
        each
        for each in call.wiki.spaces.values()
        if call.wiki.may(call.me, READ, each)
        and (not keys or each.key.casefold() in keys)
        and kind in ("", each.kind)
        and call.query.get("status", "current").casefold() == each.status
    ]
    wanted = call.several("expand")
    return Answer(call.sheet(found, lambda each: present.space(call, each, wanted)))


def get_space(call: Call) -> Answer:
    """GET /space/{spaceKey}."""
    space = call.space_named(call.path["spaceKey"])
    return Answer(present.space(call, space, call.several("expand")))


def list_in_space(call: Call) -> Answer:
    """GET /space/{spaceKey}/content/{type}; `depth=root` is the top alone."""
    space, kind = call.space_named(call.path["spaceKey"]), call.path["type"]
    if kind not in KINDS:
        raise refusal(400, f"Unsupported content type: {kind[:50]}")
    top = call.query.get("depth", "all") == "root"
    found = [
        each
        for each in call.seen(call.wiki.contents.values())
        if each.space == space.id and each.kind == kind and each.status == "current"
    ]
    kept = [each for each in found if not top or each.parent is None]
    wanted = expansions(call)
    return Answer(call.sheet(kept, lambda each: present.content(call, each, wanted)))


def space_to_administer(call: Call) -> Space:
    """A space whose permissions the caller may look at."""
    space = call.space_named(call.path["spaceKey"])
    if not call.wiki.may(call.me, ADMINISTER, space):
        raise refusal(403, f"User is not an administrator of the space {space.key}")
    return space


def list_permissions(call: Call) -> Answer:
    """GET …/permissions: all of them, an array without paging."""
    space = space_to_administer(call)
    groups = [each for name in call.wiki.groups for each in of_group(call, space, name)]
    single = [each for who in people.PEOPLE for each in of_person(call, space, who)]
    return Answer([*groups, *single])


def list_group_permissions(call: Call) -> Answer:
    """GET …/permissions/group/{groupName}."""
    space, name = space_to_administer(call), call.path["groupName"]
    require_group(call, name)
    return Answer(of_group(call, space, name))


def list_user_permissions(call: Call) -> Answer:
    """GET …/permissions/user/{userKey}: what is given to them by name, not by their groups."""
    space = space_to_administer(call)
    who = people.BY_KEY.get(call.path["userKey"])
    if who is None:
        raise refusal(404, "No user found with this key")
    return Answer(of_person(call, space, who))


def of_group(call: Call, space: Space, name: str) -> list[dict[str, Any]]:
    """What a space gives a group."""
    given = [right for right in OPERATIONS if right in space.groups.get(name, ())]
    return permissions(space, given, present.group(call, name))


def of_person(call: Call, space: Space, who: Account) -> list[dict[str, Any]]:
    """What a space gives a person by name."""
    given = [right for right in OPERATIONS if right in space.rights.get(who.account_id, ())]
    return permissions(space, given, present.person(call, who))


def permissions(space: Space, rights: list[str], subject: dict[str, Any]) -> list[dict[str, Any]]:
    """Rights as operations on targets."""
    return [
        {
            "operation": {"operationKey": key, "targetType": target},
            "subject": subject,
            "spaceKey": space.key,
            "spaceId": space.id,
        }
        for right in rights
        for key, target in OPERATIONS[right]
    ]


def get_current_user(call: Call) -> Answer:
    """GET /user/current."""
    return Answer(present.person(call, call.account))


def get_user(call: Call) -> Answer:
    """GET /user by `username` or `key`."""
    return Answer(present.person(call, asked_person(call)))


def asked_person(call: Call) -> Account:
    """The person in the query."""
    name, key = call.query.get("username"), call.query.get("key")
    if name is None and key is None:
        raise refusal(400, "A username or a key is required")
    found = (
        people.BY_NAME.get(name.casefold()) if name is not None else people.BY_KEY.get(key or "")
    )
    if found is None:
        raise refusal(
            404, f"No user found with {'username' if name else 'key'}: {name or key}"[:90]
        )
    return found


def list_groups_of_user(call: Call) -> Answer:
    """GET /user/memberof."""
    names = [each.name for each in call.wiki.groups_of(asked_person(call).account_id)]
    return Answer(call.sheet(names, lambda each: present.group(call, each), usual=200))


def list_groups(call: Call) -> Answer:
    """GET /group."""
    names = sorted(call.wiki.groups)
    return Answer(call.sheet(names, lambda each: present.group(call, each), usual=200))


def require_group(call: Call, name: str) -> None:
    """404 for a group that isn't there."""
    if name not in call.wiki.groups:
        raise refusal(404, f"No group found with name: {name[:50]}")


def get_group(call: Call) -> Answer:
    """GET /group/{groupName}."""
    require_group(call, call.path["groupName"])
    return Answer(present.group(call, call.path["groupName"]))


def list_members(call: Call) -> Answer:
    """GET /group/{groupName}/member."""
    require_group(call, call.path["groupName"])
    held = [people.BY_KEY[each] for each in call.wiki.groups[call.path["groupName"]].members]
    return Answer(call.sheet(held, lambda each: present.person(call, each), usual=200))


def get_server_information(call: Call) -> Answer:
    """GET /server-information."""
    return Answer(
        {
            "baseUrl": call.base,
            "version": VERSION,
            "buildNumber": BUILD,
            "marketplaceBuildNumber": BUILD,
            "buildDate": "2025-05-05",
        }
    )


def get_access_mode(_call: Call) -> Answer:
    """GET /accessmode: bare text in JSON."""
    return Answer("READ_WRITE")


HANDLERS: dict[str, Handler] = {
    f"GET {SPACE}": list_spaces,
    f"GET {SPACE}/{{spaceKey}}": get_space,
    f"GET {SPACE}/{{spaceKey}}/content/{{type}}": list_in_space,
    f"GET {PERMISSIONS}": list_permissions,
    f"GET {PERMISSIONS}/group/{{groupName}}": list_group_permissions,
    f"GET {PERMISSIONS}/user/{{userKey}}": list_user_permissions,
    "GET /rest/api/user/current": get_current_user,
    "GET /rest/api/user": get_user,
    "GET /rest/api/user/memberof": list_groups_of_user,
    "GET /rest/api/group": list_groups,
    "GET /rest/api/group/{groupName}": get_group,
    "GET /rest/api/group/{groupName}/member": list_members,
    "GET /rest/api/server-information": get_server_information,
    "GET /rest/api/accessmode": get_access_mode,
}
