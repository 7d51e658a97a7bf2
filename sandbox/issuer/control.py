"""The issuer's side door: set it up, break it, look at what it did."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.issuer.clients import text
from sandbox.issuer.faults import GROUPS, KINDS
from sandbox.issuer.metadata import PATHS
from sandbox.issuer.people import BY_NAME, PEOPLE
from sandbox.issuer.places import NAMES, PRIVATE
from sandbox.issuer.refusals import BadControl

if TYPE_CHECKING:
    from sandbox.issuer.world import IssuerWorld

ROOT = "/_sandbox/issuer"
Said = dict[str, Any]
Action = Callable[[Said], object]


class Control:
    """Serves `/_sandbox/issuer/`; who may come is the sandbox's guard's matter."""

    def __init__(self, world: "IssuerWorld") -> None:
        self._world = world
        self._issuer = world.issuer

    def attach(self, app: web.Application) -> None:
        """Add the routes."""
        reads: dict[str, Action] = {
            "": self.about,
            "/people": lambda _: [asdict(each) for each in PEOPLE],
            "/clients": lambda _: [asdict(each) for each in self._issuer.clients.held.values()],
            "/grants": lambda _: self._issuer.tokens.shown(),
            "/faults": self.faults,
            "/log": lambda said: self._issuer.log.find(**said),
            "/trap": lambda _: self._world.trap.shown(),
            "/places": lambda _: {"private": PRIVATE, "names": NAMES},
        }
        writes: dict[str, Action] = {
            "/switches": self.switch,
            "/clients": lambda said: asdict(self._issuer.clients.register(said)),
            "/faults": self.set_faults,
            "/faults/clear": self.clear_faults,
            "/log/clear": self.clear_log,
            "/release": self.release,
            "/expire-access": lambda said: self.expire("access", said),
            "/expire-refresh": lambda said: self.expire("refresh", said),
            "/revoke": self.revoke,
            "/reset": self.reset,
        }
        for name, read in reads.items():
            app.router.add_get(ROOT + name, reading(read))
        for name, write in writes.items():
            app.router.add_post(ROOT + name, writing(write))

    def about(self, _said: Said) -> object:
        """GET: what an admin would type into a profile, and how the server is set up."""
        issuer = self._issuer
        path = PATHS.get(issuer.switches.discovery)
        return {
            "issuer": issuer.url,
            "metadata": path and issuer.base_url + path,
            "authorization_url": f"{issuer.url}/authorize",
            "token_url": f"{issuer.url}/token",
            "refresh_url": f"{issuer.url}/{issuer.switches.refresh_at}",
            "revocation_url": f"{issuer.url}/revoke" if issuer.switches.revocation else None,
            "base_url": f"{issuer.url}/cloud",
            "elsewhere": issuer.elsewhere,
            "switches": asdict(issuer.switches),
        }

    def switch(self, said: Said) -> object:
        """POST switches {name: value, …}."""
        self._issuer.switches = self._issuer.switches.changed(said)
        return asdict(self._issuer.switches)

    def faults(self, _said: Said) -> object:
        """GET faults: those that are set, the kinds and the places that there are."""
        waiting = [each.shown() for each in self._issuer.faults.waiting]
        return {"set": waiting, "kinds": KINDS, "places": sorted(GROUPS)}

    def set_faults(self, said: Said) -> object:
        """POST faults {kind, at?, times?, …}, or {faults: [{…}, …]}: all of them or none."""
        wanted = said["faults"] if set(said) == {"faults"} else [said]
        before = list(self._issuer.faults.waiting)
        try:
            return [self._issuer.faults.set(each).shown() for each in wanted]
        except BadControl:
            self._issuer.faults.waiting = before
            raise

    def clear_faults(self, said: Said) -> object:
        """POST faults/clear {kind?}; what is held goes on."""
        self._issuer.faults.clear(said.get("kind"))
        return self.release(said)

    def release(self, _said: Said) -> object:
        """POST release: what is slow, trickles or never ends goes on or ends now."""
        self._issuer.release()
        return {}

    def clear_log(self, _said: Said) -> object:
        """POST log/clear: the trap's too."""
        self._issuer.log.visits.clear()
        self._world.trap.caught.clear()
        return {}

    def expire(self, kind: str, said: Said) -> object:
        """POST expire-access, expire-refresh {person?}."""
        return {"ended": self._issuer.tokens.expire(kind, person_in(said))}

    def revoke(self, said: Said) -> object:
        """POST revoke {person?}: consents are taken back."""
        families = self._issuer.tokens.families_of(person_in(said))
        for family in families:
            self._issuer.tokens.end(family)
        return {"revoked": len(families)}

    def reset(self, _said: Said) -> object:
        """POST reset: everything as on the first day."""
        self._world.reset()
        return {}


def reading(read: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer a GET."""

    async def handle(request: web.Request) -> web.Response:
        return answered(read, dict(request.query))

    return handle


def writing(write: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer a POST of a JSON object."""

    async def handle(request: web.Request) -> web.Response:
        try:
            said = json.loads(await request.read() or b"{}")
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            return web.json_response({"error": "a JSON object is expected"}, status=400)
        return answered(write, said)

    return handle


def answered(action: Action, said: Said) -> web.Response:
    """What an action gives, or why it can't."""
    try:
        return web.json_response(action(said))
    except (BadControl, TypeError, AttributeError) as error:
        return web.json_response({"error": str(error)[:300]}, status=400)


def person_in(said: Said) -> str | None:
    """The person that was named, None for all."""
    name = said.get("person")
    if name is None:
        return None
    if text(name) not in BY_NAME:
        raise BadControl("there is no such person")
    return str(name)
