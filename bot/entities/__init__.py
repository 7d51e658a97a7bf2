"""Entities: how each type asks, looks in a form, reads what came, complains and suggests."""

from bot.entities.answering import (
    ask,
    default,
    depends,
    derives,
    element,
    read,
    shown,
    suggest,
)
from bot.entities.labels import read_label
from bot.entities.parts import (
    LONGEST_FIELD,
    LONGEST_OPTION,
    MOST_BUTTONS,
    MOST_CHOICES,
    MOST_MANY,
    Context,
    Element,
    Given,
    Look,
    Question,
    SlackFile,
    WrongAnswer,
)

__all__ = [
    "LONGEST_FIELD",
    "LONGEST_OPTION",
    "MOST_BUTTONS",
    "MOST_CHOICES",
    "MOST_MANY",
    "Context",
    "Element",
    "Given",
    "Look",
    "Question",
    "SlackFile",
    "WrongAnswer",
    "ask",
    "default",
    "depends",
    "derives",
    "element",
    "read",
    "read_label",
    "shown",
    "suggest",
]
