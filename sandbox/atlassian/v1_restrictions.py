"""REST v1: who alone may read or update a page or blog post, and changes of that."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.atlassian import people
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.refusals import v1_refusal
from sandbox.atlassian.v1_present import v1_group, v1_user
from sandbox.atlassian.v1_search import here
from sandbox.atlassian.wiki import Content

RESTRICTION = "/wiki/rest/api/content/{id}/restriction"
BY_OPERATION = f"{RESTRICTION}/byOperation"
USER = f"{BY_OPERATION}/{{operationKey}}/user"
GROUP = f"{BY_OPERATION}/{{operationKey}}/byGroupId/{{groupId}}"
KINDS = ("page", "blogpost")
OPERATIONS = ("read", "update")
LOCKED_OUT = "Restrictions can't be changed so that you lose your own access to the content"


@dataclass
class Named:
    """Accounts and groups of one operation, by id; nobody means everybody in the space."""

    users: list[str]
    groups: list[str]

    def add(self, other: "Named") -> None:
        """Those of *other* too, nobody twice."""
        self.users = list(dict.fromkeys([*self.users, *other.users]))
        self.groups = list(dict.fromkeys([*self.groups, *other.groups]))


Held = dict[str, Named]


def held_by(content: Content) -> Held:
    """What is there now, by operation."""
    return {
        "read": Named(list(content.readers), list(content.reader_groups)),
        "update": Named(list(content.editors), list(content.editor_groups)),
    }


def keep(call: Call, content: Content, wanted: Held) -> None:
    """Put *wanted* in place of what was there.

    Raises:
        Refusal: 400, the caller would be shut out, as Data Center's description forbids; that of
            Cloud doesn't say.
    """
    mine = {group.id for group in call.wiki.groups_of(call.me)}
    for named in wanted.values():
        shut = (named.users or named.groups) and call.me not in named.users
        if shut and mine.isdisjoint(named.groups):
            raise v1_refusal(400, LOCKED_OUT)
    content.readers, content.reader_groups = wanted["read"].users, wanted["read"].groups
    content.editors, content.editor_groups = wanted["update"].users, wanted["update"].groups


def shown(call: Call, content: Content, operation: str) -> dict[str, Any]:
    """One operation's restriction."""
    named = held_by(content)[operation]
    users = [v1_user(people.BY_ID[each]) for each in named.users]
    groups = [v1_group(call.wiki.groups[each]) for each in named.groups]
    return {
        "operation": operation,
        "restrictions": {
            "user": {"results": users, "start": 0, "limit": 200, "size": len(users)},
            "group": {"results": groups, "start": 0, "limit": 200, "size": len(groups)},
        },
        "_expandable": {"content": f"/rest/api/content/{content.id}"},
        "_links": {"self": f"{call.base}/rest/api/content/{content.id}/restriction/byOperation"},
    }


def cost_of(content: Content) -> int:
    """Two points for each person or group that is named."""
    held = held_by(content).values()
    return 1 + 2 * sum(len(named.users) + len(named.groups) for named in held)


def listed(call: Call, content: Content) -> dict[str, Any]:
    """Both operations: the content's own restrictions, not what it inherits."""
    found = [shown(call, content, each) for each in OPERATIONS]
    said = f"{[(each['operation'], each['restrictions']) for each in found]}".encode()
    return {
        "results": found,
        "start": 0,
        "limit": 100,
        "size": len(found),
        "restrictionsHash": hashlib.sha256(said).hexdigest()[:16],
        "_links": {"base": call.base, "context": "/wiki"},
    }


def list_restrictions(call: Call) -> Answer:
    """GET /content/{id}/restriction."""
    content = call.content("id", *KINDS)
    return Answer(listed(call, content), cost=cost_of(content))


def list_by_operation(call: Call) -> Answer:
    """GET /content/{id}/restriction/byOperation."""
    content = call.content("id", *KINDS)
    found = {each: shown(call, content, each) for each in OPERATIONS}
    return Answer({**found, "_links": {"base": call.base}}, cost=cost_of(content))


def operation_of(call: Call) -> str:
    """The operation in the path, or 404."""
    operation = call.path["operationKey"]
    if operation not in OPERATIONS:
        raise v1_refusal(404, "No such operation")
    return operation


def get_restriction(call: Call) -> Answer:
    """GET /content/{id}/restriction/byOperation/{operationKey}."""
    operation, content = operation_of(call), call.content("id", *KINDS)
    return Answer(shown(call, content, operation), cost=cost_of(content))


def editable(call: Call, refused: int) -> Content:
    """Content whose restrictions the caller may change; *refused* is said where it may not."""
    content = call.content("id", *KINDS)
    if not call.wiki.edits(call.me, content):
        raise v1_refusal(refused, "Not permitted to change the restrictions of this content")
    return content


def sent_restrictions(call: Call) -> Held:
    """What the body names, by operation; each at most once."""
    sent = call.payload.get("results") if isinstance(call.payload, dict) else call.payload
    if not isinstance(sent, list):
        raise v1_refusal(400, "Restrictions must be an array")
    found: Held = {}
    for each in sent:
        operation = each.get("operation") if isinstance(each, dict) else None
        if operation not in OPERATIONS or operation in found:
            raise v1_refusal(400, f"Not a restriction: {str(operation)[:50]}")
        said = each.get("restrictions")
        found[operation] = named_in(call, said if isinstance(said, dict) else {})
    return found


