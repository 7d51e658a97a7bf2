"""Pages of Confluence's."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.act import Acting
from bot.connection import Connection
from bot.content import CloudId, ContentKind, PageId, Site
from bot.content import Page as ConfluencePage
from bot.content import Space as ConfluenceSpace
from bot.entities.kind import Kind
from bot.entities.parts import LONGEST_OPTION, Context, Given, Look, WrongAnswer
from bot.entities.places import refuse_elsewhere
from bot.entities.sources import find_pages, held_of, list_offers, site_of, space_of
from bot.entities.things import field_of, kind_of_page, page_of
from bot.entities.typed import LINK, fitting, line, option, quoted, typed_address
from bot.errors import NotFound
from bot.frozen import frozen
from bot.links import Reference, is_link, read_reference
from bot.ports import Confluence
from bot.template import Choice, Entity, Source
from bot.things import page_thing
from bot.values import Thing, Value, text_of_value

_TOKEN: Final = re.compile(r"(\d{1,19})@(.{1,55})")
_PART: Final = re.compile(r"<https?://[^<>\n]+>|[^\n<>]+", re.IGNORECASE)
_BETWEEN: Final = frozenset({"and", "&", "&amp;"})


class Page(Kind):
    """A page or a blog post."""

    expects = "a page: its link, its id or its title"
    has_many = True

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.MULTI_EXTERNAL_MENU if entity.many else Look.EXTERNAL_MENU

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return "Its link, or its title."

    def suggests(self, entity: Entity) -> bool:
        """See ``Kind.suggests``."""
        return True

    async def suggest(self, entity: Entity, words: str, context: Context) -> Sequence[Choice]:
        """Return the pages that *words* may mean, of those that are to choose from."""
        held = held_of(entity.choices_from, context) if entity.choices_from else None
        if entity.choices_from and entity.choices_from.source is Source.CHILDREN:
            offered = await list_offers(entity.choices_from, words, context)
            wanted, site = words.casefold(), site_of(held) or context.where
            return [
                _option(PageId(each.value), each.label, site)
                for each in offered
                if wanted in each.label.casefold()
            ]

        async def look(acting: Acting) -> Sequence[Choice]:
            found = await find_pages(context, acting, space_of(held), words)
            return [
                _option(page, f"{title} · {space}" if space else title, acting.site.cloud_id)
                for page, title, space in found
            ]

        return await context.run(look, site=site_of(held))

    def parts(self, entity: Entity, given: Given) -> Sequence[Given]:
        """Take each link and each line for itself: titles may have commas."""
        if given.value is not None or not given.text:
            return super().parts(entity, given)
        said = [line(each).strip(",; ") for each in _PART.findall(given.text)]
        kept = [each for each in said if each and each.casefold() not in _BETWEEN]
        return [Given(text=each, is_plain=given.is_plain) for each in kept] or [given]

    async def read(self, entity: Entity, given: Given, context: Context) -> Thing:
        """Return the page, as it is now."""
        held = held_of(entity.choices_from, context) if entity.choices_from else None
        wanted, site = await _wanted(given, held, context)
        refuse_elsewhere(site, context)
        if site is not None and all(each.cloud_id != site for each in await context.sites()):
            raise WrongAnswer(f"I can't see that page. Give {self.expects}.")
        kind = kind_of_page(given.value)

        async def look(acting: Acting) -> Thing:
            found = await _found(wanted, held, _Where(acting, context), kind)
            _require_choice(found, entity, held)
            return page_thing(found, acting.site, await _space(found, acting, context))

        return await context.run(look, site=site)

    def choice(self, entity: Entity, value: Value) -> Choice | None:
        """See ``Kind.choice``."""
        token = _TOKEN.fullmatch(value) if isinstance(value, str) else None
        if token:
            return option(token[0], f"Page {token[1]}")
        page = page_of(value)
        label = text_of_value(value)
        at_site = fitting(f"{page}@{field_of(value, 'site')}", label)
        return (at_site or fitting(page, label)) if page else None


def _option(page: PageId, label: str, site: CloudId | None) -> Choice:
    value = f"{page}@{site}"
    return option(value if site and len(value) <= LONGEST_OPTION else page, label)


async def _typed(given: Given, context: Context) -> str:
    """Return what was typed; of a text with one link in it, its address."""
    links = [] if given.is_plain else LINK.findall(given.text)
    if len(links) == 1:
        return line(links[0].replace("&amp;", "&"))
    return await typed_address(given, context)


async def _wanted(
    given: Given, held: Thing | None, context: Context
) -> tuple[Reference, CloudId | None]:
    """Return what names the page, and the site where that is known."""
    if isinstance(given.value, Thing):
        page = page_of(given.value)
        if page is None:
            raise WrongAnswer(f"{quoted(given.value.label)} isn't a page. Give {Page.expects}.")
        return Reference(page), site_of(given.value)
    text = await _typed(given, context)
    token = _TOKEN.fullmatch(text) if given.value is not None else None
    if token:
        return Reference(PageId(token[1])), CloudId(token[2])
    sites = await context.sites() if is_link(text) else ()
    reference = read_reference(text, sites)
    if is_link(reference.title):
        names = ", ".join(each.name for each in sites)
        raise WrongAnswer(
            f"That link isn't to a page of a site you are connected to ({names or 'none'}). "
            "Give the link of one that is, or a title."
        )
    if reference.site is None:
        # A title may be a number, too.
        return replace(reference, title=text), site_of(held)
    return reference, reference.site.cloud_id


async def _found(
    wanted: Reference, held: Thing | None, where: "_Where", kind: ContentKind
) -> ConfluencePage:
    """Return the page of that id, else the one of that title."""
    if wanted.page is not None:
        with suppress(NotFound):
            return await where.head(
                wanted.page, kind if wanted.kind is ContentKind.PAGE else wanted.kind
            )
    if not wanted.title:
        raise WrongAnswer(f"I can't see that page. Give {Page.expects}.")
    space = space_of(held)
    if space is None and wanted.space_key:
        space = await where.confluence.find_space(*where.site, wanted.space_key)
    if space is not None:
        exact = await where.confluence.find_page_by_title(
            *where.site, space.id, wanted.title, kind=wanted.kind
        )
        if exact is not None:
            return exact
    near = await find_pages(where.context, where.acting, space, wanted.title)
    page = _one(wanted.title, near, where.acting.site.cloud_id)
    try:
        return await where.head(page)
    except NotFound:
        raise WrongAnswer(f"I can't see that page. Give {Page.expects}.") from None


@frozen
class _Where:
    """Confluence, at the site where it is looked."""

    acting: Acting
    context: Context

    @property
    def confluence(self) -> Confluence:
        return self.context.confluence

    @property
    def site(self) -> tuple[Connection, Site]:
        return self.acting.connection, self.acting.site

    async def head(self, page: PageId, kind: ContentKind = ContentKind.PAGE) -> ConfluencePage:
        """Return the page or the blog post of that id: which it is, isn't told by the id."""
        other = ContentKind.PAGE if kind is ContentKind.BLOG else ContentKind.BLOG
        with suppress(NotFound):
            return await self.confluence.get_page_head(*self.site, page, kind=kind)
        return await self.confluence.get_page_head(*self.site, page, kind=other)


