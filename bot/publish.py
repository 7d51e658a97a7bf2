"""Make one page, and only one, of a decision that a person confirmed (promise 8).

A receipt says how far the decision has come; every step is written down before the next
begins, so that any process can take it up wherever another left it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog

from bot.act import Acting, Actor
from bot.audit import Auditor
from bot.compose import need_of
from bot.connection import ORGANISATION, Connection
from bot.content import Account, Page, PageId, PageStatus, PageText
from bot.credentials import Limits
from bot.document import Body, Document
from bot.documents import body_to_storage, digest_of, document_in, from_storage
from bot.errors import (
    BadInput,
    BotError,
    Changed,
    NotAllowed,
    NotFound,
    ScopeMissing,
    TitleTaken,
    Unavailable,
    Unclear,
)
from bot.ports import Clock, Confluence, Drafts, PreferencesStore, Receipts
from bot.principal import Principal
from bot.receipt import (
    Act,
    Decision,
    DecisionId,
    Draft,
    DraftId,
    Receipt,
    Stage,
    message_of,
)
from bot.trail import Action, Entry, Outcome, Used
from bot.undo import take_back

log = structlog.get_logger(__name__)

T = TypeVar("T")

ASKED_BY = "confab-asked-by"
NOTED: Final = "decision"
"""The content property that names who asked for what the organisation's account wrote."""

MOST_SENT = 2
"""First writes of one decision: an unclear one is sent again, once."""

MOST_PUBLISHED = 3
"""Tries to publish a draft whose id is known; each can be settled by looking."""

MADE_LATE = timedelta(seconds=90)
"""For so long after it was sent a page that has no id yet may still come to be."""

LOOKED_FOR = timedelta(minutes=1)
"""For so long after its claim a write that can't be looked up is left for a later look."""


class AccountChanged(NotAllowed):
    """Its person has connected another account since they confirmed it."""

    code = "account_changed"


class TakenUp(BotError):
    """Another process has taken the receipt up; it will finish and tell."""

    code = "taken_up"


@dataclass(frozen=True, slots=True)
class Memory:
    """What the publisher keeps and reads."""

    receipts: Receipts
    drafts: Drafts
    preferences: PreferencesStore
    auditor: Auditor


