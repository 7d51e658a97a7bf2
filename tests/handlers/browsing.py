"""A person with a browser, in front of the real pages on loopback."""

import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import lxml.html
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from handlers.browser import Pages, dress, redirect_targets, routes
from tests.bot.fakes_connect import Provider, SignIn, World, state_of

OUR_FORM = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""What Chromium sends with a form of a page that sends no referrer."""


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    headers: object
    text: str

    @property
    def tree(self):
        return lxml.html.fromstring(self.text)

    @property
    def heading(self):
        [heading] = self.tree.xpath("//h1")
        return heading.text_content()

    @property
    def words(self):
        return " ".join(self.tree.xpath("//main")[0].text_content().split())

    @property
    def location(self):
        return self.headers["Location"]

    @property
    def state(self):
        return state_of(self.location)


class Visitor:
    """One browser with its cookies; it follows no redirect by itself."""

    def __init__(self, world, session):
        self.world = world
        self.session = session

    async def get(self, where, **given):
        return await self._send("GET", where, **given)

    async def post(self, where, form=(), headers=OUR_FORM, **given):
        given.setdefault("data", dict(form))
        return await self._send("POST", where, headers=headers, **given)

    async def _send(self, method, where, **given):
        url = where if "://" in where else self.world.address.link(where)
        async with self.session.request(method, url, allow_redirects=False, **given) as answer:
            return Page(answer.status, answer.headers, await answer.text())

    async def submit(self, page, button=None, **filled):
        [form] = page.tree.xpath("//form")
        fields = {each.name: each.value for each in form.xpath(".//input[@type='hidden']")}
        fields |= {each.name: each.value for each in form.xpath(".//input[@checked]")}
        if button:
            fields["decision"] = button
        return await self.post(form.action, {**fields, **filled})

    async def open(self, **given):
        return await self.get((await self.world.invite(**given)).link)

    async def begin(self, **given):
        return await self.submit(await self.open(**given))

    async def back_from_slack(self, state, code="code"):
        return await self.get("/connect/slack", params={"code": code, "state": state})

    async def back_from_atlassian(self, state, profile="system", **given):
        params = {"code": "code", "state": state, **given}
        return await self.get(f"/connect/callback/{profile}", params=params)

    async def prove(self, **given):
        return await self.back_from_slack((await self.begin(**given)).state)

    async def consent(self, **given):
        return await self.back_from_atlassian((await self.prove(**given)).state)


@asynccontextmanager
async def serving(*also):
    """Serve the pages of one world, at the address that the world believes is its own.

    Forms may lead *also* to these.
    """
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        world = await World(f"http://127.0.0.1:{listening.getsockname()[1]}").open()
        pages = Pages(world.address, targets=redirect_targets(SignIn.url, Provider.url, *also))
        app = web.Application(middlewares=[dress(pages, world.connect)])
        app.add_routes(routes(world.connect, pages))
        app.router.add_post("/slack/events", refuse)
        app.router.add_get("/connect/broken/bug", break_down)
        async with TestServer(app, socket_factory=lambda *_: listening.dup()):
            yield world


async def refuse(_request):
    raise web.HTTPUnauthorized(text="no")


async def break_down(_request):
    raise RuntimeError("xoxb-secret")


@asynccontextmanager
async def browsing(world):
    """A browser of its own."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield Visitor(world, session)


def origin_of(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
