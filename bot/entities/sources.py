"""Choices that are looked up: of the space or the page that another entity holds."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from bot import cql
from bot.act import Acting
from bot.connection import Need
from bot.content import CloudId, Comment, PageId, Space, SpaceId, SpaceKey, Version
from bot.cutting import cut
from bot.documents import text_of
from bot.documents.section import sections_of
from bot.entities.offers import Offer
from bot.entities.parts import MOST_CHOICES, Context, WrongAnswer
from bot.entities.things import field_of, kind_of_page, page_of
from bot.errors import NotFound
from bot.search import unmarked
from bot.template import Dynamic, Source, in_words
from bot.values import Thing, words_of_day

MOST_FOUND: Final = 10
MOST_VERSIONS: Final = 50
_SAID: Final = 50
"""Characters of a comment that are shown."""

Looking = Callable[[Context, Acting, Thing | None, str], Awaitable[Sequence[Offer]]]


def held_of(source: Dynamic, context: Context) -> Thing | None:
    """Return the thing that the choices are of; ``None`` where they are of nothing.

    Raises:
        WrongAnswer: it isn't known yet.
    """
    if source.of is None:
        return None
    held = context.values.get(source.of)
    if isinstance(held, tuple) and len(held) == 1:
        held = held[0]
    if not isinstance(held, Thing):
        raise WrongAnswer(
            f"What may be chosen depends on “{in_words(source.of)}”. Give that one before."
        )
    return held


def is_searched(source: Dynamic | None) -> bool:
    """Tell whether what there is to choose from is found by words alone: there is too much."""
    return source is not None and source.source in {Source.SPACES, Source.PAGES}


async def list_offers(source: Dynamic, words: str, context: Context) -> tuple[Offer, ...]:
    """Return what *source* offers; *words* narrow what is searched for.

    Raises:
        WrongAnswer: what it is of isn't known.
        BotError: Confluence can't be asked.
    """
    need, look = _SOURCES[source.source]
    held = held_of(source, context)

    async def listed(acting: Acting) -> Sequence[Offer]:
        return await look(context, acting, held, words)

    return tuple(await context.run(listed, need, site_of(held)))[:MOST_CHOICES]


def site_of(held: Thing | None) -> CloudId | None:
    """Return the site of a space or a page, where it is known."""
    found = field_of(held, "site")
    return CloudId(found) if found else None


def space_of(held: Thing | None) -> Space | None:
    """Return the space that is held, or that a page is held of."""
    if held is None:
        return None
    space = held if held.kind == "space" else held.fields.get("space")
    known = [field_of(space, name) for name in ("id", "key", "name")]
    if not all(known):
        return None
    return Space(SpaceId(known[0]), SpaceKey(known[1]), known[2])


async def find_pages(
    context: Context, acting: Acting, space: Space | None, words: str
) -> list[tuple[PageId, str, str]]:
    """Return (id, title, space's name) of pages whose titles have *words*, best first."""
    if space is not None:
        found = await context.confluence.suggest_pages(acting.connection, acting.site, space, words)
        return [(page.id, page.title, space.name) for page in found]
    clause = cql.both(cql.title_begins(words), cql.of_type("page"))
    if clause is None or cql.title_begins(words) is None:
        return []
    hits = await context.confluence.search(
        acting.connection, acting.site, str(cql.Query(clause)), None, MOST_FOUND
    )
    return [
        (hit.page_id, unmarked(hit.title), hit.space_name)
        for hit in hits.results
        if hit.page_id is not None
    ]


def _page(held: Thing | None) -> PageId:
    found = page_of(held)
    if found is None:
        raise WrongAnswer("What may be chosen depends on a page. Give that one before.")
    return found


async def _spaces(
    context: Context, acting: Acting, _held: Thing | None, words: str
) -> Sequence[Offer]:
    found = await context.confluence.suggest_spaces(acting.connection, acting.site, words)
    return [Offer(each.key, f"{each.name} · {each.key}") for each in found]


async def _pages(
    context: Context, acting: Acting, held: Thing | None, words: str
) -> Sequence[Offer]:
    space = space_of(held)
    if words.isascii() and words.isdecimal():  # one that was chosen; a title may be a number, too
        with suppress(NotFound):
            head = await context.confluence.get_page_head(
                acting.connection, acting.site, PageId(words)
            )
            if space is None or head.space_id == space.id:
                return [Offer(head.id, head.title)]
    found = await find_pages(context, acting, space, words)
    return [Offer(page, title) for page, title, _ in found]


async def _children(
    context: Context, acting: Acting, held: Thing | None, _words: str
) -> Sequence[Offer]:
    found = await context.confluence.list_children(acting.connection, acting.site, _page(held))
    return [Offer(each.id, each.title) for each in found]


async def _sections(
    context: Context, acting: Acting, held: Thing | None, _words: str
) -> Sequence[Offer]:
    found = await context.confluence.get_storage(
        acting.connection, acting.site, _page(held), kind=kind_of_page(held)
    )
    headings = dict.fromkeys(each.heading for each in sections_of(found.storage.markup))
    return [Offer(each, each) for each in headings if each]


async def _labels(
    context: Context, acting: Acting, held: Thing | None, _words: str
) -> Sequence[Offer]:
    if held is None:
        return []
    found = await context.confluence.list_labels(
        acting.connection, acting.site, _page(held), kind=kind_of_page(held)
    )
    return [Offer(each, each) for each in found]


async def _versions(
    context: Context, acting: Acting, held: Thing | None, _words: str
) -> Sequence[Offer]:
    found = await context.confluence.list_versions(
        acting.connection, acting.site, _page(held), MOST_VERSIONS, kind=kind_of_page(held)
    )
    return [Offer(str(each.number), _of_version(each, context)) for each in found]


def _of_version(version: Version, context: Context) -> str:
    day = words_of_day(version.at.astimezone(context.zone).date()) if version.at else ""
    said = (f"Version {version.number}", version.author.name, day, version.message)
    return " · ".join(each for each in said if each)


async def _comments(
    context: Context, acting: Acting, held: Thing | None, _words: str
) -> Sequence[Offer]:
    found = await context.confluence.list_comments(
        acting.connection, acting.site, _page(held), kind=kind_of_page(held)
    )
    return [Offer(each.id, _of_comment(each)) for each in found]


def _of_comment(comment: Comment) -> str:
    said = cut(text_of(comment.text), _SAID)
    return f"{comment.author.name}: {said}" if comment.author.name else said


async def _templates(
    context: Context, acting: Acting, held: Thing | None, _words: str
) -> Sequence[Offer]:
    """Offer those of a space, and behind them those of the whole site."""
    space = space_of(held)
    found: dict[str, Offer] = {}
    for key in [space.key, None] if space else [None]:
        listed = await context.confluence.list_page_templates(acting.connection, acting.site, key)
        for each in listed:
            found.setdefault(each.id, Offer(each.id, each.name))
    return [*found.values()]


_SOURCES: Final[dict[Source, tuple[Need, Looking]]] = {
    Source.SPACES: (Need.READ, _spaces),
    Source.PAGES: (Need.READ, _pages),
    Source.CHILDREN: (Need.READ, _children),
    Source.SECTIONS: (Need.READ, _sections),
    Source.LABELS: (Need.READ, _labels),
    Source.VERSIONS: (Need.READ, _versions),
    Source.COMMENTS: (Need.READ_COMMENTS, _comments),
    Source.PAGE_TEMPLATES: (Need.TEMPLATES, _templates),
}
