"""Somebody who runs a small template of one step, on Cloud and on Data Center."""

import itertools
import textwrap
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from bot.app import utc_now
from bot.connection import READ, Need, scopes_of
from bot.installing import Wish
from bot.task import TemplateVersion
from bot.template import TemplateId, Version
from bot.trail import Action, Wanted
from sandbox.atlassian.documents import text_of
from sandbox.atlassian.people import BY_ID
from sandbox.datacenter.people import BY_KEY
from sandbox.person import places, words
from tests.attacks.installing import ACME, Author, template
from tests.attacks.ways import set_up
from tests.stage import Stage, link_in, staged
from tests.ways import PEOPLE, Json

CLOUD: Final = "atlassian"
DATA_CENTER: Final = "datacenter"
WAYS: Final = {CLOUD: "cloud_system", DATA_CENTER: "datacenter_pat"}
ONE: Final = Version("1.0.0")
CONSENT: Final = template("steps:\n  - list_spaces: {}", "spaces", scopes=scopes_of(Need) - READ)
"""Takes every scope there is; nobody could bring it, since it needs none."""
_numbers = itertools.count(1)


@dataclass
class Done:
    """What was shown before a run and after it, and how often each write was made."""

    preview: str
    end: str
    writes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Scene(Author):
    """Ada, or somebody else, with every scope there is."""

    world: str = CLOUD
    begun: list[str] = field(default_factory=list)

    @classmethod
    async def opened(cls, stage: Stage, world: str) -> "Scene":
        """Have Ada consent to everything."""
        way = next(each for each in PEOPLE if each.name == WAYS[world])
        _, typed = await set_up(stage, way)
        scene = cls(stage, "U0ADA", world)
        consenting = TemplateVersion(
            ACME, TemplateId("spaces"), ONE, CONSENT, "U0ADA", utc_now(), is_own=True
        )
        assert await stage.stores.templates.add(consenting)
        await scene.installer.install(scene.principal, consenting.id, ONE, Wish("spaces"))
        await scene.person.types("/confluence spaces")
        await stage.quiet()
        link = link_in(await scene.person.screen())
        assert link, await scene.sees()
        await stage.walk(link, typed=typed)
        await stage.quiet()
        await scene.clears()
        await scene._connects_bob()
        return scene

    async def _connects_bob(self) -> None:
        """Have Bob connect as well, so that it is known who he is in Confluence."""
        bob, typed = self.stage.person("U0BOB"), {}
        if self.world == DATA_CENTER:
            made = await self.stage.post("datacenter/tokens", {"account": "bob", "days": 30})
            typed = {"secret": made["token"]}
        await bob.types("/confluence connect")
        await self.stage.quiet()
        await self.stage.walk(link_in(await bob.screen()), "U0BOB", typed=typed)
        await self.stage.quiet()

    async def begins(self, text: str, line: str = "", **wish: Any) -> str:
        """Bring a template, install it, and begin it by command; what comes of it."""
        await self.clears()
        await self.stage.post(f"{self.world}/log/clear", {})
        await self.stage.post(f"{self.world}/faults/clear", {})
        self.rests()
        for task in await self.stage.stores.tasks.list_all(self.principal.tenant):
            await self.stage.stores.tasks.remove(task)
        slug = f"tryout-{next(_numbers)}"
        self.begun.append(slug)
        source = template(textwrap.dedent(text), slug, name=slug)
        await self.installs(source, **wish)
        return await self.types(f"/confluence {slug} {line}")

    def rests(self) -> None:
        """Be somebody who has asked for nothing of late."""
        self.stage.outside.quota._people.clear()  # noqa: SLF001 - time alone does it

    def last(self) -> str:
        """The word of the task that was begun last."""
        return self.begun[-1]

    async def does(self, text: str, line: str = "", **wish: Any) -> Done:
        """Run a template by a command of one line, confirming what is shown."""
        return await self.confirms(await self.begins(text, line, **wish))

    async def confirms(self, preview: str) -> Done:
        """Confirm what is shown."""
        assert "This will be written" in preview, preview
        end = await self.submits()
        return Done(preview, end, await self.writes())

    async def writes(self) -> Counter[str]:
        """How often each write was made."""
        found: Counter[str] = Counter()
        for each in await self.stage.get(f"{self.world}/writes"):
            found[f"{each['method']} {each['path']}"] += each["done"]
        return +found

    async def takes_back(self) -> str:
        """Press *Undo* in the receipt, and read what stands in its place then."""
        await self.clears()
        where = next(each for each in places(await self.person.screen(), "dialog_undo"))
        await self.person.presses("dialog_undo", container=where)
        await self.stage.quiet()
        channels = (await self.person.screen())["channels"]
        return next(
            words(each)
            for channel in channels
            for each in channel["messages"]
            if each["ts"] == where["ts"]
        )

    async def page(self, title: str, body: str = "<p>Old.</p>", **more: Any) -> str:
        """Have a page of Ada's in ENG, and return its id."""
        asked = {"space": "ENG", "account": "ada", "title": title, "body": body, **more}
        made = await self.stage.post(f"{self.world}/pages/create", asked)
        return str(made["id"])

    async def changes(self, page: str, body: str = "<p>Theirs.</p>", account: str = "bob") -> None:
        """Have somebody else change a page."""
        said = {"id": page, "account": account, "body": body, "representation": "storage"}
        await self.stage.post(f"{self.world}/pages/change", said)

    async def all(self, **wanted: str) -> list[Json]:
        """What stands in Confluence."""
        found: list[Json] = await self.stage.get(f"{self.world}/pages?{urlencode(wanted)}")
        return found

    async def one(self, **wanted: str) -> Json:
        """The one thing of that kind that stands in Confluence."""
        [found] = await self.all(**wanted)
        return found

    async def storage(self, page: str) -> str:
        """What a page says now, as it is stored."""
        return str((await self.one(id=page))["versions"][-1]["body"]["value"])

    async def faults(self, kind: str, **aimed: Any) -> None:
        """Aim a fault at the next write that matches."""
        await self.stage.post(f"{self.world}/faults", {"kind": kind, **aimed})

    def held(self, page: str) -> Any:
        """The page in the world itself, for what its side door doesn't tell."""
        if self.world == DATA_CENTER:
            return self.stage.datacenter.site.contents[int(page)]
        wikis = self.stage.atlassian.wikis.values()
        return next(each.contents[int(page)] for each in wikis if int(page) in each.contents)

    async def link(self, page: int, *, is_post: bool = False) -> str:
        """The address of a page, or of a blog post, in a browser."""
        if self.world == DATA_CENTER and is_post:
            title = quote_plus(self.held(str(page)).title)
            return f"{self.stage.datacenter.url}/display/ENG/2026/11/23/{title}"
        if self.world == DATA_CENTER:
            return f"{self.stage.datacenter.url}/pages/viewpage.action?pageId={page}"
        where = "blog/2026/11/23" if is_post else "pages"
        return f"{self.stage.url}/atlassian/sites/acme/wiki/spaces/ENG/{where}/{page}/x"

    def contents(self) -> list[Any]:
        """Everything that Confluence holds."""
        return [each for wiki in self.wikis() for each in wiki.contents.values()]

    def wikis(self) -> list[Any]:
        """Every site of the product's."""
        if self.world == DATA_CENTER:
            return [self.stage.datacenter.site]
        return list(self.stage.atlassian.wikis.values())

    def answers(self, comment: int) -> int:
        """Have somebody answer a comment, and return the answer's id."""
        [wiki] = [each for each in self.wikis() if comment in each.contents]
        said = wiki.contents[comment]
        answer = replace(said, id=wiki.new_id(), parent=comment, versions=[*said.versions])
        return int(wiki.add(answer).id)

    def edits(self, comment: int) -> None:
        """Have somebody change a comment."""
        [said] = [each for each in self.contents() if each.id == comment]
        said.versions.append(replace(said.latest, number=said.latest.number + 1))

    def container(self, content: Any) -> int:
        """The page that something hangs on."""
        held = {each.id: each for each in self.contents()}
        while content.kind in {"footer-comment", "attachment"}:
            content = held[content.extra["container"]]
        return int(content.id)

    def text(self, content: Any) -> str:
        """What it says."""
        return text_of(content.latest.body).strip()

    def rights(self, page: str) -> dict[str, set[str]]:
        """Who alone may read a page, and change it, by their short names."""
        held = self.held(page)
        names = BY_KEY if self.world == DATA_CENTER else BY_ID
        both = {"read": held.readers, "update": held.editors}
        return {right: {names[each].name for each in who} for right, who in both.items()}

    async def restricts(self, page: str, **to: Any) -> None:
        """Have somebody else restrict a page."""
        await self.stage.post(f"{self.world}/pages/restrict", {"id": page, **to})

    async def judges(self, action: str) -> str:
        """Say what became of an unclear step, and read what comes."""
        await self.person.presses(action)
        return await self.sees()

    async def audited(self) -> list[tuple[str, str]]:
        """What the audit has since the last run began: (action, outcome), the oldest first."""
        await self.stage.quiet()
        rows = self.stage.stores.audit.list_newest(self.principal.tenant, Wanted())
        found = []
        async for row in rows:
            if row.entry.action is Action.INSTALL_TASK:
                break
            found.append((str(row.entry.action), str(row.entry.outcome)))
        return found[::-1]


@asynccontextmanager
async def opened(world: str, **settings: Any) -> AsyncIterator[Scene]:
    """Set the stage, with Ada on it."""
    async with staged(**settings) as stage:
        yield await Scene.opened(stage, world)
