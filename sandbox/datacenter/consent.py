"""The site's own authorization server: consent page, token endpoint, revocation.

As on https://developer.atlassian.com/server/confluence/confluence-oauth2-provider-api/.
"""

import hmac
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from aiohttp import web

from sandbox.atlassian.faults import Faults
from sandbox.atlassian.log import Entry, Log
from sandbox.datacenter import people
from sandbox.datacenter.clients import RANKS, WORDS, Client, Clients, highest
from sandbox.datacenter.grants import CODE_SECONDS, METHODS, Code, Grants, TokenRefused, meets
from sandbox.datacenter.pages import Pages

ROOT = "/datacenter/confluence/rest/oauth2/latest"
FORM = "application/x-www-form-urlencoded"
CARRIED = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
MIN_VERIFIER, MAX_VERIFIER = 43, 128


class BadRequest(Exception):
    """A request that is shown as an error page: there is no safe place to go back to."""


class BadAsk(Exception):
    """A request that goes back to the app with an error code."""


class Consents:
    """Stands for the OAuth 2.0 provider of an incoming link; unknown parameters are ignored."""

    def __init__(
        self, clients: Clients, grants: Grants, pages: Pages, faults: Faults, log: Log
    ) -> None:
        self._clients = clients
        self._grants = grants
        self._pages = pages
        self._faults = faults
        self._log = log

    def attach(self, app: web.Application) -> None:
        """Serve below `rest/oauth2/latest/`."""
        app.router.add_get(f"{ROOT}/authorize", self.ask)
        app.router.add_post(f"{ROOT}/authorize", self.decide)
        app.router.add_post(f"{ROOT}/token", self.token)
        app.router.add_post(f"{ROOT}/revoke", self.revoke)

    async def ask(self, request: web.Request) -> web.Response:
        """The consent page."""
        return self._answered(
            request.query, lambda client, scope: self._page(request, client, scope)
        )

    async def decide(self, request: web.Request) -> web.Response:
        """Allow or deny, and back to the app."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        return self._answered(form, lambda client, scope: self._decided(form, client, scope))

    def _answered(
        self, asked: Mapping[str, str], act: Callable[[Client, str], web.Response]
    ) -> web.Response:
        try:
            client = self._client(asked)
        except BadRequest as error:
            return self._pages.show("refused.html", status=400, reason=str(error))
        try:
            scope = wanted(asked, client)
        except BadAsk as error:
            return back(asked, {"error": str(error)})
        return act(client, scope)

    def _client(self, asked: Mapping[str, str]) -> Client:
        client = self._clients.find(asked.get("client_id", ""))
        if client is None:
            raise BadRequest("There is no incoming link with this client_id.")
        if asked.get("redirect_uri") not in client.redirect_uris:
            raise BadRequest("The redirect_uri is not registered for this link.")
        return client

    def _page(self, request: web.Request, client: Client, scope: str) -> web.Response:
        held = [name for name in WORDS if RANKS[name] <= RANKS[scope]]
        return self._pages.show(
            "consent.html",
            action=f"{ROOT}/authorize",
            client=client,
            carried={key: request.query[key] for key in CARRIED if key in request.query},
            people=people.PEOPLE,
            scopes=[(name, WORDS[name]) for name in held],
        )

    def _decided(self, form: Mapping[str, str], client: Client, scope: str) -> web.Response:
        if form.get("decision") != "accept":
            return back(form, {"error": "access_denied"})
        person = people.find_person(form.get("account", ""))
        if person is None:
            return self._pages.show("refused.html", status=400, reason="Choose a person.")
        code = Code(
            person.name,
            client.client_id,
            form["redirect_uri"],
            scope,
            self._grants.now() + CODE_SECONDS,
            form.get("code_challenge", ""),
            form.get("code_challenge_method", ""),
        )
        return back(form, {"code": self._grants.issue_code(code)})

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Tokens for a code or a refresh token; nothing but a form is understood."""
        return await self._played(request, self._trade)

    async def revoke(self, request: web.Request) -> web.StreamResponse:
        """RFC 7009: 200 whether or not the token was there."""
        return await self._played(request, self._revoked)

    async def _played(
        self, request: web.Request, act: Callable[[dict[str, str]], dict[str, object]]
    ) -> web.StreamResponse:
        form = {key: str(value) for key, value in (await request.post()).items()}
        return await self._faults.play(request, lambda: self._noted(request, form, act))

    def _noted(
        self,
        request: web.Request,
        form: dict[str, str],
        act: Callable[[dict[str, str]], dict[str, object]],
    ) -> web.Response:
        entry = self._log.add(Entry(self._grants.now(), request.method, request.path, query=""))
        headers = {"Cache-Control": "no-store"}
        if request.content_type != FORM:
            entry.status = 415
            return web.Response(text="Unsupported Media Type", status=415, headers=headers)
        try:
            body, entry.status = act(form), 200
        except TokenRefused as refused:
            body, entry.status = {**refused.body}, refused.status
        return web.json_response(body, status=entry.status, headers=headers)

    def _trade(self, form: dict[str, str]) -> dict[str, object]:
        client = self._clients.find(required(form, "client_id"))
        if client is None:
            raise TokenRefused(401, "invalid_client", "Unknown client")
        proven = self._proven(client, form)
        grant_type = form.get("grant_type", "")
        if grant_type == "authorization_code":
            return self._trade_code(client, form, proven=proven)
        if grant_type == "refresh_token":
            return self._trade_refresh_token(client, form, proven=proven)
        if grant_type == "client_credentials":
            return self._trade_credentials(client, form, proven=proven)
        raise TokenRefused(400, "unsupported_grant_type", "Unsupported grant type")

    def _proven(self, client: Client, form: dict[str, str]) -> bool:
        """Whether the secret was sent; a wrong one is refused."""
        said = form.get("client_secret", "")
        if said and not hmac.compare_digest(said.encode(), client.client_secret.encode()):
            raise TokenRefused(401, "invalid_client", "Invalid client secret")
        return bool(said)

    def _trade_code(
        self, client: Client, form: dict[str, str], *, proven: bool
    ) -> dict[str, object]:
        said, redirect_uri = required(form, "code"), required(form, "redirect_uri")
        code = self._grants.find_code(said)
        if code is None or code.client_id != client.client_id:
            raise TokenRefused(400, "invalid_grant", "Invalid authorization code")
        if code.redirect_uri != redirect_uri:
            raise TokenRefused(400, "invalid_grant", "redirect_uri does not match")
        require_verifier(code, form.get("code_verifier", ""), proven=proven)
        return self._grants.trade_code(said, public=not proven)

    def _trade_refresh_token(
        self, client: Client, form: dict[str, str], *, proven: bool
    ) -> dict[str, object]:
        said = required(form, "refresh_token")
        found = self._grants.find(said, "refresh")
        if found is None or found[1].client_id != client.client_id:
            raise TokenRefused(400, "invalid_grant", "Invalid refresh token")
        if not proven and not found[1].public:
            raise TokenRefused(401, "invalid_client", "The client secret is missing")
        # https://mrrefactoring.github.io/jira.js/api/functions/index.refreshServerOAuth2Token
        if form.get("redirect_uri") not in client.redirect_uris:
            raise TokenRefused(400, "invalid_grant", "Invalid refresh token")
        return self._grants.trade_refresh_token(said)

    def _trade_credentials(
        self, client: Client, form: dict[str, str], *, proven: bool
    ) -> dict[str, object]:
        """A service account's token (Data Center 10.1): an hour, and nothing to renew it with."""
        if not proven:
            raise TokenRefused(401, "invalid_client", "The client secret is missing")
        if not client.service:
            raise TokenRefused(400, "unauthorized_client", "Not a service account")
        try:
            scope = highest(form.get("scope", "").split())
        except ValueError as error:
            raise TokenRefused(400, "invalid_scope", "Invalid scope") from error
        if RANKS[scope] > RANKS[client.scope]:
            raise TokenRefused(400, "invalid_scope", "Invalid scope")
        return self._grants.issue_service(client.client_id, client.service, scope)

    def _revoked(self, form: dict[str, str]) -> dict[str, object]:
        client = self._clients.find(required(form, "client_id"))
        if client is None or not self._proven(client, form):
            raise TokenRefused(401, "invalid_client", "Invalid client")
        self._grants.revoke_token(required(form, "token"), client.client_id)
        return {}


