"""How long things are kept, and what of them: the same for every store."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.dialog import PLAN_LASTS, Dialog, Phase
from bot.document import Document
from bot.receipt import Receipt, Stage

TOMBSTONE: Final = timedelta(hours=24)
"""How long a step of a consent is known to be expired or used up."""

DELIVERY: Final = timedelta(hours=24)
"""Slack repeats events for up to an hour, and for up to a day where they may be delayed."""

RECEIPT: Final = timedelta(days=90)
QUOTA: Final = timedelta(hours=2)
RECENT_SPACES: Final = 10

FIRST_CHECK: Final = timedelta(seconds=30)
"""When the settling of a previewed decision looks for its receipt first."""


def without_needless_text(receipt: Receipt) -> Receipt:
    """Return *receipt* without its body once nobody needs it: it is published, or handed back."""
    needless = receipt.stage is Stage.DONE or (receipt.stage.is_final and receipt.told)
    if not needless:
        return receipt
    return replace(receipt, decision=replace(receipt.decision, body=Document()))


def confirmed(dialog: Dialog, at: datetime) -> Dialog:
    """Return *dialog*, which waited for it, with its plan confirmed."""
    writes = dialog.plan.writes if dialog.plan else ()
    return replace(
        dialog,
        phase=Phase.RUNNING,
        confirmed=(*dialog.confirmed, *writes),
        confirmed_at=at,
    )


def is_awaited(seen: Dialog | None, changed: Dialog, now: datetime) -> bool:
    """Tell whether a run, or its taking back, becomes due by the change: it is listed before.

    One that nobody confirmed in time isn't there any more, and can be confirmed again once its
    dialog is changed: whatever is old is put there anew, long before its clock can be wrong.
    """
    if changed.undo_asked is not None:
        return seen is None or seen.undo_asked is None
    if changed.is_trial or changed.phase not in {Phase.CONFIRMING, Phase.RUNNING}:
        return False
    if seen is None or seen.phase is not changed.phase or _plan_of(seen) != _plan_of(changed):
        return True
    return now - seen.touched_at >= PLAN_LASTS / 2


def _plan_of(dialog: Dialog) -> str:
    return dialog.plan.id if dialog.plan else ""


def latest_of_each(
    runs: Iterable[tuple[str, datetime]], most: int = 50
) -> Sequence[tuple[str, datetime]]:
    """Return who ran something and when last, of *runs* with the latest first."""
    latest: dict[str, datetime] = {}
    for user_id, at in runs:
        latest.setdefault(user_id, at)
    return list(latest.items())[:most]
