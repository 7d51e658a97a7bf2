"""The site's side door: see everything, link apps, make tokens, break things."""

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.atlassian.control import answered
from sandbox.atlassian.faults import PLAYS
from sandbox.atlassian.said import BadControl
from sandbox.atlassian.wiki import id_of
from sandbox.datacenter import people
from sandbox.datacenter.clients import Client, new_secret
from sandbox.datacenter.control_site import SiteControl
from sandbox.datacenter.said import Action, Said, required_person, username

if TYPE_CHECKING:
    from sandbox.datacenter.world import DataCenterWorld

ROOT = "/_sandbox/datacenter"


class Control:
    """What tests and the panel use; the sandbox's guard keeps foreign pages out."""

    def __init__(self, world: "DataCenterWorld") -> None:
        self._world = world

    def attach(self, app: web.Application) -> None:
        """Serve under `/_sandbox/datacenter/`."""
        site = SiteControl(self._world.site, self._world.clock)
        reads: dict[str, Action] = {
            **site.reads,
            "people": self.people,
            "clients": self.clients,
            "tokens": self.tokens,
            "grants": self.grants,
            "log": lambda said: self._world.log.find(**said),
            "writes": lambda said: self._world.log.writes(**said),
            "faults": self.faults,
            "defects": lambda _said: self._world.log.defects,
        }
        writes: dict[str, Action] = {
            **site.writes,
            "tokens": self.make_token,
            "tokens/expire": self.expire_tokens,
            "tokens/revoke": self.revoke_token,
            "clients": self.add_client,
            "expire-access": self.expire_access,
            "expire-refresh": self.expire_refresh,
            "revoke": self.revoke,
            "basic": self.switch_basic,
            "captcha/solve": self.solve_captcha,
            "faults": lambda said: asdict(self._world.faults.set(said)),
            "faults/clear": self.clear_faults,
            "faults/release": lambda _said: {"released": self._world.faults.release()},
            "log/clear": self.clear_log,
            "commit": lambda _said: {"committed": self._world.faults.commit_held()},
        }
        for name, read in reads.items():
            app.router.add_get(f"{ROOT}/{name}", reading(read))
        for name, write in writes.items():
            app.router.add_post(f"{ROOT}/{name}", writing(write))

    def people(self, _said: Said) -> object:
        """GET people: with their passwords, groups and whether a picture is asked of them."""
        return [
            {
                "username": each.name,
                "key": each.account_id,
                "name": each.display_name,
                "password": people.PASSWORDS[each.name],
                "groups": [held.name for held in self._world.site.groups_of(each.account_id)],
                "challenged": self._world.credentials.is_challenged(each.name),
            }
            for each in people.PEOPLE
        ]

    def clients(self, _said: Said) -> object:
        """GET clients, without their secrets."""
        return [
            {key: value for key, value in asdict(each).items() if key != "client_secret"}
            for each in self._world.clients.held.values()
        ]

    def tokens(self, _said: Said) -> object:
        """GET tokens of everybody, without their secrets."""
        return [
            {key: value for key, value in asdict(each).items() if key != "raw"}
            for who in people.PEOPLE
            for each in self._world.tokens.of(who.name)
        ]

    def grants(self, _said: Said) -> object:
        """GET grants: consents, with the number of living tokens and no token."""
        held, now = self._world.grants, self._world.clock.now()
        return [
            {
                **asdict(consent),
                **{
                    f"{kind}_tokens": sum(
                        token.consent == consent.id
                        and token.kind == kind
                        and not token.ended
                        and token.expires > now
                        for token in held.tokens.values()
                    )
                    for kind in ("access", "refresh")
                },
            }
            for consent in held.consents.values()
        ]

    def faults(self, _said: Said) -> object:
        """GET faults: those that are set, the kinds that there are, and what hangs."""
        faults = self._world.faults
        return {"set": faults.dump(), "kinds": sorted(PLAYS), "hanging": faults.hanging}

    def make_token(self, said: Said) -> object:
        """POST tokens {account, name?, days?}: a personal access token, with its secret."""
        days = said.get("days")
        made = self._world.tokens.make(
            required_person(said).name,
            str(said.get("name", "sandbox")),
            None if days is None else int(days),
        )
        return {"id": made.id, "token": made.raw, "expires": made.expires}

    def expire_tokens(self, said: Said) -> object:
        """POST tokens/expire {account?}."""
        return {"ended": self._world.tokens.expire(username(said))}

    def revoke_token(self, said: Said) -> object:
        """POST tokens/revoke {account, id}."""
        name = required_person(said).name
        return {"revoked": self._world.tokens.revoke(name, id_of(said.get("id")))}

    def add_client(self, said: Said) -> object:
        """POST clients {redirect_uris or service, scope?, name?, client_id?, client_secret?}."""
        client = Client(
            str(said.get("client_id") or secrets.token_hex(16)),
            str(said.get("client_secret") or new_secret()),
            tuple(str(each) for each in said.get("redirect_uris", ())),
            str(said.get("scope", "WRITE")),
            str(said.get("name", "Confab")),
            str(said.get("service", "")),
        )
        return asdict(self._world.clients.add(client))

    def expire_access(self, said: Said) -> object:
        """POST expire-access {account?}: OAuth access tokens."""
        return {"ended": self._world.grants.expire_access(username(said))}

    def expire_refresh(self, said: Said) -> object:
        """POST expire-refresh {account?}."""
        return {"ended": self._world.grants.expire_refresh(username(said))}

    def revoke(self, said: Said) -> object:
        """POST revoke {account}: the person takes every consent back."""
        return {"revoked": self._world.grants.revoke(required_person(said).name)}

    def switch_basic(self, said: Said) -> object:
        """POST basic {allowed}."""
        if not isinstance(said.get("allowed"), bool):
            raise BadControl("allowed is true or false")
        self._world.credentials.basic_allowed = said["allowed"]
        return {"allowed": said["allowed"]}

    def solve_captcha(self, said: Said) -> object:
        """POST captcha/solve {account}: as though they had signed in with the picture."""
        name = required_person(said).name
        return {"solved": self._world.credentials.failures.pop(name, 0) > 0}

    def clear_faults(self, _said: Said) -> object:
        """POST faults/clear."""
        self._world.faults.clear()
        return {}

    def clear_log(self, _said: Said) -> object:
        """POST log/clear."""
        self._world.log.entries.clear()
        return {}


Handle = Callable[[web.Request], Awaitable[web.Response]]


def reading(read: Action) -> Handle:
    """A GET with a query."""

    async def handle(request: web.Request) -> web.Response:
        return answered(read, dict(request.query))

    return handle


def writing(write: Action) -> Handle:
    """A POST with a JSON object, or nothing."""

    async def handle(request: web.Request) -> web.Response:
        try:
            said = json.loads(await request.read() or b"{}")
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            return web.json_response({"error": "a JSON object is expected"}, status=400)
        return answered(write, said)

    return handle
