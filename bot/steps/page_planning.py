"""What a step would write that makes a page, or changes one."""

from typing import Final, cast

from bot.act import Acting
from bot.compose import LONGEST_TITLE, NO_DRAFT_LENT, title_in
from bot.connection import Need
from bot.content import ContentKind, Page, PageStatus, PageText, Space
from bot.document import Body, Document, Placement
from bot.documents.offsets import Unreadable
from bot.documents.section import Section, find_section, lost_in
from bot.errors import BadInput, NotAllowed, TitleTaken
from bot.page_template import fill, fill_braces
from bot.steps import page_writings as pages
from bot.steps import place_writings as places
from bot.steps import saying
from bot.steps.lookup import Target
from bot.steps.names import Names
from bot.steps.plot import UNREADABLE, Plot, page_template, storage_of, version_number
from bot.steps.writing import Writing, require_text
from bot.template import AppendStep, CreateStep, RestoreStep, SectionStep, Template, UpdateStep
from bot.things import kind_in
from bot.values import Thing, Value, text_of_value

NO_TITLE: Final = "A page needs a title, and this one has none. Nothing was written: give it one."
LONG_TITLE: Final = (
    f"A title has at most {LONGEST_TITLE} characters. Nothing was written: give a shorter one."
)
NO_DRAFTS: Final = (
    "{site} keeps no drafts that their author alone sees. Nothing was written: choose to publish."
)
NO_PARENT: Final = (
    "A blog post has no place below a page. Nothing was written: choose a page instead."
)
OTHER_SPACE: Final = (
    "{parent} is in another space than {space}. Nothing was written: choose a page of that space."
)
TAKEN: Final = "There is a page {title} in {space} already. Nothing was written: choose another."
PAGES_ALONE: Final = {
    "move": "{title} is a blog post: it lies in its space by its date, below no page, so it can't "
    "be moved. Nothing was written: choose a page.",
    "copy": "{title} is a blog post, and Confluence lets apps copy pages alone. Nothing was "
    "written: choose a page, or create a new one with what the post says.",
    "below": "{title} is a blog post, and nothing lies below one. Nothing was written: choose a "
    "page.",
}
"""Why a blog post won't do."""
NO_VERSION: Final = "{title} has no version {version}. Nothing was written: choose another."
NO_TRASH_LENT: Final = (
    "The organisation's connection takes nothing out of the trash: Confluence doesn't tell who may "
    "see what is there. Nothing was done: connect an account of your own for that."
)
NOT_IN_TRASH: Final = "{title} isn't in the trash. Nothing was done: choose another page."


async def create(step: CreateStep, plot: Plot) -> Writing:
    """Return the page, blog post or draft that is to be made."""
    wanted, names = step.create, plot.names
    kind = kind_in(names.text(wanted.kind).strip())
    parent = await plot.target(wanted.parent) if names.text_or_later(wanted.parent) else None
    space = await _space_for(plot, wanted.space, parent)
    title = title_of(names.text(wanted.title))
    is_draft = _is_draft(wanted.draft, plot)
    if kind is ContentKind.BLOG and parent is not None:
        raise BadInput(NO_PARENT)
    if parent is not None and parent.space is not None and parent.space.id != space.id:
        told = saying.named(parent.title)
        raise BadInput(OTHER_SPACE.format(parent=told, space=space.name))
    body = await (_out_of(wanted.of, plot) if wanted.of else plot.document(wanted.body))
    await require_free(plot, space, title, kind)
    return pages.Creating(plot.made, space, title, body, parent, kind, is_draft)


async def _space_for(plot: Plot, source: str, parent: Target | None) -> Space:
    value = plot.names.value(source)
    if parent is not None and parent.space is not None and not text_of_value(value).strip():
        return parent.space
    return await plot.lookup.space(value, Need.PUBLISH)


def _is_draft(wanted: str | bool, plot: Plot) -> bool:  # noqa: FBT001 - as the template has it
    is_draft = wanted if isinstance(wanted, bool) else _is_true(plot.names.value(wanted))
    facts = plot.facts
    if is_draft and facts.is_lent:
        raise BadInput(NO_DRAFT_LENT)
    if is_draft and not facts.connection.provider.has_drafts:
        raise BadInput(NO_DRAFTS.format(site=facts.site.name))
    return is_draft


def _is_true(value: Value) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() in {"yes", "true", "draft"}
    return bool(value)


def title_of(typed: str) -> str:
    """Return the title that was typed. Raises ``BadInput`` for one that no page can have."""
    title = title_in(typed)
    if not title:
        raise BadInput(NO_TITLE)
    if len(title) > LONGEST_TITLE:
        raise BadInput(LONG_TITLE)
    return title


async def require_free(plot: Plot, space: Space, title: str, kind: ContentKind) -> None:
    """Raise ``TitleTaken`` before anybody is shown what can't be written."""
    if not plot.is_new or kind is ContentKind.BLOG:
        return

    async def look(acting: Acting) -> Page | None:
        return await plot.lookup.hands.tools.confluence.find_page_by_title(
            acting.connection, acting.site, space.id, title, kind=kind
        )

    if await plot.lookup.hands.run(Need.READ, look) is not None:
        raise TitleTaken(TAKEN.format(title=saying.named(title), space=space.name))


