"""Changes a page or a blog post that is there, once: its version message tells whose it is."""

from bot.act import Acting
from bot.content import Page
from bot.course import Course
from bot.documents import document_in
from bot.errors import BadInput, BotError, Changed, Unclear
from bot.ports import Confluence
from bot.receipt import Act, Decision, Receipt, Stage, message_of

MOST_SENT = 3
"""Times that one change is sent: each compares the version, so that one at most is taken."""


class Changing:
    """Does the steps of decisions that change something."""

    def __init__(self, course: Course) -> None:
        self._course = course

    async def step(self, receipt: Receipt) -> Receipt:
        """Take the next step. Raises ``TakenUp``, or ``Unclear``: it is looked at later."""
        if receipt.sent >= MOST_SENT:
            return await self._course.advance(receipt, stage=Stage.UNCLEAR)
        receipt = await self._course.advance(receipt, stage=Stage.SENDING, sent=receipt.sent + 1)
        try:
            page = await self._changed_page(receipt)
        except BotError as error:
            if receipt.sent > 1 or isinstance(error, (Unclear, Changed)):
                return await self._looked_at(receipt, error)
            return await self._course.refuse(receipt, error)
        return await self._course.done(receipt, page)

    async def _changed_page(self, receipt: Receipt) -> Page:
        async def change(acting: Acting) -> Page:
            return await change_page(self._course.confluence, acting, receipt.decision)

        return await self._course.in_its_name(receipt, change)

    async def _looked_at(self, receipt: Receipt, error: BotError) -> Receipt:
        """Tell our version of the page from somebody else's by its message."""
        decision = receipt.decision
        if decision.page_id is None:
            return await self._course.refuse(receipt, error)
        try:
            page = await self._course.look(receipt, decision.page_id)
        except BotError as blind:
            return await self._course.leave(receipt, blind)
        if page.version_message == message_of(decision):
            return await self._course.done(receipt, page)
        if page.version == decision.base_version and isinstance(error, (Unclear, Changed)):
            return receipt
        if page.version == decision.base_version or _was_first(receipt, error):
            return await self._course.refuse(receipt, error)
        return await self._course.advance(
            receipt, stage=Stage.UNCLEAR, page_id=page.id, page_url=page.url
        )


async def change_page(confluence: Confluence, acting: Acting, decision: Decision) -> Page:
    """Do to the page what *decision* says, on top of the version that it was shown in."""
    if decision.page_id is None:
        raise BadInput("There is no page to change, so nothing was written. Choose one.")
    page = acting.connection, acting.site, decision.page_id
    base, message, kind = decision.base_version, message_of(decision), decision.kind
    match decision.act:
        case Act.UPDATE:
            return await confluence.update_page(
                *page, decision.title, decision.body, base=base, message=message, kind=kind
            )
        case Act.RESTORE_VERSION:
            return await confluence.restore_version(
                *page, decision.version, base=base, message=message, kind=kind
            )
        case Act.SECTION:
            return await confluence.update_section(
                *page,
                decision.section,
                document_in(decision.body),
                base=base,
                message=message,
                placement=decision.placement,
                kind=kind,
            )
        case _:
            text = document_in(decision.body)
            return await confluence.append(*page, text, base=base, message=message, kind=kind)


def _was_first(receipt: Receipt, error: BotError) -> bool:
    """Tell whether Confluence refused the only sending, as the page had moved on."""
    return receipt.sent == 1 and isinstance(error, Changed)
