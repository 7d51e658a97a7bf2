"""A run's dialog as it is kept: every change is compared with what stands there, and set."""

import asyncio
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.course import TakenUp
from bot.dialog import Dialog, Fate, Origin, Phase, Record
from bot.errors import BadInput, Unavailable
from bot.ports import Dialogs

MOST_KEPT: Final = 1_000_000
"""Bytes of a journal's results, and of what taking its writes back goes by."""
TOO_MUCH: Final = (
    "This run has read or written more than can be kept of it (1 MB), so it stops here. Nothing "
    "more was written, and what was done before stays: choose less for it to work on, and try "
    "again."
)
PAUSES: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to keep a run's course: more than a replica set takes for electing."""
_TRIES: Final = 3


class Book:
    """One run's dialog.

    *now* has what was read since it was last kept: that is lost with the process, and is read
    again by whoever takes the run up.
    """

    def __init__(
        self, dialogs: Dialogs, dialog: Dialog, pauses: tuple[float, ...] = PAUSES
    ) -> None:
        """*pauses* are the seconds before each new try to keep a run's course."""
        self._dialogs = dialogs
        self._pauses = pauses
        self._name = secrets.token_hex(6)
        self.kept = dialog
        self.now = dialog

    def note(self, record: Record) -> None:
        """Take *record* into the journal, to be kept with the next change.

        Raises:
            BadInput: the journal would outgrow what is kept.
        """
        noted = self.now.with_record(record)
        _require_room(noted)
        self.now = noted

    def drop(self, key: str) -> None:
        """Take the line of *key* out of the journal."""
        journal = tuple(each for each in self.now.journal if each.key != key)
        self.now = replace(self.now, journal=journal)

    def forget_defaults(self, entities: Collection[str]) -> None:
        """Leave out what *entities* hold by themselves: it is worked out anew."""
        answers = tuple(
            each
            for each in self.now.answers
            if each.entity not in entities or each.origin is not Origin.DEFAULT
        )
        self.now = replace(self.now, answers=answers)

    async def write(self, record: Record) -> None:
        """Take *record* into the journal and keep it.

        Raises:
            TakenUp: somebody else has the run in hand.
            BadInput: it is of what is yet to be sent, and what that brings couldn't be kept.
        """
        noted = self.now.with_record(record)
        if record.fate is Fate.SENT:
            _require_room(noted)
        self.now = noted
        await self.save()

    async def take_up(self, left_alone: timedelta) -> None:
        """Take the run from whoever has left it alone for so long.

        Raises:
            TakenUp: somebody has it in hand.
        """
        taken = await self._dialogs.take_up(self.kept, left_alone)
        if taken is None:
            raise TakenUp
        self.kept = self.now = taken

    async def save(self, **changes: object) -> Dialog:
        """Keep the dialog with those *changes*; return it as it is kept.

        Raises:
            TakenUp: somebody else has the run in hand.
            Unavailable: the database is away. A run waits for it for a while: what one finds out
                that its database doesn't hear of, nobody else may ever find out.
        """
        changed = replace(self.now, kept_by=self._name, **changes)  # type: ignore[arg-type]  # fields of Dialog
        for pause in self._pauses if self.kept.phase is Phase.RUNNING else ():
            with suppress(Unavailable):
                return await self._saved(changed)
            await asyncio.sleep(pause)
        return await self._saved(changed)

    async def _saved(self, changed: Dialog) -> Dialog:
        for _ in range(_TRIES):
            stored = await self._dialogs.replace(self.kept, changed)
            if stored is None:
                stored, changed = await self._found(changed)
            if stored is not None:
                self.kept = self.now = stored
                return stored
        raise TakenUp

    async def _found(self, changed: Dialog) -> tuple[Dialog | None, Dialog]:
        """Return *changed* as it is kept after all, if it is, and else what to try next."""
        found = await self._dialogs.find(changed.principal, changed.id)
        if found is not None and _timeless(found) == _timeless(changed):
            return found, changed
        return None, self._rebased(found, changed)

    def _rebased(self, found: Dialog | None, changed: Dialog) -> Dialog:
        """Return *changed* on top of what somebody else kept, if that isn't of the run."""
        if found is None or _course(found) != _course(self.kept):
            raise TakenUp
        self.kept = found
        return replace(
            found,
            phase=changed.phase,
            answers=changed.answers,
            journal=changed.journal,
            plan=changed.plan,
            confirmed=changed.confirmed,
            failure=changed.failure,
            said=changed.said,
            site=changed.site,
            is_told=changed.is_told,
            undo_asked=changed.undo_asked,
            kept_by=changed.kept_by,
        )

    async def give_up(self) -> Dialog:
        """Keep that nobody can tell what became of a write that was sent. Raises like ``save``."""
        self.now = self.now.given_up()
        return await self.save(phase=Phase.UNCLEAR, is_told=False)

    @property
    def is_under_way(self) -> bool:
        """Tell whether a write was sent whose outcome isn't kept yet."""
        return any(each.fate is Fate.SENT for each in self.now.journal)


def _require_room(dialog: Dialog) -> None:
    texts = (text for each in dialog.journal for text in (each.result, each.before))
    size = sum(len(text.encode()) for text in texts)
    if size > MOST_KEPT:
        raise BadInput(TOO_MUCH)


def _course(dialog: Dialog) -> tuple[object, ...]:
    """Return what only a run's own course changes, and what it depends on."""
    plan = dialog.plan.id if dialog.plan else ""
    asked = dialog.answers, dialog.skipped
    return dialog.phase, dialog.journal, plan, dialog.undo_asked, *asked


def _timeless(dialog: Dialog) -> Dialog:
    """Return it without what the store itself puts there."""
    ever = datetime.max.replace(tzinfo=UTC)
    return replace(dialog, generation=0, touched_at=ever, expires_at=ever)
