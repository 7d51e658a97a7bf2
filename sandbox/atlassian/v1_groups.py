"""REST v1: groups and who is in them, and who may do what with a page."""

from typing import Any

from sandbox.atlassian import people
from sandbox.atlassian.call import Answer, Call, Handler
from sandbox.atlassian.people import Account
from sandbox.atlassian.refusals import v1_refusal
from sandbox.atlassian.v1_present import v1_group, v1_user
from sandbox.atlassian.v1_search import here
from sandbox.atlassian.wiki import CREATE, DELETE, READ, Content, Group, Wiki

GROUP = "/wiki/rest/api/group"
CONTENT = "/wiki/rest/api/content"
CHECKED = ("page", "blogpost", "footer-comment", "inline-comment", "attachment")
MOST = 200


def sheet(call: Call, found: list[dict[str, Any]]) -> Answer:
    """A page of people or groups, two points each; `start` counts, and nothing leads on."""
    start, limit = call.whole("start", 0), call.whole("limit", MOST)
    if limit > MOST:
        raise v1_refusal(400, f"The limit is {MOST}")
    part = found[start : start + limit]
    body: dict[str, Any] = {"results": part, "start": start, "limit": limit, "size": len(part)}
    if call.flag("shouldReturnTotalSize"):
        body["totalSize"] = len(found)
    links = {"base": call.base, "context": "/wiki"}
    return Answer({**body, "_links": links}, cost=1 + 2 * len(part))


def by_name(groups: list[Group]) -> list[dict[str, Any]]:
    """Groups in the order of their names."""
    return [v1_group(each) for each in sorted(groups, key=lambda group: group.name)]


def list_groups(call: Call) -> Answer:
    """GET /group."""
    access = call.query.get("accessType")
    found = [each for each in call.wiki.groups.values() if access in (None, each.access)]
    return sheet(call, by_name(found))


def pick_groups(call: Call) -> Answer:
    """GET /group/picker: those whose name has the words in it."""
    words = call.query.get("query", "").casefold()
    found = [each for each in call.wiki.groups.values() if words in each.name.casefold()]
    return sheet(call, by_name(found))


def get_group(call: Call) -> Answer:
    """GET /group/by-id."""
    group = call.wiki.groups.get(call.query.get("id", ""))
    if group is None:
        raise v1_refusal(404, "No group found")
    return Answer(v1_group(group), cost=3)


def list_members(call: Call) -> Answer:
    """GET /group/{groupId}/membersByGroupId."""
    group = call.wiki.groups.get(call.path["groupId"])
    if group is None:
        raise v1_refusal(404, "No group found")
    return sheet(call, [v1_user(people.BY_ID[each]) for each in group.members])


def list_memberships(call: Call) -> Answer:
    """GET /user/memberof."""
    account = people.BY_ID.get(call.query.get("accountId", ""))
    if account is None or not here(call, account):
        raise v1_refusal(404, "No user found")
    return sheet(call, by_name(call.wiki.groups_of(account.account_id)))


def check_permission(call: Call) -> Answer:
    """POST /content/{id}/permission/check: of others only for a Confluence administrator."""
    content = call.content("id", *CHECKED)
    sent = call.document()
    subject, operation = sent.get("subject"), sent.get("operation")
    if not isinstance(subject, dict) or operation not in ("read", "update", "delete"):
        raise v1_refusal(400, "A subject and an operation are required")
    kind, identifier = subject.get("type"), str(subject.get("identifier"))
    if (kind, identifier) != ("user", call.me) and not call.wiki.administers(call.me):
        raise v1_refusal(403, "You need to be a Confluence administrator to check for others")
    said = judged(call.wiki, content, (str(kind), identifier), str(operation))
    errors = [{"translation": said, "args": []}] if said else []
    return Answer({"hasPermission": not said, "errors": errors, "_links": {}}, cost=3)


def judged(wiki: Wiki, content: Content, subject: tuple[str, str], operation: str) -> str:
    """Why the subject may not, in the documented words; nothing where it may."""
    kind, identifier = subject
    if subject == ("user", "anonymous"):
        return "Anonymous users are not allowed to use Confluence"
    if kind == "user":
        account = people.BY_ID.get(identifier)
        if account is None:
            raise v1_refusal(400, "The subject is invalid")
        return of_person(wiki, content, account, operation)
    group = wiki.groups.get(identifier) if kind == "group" else None
    if group is None:
        raise v1_refusal(400, "The subject is invalid")
    lacking = wiki.group_may(group, operation, content)
    return f"Group does not have permission to the {lacking}" if lacking else ""


def of_person(wiki: Wiki, content: Content, account: Account, operation: str) -> str:
    """Why a person may not."""
    if wiki.cloud_id not in account.sites or not account.licensed:
        return "User is not allowed to use Confluence"
    who, space = account.account_id, wiki.spaces[wiki.container(content).space]
    needed = {READ: (READ,), "update": (READ, CREATE), DELETE: (READ, CREATE, DELETE)}[operation]
    if not all(wiki.may(who, right, space) for right in needed):
        return "User does not have permission to the space"
    if not wiki.sees(who, content) or (operation != READ and not wiki.edits(who, content)):
        return "User does not have permission to the content"
    return ""


HANDLERS: dict[str, Handler] = {
    f"GET {GROUP}": list_groups,
    f"GET {GROUP}/picker": pick_groups,
    f"GET {GROUP}/by-id": get_group,
    f"GET {GROUP}/{{groupId}}/membersByGroupId": list_members,
    "GET /wiki/rest/api/user/memberof": list_memberships,
    f"POST {CONTENT}/{{id}}/permission/check": check_permission,
}
