"""Who alone may read or update a page or blog post, changed; and who watches it."""

from typing import Any

from sandbox.atlassian.call import Answer
from sandbox.atlassian.people import Account
from sandbox.atlassian.wiki import ADMINISTER, Content
from sandbox.datacenter import people, present
from sandbox.datacenter.call import Call, Handler
from sandbox.datacenter.content import CONTENT, KINDS
from sandbox.datacenter.refusals import missing, refusal

OPERATIONS = ("read", "update")
WATCH = "/rest/api/user/watch/content/{contentId}"
Named = tuple[list[str], list[str]]


def put_restrictions(call: Call) -> Answer:
    """PUT /content/{id}/restriction: operations, people or groups that it leaves out stay."""
    content = call.content("id", *KINDS)
    if not call.wiki.edits(call.me, content):
        raise refusal(403, f"User not permitted to restrict content with id {content.id}")
    wanted = sent_restrictions(call, content)
    mine = {each.id for each in call.wiki.groups_of(call.me)}
    for users, groups in wanted.values():
        if (users or groups) and call.me not in users and mine.isdisjoint(groups):
            raise refusal(400, "You can't revoke your own access to the content")
    content.readers, content.reader_groups = wanted["read"]
    content.editors, content.editor_groups = wanted["update"]
    found = [present.restriction(call, content, each) for each in OPERATIONS]
    return Answer(call.sheet(found, lambda each: each, usual=50))


def sent_restrictions(call: Call, content: Content) -> dict[str, Named]:
    """What will hold for each operation."""
    wanted: dict[str, Named] = {each: present.named(content, each) for each in OPERATIONS}
    sent = call.payload if isinstance(call.payload, list) else []
    if not sent:
        raise refusal(400, "An array of restrictions is expected")
    seen: set[str] = set()
    for each in sent:
        operation = each.get("operation") if isinstance(each, dict) else None
        if operation not in OPERATIONS or operation in seen:
            raise refusal(400, f"Not a restriction: {str(operation)[:50]}")
        seen.add(operation)
        said = each.get("restrictions")
        if not isinstance(said, dict):
            raise refusal(400, "Restrictions are required")
        users, groups = wanted[operation]
        wanted[operation] = (
            [user_key(who) for who in listed(said["user"])] if "user" in said else users,
            [group_name(call, who) for who in listed(said["group"])] if "group" in said else groups,
        )
    return wanted


def listed(said: object) -> list[dict[str, Any]]:
    """People or groups: an array, or the page of results that a GET shows."""
    held = said.get("results") if isinstance(said, dict) else said
    if not isinstance(held, list) or not all(isinstance(each, dict) for each in held):
        raise refusal(400, "An array of people or groups is expected")
    return held


def user_key(said: dict[str, Any]) -> str:
    """The key of a person who is named by username or user key."""
    name, key = said.get("username"), said.get("userKey")
    found = people.BY_NAME.get(name) if isinstance(name, str) else people.BY_KEY.get(str(key))
    if found is None:
        raise refusal(400, f"No user found: {str(name or key)[:50]}")
    return found.account_id


def group_name(call: Call, said: dict[str, Any]) -> str:
    """The name of a group that is there."""
    name = str(said.get("name"))
    if name not in call.wiki.groups:
        raise refusal(400, f"No group found with name: {name[:50]}")
    return name


def watched(call: Call) -> tuple[Content, Account]:
    """What is watched, and by whom: others than oneself only for an administrator; else 404."""
    content = call.content("contentId", *KINDS)
    name, key = call.query.get("username"), call.query.get("key")
    if name is None and key is None:
        return content, call.account
    who = people.BY_NAME.get(name) if name is not None else people.BY_KEY.get(str(key))
    administers = call.account.name in admins(call)
    if who is None or (who != call.account and not administers):
        raise missing(call.path["contentId"])
    return content, who


def admins(call: Call) -> list[str]:
    """The usernames of the Confluence administrators."""
    held = call.wiki.groups[people.ADMINISTRATORS].members
    return [people.BY_KEY[each].name for each in held]


def get_watch(call: Call) -> Answer:
    """GET …/watch/content/{contentId}."""
    content, who = watched(call)
    return Answer({"watching": who.account_id in content.watchers})


def add_watch(call: Call) -> Answer:
    """POST …/watch/content/{contentId}."""
    content, who = watched(call)
    if who.account_id not in content.watchers:
        content.watchers.append(who.account_id)
    shown = {"watcher": present.person(call, who), "content": present.content(call, content)}
    return Answer(shown)


def remove_watch(call: Call) -> Answer:
    """DELETE …/watch/content/{contentId}."""
    content, who = watched(call)
    if who.account_id in content.watchers:
        content.watchers.remove(who.account_id)
    return Answer(status=204)


def list_watchers(call: Call) -> Answer:
    """GET /content/{contentId}/watchers, for administrators of Confluence or of the space."""
    content = call.content("contentId", *KINDS)
    space = call.wiki.spaces[content.space]
    if call.account.name not in admins(call) and not call.wiki.may(call.me, ADMINISTER, space):
        raise refusal(403, "Only an administrator may list watchers")
    found = [people.BY_KEY[each] for each in content.watchers]
    return Answer(call.sheet(found, lambda each: present.person(call, each)))


HANDLERS: dict[str, Handler] = {
    f"PUT {CONTENT}/{{id}}/restriction": put_restrictions,
    f"GET {CONTENT}/{{contentId}}/watchers": list_watchers,
    f"GET {WATCH}": get_watch,
    f"POST {WATCH}": add_watch,
    f"DELETE {WATCH}": remove_watch,
}
