"""What lies beside the API: personal access tokens and downloads."""

import base64
from collections.abc import Callable

from aiohttp import web

from sandbox.atlassian.faults import Faults
from sandbox.atlassian.log import Entry, Log
from sandbox.atlassian.moments import iso
from sandbox.atlassian.refusals import Refusal
from sandbox.atlassian.wiki import id_of
from sandbox.clock import Clock
from sandbox.datacenter.call import ROOT
from sandbox.datacenter.clients import RANKS, WRITE
from sandbox.datacenter.credentials import Caller, Credentials
from sandbox.datacenter.incoming import read_json
from sandbox.datacenter.refusals import PageRefusal, refusal
from sandbox.datacenter.site import Site
from sandbox.datacenter.tokens import PersonalToken, TokenNotMade, Tokens

PATS = f"{ROOT}/rest/pat/latest/tokens"
Act = Callable[[Caller], web.Response]


class Beside:
    """Personal access tokens and attachments, for the same callers as the API."""

    def __init__(  # noqa: PLR0913 -- what it stands between
        self,
        clock: Clock,
        site: Site,
        tokens: Tokens,
        *,
        credentials: Credentials,
        log: Log,
        faults: Faults,
    ) -> None:
        self._clock = clock
        self._site = site
        self._tokens = tokens
        self._credentials = credentials
        self._log = log
        self._faults = faults

    def attach(self, app: web.Application) -> None:
        """Serve `rest/pat/` and `download/`."""
        app.router.add_get(PATS, self.list_tokens)
        app.router.add_post(PATS, self.make_token)
        app.router.add_delete(PATS + "/{id}", self.revoke_token)
        app.router.add_get(ROOT + "/download/attachments/{page}/{name}", self.download)

    def _answered(self, request: web.Request, act: Act) -> web.Response:
        entry = self._log.add(
            Entry(self._clock.now(), request.method, request.path, request.query_string)
        )
        try:
            caller = self._credentials.caller(request.headers.get("Authorization", ""))
            entry.account = caller.person.name
            answer = act(caller)
        except Refusal as refused:
            answer = web.json_response(refused.body, status=refused.status, headers=refused.headers)
        except PageRefusal as refused:
            answer = web.Response(
                text=refused.page,
                status=refused.status,
                content_type="text/html",
                headers=refused.headers,
            )
        entry.status = answer.status
        return answer

    async def list_tokens(self, request: web.Request) -> web.Response:
        """The caller's tokens, without their secrets."""
        return self._answered(
            request,
            lambda caller: web.json_response(
                [shown(each) for each in self._tokens.of(caller.person.name)]
            ),
        )

    async def make_token(self, request: web.Request) -> web.Response:
        """A new token; its secret is told this once."""
        body = await request.read()
        return self._answered(request, lambda caller: self._made(caller, body))

    def _made(self, caller: Caller, body: bytes) -> web.Response:
        require_write(caller)
        sent = read_json(body)
        said = sent if isinstance(sent, dict) else {}
        name, days = said.get("name"), said.get("expirationDuration")
        if not isinstance(name, str) or isinstance(days, bool) or not isinstance(days, int | None):
            raise refusal(400, "A name is required, and a number of days")
        try:
            made = self._tokens.make(caller.person.name, name, days)
        except TokenNotMade as error:
            raise refusal(400, str(error)) from error
        return web.json_response({**shown(made), "rawToken": made.raw}, status=201)

    async def revoke_token(self, request: web.Request) -> web.Response:
        """Take a token away."""
        return self._answered(
            request, lambda caller: self._revoked(caller, request.match_info["id"])
        )

    def _revoked(self, caller: Caller, said: str) -> web.Response:
        require_write(caller)
        if not self._tokens.revoke(caller.person.name, id_of(said)):
            raise refusal(404, "No token found with this id")
        return web.Response(status=204)

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file's bytes, or those of its version that is asked for by number: the last."""
        return await self._faults.play(
            request,
            lambda: self._answered(request, lambda caller: self._downloaded(caller, request)),
        )

    def _downloaded(self, caller: Caller, request: web.Request) -> web.Response:
        page = self._site.contents.get(id_of(request.match_info["page"]))
        if page is None or not self._site.sees(caller.person.account_id, page):
            raise PageRefusal(404, "Page Not Found")
        for each in self._site.hanging(page, "attachment"):
            if each.title == request.match_info["name"]:
                name = each.title.replace('"', "")
                return web.Response(
                    body=base64.b64decode(each.extra["data"]),
                    content_type=each.extra["media_type"],
                    headers={
                        "Content-Disposition": f'attachment; filename="{name}"',
                        "X-Content-Type-Options": "nosniff",
                    },
                )
        raise PageRefusal(404, "Page Not Found")


def require_write(caller: Caller) -> None:
    """403 where the token may only read."""
    if RANKS[caller.scope] < RANKS[WRITE]:
        raise refusal(403, f"The token doesn't have the scope {WRITE}")


def shown(token: PersonalToken) -> dict[str, object]:
    """A token as lists have it."""
    told: dict[str, object] = {
        "id": token.id,
        "name": token.name,
        "createdAt": iso(token.created),
    }
    if token.expires is not None:
        told["expiringAt"] = iso(token.expires)
    if token.last_used is not None:
        told["lastAccessedAt"] = iso(token.last_used)
    return told
