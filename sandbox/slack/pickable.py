"""Whom and what a person finds in the menus that Slack itself fills."""

from sandbox.slack import belonging
from sandbox.slack.state import Json
from sandbox.slack.workspace import Workspace

_KINDS = {"public": "public", "private": "private", "im": "im"}


def pickable(workspace: Workspace, user: str, element: Json) -> list[Json]:
    """People or conversations, by ``id``, that *user* can choose in *element*."""
    kind = element["type"].removeprefix("multi_")
    if kind == "users_select":
        return _people(workspace, user)
    seen = _conversations(workspace, user)
    if kind == "channels_select":
        return [channel for channel in seen if channel["kind"] == "public"]
    wanted = element.get("filter", {})
    included = [_KINDS[each] for each in wanted.get("include", _KINDS) if each in _KINDS]
    return [
        channel
        for channel in seen
        if channel["kind"] in included
        and not (channel["shared"] and wanted.get("exclude_external_shared_channels"))
        # Every direct message here is one with the app's bot.
        and not (channel["kind"] == "im" and wanted.get("exclude_bot_users"))
    ]


def _people(workspace: Workspace, user: str) -> list[Json]:
    """Those of the person's workspaces, bots too, and outsiders in channels of theirs."""
    teams = _teams(workspace, user)
    met = {who for channel in _conversations(workspace, user) for who in channel["members"]}
    known = workspace.state.people.values()
    here = [each for each in known if teams & each["roles"].keys() or each["id"] in met]
    return [each for each in here if not each["deleted"]]


def _conversations(workspace: Workspace, user: str) -> list[Json]:
    teams = _teams(workspace, user)
    rows = workspace.state.channels.values()
    known = [each for each in rows if teams & set(belonging.teams_in(each))]
    return [each for each in known if each["kind"] == "public" or user in each["members"]]


def _teams(workspace: Workspace, user: str) -> set[str]:
    return set(belonging.teams_of(workspace.person(user)))
