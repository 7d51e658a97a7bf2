"""``/confluence search <words>``: find, page through, preview, share."""

import json
from dataclasses import field
from datetime import datetime
from typing import Final

from bot.connection import Need
from bot.content import CloudId, Hit
from bot.errors import Ambiguous, BadInput, SiteRequired
from bot.frozen import frozen
from bot.mrkdwn import escape, highlighted, link
from bot.ports import SlackPeople
from bot.search import Found, Searcher, read_query, unescape, unmarked, with_author
from bot.whereabouts import Whereabouts, split_site
from handlers import blocks
from handlers.ask import Ask, Block, Kind, Reply, Route
from handlers.places import page_buttons
from handlers.tenants import Tenants

NEXT: Final = "search_next"
PREVIOUS: Final = "search_previous"
AUTHOR: Final = "search_author"
MOST_AUTHORS: Final = 10
LONGEST_TYPED: Final = 400
"""What a picked author adds must still be read, and a button must hold it all."""

LENT: Final = "Found with the organisation's account, within what your workspace's admins allow."

LONGEST_VALUE: Final = 1_900
"""A button's value has 2,000 characters at most."""


@frozen
class Turn:
    """Where somebody is in a search: the words, this page's cursor, and those before it.

    *site* is where the first page was found: a cursor leads on there alone.
    """

    text: str
    cursor: str | None = None
    before: tuple[str | None, ...] = field(default=())
    site: CloudId | None = None

    def value(self) -> str:
        """Return it as a button's value; the oldest pages behind are forgotten first."""
        before = list(self.before)
        while True:
            held = {"q": self.text, "c": self.cursor, "b": before, "s": self.site}
            value = json.dumps(held, ensure_ascii=False)
            if len(value) <= LONGEST_VALUE or not before:
                return value
            before.pop(0)

    @staticmethod
    def read(value: str) -> "Turn":
        """Read a button's value. Raises ``BadInput`` for any that isn't ours."""
        try:
            found = json.loads(value)
            before = tuple(_cursor(each) for each in found["b"])
            site = _cursor(found.get("s"))
            there = CloudId(site) if site else None
            return Turn(str(found["q"]), _cursor(found["c"]), before, there)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise BadInput("That button is out of date. Search again.") from None


class Search:
    """The words and buttons of searching."""

    def __init__(
        self,
        searcher: Searcher,
        whereabouts: Whereabouts,
        people: SlackPeople,
        tenants: Tenants,
        command: str,
    ) -> None:
        self._searcher = searcher
        self._whereabouts = whereabouts
        self._people = people
        self._tenants = tenants
        self._command = command

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's names."""
        authors = (f"{AUTHOR}:{place}" for place in range(MOST_AUTHORS))
        return (
            Route(Kind.COMMAND, "search", self.search),
            Route(Kind.PRESS, NEXT, self.turn),
            Route(Kind.PRESS, PREVIOUS, self.turn),
            *(Route(Kind.PRESS, author, self.with_author) for author in authors),
        )

    async def search(self, ask: Ask) -> Reply:
        """Answer with the first results."""
        text = ask.required_text(f"what to look for, as in “{self._command} search release in:ENG”")
        if len(text) > LONGEST_TYPED:
            raise BadInput(
                f"A search has {LONGEST_TYPED} characters at most, and this one {len(text):,}. "
                "Nothing was searched: say it in fewer words."
            )
        return await self._page(ask, Turn(text), replace=False)

    async def turn(self, ask: Ask) -> Reply:
        """Answer with another page of results, in place of this one."""
        return await self._page(ask, Turn.read(ask.value), replace=True)

    async def with_author(self, ask: Ask) -> Reply:
        """Search on, now that the author is known."""
        return await self._page(ask, Turn.read(ask.value), replace=True)

    async def _page(self, ask: Ask, turn: Turn, *, replace: bool) -> Reply:
        name = await self._member_name(ask, turn)
        named, words = split_site(turn.text)
        site = turn.site
        if site is None:
            site = await self._whereabouts.site(ask.principal, Need.READ, named, ask.channel_id)
        try:
            found = await self._searcher.search(ask.principal, words, turn.cursor, name, site)
        except SiteRequired:
            raise
        except Ambiguous as error:
            return _which_author(turn.text, site, error)
        return results(found, turn, self._command, replace=replace)

    async def _member_name(self, ask: Ask, turn: Turn) -> str:
        """Return the display name of whom ``by:@somebody`` mentions."""
        if "by:" not in turn.text:
            return ""
        member = read_query(turn.text, datetime.max).member  # noqa: DTZ901 - dates play no part
        installation = await self._tenants.get(ask.principal.tenant) if member else None
        if installation is None:
            return ""
        return (await self._people.get(installation, member)).name


