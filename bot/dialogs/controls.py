"""The words that steer a dialog, each the whole of a message, with or without courtesies."""

from enum import StrEnum
from typing import Final

from bot.courtesies import without_courtesies
from bot.template import Entity, EntityType


class Control(StrEnum):
    """A word that steers the dialog."""

    SKIP = "skip"
    BACK = "back"
    HELP = "help"
    LEFT = "left"
    CANCEL = "cancel"
    TO_FORM = "form"
    YES = "yes"
    NOTHING = "nothing"  # there is nothing to say to what may be skipped


_CONTROLS: Final = {
    Control.SKIP: (
        *("skip", "skip it", "skip this", "skip that", "skip this one", "skip this question"),
        *("next", "next question", "keep it", "leave it", "leave it out", "leave it empty"),
        *("leave it blank", "leave this out", "leave this empty", "leave this blank"),
    ),
    Control.BACK: (
        *("back", "go back", "previous", "previous question", "last question", "go back one"),
        *("back one", "one back", "one step back", "go one back"),
    ),
    Control.HELP: (
        *("help", "?", "??", "help me", "i need help", "what?", "huh?", "what can i say"),
        *("what do you mean", "what does that mean", "i don't understand", "how does this work"),
    ),
    Control.LEFT: (
        *("what's left", "what is left", "whats left", "left", "anything left", "what else"),
        *("what's missing", "what is missing", "whats missing", "what's next", "what is next"),
        *("what's still missing", "what is still missing", "what's still left", "what remains"),
        *("what is still left", "what's still to come", "what's to come", "how much is left"),
        *("how many are left", "how many questions are left", "what do you still need"),
        *("what do i still have to answer", "what do i still have to say"),
    ),
    Control.CANCEL: (
        *("cancel", "cancel it", "cancel this", "stop", "stop it", "stop this", "quit", "exit"),
        *("abort", "forget it", "never mind", "nevermind"),
    ),
    Control.TO_FORM: (
        *("form", "the form", "use the form", "show the form", "open the form"),
        *("show me the form", "give me the form"),
    ),
    Control.YES: (
        *("yes", "y", "yep", "yeah", "ok", "okay", "confirm", "confirm it", "do it", "go"),
        *("go ahead", "publish", "publish it", "looks good", "write it", "save it", "sure"),
    ),
}
_CONTROL_OF: Final = {word: control for control, words in _CONTROLS.items() for word in words}
_NOTHING: Final = frozenset(
    ("no", "nope", "none", "nothing", "nothing else", "no thanks", "no thank you", "n/a", "-", "—")
)
_CHOSEN: Final = frozenset({EntityType.BOOLEAN, EntityType.CHOICE, EntityType.CHOICES})
_STRAIGHT: Final = str.maketrans("’‘", "''")
_LONGEST: Final = 100
"""Characters of a message that may be such a word."""
_END: Final = ".!?… "


def control_of(text: str, asked: Entity | None = None) -> Control | None:
    """Return the word of control that *text* is, if it is one, while *asked* is at hand.

    A yes confirms nothing where something is asked, and a choice that the question has is one.
    """
    if len(text) > _LONGEST:
        return None
    found = _of_words(_plain(text)) or _of_words(_plain(without_courtesies(text)))
    if asked is None:
        return found
    if found is Control.YES or _is_a_choice(text, asked):
        return None
    return Control.NOTHING if found is None and _is_nothing(text, asked) else found


def _is_nothing(text: str, asked: Entity) -> bool:
    if asked.required or asked.type in _CHOSEN:
        return False
    said = {_plain(text).rstrip(_END), _plain(without_courtesies(text))}
    return not said.isdisjoint(_NOTHING)


def _of_words(plain: str) -> Control | None:
    return _CONTROL_OF.get(plain) or _CONTROL_OF.get(plain.rstrip(_END))


def _plain(text: str) -> str:
    return " ".join(text.translate(_STRAIGHT).casefold().split())


def _is_a_choice(text: str, asked: Entity) -> bool:
    """Tell whether *text* is one of the choices that the question has, whatever else it means."""
    names = (
        name
        for each in asked.choices
        for name in ((each,) if isinstance(each, str) else (each.value, each.label))
    )
    return _plain(text) in map(_plain, names)
