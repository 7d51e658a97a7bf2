"""Take back what was written, if nobody has touched it since."""

from bot.act import Acting
from bot.content import PageId, PageStatus
from bot.documents import digest_of
from bot.errors import Changed, NotFound
from bot.ports import Confluence
from bot.receipt import Act, Receipt


async def take_back(confluence: Confluence, acting: Acting, receipt: Receipt) -> None:
    """Move the page to the trash, or delete the draft, of which *receipt* tells.

    What an earlier try took back, though nobody said so, is left as it is.

    Raises:
        Changed: it isn't as it was written; it stays.
    """
    page_id, is_draft = receipt.page_id, receipt.decision.act is Act.DRAFT
    if page_id is None:
        return
    if is_draft:
        is_there = await _is_draft_there(confluence, acting, page_id, receipt.digest)
    else:
        is_there = await _is_page_there(confluence, acting, page_id)
    if is_there:
        await confluence.trash_page(acting.connection, acting.site, page_id, draft=is_draft)


async def _is_page_there(confluence: Confluence, acting: Acting, page_id: PageId) -> bool:
    where = acting.connection, acting.site
    head = await confluence.get_page_head(*where, page_id, trashed=True)
    if head.status is PageStatus.TRASHED:
        return False
    if head.version != 1 or head.status is not PageStatus.CURRENT:
        raise Changed("The page has been changed since you published it.")
    return True


async def _is_draft_there(
    confluence: Confluence, acting: Acting, page_id: PageId, digest: str
) -> bool:
    """Tell by the text whether the draft is as it was: its version stays 1 for ever."""
    try:
        found = await confluence.get_page(acting.connection, acting.site, page_id, draft=True)
    except NotFound:
        return False
    is_first = found.page.version == 1 and found.page.status is PageStatus.DRAFT
    if not is_first or (digest and digest_of(found.document) != digest):
        raise Changed("The draft has been changed since you saved it, so it stands as it is.")
    return True
