"""``users.*``, ``conversations.*``, ``team.info``."""

from collections.abc import Callable

from sandbox.slack import belonging, data
from sandbox.slack.arguments import page, required
from sandbox.slack.calls import Call, Method
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Installation, Json
from sandbox.slack.workspace import Workspace

_READ = {"public": "channels:read", "private": "groups:read", "im": "im:read"}
_TYPES = {"public_channel": "public", "private_channel": "private", "im": "im"}
Need = Callable[[Installation, tuple[str, ...]], None]


class Directory:
    """Who and what is in a workspace; *need* refuses where a scope is missing."""

    def __init__(self, workspace: Workspace, need: Need) -> None:
        self._workspace = workspace
        self._need = need

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "conversations.info": Method(self.channel, 3, json=False),
            "conversations.list": Method(self.channels, 2, json=False),
            "conversations.members": Method(self.members, 4, json=False),
            "conversations.open": Method(self.open, 3, ("im:write",)),
            "team.info": Method(self.team, 3, ("team:read",), json=False),
            "users.info": Method(self.user, 4, ("users:read",), json=False),
            "users.list": Method(self.users, 2, ("users:read",), json=False),
        }

    def channel(self, call: Call) -> Json:
        """One channel, as far as the bot may know it."""
        return {"channel": _channel_fields(self._visible(call), call.app)}

    def channels(self, call: Call) -> Json:
        """Channels of these types; private ones only where the bot is in them."""
        types = str(call.args.get("types") or "public_channel").split(",")
        if not set(types) <= _TYPES.keys() | {"mpim"}:
            raise Refused("invalid_types")
        kinds = {_TYPES[each] for each in types if each in _TYPES}
        self._need(call.app, tuple(_READ[kind] for kind in kinds))
        known, team = self._workspace.state.channels.values(), call.team
        here = [c for c in known if c["kind"] in kinds and team in belonging.teams_in(c)]
        found, cursor = page([c for c in here if _is_known(c, call.app)], call.args)
        shown = [_channel_fields(each, call.app) for each in found]
        return {"channels": shown, "response_metadata": {"next_cursor": cursor}}

    def members(self, call: Call) -> Json:
        """Who is in a channel."""
        found, cursor = page(self._visible(call)["members"], call.args)
        return {"members": found, "response_metadata": {"next_cursor": cursor}}

    def open(self, call: Call) -> Json:
        """The direct messages with one person."""
        required(call.args, "users")
        person = self._workspace.state.people.get(str(call.args["users"]))
        if person is None or not belonging.is_of(person, call.app):
            raise Refused("user_not_found")
        if person["deleted"]:
            raise Refused("user_disabled")
        return {"channel": {"id": self._workspace.installs.direct(person["id"], call.app)["id"]}}

    def team(self, call: Call) -> Json:
        """The workspace, or the one of the organisation's that is named."""
        named = call.args.get("team") or (call.team if call.app.is_org else call.app.id)
        if named not in call.app.teams:
            raise Refused("team_not_found")
        owner = data.organisation_of(str(named))
        ids = {"enterprise_id": owner["id"], "enterprise_name": owner["name"]} if owner else {}
        return {"team": data.TEAMS[str(named)] | ids}

    def user(self, call: Call) -> Json:
        """One person: of the workspace, of its organisation, or met in a shared channel."""
        required(call.args, "user")
        person = self._workspace.state.people.get(str(call.args["user"]))
        if person is None or not self._is_met(person, call.app):
            raise Refused("user_not_found")
        return {"user": _user_fields(as_told(person, call.app))}

    def users(self, call: Call) -> Json:
        """The workspace's own people; those of an organisation's other workspaces not."""
        team = call.team
        ours = (p for p in self._workspace.state.people.values() if belonging.is_in(p, team))
        rows = [_user_fields(as_told(each, call.app)) for each in ours]
        found, cursor = page(rows, call.args)
        return {"members": found, "response_metadata": {"next_cursor": cursor}}

    def _is_met(self, person: Json, app: Installation) -> bool:
        if belonging.is_akin(person, app) or person["id"] == app.bot_user:
            return True
        theirs = set(belonging.teams_of(person))
        return any(
            theirs & set(channel["teams"]) and set(app.teams) & set(channel["teams"])
            for channel in self._workspace.state.channels.values()
            if channel["shared"] and channel["kind"] != "im"
        )

    def _visible(self, call: Call) -> Json:
        required(call.args, "channel")
        channel = self._workspace.state.channels.get(str(call.args["channel"]))
        if channel is None or not _is_known(channel, call.app):
            raise Refused("channel_not_found")
        self._need(call.app, (_READ[channel["kind"]],))
        return channel


def as_told(person: Json, app: Installation) -> Json:
    """*person* with the role that they have for this installation: an outsider's where none."""
    if belonging.is_akin(person, app) or person["id"] == app.bot_user:
        return {**person, "role": person["roles"].get(app.id, person["role"])}
    return {**person, "role": belonging.OUTSIDER}


def user_object(person: Json, app: Installation) -> Json:
    """A person as events and ``users.info`` tell of them."""
    return _user_fields(as_told(person, app))


def _is_known(channel: Json, app: Installation) -> bool:
    if not set(app.teams) & set(belonging.teams_in(channel)):
        return False
    return channel["kind"] == "public" or app.bot_user in channel["members"]


def _channel_fields(channel: Json, app: Installation) -> Json:
    if channel["kind"] == "im":
        return {"id": channel["id"], "is_im": True, "user": channel["members"][0]}
    teams = channel["teams"]
    within = next((each for each in teams if each in app.teams), teams[0])
    several = len(teams) > 1
    return {
        "id": channel["id"],
        "name": channel["name"],
        "name_normalized": channel["name"],
        "is_channel": channel["kind"] == "public",
        "is_group": channel["kind"] == "private",
        "is_im": False,
        "is_mpim": False,
        "is_private": channel["kind"] == "private",
        "is_archived": False,
        "is_general": channel["name"] == "general",
        "is_shared": several,
        "is_ext_shared": channel["shared"],
        "is_org_shared": several and not channel["shared"],
        "is_member": app.bot_user in channel["members"],
        "context_team_id": within,
        "shared_team_ids": teams,
    }


def _user_fields(person: Json) -> Json:
    role = person["role"]
    made: Json = {
        "id": person["id"],
        "team_id": person["team"],
        "name": person["name"],
        "real_name": person["real_name"],
        "deleted": person["deleted"],
        "is_bot": role == "bot",
        "is_app_user": False,
        "updated": 1_700_000_000,
        "profile": {"real_name": person["real_name"], "display_name": person["name"]},
    }
    if role == belonging.OUTSIDER:
        return made | {"is_stranger": True}
    made |= _enterprise_user(person)
    if person["deleted"]:
        return made
    return made | {
        "is_admin": role in belonging.ADMINS,
        "is_owner": role in belonging.OWNERS,
        "is_primary_owner": role == "primary_owner",
        "is_restricted": role in belonging.GUESTS,
        "is_ultra_restricted": role == "guest",
        "tz": "Europe/London",
        "tz_offset": 0,
    }


def _enterprise_user(person: Json) -> Json:
    owner = data.organisation_of(person["team"])
    if owner is None:
        return {}
    told = {
        "id": person["id"],
        "enterprise_id": owner["id"],
        "enterprise_name": owner["name"],
        "is_admin": person["org_role"] in ("admin", "owner"),
        "is_owner": person["org_role"] == "owner",
        "teams": belonging.teams_of(person),
    }
    return {"enterprise_user": told}
