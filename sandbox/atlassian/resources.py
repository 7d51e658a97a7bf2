"""What api.atlassian.com says of a token: its sites, and whose it is; and the media host."""

import base64

from aiohttp import web

from sandbox.atlassian import people
from sandbox.atlassian.apps import Apps
from sandbox.atlassian.faults import Faults
from sandbox.atlassian.gateway import PREFIX
from sandbox.atlassian.grants import Grant, Grants
from sandbox.atlassian.log import Entry, Log
from sandbox.atlassian.scopes import is_confluence
from sandbox.atlassian.sites import BY_CLOUD_ID
from sandbox.atlassian.wiki import Wiki
from sandbox.clock import Clock

JIRA_SCOPES = ["read:jira-work"]
UNAUTHORIZED = {"code": 401, "message": "Unauthorized"}


class Resources:
    """The two addresses outside the gateway that an app needs."""

    def __init__(  # noqa: PLR0913, PLR0917 -- what the two of them speak of
        self,
        base_url: str,
        clock: Clock,
        grants: Grants,
        apps: Apps,
        log: Log,
        faults: Faults,
    ) -> None:
        self._base_url = base_url
        self._clock = clock
        self._grants = grants
        self._apps = apps
        self._log = log
        self._faults = faults

    def attach(self, app: web.Application) -> None:
        """Serve under `/atlassian/api/`."""
        app.router.add_get(PREFIX + "/oauth/token/accessible-resources", self.list_sites)
        app.router.add_get(PREFIX + "/me", self.me)

    async def list_sites(self, request: web.Request) -> web.StreamResponse:
        """GET accessible-resources: `[]` once the consent is gone; nothing of blocking sites."""
        return await self._faults.play(request, lambda: self._sites_answered(request))

    async def me(self, request: web.Request) -> web.StreamResponse:
        """GET /me."""
        return await self._faults.play(request, lambda: self._me_answered(request))

    def _find(self, request: web.Request) -> Grant | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self._grants.find_access(token.strip()) if scheme.casefold() == "bearer" else None

    def _logged(
        self, request: web.Request, grant: Grant | None, body: object, status: int
    ) -> web.Response:
        entry = Entry(self._clock.now(), request.method, request.path, request.query_string)
        if grant is not None:
            entry.account, entry.client = people.BY_ID[grant.account_id].name, grant.client_id
        entry.status = status
        self._log.add(entry)
        return web.json_response(body, status=status)

    def _sites_answered(self, request: web.Request) -> web.Response:
        grant = self._find(request)
        if grant is None:
            return self._logged(request, None, UNAUTHORIZED, 401)
        is_service = grant.level == "service"
        open_sites = [each for each in grant.sites if is_service or each not in self._apps.blocking]
        listed = [each for site in open_sites for each in self._site(grant, site)]
        return self._logged(request, grant, [] if grant.revoked else listed, 200)

    def _site(self, grant: Grant, cloud_id: str) -> list[dict[str, object]]:
        """A site's entries: Jira and Confluence share an id, their scopes tell them apart."""
        site = BY_CLOUD_ID[cloud_id]
        licensed = people.BY_ID[grant.account_id].licensed
        scopes = [scope for scope in grant.scopes if is_confluence(scope)] if licensed else []
        entry: dict[str, object] = {
            "id": site.cloud_id,
            "name": site.slug,
            "url": f"{self._base_url}/atlassian/sites/{site.slug}",
            "avatarUrl": f"{self._base_url}/atlassian/sites/{site.slug}/avatar.png",
        }
        has_jira = site.has_jira and grant.level != "service"
        jira: list[dict[str, object]] = [{**entry, "scopes": JIRA_SCOPES}] if has_jira else []
        return [*jira, {**entry, "scopes": scopes}] if scopes else [*jira]

    def _me_answered(self, request: web.Request) -> web.Response:
        grant = self._find(request)
        if grant is None or grant.revoked:
            return self._logged(request, grant, UNAUTHORIZED, 401)
        if "read:me" not in grant.scopes:
            if grant.level == "service":
                return self._logged(request, grant, {"code": 403, "message": "Forbidden"}, 403)
            body = {"code": 401, "message": "Unauthorized; scope does not match"}
            return self._logged(request, grant, body, 401)
        return self._logged(request, grant, profile(people.BY_ID[grant.account_id]), 200)


def profile(account: people.Account) -> dict[str, object]:
    """What `/me` says."""
    return {
        "account_type": account.kind,
        "account_id": account.account_id,
        "email": account.email,
        "name": account.display_name,
        "picture": "",
        "account_status": "active",
        "nickname": account.name,
        "zoneinfo": account.zone,
        "locale": "en-GB",
        "extended_profile": {"job_title": "", "organization": "", "department": "", "location": ""},
    }


class Media:
    """The media host: signed addresses, good without a token and refused with one."""

    def __init__(self, wikis: dict[str, Wiki]) -> None:
        self._wikis = wikis

    def attach(self, app: web.Application) -> None:
        """Serve under `/atlassian/media/`."""
        app.router.add_get("/atlassian/media/{key}", self.serve)

    async def serve(self, request: web.Request) -> web.Response:
        """One file."""
        if "Authorization" in request.headers:
            return web.json_response({"error": "a token has no business here"}, status=400)
        key = request.match_info["key"]
        for wiki in self._wikis.values():
            content = wiki.contents.get(wiki.media.get(key, 0))
            if content is not None:
                data = base64.b64decode(content.extra["data"])
                return web.Response(body=data, content_type=content.extra["media_type"])
        return web.json_response({"error": "no such file"}, status=404)
