"""An organisation's connection that sees everything, and what it must keep to itself."""

import json
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.connection import Connection, organisation
from bot.content import AllowedSpace, Site, Space
from bot.documents import from_mrkdwn
from tests.attacks.scene import Json, deliver
from tests.attacks.ways import lent
from tests.stage import Stage
from tests.ways import ACME, PEOPLE, SERVICE, Way

TITLE: Final = "Quokka"
MARKS: Final = ("bilby", "numbat", "dunnart")
"""In no text but the hidden pages' titles, bodies and places: nobody types them."""

CLOUD: Final = SERVICE
DATA_CENTER: Final = PEOPLE[4]
_REFERENCE = re.compile(
    r"(?:trigger_id|view_id|external_id)\W+[\w.-]+"
    r"|\b[0-9a-f]{8}(?:[0-9a-f]{8})?\b|\b\d{5,}\b|T0ACME\.[\w-]+"
)


@dataclass
class Lender:
    """The stage, with a connection lent in ENG alone, and hidden pages by what hides them."""

    stage: Stage
    way: Way
    robot: Connection
    site: Site
    hidden: dict[str, str] = field(default_factory=dict)

    @property
    def world(self) -> str:
        """Whose pages they are, by the name of its side door."""
        return self.way.world

    def place(self, page: str) -> str:
        """Return a button's value that names *page*."""
        return json.dumps({"c": self.site.cloud_id, "p": page})

    async def space(self, key: str) -> Space:
        """Return a space as the connection itself sees it."""
        found = await self.stage.outside.confluence.find_space(self.robot, self.site, key)
        assert found is not None
        return found

    async def pages(self) -> list[Json]:
        """Return all there is in Confluence, with bodies and versions, drafts and the trash."""
        found: list[Json] = await self.stage.get(f"{self.world}/pages")
        return found

    async def written(self) -> list[Json]:
        """Return the requests that would change something in Confluence."""
        log = await self.stage.get(f"{self.world}/log")
        return [
            each
            for each in log
            if each["method"] not in {"GET", "HEAD"}
            and not re.search(r"permission/check|oauth|token", each["path"])
        ]

    async def make(self, kind: str, space: str = "ENG", **more: Any) -> str:
        """Make a page whose title, body and name of *kind* are told apart from all else."""
        body = f"<p>The numbat release, {kind}.</p>"
        asked = {"space": space, "account": "ada", "title": f"{TITLE} bilby {kind}", "body": body}
        made = await self.stage.post(f"{self.world}/pages/create", asked | more)
        return str(made["id"])

    async def restrict(self, page: str) -> None:
        """Leave *page* to Ada, and to the connection's own account."""
        readers = ["ada", *(["service"] if self.way is CLOUD else [])]
        await self.stage.post(
            f"{self.world}/pages/restrict", {"id": page, "readers": readers, "editors": readers}
        )

    async def move(self, page: str, space: str) -> None:
        """Move *page* to another space."""
        path, body = (
            ("atlassian/move-page", {"page": page, "space": space})
            if self.way is CLOUD
            else ("datacenter/pages/move", {"id": page, "space": space})
        )
        await self.stage.post(path, body)

    async def allow(self, **policy: Any) -> None:
        """Change the policy."""
        seen = await self.stage.stores.integrations.find(ACME)
        changed = replace(seen, policy=replace(seen.policy, **policy))
        assert await self.stage.stores.integrations.replace(seen, changed)

    async def hears(self, delivered: Awaitable[Json]) -> str:
        """Return all that the bot tells Slack because of a delivery: ack, calls, answers."""
        await self.stage.post("slack/log", {"clear": True})
        ack = await delivered
        await self.stage.quiet()
        log = await self.stage.get("slack/log")
        told = (
            ack["body"],
            *(
                each["args"]
                for each in log["calls"]
                if each["method"].startswith(("chat.", "views."))
            ),
            *(each["body"] for each in log["hooks"]),
        )
        return json.dumps(told, ensure_ascii=False, default=str)


async def lender(stage: Stage, way: Way) -> Lender:
    """Lend the connection in ENG, and hide pages in every way there is."""
    profile = await lent(stage, way)
    robot = await stage.stores.connections.find(organisation(ACME), profile.id)
    assert robot is not None
    site = next(each for each in robot.sites if "globex" not in each.url)
    made = Lender(stage, way, robot, site)
    hidden = made.hidden
    hidden["forbidden"] = await made.make("forbidden", "OPS")
    hidden["private"] = await made.make("private", "SECRET")
    hidden["restricted"] = await made.make("restricted")
    await made.restrict(hidden["restricted"])
    hidden["below"] = await made.make("below")
    moved = {"id": hidden["below"], "parent": hidden["restricted"]}
    await stage.post(f"{made.world}/pages/move", moved)
    hidden["trashed"] = await made.make("trashed")
    await stage.post(f"{made.world}/pages/delete", {"id": hidden["trashed"]})
    hidden["moved"] = await made.make("moved")
    await made.move(hidden["moved"], "OPS")
    if robot.provider.has_drafts:
        body, eng = from_mrkdwn("The numbat release, draft."), await made.space("ENG")
        draft = await stage.outside.confluence.create_draft(
            robot, site, eng.id, f"{TITLE} bilby draft", body
        )
        hidden["draft"] = draft.id
    await stage.post(f"{made.world}/log/clear", {})
    return made


async def command(stage: Stage, who: str, text: str, channel: str = "C0GENERAL") -> Json:
    """Type a command, wherever Slack would let them or not."""
    workspace = stage.slack.workspace
    payload = {
        "token": "t",
        "team_id": "T0ACME",
        "channel_id": channel,
        "user_id": who,
        "command": "/confluence",
        "text": text,
        "trigger_id": workspace.mint_trigger(who),
        "response_url": workspace.mint_hook(who, channel),
        "is_enterprise_install": "false",
    }
    return await deliver(stage, payload)


def bare(told: str, *names: str) -> str:
    """Return what was told without what differs from one request to the next, and *names*."""
    for name in names:
        told = told.replace(name, "…")
    return _REFERENCE.sub("…", told)


def allowed(site: Site, space: Space) -> AllowedSpace:
    """Return *space* as a policy names it."""
    return AllowedSpace(site.cloud_id, space.id, space.key, space.name)
