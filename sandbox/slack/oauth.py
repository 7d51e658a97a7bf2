"""How the app is installed: OAuth 2.0 as Slack has it, with tokens that may rotate."""

import secrets
from collections.abc import Collection, Mapping

from aiohttp import web

from sandbox.slack import belonging, data
from sandbox.slack.calls import Call, Method
from sandbox.slack.clients import answered, authenticated
from sandbox.slack.consent_page import CHOOSES, OPTIONAL, install_page, refusal_page
from sandbox.slack.delivery import Deliveries
from sandbox.slack.oidc import COOKIE
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import Installation, Json
from sandbox.slack.workspace import Workspace

CODE_SECONDS = 600
AUTHORIZE = "/slack/oauth/v2/authorize"


class Installing:
    """The page, the codes and the tokens."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries) -> None:
        self._workspace = workspace
        self._installs = workspace.installs
        self._deliveries = deliveries

    def attach(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(AUTHORIZE, self._ask)
        app.router.add_post(AUTHORIZE, self._decide)

    def methods(self) -> dict[str, Method]:
        """Its part of the Web API."""
        return {
            "oauth.v2.access": Method(self.access, 4, token=None, json=False),
            "oauth.v2.exchange": Method(self.exchange, 4, token=None, json=False),
        }

    def decide(
        self,
        user: str,
        asked: Mapping[str, str],
        workspace: str | None,
        *,
        allow: bool,
        without: Collection[str] = (),
    ) -> str:
        """Where the browser goes once *user* has allowed or refused; *workspace* or their own.

        *without* are optional scopes that *user* leaves out.

        Raises:
            Refused: the address isn't one that Slack would show a page for, or *user* may not.
        """
        scopes = self._left(self._check(asked), without)
        person = self._workspace.person(user)
        back = asked.get("redirect_uri") or self._workspace.manifest.redirect_urls[0]
        if not allow:
            return answered(back, asked, error="access_denied")
        home = workspace or asked.get("team") or person["team"]
        if home not in self._homes(person, asked):
            self._hold(home, person)
            raise Refused("team_mismatch")
        code = f"{secrets.randbelow(10**10)}.{secrets.token_hex(32)}"
        self._workspace.state.grants[code] = {
            "user": user,
            "home": home,
            "scopes": scopes,
            "redirect_uri": asked.get("redirect_uri"),
            "expires": self._workspace.clock.now() + CODE_SECONDS,
            "used": False,
        }
        return answered(back, asked, code=code)

    def access(self, call: Call) -> Json:
        """Tokens, for a code or for a refresh token."""
        authenticated(call, self._deliveries.app)
        match call.args.get("grant_type", "authorization_code"):
            case "authorization_code":
                return self._redeem(call)
            case "refresh_token":
                home, pair = self._installs.tokens.refresh(str(call.args.get("refresh_token")))
                return self._granted(self._workspace.state.installations[home], pair)
            case _:
                raise Refused("invalid_grant_type")

    def exchange(self, call: Call) -> Json:
        """A pair that rotates for a token that lasts."""
        authenticated(call, self._deliveries.app)
        home, pair = self._installs.tokens.exchange(str(call.args.get("token")))
        app = self._workspace.state.installations[home]
        ids = {"team_id": home, "user_id": app.bot_user}
        return pair | ids | {"iat": int(self._workspace.clock.now())}

    def answer(self, app: Installation) -> Json:
        """What an install answers to whoever trades in its code."""
        granted = self._granted(app, self._installs.tokens.issue(app.id))
        return granted | {"authed_user": {"id": app.installed_by}}

    def _redeem(self, call: Call) -> Json:
        issued = self._workspace.state.grants.get(str(call.args.get("code")))
        if issued is None or issued["used"]:
            raise Refused("invalid_code")
        if self._workspace.clock.now() > issued["expires"]:
            raise Refused("invalid_code")
        if call.args.get("redirect_uri") != issued["redirect_uri"]:
            raise Refused("bad_redirect_uri")
        self._installs.hold_installable(issued["home"], self._workspace.person(issued["user"]))
        issued["used"] = True
        made = self._installs.install(issued["home"], issued["user"], issued["scopes"])
        self._workspace.moved(made.id)
        return self.answer(made)

    def _granted(self, app: Installation, tokens: Json) -> Json:
        owner, named = data.organisation_of(app.id), data.team_named(app.id)
        return tokens | {
            "app_id": data.APP_ID,
            "token_type": "bot",
            "scope": ",".join(self._installs.scopes(app)),
            "bot_user_id": app.bot_user,
            "team": None if app.is_org else {"id": app.id, "name": named["name"]},
            "enterprise": {"id": owner["id"], "name": owner["name"]} if owner else None,
            "is_enterprise_install": app.is_org,
        }

    async def _ask(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        wanted = asked.pop("as", None) or request.cookies.get(COOKIE, "")
        try:
            scopes = self._check(asked)
        except Refused as refused:
            return refusal_page(refused.error)
        people = [p for p in self._workspace.state.people.values() if self._homes(p, asked)]
        person = next((p for p in people if p["id"] == wanted), people[0] if people else None)
        if person is None:
            return refusal_page("team_mismatch")
        name = self._workspace.manifest.name
        choice = (person, self._homes(person, asked))
        optional = self._workspace.manifest.optional_scopes
        told = [(scope, scope in optional) for scope in scopes]
        return install_page(name, people, choice, told, asked)

    async def _decide(self, request: web.Request) -> web.Response:
        if request.headers.get("Origin") not in (None, self._workspace.base_url):
            return refusal_page("invalid_origin")
        sent = await request.post()
        form = {
            k: v for k, v in sent.items() if isinstance(v, str) and k not in (CHOOSES, OPTIONAL)
        }
        optional = self._workspace.manifest.optional_scopes if CHOOSES in sent else ()
        without = [scope for scope in optional if scope not in sent.getall(OPTIONAL, [])]
        allow, user = form.pop("decision", "") == "allow", form.pop("user", "")
        try:
            home = form.pop("workspace", None)
            location = self.decide(user, form, home, allow=allow, without=without)
        except (Refused, Unknown) as refused:
            return refusal_page(str(refused))
        response = web.Response(status=302, headers={"Location": location})
        response.set_cookie(COOKIE, user, path="/slack", samesite="Lax")
        return response

    def _check(self, asked: Mapping[str, str]) -> list[str]:
        """Refuse an address for which Slack shows no page; the scopes that are asked for."""
        manifest = self._workspace.manifest
        if asked.get("client_id") != self._deliveries.app.client_id:
            raise Refused("invalid_client_id")
        back = asked.get("redirect_uri")
        if not manifest.redirect_urls or (back is not None and not manifest.registers(back)):
            raise Refused("bad_redirect_uri")
        scopes = asked.get("scope", "").replace(",", " ").split()
        # The manifest names no scopes for people's own tokens, so none can be asked for.
        if not scopes or not set(scopes) <= set(manifest.bot_scopes) or asked.get("user_scope"):
            raise Refused("invalid_scope")
        if asked.get("team") not in (None, "", *data.TEAMS, *data.ORGANISATIONS):
            raise Refused("invalid_team")
        return scopes

    def _left(self, scopes: list[str], without: Collection[str]) -> list[str]:
        """What is left of *scopes*; only optional ones can be left out."""
        if not set(without) <= set(self._workspace.manifest.optional_scopes):
            raise Refused("scope_not_optional")
        return [scope for scope in scopes if scope not in without]

    def _homes(self, person: Json, asked: Mapping[str, str]) -> list[str]:
        """Where *person* may install the app, of what is asked for: their own workspace first."""
        owner = data.organisation_of(person["team"])
        everywhere = [*belonging.teams_of(person), *([owner["id"]] if owner else [])]
        wanted = asked.get("team") or None
        return [h for h in everywhere if wanted in (None, h) and self._may(h, person)]

    def _may(self, home: str, person: Json) -> bool:
        try:
            self._hold(home, person)
        except Refused:
            return False
        return True

    def _hold(self, home: str, person: Json) -> None:
        if person["role"] == "bot":
            raise Refused("install_not_allowed")
        if home in data.ORGANISATIONS and not self._workspace.manifest.org_ready:
            raise Refused("app_not_org_ready")
        self._installs.hold_installable(home, person)