async def _out_of(of: Template, plot: Plot) -> Body:
    """Return the body that a page template, or a page with variables, comes to."""
    values = _values(of, plot.names)
    named = plot.names.text_or_later(of.template)
    try:
        if named:
            return fill(await page_template(plot, named), values)
        found = await storage_of(plot.lookup, await plot.target(of.page))
        return fill_braces(found.storage.markup, values)
    except Unreadable:
        raise BadInput(UNREADABLE.format(page="the template")) from None


def _values(of: Template, names: Names) -> dict[str, str]:
    if not isinstance(of.values, str):
        return {name: names.text(source) for name, source in of.values.items()}
    given = names.value(of.values)
    fields = given.fields if isinstance(given, Thing) else {}
    return {name: text_of_value(each) for name, each in fields.items()}


async def update(step: UpdateStep, plot: Plot) -> Writing:
    """Return the text that is to stand in place of a page's."""
    target = await plot.target(step.update.page)
    typed = plot.names.text(step.update.title)
    title = title_of(typed) if typed.strip() else target.title
    body = require_text(await plot.document(step.update.body), saying.the(target))
    if target.space is not None and title.casefold() != target.title.casefold():
        await require_free(plot, target.space, title, target.kind)
    return pages.Updating(plot.made, target, title, body, plot.base(target))


async def append(step: AppendStep, plot: Plot) -> Writing:
    """Return what is to be added to a page, or to a section of it."""
    target = await plot.target(step.append.page)
    body = await text_for(plot, step.append.body, target)
    section = plot.names.text(step.append.section).strip()
    if section:
        return await _in_section(plot, target, section, body, Placement.END)
    return pages.Appending(plot.made, target, body)


async def section(step: SectionStep, plot: Plot) -> Writing:
    """Return what is to change in a section of a page."""
    wanted = step.update_section
    target = await plot.target(wanted.page)
    body = await text_for(plot, wanted.body, target)
    section = plot.names.text(wanted.section).strip()
    return await _in_section(plot, target, section, body, Placement(wanted.place))


async def _in_section(
    plot: Plot, target: Target, name: str, body: Document, placement: Placement
) -> Writing:
    lost = ""
    if plot.is_new and target.head is not None and target.name not in plot.touched:
        found = await storage_of(plot.lookup, target)
        try:
            lost = _lost(find_section(found.storage.markup, name), placement)
        except Unreadable:
            raise BadInput(UNREADABLE.format(page=saying.the(target))) from None
    # What is replaced is what was shown; what is added spoils nothing, whatever stands there.
    base = plot.base(target) if placement is Placement.REPLACE else ""
    return pages.ChangingSection(plot.made, target, name, body, placement, base, lost)


def _lost(section: Section, placement: Placement) -> str:
    if placement is not Placement.REPLACE:
        return ""
    gone = lost_in(section)
    parts = [
        f"{count} {word}{'s'[: count > 1]}"
        for count, word in ((gone.macros, "macro"), (gone.comments, "inline comment"))
        if count
    ]
    return " and ".join(parts)


async def text_for(plot: Plot, source: str, target: Target) -> Document:
    """Return what Markdown comes to. Raises ``BadInput`` if it says nothing."""
    body = require_text(await plot.document(source), saying.the(target))
    return cast("Document", body)


def page_only(target: Target, what: str) -> Target:
    """Return *target*. Raises ``BadInput`` for a blog post, with which *what* can't be done."""
    if target.kind is ContentKind.BLOG:
        raise BadInput(PAGES_ALONE[what].format(title=saying.named(target.title)))
    return target


async def restore(step: RestoreStep, plot: Plot) -> Writing:
    """Return the page that is to come back from the trash, or the version that is."""
    wanted = plot.names.value(step.restore.version)
    held = wanted.fields.get("number") if isinstance(wanted, Thing) else wanted
    number = text_of_value(held).strip()
    if not number:
        if plot.facts.is_lent:
            raise NotAllowed(NO_TRASH_LENT)
        target = await plot.target(step.restore.page, trashed=True)
        if plot.is_new and target.there.status is not PageStatus.TRASHED:
            raise BadInput(NOT_IN_TRASH.format(title=saying.named(target.title)))
        return places.Restoring(target, await plot.page(target))
    target = await plot.target(step.restore.page)
    version = version_number(number)
    if plot.is_new and target.head is not None and version > target.head.version:
        raise BadInput(NO_VERSION.format(title=saying.named(target.title), version=version))
    text = await _text_of(plot, target, version) if plot.is_new and target.head else None
    return pages.RestoringVersion(plot.made, target, version, plot.base(target), text)


async def _text_of(plot: Plot, target: Target, version: int) -> Document:
    """Return what a page said in *version*, to be shown before it says so again."""

    async def look(acting: Acting) -> PageText:
        return await plot.lookup.hands.tools.confluence.get_version(
            acting.connection, acting.site, target.id, version, kind=target.kind
        )

    return (await plot.lookup.hands.run(Need.READ, look)).document
