"""Steps that read: what they ask for, and what they give."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from bot.act import Acting
from bot.connection import Need
from bot.content import Comment, Hits, Page, PageText, Space, Version
from bot.documents import text_of
from bot.documents.offsets import Unreadable
from bot.documents.section import sections_of
from bot.errors import BadInput
from bot.frozen import frozen
from bot.page_template import variables_in
from bot.rest import Call
from bot.steps import saying
from bot.steps.asking import things_of
from bot.steps.calls import call_of
from bot.steps.changes import changes_between
from bot.steps.halts import NotYet
from bot.steps.lookup import Lookup, Target
from bot.steps.page_planning import page_only
from bot.steps.plot import UNREADABLE, Plot, page_template, storage_of, version_number
from bot.steps.searching import query_of
from bot.steps.things import comment_thing, hit_thing, value_of_json, version_thing
from bot.template import (
    AskVariablesStep,
    ChildrenStep,
    CommentsStep,
    DiffStep,
    GetStep,
    HttpStep,
    ListSpacesStep,
    SearchStep,
    SectionsStep,
    Step,
    VersionsStep,
)
from bot.things import person_thing, space_thing
from bot.trail import Action, Entry
from bot.values import Thing, Value, text_of_value

T = TypeVar("T")


@frozen
class Reading:
    """A read as it is planned: *wanted* is by what it is known, *work* does it."""

    wanted: tuple[str, ...]
    work: Callable[[], Awaitable[Value]]


async def reading(step: Step, plot: Plot) -> Reading:
    """Return what *step* reads.

    Raises:
        NotYet: that depends on what a planned write will bring.
        UserError: it can't be read; says why in words.
    """
    return await _READINGS[type(step)](step, plot)


async def _look(
    lookup: Lookup,
    need: Need,
    work: Callable[[Acting], Awaitable[T]],
    what: Target | None = None,
) -> T:
    """Read; what the organisation's connection shows is recorded."""

    async def look(acting: Acting) -> T:
        found = await work(acting)
        if acting.connection.lent is not None:
            action = Action.SEARCH if what is None else Action.READ
            entry = Entry.by(lookup.hands.principal, action, lookup.facts.asker)
            entry = entry.under(acting.connection).on(
                acting.site, what.space if what else None, what.id if what else None
            )
            lookup.hands.tools.auditor.record(entry.of("page", what.title) if what else entry)
        return found

    return await lookup.hands.run(need, look)


async def _there(plot: Plot, source: str) -> Target:
    """Return a page that is there, and that no planned write changes before."""
    target = await plot.target(source)
    if target.head is None or target.name in plot.touched:
        raise NotYet
    return target


async def _search(step: SearchStep, plot: Plot) -> Reading:
    wanted = step.search
    query = str(await query_of(wanted, plot))
    lookup = plot.lookup
    confluence = lookup.hands.tools.confluence

    async def work() -> Value:
        async def find(acting: Acting) -> Hits:
            return await confluence.search(acting.connection, acting.site, query, None, wanted.most)

        hits = await _look(lookup, Need.READ, find)
        site = lookup.facts.site
        found = tuple(hit_thing(hit, site) for hit in hits.results if hit.content_id is not None)
        results = found[: wanted.most]
        return Thing("search", "", {"results": results, "count": len(results)})

    return Reading((query, str(wanted.most)), work)


async def _get(step: GetStep, plot: Plot) -> Reading:
    target = await _there(plot, step.get.page)
    lookup, page, kind = plot.lookup, target.id, target.kind
    confluence = lookup.hands.tools.confluence

    async def work() -> Value:
        async def read(acting: Acting) -> PageText:
            return await confluence.get_page(acting.connection, acting.site, page, kind=kind)

        async def label(acting: Acting) -> Sequence[str]:
            return await confluence.list_labels(acting.connection, acting.site, page, kind=kind)

        async def write(acting: Acting) -> Sequence[Version]:
            return await confluence.list_versions(
                acting.connection, acting.site, page, 1, kind=kind
            )

        found = await _look(lookup, Need.READ, read, target)
        labels = await lookup.hands.run(Need.READ, label) if "labels" in plot.wants else ()
        last = await lookup.hands.run(Need.READ, write) if "author" in plot.wants else ()
        return await lookup.thing(
            found.page,
            body=found.document,
            text=text_of(found.document),
            labels=tuple(labels),
            author=person_thing(account=last[0].author) if last else None,
            updated=found.page.changed_at,
            parent=found.page.parent_id or "",
        )

    return Reading((page,), work)


async def _list_spaces(step: ListSpacesStep, plot: Plot) -> Reading:
    lookup, most = plot.lookup, step.list_spaces.most

    async def work() -> Value:
        async def find(acting: Acting) -> Sequence[Space]:
            return await lookup.hands.tools.confluence.list_spaces(
                acting.connection, acting.site, most
            )

        found = await _look(lookup, Need.READ, find)
        return tuple(space_thing(each, lookup.facts.site) for each in found[:most])

    return Reading((str(most),), work)


