"""What befalls installations, people and channels, and the events that tell the app of it."""

from sandbox.slack import belonging, data
from sandbox.slack.events import Events, envelope
from sandbox.slack.methods_people import user_object
from sandbox.slack.oauth import Installing
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import Hook, Installation, Json, Message
from sandbox.slack.workspace import Workspace

#: told of an uninstall, in the order in which Slack happens to send them here
LEAVING = ("tokens_revoked", "app_uninstalled")
ROLES = ("primary_owner", "owner", "admin", "member", "multi_guest", "guest")
_OVERRIDES = ("event_id", "event_time")


class Lifecycle:
    """Each change is made at once; ``tell`` false keeps its events for later."""

    def __init__(self, workspace: Workspace, events: Events, installing: Installing) -> None:
        self._workspace = workspace
        self._state = workspace.state
        self._installs = workspace.installs
        self._events = events
        self._installing = installing

    async def install(self, fields: Json) -> Json:
        """Take the app away from a workspace or an organisation, or put it there.

        Put back into the first workspace it has its old token again; elsewhere it is a fresh
        install, and ``answer`` is what ``oauth.v2.access`` would say.
        """
        home = str(fields.get("team", data.TEAM))
        if home not in data.BOTS:
            raise Unknown(f"no workspace {home}")
        app = self._state.installations.get(home)
        if not fields["installed"]:
            return await self._leave(home, app, fields)
        scopes = self._installs.scopes_without(fields.get("without", ()))
        if home == data.TEAM:
            self._installs.restore(home)
            if "without" in fields:
                self._state.installations[home].scopes = scopes
            self._workspace.moved(home)
            return {"error": None, "acks": []}
        user = self._installer(home, fields.get("user"))
        self._installs.hold_installable(home, self._workspace.person(user))
        made = self._installs.install(home, user, scopes)
        if "teams" in fields:
            self._installs.give(home, fields["teams"])
        self._workspace.moved(home)
        return {"error": None, "acks": [], "answer": self._installing.answer(made)}

    async def revoke(self, fields: Json) -> Json:
        """End an installation's tokens without ending the installation."""
        app = self._app(fields)
        self._installs.tokens.revoke_all(app.id)
        return await self._told(app, _leaving("tokens_revoked", app), fields)

    def renounced(self, app: Installation) -> None:
        """Tell, behind the answer, that the app gave up a token; its last one ends the install."""
        kinds = LEAVING[:1] if app.installed else LEAVING
        for kind in kinds:
            if self._workspace.manifest.subscribes(kind):
                where = None if app.is_org else app.id
                made = envelope(_leaving(kind, app), self._workspace, app, where)
                self._events.send_soon(made)

    async def access(self, fields: Json) -> Json:
        """Give the app to workspaces of an organisation, or take it from them."""
        app = self._app(fields)
        given = self._installs.give(app.id, fields.get("grant", ()))
        taken = self._installs.take(app.id, fields.get("revoke", ()))
        self._workspace.moved(app.id)
        acks: list[Json] = []
        for kind, teams in (("team_access_granted", given), ("team_access_revoked", taken)):
            if teams:
                event = {"type": kind, "team_ids": teams}
                acks += (await self._told(app, event, fields))["acks"]
        return {"error": None, "acks": acks}

    async def change_person(self, fields: Json) -> Json:
        """Another role in a workspace, another part in the organisation, or deactivation."""
        person = self._workspace.person(str(fields["user"]))
        if "role" in fields:
            team = self._workspace.team_of(person["id"], fields.get("team"))
            self._set_role(person, team, fields["role"])
        if "org_role" in fields:
            person["org_role"] = fields["org_role"]
        if "deleted" in fields:
            person["deleted"] = bool(fields["deleted"])
        if "real_name" in fields:
            person["real_name"] = str(fields["real_name"])
        self._workspace.changes.touch([person["id"]])
        return await self._tell_of_person("user_change", person, fields)

    async def join(self, fields: Json) -> Json:
        """Somebody new in a workspace."""
        user, team = str(fields["user"]), str(fields.get("team", data.TEAM))
        if user in self._state.people or team not in data.TEAMS or user[:1] not in ("U", "W"):
            raise ValueError("a new id, and a workspace that there is")
        name = str(fields["real_name"])
        given = name.split(maxsplit=1)[0].lower()
        person: Json = {"id": user, "name": given, "real_name": name, "team": team}
        person |= {"role": "member", "roles": {}, "org_role": None, "deleted": False}
        self._set_role(person, team, fields.get("role", "member"))
        self._state.people[user] = person
        app = self._installs.app_in(team)
        if app is not None:
            self._installs.direct(user, app)
        return await self._tell_of_person("team_join", person, fields)

    async def change_group(self, fields: Json) -> Json:
        """Other members or another name for a user group, a new one, or one switched off."""
        known = ("handle", "name", "team", "users", "disabled")
        fresh = {"team": data.TEAM, "users": [], "disabled": False}
        named = str(fields["group"])
        group = self._state.groups.get(named) or {**fresh, "handle": named, "name": named}
        group = {**group, "id": named, **{key: fields[key] for key in known if key in fields}}
        for user in group["users"]:
            self._workspace.person(user)
        self._state.groups[named] = group
        return {"error": None, "group": group}

    async def rename_channel(self, fields: Json) -> Json:
        """Another id for a channel, as when it comes to be shared."""
        old, new = str(fields["channel"]), str(fields["id"])
        channel = self._state.channels.get(old)
        if channel is None or new in self._state.channels:
            raise Unknown("no such channel, or the new id is taken")
        self._state.channels[new] = {**self._state.channels.pop(old), "id": new}
        rows: list[Message | Hook] = [*self._state.messages, *self._state.hooks.values()]
        for row in rows:
            row.channel = new if row.channel == old else row.channel
        self._workspace.changes.touch(channel["members"])
        event = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new}
        acks: list[Json] = []
        for app in self._live():
            if app.bot_user in channel["members"]:
                acks += (await self._told(app, event, fields))["acks"]
        return {"error": None, "acks": acks}

    def rotate(self) -> Json:
        """Have tokens rotate from now on, which can't be undone at Slack either."""
        self._state.rotation = True
        return {"error": None}

    def seen(self) -> Json:
        """Workspaces, organisations and installations, without any token."""
        apps = self._state.installations
        return {
            "workspaces": [
                {**team, "organisation": (data.organisation_of(name) or {}).get("id")}
                for name, team in data.TEAMS.items()
            ],
            "organisations": list(data.ORGANISATIONS.values()),
            "installations": [
                {
                    "id": app.id,
                    "installed": app.installed,
                    "teams": app.teams,
                    "bot_user": app.bot_user,
                    "bot_id": app.bot_id,
                    "installed_by": app.installed_by,
                    "scopes": self._installs.scopes(app),
                }
                for app in apps.values()
            ],
            "rotation": self._state.rotation,
        }

    async def _leave(self, home: str, app: Installation | None, fields: Json) -> Json:
        if app is None or not app.installed:
            return {"error": None, "acks": []}
        # The events still go to those workspaces that it was in.
        was_in = list(app.teams)
        self._installs.uninstall(home)
        self._workspace.moved(home)
        acks: list[Json] = []
        for kind in fields.get("events", LEAVING):
            told = await self._told(app, _leaving(kind, app), fields)
            acks += told["acks"]
        return {"error": None, "acks": acks, "teams": was_in}

    def _installer(self, home: str, user: object) -> str:
        if user is not None:
            return str(user)
        for person in self._state.people.values():
            role = person["roles"].get(home)
            if person["org_role"] if home in data.ORGANISATIONS else role in belonging.ADMINS:
                return str(person["id"])
        raise Unknown(f"nobody administers {home}")

    def _app(self, fields: Json) -> Installation:
        home = str(fields.get("team", data.TEAM))
        try:
            return self._state.installations[home]
        except KeyError:
            raise Unknown(f"no installation in {home}") from None

    def _live(self) -> list[Installation]:
        return [app for app in self._state.installations.values() if app.installed]

    def _set_role(self, person: Json, team: str, role: object) -> None:
        if role not in ROLES:
            raise ValueError(f"role is one of {', '.join(ROLES)}")
        person["roles"][team] = role
        if team == person["team"]:
            person["role"] = role

    async def _tell_of_person(self, kind: str, person: Json, fields: Json) -> Json:
        acks: list[Json] = []
        for app in self._live():
            if belonging.is_of(person, app):
                event = {"type": kind, "user": user_object(person, app)}
                acks += (await self._told(app, event, fields))["acks"]
        return {"error": None, "acks": acks}

    async def _told(self, app: Installation, event: Json, fields: Json) -> Json:
        """Send *event* as often as asked for, unless the app doesn't subscribe to it."""
        if fields.get("tell") is False or not self._workspace.manifest.subscribes(event["type"]):
            return {"error": None, "acks": []}
        stamped = {"event_ts": f"{self._workspace.clock.now():.6f}", **event}
        overrides = {key: fields[key] for key in _OVERRIDES if key in fields}
        made = envelope(stamped, self._workspace, app, None if app.is_org else app.id, **overrides)
        times = int(fields.get("times", 1))
        if times not in range(1, 11):
            raise Refused("too_often")
        return {
            "error": None,
            "acks": [(await self._events.send(made)).summary() for _ in range(times)],
        }


def _leaving(kind: str, app: Installation) -> Json:
    if kind not in LEAVING:
        raise ValueError(f"an uninstall sends {' and '.join(LEAVING)}")
    # The arrays hold ids of users, not tokens.
    tokens = {"tokens": {"oauth": [], "bot": [app.bot_user]}}
    return {"type": kind, **(tokens if kind == "tokens_revoked" else {})}
