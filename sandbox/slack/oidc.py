"""Sign in with Slack: OpenID Connect."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from functools import lru_cache

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from sandbox.slack import belonging, data
from sandbox.slack.calls import Call, Method
from sandbox.slack.clients import answered, authenticated
from sandbox.slack.consent_page import consent_page, refusal_page
from sandbox.slack.delivery import Deliveries
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import Json
from sandbox.slack.workspace import Workspace

CODE_SECONDS = 600
ID_TOKEN_SECONDS = 300
SCOPES = ("openid", "profile", "email")
COOKIE = "sandbox_slack_user"
AUTHORIZE = "/slack/openid/connect/authorize"


class SignIn:
    """The pages, the codes and the tokens."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._issuer = f"{workspace.base_url}/slack"

    def attach(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/slack/.well-known/openid-configuration", self._discover)
        app.router.add_get("/slack/openid/connect/keys", self._keys)
        app.router.add_get(AUTHORIZE, self._ask)
        app.router.add_post(AUTHORIZE, self._decide)

    def methods(self) -> dict[str, Method]:
        """Its part of the Web API."""
        return {
            "openid.connect.token": Method(self.trade, 4, token=None, json=False),
            "openid.connect.userInfo": Method(self.user_info, 4, token="user", json=False),
        }

    def decide(self, user: str, asked: Mapping[str, str], *, allow: bool) -> str:
        """Where the browser goes once *user* has allowed or refused.

        Raises:
            Refused: the address isn't one that Slack would show a page for.
        """
        self._check(asked)
        person = self._workspace.person(user)
        if person["deleted"] or (asked.get("team") and not belonging.is_in(person, asked["team"])):
            raise Refused("team_mismatch")
        back = asked["redirect_uri"]
        if not allow:
            return answered(back, asked, error="access_denied")
        code = secrets.token_urlsafe(24)
        self._workspace.state.codes[code] = {
            "user": user,
            "asked": dict(asked),
            "expires": self._workspace.clock.now() + CODE_SECONDS,
            "used": False,
        }
        return answered(back, asked, code=code)

    def trade(self, call: Call) -> Json:
        """A code for an id_token."""
        client_id = authenticated(call, self._deliveries.app)
        if call.args.get("grant_type", "authorization_code") != "authorization_code":
            raise Refused("invalid_grant_type")
        issued = self._workspace.state.codes.get(str(call.args.get("code")))
        if issued is None:
            raise Refused("invalid_code")
        if issued["used"]:
            raise Refused("code_already_used")
        if self._workspace.clock.now() > issued["expires"]:
            raise Refused("invalid_code")
        if call.args.get("redirect_uri") != issued["asked"]["redirect_uri"]:
            raise Refused("bad_redirect_uri")
        issued["used"] = True
        token = f"xoxp-{secrets.token_hex(20)}"
        self._workspace.state.user_tokens[token] = issued["user"]
        id_token = self._id_token(issued, client_id, token)
        return {"access_token": token, "token_type": "Bearer", "id_token": id_token}

    def user_info(self, call: Call) -> Json:
        """The claims again, for an access token."""
        person = self._workspace.person(str(call.user))
        return _claims(person, person["team"])

    async def _discover(self, _request: web.Request) -> web.Response:
        base = self._workspace.base_url
        found = {
            "issuer": self._issuer,
            "authorization_endpoint": f"{base}{AUTHORIZE}",
            "token_endpoint": f"{base}/slack/api/openid.connect.token",
            "userinfo_endpoint": f"{base}/slack/api/openid.connect.userInfo",
            "jwks_uri": f"{base}/slack/openid/connect/keys",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["form_post"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "auth_time", "iss"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }
        return web.json_response(found)

    async def _keys(self, _request: web.Request) -> web.Response:
        key = self._key().as_dict(private=False)
        return web.json_response({"keys": [{**key, "use": "sig", "alg": "RS256"}]})

    async def _ask(self, request: web.Request) -> web.Response:
        try:
            self._check(request.query)
        except Refused as refused:
            return refusal_page(refused.error)
        who = self._workspace.state.people.get(request.cookies.get(COOKIE, ""))
        team = request.query.get("team")
        known = self._workspace.state.people.values()
        people = [p for p in known if p["role"] != "bot" and not p["deleted"]]
        people = [p for p in people if not team or belonging.is_in(p, team)]
        return consent_page(self._workspace.manifest.name, people, who, request.query)

    async def _decide(self, request: web.Request) -> web.Response:
        if request.headers.get("Origin") not in (None, self._workspace.base_url):
            return refusal_page("invalid_origin")
        form = {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
        allow, user = form.pop("decision", "") == "allow", form.pop("user", "")
        try:
            location = self.decide(user, form, allow=allow)
        except (Refused, Unknown) as refused:
            return refusal_page(str(refused))
        response = web.Response(status=302, headers={"Location": location})
        response.set_cookie(COOKIE, user, path="/slack", samesite="Lax")
        return response

    def _check(self, asked: Mapping[str, str]) -> None:
        if asked.get("client_id") != self._deliveries.app.client_id:
            raise Refused("invalid_client_id")
        if not self._workspace.manifest.registers(asked.get("redirect_uri", "")):
            raise Refused("bad_redirect_uri")
        if asked.get("response_type") != "code":
            raise Refused("invalid_response_type")
        scopes = asked.get("scope", "").replace(",", " ").split()
        # Scopes of Sign in with Slack can't be mixed with others.
        if "openid" not in scopes or not set(scopes) <= set(SCOPES):
            raise Refused("invalid_scope")
        if asked.get("team") not in (None, "", *data.TEAMS):
            raise Refused("invalid_team")

    def _id_token(self, issued: Json, client_id: str, access_token: str) -> str:
        now = int(self._workspace.clock.now())
        person = self._workspace.person(issued["user"])
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {
            "iss": self._issuer,
            "aud": client_id,
            "exp": now + ID_TOKEN_SECONDS,
            "iat": now,
            "auth_time": now,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **_claims(person, issued["asked"].get("team") or person["team"]),
        }
        if issued["asked"].get("nonce"):
            claims["nonce"] = issued["asked"]["nonce"]
        key = self._key()
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": key.kid}, claims, key)

    def _key(self) -> RSAKey:
        state = self._workspace.state
        if state.signing_key is None:
            made = RSAKey.generate_key(2048, {"kid": secrets.token_hex(8)}, auto_kid=False)
            state.signing_key = dict(made.as_dict(private=True))
        return _key_of(json.dumps(state.signing_key))


@lru_cache(maxsize=8)
def _key_of(jwk: str) -> RSAKey:
    """Read it once: its numbers are proved anew each time, which takes 30 ms."""
    return RSAKey.import_key(json.loads(jwk))


def _claims(person: Json, team_id: str) -> Json:
    team, given = data.TEAMS[team_id], person["real_name"].partition(" ")
    owner = data.organisation_of(team_id)
    # Slack's documents don't list this claim; where there is no organisation it isn't there.
    ids = {"https://slack.com/enterprise_id": owner["id"]} if owner else {}
    return ids | {
        "sub": person["id"],
        "https://slack.com/user_id": person["id"],
        "https://slack.com/team_id": team["id"],
        "email": f"{person['name']}@{team['domain']}.example",
        "email_verified": True,
        "date_email_verified": 1_700_000_000,
        "name": person["real_name"],
        "given_name": given[0],
        "family_name": given[2],
        "locale": "en-GB",
        "https://slack.com/team_name": team["name"],
        "https://slack.com/team_domain": team["domain"],
        "https://slack.com/team_image_230": "https://example.com/team.png",
        "https://slack.com/team_image_default": True,
    }
