"""A running sandbox with its people, as the tests here use it: over HTTP, and nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.person import Person, words
from sandbox.server import Plan, Sandbox
from tests.kept import broken
from tests.wire.mongo import MongoWire
from tests.wire.web import WebWire

PATIENCE = 30.0
"""Seconds until a test gives up waiting: far more than a busy machine takes."""
ROUND = 0.02
ACCOUNTS = {"U0ADA": "ada", "U0BOB": "bob", "U0CY": "cy", "U0GUS": "gus"}
SECRET = ("_SECRET", "_TOKEN", "AUDIT_KEY")
"""How the names of settings end that hold one secret."""
QUICK = {"CONFAB_SETTLE_AFTER": "1", "CONFAB_SETTLE_EVERY": "0.1", "CONFAB_DRAIN": "2"}
"""The bot's settings under which nobody waits."""

Json = dict[str, Any]


@dataclass
class Wires:
    """What the bot speaks over, where a test wants to hold it."""

    database: MongoWire
    web: WebWire

    def lead_to(self, sandbox: Sandbox) -> None:
        """Let everything pass on to *sandbox*."""
        self.database.behind = sandbox.database_uri
        self.web.behind = sandbox.url

    def clear(self) -> None:
        """Drop what is held."""
        self.database.clear()
        self.web.clear()


@dataclass
class Trip:
    """The sandbox that one travels in."""

    sandbox: Sandbox
    session: aiohttp.ClientSession
    wires: Wires | None = None

    def person(self, user: str) -> "Traveller":
        """Return somebody to act as."""
        return Traveller(self, Person(self.session, self.sandbox.url, user))

    async def get(self, path: str) -> Any:
        """Ask the sandbox something."""
        async with self.session.get(f"{self.sandbox.url}/_sandbox/{path}") as answer:
            assert answer.status < 400, await answer.text()
            return await answer.json()

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Tell the sandbox something."""
        async with self.session.post(f"{self.sandbox.url}/_sandbox/{path}", json=body) as answer:
            assert answer.status < 400, await answer.text()
            return await answer.json()

    async def pages(self, title: str) -> list[Json]:
        """Return what is in Confluence under *title*, drafts and trash too."""
        found = await self.get("atlassian/pages")
        return [page for page in found if page["title"] == title]

    async def statuses(self, title: str) -> list[str]:
        """Return how what is called *title* stands."""
        return sorted(page["status"] for page in await self.pages(title))

    async def requests(self, path: str, method: str = "") -> list[Json]:
        """Return the requests at Atlassian whose path has *path* in it."""
        how = f"&method={method}" if method else ""
        found: list[Json] = await self.get(f"atlassian/log?path={path}{how}")
        return found


@dataclass
class Traveller:
    """A person, and what takes them several steps."""

    trip: Trip
    person: Person

    async def connect(self, to_write: bool = False) -> None:  # noqa: FBT001, FBT002 - reads as said
        """Consent in a browser, as they would."""
        await self.person.types(f"/confluence {'create' if to_write else 'connect'}")
        link = await self.person.waits_for(link_in, PATIENCE)
        await self.walk(link)
        await self.person.waits_for_message("Connected as", "@app", PATIENCE)
        if to_write:
            await self.person.closes(everything=True)

    async def walk(self, link: str) -> Json:
        """Go through consent from *link* to wherever it ends."""
        asked = {
            "url": link,
            "slack_person": self.person.user,
            "atlassian_account": ACCOUNTS[self.person.user],
            "site": "acme",
        }
        walked: Json = await self.trip.post("walk", asked)
        return walked

    async def sees(self, part: str) -> Json:
        """Wait for a modal that holds *part*."""
        modal: Json = await self.person.waits_for(lambda seen: _top(seen, part), PATIENCE)
        return modal

    async def hears(self, part: str, channel: str = "general") -> Json:
        """Wait for a message that holds *part*."""
        return await self.person.waits_for_message(part, channel, PATIENCE)

    async def opens_form(self) -> None:
        """Open the form where no command's answer can be given: the bot speaks by message."""
        await self.person.uses_shortcut("create_page")
        await self.sees("Type two letters")

    async def fills(self, title: str, text: str = "Hello, all", **more: str) -> Json:
        """Fill the form and submit it."""
        # What comes too late for Slack is no option, and is asked for again with the next letter.
        [space] = await until(lambda: self.person.suggests("create_space", "ENG"))
        values = {
            "space": {"create_space": space},
            "title": {"title": title},
            "body": {"body": text},
        }
        others = {name: {name: value} for name, value in more.items()}
        return await self.person.submits(values | others)

    async def previews(self, title: str, text: str = "Hello, all") -> Json:
        """Fill the form and submit it; return the preview."""
        await self.fills(title, text)
        return await self.sees("Is this right?")


def link_in(seen: object) -> str | None:
    """Return the newest link to consent that is in sight."""
    if isinstance(seen, dict):
        url = seen.get("url")
        if isinstance(url, str) and "/connect/" in url:
            return url
        return link_in(list(seen.values()))
    if isinstance(seen, list):
        return next(filter(None, map(link_in, reversed(seen))), None)
    return None


async def until(
    seen: Callable[[], Awaitable[Any]], patience: float = PATIENCE, pause: float = ROUND
) -> Any:
    """Ask again and again until the answer is true, and return it."""
    deadline = time.monotonic() + patience
    while not (found := await seen()):
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(pause)
    return found


@asynccontextmanager
async def setting_out(plan: Plan, wires: Wires | None = None) -> AsyncIterator[Trip]:
    """Start a sandbox; on leaving, nothing of it runs any more."""
    sandbox = Sandbox(plan)
    # How soon the bot acks is measured by `make bench`; this machine may have much else to do.
    sandbox.slack.deliveries.ack_seconds = PATIENCE
    if wires is not None:
        wires.lead_to(sandbox)
    async with sandbox, aiohttp.ClientSession() as session:
        yield Trip(sandbox, session, wires)
    logs = sandbox.atlassian.log, sandbox.datacenter.log
    assert broken(sandbox.slack.ledger, *logs) == []
    secrets = secrets_of(sandbox)
    for log in plan.home.glob("bot*.log"):
        written = log.read_text()
        assert "Traceback" not in written, log
        assert not [each for each in secrets if each in written], log


def secrets_of(sandbox: Sandbox) -> set[str]:
    """Return what no log may have: the bot's own secrets, and every token of both worlds."""
    settings = sandbox.bot_settings()
    ours = {settings["CONFAB_KEYS"].partition("=")[2]}
    ours |= {value for name, value in settings.items() if name.endswith(SECRET)}
    grants, slack = sandbox.atlassian.grants, sandbox.slack.workspace.state
    theirs = {*grants.access, *grants.refresh, *grants.codes}
    return {*ours, *theirs, *slack.tokens, *slack.refreshes, *slack.hooks} - {""}


def _top(screen: Json, part: str) -> Json | None:
    top: Json | None = screen["modal"][-1] if screen["modal"] else None
    return top if top is not None and part in words(top) else None