def wanted(asked: Mapping[str, str], client: Client) -> str:
    """The scope that is asked for, of a request that is in order.

    Raises:
        BadAsk: with an error code of RFC 6749 §4.1.2.1.
    """
    if asked.get("response_type") != "code":
        raise BadAsk("unsupported_response_type")
    try:
        scope = highest(asked.get("scope", "").split())
    except ValueError as error:
        raise BadAsk("invalid_scope") from error
    if RANKS[scope] > RANKS[client.scope]:
        raise BadAsk("invalid_scope")
    challenge, method = asked.get("code_challenge", ""), asked.get("code_challenge_method", "")
    if bool(challenge) != bool(method) or (method and method not in METHODS):
        raise BadAsk("invalid_request")
    return scope


def require_verifier(code: Code, verifier: str, *, proven: bool) -> None:
    """Hold a code to its challenge; without one the secret is needed."""
    if not code.challenge:
        if not proven:
            raise TokenRefused(401, "invalid_client", "The client secret is missing")
        return
    if not MIN_VERIFIER <= len(verifier) <= MAX_VERIFIER:
        raise TokenRefused(400, "invalid_request", "code_verifier is missing or malformed")
    if not meets(code, verifier):
        raise TokenRefused(400, "invalid_grant", "code_verifier does not match")


def required(form: Mapping[str, str], name: str) -> str:
    """A field that must be there."""
    value = form.get(name)
    if not value:
        raise TokenRefused(400, "invalid_request", f"{name} is required")
    return value


def back(asked: Mapping[str, str], answer: dict[str, str]) -> web.Response:
    """To the app's callback with *answer* and the state it sent."""
    if asked.get("state"):
        answer = {**answer, "state": asked["state"]}
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    location = f"{asked['redirect_uri']}{joint}{urlencode(answer)}"
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