class Publisher:
    """Claims decisions and brings them to their end."""

    def __init__(
        self,
        actor: Actor,
        confluence: Confluence,
        memory: Memory,
        clock: Clock,
        undo_for: timedelta,
    ) -> None:
        self._actor = actor
        self._confluence = confluence
        self._memory = memory
        self._clock = clock
        self._undo_for = undo_for

    async def claim(self, draft: Draft, correlation: str) -> bool:
        """Write the decision down before anybody is told that it is under way.

        ``False`` if it was claimed before: its receipt tells what became of it.
        """
        receipt = self._fresh(draft.decision, correlation)
        return await self._memory.receipts.claim(
            replace(
                receipt,
                response_url=draft.response_url,
                response_url_at=draft.response_url_at,
            )
        )

    async def write(self, decision: Decision, correlation: str) -> Receipt:
        """Bring a decision that a run's plan named to its end, from wherever it stands.

        Whoever calls sees to it that it is called again where this process doesn't come to the
        end. Nobody else tells of it.

        Raises:
            TakenUp, Unclear: see `settle`.
        """
        fresh = replace(self._fresh(decision, correlation), told=True)
        if not await self._memory.receipts.claim(fresh):
            found = await self._memory.receipts.find(decision.principal, decision.id)
            if found is None:
                raise TakenUp
            return await self.resume(found)
        return await self.settle(fresh)

    async def resume(self, receipt: Receipt) -> Receipt:
        """Return *receipt* at its end: it may stand there already. See `settle`."""
        return receipt if receipt.stage.is_final else await self.settle(receipt)

    async def take_up(
        self, principal: Principal, decision: DecisionId, left_alone: timedelta
    ) -> None:
        """Take the receipt of *decision* from whoever has left it alone for so long.

        Raises:
            TakenUp: somebody has it in hand.
        """
        receipt = await self.find(principal, decision)
        if receipt is None or receipt.stage.is_final:
            return
        if await self._memory.receipts.take_up(receipt, left_alone) is None:
            raise TakenUp

    async def find(self, principal: Principal, decision: DecisionId) -> Receipt | None:
        """Return the principal's own receipt of *decision*."""
        return await self._memory.receipts.find(principal, decision)

    def _fresh(self, decision: Decision, correlation: str) -> Receipt:
        now = self._clock()
        return Receipt(
            decision, Stage.CLAIMED, claimed_at=now, touched_at=now, correlation=correlation
        )

    async def settle(self, receipt: Receipt) -> Receipt:
        """Bring *receipt* to its end, from wherever it stands.

        Raises:
            TakenUp: another process is at it.
            Unclear: a write may be out that can't be looked up now; whoever takes the
                receipt up later looks again.
        """
        if receipt.decision.is_lent and not receipt.stage.is_final:
            await self._memory.auditor.begin(entry_of(receipt))
        if receipt.stage is Stage.DRAFTED:  # whoever left it may have published it
            receipt = await self._publish(receipt, is_out=True)
        while not receipt.stage.is_final:
            receipt = await self._step(receipt)
        self._memory.auditor.record(entry_of(receipt))
        return receipt

    async def mark_told(self, receipt: Receipt) -> None:
        """Record that the person has been shown the outcome, and drop what isn't needed."""
        await self._memory.receipts.replace(receipt, replace(receipt, told=True))
        if receipt.stage is Stage.DONE:
            decision = receipt.decision
            await self._memory.drafts.remove(decision.principal, DraftId(decision.id))

    async def undo(self, principal: Principal, decision: DecisionId) -> Receipt:
        """Take *decision* back, if the page is as it was written and the time isn't up."""
        return (await self.undo_all(principal, (decision,)))[0]

    async def undo_all(
        self,
        principal: Principal,
        decisions: Sequence[DecisionId],
        asked_at: datetime | None = None,
    ) -> Sequence[Receipt]:
        """Take *decisions* on one page back, which were written one after another.

        *asked_at* is when that was asked for, if not now.

        Raises:
            NotAllowed: the time is up, or one of them can't be.
            Changed: somebody has changed the page since; it stays as it is.
        """
        found = [await self._memory.receipts.find(principal, each) for each in decisions]
        receipts = [
            each for each in found if each is not None and self._is_or_can_be(each, asked_at)
        ]
        if len(receipts) < len(decisions):
            raise NotAllowed(
                "That can't be undone from here any more; nothing was changed. "
                "In Confluence you can still move the page to the trash, or restore a version."
            )

        async def take_it_back(acting: Acting) -> None:
            await take_back(self._confluence, acting, receipts)

        last = receipts[-1]
        if all(each.undone_at is not None for each in receipts):
            return receipts
        entry = replace(entry_of(last), action=Action.UNDO)
        if last.decision.is_lent:
            async with self._memory.auditor.around(replace(entry, key="")):
                await self._in_its_name(last, take_it_back)
        else:
            await self._in_its_name(last, take_it_back)
            self._memory.auditor.record(replace(entry, key=f"{last.decision.id}.undo"))
        return [await self._undone(receipt) for receipt in receipts]

    async def _undone(self, receipt: Receipt) -> Receipt:
        undone = replace(receipt, undone_at=self._clock())
        return await self._memory.receipts.replace(receipt, undone) or undone

    def _is_or_can_be(self, receipt: Receipt, asked_at: datetime | None) -> bool:
        """Tell whether it is taken back, by whoever died then or was pressed as well, or can be."""
        return receipt.undone_at is not None or self.can_undo(receipt, asked_at)

    def can_undo(self, receipt: Receipt, asked_at: datetime | None = None) -> bool:
        """Tell whether *Undo* may still be offered, or could be at *asked_at*."""
        done_at = receipt.done_at or receipt.touched_at  # earlier versions kept no done_at
        young = (asked_at or self._clock()) - done_at < self._undo_for
        return (
            young
            and receipt.stage is Stage.DONE
            and receipt.page_id is not None
            and receipt.undone_at is None
        )

    async def _step(self, receipt: Receipt) -> Receipt:
        decision = receipt.decision
        if decision.act.changes:
            return await self._change(receipt)
        if decision.act is Act.PUBLISH and not decision.provider.has_drafts:
            return await self._make(receipt)
        if receipt.stage is Stage.DRAFTED:
            return await self._publish(receipt, is_out=False)
        return await self._send_draft(receipt)

    async def _send_draft(self, receipt: Receipt) -> Receipt:
        if receipt.sent >= MOST_SENT:
            return await self._advance(receipt, stage=Stage.UNCLEAR)
        receipt = await self._advance(receipt, stage=Stage.SENDING, sent=receipt.sent + 1)
        decision = receipt.decision

        async def send(acting: Acting) -> Page:
            return await self._confluence.create_draft(
                acting.connection,
                acting.site,
                decision.space.id,
                decision.title,
                decision.body,
                decision.parent_id,
                kind=decision.kind,
            )

        try:
            page = await self._in_its_name(receipt, send)
        except Unclear:
            return receipt
        except BotError as error:
            return await self._refuse(receipt, error)
        if decision.act is Act.DRAFT:
            return await self._done(receipt, page)
        return await self._advance(receipt, stage=Stage.DRAFTED, page_id=page.id, page_url=page.url)

    async def _make(self, receipt: Receipt) -> Receipt:
        """Make the page in one step, and once: whoever left it under way may have made it."""
        if receipt.stage is Stage.SENDING:
            return await self._looked_for(receipt, Unclear("Confluence"))
        receipt = await self._advance(receipt, stage=Stage.SENDING, sent=receipt.sent + 1)
        decision = receipt.decision

        async def make(acting: Acting) -> Page:
            return await self._confluence.create_page(
                acting.connection,
                acting.site,
                decision.space,
                decision.title,
                decision.body,
                decision.parent_id,
                message_of(decision),
                kind=decision.kind,
            )

        try:
            page = await self._in_its_name(receipt, make)
        except (Unclear, TitleTaken) as error:  # what stands between may have sent it twice
            return await self._looked_for(receipt, error)
        except BotError as error:
            return await self._refuse(receipt, error)
        return await self._done(receipt, page)

    async def _looked_for(self, receipt: Receipt, error: BotError) -> Receipt:
        """Settle a page without an id by its title, author, time, text and version message."""
        decision = receipt.decision

        async def look(acting: Acting) -> tuple[Page | None, PageText | None, str]:
            where = acting.connection, acting.site
            # In this order: a page of ours that comes to be in between is no clash.
            taken = await self._confluence.find_page_by_title(
                *where, decision.space.id, decision.title, kind=decision.kind
            )
            written = await self._confluence.find_written(
                *where, decision.space, decision.title, receipt.claimed_at, kind=decision.kind
            )
            return taken, written, await self._noted(acting, written)

        is_late = self._clock() - receipt.touched_at >= MADE_LATE
        try:
            taken, written, noted = await self._in_its_name(receipt, look, looks=True)
        except BotError as blind:
            if not is_late:
                raise Unclear("Confluence") from blind
            return await self._advance(receipt, stage=Stage.UNCLEAR)
        if written is not None and _is_of(written, noted, decision):
            return await self._done(receipt, written.page)
        if isinstance(error, TitleTaken) or taken is not None or written is not None:
            return await self._advance(receipt, stage=Stage.REFUSED, refusal=TitleTaken.code)
        if not is_late:
            raise Unclear("Confluence") from error
        return await self._advance(receipt, stage=Stage.REFUSED, refusal=Unavailable.code)

    async def _noted(self, acting: Acting, written: PageText | None) -> str:
        """Return the mark of the decision that has taken the page for its own, if one has."""
        if written is None or acting.connection.lent is None:
            return ""  # nothing is noted beside what people write themselves
        where = acting.connection, acting.site
        with suppress(NotAllowed, NotFound, ScopeMissing):  # not every server lets apps read it
            note = await self._confluence.find_note(
                *where, written.page.id, ASKED_BY, kind=written.page.kind
            )
            return (note or {}).get(NOTED, "")
        return ""

    async def _publish(self, receipt: Receipt, *, is_out: bool) -> Receipt:
        """Publish the draft; *is_out* says that an earlier try may have gone through."""
        for _ in range(MOST_PUBLISHED):
            try:
                page = await self._published(receipt)
            except BotError as error:
                is_out = is_out or isinstance(error, (Unclear, Changed))
                look = self._looked_up if is_out else self._refuse
                ended = await look(receipt, error)
            else:
                ended = await self._done(receipt, page)
            if ended is not None:
                return ended
        return await self._advance(receipt, stage=Stage.UNCLEAR)

    async def _published(self, receipt: Receipt) -> Page:
        decision = receipt.decision

        async def publish(acting: Acting) -> Page:
            return await self._confluence.publish_draft(
                acting.connection,
                acting.site,
                _draft_of(receipt),
                decision.body,
                message_of(decision),
            )

        return await self._in_its_name(receipt, publish)

    async def _looked_up(self, receipt: Receipt, error: BotError) -> Receipt | None:
        """Settle what may have gone through by looking; ``None`` if it may be sent again."""
        try:
            page = await self._look(receipt, _draft_of(receipt).id)
        except NotFound:
            is_published = False
        except BotError as blind:
            return await self._leave(receipt, blind)
        else:
            is_published = page.status is PageStatus.CURRENT
        if is_published:
            return await self._done(receipt, page)
        return None if isinstance(error, (Unclear, Changed)) else await self._refuse(receipt, error)

    async def _look(self, receipt: Receipt, page_id: PageId) -> Page:
        """Look under an id that we know: the one way to settle an unclear answer."""

        async def look(acting: Acting) -> Page:
            return await self._confluence.get_page_head(
                acting.connection, acting.site, page_id, kind=receipt.decision.kind
            )

        return await self._in_its_name(receipt, look, looks=True)

    async def _leave(self, receipt: Receipt, blind: BotError) -> Receipt:
        """Leave a write that may be out, and can't be looked up, to a later look; not for ever."""
        if self._clock() - receipt.claimed_at < LOOKED_FOR:
            raise Unclear("Confluence") from blind
        return await self._advance(receipt, stage=Stage.UNCLEAR)

    async def _change(self, receipt: Receipt) -> Receipt:
        if receipt.sent >= MOST_SENT + 1:
            return await self._advance(receipt, stage=Stage.UNCLEAR)
        receipt = await self._advance(receipt, stage=Stage.SENDING, sent=receipt.sent + 1)
        try:
            page = await self._changed_page(receipt)
        except BotError as error:
            if receipt.sent > 1 or isinstance(error, (Unclear, Changed)):
                return await self._looked_at(receipt, error)
            return await self._refuse(receipt, error)
        return await self._done(receipt, page)

    async def _changed_page(self, receipt: Receipt) -> Page:
        async def change(acting: Acting) -> Page:
            return await change_page(self._confluence, acting, receipt.decision)

        return await self._in_its_name(receipt, change)

    async def _looked_at(self, receipt: Receipt, error: BotError) -> Receipt:
        """Tell our version of the page from somebody else's by its message."""
        decision = receipt.decision
        if decision.page_id is None:
            return await self._refuse(receipt, error)
        try:
            page = await self._look(receipt, decision.page_id)
        except BotError as blind:
            return await self._leave(receipt, blind)
        if page.version_message == message_of(decision):
            return await self._done(receipt, page)
        if page.version == decision.base_version and isinstance(error, (Unclear, Changed)):
            return receipt
        if page.version == decision.base_version or _was_first(receipt, error):
            return await self._refuse(receipt, error)
        return await self._advance(receipt, stage=Stage.UNCLEAR, page_id=page.id, page_url=page.url)

    async def _in_its_name(
        self,
        receipt: Receipt,
        work: Callable[[Acting], Awaitable[T]],
        *,
        looks: bool = False,
    ) -> T:
        """Run *work* under the very account, connection and site that the preview showed.

        *looks* says that it writes nothing that anybody has yet to decide.
        """
        decision = receipt.decision

        async def checked(acting: Acting) -> T:
            require_account(acting, decision.account, is_lent=decision.is_lent)
            return await work(acting)

        return await self._actor.run(
            decision.principal,
            need_of(decision.act),
            checked,
            site=decision.site.cloud_id,
            looks=looks,
            limits=Limits(decision.own_only, decision.lent_spaces),
        )

    async def _done(self, receipt: Receipt, page: Page) -> Receipt:
        if receipt.decision.is_lent:
            await self._note_asker(receipt, page)
        done = await self._advance(
            receipt,
            stage=Stage.DONE,
            page_id=page.id,
            page_url=page.url,
            done_at=self._clock(),
            digest=digest_of(receipt.decision.body) if receipt.decision.act is Act.DRAFT else "",
        )
        if not done.decision.act.changes:
            with suppress(BotError):  # a comfort; what was written must be told
                await self._remember_space(done.decision)
        return done

    async def _note_asker(self, receipt: Receipt, page: Page) -> None:
        """Keep beside the page who asked for it; its version says so in any case."""

        async def note(acting: Acting) -> None:
            await self._confluence.note(
                acting.connection,
                acting.site,
                page.id,
                ASKED_BY,
                note_of(receipt.decision),
                kind=receipt.decision.kind,
            )

        try:
            await self._in_its_name(receipt, note, looks=True)
        except BotError as error:
            log.warning("asker not noted", code=error.code, page=page.id)

    async def _remember_space(self, decision: Decision) -> None:
        await self._memory.preferences.add_recent_space(
            decision.principal, decision.site.cloud_id, decision.space
        )

    async def _refuse(self, receipt: Receipt, error: BotError) -> Receipt:
        return await self._advance(receipt, stage=Stage.REFUSED, refusal=error.code)

    async def _advance(self, receipt: Receipt, **changes: object) -> Receipt:
        stored = await self._memory.receipts.replace(receipt, replace(receipt, **changes))  # type: ignore[arg-type]  # fields of Receipt
        if stored is None:
            raise TakenUp
        return stored


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


