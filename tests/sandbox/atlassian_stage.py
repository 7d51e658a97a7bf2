"""A sandbox Atlassian on loopback, and somebody with a token, for the tests of this folder."""

import json
from base64 import b64encode
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from sandbox.atlassian import AtlassianWorld, OAuthClient
from sandbox.atlassian.operations import operations
from sandbox.atlassian.scopes import is_confluence
from sandbox.atlassian.sites import ACME, ACME2, GLOBEX, HOOLI
from sandbox.clock import Clock
from sandbox.walk import attach_walk

CALLBACK = "http://localhost:9999/oauth/atlassian/callback"
EVERY_SCOPE = frozenset(
    scope for _, each in operations() for way in each.ways for scope in way if is_confluence(scope)
) | {"offline_access", "read:me", "report:personal-data"}
CLIENT = OAuthClient("the-app", "the-secret", CALLBACK, EVERY_SCOPE)


class HeldClock(Clock):
    """Time that stands still until it is moved."""

    def __init__(self):
        super().__init__()
        self._at = 1_767_610_000.0

    def now(self):
        return self._at + self.skipped


class Stage:
    """The world, and how a test speaks to it."""

    def __init__(self, base, world, session):
        self.base = base
        self.world = world
        self.clock = world.clock
        self.session = session

    def authorize_url(self, scopes="read:me offline_access", **changed):
        asked = {
            "audience": "api.atlassian.com",
            "client_id": CLIENT.client_id,
            "scope": scopes,
            "redirect_uri": CALLBACK,
            "state": "a-state",
            "response_type": "code",
            "prompt": "consent",
        } | changed
        kept = {key: value for key, value in asked.items() if value is not None}
        return f"{self.base}/atlassian/auth/authorize?{urlencode(kept)}"

    async def consent(self, account="ada", scopes="read:me offline_access", sites=(), app=CLIENT):
        """What pressing *Accept* is answered with."""
        changed = {"client_id": app.client_id, "redirect_uri": app.redirect_uri}
        asked = dict(parse_qs(urlsplit(self.authorize_url(scopes, **changed)).query))
        form = [(key, value[0]) for key, value in asked.items()]
        form += [("account", account), ("decision", "accept")]
        form += [("access", "chosen" if sites else "account"), *(("site", each) for each in sites)]
        url = f"{self.base}/atlassian/auth/authorize"
        async with self.session.post(url, data=form, allow_redirects=False) as answer:
            return Answered(answer.status, answer.headers, await answer.text())

    async def code(self, *said, **more):
        """Consent, and the code that comes back."""
        answer = await self.consent(*said, **more)
        assert answer.status == 302, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    async def token(self, *, form=False, **said):
        """The token endpoint's status and body."""
        sent = {"client_id": CLIENT.client_id, "client_secret": CLIENT.client_secret} | said
        how = {"data": sent} if form else {"json": sent}
        async with self.session.post(f"{self.base}/atlassian/auth/oauth/token", **how) as answer:
            return answer.status, await answer.json()

    async def tokens(self, account="ada", scopes=None, sites=(), app=CLIENT):
        """Tokens of *account*, for every scope unless told otherwise."""
        asked = " ".join(sorted(EVERY_SCOPE)) if scopes is None else scopes
        code = await self.code(account, asked, sites, app)
        status, body = await self.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=app.redirect_uri,
            client_id=app.client_id,
            client_secret=app.client_secret,
        )
        assert status == 200
        return body

    async def person(self, account="ada", scopes=None, site=ACME):
        """Somebody who can call Confluence."""
        tokens = await self.tokens(account, scopes)
        return Person(self, tokens["access_token"], site)

    async def app(self, client_id="theirs", scopes="read:me offline_access", **more):
        """Register an app; private unless told otherwise."""
        app = OAuthClient(client_id, "its-secret", f"{CALLBACK}/{client_id}", frozenset())
        said = {"client_secret": app.client_secret, "redirect_uri": app.redirect_uri}
        await self.control("apps", client_id=client_id, scopes=scopes, **said, **more)
        return app

    async def sites_of(self, token):
        """The status of accessible-resources, and what it lists."""
        url = f"{self.base}/atlassian/api/oauth/token/accessible-resources"
        async with self.session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
            return answer.status, await answer.json()

    async def refused(self, name, /, **said):
        """The status of a control that makes no sense."""
        url = f"{self.base}/_sandbox/atlassian/{name}"
        async with self.session.post(url, json=said) as answer:
            return answer.status

    async def control(self, name, /, **said):
        """POST to the side door."""
        url = f"{self.base}/_sandbox/atlassian/{name}"
        async with self.session.post(url, json=said) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def look(self, name, **query):
        """GET from the side door."""
        url = f"{self.base}/_sandbox/atlassian/{name}"
        async with self.session.get(url, params=query) as answer:
            return await answer.json()

    def page_id(self, title, site=ACME):
        found = [
            each.id
            for each in self.world.wikis[site].contents.values()
            if each.title == title and each.kind in ("page", "blogpost")
        ]
        return str(found[0])

    def space_id(self, key, site=ACME):
        return str(self.world.wikis[site].space_by_key(key).id)


