"""A sandbox Confluence Data Center on loopback, for the tests of this folder."""

import base64
import hashlib
import json
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from sandbox.datacenter import DataCenterWorld
from sandbox.datacenter.people import BY_NAME, PASSWORDS
from sandbox.guard import guard
from sandbox.walk import attach_walk
from tests.sandbox.atlassian_stage import HeldClock

CALLBACK = "http://localhost:9999/connect/callback/dc"
VERIFIER = "v" * 64


class Answered:
    """An answer that has been read."""

    def __init__(self, status, headers, data):
        self.status = status
        self.headers = headers
        self.data = data

    @property
    def text(self):
        return self.data.decode()

    @property
    def json(self):
        return json.loads(self.data)

    @property
    def titles(self):
        return [each["title"] for each in self.json["results"]]


class Stage:
    """The world, and how a test speaks to it."""

    def __init__(self, base, world, session):
        self.base = base
        self.world = world
        self.clock = world.clock
        self.session = session

    async def ask(self, method, path, **more):
        async with self.session.request(
            method, self.world.url + path, allow_redirects=False, **more
        ) as answer:
            return Answered(answer.status, answer.headers, await answer.read())

    async def control(self, name, /, **said):
        """POST to the side door."""
        url = f"{self.base}/_sandbox/datacenter/{name}"
        async with self.session.post(url, json=said) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def look(self, name, **query):
        """GET from the side door."""
        url = f"{self.base}/_sandbox/datacenter/{name}"
        async with self.session.get(url, params=query) as answer:
            return await answer.json()

    async def person(self, name="ada"):
        """Somebody with a personal access token."""
        made = await self.control("tokens", account=name)
        return Person(self, {"Authorization": f"Bearer {made['token']}"})

    def by_password(self, name="ada", password=None):
        """Somebody with a password."""
        said = f"{name}:{PASSWORDS.get(name) if password is None else password}".encode()
        return Person(self, {"Authorization": f"Basic {base64.b64encode(said).decode()}"})

    def bearer(self, token):
        return Person(self, {"Authorization": f"Bearer {token}"})

    def page_id(self, title):
        return next(
            str(each.id) for each in self.world.site.contents.values() if each.title == title
        )

    async def client(self, **said):
        """An incoming link, with its secret."""
        return await self.control("clients", **({"redirect_uris": [CALLBACK]} | said))

    def authorize_url(self, client, **changed):
        asked = {
            "client_id": client["client_id"],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "WRITE",
            "state": "a-state",
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
        } | changed
        kept = {key: value for key, value in asked.items() if value is not None}
        return f"/rest/oauth2/latest/authorize?{urlencode(kept)}"

    async def decide(self, client, decision="accept", account="ada", **changed):
        """Where the consent page sends the browser."""
        url = self.authorize_url(client, **changed)
        form = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
        form |= {"account": account, "decision": decision}
        answer = await self.ask("POST", "/rest/oauth2/latest/authorize", data=form)
        assert answer.status == 302, answer.text
        return {
            key: value[0]
            for key, value in parse_qs(urlsplit(answer.headers["Location"]).query).items()
        }

    async def token(self, client, *, secret=True, **said):
        """What the token endpoint answers."""
        sent = {"client_id": client["client_id"], "redirect_uri": CALLBACK} | said
        if secret:
            sent["client_secret"] = client["client_secret"]
        return await self.ask("POST", "/rest/oauth2/latest/token", data=sent)

    async def tokens(self, client, account="ada", **changed):
        """Tokens by the whole code flow."""
        code = (await self.decide(client, account=account, **changed))["code"]
        answer = await self.token(
            client, grant_type="authorization_code", code=code, code_verifier=VERIFIER
        )
        assert answer.status == 200, answer.text
        return answer.json

    async def refresh(self, client, token, **more):
        return await self.token(client, grant_type="refresh_token", refresh_token=token, **more)


class Person:
    """Calls Confluence with one credential."""

    def __init__(self, stage, headers):
        self.stage = stage
        self.headers = headers

    async def ask(self, method, path, **more):
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.stage.ask(method, path, headers=headers, **more)

    async def api(self, method, path, **more):
        return await self.ask(method, f"/rest/api{path}", **more)

    async def get(self, path, **query):
        return await self.api("GET", path, params=query)

    async def post(self, path, sent, **query):
        return await self.api("POST", path, json=sent, params=query)

    async def put(self, path, sent, **query):
        return await self.api("PUT", path, json=sent, params=query)

    async def delete(self, path, **query):
        return await self.api("DELETE", path, params=query)

    async def search(self, cql, **query):
        return await self.get("/search", cql=cql, excerpt="indexed_unescaped", **query)

    async def create(self, title="A new page", **more):
        return await self.post("/content", page(title, **more))

    async def update(self, content_id, number, **more):
        sent = {"type": "page", "title": "A new page", "version": {"number": number}}
        return await self.put(f"/content/{content_id}", sent | {"body": body("<p>x</p>")} | more)

    async def upload(self, page_id, name="notes.txt", data=b"hello", path="", **headers):
        form = aiohttp.FormData()
        form.add_field("file", data, filename=name, content_type="text/plain")
        form.add_field("comment", "as it is")
        return await self.api(
            "POST", f"/content/{page_id}/child/attachment{path}", data=form, headers=headers
        )


NO_CHECK = {"X-Atlassian-Token": "no-check"}


def page(title, **more):
    return {
        "type": "page",
        "title": title,
        "space": {"key": "ENG"},
        "body": body("<p>Hello.</p>"),
    } | more


def body(value, representation="storage"):
    return {"storage": {"value": value, "representation": representation}}


def challenge(verifier):
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@asynccontextmanager
async def stage(saved=None):
    port = unused_port()
    base = f"http://127.0.0.1:{port}"
    world = DataCenterWorld(base, HeldClock(), saved)
    app = web.Application(middlewares=[guard(base)])
    world.attach(app)
    attach_walk(app, base)
    server = TestServer(app, port=port)
    await server.start_server()
    await world.open()
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield Stage(base, world, session)
    finally:
        await world.close()
        await server.close()
    assert world.log.defects == [], world.log.defects


__all__ = [
    "BY_NAME",
    "CALLBACK",
    "NO_CHECK",
    "VERIFIER",
    "Person",
    "Stage",
    "body",
    "page",
    "stage",
]
