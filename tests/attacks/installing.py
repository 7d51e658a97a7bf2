"""Templates that an attacker writes: brought, installed and run from chat, as anybody could."""

from dataclasses import dataclass
from typing import Any, Final

from bot.checking import scopes_needed
from bot.connection import READ
from bot.dialog import Dialog
from bot.installing import Installer, Offers, Wish
from bot.principal import Principal, Tenant
from bot.task import Audience, DialogTask
from bot.template import TemplateId, Version
from bot.template_files import read_template
from handlers.ask import Kind
from sandbox.person import Person, words
from tests.attacks.scene import Json, seen_by, values_of
from tests.stage import Stage, link_in

ACME: Final = Tenant("T0ACME")
HEAD: Final = """\
id: {id}
version: {version}
name: {name}
description: Tries things out.
category: Write
"""
REPLY: Final = """
reply:
  text: Done.
"""


def template(
    text: str,
    slug: str = "try-out",
    version: str = "1.0.0",
    name: str = "Try-out",
    scopes: frozenset[str] = frozenset(),
) -> str:
    """Return the file of a template of which only what matters is written; with its scopes."""
    head = HEAD.format(id=slug, version=version, name=name)
    whole = text.strip() if "\nreply:" in text else text.strip() + REPLY
    needed = sorted((scopes_needed(read_template(f"{head}{whole}\n")) | scopes) - READ)
    named = [*needed] or ["read:space:confluence"]
    return f"{head}scopes: [{', '.join(named)}]\n{whole}\n"


@dataclass(frozen=True)
class Author:
    """Somebody who brings, installs and runs templates."""

    stage: Stage
    user: str = "U0BOB"

    @property
    def principal(self) -> Principal:
        return Principal(ACME, self.user)

    @property
    def person(self) -> Person:
        return self.stage.person(self.user)

    @property
    def offers(self) -> Offers:
        """What a press on *Bring your own* leads to."""
        return self._parts.offers

    @property
    def installer(self) -> Installer:
        """What a press on *Install* leads to."""
        return self._parts.installer

    @property
    def _parts(self) -> Any:
        listener: Any = self.stage.bot.table.routes[Kind.PRESS, "template_bring"].listener
        return listener.__self__.parts

    async def pastes(self, source: str) -> str:
        """Bring a template as text, and read what comes of it."""
        await self.clears()
        await self.person.types("/confluence templates")
        await self.stage.quiet()
        await self.person.presses("template_bring")
        await self.stage.quiet()
        await self.person.submits({"source": {"source": source}})
        return await self.sees()

    async def installs(
        self, source: str, word: str = "", audience: Audience | None = None, **wish: Any
    ) -> DialogTask:
        """Bring a template and install it, without a look at the modals of that."""
        offer = await self.offers.bring(self.principal, source, "own.yml")
        found = offer.template
        given = {"audience": audience} if audience else {}
        return await self.installer.install(
            self.principal,
            TemplateId(found.id),
            Version(found.version),
            Wish(word or found.id, **given, **wish),
        )

    async def consents(self, command: str) -> None:
        """Give by *command* whatever consent it takes."""
        await self.person.types(command)
        await self.stage.quiet()
        link = link_in(await self.person.screen())
        assert link, await self.sees()
        await self.stage.walk(link, self.user)
        await self.stage.quiet()
        await self.clears()

    async def types(self, command: str, channel: str = "general") -> str:
        """Type a command, and read what comes of it."""
        await self.clears()
        await self.person.types(command, channel)
        return await self.sees()

    async def clears(self) -> None:
        """Close whatever modal is open."""
        if await self.person.modal():
            await self.person.closes(everything=True)

    async def presses(self, action: str, value: object = None, **ids: str) -> str:
        """Press, and read what comes of it."""
        await self.person.presses(action, value, **ids)
        return await self.sees()

    async def submits(self, values: Json | None = None) -> str:
        """Submit the modal on top, and read what comes of it."""
        await self.person.submits(values or {})
        return await self.sees()

    async def sees(self) -> str:
        """Every word of the modal on top, or else of the newest message that they see."""
        await self.stage.quiet()
        view = await self.person.modal()
        return words(view) if view else await self.hears()

    async def hears(self) -> str:
        """Every word of the newest message that the app wrote to them."""
        channels = (await self.person.screen())["channels"]
        messages = [each for channel in channels for each in channel["messages"]]
        said = [each for each in messages if each["bot"] and not each["deleted"]]
        said.sort(key=lambda each: float(each["ts"]))
        return words(said[-1]) if said else ""

    async def screen(self) -> str:
        """Everything on their screen, as JSON."""
        return await seen_by(self.person)

    async def dialogs(self) -> list[Dialog]:
        """Their dialogs that haven't ended, the last touched first; looked at alone or not."""
        stores: Any = self.stage.stores
        kept: list[Dialog] = list(stores.dialogs._kept.values())  # noqa: SLF001 - whatever there is
        theirs = [each for each in kept if each.principal == self.principal]
        going_on = [each for each in theirs if not each.phase.is_final]
        return sorted(going_on, key=lambda each: each.touched_at, reverse=True)

    async def value(self, action: str) -> str:
        """The value of the newest button called *action* that they see."""
        shown = await self.person.modal() or await self.person.screen()
        return values_of(shown, action)[-1]


async def written(stage: Stage, world: str = "atlassian") -> list[Json]:
    """Return the writes that Confluence has done."""
    found: list[Json] = await stage.get(f"{world}/writes")
    return [each for each in found if each["done"]]
