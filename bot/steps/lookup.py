"""Finds what a step names: pages, spaces, people, groups; each is looked up once in a walk."""

from contextlib import suppress
from typing import Final

from bot.act import Acting
from bot.connection import Need
from bot.content import (
    Account,
    AccountId,
    ContentKind,
    Group,
    Page,
    PageId,
    PageStatus,
    Space,
    SpaceId,
)
from bot.errors import BadInput, NotFound
from bot.frozen import frozen
from bot.links import Reference, read_reference
from bot.steps.halts import NotYet
from bot.steps.hands import ON_ANOTHER_SITE, Facts, Hands
from bot.steps.things import page_id_in, space_in
from bot.things import kind_in, page_thing
from bot.values import Thing, Value, text_of_value

NO_PAGE: Final = (
    "This step needs a page, and “{what}” isn't one. Nothing was written: give a page's link."
)
NO_SPACE: Final = (
    "I can't see a space “{what}” there, or nothing may be written in it from here. Nothing was "
    "written: choose another space."
)
NOBODY: Final = (
    "I don't know which Confluence account is that of {who}, so nothing was written. They can "
    "connect it here; or choose somebody else."
)


@frozen
class Target:
    """A page that a step is about; *head* is missing as long as a planned write has yet to make it.

    *made_by* is the key of the write of this run that made it, or will.
    """

    title: str
    kind: ContentKind
    space: Space | None
    head: Page | None = None
    made_by: str = ""

    @property
    def id(self) -> PageId:
        """Its id. Raises ``NotYet`` where it has none."""
        return self.there.id

    @property
    def there(self) -> Page:
        """The page as it is. Raises ``NotYet`` where it isn't."""
        if self.head is None:
            raise NotYet
        return self.head

    @property
    def name(self) -> str:
        """By what a digest knows it: the same before and after it is made."""
        return f"made by {self.made_by}" if self.made_by else self.there.id

    @property
    def url(self) -> str:
        """Where it is, if it is."""
        return self.head.url if self.head is not None else ""