_ACTIONS: Final = {
    Act.PUBLISH: Action.PUBLISH,
    Act.DRAFT: Action.DRAFT,
    Act.APPEND: Action.APPEND,
    Act.UPDATE: Action.UPDATE,
    Act.SECTION: Action.UPDATE,
    Act.RESTORE_VERSION: Action.RESTORE_VERSION,
}
_OUTCOMES: Final = {
    Stage.DONE: Outcome.DONE,
    Stage.REFUSED: Outcome.REFUSED,
    Stage.UNCLEAR: Outcome.UNCLEAR,
}


def entry_of(receipt: Receipt) -> Entry:
    """Return what the audit keeps of *receipt*, once for each decision."""
    decision = receipt.decision
    entry = Entry.by(decision.principal, _ACTIONS[decision.act], decision.asker)
    entry = entry.on(decision.site, decision.space, receipt.page_id or decision.page_id)
    return replace(
        entry.of("page", decision.title),
        outcome=_OUTCOMES.get(receipt.stage, Outcome.BEGUN),
        code=receipt.refusal,
        credential=Used.ORGANISATION if decision.is_lent else Used.OWN,
        profile=decision.profile,
        account=decision.account,
        account_of=ORGANISATION if decision.is_lent else "",
        correlation=receipt.correlation,
        key=decision.id,
    )


