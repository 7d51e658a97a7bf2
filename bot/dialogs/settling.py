"""The errand that finishes runs which another process left, and tells their people."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.dialog import PLAN_LASTS, Dialog, Phase
from bot.dialogs.desk import DialogDesk
from bot.dialogs.parts import Tell
from bot.dialogs.turn import Turn
from bot.errands import Pace
from bot.errors import BotError, NotAllowed
from bot.ports import Clock, Dialogs, Due

log = structlog.get_logger(__name__)

UNCONFIRMED: Final = timedelta(seconds=60)
"""How often a plan that nobody has confirmed yet is looked at again: as long as a run is left
alone, so that one confirmed just after a look is still taken up when its time has come."""
LATE: Final = timedelta(minutes=10)
"""Within it a confirmation of the last moment has been written down: that is judged by the
database's clock, and this by ours."""
GIVES_UP: Final = timedelta(days=1)
GIVEN_UP: Final = (
    "For a day this run couldn't be gone on with, so it was given up. What it wrote before stays; "
    "look there before you try again."
)
_TOLD: Final = frozenset({Phase.DONE, Phase.FAILED, Phase.UNCLEAR})


class Settling:
    """Takes up runs that nobody has touched for a while."""

    def __init__(
        self, desk: DialogDesk, dialogs: Dialogs, tell: Tell, pace: Pace, clock: Clock
    ) -> None:
        self._desk = desk
        self._dialogs = dialogs
        self._tell = tell
        self._pace = pace
        self._clock = clock

    async def settle(self, due: Due) -> datetime | None:
        """Do what is due for a dialog, and return when to look for it again."""
        dialog = await self._dialogs.find_due(due)
        if dialog is None:
            return None
        structlog.contextvars.bind_contextvars(correlation=dialog.correlation)
        if not _is_under_way(dialog) and not _is_to_be_told(dialog):
            return self._next_look(dialog)
        free_at = dialog.touched_at + self._pace.after
        if self._clock() < free_at:
            return free_at
        return await self._taken_up(dialog, due)

    def _next_look(self, dialog: Dialog) -> datetime | None:
        """Return when to look again whether its plan was confirmed, as long as it may be."""
        is_late = self._clock() > dialog.touched_at + PLAN_LASTS + LATE
        if dialog.phase is not Phase.CONFIRMING or is_late:
            return None
        return self._clock() + min(UNCONFIRMED, self._pace.after)

    async def _taken_up(self, dialog: Dialog, due: Due) -> datetime | None:
        log.info("dialog taken up", phase=dialog.phase)
        try:
            turn = await self._settled(dialog)
            if _is_under_way(turn.dialog):
                return due.at  # somebody else has it in hand
            # Nobody has pressed for this: it goes by direct message.
            await self._tell(replace(turn, dialog=replace(turn.dialog, response_url=None)))
        except BotError as error:
            if not self._is_hopeless(dialog, error):
                raise
            log.error("dialog given up", code=error.code)  # noqa: TRY400  # its code says it
            return due.at if await self._end(due) else None
        return self._next_look(turn.dialog)

    async def _end(self, due: Due) -> bool:
        """Have what can't be gone on with be under way no longer: its person may try again.

        ``True`` if it was, so that they are to be told.
        """
        dialog = await self._dialogs.find_due(due)
        if dialog is None or dialog.phase is not Phase.RUNNING:
            return False
        ended = replace(dialog.given_up(), phase=Phase.FAILED, failure=GIVEN_UP, is_told=False)
        return await self._dialogs.replace(dialog, ended) is not None

    async def _settled(self, dialog: Dialog) -> Turn:
        if not _is_under_way(dialog):
            return await self._desk.find(dialog.principal, dialog.id)
        try:
            return await self._desk.carry_on(dialog)
        except BotError:
            turn = await self._desk.find(dialog.principal, dialog.id)
            if _is_under_way(turn.dialog):
                raise
            return turn  # it waits for its person, who doesn't know

    def _is_hopeless(self, dialog: Dialog, error: BotError) -> bool:
        """Tell whether nobody listens there, or hasn't for a day."""
        done = (each.at for each in dialog.journal)
        known = (dialog.began_at, dialog.confirmed_at, dialog.undo_asked, *done)
        since = max(each for each in known if each is not None)
        return isinstance(error, NotAllowed) or self._clock() - since >= GIVES_UP


def _is_to_be_told(dialog: Dialog) -> bool:
    """Tell whether a run has come to where its person may not know that it stands."""
    return dialog.is_waited_for or (dialog.phase in _TOLD and not dialog.is_told)


def _is_under_way(dialog: Dialog) -> bool:
    """Tell whether its writing, or its taking back, is in somebody's hand, or was."""
    return dialog.phase is Phase.RUNNING or dialog.undo_asked is not None
