"""A sandbox Slack with a small Bolt app in it, for the tests of this folder."""

from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.clock import Clock
from sandbox.person import Person
from sandbox.slack import data
from sandbox.slack.world import AppUnderTest, SlackWorld

SECRET = "signing-secret"
ROOT = Path(__file__).parents[2]


def manifest():
    return yaml.safe_load((ROOT / "manifest.yml").read_text())


def conversing(told):
    """Let people write in the app's Messages tab, and the app hear of it."""
    told["features"]["app_home"]["messages_tab_read_only_enabled"] = False
    _add(told["oauth_config"]["scopes"]["bot"], "app_mentions:read", "im:history", "files:read")
    _add(told["settings"]["event_subscriptions"]["bot_events"], "app_mention", "message.im")


def _add(listed, *names):
    listed += [name for name in names if name not in listed]


def plain(text):
    return {"type": "plain_text", "text": text}


def mrkdwn(text):
    return {"type": "mrkdwn", "text": text}


def section(text, **more):
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id, **more):
    return {"type": "button", "text": plain("Go"), "action_id": action_id, **more}


def actions(*elements):
    return {"type": "actions", "block_id": "acts", "elements": list(elements)}


def text_input(block_id, **more):
    element = {"type": "plain_text_input", "action_id": block_id, **more}
    return {"type": "input", "block_id": block_id, "label": plain("L"), "element": element}


def modal(*blocks, **more):
    made = {"type": "modal", "title": plain("A form"), "blocks": list(blocks)}
    return {**made, "submit": plain("Save"), "close": plain("Cancel"), **more}


class Stage:
    """The world, its people, and the app under test."""

    def __init__(self, world, session, base_url):
        self.world = world
        self.session = session
        self.base_url = base_url
        self.clock = world.workspace.clock
        self.client = AsyncWebClient(
            data.BOT_TOKEN, base_url=f"{base_url}/slack/api/", session=session
        )
        self.bolt = None
        self.raw = None
        for name in ("ada", "bob", "cy", "gus", "eve"):
            setattr(self, name, Person(session, base_url, f"U0{name.upper()}"))

    async def post(self, path, **fields):
        async with self.session.post(f"{self.base_url}/_sandbox/slack/{path}", json=fields) as got:
            return await got.json()

    async def get(self, path):
        async with self.session.get(f"{self.base_url}/_sandbox/slack/{path}") as got:
            return await got.json()

    def person(self, user, team=None):
        return Person(self.session, self.base_url, user, team)

    def client_of(self, token):
        return AsyncWebClient(token, base_url=self.client.base_url, session=self.session)

    async def installed(self, team, **how):
        """The app in another workspace or organisation, and its client there."""
        answer = (await self.post("install", team=team, installed=True, **how))["answer"]
        return self.client_of(answer["access_token"])

    async def log(self):
        async with self.session.get(f"{self.base_url}/_sandbox/slack/log") as got:
            return await got.json()

    async def receive(self, request):
        if self.raw is not None:
            return await self.raw(request)
        answer = await self.bolt.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)


def bolt_app(client):
    async def authorize():
        return AuthorizeResult(
            enterprise_id=None,
            team_id=data.TEAM,
            bot_token=data.BOT_TOKEN,
            bot_id=data.BOT_ID,
            bot_user_id=data.BOT_USER,
        )

    return AsyncApp(
        signing_secret=SECRET, authorize=authorize, client=client, process_before_response=True
    )


@asynccontextmanager
async def stage(*, app_token=None, saved=None, change=None):
    """A world on a port of its own; *change* may alter the manifest first."""
    port = unused_port()
    base_url = f"http://127.0.0.1:{port}"
    told = manifest()
    told["oauth_config"]["redirect_urls"] = ["http://localhost:1/connect/slack"]
    if change:
        change(told)
    under_test = AppUnderTest("http://127.0.0.1:1/", SECRET, "1.2", "client-secret", app_token)
    world = SlackWorld(base_url, Clock(), told, under_test, saved)
    app = web.Application()
    world.attach(app)
    await world.open()
    async with TestServer(app, port=port), aiohttp.ClientSession() as session:
        made = Stage(world, session, base_url)
        made.bolt = bolt_app(made.client)
        receiver = web.Application()
        receiver.router.add_post("/slack/events", made.receive)
        async with TestServer(receiver) as server:
            world.retarget(str(server.make_url("/slack/events")))
            try:
                yield made
            finally:
                await world.close()
