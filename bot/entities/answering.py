"""Asks for an entity of whatever type, and reads, checks and shows what it was given."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from bot.cutting import cut
from bot.entities.checks import check
from bot.entities.kinds import kind_of
from bot.entities.parts import (
    LONGEST_FIELD,
    LONGEST_OPTION,
    MOST_CHOICES,
    Context,
    Element,
    Given,
    Look,
    Question,
    WrongAnswer,
)
from bot.entities.typed import LONGEST_NAME, line
from bot.errors import BadInput, ExpressionFailed
from bot.expressions import LITTLE_WORK, Scope, compile_expression, compile_text
from bot.template import Choice, Entity, EntityType
from bot.values import Value

IN_MESSAGES: Final = frozenset(
    {
        *(Look.CHECKBOX, Look.MENU, Look.MULTI_MENU, Look.DATE, Look.DATE_TIME, Look.USER),
        *(Look.USERS, Look.CHANNEL, Look.EXTERNAL_MENU, Look.MULTI_EXTERNAL_MENU),
    }
)
"""What a message can hold beside a question."""
_MENUS: Final = frozenset(
    {
        *(Look.CHECKBOX, Look.MENU, Look.MULTI_MENU, Look.USERS),
        *(Look.EXTERNAL_MENU, Look.MULTI_EXTERNAL_MENU),
    }
)
_TYPED: Final = frozenset({Look.TEXT, Look.LONG_TEXT, Look.URL})
_ONE_CHOSEN: Final = frozenset({Look.NUMBER, Look.DATE, Look.DATE_TIME, Look.USER, Look.CHANNEL})
_PLACEHOLDER: Final = 150
"""Slack's limit."""
SEVERAL: Final = "Several may be given."
SEVERAL_LINES: Final = "Several may be given, each on a line of its own."
"""Titles of pages may have commas."""


def ask(entity: Entity, context: Context) -> Question:
    """Return how *entity* is asked for in a conversation."""
    kind = kind_of(entity)
    look = element(entity)
    says_so = "skip" in entity.prompt.casefold()
    return Question(
        words=entity.prompt if entity.required or says_so else f"{entity.prompt} (optional)",
        hint=_hint(entity, context),
        choices=kind.choices(entity),
        suggests=kind.suggests(entity),
        element=look if look.look in IN_MESSAGES else None,
    )


def _hint(entity: Entity, context: Context) -> str:
    examples = f"As in {' or '.join(entity.examples[:2])}." if entity.examples else ""
    hint = examples or kind_of(entity).hint(context)
    if not entity.many:
        return hint
    several = SEVERAL_LINES if entity.type is EntityType.PAGE else SEVERAL
    return f"{hint} {several}".strip()


def element(entity: Entity, value: Value = None) -> Element:
    """Return the form's field of *entity*, holding *value* where it has one.

    That is what `read` gave, or what was typed or chosen and isn't read yet.
    """
    kind = kind_of(entity)
    least, most = kind.bounds(entity)
    empty = Element(
        look=kind.look(entity, value),
        label=entity.title,
        hint=entity.help,
        placeholder=cut(entity.examples[0], _PLACEHOLDER) if entity.examples else "",
        is_optional=not entity.required,
        choices=kind.choices(entity),
        least=least,
        most=most,
    )
    return empty if value is None or value in ("", ()) else _filled(empty, entity, value)


def _filled(empty: Element, entity: Entity, value: Value) -> Element:
    kind = kind_of(entity)
    if empty.look is Look.RICH_TEXT:
        return replace(empty, document=kind.document(value))
    chosen = tuple(kind.choice(entity, each) for each in _each(value))
    options = tuple(each for each in chosen if each is not None)
    if empty.look in _MENUS and len(options) == len(chosen):
        return replace(empty, chosen=options)
    if empty.look in _ONE_CHOSEN and options:
        return replace(empty, text=options[0].value)
    words = shown(entity, value)
    if empty.look in _TYPED and len(words) <= LONGEST_FIELD:
        return replace(empty, text=words)
    return replace(empty, held=cut(words, LONGEST_OPTION))


async def read(entity: Entity, given: Given, context: Context) -> Value:
    """Return what *given* means: of an entity that holds several, all of them.

    Raises:
        WrongAnswer: it can't be meant, or isn't allowed.
        BotError: Confluence can't be asked.
    """
    kind, context = kind_of(entity), context.without(entity.name)
    if given.is_empty:
        raise WrongAnswer(f"There is nothing in that. Give {kind.expects}.")
    if not kind.is_many(entity):
        value = await kind.read(entity, kind.only(entity, given), context)
        check(entity, value, context)
        return value
    found = dict.fromkeys(await kind.read_many(entity, given, context))
    for value in found:
        check(entity, value, context)
    return tuple(found)


def shown(entity: Entity, value: Value) -> str:
    """Return *value* in words, as `read` would understand them where that can be."""
    kind = kind_of(entity)
    return ", ".join(kind.shown(entity, each) for each in _each(value))


async def suggest(entity: Entity, words: str, context: Context) -> tuple[Choice, ...]:
    """Return what *words* may become, best first; without any, what is likely.

    The value of each reads as an answer, under whoever gives it.
    """
    context = context.without(entity.name)
    found = await kind_of(entity).suggest(entity, line(words)[:LONGEST_NAME], context)
    return tuple(found)[:MOST_CHOICES]


async def default(entity: Entity, scope: Mapping[str, Value], context: Context) -> Value:
    """Return what the template gives *entity* by itself; ``None`` where that can't be.

    *scope* is what its holes see. A default that can't be read is none: the person is asked.
    """
    if entity.default is None:
        return None
    try:
        if isinstance(entity.default, str):
            held = compile_text(entity.default).value(Scope(scope, LITTLE_WORK))
        else:
            held = entity.default
        given = Given(text=held, is_plain=True) if isinstance(held, str) else Given(value=held)
        return None if given.is_empty else await read(entity, given, context)
    except (BadInput, ExpressionFailed):
        return None


def depends(entity: Entity) -> frozenset[str]:
    """Return the names on which *entity* depends: its own answer falls when theirs change."""
    named = _named_in(entity.when) if entity.when else frozenset()
    of = entity.choices_from.of if entity.choices_from is not None else None
    return named | {of} if of is not None else named


@lru_cache(maxsize=1024)
def _named_in(expression: str) -> frozenset[str]:
    return frozenset(path[0] for path in compile_expression(expression).names)


def derives(entity: Entity) -> frozenset[str]:
    """Return the names out of which the template makes the default of *entity*."""
    source = entity.default
    names = compile_text(source).names if isinstance(source, str) else frozenset()
    return frozenset(path[0] for path in names)


def _each(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)
