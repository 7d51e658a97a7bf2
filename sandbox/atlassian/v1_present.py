"""Content, spaces and people as REST v1 shows them, with what `expand` adds."""

from typing import Any

from sandbox.atlassian import cql_fields, documents, people, present, tiny
from sandbox.atlassian.call import Call
from sandbox.atlassian.moments import iso
from sandbox.atlassian.wiki import Content, Group, Space


def v1_space(space: Space) -> dict[str, Any]:
    """A space as v1 shows it."""
    return {
        "id": space.id,
        "key": space.key,
        "name": space.name,
        "type": space.kind,
        "status": space.status,
        "_expandable": {"homepage": f"/rest/api/content/{space.homepage}"},
        "_links": {"webui": f"/spaces/{space.key}", "self": f"/rest/api/space/{space.key}"},
    }


def v1_content(call: Call, content: Content, prefix: str = "") -> dict[str, Any]:
    """Content as v1 shows it; *prefix* is what `expand` needs here, bare names are ignored."""
    kind = cql_fields.kind_of(content)
    shown_id = f"att{content.id}" if kind == "attachment" else str(content.id)
    shown: dict[str, Any] = {
        "id": shown_id,
        "type": kind,
        "status": content.status,
        "title": content.title,
        "_expandable": {},
        "_links": {
            "webui": present.webui(call, content),
            "self": f"{call.base}/rest/api/content/{shown_id}",
            "tinyui": f"/x/{tiny.encode(content.id)}",
        },
    }
    for name in call.several("expand"):
        if name.startswith(prefix) and name.removeprefix(prefix) in EXPANSIONS:
            bare = name.removeprefix(prefix)
            shown[bare.split(".")[0]] = EXPANSIONS[bare](call, content)
    return shown


def v1_version(content: Content) -> dict[str, Any]:
    """The last version as v1 shows it."""
    latest = content.latest
    return {
        "by": v1_user(people.BY_ID[latest.author]),
        "when": iso(latest.created),
        "message": latest.message,
        "number": latest.number,
        "minorEdit": latest.minor,
    }


def v1_history(content: Content) -> dict[str, Any]:
    """Who made it and when."""
    return {
        "latest": True,
        "createdBy": v1_user(people.BY_ID[content.author]),
        "createdDate": iso(content.created),
        "lastUpdated": v1_version(content),
        "_links": {},
    }


def v1_body(name: str) -> Any:  # noqa: ANN401 -- an expansion
    """The expansion for one representation."""

    def expand(_call: Call, content: Content) -> dict[str, Any]:
        held = documents.as_asked(content.latest.body, name)[name]
        return {name: {**held, "embeddedContent": []}}

    return expand


EXPANSIONS: dict[str, Any] = {
    "space": lambda call, content: v1_space(call.wiki.spaces[content.space]),
    "version": lambda _call, content: v1_version(content),
    "history": lambda _call, content: v1_history(content),
    "history.lastUpdated": lambda _call, content: v1_history(content),
    "ancestors": lambda call, content: [
        v1_content(call, e, "\0") for e in call.wiki.ancestors(content)
    ],
    "container": lambda call, content: v1_content(call, call.wiki.container(content), "\0"),
    **{
        f"body.{name}": v1_body(name)
        for name in ("storage", "view", "export_view", "styled_view", "atlas_doc_format")
    },
}


def v1_user(account: people.Account) -> dict[str, Any]:
    """A person as v1 shows them; the e-mail is hidden."""
    return {
        "type": "known",
        "accountId": account.account_id,
        "accountType": account.kind,
        "email": "",
        "publicName": account.display_name,
        "displayName": account.display_name,
        "timeZone": account.zone,
        "isExternalCollaborator": account.name == "gus",
        "profilePicture": {
            "path": "/wiki/aa-avatar/" + account.name,
            "width": 48,
            "height": 48,
            "isDefault": True,
        },
        "_expandable": {"operations": "", "details": "", "personalSpace": ""},
        "_links": {"self": f"/rest/api/user?accountId={account.account_id}"},
    }


def v1_group(group: Group) -> dict[str, Any]:
    """A group as v1 shows it."""
    links = {"self": f"/rest/api/group/by-id?id={group.id}"}
    return {"type": "group", "name": group.name, "id": group.id, "_links": links}
