"""Take back what was written, if nobody has touched it since."""

from collections.abc import Sequence
from itertools import pairwise

from bot.act import Acting
from bot.content import ContentKind, Page, PageId, PageStatus
from bot.documents import digest_of
from bot.errors import Changed, NotFound
from bot.ports import Confluence
from bot.receipt import Act, Receipt, message_of, undo_message_of


async def take_back(confluence: Confluence, acting: Acting, receipts: Sequence[Receipt]) -> None:
    """Take back what *receipts* tell of, which were written to one page one after another.

    A new page goes to the trash, a draft is deleted, and a page that was changed says again what
    it said before. What an earlier try took back, though nobody said so, is left as it is.

    Raises:
        Changed: it isn't as it was written; it stays.
    """
    try:
        await _taken_back(confluence, acting, receipts)
    except (Changed, NotFound):  # by somebody who takes it back at the same time, perhaps
        await _taken_back(confluence, acting, receipts)


async def _taken_back(confluence: Confluence, acting: Acting, receipts: Sequence[Receipt]) -> None:
    first = receipts[0]
    page_id, act, kind = first.page_id, first.decision.act, first.decision.kind
    if page_id is None:
        return
    if act.changes:
        await _restore(confluence, acting, page_id, receipts)
        return
    is_draft = act is Act.DRAFT
    if is_draft:
        is_there = await _is_draft_there(confluence, acting, page_id, first)
    else:
        is_there = await _is_page_there(confluence, acting, page_id, receipts)
    if is_there:
        where = acting.connection, acting.site
        await confluence.trash_page(*where, page_id, draft=is_draft, kind=kind)


async def _restore(
    confluence: Confluence, acting: Acting, page_id: PageId, receipts: Sequence[Receipt]
) -> None:
    """Put the version before the first of *receipts* back, and the title that it had."""
    first, last = receipts[0].decision, receipts[-1].decision
    where = acting.connection, acting.site, page_id
    message = undo_message_of(last)
    head = await confluence.get_page_head(*where, kind=first.kind)
    if head.version_message != message:
        _require_untouched(head, receipts)
        head = await confluence.restore_version(
            *where, first.base_version, base=head.version, message=message, kind=first.kind
        )
    if first.old_title and head.title != first.old_title:
        found = await confluence.get_storage(*where, kind=first.kind)
        await confluence.update_page(
            *where,
            first.old_title,
            found.storage,
            base=found.page.version,
            message=message,
            kind=first.kind,
        )


async def _is_page_there(
    confluence: Confluence, acting: Acting, page_id: PageId, receipts: Sequence[Receipt]
) -> bool:
    head = await confluence.get_page_head(
        acting.connection,
        acting.site,
        page_id,
        trashed=True,
        kind=_kind_of(receipts),
    )
    if head.status is PageStatus.TRASHED:
        return False
    _require_untouched(head, receipts)
    return True


def _require_untouched(head: Page, receipts: Sequence[Receipt]) -> None:
    """Raise ``Changed`` unless *head* is what the last of *receipts* left behind."""
    last = receipts[-1].decision
    is_ours = not last.act.changes or head.version_message == message_of(last)
    made = [_made_by(receipt) for receipt in receipts]
    in_a_row = all(later == before + 1 for before, later in pairwise(made))
    if head.version != made[-1] or head.status is not PageStatus.CURRENT or not is_ours:
        raise Changed(
            "The page has been changed since it was written, so it stays as it is: nothing was "
            "undone. In Confluence you can restore a version of it."
        )
    if not in_a_row:
        raise Changed(
            "Somebody has changed the page in between, so it stays as it is: nothing was undone. "
            "In Confluence you can restore a version of it."
        )


def _made_by(receipt: Receipt) -> int:
    """Return the version that *receipt* made."""
    decision = receipt.decision
    return decision.base_version + 1 if decision.act.changes else 1


def _kind_of(receipts: Sequence[Receipt]) -> ContentKind:
    return receipts[0].decision.kind


async def _is_draft_there(
    confluence: Confluence, acting: Acting, page_id: PageId, receipt: Receipt
) -> bool:
    """Tell by the text whether the draft is as it was: its version stays 1 for ever."""
    try:
        found = await confluence.get_page(
            acting.connection, acting.site, page_id, draft=True, kind=receipt.decision.kind
        )
    except NotFound:
        return False
    is_first = found.page.version == 1 and found.page.status is PageStatus.DRAFT
    if not is_first or (receipt.digest and digest_of(found.document) != receipt.digest):
        raise Changed("The draft has been changed since you saved it, so it stands as it is.")
    return True