async def _children(step: ChildrenStep, plot: Plot) -> Reading:
    target = page_only(await _there(plot, step.children.page), "below")
    lookup, page = plot.lookup, target.id

    async def work() -> Value:
        async def find(acting: Acting) -> Sequence[Page]:
            return await lookup.hands.tools.confluence.list_children(
                acting.connection, acting.site, page
            )

        found = await _look(lookup, Need.READ, find, target)
        return tuple([await lookup.thing(each) for each in found])

    return Reading((page,), work)


async def _comments(step: CommentsStep, plot: Plot) -> Reading:
    target = await _there(plot, step.comments.page)
    lookup, page, kind = plot.lookup, target.id, target.kind

    async def work() -> Value:
        async def find(acting: Acting) -> Sequence[Comment]:
            return await lookup.hands.tools.confluence.list_comments(
                acting.connection, acting.site, page, kind=kind
            )

        found = await _look(lookup, Need.READ_COMMENTS, find, target)
        return tuple(comment_thing(each) for each in found)

    return Reading((page,), work)


async def _sections(step: SectionsStep, plot: Plot) -> Reading:
    target = await _there(plot, step.sections.page)
    lookup = plot.lookup

    async def work() -> Value:
        found = await storage_of(lookup, target)
        try:
            return tuple(each.heading for each in sections_of(found.storage.markup))
        except Unreadable:
            raise BadInput(UNREADABLE.format(page=saying.the(target))) from None

    return Reading((target.id,), work)


async def _versions(step: VersionsStep, plot: Plot) -> Reading:
    target = await _there(plot, step.versions.page)
    lookup, page, most = plot.lookup, target.id, step.versions.most

    async def work() -> Value:
        async def find(acting: Acting) -> Sequence[Version]:
            return await lookup.hands.tools.confluence.list_versions(
                acting.connection, acting.site, page, most, kind=target.kind
            )

        found = await _look(lookup, Need.READ, find, target)
        return tuple(version_thing(each) for each in found[:most])

    return Reading((page, str(most)), work)


async def _diff(step: DiffStep, plot: Plot) -> Reading:
    wanted = step.diff
    target = await _there(plot, wanted.page)
    newer = _number(plot.names.value(wanted.newer)) or target.there.version
    older = _number(plot.names.value(wanted.older)) or max(newer - 1, 1)
    lookup, page = plot.lookup, target.id

    async def work() -> Value:
        async def read(acting: Acting, number: int) -> PageText:
            return await lookup.hands.tools.confluence.get_version(
                acting.connection, acting.site, page, number, kind=target.kind
            )

        before = await _look(lookup, Need.READ, lambda acting: read(acting, older), target)
        after = await _look(lookup, Need.READ, lambda acting: read(acting, newer), target)
        # Beside the loop: two texts may take their time to be compared.
        found = await asyncio.to_thread(changes_between, before.document, after.document)
        return Thing("diff", "", {**found, "older": older, "newer": newer})

    return Reading((page, str(older), str(newer)), work)


def _number(value: Value) -> int:
    held = value.fields.get("number") if isinstance(value, Thing) else value
    typed = text_of_value(held).strip()
    return version_number(typed) if typed else 0


async def _http(step: HttpStep, plot: Plot) -> Reading:
    call = call_of(step, plot.names)
    lookup = plot.lookup

    async def work() -> Value:
        async def send(acting: Acting) -> Value:
            called = await lookup.hands.tools.confluence.call(acting.connection, acting.site, call)
            found = called.text if called.json is None else value_of_json(called.json)
            return Thing("answer", str(called.status), {"status": called.status, "body": found})

        return await lookup.hands.run(Need.READ, send)

    return Reading(_known(call), work)


def _known(call: Call) -> tuple[str, ...]:
    given = (sorted(held.items()) for held in (call.query, call.headers))
    return call.method, call.path, *map(repr, given)


async def _ask_variables(step: AskVariablesStep, plot: Plot) -> Reading:
    wanted, lookup, key = step.ask_variables, plot.lookup, plot.key
    named = plot.names.text_or_later(wanted.template)
    if named:

        async def of_template() -> Value:
            return things_of((await page_template(plot, named)).variables, key)

        return Reading(("template", named), of_template)
    target = await _there(plot, wanted.page)

    async def of_page() -> Value:
        found = await storage_of(lookup, target)
        try:
            return things_of(variables_in(found.storage.markup), key)
        except Unreadable:
            raise BadInput(UNREADABLE.format(page=saying.the(target))) from None

    return Reading(("page", target.id), of_page)


_READINGS: Final[Mapping[type[Step], Callable[[Any, Plot], Awaitable[Reading]]]] = {
    SearchStep: _search,
    GetStep: _get,
    ListSpacesStep: _list_spaces,
    ChildrenStep: _children,
    CommentsStep: _comments,
    SectionsStep: _sections,
    VersionsStep: _versions,
    DiffStep: _diff,
    HttpStep: _http,
    AskVariablesStep: _ask_variables,
}
