"""How long things are kept, and what of them: the same for every store."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

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
