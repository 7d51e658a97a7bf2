"""The authorization server: the consent page, the token endpoint, and a person's app list."""

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.atlassian import people, scopes, sites
from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.grants import Grants, TokenRefused
from sandbox.atlassian.log import Entry, Log
from sandbox.atlassian.pages import Pages

CARRIED = (
    "audience",
    "client_id",
    "scope",
    "redirect_uri",
    "state",
    "response_type",
    "prompt",
)
FIXED = {"audience": "api.atlassian.com", "response_type": "code", "prompt": "consent"}


class BadRequest(Exception):
    """An authorization request that is shown as an error page and never redirected."""


class Consent:
    """Stands for auth.atlassian.com; `code_challenge` is ignored, as it is there."""

    def __init__(
        self, client: OAuthClient, grants: Grants, pages: Pages, faults: Faults, log: Log
    ) -> None:
        self._client = client
        self._log = log
        self._faults = faults
        self._grants = grants
        self._pages = pages

    def attach(self, app: web.Application) -> None:
        """Serve under `/atlassian/auth/`."""
        app.router.add_get("/atlassian/auth/authorize", self.ask)
        app.router.add_post("/atlassian/auth/authorize", self.decide)
        app.router.add_post("/atlassian/auth/oauth/token", self.token)
        app.router.add_get("/atlassian/auth/manage-profile/apps", self.show_apps)
        app.router.add_post("/atlassian/auth/manage-profile/apps", self.remove_app)

    async def ask(self, request: web.Request) -> web.Response:
        """The consent page."""
        return self._page(request.query)

    async def decide(self, request: web.Request) -> web.Response:
        """Accept or cancel, and back to the app."""
        form = await request.post()
        asked = {key: str(value) for key, value in form.items() if key in CARRIED}
        try:
            wanted = self._check(asked)
        except BadRequest as error:
            return self._refused(str(error))
        if form.get("decision") != "accept":
            denied = {"error": "access_denied", "error_description": "User did not authorize"}
            return back(asked, denied)
        return self._accept(asked, wanted, form)

    def _accept(
        self, asked: dict[str, str], wanted: list[str], form: Mapping[str, Any]
    ) -> web.Response:
        account = people.find_account(str(form.get("account", "")))
        if account is None:
            return self._page(asked, "Choose an account.")
        level = "resource" if form.get("access") == "chosen" else "account"
        ticked = form.getall("site", []) if hasattr(form, "getall") else []
        chosen = list(account.sites) if level == "account" else [str(each) for each in ticked]
        if not set(chosen) <= set(account.sites):
            return self._page(asked, f"{account.display_name} isn't on that site.")
        if level == "resource" and not chosen:
            return self._page(asked, "Choose a site.")
        self._grants.consent(account.account_id, wanted, chosen, level)
        code = self._grants.issue_code(account.account_id, asked["redirect_uri"], wanted)
        return back(asked, {"code": code})

    def _page(self, asked: Mapping[str, str], problem: str = "") -> web.Response:
        try:
            wanted = self._check(asked)
        except BadRequest as error:
            return self._refused(str(error))
        return self._pages.show(
            "consent.html",
            status=400 if problem else 200,
            problem=problem,
            carried={key: asked[key] for key in CARRIED if key in asked},
            accounts=people.ACCOUNTS,
            sites=sites.SITES,
            scopes=[(scope, scopes.in_words(scope)) for scope in wanted],
        )

    def _refused(self, reason: str) -> web.Response:
        return self._pages.show("refused.html", status=400, reason=reason)

    def _check(self, asked: Mapping[str, str]) -> list[str]:
        """The scopes asked for, of a request that is in order."""
        missing = [key for key in CARRIED if key != "state" and not asked.get(key)]
        if missing:
            raise BadRequest(f"Required parameter missing: {', '.join(missing)}")
        for key, value in FIXED.items():
            if asked[key] != value:
                raise BadRequest(f"{key} must be {value}")
        if asked["client_id"] != self._client.client_id:
            raise BadRequest("There is no app with this client_id")
        if asked["redirect_uri"] != self._client.redirect_uri:
            raise BadRequest("redirect_uri is not registered for this app")
        wanted = list(dict.fromkeys(asked["scope"].split(" ")))
        unknown = sorted(set(wanted) - self._client.scopes)
        if unknown:
            raise BadRequest(f"The app has not been given these scopes: {', '.join(unknown)}")
        return wanted

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Tokens for a code or a refresh token; JSON and form are both understood."""
        sent = await fields(request)
        return await self._faults.play(request, lambda: self._noted(request, self._traded(sent)))

    def _noted(self, request: web.Request, answer: web.Response) -> web.Response:
        entry = Entry(self._grants.now(), request.method, request.path, query="")
        entry.status = answer.status
        self._log.add(entry)
        return answer

    def _traded(self, sent: dict[str, str] | None) -> web.Response:
        headers = {"Cache-Control": "no-store"}
        try:
            answer = self._trade(sent)
        except TokenRefused as refused:
            return web.json_response(refused.body, status=refused.status, headers=headers)
        return web.json_response(answer, headers=headers)

    def _trade(self, asked: dict[str, str] | None) -> dict[str, Any]:
        if asked is None:
            raise TokenRefused(400, "invalid_request", "The body is not a JSON object")
        self._require_client(asked)
        grant_type = asked.get("grant_type", "")
        if grant_type == "authorization_code":
            code, redirect_uri = required(asked, "code"), required(asked, "redirect_uri")
            return self._grants.trade_code(code, redirect_uri)
        if grant_type == "refresh_token":
            return self._grants.trade_refresh_token(required(asked, "refresh_token"))
        raise TokenRefused(
            403, "unsupported_grant_type", f"Unsupported grant type: {grant_type[:50]}"
        )

    def _require_client(self, asked: dict[str, str]) -> None:
        same_id = same(required(asked, "client_id"), self._client.client_id)
        if not same_id:
            raise TokenRefused(401, "access_denied", "Unauthorized")
        if not same(asked.get("client_secret", ""), self._client.client_secret):
            raise TokenRefused(401, "access_denied", "Unauthorized")

    async def show_apps(self, _request: web.Request) -> web.Response:
        """Who lets the app in, as each would see it at id.atlassian.com."""
        living = [each for each in self._grants.grants.values() if not each.revoked]
        listed = [(people.BY_ID[each.account_id], each) for each in living]
        return self._pages.show("apps.html", grants=listed, in_words=scopes.in_words)

    async def remove_app(self, request: web.Request) -> web.Response:
        """One person takes the consent back."""
        form = await request.post()
        account = people.find_account(str(form.get("account", "")))
        if account is not None:
            self._grants.revoke(account.account_id)
        raise web.HTTPSeeOther("/atlassian/auth/manage-profile/apps")


def back(asked: Mapping[str, str], answer: dict[str, str]) -> web.Response:
    """To the app's callback with *answer* and the state it sent."""
    if asked.get("state"):
        answer = {**answer, "state": asked["state"]}
    location = f"{asked['redirect_uri']}?{urlencode(answer)}"
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})


def same(left: str, right: str) -> bool:
    """Compare secrets."""
    return hmac.compare_digest(left.encode(), right.encode())


def required(asked: dict[str, str], name: str) -> str:
    """A field that must be there."""
    value = asked.get(name)
    if not value:
        raise TokenRefused(400, "invalid_request", f"Missing required parameter: {name}")
    return value


async def fields(request: web.Request) -> dict[str, str] | None:
    """What a token request says, JSON or form; None where it is neither."""
    if request.content_type != "application/json":
        return {key: str(value) for key, value in (await request.post()).items()}
    try:
        sent = json.loads(await request.read())
    except (ValueError, RecursionError):
        return None
    if not isinstance(sent, dict):
        return None
    return {str(key): value for key, value in sent.items() if isinstance(value, str)}
