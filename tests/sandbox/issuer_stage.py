"""A sandbox issuer on loopback, and a client of it, for the tests of this folder."""

import hashlib
from base64 import b64encode, urlsafe_b64encode
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from sandbox.atlassian import AtlassianWorld
from sandbox.datacenter import DataCenterWorld
from sandbox.guard import guard
from sandbox.issuer import IssuerWorld
from sandbox.issuer.clients import OURS
from sandbox.walk import attach_walk
from tests.sandbox.atlassian_stage import CLIENT, Answered, HeldClock

CALLBACK = "http://localhost:9999/connect/callback/p1"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"


def s256(verifier):
    """The challenge for a verifier."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


CHALLENGE = s256(VERIFIER)
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


class Stage:
    """The world, and how a test speaks to it."""

    def __init__(self, base, world, atlassian, clock, session):
        self.base = base
        self.world = world
        self.atlassian = atlassian
        self.clock = clock
        self.session = session
        self.client_id = OURS
        self.secret = world.issuer.clients.find(OURS).client_secret

    async def ask(self, method, path, **more):
        async with self.session.request(
            method, f"{self.base}{path}", allow_redirects=False, **more
        ) as answer:
            return Answered(answer.status, answer.headers, await answer.text())

    async def control(self, name, /, **said):
        answer = await self.ask("POST", f"/_sandbox/issuer/{name}", json=said)
        assert answer.status == 200, answer.text
        return answer.json

    async def look(self, name="", /, **query):
        path = f"/_sandbox/issuer/{name}".rstrip("/")
        return (await self.ask("GET", path, params=query)).json

    def asked(self, **changed):
        """An authorization request that is in order, but for what is changed."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "read:me read:page:confluence",
            "state": "a state/of+ours",
            **PKCE,
        } | changed
        return {key: value for key, value in asked.items() if value is not None}

    async def page(self, **changed):
        return await self.ask("GET", f"/issuer/authorize?{urlencode(self.asked(**changed))}")

    async def decide(self, person="ada", decision="allow", **changed):
        """Press a button on the consent page; what the browser carries back."""
        form = {**self.asked(**changed), "person": person, "decision": decision}
        answer = await self.ask("POST", "/issuer/authorize", data=form)
        assert answer.status == 302, answer.text
        return carried(answer)

    async def code(self, person="ada", **changed):
        return (await self.decide(person, **changed))["code"]

    def basic(self, client_id=None, secret=None):
        """The header of `client_secret_basic`."""
        pair = (client_id or self.client_id, self.secret if secret is None else secret)
        encoded = b64encode(":".join(map(quote_plus, pair)).encode()).decode()
        return {"Authorization": f"Basic {encoded}"}

    async def send(self, path="token", /, headers=None, **fields):
        """Send a form with the Basic header, or with *headers* in its place."""
        headers = self.basic() if headers is None else headers
        return await self.ask("POST", f"/issuer/{path}", data=fields, headers=headers)

    def exchange(self, code, **changed):
        """The fields of a token request for *code*."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        } | changed
        return {key: value for key, value in fields.items() if value is not None}

    async def trade(self, code, **changed):
        return await self.send(**self.exchange(code, **changed))

    async def tokens(self, person="ada", **changed):
        """Consent, and the tokens for it."""
        answer = await self.trade(await self.code(person, **changed))
        assert answer.status == 200, answer.text
        return answer.json

    async def refresh(self, token, **more):
        return await self.send(grant_type="refresh_token", refresh_token=token, **more)

    async def whoami(self, token):
        headers = {"Authorization": f"Bearer {token}"}
        return await self.ask("GET", "/issuer/api/whoami", headers=headers)

    async def works(self, token):
        return (await self.whoami(token)).status == 200


def carried(answer):
    """The query of a redirect to our callback, each value once."""
    location = answer.headers["Location"]
    assert location.startswith(f"{CALLBACK}?"), location
    query = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert all(len(values) == 1 for values in query.values())
    return {key: value for key, (value,) in query.items()}


@asynccontextmanager
async def stage():
    port = unused_port()
    base, clock = f"http://127.0.0.1:{port}", HeldClock()
    atlassian = AtlassianWorld(base, clock, CLIENT)
    world = IssuerWorld(base, clock, atlassian)
    app = web.Application(middlewares=[guard(base)])
    atlassian.attach(app)
    world.attach(app)
    datacenter = DataCenterWorld(base, clock)
    datacenter.bearers.append(world.username_of)
    datacenter.attach(app)
    attach_walk(app, base)
    server = TestServer(app, port=port)
    await server.start_server(shutdown_timeout=1)
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            made = Stage(base, world, atlassian, clock, session)
            await made.control("clients", client_id=OURS, redirect_uris=[CALLBACK])
            yield made
    finally:
        await server.close()
    assert atlassian.log.defects == [], atlassian.log.defects
