"""The examples and the default of an entity, read as an answer would be."""

from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from bot.checking.parts import Complaints
from bot.entities import Context, Given, WrongAnswer, read
from bot.errors import ExpressionRefused
from bot.expressions import compile_text
from bot.plain_yaml import Path
from bot.principal import Principal, Tenant
from bot.template import Entity, EntityType
from bot.values import Value

if TYPE_CHECKING:
    from bot.act import Actor
    from bot.ports import Confluence

_READ_ALONE: Final = frozenset(
    {
        *(EntityType.TEXT, EntityType.LONG_TEXT, EntityType.NUMBER, EntityType.BOOLEAN),
        *(EntityType.CHOICE, EntityType.CHOICES, EntityType.LABEL, EntityType.URL),
        *(EntityType.DATE, EntityType.DATE_TIME, EntityType.RICH_TEXT),
    }
)
"""Types whose answers are read without asking Slack or Confluence."""
_DAYS: Final = frozenset({EntityType.DATE, EntityType.DATE_TIME})
_NOBODY: Final = Context(
    Principal(Tenant("T0"), "U0"),
    cast("Actor", None),  # none of them is asked: see `_READ_ALONE`
    cast("Confluence", None),
    now=datetime(2026, 1, 15, 12, tzinfo=UTC),
)


def check_samples(entity: Entity, path: Path, complaints: Complaints) -> None:
    """Complain of examples and of a default that the entity itself wouldn't take."""
    if entity.type not in _READ_ALONE or entity.choices_from is not None:
        if isinstance(entity.default, bool | int | float):
            complaints.add((*path, "default"), f"a default of {entity.type} is text")
        return
    # What is near enough today isn't any day.
    asked = entity.model_copy(update={"range": None}) if entity.type in _DAYS else entity
    for number, example in enumerate(entity.examples):
        told = _wrong(asked, Given(text=example, is_plain=True))
        if told:
            complaints.add((*path, "examples", number), f"this isn't taken as an answer: {told}")
    given = _default(entity)
    told = _wrong(asked, given) if given is not None else ""
    if told:
        complaints.add((*path, "default"), f"this isn't taken as an answer: {told}")


def samples_of(entity: Entity) -> tuple[str, ...]:
    """Return the texts that a template gives *entity* by itself."""
    given = (entity.default,) if isinstance(entity.default, str) and _is_constant(entity) else ()
    return (*entity.examples, *given)


def _default(entity: Entity) -> Given | None:
    """Return the default as an answer; nothing where that depends on something."""
    if isinstance(entity.default, str):
        plain = Given(text=entity.default, is_plain=True)
        return plain if entity.default and _is_constant(entity) else None
    return None if entity.default is None else Given(value=entity.default)


def _is_constant(entity: Entity) -> bool:
    try:
        return not isinstance(entity.default, str) or compile_text(entity.default).is_constant
    except ExpressionRefused:
        return False


def _wrong(entity: Entity, given: Given) -> str:
    try:
        _at_once(read(entity, given, _NOBODY))
    except WrongAnswer as wrong:
        may_be_several = entity.type in _DAYS and wrong.suggestions
        return "" if may_be_several else str(wrong)
    return ""


def _at_once(work: Coroutine[Any, Any, Value]) -> None:
    """Do *work*, which waits for nothing."""
    try:
        work.send(None)
    except StopIteration:
        return
    finally:
        work.close()
    raise AssertionError("it waits for something")