def require_account(acting: Acting, account: Account, *, is_lent: bool) -> None:
    """See that it is still the account that was confirmed, lent or one's own.

    Raises:
        AccountChanged: it is another, or the same under another connection.
    """
    now = acting.connection
    if (now.lent is not None) != is_lent or now.account.id != account.id:
        raise AccountChanged(_changed(account, now, is_lent=is_lent))


def _changed(account: Account, now: Connection, *, is_lent: bool) -> str:
    """Say whose account it would be now; it may be the same, lent or one's own."""
    if is_lent or now.lent is not None:
        before = "the organisation's" if is_lent else "your own"
        held = "the organisation's" if now.lent is not None else "your own"
        return (
            f"You confirmed this with {before} account {account.name}, and it would be "
            f"{held} account {now.account.name} now. Nothing more was written. Begin anew."
        )
    return (
        f"You confirmed this as {account.name}, and are connected as {now.account.name} "
        "now. Nothing more was written. Connect the first account again, or begin anew with "
        "this one."
    )


def note_of(decision: Decision) -> Mapping[str, str]:
    """Return what is kept beside the page of who asked for it."""
    asker = decision.principal.user_id
    return {"asked_by": decision.asker, "slack_user": asker, NOTED: decision.mark}


def _says(found: Document, sent: Body) -> bool:
    """Tell whether what was read back is what was sent, as far as storage format carries it."""
    return digest_of(found) == digest_of(from_storage(body_to_storage(sent)))


def _was_first(receipt: Receipt, error: BotError) -> bool:
    """Tell whether Confluence refused the only sending, as the page had moved on."""
    return receipt.sent == 1 and isinstance(error, Changed)


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
