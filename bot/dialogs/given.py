"""What came for the entities of a dialog, and what is to be said of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bot.courtesies import without_courtesies
from bot.dialog import Answer, Dialog, Origin
from bot.dialogs.filling import Rules
from bot.dialogs.saying import Named, Said
from bot.dialogs.turn import Heard, Saying, Says
from bot.entities import Given, WrongAnswer
from bot.frozen import frozen
from bot.template import Entity, EntityType
from bot.utterances import compile_utterance, match_all

_NOTHING: Final = re.compile("$^")
_BESIDE: Final = {
    EntityType.SPACE: re.compile(r"^(?:in|the|it['’]s)\s+|\s+space$", re.IGNORECASE),
    EntityType.PAGE: re.compile(r"^(?:on|the page|it['’]s)\s+", re.IGNORECASE),
    EntityType.DATE: re.compile(r"^(?:on|by|until)\s+", re.IGNORECASE),
}
"""What people say beside a space, a page, a day."""


@frozen
class Words:
    """What came for an entity, and where from."""

    entity: Entity
    given: Given
    origin: Origin = Origin.PERSON
    said_at: str = ""


def begun_anew(rules: Rules, dialog: Dialog, heard: Heard) -> list[Words]:
    """Return what the message that began *dialog* says now, of what nobody has changed since."""
    utterances = tuple(map(compile_utterance, rules.template.utterances))
    found = match_all(heard.text, {dialog.id: utterances})
    known = found[0][1] if found else {}
    return [
        Words(entity, Given(text=known[entity.name]), Origin.COMMAND)
        for entity in rules.entities(dialog)
        if entity.name in known and _is_as_begun(dialog.answer(entity.name))
    ]


def _is_as_begun(answer: Answer | None) -> bool:
    return answer is None or answer.origin is not Origin.PERSON


def plainer(words: Words) -> Given | None:
    """Return what somebody said without what says nothing; ``None`` where all of it counts.

    It is for when what they said can't be read as it stands.
    """
    typed = words.given.text
    if not words.said_at or words.given.files:
        return None
    said = _BESIDE.get(words.entity.type, _NOTHING).sub("", without_courtesies(typed).strip())
    return Given(text=said) if said and said != typed.strip() else None


def answer_in(asked: Entity, said: Said, given: Given, at: str) -> Iterable[Words]:
    """Return what a message says in answer to the question at hand, if it does."""
    if said.answer is None:
        return ()
    whole = given if said.is_literal else Given(text=said.answer)
    return (Words(asked, whole, said_at=at),)


def by_name(rules: Rules, dialog: Dialog, named: Sequence[Named], at: str) -> list[Words]:
    """Return what a message says of entities by their names."""
    found = ((rules.entity(dialog, each.entity), each.words) for each in named)
    return [
        Words(entity, Given(text=words), said_at=at)
        for entity, words in found
        if entity is not None and words is not None
    ]


def says_of(
    dialog: Dialog,
    answers: Sequence[Answer],
    wrong: Mapping[str, WrongAnswer],
    lost: tuple[tuple[str, ...], tuple[str, ...]],
) -> Says:
    """Return what to say to *answers*: *dialog* is as it was before, *lost* what they cost.

    That is which answers were emptied by them, and which of them came too late.
    """
    emptied, fixed = lost
    for name, error in wrong.items():
        words = {each: str(one) for each, one in wrong.items()}
        return Says(Saying.COMPLAINT, words[name], name, error.suggestions, emptied, words)
    if fixed:
        return Says(Saying.FIXED, entity=fixed[0], emptied=emptied)
    earlier = [each for each in answers if _replaces(dialog, each.entity)]
    changed = next((each for each in earlier if dialog.answer(each.entity) != each), None)
    if changed is not None or emptied:
        name = changed.entity if changed else ""
        is_by_name = bool(dialog.asked) and name != dialog.asked
        return Says(Saying.CHANGED, entity=name, emptied=emptied, is_by_name=is_by_name)
    return Says()


def _replaces(dialog: Dialog, entity: str) -> bool:
    """Tell whether an answer replaces another one: more than what its question offered."""
    held = dialog.answer(entity)
    was_offered = entity == dialog.asked and held is not None and held.origin is Origin.DEFAULT
    return held is not None and not was_offered
