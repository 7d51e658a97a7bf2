"""Dialogs: begun, filled by form or conversation, confirmed, carried on. No Slack in it."""

from bot.dialogs.admission import Admission
from bot.dialogs.contexts import Contexts, NameOfChannel
from bot.dialogs.desk import DialogDesk
from bot.dialogs.parts import ContextOf, Engine, FindTemplate, Hands, Stores, Tell
from bot.dialogs.settling import Settling
from bot.dialogs.turn import (
    Heard,
    Match,
    Matched,
    Move,
    Saying,
    Says,
    Start,
    Turn,
    Verdict,
)

__all__ = [
    "Admission",
    "ContextOf",
    "Contexts",
    "DialogDesk",
    "Engine",
    "FindTemplate",
    "Hands",
    "Heard",
    "Match",
    "Matched",
    "Move",
    "NameOfChannel",
    "Saying",
    "Says",
    "Settling",
    "Start",
    "Stores",
    "Tell",
    "Turn",
    "Verdict",
]
