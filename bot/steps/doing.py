"""Does writes that have no receipt, and settles them by looking.

All work from what the journal kept of a write before it was sent, so that whoever takes a run up
can go on. What is done again here is, done twice, as if done once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, cast

from bot.content import AccountId, Attachment, CommentId, Operation, Page, PageId, PageStatus, Said
from bot.document import Document, Marks, Paragraph, Text
from bot.errors import BadInput, Unclear
from bot.steps.deed import Deed
from bot.steps.place_writings import Copying, Moving, Restoring, Trashing
from bot.steps.small_writings import (
    Attaching,
    Calling,
    Labelling,
    Restricting,
    SmallWriting,
    Watching,
)
from bot.steps.talk_writings import Commenting, Replying
from bot.steps.things import attachment_thing, bounded, value_of_json
from bot.steps.writing import Sent
from bot.things import page_thing
from bot.values import Thing, Value

MOST_LISTED: Final = 50
"""See `Confluence.list_attachments`."""
ANOTHER_FILE: Final = (
    "The file was changed in Slack since it was given here, so it wasn't attached. Give it again."
)
_PROVIDER: Final = "Confluence"
_EM: Final[Marks] = frozenset({"em"})


async def look_before(deed: Deed) -> Thing:
    """Return what the journal keeps of a write, with what stands there before it."""
    look = _BEFORE.get(deed.kept.label)
    before = await look(deed) if look else {}
    return Thing(deed.kept.kind, deed.kept.label, {**deed.kept.fields, **before})


async def _labels_before(deed: Deed) -> Mapping[str, Value]:
    had = await deed.tools.confluence.list_labels(*deed.place, kind=deed.where.kind)
    folded = {each.casefold() for each in had}
    added = tuple(each for each in deed.texts("add") if each.casefold() not in folded)
    removed = tuple(each for each in deed.texts("remove") if each.casefold() in folded)
    return {"added": added, "removed": removed}


async def _files_before(deed: Deed) -> Mapping[str, Value]:
    found = _named(deed, await _files(deed))
    return {"had": found.size if found is not None else -1}


async def _rights_before(deed: Deed) -> Mapping[str, Value]:
    people, groups = await rights_of(deed)
    return {"stood_people": people, "stood_groups": groups}


async def rights_of(deed: Deed) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which people and groups are let alone."""
    found = await deed.tools.confluence.find_restrictions(*deed.place)
    stood = found[operation_of(deed)]
    return tuple(each.id for each in stood.accounts), tuple(each.id for each in stood.groups)


async def _watch_before(deed: Deed) -> Mapping[str, Value]:
    watched = await deed.tools.confluence.is_watching(*deed.place)
    return {"watched": watched}


async def _place_before(deed: Deed) -> Mapping[str, Value]:
    """Tell what the page is below; where nothing is above it, in which space it can go back."""
    head = await head_of(deed)
    goes_back = deed.acting.connection.provider.moves_to_top and head.parent_id is None
    return {"before": head.parent_id or "", "top": head.space_id if goes_back else ""}


_BEFORE: Final[Mapping[str, Callable[[Deed], Awaitable[Mapping[str, Value]]]]] = {
    Labelling.action: _labels_before,
    Attaching.action: _files_before,
    Moving.action: _place_before,
    Restricting.action: _rights_before,
    Watching.action: _watch_before,
}


async def send(deed: Deed, writing: SmallWriting, asker: str) -> Sent:
    """Do a write for the first time; *asker* is who is named in it, if anybody is."""
    where = deed.acting.connection, deed.acting.site
    confluence = deed.tools.confluence
    match writing:
        case Replying():
            body = _signed(writing.body, asker)
            said = await confluence.reply(*where, CommentId(writing.comment), body)
            return Sent(_comment(said, writing.text), said.url)
        case Commenting():
            body, kind = _signed(writing.body, asker), writing.target.kind
            said = await confluence.add_comment(*deed.place, body, kind=kind)
            return Sent(_comment(said, writing.text), said.url)
        case Copying():
            page = await confluence.copy_page(
                *where, deed.where.page, writing.title, PageId(writing.parent.id)
            )
            space = writing.parent.space
            return Sent(page_thing(page, deed.acting.site, space), page.url)
        case Calling():
            called = await confluence.call(*where, writing.call)
            found = called.text if called.json is None else value_of_json(called.json)
            held = bounded(found)
            return Sent(
                Thing("answer", str(called.status), {"status": called.status, "body": held})
            )
        case _:
            return await send_again(deed)


async def send_again(deed: Deed) -> Sent:
    """Do a write that may be done already: as often as it is done, it is as if done once."""
    return await _AGAIN[deed.kept.label](deed)


async def _label(deed: Deed) -> Sent:
    kind = deed.where.kind
    if add := deed.texts("add"):
        await deed.tools.confluence.add_labels(*deed.place, add, kind=kind)
    for label in deed.texts("remove"):
        await deed.tools.confluence.remove_label(*deed.place, label, kind=kind)
    return deed.done()


