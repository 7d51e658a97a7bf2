"""What a dialog asks for: the entities that it has so far, and those that are missing yet."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from bot.content import Variable, VariableKind
from bot.cutting import cut
from bot.dialog import Answer, Dialog, Origin, Reached
from bot.entities import depends, derives
from bot.entities.typed import line
from bot.errors import UserError
from bot.expressions import LITTLE_WORK, Effort
from bot.steps.names import Names
from bot.template import (
    ActionTemplate,
    Asked,
    Choice,
    Entity,
    EntityType,
)
from bot.values import Thing, Value
from bot.written import read, write

ASK_VARIABLES: Final = "ask_variables"
"""The action of the line of the journal that holds the variables to be asked for."""

GIVEN: Final = frozenset({"me", "site", "now", "today"})
"""What every expression sees besides."""
MOST_VARIABLES: Final = 40
_MOST_CHOICES: Final = 100
_LONGEST_LABEL: Final = 60
_LONGEST_CHOICE: Final = 200
_TYPES: Final = {
    VariableKind.TEXT: EntityType.TEXT,
    VariableKind.LONG_TEXT: EntityType.LONG_TEXT,
    VariableKind.LIST: EntityType.CHOICE,
}


def entities_of(template: ActionTemplate, dialog: Dialog) -> tuple[Entity, ...]:
    """Return the entities that *dialog* has so far, in the order in which they are asked for.

    Those that steps ask for on the way stand behind the others, once they were reached.
    """
    known = {entity.name: entity for entity in template.asked_at_first}
    for entity in _reached(template, dialog):
        known.setdefault(entity.name, entity)
    return tuple(known.values())


def missing(template: ActionTemplate, dialog: Dialog) -> tuple[Entity, ...]:
    """Return the entities to be asked for, the next one first."""
    return tuple(missing_of(entities_of(template, dialog), template, dialog))


def missing_of(
    wanted: Iterable[Entity], template: ActionTemplate, dialog: Dialog
) -> Iterator[Entity]:
    """Yield those of *wanted* that are to be asked for."""
    answers = {answer.entity: answer for answer in dialog.answers}
    effort = Effort(LITTLE_WORK)
    # Reading all that was answered takes a while, and few entities are asked for by it.
    seen, values = cache(dialog.seen), cache(lambda: values_of(template, dialog))

    def is_wanted(entity: Entity) -> bool:
        if entity.when is None:
            return True
        own = seen().get(entity.name, {})
        return _is_wanted(entity.when, Names({**own, **values()}, effort=effort))

    for entity in wanted:
        if _is_open(entity, dialog, answers.get(entity.name)) and is_wanted(entity):
            yield entity


def seen_by(wanted: Iterable[Entity], template: ActionTemplate, names: Names) -> dict[str, Value]:
    """Return what the defaults and conditions of *wanted* go by of what steps gave."""
    own = {entity.name for entity in template.entities} | GIVEN
    used = {name for entity in wanted for name in derives(entity) | depends(entity)} - own
    return {name: value for name, value in names.values.items() if name in used}


def values_of(template: ActionTemplate, dialog: Dialog) -> dict[str, Value]:
    """Return what the entities hold by now: nothing, where nothing was given."""
    values: dict[str, Value] = {}
    for entity in entities_of(template, dialog):
        answer = dialog.answer(entity.name)
        values[entity.name] = answer.read() if answer is not None else None
    for entity in template.entities:
        values.setdefault(entity.name, None)
    values |= {"now": dialog.now, "today": dialog.now.date()}
    return {name: absent(template.entity(name), value) for name, value in values.items()}


def absent(entity: Entity | None, value: Value) -> Value:
    """Return a list without anything for what may be several and isn't there."""
    if value is not None or entity is None:
        return value
    return () if entity.many or entity.type is EntityType.CHOICES else None


def _is_open(entity: Entity, dialog: Dialog, answer: Answer | None) -> bool:
    if entity.ask is Asked.NEVER or entity.name in dialog.skipped:
        return False
    return not _is_given(entity, answer)


def _is_given(entity: Entity, answer: Answer | None) -> bool:
    if answer is None:
        return False
    return entity.ask is not Asked.ALWAYS or answer.origin is not Origin.DEFAULT


def _is_wanted(when: str, names: Names) -> bool:
    try:
        return names.holds(when)
    except UserError:
        return False  # what it depends on isn't there


def _reached(template: ActionTemplate, dialog: Dialog) -> Iterator[Entity]:
    for record in dialog.journal:
        reached = Reached.read(record)
        if reached is not None:
            found = (template.entity(name.removesuffix(reached.mark)) for name in reached.names)
            yield from (_in_round(entity, reached) for entity in found if entity is not None)
        elif record.action == ASK_VARIABLES:
            yield from (entity for entity, _ in variables_in(read(record.result)))


def mark_of(key: str, rounds: Iterable[Value]) -> str:
    """Return what tells apart what a step at *key* asks for in each of its rounds.

    What is gone through is part of it: an answer for one thing is never taken for another.
    """
    made = hashlib.sha256("\n".join((key, *map(write, rounds))).encode(errors="replace"))
    return f"__{made.hexdigest()[:10]}"


def _in_round(entity: Entity, reached: Reached) -> Entity:
    """Return *entity* as it is asked for in one round: under a name of its own, which says so."""
    if not reached.mark:
        return entity
    said = {
        "name": f"{entity.name}{reached.mark}",
        "label": f"{entity.title} ({cut(reached.of, _LONGEST_LABEL)})",
        "prompt": f"{cut(reached.of, _LONGEST_CHOICE)}: {entity.prompt}",
    }
    return entity.model_copy(update=said)


def variables_in(value: Value) -> Iterator[tuple[Entity, str]]:
    """Yield an entity for each variable that *value* lists, and the variable's own name."""
    for each in _many(value):
        if isinstance(each, Thing):
            yield _entity(each), each.label


def things_of(variables: Iterable[Variable], key: str) -> tuple[Thing, ...]:
    """Return *variables* as they are kept; *key* is the step's that asks for them.

    An answer for one of another name is never taken for it.
    """
    stem = "v" + re.sub(r"\W+", "_", key, flags=re.ASCII).strip("_")
    return tuple(
        Thing(
            "variable",
            variable.name,
            {
                "name": f"{stem}_{number}_{_short(variable.name)}",
                "type": variable.kind.value,
                "options": variable.options,
            },
        )
        for number, variable in enumerate(variables)
    )[:MOST_VARIABLES]


def _short(name: str) -> str:
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()[:6]


def _entity(variable: Thing) -> Entity:
    kind = VariableKind(str(variable.fields["type"]))
    label = line(variable.label) or "Value"
    options = [line(str(each)) for each in _many(variable.fields["options"])]
    shown = [cut(each, _LONGEST_CHOICE) for each in options if each][:_MOST_CHOICES]
    return Entity(
        name=str(variable.fields["name"]),
        type=_TYPES[kind] if shown or kind is not VariableKind.LIST else EntityType.TEXT,
        label=cut(label, _LONGEST_LABEL),
        prompt=f"What is to stand for “{cut(label, _LONGEST_CHOICE)}”?",
        required=False,
        choices=tuple(Choice(value=each, label=each) for each in dict.fromkeys(shown)),
    )


def _many(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else ()
