"""Reading a page here, and showing it to a channel (promise 11)."""

from contextlib import suppress
from dataclasses import replace

from bot.act import Acting, Actor
from bot.audit import Auditor
from bot.connection import Need
from bot.content import CloudId, ContentKind, Page, PageId, PageText, Site, Space
from bot.cutting import cut
from bot.documents import text_of, to_blocks
from bot.errors import BadInput, NotAllowed, NotFound
from bot.find import PageFinder, SeveralPages
from bot.frozen import frozen
from bot.mrkdwn import escape, link
from bot.ports import Confluence
from bot.trail import Action, Entry
from handlers import blocks
from handlers.ask import Ask, Block, Kind, Modal, Reply, Route, View
from handlers.places import PREVIEW, SHARE, open_button, page_buttons, place_of, read_place
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants

EXCERPT = 300
CHOICE = "page_choice"
NOT_SHARED = (
    "What the organisation's account shows is for you alone, so nothing was shared. "
    "Send the link instead: it opens for whoever may see the page."
)


@frozen
class Seen:
    """A page as its reader may see it, and what of it others may see."""

    text: PageText
    site: Site
    space: Space
    is_open: bool = False
    is_lent: bool = False


@frozen
class PagesParts:
    """What reading and sharing a page works with."""

    actor: Actor
    confluence: Confluence
    finder: PageFinder
    slack: SlackApi
    tenants: Tenants
    auditor: Auditor


class Pages:
    """The words and buttons of reading and sharing a page."""

    def __init__(self, parts: PagesParts) -> None:
        self._actor = parts.actor
        self._confluence = parts.confluence
        self._finder = parts.finder
        self._slack = parts.slack
        self._tenants = parts.tenants
        self._auditor = parts.auditor

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's names."""
        return (
            Route(Kind.COMMAND, "page", self.show_card),
            Route(Kind.PRESS, CHOICE, self.show_choice),
            Route(Kind.PRESS, PREVIEW, self.preview, opens=_loading, resumes=_page_of),
            Route(Kind.PRESS, SHARE, self.ask_to_share),
            Route(Kind.PRESS, "share_now", self.share),
            Route(Kind.PRESS, "share_not", self.leave_unshared),
        )

    async def show_card(self, ask: Ask) -> Reply:
        """Answer with the page that was named, only to whoever asked."""
        words = ask.required_text("which page: its link, its id or its title")
        try:
            site, page = await self._finder.find(ask.principal, words, ask.channel_id)
        except SeveralPages as error:
            return _which_page(error)
        return _card(await self._seen(ask, site, page))

    async def show_choice(self, ask: Ask) -> Reply:
        """Answer with the page that was picked among several of that title."""
        site, page = read_place(ask.value)
        return replace(_card(await self._seen(ask, site, page)), replace=True)

    async def preview(self, ask: Ask) -> Modal:
        """Show the page's text in the modal that was opened at once."""
        site, page = read_place(ask.value)
        return Modal(_preview(await self._seen(ask, site, page)))

    async def ask_to_share(self, ask: Ask) -> Reply:
        """Show what the channel would see, before it does."""
        shown = await self._shared(ask)
        words = "This is what everybody in this conversation will see:"
        confirm = blocks.actions(
            blocks.button("Share", "share_now", ask.value, style="primary"),
            blocks.button("Don't share", "share_not"),
        )
        framed = (blocks.divider(), *shown.blocks, blocks.divider())
        return Reply(words, (blocks.section(words), *framed, confirm))

    async def share(self, ask: Ask) -> Reply:
        """Post it, as shared by whoever pressed; looked up and judged anew."""
        return replace(await self._shared(ask), ends=True)

    async def leave_unshared(self, _: Ask) -> Reply:
        """Say that nothing was shown to anybody."""
        return Reply("Nothing was shared.", replace=True)

    async def _shared(self, ask: Ask) -> Reply:
        site, page = read_place(ask.value)
        installation = await self._tenants.get(ask.principal.tenant)
        has_strangers = True
        if installation is not None:
            channel = await self._slack.find_channel(installation, ask.channel_id)
            has_strangers = channel.has_strangers
        seen = await self._seen(ask, site, page, judge=not has_strangers, shares=True)
        return _shared_card(seen, ask.principal.user_id)

    async def _seen(
        self,
        ask: Ask,
        site: CloudId | None,
        page: PageId,
        *,
        judge: bool = False,
        shares: bool = False,
    ) -> Seen:
        async def read(acting: Acting) -> Seen:
            where = acting.connection, acting.site
            text = await self._text(acting, page)
            space = await self._confluence.get_space(*where, text.page.space_id)
            is_lent = acting.connection.lent is not None
            if is_lent and shares:
                raise NotAllowed(NOT_SHARED)
            seen = Seen(text, acting.site, space, is_lent=is_lent)
            if is_lent:
                entry = Entry.by(ask.principal, Action.READ).under(acting.connection)
                self._auditor.record(entry.on(acting.site, space, page))
            if judge and _excerpt(seen):
                return replace(seen, is_open=await self._is_open(acting, text.page, space))
            return seen

        return await self._actor.run(ask.principal, Need.READ, read, site=site)

    async def _text(self, acting: Acting, page: PageId) -> PageText:
        """Return the page, or the blog post: which it is, no id tells."""
        where = acting.connection, acting.site, page
        with suppress(NotFound):
            return await self._confluence.get_page(*where)
        return await self._confluence.get_page(*where, kind=ContentKind.BLOG)

    async def _is_open(self, acting: Acting, page: Page, space: Space) -> bool:
        """Tell whether what the page says is known not to be for a few people alone."""
        where = acting.connection, acting.site
        if space.is_personal or await self._confluence.is_restricted(*where, page.id):
            return False
        return await self._confluence.is_open_space(*where, space)


