"""Does writes that have no receipt, settles them by looking, and takes them back.

All work from what the journal kept of a write before it was sent, so that whoever takes a run up
can go on. What is done again here is, done twice, as if done once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from bot.act import Acting
from bot.content import (
    Account,
    AccountId,
    Attachment,
    CommentId,
    Operation,
    Page,
    PageId,
    PageStatus,
)
from bot.document import Document, Marks, Paragraph, Text
from bot.errors import BadInput, Changed, Unclear
from bot.publish import require_account
from bot.steps.hands import Facts, Tools
from bot.steps.small_writings import (
    Attaching,
    Calling,
    Commenting,
    Copying,
    Labelling,
    Moving,
    Replying,
    Restoring,
    Restricting,
    SmallWriting,
    Trashing,
    Watching,
)
from bot.steps.things import attachment_thing, bounded, value_of_json
from bot.steps.writing import Sent, Where
from bot.things import page_thing
from bot.values import Thing, Value

BROUGHT: Final = "brought"
"""Under this name stands what a write brought, where it is taken back."""
MOST_LISTED: Final = 50
"""See `Confluence.list_attachments`."""
ANOTHER_FILE: Final = (
    "The file was changed in Slack since it was given here, so it wasn't attached. Give it again."
)
_PROVIDER: Final = "Confluence"
_BY: Final = "by"
_EM: Final[Marks] = frozenset({"em"})


@dataclass(frozen=True, slots=True)
class Deed:
    """One write under way: under whose connection, and what the journal kept of it."""

    tools: Tools
    acting: Acting
    kept: Thing

    @classmethod
    def of(cls, tools: Tools, acting: Acting, kept: Thing) -> "Deed":
        """Return the write that *kept* tells of, for the account that it was shown with.

        Raises:
            AccountChanged: it would be another's by now.
        """
        by = kept.fields.get(_BY)
        if isinstance(by, Thing):
            account = Account(AccountId(str(by.fields["id"])), by.label)
            require_account(acting, account, is_lent=bool(by.fields["is_lent"]))
        return cls(tools, acting, kept)

    @property
    def where(self) -> Where:
        """The page that it is about."""
        return Where.read(self.kept.fields.get("where"))

    @property
    def page(self) -> Value:
        """The page as later steps see it."""
        return self.kept.fields.get("page")

    def text(self, name: str) -> str:
        """Return a text that was kept."""
        held = self.kept.fields.get(name)
        return held if isinstance(held, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return texts that were kept."""
        held = self.kept.fields.get(name)
        return tuple(map(str, held)) if isinstance(held, tuple) else ()

    def done(self) -> Sent:
        """Return what it brought: the page as it was."""
        return Sent(self.page, self.where.url)


def by_account(kept: Thing, facts: Facts) -> Thing:
    """Return what the journal keeps of a write, with whose account it is for."""
    held: dict[str, Value] = {"id": facts.account.id, "is_lent": facts.is_lent}
    by = Thing(_BY, facts.account.name, held)
    return Thing(kept.kind, kept.label, {**kept.fields, _BY: by})


async def look_before(deed: Deed) -> Thing:
    """Return what the journal keeps of a write, with what stands there before it."""
    look = _BEFORE.get(deed.kept.label)
    before = await look(deed) if look else {}
    return Thing(deed.kept.kind, deed.kept.label, {**deed.kept.fields, **before})


async def _labels_before(deed: Deed) -> Mapping[str, Value]:
    had = await deed.tools.confluence.list_labels(
        deed.acting.connection, deed.acting.site, deed.where.page
    )
    folded = {each.casefold() for each in had}
    added = tuple(each for each in deed.texts("add") if each.casefold() not in folded)
    removed = tuple(each for each in deed.texts("remove") if each.casefold() in folded)
    return {"added": added, "removed": removed}


async def _files_before(deed: Deed) -> Mapping[str, Value]:
    found = _named(deed, await _files(deed))
    return {"had": found.size if found is not None else -1}


async def _rights_before(deed: Deed) -> Mapping[str, Value]:
    people, groups = await _rights(deed)
    return {"stood_people": people, "stood_groups": groups}


