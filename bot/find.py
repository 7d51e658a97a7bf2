"""Find the page that a person names: by link, by id, or by title."""

from typing import Final

from bot import cql
from bot.act import Acting, Actor
from bot.connection import Need
from bot.content import CloudId, PageId
from bot.errors import Ambiguous, NotFound
from bot.links import Reference, is_link, read_reference
from bot.ports import Confluence
from bot.principal import Principal
from bot.search import unescape, unmarked
from bot.whereabouts import Whereabouts, split_site

MOST: Final = 10


class SeveralPages(Ambiguous):
    """Several pages of *site* go by that name; each choice is a page's id and a label."""

    def __init__(self, message: str, site: CloudId, pages: tuple[tuple[PageId, str], ...]) -> None:
        """Offer the *pages*."""
        super().__init__(message, pages)
        self.site = site


class PageFinder:
    """Turns what was typed into a site and a page's id."""

    def __init__(self, actor: Actor, confluence: Confluence, whereabouts: Whereabouts) -> None:
        self._actor = actor
        self._confluence = confluence
        self._whereabouts = whereabouts

    async def find(
        self, principal: Principal, text: str, channel_id: str = ""
    ) -> tuple[CloudId | None, PageId]:
        """Return the page; a site of ``None`` is the one in use. An id is taken at its word.

        A link says itself at which site it is; else the text may name one, or the channel.

        Raises:
            NotFound: no page of that name that the person may see, or a foreign link.
            SeveralPages: several of that name.
        """
        named, text = split_site(unescape(text))
        reference = await self._reference(principal, text)
        if reference.site is not None:
            site: CloudId | None = reference.site.cloud_id
        else:
            site = await self._whereabouts.site(principal, Need.READ, named, channel_id)
        if reference.page is not None:
            return site, reference.page

        async def look(acting: Acting) -> tuple[CloudId | None, PageId]:
            return acting.site.cloud_id, await self._page(acting, reference)

        return await self._actor.run(principal, Need.READ, look, site=site)

    async def _reference(self, principal: Principal, text: str) -> Reference:
        if not is_link(text):
            return read_reference(text, ())
        sites = await self._actor.list_sites(principal, Need.READ)
        reference = read_reference(text, sites)
        if reference.title and is_link(reference.title) and sites:
            names = ", ".join(site.name for site in sites)
            raise NotFound(f"That link isn't to a page of a site you are connected to ({names}).")
        return reference

    async def _page(self, acting: Acting, reference: Reference) -> PageId:
        found = await self._by_title(acting, reference)
        exact = [page for page in found if page[1].casefold() == reference.title.casefold()]
        if len(exact) == 1 or len(found) == 1:
            return (exact or found)[0][0]
        if not found:
            raise NotFound(
                f"I can't see a page called “{reference.title}”. Search for a part of it, "
                "or give its link."
            )
        raise SeveralPages(
            f"Several pages match “{reference.title}”. Which one?",
            acting.site.cloud_id,
            tuple((page, f"{title} · {space}") for page, title, space in exact or found),
        )

    async def _by_title(
        self, acting: Acting, reference: Reference
    ) -> list[tuple[PageId, str, str]]:
        clause = cql.both(
            cql.title_contains(reference.title),
            cql.of_type(reference.kind),
            cql.in_spaces([reference.space_key]) if reference.space_key else None,
        )
        if clause is None or cql.title_contains(reference.title) is None:
            raise NotFound("Tell me a page's link, its id or words of its title.")
        where = acting.connection, acting.site
        hits = await self._confluence.search(*where, str(cql.Query(clause)), None, MOST)
        return [
            (hit.content_id, unmarked(hit.title), hit.space_name)
            for hit in hits.results
            if hit.content_id is not None
        ]
