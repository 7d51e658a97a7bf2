"""What a step that writes would write, as far as it is known now."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import quote

from bot.act import Acting
from bot.compose import LONGEST_TITLE, NO_DRAFT_LENT, title_in
from bot.connection import Need
from bot.content import (
    Comment,
    CommentId,
    ContentKind,
    Operation,
    Page,
    PageStatus,
    PageStorage,
    PageTemplateText,
    Space,
    SpaceKey,
    TemplateId,
)
from bot.cutting import cut
from bot.document import Body, Document, Mention, Placement
from bot.documents import text_of
from bot.documents.offsets import Unreadable
from bot.documents.section import Section, find_section, lost_in
from bot.errors import BadInput, NotAllowed, NotFound, TitleTaken
from bot.mentions import each_of, with_people
from bot.page_template import fill, fill_braces
from bot.rest import TOKEN, Call, check_call
from bot.steps import page_writings as pages
from bot.steps import saying
from bot.steps import small_writings as small
from bot.steps.hands import Facts
from bot.steps.lookup import Lookup, Target
from bot.steps.names import Names
from bot.steps.page_writings import Made
from bot.steps.terms import Terms
from bot.steps.things import (
    kind_in,
    made_thing,
    page_thing,
    space_in,
    space_thing,
    texts_in,
)
from bot.steps.writing import Writing, require_text
from bot.template import (
    AppendStep,
    AttachStep,
    CommentStep,
    CopyStep,
    CreateStep,
    HttpStep,
    LabelStep,
    MoveStep,
    ReplyStep,
    RestoreStep,
    RestrictStep,
    SectionStep,
    Step,
    Template,
    TrashStep,
    UpdateStep,
    WatchStep,
)
from bot.values import Thing, Value, text_of_value

UNREADABLE: Final = (
    "The text of {page} can't be read as it is kept, so nothing was written. Choose another page."
)
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
NO_TEMPLATE: Final = (
    "That page template isn't there, or you may not see it. Nothing was written: choose another."
)
MOST_SPACES: Final = 3
TAKEN: Final = "There is a page {title} in {space} already. Nothing was written: choose another."
PAGES_ALONE: Final = (
    "{title} is a blog post, and this is for pages alone. Nothing was written: choose a page."
)
NOT_IN_TRASH: Final = "{title} isn't in the trash. Nothing was done: choose another page."
NO_LABELS: Final = "There is no label to give or to take off. Nothing was written: give one."


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
        space = space_thing(target.space, site) if target.space is not None else None
        if target.head is not None:
            return page_thing(target.head, site, space)
        return made_thing(target.title, target.kind, site, space, made_by=target.made_by)

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


async def plan(step: Step, plot: Plot) -> Writing:
    """Return what *step* would write.

    Raises:
        NotYet: that depends on what a planned write will bring.
        UserError: it can't be written; says why in words.
    """
    return await _PLANS[type(step)](step, plot)


async def _create(step: CreateStep, plot: Plot) -> Writing:
    wanted, names = step.create, plot.names
    kind = kind_in(names.text(wanted.kind).strip())
    parent = await plot.target(wanted.parent) if names.text_or_later(wanted.parent) else None
    space = await _space_for(plot, wanted.space, parent)
    title = _title(names.text(wanted.title))
    is_draft = _is_draft(wanted.draft, plot)
    if kind is ContentKind.BLOG and parent is not None:
        raise BadInput(NO_PARENT)
    if parent is not None and parent.space is not None and parent.space.id != space.id:
        told = saying.named(parent.title)
        raise BadInput(OTHER_SPACE.format(parent=told, space=space.name))
    body = await (_out_of(wanted.of, plot) if wanted.of else plot.document(wanted.body))
    await _require_free(plot, space, title, kind)
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


def _title(typed: str) -> str:
    title = title_in(typed)
    if not title:
        raise BadInput(NO_TITLE)
    if len(title) > LONGEST_TITLE:
        raise BadInput(LONG_TITLE)
    return title


async def _require_free(plot: Plot, space: Space, title: str, kind: ContentKind) -> None:
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
        return await lookup.hands.tools.confluence.get_storage(acting.connection, acting.site, page)

    return await lookup.hands.run(Need.READ, look)


async def _update(step: UpdateStep, plot: Plot) -> Writing:
    target = _page_only(await plot.target(step.update.page))
    typed = plot.names.text(step.update.title)
    title = _title(typed) if typed.strip() else target.title
    body = require_text(await plot.document(step.update.body), saying.the(target))
    return pages.Updating(plot.made, target, title, body, plot.base(target))


async def _append(step: AppendStep, plot: Plot) -> Writing:
    target = _page_only(await plot.target(step.append.page))
    body = await _text(plot, step.append.body, target)
    section = plot.names.text(step.append.section).strip()
    if section:
        return await _in_section(plot, target, section, body, Placement.END)
    return pages.Appending(plot.made, target, body)


async def _section(step: SectionStep, plot: Plot) -> Writing:
    wanted = step.update_section
    target = _page_only(await plot.target(wanted.page))
    body = await _text(plot, wanted.body, target)
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
    return pages.ChangingSection(plot.made, target, name, body, placement, lost)


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


async def _text(plot: Plot, source: str, target: Target) -> Document:
    body = require_text(await plot.document(source), saying.the(target))
    return cast("Document", body)


def _page_only(target: Target) -> Target:
    if target.kind is ContentKind.BLOG:
        raise BadInput(PAGES_ALONE.format(title=saying.named(target.title)))
    return target


async def _comment(step: CommentStep, plot: Plot) -> Writing:
    target = await plot.target(step.comment.page)
    body = await _text(plot, step.comment.body, target)
    return small.Commenting(target, await plot.page(target), body, _plain(body))


async def _reply(step: ReplyStep, plot: Plot) -> Writing:
    target = await plot.target(step.reply.page)
    body = await _text(plot, step.reply.body, target)
    comment = await _find_comment(plot, plot.names.value(step.reply.comment))
    if comment.page_id and target.head is not None and comment.page_id != target.head.id:
        raise BadInput("That comment is on another page. Nothing was written: choose another.")
    said = _plain(comment.text)
    page = await plot.page(target)
    by = comment.author.name
    return small.Replying(target, page, body, _plain(body), comment.id, said, by)


async def _find_comment(plot: Plot, value: Value) -> Comment:
    held = value.fields.get("id") if isinstance(value, Thing) else text_of_value(value)
    comment = str(held or "").strip()
    if not (comment.isascii() and comment.isalnum()):
        raise BadInput("That is no comment that can be answered. Nothing was written: choose one.")

    async def look(acting: Acting) -> Comment:
        return await plot.lookup.hands.tools.confluence.get_comment(
            acting.connection, acting.site, CommentId(comment)
        )

    return await plot.lookup.hands.run(Need.READ_COMMENTS, look)


def _plain(body: Document) -> str:
    return " ".join(text_of(body).split())[:2_000]


async def _label(step: LabelStep, plot: Plot) -> Writing:
    target = await plot.target(step.label.page)
    add, remove = (
        tuple(dict.fromkeys(word for one in given for word in texts_in(plot.names.value(one))))
        for given in (step.label.add, step.label.remove)
    )
    if not (add or remove):
        raise BadInput(NO_LABELS)
    return small.Labelling(target, await plot.page(target), add, remove)


async def _attach(step: AttachStep, plot: Plot) -> Writing:
    target = await plot.target(step.attach.page)
    value = plot.names.value(step.attach.file)
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    file = value.fields.get("file") if isinstance(value, Thing) else None
    if not isinstance(value, Thing) or not isinstance(file, str) or file not in plot.files:
        raise NotAllowed(saying.NOT_YOUR_FILE)
    size = value.fields.get("size")
    known = size if isinstance(size, int) else 0
    return small.Attaching(target, await plot.page(target), file, value.label, known)


async def _move(step: MoveStep, plot: Plot) -> Writing:
    target = _page_only(await plot.target(step.move.page))
    parent = await plot.target(step.move.parent)
    return small.Moving(target, await plot.page(target), parent)


async def _copy(step: CopyStep, plot: Plot) -> Writing:
    wanted = step.copy_page
    target = _page_only(await plot.target(wanted.page))
    parent = await plot.target(wanted.parent)
    title = _title(plot.names.text(wanted.title))
    site = plot.facts.site
    space = space_thing(parent.space, site) if parent.space is not None else None
    copy = made_thing(title, ContentKind.PAGE, site, space, made_by=plot.key)
    if parent.space is not None:
        await _require_free(plot, parent.space, title, ContentKind.PAGE)
    return small.Copying(target, await plot.page(target), parent, title, copy)


async def _restrict(step: RestrictStep, plot: Plot) -> Writing:
    wanted, lookup = step.restrict, plot.lookup
    target = await plot.target(wanted.page)
    people = [await lookup.account(each) for each in _all(plot, wanted.people)]
    named = [word for each in _all(plot, wanted.groups) for word in texts_in(each)]
    groups = [await lookup.group(word) for word in named]
    page = await plot.page(target)
    operation: Operation = wanted.operation
    own = plot.facts.account.name if plot.facts.is_lent else "you"
    return small.Restricting(target, page, operation, tuple(people), tuple(groups), own)


def _all(plot: Plot, sources: tuple[str, ...]) -> list[Value]:
    found: list[Value] = []
    for source in sources:
        value = plot.names.value(source)
        found += value if isinstance(value, tuple) else [value]
    return [each for each in found if each not in {None, ""}]


async def _watch(step: WatchStep, plot: Plot) -> Writing:
    target = await plot.target(step.watch.page)
    return small.Watching(target, await plot.page(target), step.watch.on)


async def _trash(step: TrashStep, plot: Plot) -> Writing:
    target = await plot.target(step.trash.page)
    return small.Trashing(target, await plot.page(target), plot.base(target))


async def _restore(step: RestoreStep, plot: Plot) -> Writing:
    wanted = plot.names.value(step.restore.version)
    held = wanted.fields.get("number") if isinstance(wanted, Thing) else wanted
    number = text_of_value(held).strip()
    if not number:
        target = await plot.target(step.restore.page, trashed=True)
        if plot.is_new and target.there.status is not PageStatus.TRASHED:
            raise BadInput(NOT_IN_TRASH.format(title=saying.named(target.title)))
        return small.Restoring(target, await plot.page(target))
    target = _page_only(await plot.target(step.restore.page))
    return pages.RestoringVersion(plot.made, target, version_number(number), plot.base(target))


def version_number(typed: str) -> int:
    """Return the version that *typed* means. Raises ``BadInput``."""
    digits = typed.lower().removeprefix("version").strip()
    if not (digits.isascii() and digits.isdecimal() and 0 < len(digits) <= 9 and int(digits)):  # noqa: PLR2004 - digits
        raise BadInput(f"“{cut(typed, 40)}” isn't a version. Nothing was done: give its number.")
    return int(digits)


async def _http(step: HttpStep, plot: Plot) -> Writing:
    if not plot.terms.may_call:
        raise NotAllowed(saying.NO_CALLS)
    return small.Calling(call_of(step, plot.names), step.http.does or "")


def call_of(step: HttpStep, names: Names) -> Call:
    """Return the call that an ``http`` step makes.

    Raises:
        BadInput: it is never sent, whatever the site.
    """
    wanted = step.http
    call = Call(
        wanted.method,
        names.text(wanted.path, lambda value: quote(text_of_value(value), safe="")),
        {name: names.text(source) for name, source in wanted.query.items()},
        {name: names.text(source, token=TOKEN) for name, source in wanted.headers.items()},
        _json(wanted.body, names),
    )
    check_call(call)
    return call


def _json(body: object, names: Names) -> Any:  # noqa: ANN401 - JSON
    if isinstance(body, str):
        return _plain_json(names.value(body))
    if isinstance(body, Mapping):
        return {str(name): _json(each, names) for name, each in body.items()}
    if isinstance(body, list | tuple):
        return [_json(each, names) for each in body]
    return body


def _plain_json(value: Value) -> Any:  # noqa: ANN401 - JSON
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return [_plain_json(each) for each in value]
    return text_of_value(value)


_PLANS: Final[Mapping[type[Step], Callable[[Any, Plot], Awaitable[Writing]]]] = {
    CreateStep: _create,
    UpdateStep: _update,
    AppendStep: _append,
    SectionStep: _section,
    CommentStep: _comment,
    ReplyStep: _reply,
    LabelStep: _label,
    AttachStep: _attach,
    MoveStep: _move,
    CopyStep: _copy,
    RestrictStep: _restrict,
    WatchStep: _watch,
    TrashStep: _trash,
    RestoreStep: _restore,
    HttpStep: _http,
}
