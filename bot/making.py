"""Brings a page, a blog post or a draft into being, once.

In two steps where the server keeps drafts: each can be settled by an id. Where it doesn't, by
looking for what was decided.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from bot.act import Acting
from bot.content import Page, PageStatus, PageText
from bot.course import ASKED_BY, NOTED, Course
from bot.document import Body, Document
from bot.documents import body_to_storage, digest_of, from_storage
from bot.errors import (
    BotError,
    Changed,
    NotAllowed,
    NotFound,
    ScopeMissing,
    TitleTaken,
    Unavailable,
    Unclear,
)
from bot.receipt import Act, Decision, Receipt, Stage, message_of

MOST_SENT = 2
"""First writes of one decision: an unclear one is sent again, once."""
MOST_PUBLISHED = 3
"""Tries to publish a draft whose id is known; each can be settled by looking."""
MADE_LATE = timedelta(seconds=90)
"""For so long after it was sent a page that has no id yet may still come to be."""


class Making:
    """Does the steps of decisions that make something."""

    def __init__(self, course: Course) -> None:
        self._course = course

    async def step(self, receipt: Receipt) -> Receipt:
        """Take the next step. Raises ``TakenUp``, or ``Unclear``: it is looked at later."""
        decision = receipt.decision
        if decision.act is Act.PUBLISH and not decision.provider.has_drafts:
            return await self._make(receipt)
        if receipt.stage is Stage.DRAFTED:
            return await self.publish(receipt, is_out=False)
        return await self._send_draft(receipt)

    async def _send_draft(self, receipt: Receipt) -> Receipt:
        if receipt.sent >= MOST_SENT:
            return await self._course.advance(receipt, stage=Stage.UNCLEAR)
        receipt = await self._course.advance(receipt, stage=Stage.SENDING, sent=receipt.sent + 1)
        decision = receipt.decision

        async def send(acting: Acting) -> Page:
            return await self._course.confluence.create_draft(
                acting.connection,
                acting.site,
                decision.space.id,
                decision.title,
                decision.body,
                decision.parent_id,
                kind=decision.kind,
            )

        try:
            page = await self._course.in_its_name(receipt, send)
        except Unclear:
            return receipt
        except BotError as error:
            return await self._course.refuse(receipt, error)
        if decision.act is Act.DRAFT:
            return await self._course.done(receipt, page)
        return await self._course.advance(
            receipt, stage=Stage.DRAFTED, page_id=page.id, page_url=page.url
        )

    async def _make(self, receipt: Receipt) -> Receipt:
        """Make the page in one step, and once: whoever left it under way may have made it."""
        if receipt.stage is Stage.SENDING:
            return await self._looked_for(receipt, Unclear("Confluence"))
        until = self._course.clock() + MADE_LATE / 2  # the rest is for its answer
        receipt = await self._course.advance(receipt, stage=Stage.SENDING, sent=receipt.sent + 1)
        decision = receipt.decision

        async def make(acting: Acting) -> Page:
            return await self._course.confluence.create_page(
                replace(acting.connection, writes_until=until),
                acting.site,
                decision.space,
                decision.title,
                decision.body,
                decision.parent_id,
                message_of(decision),
                kind=decision.kind,
            )

        try:
            page = await self._course.in_its_name(receipt, make)
        except (Unclear, TitleTaken) as error:  # what stands between may have sent it twice
            return await self._looked_for(receipt, error)
        except BotError as error:
            return await self._course.refuse(receipt, error)
        return await self._course.done(receipt, page)

    async def _looked_for(self, receipt: Receipt, error: BotError) -> Receipt:
        """Settle a page without an id by its title, author, time, text and version message."""
        decision = receipt.decision

        async def look(acting: Acting) -> tuple[Page | None, PageText | None, str]:
            where = acting.connection, acting.site
            # In this order: a page of ours that comes to be in between is no clash.
            taken = await self._course.confluence.find_page_by_title(
                *where, decision.space.id, decision.title, kind=decision.kind
            )
            written = await self._course.confluence.find_written(
                *where, decision.space, decision.title, receipt.claimed_at, kind=decision.kind
            )
            return taken, written, await self._noted(acting, written)

        is_late = self._course.clock() - receipt.touched_at >= MADE_LATE
        try:
            taken, written, noted = await self._course.in_its_name(receipt, look, looks=True)
        except BotError as blind:
            if not is_late:
                raise Unclear("Confluence") from blind
            return await self._course.advance(receipt, stage=Stage.UNCLEAR)
        if written is not None and _is_of(written, noted, decision):
            return await self._course.done(receipt, written.page)
        if isinstance(error, TitleTaken) or taken is not None or written is not None:
            return await self._course.advance(receipt, stage=Stage.REFUSED, refusal=TitleTaken.code)
        if not is_late:
            raise Unclear("Confluence") from error
        return await self._course.advance(receipt, stage=Stage.REFUSED, refusal=Unavailable.code)

    async def _noted(self, acting: Acting, written: PageText | None) -> str:
        """Return the mark of the decision that has taken the page for its own, if one has."""
        if written is None or acting.connection.lent is None:
            return ""  # nothing is noted beside what people write themselves
        where = acting.connection, acting.site
        with suppress(NotAllowed, NotFound, ScopeMissing):  # not every server lets apps read it
            note = await self._course.confluence.find_note(
                *where, written.page.id, ASKED_BY, kind=written.page.kind
            )
            return (note or {}).get(NOTED, "")
        return ""

    async def publish(self, receipt: Receipt, *, is_out: bool) -> Receipt:
        """Publish the draft; *is_out* says that an earlier try may have gone through."""
        for _ in range(MOST_PUBLISHED):
            try:
                page = await self._published(receipt)
            except BotError as error:
                is_out = is_out or isinstance(error, (Unclear, Changed))
                look = self._looked_up if is_out else self._course.refuse
                ended = await look(receipt, error)
            else:
                ended = await self._course.done(receipt, page)
            if ended is not None:
                return ended
        return await self._course.advance(receipt, stage=Stage.UNCLEAR)

    async def _published(self, receipt: Receipt) -> Page:
        decision = receipt.decision

        async def publish(acting: Acting) -> Page:
            return await self._course.confluence.publish_draft(
                acting.connection,
                acting.site,
                _draft_of(receipt),
                decision.body,
                message_of(decision),
            )

        return await self._course.in_its_name(receipt, publish)

    async def _looked_up(self, receipt: Receipt, error: BotError) -> Receipt | None:
        """Settle what may have gone through by looking; ``None`` if it may be sent again."""
        try:
            page = await self._course.look(receipt, _draft_of(receipt).id)
        except NotFound:
            is_published = False
        except BotError as blind:
            return await self._course.leave(receipt, blind)
        else:
            is_published = page.status is PageStatus.CURRENT
        if is_published:
            return await self._course.done(receipt, page)
        return (
            None
            if isinstance(error, (Unclear, Changed))
            else await self._course.refuse(receipt, error)
        )


def _is_of(written: PageText, noted: str, decision: Decision) -> bool:
    """Tell whether what stands there says what was decided, and by the same decision.

    Two people may decide the same under one account. A first version without a message is one
    of a server that keeps none; a later version's isn't the decision's. *noted* is the mark of
    the decision that has taken the page for its own.
    """
    page, mark = written.page, decision.mark
    message = page.version_message if page.version == 1 else ""
    is_marked = message.endswith(mark) if message else noted in {"", mark}
    return is_marked and _says(written.document, decision.body)


def _says(found: Document, sent: Body) -> bool:
    """Tell whether what was read back is what was sent, as far as storage format carries it."""
    return digest_of(found) == digest_of(from_storage(body_to_storage(sent)))


def _draft_of(receipt: Receipt) -> Page:
    decision = receipt.decision
    if receipt.page_id is None:
        raise NotFound("The draft's id isn't known.")
    return Page(
        receipt.page_id,
        decision.title,
        receipt.page_url,
        decision.space.id,
        PageStatus.DRAFT,
        version=1,
        parent_id=decision.parent_id,
        kind=decision.kind,
    )
