"""``auth.*``, ``apps.*``, ``api.test``: who calls, and where they may."""

from collections.abc import Callable

from sandbox.slack import data
from sandbox.slack.arguments import page, truth
from sandbox.slack.calls import Call, Method
from sandbox.slack.delivery import Deliveries
from sandbox.slack.refusals import Refused
from sandbox.slack.sockets import MOST
from sandbox.slack.state import Installation, Json
from sandbox.slack.workspace import Workspace


class Auth:
    """What a token is, and its end."""

    def __init__(
        self,
        workspace: Workspace,
        deliveries: Deliveries,
        renounced: Callable[[Installation], None],
    ) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._renounced = renounced

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "api.test": Method(self.api_test, 4, token=None),
            "auth.test": Method(self.auth_test, 4, token="any"),
            "auth.revoke": Method(self.auth_revoke, 3, token="any", json=False),
            "auth.teams.list": Method(self.auth_teams, 2, json=False),
            "apps.connections.open": Method(self.connect, 1, token="app", json=False),
        }

    def api_test(self, call: Call) -> Json:
        """Echo; with ``error``, that error."""
        if call.args.get("error"):
            raise Refused(str(call.args["error"]), args=call.args)
        return {"args": call.args}

    def auth_test(self, call: Call) -> Json:
        """Whose token this is."""
        person = self._workspace.person(call.user or data.BOT_USER)
        home = call.bot.id if call.bot else person["team"]
        team, owner = data.team_named(home), data.organisation_of(home)
        made: Json = {
            "url": f"https://{team['domain']}.slack.com/",
            "team": team["name"],
            "user": person["name"],
            "team_id": team["id"],
            "user_id": person["id"],
            "is_enterprise_install": bool(call.bot and call.bot.is_org),
        }
        if owner:
            made["enterprise_id"] = owner["id"]
        return made | ({"bot_id": call.bot.bot_id} if call.bot else {})

    def auth_revoke(self, call: Call) -> Json:
        """Throw the token away; an app without any token is installed no longer."""
        if truth(call.args.get("test")):
            return {"revoked": False}
        if call.bot is not None:
            self._workspace.installs.tokens.revoke(call.token)
            if not self._workspace.installs.tokens.any_left(call.bot.id):
                self._workspace.installs.uninstall(call.bot.id)
                self._workspace.moved(call.bot.id)
            self._renounced(call.bot)
        self._workspace.state.user_tokens.pop(call.token, None)
        return {"revoked": True}

    def auth_teams(self, call: Call) -> Json:
        """The workspaces in which this token is good."""
        found, cursor = page([data.TEAMS[each] for each in call.app.teams], call.args)
        shown = [{"id": each["id"], "name": each["name"]} for each in found]
        return {"teams": shown, "response_metadata": {"next_cursor": cursor}}

    def connect(self, _call: Call) -> Json:
        """An address for a socket, good for one connection."""
        sockets = self._deliveries.sockets
        if len(sockets) >= MOST:
            raise Refused("too_many_websockets")
        base = self._workspace.base_url.replace("http", "ws", 1)
        return {"url": f"{base}/slack/socket/{sockets.mint_ticket()}"}