def results(found: Found, turn: Turn, command: str, *, replace: bool) -> Reply:
    """Return one page of results, private to whoever searched."""
    hits = found.hits.results
    shown_for = escape(_shown_text(unescape(turn.text)))
    if not hits:
        return _nothing(shown_for, found, command, replace=replace)
    head = f"*{shown_for}* on *{escape(found.site.name)}*: {_count(found, turn)}"
    shown: list[Block] = [blocks.section(head)]
    if found.is_lent:
        shown.append(blocks.context(LENT))
    shown.append(blocks.divider())
    for hit in hits:
        shown += _hit(hit, found)
    shown += _turns(found, turn)
    counted = "1 result" if len(hits) == 1 else f"{len(hits)} results"
    text = f"{counted}: " + "; ".join(unmarked(hit.title) for hit in hits)
    return Reply(text, tuple(shown), replace=replace)


_KINDS = {"page": "", "blogpost": "blog post"}


def _count(found: Found, turn: Turn) -> str:
    """Say how many there are: exactly where all are shown, else as Confluence guesses."""
    hits = found.hits
    if found.is_lent:
        return "what you may see"
    if not turn.before and not hits.cursor:
        return f"{len(hits.results)} found"
    guess = f"about {hits.total:,} found, " if hits.total else ""
    return f"{guess}page {len(turn.before) + 1}"


def _hit(hit: Hit, found: Found) -> list[Block]:
    title = f"*{link(hit.url, unmarked(hit.title) or 'Untitled')}*"
    excerpt = highlighted(hit.excerpt)
    facts = [
        escape(hit.space_name),
        escape(hit.author),
        _age(hit.changed_at),
        _KINDS.get(hit.kind, escape(hit.kind)),
    ]
    shown = [
        blocks.section(f"{title}\n{excerpt}" if excerpt else title),
        blocks.context(" · ".join(fact for fact in facts if fact) or "Confluence"),
    ]
    if hit.page_id:
        buttons = page_buttons(hit.url, found.site.cloud_id, hit.page_id, shares=not found.is_lent)
        shown.append(buttons)
    return shown


def _turns(found: Found, turn: Turn) -> list[Block]:
    buttons = []
    if turn.before:
        back = Turn(turn.text, turn.before[-1], turn.before[:-1], found.site.cloud_id)
        buttons.append(blocks.button("Previous", PREVIOUS, back.value()))
    if found.hits.cursor:
        before = (*turn.before, turn.cursor)
        onward = Turn(turn.text, found.hits.cursor, before, found.site.cloud_id)
        value = onward.value()
        if len(value) <= LONGEST_VALUE:
            buttons.append(blocks.button("Next", NEXT, value))
    return [blocks.divider(), blocks.actions(*buttons)] if buttons else []


def _nothing(shown_for: str, found: Found, command: str, *, replace: bool) -> Reply:
    words = (
        f"Nothing on *{escape(found.site.name)}* that you may see matches *{shown_for}*.\n"
        f"Try fewer words or filters, or part of the title: `{command} search title:release`. "
        "Filters are `in:ENG` (a space's key), `by:me`, `type:page`, `label:runbook`, `since:30d`."
    )
    return Reply("Nothing found", (blocks.section(words),), replace=replace)


def _which_author(text: str, site: CloudId | None, error: Ambiguous) -> Reply:
    buttons = [
        blocks.button(
            name, f"{AUTHOR}:{place}", Turn(with_author(text, account), site=site).value()
        )
        for place, (account, name) in enumerate(error.choices[:MOST_AUTHORS])
    ]
    return Reply(str(error), (blocks.section(escape(str(error))), blocks.actions(*buttons)))


def _shown_text(text: str) -> str:
    return text if len(text) < 80 else text[:79] + "…"  # noqa: PLR2004 - a heading's length


def _age(at: datetime | None) -> str:
    if at is None:
        return ""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}}|{at:%Y-%m-%d}>"


def _cursor(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value
