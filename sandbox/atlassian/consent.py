"""The authorization server in the browser: the consent page, and a person's list of apps."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.atlassian import people, scopes, sites
from sandbox.atlassian.apps import Apps
from sandbox.atlassian.client import OAuthClient
from sandbox.atlassian.grants import Grants
from sandbox.atlassian.pages import Pages
from sandbox.atlassian.privacy import Privacy

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
COOKIE = "sandbox_atlassian_account"
ROOT = "/atlassian/auth"
NOT_SHARED = (
    "This app is in development. Only the owner of this app may grant it access to their account."
)
BLOCKED = "Your organization's admin has blocked apps that people install on"


class BadRequest(Exception):
    """An authorization request that is shown as an error page and never redirected."""


class NotAllowed(Exception):
    """A consent that somebody else doesn't let happen: shown too, and never redirected."""


class Consent:
    """Stands for auth.atlassian.com; `code_challenge` is ignored, as it is there."""

    def __init__(self, apps: Apps, grants: Grants, privacy: Privacy, pages: Pages) -> None:
        self._apps = apps
        self._grants = grants
        self._privacy = privacy
        self._pages = pages

    def attach(self, app: web.Application) -> None:
        """Serve the pages under `/atlassian/auth/`."""
        app.router.add_get(ROOT + "/authorize", self.ask)
        app.router.add_post(ROOT + "/authorize", self.decide)
        app.router.add_get(ROOT + "/manage-profile/apps", self.show_apps)
        app.router.add_post(ROOT + "/manage-profile/apps", self.remove_app)

    async def ask(self, request: web.Request) -> web.Response:
        """The consent page; whoever consented last in this browser is chosen already."""
        return self._page(request.query, chosen=request.cookies.get(COOKIE, ""))

    async def decide(self, request: web.Request) -> web.Response:
        """Accept or cancel, and back to the app."""
        form = await request.post()
        asked = {key: str(value) for key, value in form.items() if key in CARRIED}
        try:
            app, wanted = self._check(asked)
        except BadRequest as error:
            return self._refused(str(error))
        if form.get("decision") != "accept":
            denied = {"error": "access_denied", "error_description": "User did not authorize"}
            return back(asked, denied)
        account = people.find_account(str(form.get("account", "")))
        if account is None or account.kind != "atlassian" or self._privacy.is_closed(account):
            return self._page(asked, "Choose an account.")
        try:
            chosen, level = self._chosen(app, account, form)
        except BadRequest as error:
            return self._page(asked, str(error), chosen=account.name)
        except NotAllowed as error:
            return self._refused(str(error), 403)
        self._grants.consent(app.client_id, account.account_id, wanted, chosen, level)
        code = self._grants.issue_code(app.client_id, account.account_id, asked["redirect_uri"])
        response = back(asked, {"code": code})
        response.set_cookie(COOKIE, account.name, path=ROOT, httponly=True, samesite="Lax")
        return response

    def _chosen(
        self, app: OAuthClient, account: people.Account, form: Mapping[str, Any]
    ) -> tuple[list[str], str]:
        """The sites that the app is let into, and the level of the grant."""
        if not app.distributed and account.name != app.owner:
            raise NotAllowed(NOT_SHARED)
        level = "resource" if form.get("access") == "chosen" else "account"
        ticked = form.getall("site", []) if hasattr(form, "getall") else []
        chosen = list(account.sites) if level == "account" else [str(each) for each in ticked]
        if not set(chosen) <= set(account.sites):
            raise BadRequest(f"{account.display_name} isn't on that site.")
        if level == "resource" and not chosen:
            raise BadRequest("Choose a site.")
        allowed = [each for each in chosen if each not in self._apps.blocking]
        if chosen and not allowed:
            names = ", ".join(sites.BY_CLOUD_ID[each].name for each in chosen)
            raise NotAllowed(f"{BLOCKED} {names}.")
        return allowed, level

    def _page(
        self, asked: Mapping[str, str], problem: str = "", *, chosen: str = ""
    ) -> web.Response:
        try:
            app, wanted = self._check(asked)
        except BadRequest as error:
            return self._refused(str(error))
        choosable = [each for each in people.ACCOUNTS if each.kind == "atlassian"]
        return self._pages.show(
            "consent.html",
            status=400 if problem else 200,
            problem=problem,
            app=app,
            chosen=chosen,
            carried={key: asked[key] for key in CARRIED if key in asked},
            accounts=[each for each in choosable if not self._privacy.is_closed(each)],
            sites=sites.SITES,
            scopes=[(scope, scopes.in_words(scope)) for scope in wanted],
        )

    def _refused(self, reason: str, status: int = 400) -> web.Response:
        return self._pages.show("refused.html", status=status, reason=reason)

    def _check(self, asked: Mapping[str, str]) -> tuple[OAuthClient, list[str]]:
        """The app and the scopes of a request that is in order."""
        missing = [key for key in CARRIED if key != "state" and not asked.get(key)]
        if missing:
            raise BadRequest(f"Required parameter missing: {', '.join(missing)}")
        for key, value in FIXED.items():
            if asked[key] != value:
                raise BadRequest(f"{key} must be {value}")
        app = self._apps.find(asked["client_id"])
        if app is None:
            raise BadRequest("There is no app with this client_id")
        if asked["redirect_uri"] != app.redirect_uri:
            raise BadRequest("redirect_uri is not registered for this app")
        wanted = list(dict.fromkeys(asked["scope"].split(" ")))
        unknown = sorted(set(wanted) - app.scopes)
        if unknown:
            raise BadRequest(f"The app has not been given these scopes: {', '.join(unknown)}")
        return app, wanted

    async def show_apps(self, _request: web.Request) -> web.Response:
        """Who lets which app in, as each would see it at id.atlassian.com."""
        listed = [
            (people.BY_ID[each.account_id], app.name if app else each.client_id, each)
            for each in self._grants.grants.values()
            for app in (self._apps.find(each.client_id),)
            if not each.revoked
        ]
        return self._pages.show("apps.html", grants=listed, in_words=scopes.in_words)

    async def remove_app(self, request: web.Request) -> web.Response:
        """One person takes a consent back."""
        form = await request.post()
        account = people.find_account(str(form.get("account", "")))
        if account is not None:
            client_id = str(form.get("client_id", "")) or None
            self._grants.revoke(account.account_id, client_id)
        raise web.HTTPSeeOther(ROOT + "/manage-profile/apps")


def back(asked: Mapping[str, str], answer: dict[str, str]) -> web.Response:
    """To the app's callback with *answer* and the state it sent."""
    if asked.get("state"):
        answer = {**answer, "state": asked["state"]}
    location = f"{asked['redirect_uri']}?{urlencode(answer)}"
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
