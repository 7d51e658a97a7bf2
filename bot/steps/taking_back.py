"""Takes back a write that has no receipt, if what it did stands there unchanged."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bot.content import PageId, PageStatus
from bot.errors import Changed
from bot.steps.deed import Deed
from bot.steps.doing import head_of, let_alone, put_back, put_below, rights_of, throw_away
from bot.steps.place_writings import Copying, Moving, Restoring, Trashing
from bot.steps.small_writings import Labelling, Restricting, Watching
from bot.values import Thing, Value

BROUGHT: Final = "brought"
"""Under this name stands what a write brought, where it is taken back."""


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
    await put_below(deed, PageId(deed.text("before")))


async def _lift(deed: Deed) -> None:
    now = await rights_of(deed)
    stood = deed.texts("stood_people"), deed.texts("stood_groups")
    if _same_people(deed, now, stood):
        return
    if not _same_people(deed, now, (deed.texts("people"), deed.texts("groups"))):
        raise Changed(
            "Somebody has changed who may see or change the page since, so that stays as it is: "
            "nothing was undone. In Confluence you can change it back."
        )
    await let_alone(deed, *stood)


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
    await put_back(deed)


async def _into_the_trash(deed: Deed) -> None:
    head, brought = await head_of(deed), deed.kept.fields.get(BROUGHT)
    version = brought.fields.get("version") if isinstance(brought, Thing) else None
    if head.status is not PageStatus.TRASHED and head.version != version:
        raise Changed(
            "Somebody has changed the page since, so it stays where it is: nothing was undone. "
            "In Confluence you can delete it."
        )
    await throw_away(deed)


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
