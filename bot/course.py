"""The course of one decision: in whose name it is written, and how far it has come."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from bot.act import Acting, Actor
from bot.audit import Auditor
from bot.compose import need_of
from bot.connection import Connection
from bot.content import Account, Page, PageId
from bot.credentials import Limits
from bot.documents import digest_of
from bot.errors import BotError, NotAllowed, Unclear
from bot.frozen import frozen
from bot.ports import Clock, Confluence, Drafts, PreferencesStore, Receipts
from bot.receipt import Act, Decision, Receipt, Stage

log = structlog.get_logger(__name__)

T = TypeVar("T")

ASKED_BY = "confab-asked-by"
NOTED: Final = "decision"
"""The content property that names who asked for what the organisation's account wrote."""

LOOKED_FOR = timedelta(minutes=1)
"""For so long after its claim a write that can't be looked up is left for a later look."""


class AccountChanged(NotAllowed):
    """Its person has connected another account since they confirmed it."""

    code = "account_changed"


class TakenUp(BotError):
    """Another process has taken the receipt up; it will finish and tell."""

    code = "taken_up"


@frozen
class Memory:
    """What the publisher keeps and reads."""

    receipts: Receipts
    drafts: Drafts
    preferences: PreferencesStore
    auditor: Auditor


@frozen
class Course:
    """Acts for a decision's person, and keeps what comes of it in the receipt."""

    actor: Actor
    confluence: Confluence
    memory: Memory
    clock: Clock

    async def in_its_name(
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

        return await self.actor.run(
            decision.principal,
            need_of(decision.act),
            checked,
            site=decision.site.cloud_id,
            looks=looks,
            limits=Limits(decision.own_only, decision.lent_spaces),
        )

    async def look(self, receipt: Receipt, page_id: PageId) -> Page:
        """Look under an id that we know: the one way to settle an unclear answer."""

        async def look(acting: Acting) -> Page:
            return await self.confluence.get_page_head(
                acting.connection, acting.site, page_id, kind=receipt.decision.kind
            )

        return await self.in_its_name(receipt, look, looks=True)

    async def leave(self, receipt: Receipt, blind: BotError) -> Receipt:
        """Leave a write that may be out, and can't be looked up, to a later look; not for ever."""
        if self.clock() - receipt.claimed_at < LOOKED_FOR:
            raise Unclear("Confluence") from blind
        return await self.advance(receipt, stage=Stage.UNCLEAR)

    async def done(self, receipt: Receipt, page: Page) -> Receipt:
        """Keep that *page* is what was decided."""
        if receipt.decision.is_lent:
            await self._note_asker(receipt, page)
        done = await self.advance(
            receipt,
            stage=Stage.DONE,
            page_id=page.id,
            page_url=page.url,
            done_at=self.clock(),
            digest=digest_of(receipt.decision.body) if receipt.decision.act is Act.DRAFT else "",
        )
        if not done.decision.act.changes:
            with suppress(BotError):  # a comfort; what was written must be told
                await self._remember_space(done.decision)
        return done

    async def _note_asker(self, receipt: Receipt, page: Page) -> None:
        """Keep beside the page who asked for it; its version says so in any case."""

        async def note(acting: Acting) -> None:
            await self.confluence.note(
                acting.connection,
                acting.site,
                page.id,
                ASKED_BY,
                note_of(receipt.decision),
                kind=receipt.decision.kind,
            )

        try:
            await self.in_its_name(receipt, note, looks=True)
        except BotError as error:
            log.warning("asker not noted", code=error.code, page=page.id)

    async def _remember_space(self, decision: Decision) -> None:
        await self.memory.preferences.add_recent_space(
            decision.principal, decision.site.cloud_id, decision.space
        )

    async def refuse(self, receipt: Receipt, error: BotError) -> Receipt:
        """Keep that nothing was written, and why."""
        return await self.advance(receipt, stage=Stage.REFUSED, refusal=error.code)

    async def advance(self, receipt: Receipt, **changes: object) -> Receipt:
        """Keep how far it has come. Raises ``TakenUp`` if another process is at it."""
        stored = await self.memory.receipts.replace(receipt, replace(receipt, **changes))  # type: ignore[arg-type]  # fields of Receipt
        if stored is None:
            raise TakenUp
        return stored


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
