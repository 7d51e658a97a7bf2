"""Takes back a write that has no receipt, if what it did stands there unchanged."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bot.content import CommentId, Page, PageId, PageStatus, SpaceId
from bot.errors import Changed, NotFound
from bot.steps.deed import Deed
from bot.steps.doing import (
    head_of,
    let_alone,
    put_back,
    put_below,
    rights_of,
    throw_away,
    wanted_of,
)
from bot.steps.place_writings import Copying, Moving, Restoring, Trashing
from bot.steps.small_writings import Labelling, Restricting, Watching
from bot.steps.talk_writings import Commenting, Replying
from bot.values import Thing, Value

BROUGHT: Final = "brought"
"""Under this name stands what a write brought, where it is taken back."""


async def take_back(deed: Deed) -> None:
    """Take a write back that can be.

    Raises:
        Changed: somebody has changed since what it did; it stays.
        NotFound: what it was done to isn't there any more.
    """
    taken_back = _BACK[deed.kept.label]
    try:
        await taken_back(deed)
    except (Changed, NotFound):  # by somebody who takes it back at the same time, perhaps
        await taken_back(deed)


def can_take_back(kept: Value, brought: Value) -> bool:
    """Tell whether a write can be taken back exactly; *brought* is what came of it."""
    if not isinstance(kept, Thing) or kept.label not in _BACK:
        return False
    if kept.label == Moving.action:
        return bool(kept.fields.get("before") or kept.fields.get("top"))
    if kept.label in _BY_ID:  # of what only its person says was done nobody knows which it is
        return isinstance(brought, Thing) and bool(brought.fields.get("id"))
    return True


async def _unlabel(deed: Deed) -> None:
    kind = deed.where.kind
    for label in deed.texts("added"):
        await deed.tools.confluence.remove_label(*deed.place, label, kind=kind)
    if removed := deed.texts("removed"):
        await deed.tools.confluence.add_labels(*deed.place, removed, kind=kind)


async def _move_back(deed: Deed) -> None:
    head = await deed.tools.confluence.get_page_head(*deed.place, kind=deed.where.kind)
    before, top = deed.text("before"), SpaceId(deed.text("top"))
    is_back = head.parent_id == before if before else _is_at_top(head, top)
    if is_back:
        return
    if head.parent_id != deed.text("parent"):
        raise Changed(
            "Somebody has moved the page since, so it stays where it is: nothing was undone. "
            "In Confluence you can move it back."
        )
    if before:
        await put_below(deed, PageId(before))
    else:
        await deed.tools.confluence.move_to_top(*deed.place, top)


def _is_at_top(head: Page, space: SpaceId) -> bool:
    return head.parent_id is None and head.space_id == space


async def _lift(deed: Deed) -> None:
    now = _who(await rights_of(deed))
    stood = deed.texts("stood_people"), deed.texts("stood_groups")
    if now == _who(stood):
        return
    if now != _who(wanted_of(deed)):
        raise Changed(
            "Somebody has changed who may see or change the page since, so that stays as it is: "
            "nothing was undone. In Confluence you can change it back."
        )
    await let_alone(deed, *stood)


def _who(alone: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[frozenset[str], frozenset[str]]:
    """Return which people and groups, in whatever order."""
    people, groups = alone
    return frozenset(people), frozenset(groups)


async def _watch_as_before(deed: Deed) -> None:
    await deed.tools.confluence.watch(*deed.place, on=bool(deed.kept.fields.get("watched")))


async def _out_of_the_trash(deed: Deed) -> None:
    await put_back(deed)


async def _into_the_trash(deed: Deed) -> None:
    head, version = await head_of(deed), _brought(deed, "version")
    if head.status is not PageStatus.TRASHED and head.version != version:
        raise Changed(
            "Somebody has changed the page since, so it stays where it is: nothing was undone. "
            "In Confluence you can delete it."
        )
    await throw_away(deed)


async def _trash_copy(deed: Deed) -> None:
    where = deed.acting.connection, deed.acting.site, PageId(str(_brought(deed, "id")))
    head = await deed.tools.confluence.get_page_head(*where, trashed=True)
    if head.status is PageStatus.TRASHED:
        return
    if head.version != 1:
        raise Changed(
            "Somebody has changed the copy since, so it stays as it is: nothing was undone. "
            "In Confluence you can delete it."
        )
    await deed.tools.confluence.trash_page(*where)


async def _unsay(deed: Deed) -> None:
    where = deed.acting.connection, deed.acting.site
    comment = CommentId(str(_brought(deed, "id")))
    try:
        await deed.tools.confluence.get_comment(*where, comment)
    except NotFound:
        await head_of(deed)  # or nobody can tell whether it is gone
    else:
        await deed.tools.confluence.delete_comment(*where, comment)


def _brought(deed: Deed, name: str) -> Value:
    """Return a field of what the write brought."""
    brought = deed.kept.fields.get(BROUGHT)
    return brought.fields.get(name) if isinstance(brought, Thing) else None


_BACK: Final[Mapping[str, Callable[[Deed], Awaitable[None]]]] = {
    Labelling.action: _unlabel,
    Moving.action: _move_back,
    Restricting.action: _lift,
    Watching.action: _watch_as_before,
    Trashing.action: _out_of_the_trash,
    Restoring.action: _into_the_trash,
    Copying.action: _trash_copy,
    Commenting.action: _unsay,
    Replying.action: _unsay,
}
_BY_ID: Final = frozenset({Copying.action, Commenting.action, Replying.action})
"""Those that are taken back by the id of what they made."""