async def _attach(deed: Deed) -> Sent:
    file = await deed.tools.files.fetch(deed.acting.connection.principal.tenant, deed.text("file"))
    if deed.kept.fields.get("size") not in {0, len(file.content)}:
        raise BadInput(ANOTHER_FILE)
    attachment = await deed.tools.confluence.attach(
        *deed.place, deed.text("name"), file.content, file.kind, kind=deed.where.kind
    )
    return Sent(attachment_thing(attachment), attachment.url or deed.where.url)


async def _move(deed: Deed) -> Sent:
    parent = PageId(deed.text("parent"))
    await put_below(deed, parent)
    return deed.done()


async def put_below(deed: Deed, parent: PageId) -> None:
    """Have the page be below *parent*, if it isn't yet."""
    head = await deed.tools.confluence.get_page_head(*deed.place, kind=deed.where.kind)
    if head.parent_id != parent:
        await deed.tools.confluence.move_page(*deed.place, parent)


async def _restrict(deed: Deed) -> Sent:
    await let_alone(deed, *wanted_of(deed))
    return deed.done()


def operation_of(deed: Deed) -> Operation:
    """Return what a restriction is about."""
    return cast("Operation", deed.text("operation"))


def wanted_of(deed: Deed) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which people and groups are to be let alone: whoever restricts is among them."""
    own = deed.acting.connection.account.id
    return tuple(dict.fromkeys((own, *deed.texts("people")))), deed.texts("groups")


async def let_alone(deed: Deed, people: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Let those alone do what it is about; without any, whoever the space lets."""
    await deed.tools.confluence.restrict(
        *deed.place,
        operation_of(deed),
        [AccountId(each) for each in people],
        groups,
    )


async def _watch(deed: Deed) -> Sent:
    await deed.tools.confluence.watch(*deed.place, on=bool(deed.kept.fields.get("on")))
    return deed.done()


async def throw_away(deed: Deed) -> Sent:
    """Have the page be in the trash."""
    if await _status(deed) is not PageStatus.TRASHED:
        await deed.tools.confluence.trash_page(*deed.place, kind=deed.where.kind)
    return deed.done()


async def put_back(deed: Deed) -> Sent:
    """Have the page be out of the trash."""
    head = await head_of(deed)
    if head.status is PageStatus.TRASHED:
        await deed.tools.confluence.restore_page(*deed.place, kind=deed.where.kind)
        head = await head_of(deed)
    page = deed.page
    if isinstance(page, Thing):  # with the version that it is by now, for taking it back
        page = Thing(page.kind, page.label, {**page.fields, "version": head.version})
    return Sent(page, deed.where.url)


async def _status(deed: Deed) -> PageStatus:
    return (await head_of(deed)).status


async def head_of(deed: Deed) -> Page:
    """Return the page without its text, from the trash too."""
    kind = deed.where.kind
    return await deed.tools.confluence.get_page_head(*deed.place, trashed=True, kind=kind)


_AGAIN: Final[Mapping[str, Callable[[Deed], Awaitable[Sent]]]] = {
    Labelling.action: _label,
    Attaching.action: _attach,
    Moving.action: _move,
    Restricting.action: _restrict,
    Watching.action: _watch,
    Trashing.action: throw_away,
    Restoring.action: put_back,
}
SENT_AGAIN: Final = frozenset(_AGAIN) - {Attaching.action}
"""The actions that are settled by being done again."""


async def find_attached(deed: Deed) -> Sent | None:
    """Return the file that was attached; ``None`` if it wasn't.

    Raises:
        Unclear: a file of that name and size was there before, or it may be among those that
            aren't listed, so nobody can tell.
    """
    size, had = deed.kept.fields.get("size"), deed.kept.fields.get("had")
    files = await _files(deed)
    found = _named(deed, files)
    if found is None and len(files) >= MOST_LISTED:
        raise Unclear(_PROVIDER)
    if found is None or found.size != size:
        return None
    if had == size:
        raise Unclear(_PROVIDER)
    return Sent(attachment_thing(found), found.url or deed.where.url)


async def _files(deed: Deed) -> Sequence[Attachment]:
    return await deed.tools.confluence.list_attachments(*deed.place, kind=deed.where.kind)


def _named(deed: Deed, files: Sequence[Attachment]) -> Attachment | None:
    return next((each for each in files if each.name == deed.text("name")), None)


def _comment(said: Said, text: str) -> Thing:
    return Thing("comment", text[:80], {"id": said.id, "url": said.url, "text": text})


def _signed(body: Document, asker: str) -> Document:
    """Return *body* with the name of who asked for it, where another's account writes it."""
    if not asker:
        return body
    line = Paragraph((Text(f"Written for {asker} with Confab", _EM),))
    return Document((*body.blocks, line))
