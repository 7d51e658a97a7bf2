"""Does the steps of a template: reads, plans what is to be written, and writes it once."""

from bot.steps.asking import entities_of, missing
from bot.steps.engine import Engine, Keeping
from bot.steps.hands import Tools
from bot.steps.terms import Terms, terms_of
from bot.steps.undoing import stays, writes_of

__all__ = [
    "Engine",
    "Keeping",
    "Terms",
    "Tools",
    "entities_of",
    "missing",
    "stays",
    "terms_of",
    "writes_of",
]