class Answered:
    """An answer that has been read."""

    def __init__(self, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def title(self):
        """The words of a v2 error."""
        return self.json["errors"][0]["title"]


def basic(user, secret):
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode()


class Person:
    """Calls Confluence with one token, at the gateway."""

    def __init__(self, stage, token, site=ACME, authorization=None):
        self.stage = stage
        self.token = token
        self.site = site
        self.authorization = authorization or f"Bearer {token}"

    @property
    def root(self):
        return f"{self.stage.base}/atlassian/api/ex/confluence/{self.site}"

    async def ask(self, method, path, **more):
        url = f"{self.root}{path}"
        headers = {"Authorization": self.authorization, **more.pop("headers", {})}
        async with self.stage.session.request(
            method, url, headers=headers, allow_redirects=False, **more
        ) as answer:
            return Answered(answer.status, answer.headers, await answer.text())

    async def get(self, path, **query):
        return await self.ask("GET", f"/wiki{path}", params=query)

    async def post(self, path, sent, **query):
        return await self.ask("POST", f"/wiki{path}", json=sent, params=query)

    async def put(self, path, sent, **query):
        return await self.ask("PUT", f"/wiki{path}", json=sent, params=query)

    async def delete(self, path, **query):
        return await self.ask("DELETE", f"/wiki{path}", params=query)

    async def v1(self, method, path, **more):
        headers = {"X-Atlassian-Token": "no-check"}
        return await self.ask(method, f"/wiki/rest/api{path}", headers=headers, **more)

    async def search(self, cql, **query):
        return await self.get("/rest/api/search", cql=cql, **query)

    async def titles(self, cql, **query):
        answer = await self.search(cql, excerpt="indexed_unescaped", **query)
        assert answer.status == 200, answer.text
        return [each["title"] for each in answer.json["results"]]

    async def create(self, title="A new page", **more):
        sent = {
            "spaceId": self.stage.space_id("ENG"),
            "status": "current",
            "title": title,
            "body": storage("<p>Hello.</p>"),
        } | more
        return await self.post("/api/v2/pages", sent)


class Visitor(Person):
    """Calls Confluence at a site's own address; *site* is its slug."""

    @property
    def root(self):
        return f"{self.stage.base}/atlassian/sites/{self.site}"


def storage(value):
    return {"representation": "storage", "value": value}


def adf(*content):
    document = {"type": "doc", "version": 1, "content": list(content)}
    return {"representation": "atlas_doc_format", "value": json.dumps(document)}


@asynccontextmanager
async def stage():
    port = unused_port()
    base = f"http://127.0.0.1:{port}"
    world = AtlassianWorld(base, HeldClock(), CLIENT)
    app = web.Application()
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
    "ACME",
    "ACME2",
    "CALLBACK",
    "CLIENT",
    "GLOBEX",
    "HOOLI",
    "Answered",
    "Person",
    "Stage",
    "Visitor",
    "adf",
    "basic",
    "stage",
]