class Lookup:
    """Looks things up under a run's own rights."""

    def __init__(self, hands: Hands, facts: Facts) -> None:
        self.hands = hands
        self.facts = facts
        self._heads: dict[PageId, Page] = {}
        self._spaces: dict[str, Space] = {}
        self.makers: dict[PageId, str] = {}

    def forget(self, page: PageId) -> None:
        """Look the page up anew: something was written to it."""
        self._heads.pop(page, None)

    async def page(self, value: Value, *, trashed: bool = False) -> Target:
        """Return the page that *value* is, says by its link, or by its id."""
        if isinstance(value, tuple) and len(value) == 1:
            value = value[0]
        if not isinstance(value, Thing):
            return await self._typed(value, trashed=trashed)
        self._require_site(value)
        kind = kind_in(value.fields.get("kind"))
        made_by, space = value.fields.get("made_by"), value.fields.get("space")
        if value.kind == "page" and isinstance(made_by, str) and made_by:
            where = space_in(space) if isinstance(space, Thing) else None
            return Target(value.label, kind, where, made_by=made_by)
        page = page_id_in(value) if value.kind == "page" else None
        if page is None:
            raise BadInput(NO_PAGE.format(what=value.label))
        return await self._target(page, kind, trashed=trashed)

    async def _typed(self, value: Value, *, trashed: bool) -> Target:
        words = text_of_value(value).strip()
        reference = read_reference(words, self.facts.connection.sites)
        if reference.site is not None and reference.site.cloud_id != self.facts.site.cloud_id:
            raise BadInput(ON_ANOTHER_SITE)
        page = reference.page
        if page is None and reference.space_key:
            page = await self._titled(reference)
        if page is None:
            raise BadInput(NO_PAGE.format(what=words[:100]))
        return await self._target(page, reference.kind, trashed=trashed)

    async def _titled(self, reference: Reference) -> PageId | None:
        """Return the page that a link names by its title, as Data Center's do."""
        space = await self.space(reference.space_key)

        async def look(acting: Acting) -> Page | None:
            return await self.hands.tools.confluence.find_page_by_title(
                acting.connection, acting.site, space.id, reference.title, kind=reference.kind
            )

        found = await self.hands.run(Need.READ, look)
        return found.id if found is not None else None

    async def _target(self, page: PageId, kind: ContentKind, *, trashed: bool) -> Target:
        head = await self.head(page, kind, trashed=trashed)
        if head.status is PageStatus.TRASHED and not trashed:
            raise NotFound(
                f"“{head.title}” is in the trash. Nothing was done: choose another page."
            )
        space = await self.space_of(head)
        return Target(head.title, head.kind, space, head, self.makers.get(page, ""))

    async def head(self, page: PageId, kind: ContentKind, *, trashed: bool = False) -> Page:
        """Return the page, or the blog post, without its text: which it is, no id tells."""
        if page not in self._heads:
            other = ContentKind.PAGE if kind is ContentKind.BLOG else ContentKind.BLOG

            async def look(acting: Acting, kind: ContentKind) -> Page:
                return await self.hands.tools.confluence.get_page_head(
                    acting.connection, acting.site, page, trashed=trashed, kind=kind
                )

            async def find(acting: Acting) -> Page:
                with suppress(NotFound):
                    return await look(acting, kind)
                return await look(acting, other)

            self._heads[page] = await self.hands.run(Need.READ, find)
        return self._heads[page]

    async def space_of(self, page: Page) -> Space:
        """Return the space that *page* is in."""
        return await self._space(page.space_id)

    async def thing(self, page: Page, **more: Value) -> Thing:
        """Return *page* as expressions see it."""
        return page_thing(page, self.facts.site, await self.space_of(page), **more)

    async def _space(self, space: SpaceId) -> Space:
        key = f"id {space}"
        if key not in self._spaces:

            async def look(acting: Acting) -> Space:
                return await self.hands.tools.confluence.get_space(
                    acting.connection, acting.site, space
                )

            self._spaces[key] = await self.hands.run(Need.READ, look)
        return self._spaces[key]

    async def space(self, value: Value, need: Need = Need.READ) -> Space:
        """Return the space that *value* is, or whose key it is."""
        if isinstance(value, tuple) and len(value) == 1:
            value = value[0]
        if isinstance(value, Thing):
            self._require_site(value)
            found = space_in(value)
            if found is not None:
                return found
        key = text_of_value(value).strip()
        if key not in self._spaces:

            async def look(acting: Acting) -> Space | None:
                return await self.hands.tools.confluence.find_space(
                    acting.connection, acting.site, key
                )

            space = await self.hands.run(need, look) if key else None
            if space is None:
                raise NotFound(NO_SPACE.format(what=key[:100]))
            self._spaces[key] = space
        return self._spaces[key]

    async def account(self, value: Value) -> Account:
        """Return the Confluence account of the person that *value* is.

        Raises:
            NotFound: nobody knows it.
        """
        fields = value.fields if isinstance(value, Thing) and value.kind == "person" else {}
        who = text_of_value(value)
        known, user = fields.get("account"), fields.get("user")
        if isinstance(known, str) and known:
            return Account(AccountId(known), who)
        if isinstance(user, str) and user:

            async def look(acting: Acting) -> Account | None:
                return await self.hands.tools.actor.find_account(acting, user)

            found = await self.hands.run(Need.READ, look)
            if found is not None:
                return found
        raise NotFound(NOBODY.format(who=who[:100] or "nobody"))

    async def group(self, words: str) -> Group:
        """Return the group of that name. Raises ``NotFound``."""

        async def look(acting: Acting) -> Group | None:
            found = await self.hands.tools.confluence.find_groups(
                acting.connection, acting.site, words
            )
            return next((each for each in found if words in {each.id, each.name}), None)

        group = await self.hands.run(Need.READ, look)
        if group is None:
            raise NotFound(
                f"I can't see a group “{words[:100]}” there. Nothing was written: choose another."
            )
        return group

    def _require_site(self, thing: Thing) -> None:
        site = thing.fields.get("site")
        if site and site != self.facts.site.cloud_id:
            raise BadInput(ON_ANOTHER_SITE)
