"""From the preview to the receipt: confirming, carrying out, clearing up and taking back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import structlog

from bot.dialog import DialogId, Phase
from bot.dialogs import Move, Saying, Says, Verdict
from bot.errors import BotError, ConsentRequired, NotAllowed, NotFound, SiteRequired, Unavailable
from bot.mrkdwn import escape
from handlers import blocks, replies
from handlers.ask import Ack, Answer, Ask, Kind, Modal, Reply, Route
from handlers.dialogs import messages, names, views
from handlers.dialogs.parts import DialogParts

log = structlog.get_logger(__name__)

WRITING: Final = "Writing to Confluence… You can close this: the receipt comes by message as well."
UNDER_WAY: Final = "That was confirmed already. The receipt comes by message."
STALE: Final = "stale"
"""What was pressed isn't what stands there by now, or has been standing for too long."""
_VERDICTS: Final = {
    names.IS_DONE: Verdict.DONE,
    names.DO_IT: Verdict.DO_IT,
    names.STOP: Verdict.STOP,
}


class Confirming:
    """Runs what was confirmed, once."""

    def __init__(self, parts: DialogParts) -> None:
        self._parts = parts
        self._desk = parts.desk
        self._stage = parts.stage

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's names."""
        return (
            Route(
                Kind.SUBMISSION,
                names.CONFIRM,
                self.carry_out,
                submitted=self.claim,
                unsure=views.maybe_recorded,
            ),
            Route(Kind.PRESS, names.CONFIRM, self.carry_out, submitted=self.claim_press),
            *(Route(Kind.PRESS, name, self._judging(said)) for name, said in _VERDICTS.items()),
            Route(Kind.PRESS, names.AGAIN, self.try_again),
            Route(Kind.PRESS, names.UNDO, self.undo),
        )

    async def undo(self, ask: Ask) -> Answer:
        """Take back what was written, where nobody has touched it."""
        turn = await self._desk.undo(ask.principal, names.dialog_in(ask.value))
        if ask.view is not None and ask.view.is_modal:
            return await self._stage.show(ask, turn)
        return replace(await self._stage.message(turn), replace=True)

    async def claim(self, ask: Ask) -> Ack:
        """Write the confirmation down before the ack says that it is under way."""
        metadata = ask.view.metadata if ask.view else ""
        dialog, plan = names.dialog_in(metadata), names.plan_in(metadata)
        try:
            is_claimed = await self._desk.confirm(ask.principal, dialog, plan)
        except Unavailable:
            return Ack(view=views.maybe_recorded(), push=True, goes_on=False)
        if is_claimed:
            return Ack(view=views.working(WRITING))
        return await self._claimed_before(ask)

    async def claim_press(self, ask: Ask) -> Ack:
        """Write the confirmation down before its ack."""
        dialog, plan = names.dialog_in(ask.value), names.plan_in(ask.value)
        is_claimed = await self._desk.confirm(ask.principal, dialog, plan)
        return Ack(found="" if is_claimed else STALE)

    async def carry_out(self, ask: Ask) -> Answer:
        """Do what was confirmed, and show what became of it."""
        metadata = ask.value or (ask.view.metadata if ask.view else "")
        dialog = names.dialog_in(metadata)
        try:
            if not (ask.modal or ask.found):
                await self._show_claimed(ask, dialog)
            turn = await self._desk.run(ask.principal, dialog)
        except (ConsentRequired, SiteRequired):
            kept = await self._desk.find(ask.principal, dialog)
            if kept.dialog.phase is Phase.CONFIRMING:
                await self._desk.mark_told(kept)
                raise  # nothing of it was sent: it waits for them to connect, or to choose
            return await self._under_way(ask)
        except BotError as error:
            if ask.found and not await self._is_under_way(ask, dialog):
                raise
            # It is claimed, and may be written: an apology that nothing was changed may be untrue.
            log.warning("run unsettled", code=error.code)
            return await self._under_way(ask)
        if ask.found and turn.dialog.phase is Phase.CONFIRMING:
            turn = replace(turn, says=Says(Saying.STALE))
        return await self._stage.show(ask, turn)

    async def _is_under_way(self, ask: Ask, dialog: DialogId) -> bool:
        """Tell whether another press has confirmed it; where that can't be told, it may have."""
        try:
            found = await self._desk.find(ask.principal, dialog)
        except Unavailable:
            return True
        return found.dialog.phase is Phase.RUNNING

    async def _show_claimed(self, ask: Ask, dialog: DialogId) -> None:
        """Let the message that was pressed say so, if it was that press which confirmed it."""
        claimed = await self._desk.find(ask.principal, dialog)
        if claimed.dialog.phase is Phase.RUNNING:
            await self._parts.replace(ask, messages.confirmed(claimed))

    async def _under_way(self, ask: Ask) -> Answer:
        if ask.modal:
            return Modal(views.working(views.LATER))
        return Reply(views.LATER)

    async def _claimed_before(self, ask: Ask) -> Ack:
        """Show what became of it: it was confirmed before, or isn't what was shown."""
        metadata = ask.view.metadata if ask.view else ""
        try:
            turn = await self._desk.find(ask.principal, names.dialog_in(metadata))
        except NotFound as error:
            return Ack(view=views.working(str(error)), goes_on=False)
        if turn.dialog.phase in {Phase.CONFIRMING, Phase.ASKING}:
            return Ack(view=views.working(), found=STALE)
        if turn.dialog.phase is Phase.RUNNING:
            return Ack(view=views.working(UNDER_WAY), goes_on=False)
        return Ack(view=views.of(turn, await self._stage.onward(turn)), goes_on=False)

    def _judging(self, verdict: Verdict) -> Callable[[Ask], Awaitable[Answer]]:
        async def judged(ask: Ask) -> Answer:
            key = names.read_value(ask.value).get("k", "")
            dialog = names.dialog_in(ask.value)
            try:
                turn = await self._desk.verdict(ask.principal, dialog, key, verdict)
            except NotAllowed as error:
                if ask.view is None or not ask.view.is_modal:
                    raise  # what was pressed stays above it
                return await self._as_before(dialog, ask, error)
            return await self._stage.show(ask, turn)

        return judged

    async def _as_before(self, dialog: DialogId, ask: Ask, error: NotAllowed) -> Answer:
        """Show the modal that was pressed once more, with why nothing came of it."""
        turn = await self._desk.find(ask.principal, dialog)
        view = views.of(turn, await self._stage.onward(turn))
        why = blocks.section(f":warning: {escape(replies.words_for(error))}")
        return Modal(view | {"blocks": [why, *view["blocks"]][: blocks.MOST_IN_VIEW]})

    async def try_again(self, ask: Ask) -> Answer:
        """Go back to where a run stopped, with every answer kept."""
        dialog = names.dialog_in(ask.value)
        turn = await self._desk.move(ask.principal, dialog, Move.TRY_AGAIN)
        return await self._stage.show(ask, turn)
