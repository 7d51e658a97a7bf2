"""Installing templates: what there is, what a task is made of, and what becomes of it."""

from bot.installing.differences import Difference, between
from bot.installing.installer import Installer, can_lend, changes_by_call
from bot.installing.offers import Offers
from bot.installing.parts import Aides, Books, Offer, Wish

__all__ = [
    "Aides",
    "Books",
    "Difference",
    "Installer",
    "Offer",
    "Offers",
    "Wish",
    "between",
    "can_lend",
    "changes_by_call",
]
