"""``auth.*``, ``users.*``, ``conversations.*``, ``team.*``, ``apps.*``, ``api.test``."""

from collections.abc import Callable

from sandbox.slack import data
from sandbox.slack.arguments import page, required, truth
from sandbox.slack.calls import Call, Method
from sandbox.slack.delivery import Deliveries
from sandbox.slack.refusals import Refused
from sandbox.slack.sockets import MOST
from sandbox.slack.state import Json
from sandbox.slack.workspace import Workspace

_READ = {"public": "channels:read", "private": "groups:read", "im": "im:read"}
_TYPES = {"public_channel": "public", "private_channel": "private", "im": "im"}
Need = Callable[[tuple[str, ...]], None]


class Directory:
    """Who and what is in the workspace; *need* refuses where a scope is missing."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries, need: Need) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._need = need

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "api.test": Method(self.api_test, 4, token=None),
            "auth.test": Method(self.auth_test, 4, token="any"),
            "auth.revoke": Method(self.auth_revoke, 3, token="any"),
            "apps.connections.open": Method(self.connect, 1, token="app"),
            "conversations.info": Method(self.channel, 3),
            "conversations.list": Method(self.channels, 2),
            "conversations.members": Method(self.members, 4),
            "conversations.open": Method(self.open, 3, ("im:write",)),
            "team.info": Method(self.team, 3, ("team:read",)),
            "users.info": Method(self.user, 4, ("users:read",)),
            "users.list": Method(self.users, 2, ("users:read",)),
        }

    def api_test(self, call: Call) -> Json:
        """Echo; with ``error``, that error."""
        if call.args.get("error"):
            raise Refused(str(call.args["error"]), args=call.args)
        return {"args": call.args}

    def auth_test(self, call: Call) -> Json:
        """Whose token this is."""
        person = self._workspace.person(call.user or data.BOT_USER)
        team = data.TEAMS[person["team"]]
        made: Json = {
            "url": f"https://{team['domain']}.slack.com/",
            "team": team["name"],
            "user": person["name"],
            "team_id": team["id"],
            "user_id": person["id"],
            "is_enterprise_install": False,
        }
        return made | ({"bot_id": data.BOT_ID} if person["id"] == data.BOT_USER else {})

    def auth_revoke(self, call: Call) -> Json:
        """Throw the token away."""
        if truth(call.args.get("test")):
            return {"revoked": False}
        if call.token == data.BOT_TOKEN:
            self._workspace.state.installed = False
        self._workspace.state.user_tokens.pop(call.token, None)
        return {"revoked": True}

    def connect(self, _call: Call) -> Json:
        """An address for a socket, good for one connection."""
        sockets = self._deliveries.sockets
        if len(sockets) >= MOST:
            raise Refused("too_many_websockets")
        base = self._workspace.base_url.replace("http", "ws", 1)
        return {"url": f"{base}/slack/socket/{sockets.mint_ticket()}"}

    def channel(self, call: Call) -> Json:
        """One channel, as far as the bot may know it."""
        return {"channel": _channel_fields(self._visible(call))}

    def channels(self, call: Call) -> Json:
        """Channels of these types; private ones only where the bot is in them."""
        types = str(call.args.get("types") or "public_channel").split(",")
        if not set(types) <= _TYPES.keys() | {"mpim"}:
            raise Refused("invalid_types")
        kinds = {_TYPES[each] for each in types if each in _TYPES}
        self._need(tuple(_READ[kind] for kind in kinds))
        known = self._workspace.state.channels.values()
        rows = [c for c in known if c["kind"] in kinds and _known_to_bot(c)]
        found, cursor = page(rows, call.args)
        shown = [_channel_fields(each) for each in found]
        return {"channels": shown, "response_metadata": {"next_cursor": cursor}}

    def members(self, call: Call) -> Json:
        """Who is in a channel."""
        found, cursor = page(self._visible(call)["members"], call.args)
        return {"members": found, "response_metadata": {"next_cursor": cursor}}

    def open(self, call: Call) -> Json:
        """The direct messages with one person."""
        required(call.args, "users")
        person = self._workspace.state.people.get(str(call.args["users"]))
        if person is None or person["team"] != data.TEAM:
            raise Refused("user_not_found")
        return {"channel": {"id": self._workspace.direct(person["id"])["id"]}}

    def team(self, _call: Call) -> Json:
        """The workspace."""
        return {"team": data.TEAMS[data.TEAM]}

    def user(self, call: Call) -> Json:
        """One person; people of other workspaces too."""
        required(call.args, "user")
        person = self._workspace.state.people.get(str(call.args["user"]))
        if person is None:
            raise Refused("user_not_found")
        return {"user": _user_fields(person)}

    def users(self, call: Call) -> Json:
        """The workspace's own people."""
        ours = (p for p in self._workspace.state.people.values() if p["team"] == data.TEAM)
        found, cursor = page([_user_fields(each) for each in ours], call.args)
        return {"members": found, "response_metadata": {"next_cursor": cursor}}

    def _visible(self, call: Call) -> Json:
        required(call.args, "channel")
        channel = self._workspace.state.channels.get(str(call.args["channel"]))
        if channel is None or not _known_to_bot(channel):
            raise Refused("channel_not_found")
        self._need((_READ[channel["kind"]],))
        return channel


def _known_to_bot(channel: Json) -> bool:
    return channel["kind"] == "public" or data.BOT_USER in channel["members"]


def _channel_fields(channel: Json) -> Json:
    if channel["kind"] == "im":
        return {"id": channel["id"], "is_im": True, "user": channel["members"][0]}
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
        "is_shared": channel["shared"],
        "is_ext_shared": channel["shared"],
        "is_org_shared": False,
        "is_member": data.BOT_USER in channel["members"],
        "context_team_id": data.TEAM,
    }


def _user_fields(person: Json) -> Json:
    role, here = person["role"], person["team"] == data.TEAM
    made: Json = {
        "id": person["id"],
        "team_id": person["team"],
        "name": person["name"],
        "real_name": person["real_name"],
        "deleted": False,
        "is_bot": role == "bot",
        "is_app_user": False,
        "updated": 1_700_000_000,
        "profile": {"real_name": person["real_name"], "display_name": person["name"]},
    }
    if not here:
        return made | {"is_stranger": True}
    return made | {
        "is_admin": role == "admin",
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": role == "guest",
        "is_ultra_restricted": role == "guest",
        "tz": "Europe/London",
        "tz_offset": 0,
    }
