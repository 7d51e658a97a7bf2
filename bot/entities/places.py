"""Sites and spaces."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.act import Acting
from bot.content import CloudId
from bot.content import Site as ConfluenceSite
from bot.content import Space as ConfluenceSpace
from bot.entities.kind import Kind
from bot.entities.parts import Context, Given, Look, WrongAnswer
from bot.entities.things import field_of
from bot.entities.typed import fitting, line, option, quoted, typed_address
from bot.errors import BadInput
from bot.links import is_link
from bot.template import Choice, Entity
from bot.things import site_thing, space_thing
from bot.values import Thing, Value, text_of_value
from bot.whereabouts import site_called

_SPACE_PATH: Final = re.compile(r"^/(?:spaces|display)/([^/?#]+)")
_SITE_ID: Final = re.compile(r"[\w-]{1,75}")
_KEY: Final = re.compile(r"~?[\w.:-]{1,255}")


def refuse_elsewhere(site: CloudId | None, context: Context) -> None:
    """Raise ``WrongAnswer`` for what lies at another site than the dialog."""
    if site is not None and context.where not in {None, site}:
        raise WrongAnswer(
            "That is at another site than the one where this takes place. "
            "Give one from there, or say another site first."
        )


class Site(Kind):
    """A site of Confluence's."""

    expects = "a site: its name or its address, as in acme.atlassian.net"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.EXTERNAL_MENU

    def suggests(self, entity: Entity) -> bool:
        """See ``Kind.suggests``."""
        return True

    async def suggest(self, entity: Entity, words: str, context: Context) -> Sequence[Choice]:
        """Return the sites that the person can use."""
        wanted = words.casefold()
        sites = await context.sites()
        return [_of_site(each) for each in sites if wanted in f"{each.name} {each.url}".casefold()]

    async def read(self, entity: Entity, given: Given, context: Context) -> Thing:
        """Return the site."""
        if isinstance(given.value, Thing):
            text = field_of(given.value, "id") or field_of(given.value, "site")
        else:
            text = await typed_address(given, context)
        sites = await context.sites()
        # The deepest first: one site may lie below another's address.
        for site in sorted(sites, key=lambda each: -len(each.wiki_url)):
            if is_link(text) and path_at(text, site) is not None:
                return site_thing(site)
        try:
            return site_thing(site_called(sites, _host(text)))
        except BadInput:
            raise WrongAnswer(
                f"No one site that you are connected to is called {quoted(text)}. "
                f"Give {self.expects}.",
                tuple(map(_of_site, sites)),
            ) from None

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        found, text = field_of(value, "id"), text_of_value(value)
        if isinstance(value, str):
            return fitting(text, text) if _SITE_ID.fullmatch(text) else None
        return fitting(found, text)


def _of_site(site: ConfluenceSite) -> Choice:
    return option(site.cloud_id, site.name)


def _host(text: str) -> str:
    if "://" not in text:
        return text.rstrip("/")
    try:
        return urlsplit(text).hostname or text
    except ValueError:
        return text


def path_at(text: str, site: ConfluenceSite) -> str | None:
    """Return the path that a link has at *site*; ``None`` if it leads elsewhere."""
    try:
        base = urlsplit(site.wiki_url)
        parts = urlsplit(text if "://" in text else f"https://{text}")
        same = (parts.hostname, parts.port or 443) == (base.hostname, base.port or 443)
    except ValueError:
        return None
    root = base.path.rstrip("/")
    if not same or not f"{parts.path}/".startswith(f"{root}/"):
        return None
    return parts.path.removeprefix(root)


class Space(Kind):
    """A space of Confluence's."""

    expects = "a space: its key, its name or its address, as in ENG"

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.EXTERNAL_MENU

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return "Its key, name or address, as in ENG."

    def suggests(self, entity: Entity) -> bool:
        """See ``Kind.suggests``."""
        return True

    async def suggest(self, entity: Entity, words: str, context: Context) -> Sequence[Choice]:
        """Return the spaces that *words* may mean."""

        async def look(acting: Acting) -> Sequence[ConfluenceSpace]:
            where = acting.connection, acting.site
            return await context.confluence.suggest_spaces(*where, words)

        return [each for each in map(_of_space, await context.run(look)) if each is not None]

    async def read(self, entity: Entity, given: Given, context: Context) -> Thing:
        """Return the space."""
        if isinstance(given.value, Thing):
            return await _space(_key_of(given.value), context)
        text = await typed_address(given, context)
        if not is_link(text):
            return await _space(text, context)
        for site in await context.sites():
            path = _SPACE_PATH.match(path_at(text, site) or "")
            if path:
                refuse_elsewhere(site.cloud_id, context)
                return await _space(unquote(path[1]), context, site)
        raise WrongAnswer(
            "That link isn't to a space of a site you are connected to. "
            "Give the space's key, as in ENG."
        )

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        if isinstance(value, str):
            return fitting(value, value) if _KEY.fullmatch(value) else None
        key, name = field_of(value, "key"), field_of(value, "name")
        return fitting(key, f"{name} · {key}")


def _key_of(value: Thing) -> str:
    """Return the key of a space that is held, or of the space of a page that is."""
    found = field_of(value, "key") or field_of(value.fields.get("space"), "key")
    if not found:
        raise WrongAnswer(f"{quoted(value.label)} isn't a space. Give {Space.expects}.")
    return found


def _of_space(space: ConfluenceSpace) -> Choice | None:
    return fitting(space.key, f"{space.name} · {space.key}")


async def _space(text: str, context: Context, site: ConfluenceSite | None = None) -> Thing:
    async def look(acting: Acting) -> Thing | Sequence[ConfluenceSpace]:
        where = acting.connection, acting.site
        found = await context.confluence.find_space(*where, text) if _KEY.fullmatch(text) else None
        if found is not None:
            return space_thing(found, acting.site)
        near = await context.confluence.suggest_spaces(*where, text)
        named = [each for each in near if line(each.name).casefold() == text.casefold()]
        return space_thing(named[0], acting.site) if len(named) == 1 else named or near

    found = await context.run(look, site=site.cloud_id if site else None)
    if isinstance(found, Thing):
        return found
    offered = tuple(each for each in map(_of_space, found) if each is not None)
    more = "Choose one of those" if offered else "Look it up in Confluence"
    raise WrongAnswer(
        f"I can't see a space {quoted(text)}. {more}, or give its key, as in ENG.", offered
    )
