"""The Web API: who calls, whether they may, and what they are told."""

import inspect
import time
from collections.abc import Mapping

from aiohttp import web

from sandbox.slack import arguments
from sandbox.slack.calls import Call, Method
from sandbox.slack.delivery import Deliveries
from sandbox.slack.ledger import Ledger
from sandbox.slack.rates import Faults, Rates
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.state import Installation, Json
from sandbox.slack.workspace import Workspace

_SECRET = ("token", "client_secret", "refresh_token", "code")


class WebApi:
    """Answers ``/slack/api/<method>``."""

    def __init__(self, workspace: Workspace, deliveries: Deliveries, ledger: Ledger) -> None:
        self._workspace = workspace
        self._deliveries = deliveries
        self._ledger = ledger
        self._methods: dict[str, Method] = {}
        self.rates = Rates(workspace.clock)
        self.faults = Faults()

    def offer(self, methods: Mapping[str, Method]) -> None:
        """Answer these methods too."""
        self._methods |= methods

    async def serve(self, request: web.Request) -> web.Response:
        """One call."""
        name = request.match_info["method"]
        return await self.faults.around(name, request, lambda: self._answered(name, request))

    async def _answered(self, name: str, request: web.Request) -> web.Response:
        started = time.monotonic()
        args: Json = {}
        headers: dict[str, str] = {}
        status = 200
        try:
            known = self._methods.get(name)
            args = await arguments.read(request, takes_json=known is None or known.json)
            answer = {"ok": True, **await self._call(name, request, args, headers)}
        except Refused as refused:
            answer = {"ok": False, "error": refused.error, **refused.beside}
            status = 429 if "Retry-After" in headers else 200
        except (Unknown, RecursionError):
            answer = {"ok": False, "error": "internal_error"}
        self._ledger.write(
            "calls",
            at=self._workspace.clock.now(),
            method=name,
            args={k: v for k, v in args.items() if k not in _SECRET},
            ok=answer["ok"],
            error=answer.get("error"),
            messages=answer.get("response_metadata", {}).get("messages"),
            status=status,
            ms=round((time.monotonic() - started) * 1000, 1),
        )
        return web.json_response(answer, status=status, headers=headers)

    async def _call(
        self, name: str, request: web.Request, args: Json, headers: dict[str, str]
    ) -> Json:
        method = self._methods.get(name)
        if method is None:
            raise Refused("unknown_method", req_method=name)
        call = Call(name, args, request)
        if method.token is not None:
            call.token = _token(request, args)
            self._identify(call, method.token)
        if call.bot is not None:
            headers["x-oauth-scopes"] = ",".join(self._workspace.installs.scopes(call.bot))
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
            self.need(call.bot, method.scopes)
        channel = args.get("channel") if name == "chat.postMessage" else None
        home = call.bot.id if call.bot else ""
        wait = self.rates.retry_after(name, method.tier, channel, home)
        if wait is not None:
            headers["Retry-After"] = str(wait)
            raise Refused("ratelimited")
        made = method.answer(call)
        return await made if inspect.isawaitable(made) else made

    def need(self, app: Installation, scopes: tuple[str, ...]) -> None:
        """Refuse where the installation wasn't granted one of *scopes*."""
        granted = self._workspace.installs.scopes(app)
        for scope in scopes:
            if scope not in granted:
                raise Refused("missing_scope", needed=scope, provided=",".join(granted))

    def _identify(self, call: Call, wanted: str) -> None:
        """Find out whose token this is; refuses unknown ones and those of the wrong kind."""
        state = self._workspace.state
        call.bot = self._workspace.installs.tokens.known(call.token)
        call.user = call.bot.bot_user if call.bot else state.user_tokens.get(call.token)
        kind = "bot" if call.bot else "user" if call.user else None
        if kind is None and call.token == self._deliveries.app.app_token:
            kind = "app"
        if kind is None:
            raise Refused("invalid_auth")
        if wanted not in (kind, "any"):
            raise Refused("not_allowed_token_type")


def _token(request: web.Request, args: Json) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    if isinstance(args.get("token"), str) and args["token"]:
        return str(args["token"])
    raise Refused("not_authed")
