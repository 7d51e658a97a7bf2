"""Dialogs in Slack: as forms, as conversations, with their plans, receipts and resumption."""

from handlers.dialogs.dialogs import Dialogs
from handlers.dialogs.home import blocks_of
from handlers.dialogs.parts import DialogParts
from handlers.dialogs.said import Said
from handlers.dialogs.shortcuts import Shortcuts
from handlers.dialogs.stage import Stage, StageParts

__all__ = [
    "DialogParts",
    "Dialogs",
    "Said",
    "Shortcuts",
    "Stage",
    "StageParts",
    "blocks_of",
]
