"""A person by HTTP, and the levers of the world: ``/_sandbox/slack/``."""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from sandbox.slack import belonging, data
from sandbox.slack.delivery import FORM
from sandbox.slack.events import envelope
from sandbox.slack.outcome import Outcome
from sandbox.slack.payloads import FIRST
from sandbox.slack.refusals import Refused, Unknown
from sandbox.slack.screen import screen
from sandbox.slack.state import Installation, Json

if TYPE_CHECKING:
    from sandbox.slack.world import SlackWorld

PREFIX = "/_sandbox/slack"
LONGEST_WAIT = 60.0
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_ENVELOPE = ("event_id", "event_time", "team_id", "enterprise_id")


class Control:
    """The routes; every one answers to the sandbox's own Host and Origin alone."""

    def __init__(self, world: "SlackWorld") -> None:
        self._world = world
        self._workspace = world.workspace

    def attach(self, app: web.Application) -> None:
        """Add the routes."""
        acting = self._world.acting
        for path, get in {
            "people": self._people,
            "channels": self._channels,
            "workspaces": self._workspaces,
            "people/{user}/screen": self._screen,
            "people/{user}/files/{file}": self._download,
            "log": self._log,
            "stream": self._stream,
        }.items():
            app.router.add_get(f"{PREFIX}/{path}", self._guarded(get))
        for name, act in {
            "type": acting.type,
            "edit": acting.edit,
            "delete": acting.delete,
            "upload": self._world.files.upload,
            "press": acting.press,
            "suggest": acting.suggest,
            "submit": acting.submit,
            "close": acting.close,
            "shortcut": acting.shortcut,
            "open_home": acting.open_home,
            "dismiss": self._dismiss,
            "sign_in": self._sign_in,
            "install": self._install_as,
        }.items():
            app.router.add_post(f"{PREFIX}/people/{{user}}/{name}", self._acting(act))
        for name, pull in {
            "events": self._event,
            "deliver": self._deliver,
            "faults": self._fault,
            "log": self._clear_log,
            "clock": self._clock,
            "retarget": self._retarget,
            "socket": self._hang_up,
            "rotation": self._rotate,
            **self._lifecycle(),
        }.items():
            app.router.add_post(f"{PREFIX}/{name}", self._pulling(pull))

    def _lifecycle(self) -> dict[str, Callable[[Json], Awaitable[Json]]]:
        lifecycle = self._world.lifecycle
        return {
            "install": lifecycle.install,
            "tokens/revoke": lifecycle.revoke,
            "access": lifecycle.access,
            "people/change": lifecycle.change_person,
            "people/join": lifecycle.join,
            "groups": lifecycle.change_group,
            "channels/rename": lifecycle.rename_channel,
        }

    def _guarded(self, handler: _Handler) -> _Handler:
        own = self._workspace.base_url

        async def guarded(request: web.Request) -> web.StreamResponse:
            origin = request.headers.get("Origin", own)
            if request.host != urlsplit(own).netloc or origin != own:
                return web.json_response({"error": "forbidden"}, status=403)
            try:
                return await handler(request)
            except Refused as refused:
                return web.json_response(_told(Outcome(error=refused)))
            except Unknown as unknown:
                answer = {"error": "not_found", "detail": str(unknown)}
                return web.json_response(answer, status=404)
            except (KeyError, TypeError, ValueError, AttributeError) as wrong:
                answer = {"error": "bad_request", "detail": repr(wrong)}
                return web.json_response(answer, status=400)

        return guarded

    def _acting(self, act: Callable[[str, Json], Awaitable[Outcome]]) -> _Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            user = request.match_info["user"]
            if self._workspace.person(user)["deleted"]:
                raise Refused("user_is_deactivated")
            outcome = await act(user, await _object(request))
            if outcome.ack is not None and outcome.ack.ok and outcome.error is not None:
                told = {"at": self._workspace.clock.now(), "user": user, **_told(outcome)}
                self._world.ledger.write("refused", **told)
            return web.json_response(_told(outcome) | {"seq": self._workspace.changes.seq(user)})

        return self._guarded(handler)

    def _pulling(self, pull: Callable[[Json], Awaitable[Json]]) -> _Handler:
        async def handler(request: web.Request) -> web.StreamResponse:
            return web.json_response(await pull(await _object(request)))

        return self._guarded(handler)

    async def _people(self, request: web.Request) -> web.Response:
        """Those of one workspace, and outsiders whom its people meet in shared channels."""
        team = _team(request) or data.TEAM
        known = self._workspace.state.people.values()
        met = {user for c in self._here(team) if c["shared"] for user in c["members"]}
        people = [p for p in known if p["role"] != "bot"]
        shown = [p for p in people if belonging.is_in(p, team) or p["id"] in met]
        return web.json_response({"people": [belonging.seen_in(p, [team]) for p in shown]})

    async def _channels(self, request: web.Request) -> web.Response:
        return web.json_response({"channels": self._here(_team(request))})

    def _here(self, team: str | None) -> list[Json]:
        known = self._workspace.state.channels.values()
        return [c for c in known if team is None or team in belonging.teams_in(c)]

    async def _workspaces(self, _request: web.Request) -> web.Response:
        return web.json_response(self._world.lifecycle.seen())

    async def _screen(self, request: web.Request) -> web.Response:
        user = request.match_info["user"]
        team = self._workspace.team_of(user, request.query.get("team"))
        if "after" in request.query:
            wait = min(float(request.query.get("wait", "0")), LONGEST_WAIT)
            await self._workspace.changes.newer(user, int(request.query["after"]), wait)
        return web.json_response(screen(self._workspace, self._world.views, user, team))

    async def _download(self, request: web.Request) -> web.Response:
        return self._world.files.download(request.match_info["user"], request.match_info["file"])

    async def _log(self, request: web.Request) -> web.Response:
        after = int(request.query.get("after", "0"))
        rates = {"rates": self._world.api.rates.seen()}
        return web.json_response({**self._world.ledger.read(after), **rates})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        response.headers["Cache-Control"] = "no-store"
        await response.prepare(request)
        stream = self._workspace.changes.listen()
        try:
            await response.write(b": listening\n\n")
            while (change := await stream.get()) is not None:
                told = json.dumps({"user": change[0], "seq": change[1]})
                await response.write(f"data: {told}\n\n".encode())
        except ConnectionError:
            pass  # the browser has left
        finally:
            self._workspace.changes.leave(stream)
        return response

    async def _dismiss(self, user: str, fields: Json) -> Outcome:
        return self._world.acting.dismiss(user, fields)

    async def _sign_in(self, user: str, fields: Json) -> Outcome:
        asked = dict(parse_qsl(urlsplit(fields["url"]).query))
        allow = fields.get("allow", True) is True
        location = self._world.sign_in.decide(user, asked, allow=allow)
        return Outcome(beside={"location": location})

    async def _install_as(self, user: str, fields: Json) -> Outcome:
        asked = dict(parse_qsl(urlsplit(fields["url"]).query))
        allow, workspace = fields.get("allow", True) is True, fields.get("workspace")
        without = fields.get("without", ())
        location = self._world.installing.decide(
            user, asked, workspace, allow=allow, without=without
        )
        return Outcome(beside={"location": location})

    async def _rotate(self, fields: Json) -> Json:
        if fields.get("enabled") is not True:
            raise Refused("rotation_stays_on")
        return self._world.lifecycle.rotate()

    async def _event(self, fields: Json) -> Json:
        kind, forced = fields["type"], fields.pop("force", False)
        if kind == "url_verification":
            challenge = {"type": kind, "token": data.VERIFICATION_TOKEN, "challenge": "3eZbrw1aB"}
            return _told(Outcome(await self._world.events.send(challenge)))
        if kind == "ssl_check":
            body = f"ssl_check=1&token={data.VERIFICATION_TOKEN}".encode()
            ack = await self._world.deliveries.post(body, {"Content-Type": FORM})
            return _told(Outcome(ack))
        if not forced and not self._workspace.manifest.subscribes(kind):
            raise Refused("not_subscribed")
        overrides = {key: fields.pop(key) for key in _ENVELOPE if key in fields}
        app = self._addressee(fields.pop("installation", None) or overrides.get("team_id"))
        event = {"event_ts": f"{self._workspace.clock.now():.6f}", **fields}
        made = envelope(event, self._workspace, app, None if app.is_org else app.id, **overrides)
        ack = await self._world.events.send(made)
        return _told(Outcome(ack)) | {"event_id": made["event_id"]}

    async def _deliver(self, fields: Json) -> Json:
        body = str(fields["body"]).encode()
        headers = {"Content-Type": fields.get("content_type", FORM)}
        timestamp = fields.get("timestamp")
        if fields.get("signed", True):
            stamp = None if timestamp is None else str(timestamp)
            headers |= self._world.deliveries.signed(body, stamp)
        ack = await self._world.deliveries.post(body, headers | fields.get("headers", {}))
        answer = {"body": ack.body.decode(errors="replace"), "headers": dict(ack.headers)}
        return {**ack.summary(), **answer}

    async def _fault(self, fields: Json) -> Json:
        if fields.get("clear"):
            self._world.api.faults.clear()
            self._world.api.rates.enforced = False
            self._world.deliveries.ack_seconds = 3.0
        if "enforce_rate_limits" in fields:
            self._world.api.rates.enforced = bool(fields["enforce_rate_limits"])
        if "ack_seconds" in fields:
            self._world.deliveries.ack_seconds = float(fields["ack_seconds"])
        if "method" in fields:
            self._world.api.faults.plan(fields)
        return {"error": None}

    async def _clear_log(self, fields: Json) -> Json:
        if fields.get("clear"):
            self._world.ledger.clear()
        return {"error": None}

    async def _clock(self, fields: Json) -> Json:
        self._workspace.clock.advance(float(fields["advance"]))
        return {"now": self._workspace.clock.now()}

    async def _retarget(self, fields: Json) -> Json:
        self._world.retarget(str(fields["request_url"]))
        return {"error": None}

    def _addressee(self, named: object) -> Installation:
        """Whose event it is: of the installation, or of the workspace, that is named."""
        known = self._workspace.state.installations
        found = known.get(str(named)) or self._workspace.installs.app_in(str(named))
        return found or known.get(data.TEAM, FIRST)

    async def _hang_up(self, fields: Json) -> Json:
        heard = await self._world.deliveries.sockets.disconnect(str(fields["reason"]))
        return {"sockets": heard}


def _team(request: web.Request) -> str | None:
    team = request.query.get("team")
    if team is not None and team not in data.TEAMS:
        raise Unknown(f"no workspace {team}")
    return team


def _told(outcome: Outcome) -> Json:
    ack = outcome.ack.summary() if outcome.ack else None
    made = {"ack": ack, "error": None, **outcome.beside}
    if outcome.error is not None:
        messages = outcome.error.beside.get("response_metadata", {}).get("messages", [])
        made |= {"error": outcome.error.error, "messages": messages}
    return made


async def _object(request: web.Request) -> Json:
    if request.content_type != "application/json":
        raise ValueError("send application/json")
    # Past aiohttp's own limit: files come this way.
    made = json.loads(await request.content.read())
    if not isinstance(made, dict):
        raise TypeError("send an object")
    return made
