"""Where a step stands: what it sees, and what it can be about."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bot.act import Acting
from bot.connection import Need
from bot.content import PageStorage, PageTemplateText, SpaceKey, TemplateId
from bot.cutting import cut
from bot.document import Document, Mention
from bot.errors import BadInput, NotFound
from bot.mentions import each_of, with_people
from bot.steps.hands import Facts
from bot.steps.lookup import Lookup, Target
from bot.steps.names import Names
from bot.steps.page_writings import Made
from bot.steps.terms import Terms
from bot.steps.things import space_in
from bot.things import made_thing, page_thing
from bot.values import Thing

UNREADABLE: Final = (
    "The text of {page} can't be read as it is kept, so nothing was written. Choose another page."
)
NO_TEMPLATE: Final = (
    "That page template isn't there, or you may not see it. Nothing was written: choose another."
)
MOST_SPACES: Final = 3


@dataclass(slots=True)
class Plot:
    """Where a step stands: what it sees, and what the writes before it made of the pages.

    *facts* tell whose account writes. *versions* has, by a page's name, the last write of the run
    that changed it, and the version that it made once it is done; *touched* are the names of
    those that planned writes change. *files* are those that were given to the dialog. *is_new*
    says that the step wasn't shown yet. *wants* are fields that the template uses and that take a
    call of their own.
    """

    lookup: Lookup
    facts: Facts
    terms: Terms
    names: Names
    key: str
    files: frozenset[str] = frozenset()
    versions: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    is_new: bool = True
    wants: frozenset[str] = frozenset()

    @property
    def made(self) -> Made:
        """What stands for a page that the step brings."""
        return Made(self.facts, self.key)

    async def target(self, source: str, *, trashed: bool = False) -> Target:
        """Return the page that a text names."""
        return await self.lookup.page(self.names.value(source), trashed=trashed)

    def base(self, target: Target) -> str:
        """Return by what the version of *target* is known."""
        key, version = self.versions.get(target.name, ("", None))
        if target.head is None or (key and version in {None, target.head.version}):
            return f"after {key or target.made_by}"
        return str(target.head.version)

    async def page(self, target: Target) -> Thing:
        """Return *target* as later steps see it."""
        site = self.facts.site
        if target.head is not None:
            return page_thing(target.head, site, target.space)
        return made_thing(target.title, target.kind, site, target.space, made_by=target.made_by)

    async def document(self, source: str) -> Document:
        """Return a body, in which people are mentioned by the accounts that they connected."""
        return await self._with_people(self.names.document(source))

    async def _with_people(self, body: Document) -> Document:
        async def known(member: str) -> Mention:
            async def look(acting: Acting) -> Mention:
                account = await self.lookup.hands.tools.actor.find_account(acting, member)
                if account is None:
                    return Mention(member=member)
                return Mention(account.id, account.name, member)

            return await self.lookup.hands.run(Need.READ, look)

        found = await each_of(body, known)
        return with_people(body, {name: each for name, each in found.items() if each.account})


async def page_template(plot: Plot, named: str) -> PageTemplateText:
    """Return Confluence's own page template of that id, of the whole site or of a space.

    Data Center finds a space's own by the space alone: those that the step can see are tried.
    """
    spaces: list[SpaceKey | None] = [None, *_spaces_in(plot.names)]
    for space in spaces:
        with suppress(NotFound):
            return await _page_template(plot.lookup, TemplateId(named.strip()), space)
    raise NotFound(NO_TEMPLATE)


async def _page_template(
    lookup: Lookup, template: TemplateId, space: SpaceKey | None
) -> PageTemplateText:
    async def look(acting: Acting) -> PageTemplateText:
        return await lookup.hands.tools.confluence.get_page_template(
            acting.connection, acting.site, template, space
        )

    return await lookup.hands.run(Need.TEMPLATES, look)


def _spaces_in(names: Names) -> list[SpaceKey]:
    """Return the spaces among what is known by name, and those of its pages; each once."""
    found: dict[SpaceKey, None] = {}
    for value in names.values.values():
        held = value.fields.get("space", value) if isinstance(value, Thing) else None
        space = space_in(held) if isinstance(held, Thing) else None
        if space is not None:
            found[space.key] = None
    return list(found)[:MOST_SPACES]


async def storage_of(lookup: Lookup, target: Target) -> PageStorage:
    """Return a page with its body to the letter. Raises ``NotYet`` if it isn't there yet."""
    page = target.id

    async def look(acting: Acting) -> PageStorage:
        return await lookup.hands.tools.confluence.get_storage(
            acting.connection, acting.site, page, kind=target.kind
        )

    return await lookup.hands.run(Need.READ, look)


def version_number(typed: str) -> int:
    """Return the version that *typed* means. Raises ``BadInput``."""
    digits = typed.lower().removeprefix("version").strip()
    if not (digits.isascii() and digits.isdecimal() and 0 < len(digits) <= 9 and int(digits)):  # noqa: PLR2004 - digits
        raise BadInput(f"“{cut(typed, 40)}” isn't a version. Nothing was done: give its number.")
    return int(digits)