def named_in(call: Call, said: dict[str, Any]) -> Named:
    """The people and the groups of one restriction: arrays, or people as a sheet of results."""
    users = said.get("user", [])
    users = users.get("results", []) if isinstance(users, dict) else users
    groups = said.get("group", [])
    if "user" not in said and "group" not in said:
        raise v1_refusal(400, "At least one of user or group must be specified")
    return Named(
        [account_of(call, each.get("accountId")) for each in objects(users)],
        [group_of(call, each.get("id") or each.get("name")) for each in objects(groups)],
    )


def objects(sent: object) -> Iterable[dict[str, Any]]:
    """The objects in an array, or 400."""
    if not isinstance(sent, list) or not all(isinstance(each, dict) for each in sent):
        raise v1_refusal(400, "An array of objects is expected")
    return sent


def account_of(call: Call, said: object, refused: int = 400) -> str:
    """The account id of somebody on this site."""
    account = people.BY_ID.get(str(said))
    if account is None or not here(call, account):
        raise v1_refusal(refused, "The user is invalid")
    return account.account_id


def group_of(call: Call, said: object, refused: int = 400) -> str:
    """The id of a group of this site."""
    group = call.wiki.find_group(str(said))
    if group is None:
        raise v1_refusal(refused, "The group is invalid")
    return group.id


def replace_restrictions(call: Call) -> Answer:
    """PUT /content/{id}/restriction: what isn't sent is lifted."""
    content, nobody = editable(call, 404), Named([], [])
    sent = sent_restrictions(call)
    keep(call, content, {each: sent.get(each, nobody) for each in OPERATIONS})
    return Answer(listed(call, content))


def add_restrictions(call: Call) -> Answer:
    """POST /content/{id}/restriction: besides those that are there."""
    content = editable(call, 404)
    wanted = held_by(content)
    for operation, named in sent_restrictions(call).items():
        wanted[operation].add(named)
    keep(call, content, wanted)
    return Answer(listed(call, content))


def lift_restrictions(call: Call) -> Answer:
    """DELETE /content/{id}/restriction: all of them."""
    content = editable(call, 403)
    keep(call, content, {each: Named([], []) for each in OPERATIONS})
    return Answer(listed(call, content))


def tell_user(call: Call) -> Answer:
    """GET …/user: true where the person is named."""
    content, operation = call.content("id", *KINDS), operation_of(call)
    who = account_of(call, call.query.get("accountId"), 404)
    return Answer(who in held_by(content)[operation].users)


def add_user(call: Call) -> Answer:
    """PUT …/user."""
    operation, content = operation_of(call), editable(call, 403)
    wanted = held_by(content)
    wanted[operation].add(Named([account_of(call, call.query.get("accountId"))], []))
    keep(call, content, wanted)
    return Answer()


def drop_user(call: Call) -> Answer:
    """DELETE …/user."""
    operation, content = operation_of(call), editable(call, 403)
    wanted, who = held_by(content), call.query.get("accountId", "")
    if who not in wanted[operation].users:
        raise v1_refusal(404, "No such restriction")
    wanted[operation].users.remove(who)
    keep(call, content, wanted)
    return Answer()


def tell_group(call: Call) -> Answer:
    """GET …/byGroupId/{groupId}: true where the group is named."""
    content, operation = call.content("id", *KINDS), operation_of(call)
    group = group_of(call, call.path["groupId"], 404)
    return Answer(group in held_by(content)[operation].groups)


def add_group(call: Call) -> Answer:
    """PUT …/byGroupId/{groupId}."""
    operation, content = operation_of(call), editable(call, 403)
    wanted = held_by(content)
    wanted[operation].add(Named([], [group_of(call, call.path["groupId"])]))
    keep(call, content, wanted)
    return Answer()


def drop_group(call: Call) -> Answer:
    """DELETE …/byGroupId/{groupId}."""
    operation, content = operation_of(call), editable(call, 403)
    wanted, group = held_by(content), call.path["groupId"]
    if group not in wanted[operation].groups:
        raise v1_refusal(404, "No such restriction")
    wanted[operation].groups.remove(group)
    keep(call, content, wanted)
    return Answer()


HANDLERS: dict[str, Handler] = {
    f"GET {RESTRICTION}": list_restrictions,
    f"PUT {RESTRICTION}": replace_restrictions,
    f"POST {RESTRICTION}": add_restrictions,
    f"DELETE {RESTRICTION}": lift_restrictions,
    f"GET {BY_OPERATION}": list_by_operation,
    f"GET {BY_OPERATION}/{{operationKey}}": get_restriction,
    f"GET {USER}": tell_user,
    f"PUT {USER}": add_user,
    f"DELETE {USER}": drop_user,
    f"GET {GROUP}": tell_group,
    f"PUT {GROUP}": add_group,
    f"DELETE {GROUP}": drop_group,
}