async def _rights(deed: Deed) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which people and groups are let alone."""
    found = await deed.tools.confluence.find_restrictions(
        deed.acting.connection, deed.acting.site, deed.where.page
    )
    stood = found[cast("Operation", deed.text("operation"))]
    return tuple(each.id for each in stood.accounts), tuple(each.id for each in stood.groups)


async def _watch_before(deed: Deed) -> Mapping[str, Value]:
    watched = await deed.tools.confluence.is_watching(
        deed.acting.connection, deed.acting.site, deed.where.page
    )
    return {"watched": watched}


_BEFORE: Final[Mapping[str, Callable[[Deed], Awaitable[Mapping[str, Value]]]]] = {
    Labelling.action: _labels_before,
    Attaching.action: _files_before,
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
            url = await confluence.reply(*where, CommentId(writing.comment), body)
            return Sent(_comment(url, writing.text), url)
        case Commenting():
            body, kind = _signed(writing.body, asker), writing.target.kind
            url = await confluence.add_comment(*where, deed.where.page, body, kind=kind)
            return Sent(_comment(url, writing.text), url)
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
    page = deed.acting.connection, deed.acting.site, deed.where.page
    if add := deed.texts("add"):
        await deed.tools.confluence.add_labels(*page, add)
    for label in deed.texts("remove"):
        await deed.tools.confluence.remove_label(*page, label)
    return deed.done()


async def _attach(deed: Deed) -> Sent:
    file = await deed.tools.files.fetch(deed.acting.connection.principal.tenant, deed.text("file"))
    if deed.kept.fields.get("size") not in {0, len(file.content)}:
        raise BadInput(ANOTHER_FILE)
    attachment = await deed.tools.confluence.attach(
        deed.acting.connection,
        deed.acting.site,
        deed.where.page,
        deed.text("name"),
        file.content,
        file.kind,
    )
    return Sent(attachment_thing(attachment), attachment.url or deed.where.url)


async def _move(deed: Deed) -> Sent:
    parent = PageId(deed.text("parent"))
    await _put_below(deed, parent)
    return deed.done()


async def _put_below(deed: Deed, parent: PageId) -> None:
    where = deed.acting.connection, deed.acting.site, deed.where.page
    head = await deed.tools.confluence.get_page_head(*where, kind=deed.where.kind)
    if head.parent_id != parent:
        await deed.tools.confluence.move_page(*where, parent)


async def _restrict(deed: Deed) -> Sent:
    await _let_alone(deed, deed.texts("people"), deed.texts("groups"))
    return deed.done()


async def _let_alone(deed: Deed, people: tuple[str, ...], groups: tuple[str, ...]) -> None:
    await deed.tools.confluence.restrict(
        deed.acting.connection,
        deed.acting.site,
        deed.where.page,
        cast("Operation", deed.text("operation")),
        [AccountId(each) for each in people],
        groups,
    )


async def _watch(deed: Deed) -> Sent:
    await deed.tools.confluence.watch(
        deed.acting.connection,
        deed.acting.site,
        deed.where.page,
        on=bool(deed.kept.fields.get("on")),
    )
    return deed.done()


async def _trash(deed: Deed) -> Sent:
    if await _status(deed) is not PageStatus.TRASHED:
        where = deed.acting.connection, deed.acting.site, deed.where.page
        await deed.tools.confluence.trash_page(*where, kind=deed.where.kind)
    return deed.done()


async def _restore(deed: Deed) -> Sent:
    head = await _head(deed)
    if head.status is PageStatus.TRASHED:
        where = deed.acting.connection, deed.acting.site, deed.where.page
        await deed.tools.confluence.restore_page(*where, kind=deed.where.kind)
        head = await _head(deed)
    page = deed.page
    if isinstance(page, Thing):  # with the version that it is by now, for taking it back
        page = Thing(page.kind, page.label, {**page.fields, "version": head.version})
    return Sent(page, deed.where.url)


async def _status(deed: Deed) -> PageStatus:
    return (await _head(deed)).status


async def _head(deed: Deed) -> Page:
    where = deed.acting.connection, deed.acting.site, deed.where.page
    return await deed.tools.confluence.get_page_head(*where, trashed=True, kind=deed.where.kind)


_AGAIN: Final[Mapping[str, Callable[[Deed], Awaitable[Sent]]]] = {
    Labelling.action: _label,
    Attaching.action: _attach,
    Moving.action: _move,
    Restricting.action: _restrict,
    Watching.action: _watch,
    Trashing.action: _trash,
    Restoring.action: _restore,
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
    return await deed.tools.confluence.list_attachments(
        deed.acting.connection, deed.acting.site, deed.where.page
    )


def _named(deed: Deed, files: Sequence[Attachment]) -> Attachment | None:
    return next((each for each in files if each.name == deed.text("name")), None)


async def take_back(deed: Deed) -> None:
    """Take a write back that can be.

    Raises:
        Changed: somebody has changed since what it did; it stays.
        NotFound: what it was done to isn't there any more.
    """
    await _BACK[deed.kept.label](deed)


def can_take_back(kept: Value) -> bool:
    """Tell whether a write can be taken back exactly."""
    if not isinstance(kept, Thing) or kept.label not in _BACK:
        return False
    if kept.label == Moving.action:
        return bool(kept.fields.get("before"))
    if kept.label == Restricting.action:  # nothing lifts the last restriction
        return bool(kept.fields.get("stood_people") or kept.fields.get("stood_groups"))
    return True


async def _unlabel(deed: Deed) -> None:
    page = deed.acting.connection, deed.acting.site, deed.where.page
    for label in deed.texts("added"):
        await deed.tools.confluence.remove_label(*page, label)
    if removed := deed.texts("removed"):
        await deed.tools.confluence.add_labels(*page, removed)


async def _move_back(deed: Deed) -> None:
    where = deed.acting.connection, deed.acting.site, deed.where.page
    head = await deed.tools.confluence.get_page_head(*where, kind=deed.where.kind)
    if head.parent_id not in {deed.text("parent"), deed.text("before")}:
        raise Changed(
            "Somebody has moved the page since, so it stays where it is: nothing was undone. "
            "In Confluence you can move it back."
        )
    await _put_below(deed, PageId(deed.text("before")))


async def _lift(deed: Deed) -> None:
    now = await _rights(deed)
    stood = deed.texts("stood_people"), deed.texts("stood_groups")
    if _same_people(deed, now, stood):
        return
    if not _same_people(deed, now, (deed.texts("people"), deed.texts("groups"))):
        raise Changed(
            "Somebody has changed who may see or change the page since, so that stays as it is: "
            "nothing was undone. In Confluence you can change it back."
        )
    await _let_alone(deed, *stood)


def _same_people(
    deed: Deed,
    now: tuple[tuple[str, ...], tuple[str, ...]],
    then: tuple[tuple[str, ...], tuple[str, ...]],
) -> bool:
    """Tell whether the same are let alone; whoever restricts a page always is."""
    own = deed.acting.connection.account.id
    return [{*who} - {own} for who in now] == [{*who} - {own} for who in then]


async def _watch_as_before(deed: Deed) -> None:
    await deed.tools.confluence.watch(
        deed.acting.connection,
        deed.acting.site,
        deed.where.page,
        on=bool(deed.kept.fields.get("watched")),
    )


async def _out_of_the_trash(deed: Deed) -> None:
    await _restore(deed)


async def _into_the_trash(deed: Deed) -> None:
    head, brought = await _head(deed), deed.kept.fields.get(BROUGHT)
    version = brought.fields.get("version") if isinstance(brought, Thing) else None
    if head.status is not PageStatus.TRASHED and head.version != version:
        raise Changed(
            "Somebody has changed the page since, so it stays where it is: nothing was undone. "
            "In Confluence you can delete it."
        )
    await _trash(deed)


async def _trash_copy(deed: Deed) -> None:
    where = deed.acting.connection, deed.acting.site, PageId(deed.text("copy"))
    head = await deed.tools.confluence.get_page_head(*where, trashed=True)
    if head.status is PageStatus.TRASHED:
        return
    if head.version != 1:
        raise Changed(
            "Somebody has changed the copy since, so it stays as it is: nothing was undone. "
            "In Confluence you can delete it."
        )
    await deed.tools.confluence.trash_page(*where)


_BACK: Final[Mapping[str, Callable[[Deed], Awaitable[None]]]] = {
    Labelling.action: _unlabel,
    Moving.action: _move_back,
    Restricting.action: _lift,
    Watching.action: _watch_as_before,
    Trashing.action: _out_of_the_trash,
    Restoring.action: _into_the_trash,
    Copying.action: _trash_copy,
}


def _comment(url: str, text: str) -> Thing:
    return Thing("comment", text[:80], {"url": url, "text": text})


def _signed(body: Document, asker: str) -> Document:
    """Return *body* with the name of who asked for it, where another's account writes it."""
    if not asker:
        return body
    line = Paragraph((Text(f"Written for {asker} with Confab", _EM),))
    return Document((*body.blocks, line))
