"""``usergroups.*``: groups of people that a workspace has named."""

from sandbox.slack.arguments import required, truth
from sandbox.slack.calls import Call, Method
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Json
from sandbox.slack.workspace import Workspace

_READ = ("usergroups:read",)


class Groups:
    """User groups, of one workspace at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "usergroups.list": Method(self.groups, 2, _READ, json=False),
            "usergroups.users.list": Method(self.users, 2, _READ, json=False),
        }

    def groups(self, call: Call) -> Json:
        """Every group; disabled ones and members only where that is asked for."""
        rows = self._here(call.team)
        if not truth(call.args.get("include_disabled")):
            rows = [row for row in rows if not row["disabled"]]
        shown = [_fields(row) for row in rows]
        if truth(call.args.get("include_users")):
            shown = [{**each, "users": row["users"]} for each, row in zip(shown, rows, strict=True)]
        return {"usergroups": shown}

    def users(self, call: Call) -> Json:
        """Who is in a group."""
        required(call.args, "usergroup")
        known = {row["id"]: row for row in self._here(call.team)}
        group = known.get(str(call.args["usergroup"]))
        if group is None:
            raise Refused("no_such_subteam")
        if group["disabled"] and not truth(call.args.get("include_disabled")):
            raise Refused("subteam_disabled")
        return {"users": group["users"]}

    def _here(self, team: str) -> list[Json]:
        return [row for row in self._workspace.state.groups.values() if row["team"] == team]


def _fields(row: Json) -> Json:
    return {
        "id": row["id"],
        "team_id": row["team"],
        "is_usergroup": True,
        "is_external": False,
        "name": row["name"],
        "handle": row["handle"],
        "description": "",
        "date_delete": 1 if row["disabled"] else 0,
        "auto_type": None,
        "user_count": len(row["users"]),
        "prefs": {"channels": [], "groups": []},
    }
