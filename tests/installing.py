"""A bot for many workspaces on the stage, and browsers in which people install it."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import lxml.html
from aiohttp import ClientSession, CookieJar

from tests.stage import staged

OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""What Chromium sends with a form of a page that sends no referrer."""


@dataclass(frozen=True)
class Shown:
    """What a browser was answered."""

    status: int
    headers: object
    text: str

    @property
    def location(self):
        return self.headers["Location"]

    @property
    def asked(self):
        """What stands in the address that it leads to."""
        return {name: value for name, [value] in parse_qs(urlsplit(self.location).query).items()}

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
    def links(self):
        return self.tree.xpath("//main//a/@href")


class Browser:
    """One browser with its cookies; it follows no redirect by itself."""

    def __init__(self, stage, session):
        self.stage = stage
        self.session = session

    async def send(self, method, where, **given):
        url = where if where.startswith("http") else f"{self.stage.bot_url}{where}"
        async with self.session.request(method, url, allow_redirects=False, **given) as answer:
            return Shown(answer.status, answer.headers, await answer.text())

    async def begin(self, headers=OWN, **form):
        """Open the page and press its button."""
        await self.send("GET", "/slack/install")
        return await self.send("POST", "/slack/install", data=form, headers=headers)

    async def at_slack(self, url, user="U0EVE", workspace=None, *, allow=True):
        """Decide in Slack, and return where it sends the browser."""
        asked = {"url": url, "allow": allow} | ({"workspace": workspace} if workspace else {})
        decided = await self.stage.post(f"slack/people/{user}/install", asked)
        return decided["location"]

    async def install(self, user="U0EVE", workspace=None, **how):
        """Go all the way."""
        url = (await self.begin()).location
        return await self.send("GET", await self.at_slack(url, user, workspace, **how))


@asynccontextmanager
async def installing(**settings):
    """Set the stage for a bot that serves whoever installs it."""
    async with staged(slack_bot_token=None, **settings) as stage:
        yield stage


@asynccontextmanager
async def a_browser(stage):
    """Open a browser of its own."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        yield Browser(stage, session)
