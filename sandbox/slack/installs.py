"""Where the app is installed, and what an install and its end do to a workspace."""

from collections.abc import Iterable

from sandbox.clock import Clock
from sandbox.slack import belonging, data
from sandbox.slack.manifest import Manifest
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Installation, Json, State
from sandbox.slack.tokens import Tokens


class Installs:
    """The app's installations, in workspaces and in organisations."""

    def __init__(self, state: State, clock: Clock, manifest: Manifest) -> None:
        self._state = state
        self._manifest = manifest
        self.tokens = Tokens(state, clock)

    def app_in(self, team: str) -> Installation | None:
        """The installation that people of this workspace meet, while it lasts."""
        here = (app for app in self._state.installations.values() if app.installed)
        return next((app for app in here if team in app.teams), None)

    def scopes(self, app: Installation) -> tuple[str, ...]:
        """What the installation was granted."""
        return self._manifest.bot_scopes if app.scopes is None else tuple(app.scopes)

    def scopes_without(self, left_out: Iterable[str]) -> list[str]:
        """What an installation is granted by whoever leaves these optional scopes out."""
        without = set(left_out)
        if not without <= set(self._manifest.optional_scopes):
            raise Refused("scope_not_optional")
        return [scope for scope in self._manifest.bot_scopes if scope not in without]

    def hold_installable(self, home: str, person: Json) -> None:
        """Refuse where *person* may not install the app at *home*.

        Slack lets members install unless an admin has said otherwise; an organisation takes
        nothing but from its own admins.
        """
        if person["deleted"]:
            raise Refused("user_is_deactivated")
        if home in data.ORGANISATIONS:
            owner = data.organisation_of(person["team"])
            if person["org_role"] not in ("admin", "owner") or owner is None or owner["id"] != home:
                raise Refused("org_admin_required")
            return
        if not belonging.is_in(person, home):
            raise Refused("team_mismatch")
        if person["roles"][home] in belonging.GUESTS:
            raise Refused("install_not_allowed")
        whole = data.organisation_of(home)
        org = self._state.installations.get(whole["id"]) if whole else None
        if org is not None and org.installed:
            raise Refused("cannot_install_an_org_installed_app")

    def install(self, home: str, user: str, scopes: Iterable[str]) -> Installation:
        """Put the app there; scopes are added to those of an install that lasts."""
        old = self._state.installations.get(home)
        lasts = old is not None and old.installed
        if old is None or not lasts:
            self.tokens.revoke_all(home)
            old = Installation(home, [] if home in data.ORGANISATIONS else [home], scopes=[])
            self._state.installations[home] = old
        granted = [*self.scopes(old), *scopes]
        old.scopes, old.installed_by = list(dict.fromkeys(granted)), user
        if old.is_org:
            self._take_over(home)
        self._settle_in(old, old.teams)
        return old

    def uninstall(self, home: str) -> None:
        """Take the app away; its tokens are good for nothing then."""
        app = self._state.installations[home]
        app.installed = False
        if app.is_org:
            app.teams = []

    def restore(self, home: str) -> None:
        """Undo `uninstall`: the same token is good again."""
        self._state.installations[home].installed = True
        self.tokens.revive(home)

    def give(self, home: str, teams: Iterable[str]) -> list[str]:
        """Let an organisation's workspaces have the app; those that hadn't."""
        app, ours = self._state.installations[home], data.teams_under(home)
        fresh = [team for team in teams if team not in app.teams]
        if not app.is_org or not app.installed or not set(fresh) <= set(ours):
            raise Refused("team_not_found")
        app.teams += fresh
        self._settle_in(app, fresh)
        return fresh

    def take(self, home: str, teams: Iterable[str]) -> list[str]:
        """Take the app from an organisation's workspaces; those that had it."""
        app = self._state.installations[home]
        gone = [team for team in teams if app.is_org and team in app.teams]
        app.teams = [team for team in app.teams if team not in gone]
        return gone

    def direct(self, user: str, app: Installation) -> Json:
        """The direct messages of *user* with the app, opened where needed."""
        dm = data.direct_messages(user, app.id)
        return self._state.channels.setdefault(dm["id"], dm)

    def _take_over(self, organisation: str) -> None:
        """An organisation's install is in the place of those of its workspaces."""
        for team in data.teams_under(organisation):
            if team in self._state.installations:
                self.uninstall(team)

    def _settle_in(self, app: Installation, teams: Iterable[str]) -> None:
        """Invite the bot, and let people find it."""
        for team in teams:
            for name in data.INVITED.get(team, ()):
                channel = self._state.channels.get(name)
                if channel is not None and app.bot_user not in channel["members"]:
                    channel["members"].append(app.bot_user)
            for person in list(self._state.people.values()):
                if belonging.is_in(person, team) and person["role"] != "bot":
                    self.direct(person["id"], app)
