"""Make one page, and only one, of a decision that a person confirmed (promise 8).

A receipt says how far the decision has come; every step is written down before the next
begins, so that any process can take it up wherever another left it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.act import Acting, Actor
from bot.changing import Changing
from bot.connection import ORGANISATION
from bot.course import Course, Memory, TakenUp
from bot.errors import NotAllowed
from bot.making import Making
from bot.ports import Clock, Confluence
from bot.principal import Principal
from bot.receipt import Act, Decision, DecisionId, Draft, DraftId, Receipt, Stage
from bot.trail import Action, Entry, Outcome, Used
from bot.undo import take_back


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
        self._course = Course(actor, confluence, memory, clock)
        self._making = Making(self._course)
        self._changing = Changing(self._course)
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
            receipt = await self._making.publish(receipt, is_out=True)
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
                await self._course.in_its_name(last, take_it_back)
        else:
            await self._course.in_its_name(last, take_it_back)
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
        changes = receipt.decision.act.changes
        return await (self._changing if changes else self._making).step(receipt)


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