def _one(title: str, found: Sequence[tuple[PageId, str, str]], site: CloudId) -> PageId:
    exact = [each for each in found if line(each[1]).casefold() == title.casefold()]
    if len(exact) == 1:
        return exact[0][0]
    offered = tuple(
        _option(page, f"{called} · {space}" if space else called, site)
        for page, called, space in exact or found
    )
    if exact:
        raise WrongAnswer(f"Several pages are called {quoted(title)}. Choose one.", offered)
    more = "Choose one of those, or give" if offered else "Give"
    raise WrongAnswer(
        f"I can't see a page called {quoted(title)}. {more} its link, or its whole title.", offered
    )


async def _space(page: ConfluencePage, acting: Acting, context: Context) -> ConfluenceSpace | None:
    with suppress(NotFound):
        return await context.confluence.get_space(acting.connection, acting.site, page.space_id)
    return None


def _require_choice(page: ConfluencePage, entity: Entity, held: Thing | None) -> None:
    """Raise ``WrongAnswer`` for a page that isn't among those to choose from."""
    if entity.choices_from is None or held is None:
        return
    if entity.choices_from.source is Source.CHILDREN and page.parent_id != page_of(held):
        raise WrongAnswer(
            f"{quoted(page.title)} isn't right below {quoted(held.label)}. Choose one that is."
        )
    space = space_of(held)
    if entity.choices_from.source is Source.PAGES and space and page.space_id != space.id:
        raise WrongAnswer(
            f"{quoted(page.title)} isn't in {quoted(space.name)}. Choose a page of that space."
        )