def _page_of(ask: Ask) -> str:
    with suppress(BadInput):
        return f"page {read_place(ask.value)[1]}"
    return ""


def _loading(_: Ask) -> View:
    return blocks.modal("Page", [blocks.section("One moment…")])


def _title(page: Page) -> str:
    return f"*{link(page.url, page.title or 'Untitled')}*"


def _facts(seen: Seen) -> str:
    page = seen.text.page
    version = f"version {page.version}"
    if page.changed_at is not None:
        stamp = int(page.changed_at.timestamp())
        version += f", <!date^{stamp}^{{date_short_pretty}}|{page.changed_at:%Y-%m-%d}>"
    facts = f"{escape(seen.space.name)} · {escape(seen.site.name)} · {version}"
    return f"{facts} · with the organisation's account" if seen.is_lent else facts


def _excerpt(seen: Seen) -> str:
    return escape(cut(" ".join(text_of(seen.text.document).split()), EXCERPT))


def _card(seen: Seen) -> Reply:
    page = seen.text.page
    excerpt = _excerpt(seen)
    shown: list[Block] = [
        blocks.section(f"{_title(page)}\n{excerpt}" if excerpt else _title(page)),
        blocks.context(_facts(seen)),
        page_buttons(page.url, seen.site.cloud_id, page.id, shares=not seen.is_lent),
    ]
    return Reply(page.title, tuple(shown))


def _shared_card(seen: Seen, user_id: str) -> Reply:
    page = seen.text.page
    excerpt = _excerpt(seen) if seen.is_open else ""
    shown = (
        blocks.section(f"{_title(page)}\n{excerpt}" if excerpt else _title(page)),
        blocks.context(f"{escape(seen.space.name)} · shared by <@{user_id}>"),
        blocks.actions(open_button(page.url)),
    )
    return Reply(f"{page.title}, shared from Confluence", shown, in_channel=True)


def _preview(seen: Seen) -> View:
    page = seen.text.page
    shown = [
        blocks.section(_title(page)),
        blocks.context(_facts(seen)),
        blocks.divider(),
        *to_blocks(seen.text.document, most=80),
    ]
    return blocks.modal("Page", shown)


def _which_page(error: SeveralPages) -> Reply:
    shown: list[Block] = [blocks.section(escape(str(error)))]
    for page, label in error.choices[:10]:
        place = place_of(error.site, PageId(page))
        shown.append(blocks.section(escape(label), blocks.button("Show", CHOICE, place)))
    return Reply(str(error), tuple(shown))
