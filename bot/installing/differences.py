"""What changes from one version of a template to another; pure."""

from collections.abc import Iterable, Sequence

from bot.frozen import frozen
from bot.template import ActionTemplate, Entity, action_of, walk
from bot.template_words import policy_in_words


@frozen
class Difference:
    """What an upgrade, or a way back, changes: titles of entities, words of steps, scopes.

    *runs* says under whose connection it will run, where that changes.
    """

    older: str
    newer: str
    note: str = ""
    asks: tuple[str, ...] = ()
    no_longer_asks: tuple[str, ...] = ()
    asks_otherwise: tuple[str, ...] = ()
    does: tuple[str, ...] = ()
    no_longer_does: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    no_longer_scopes: tuple[str, ...] = ()
    runs: str = ""
    texts: bool = False
    """What it writes or says has changed, or by what."""


def between(older: ActionTemplate, newer: ActionTemplate) -> Difference:
    """Return what changes if *newer* takes the place of *older*."""
    before = {entity.name: entity for entity in older.entities}
    after = {entity.name: entity for entity in newer.entities}
    did, does = _actions(older), _actions(newer)
    return Difference(
        older=older.version,
        newer=newer.version,
        note=newer.change_note,
        asks=_titles(entity for name, entity in after.items() if name not in before),
        no_longer_asks=_titles(entity for name, entity in before.items() if name not in after),
        asks_otherwise=_titles(
            entity for name, entity in after.items() if before.get(name, entity) != entity
        ),
        does=_more(does, did),
        no_longer_does=_more(did, does),
        scopes=tuple(sorted(set(newer.scopes) - set(older.scopes))),
        no_longer_scopes=tuple(sorted(set(older.scopes) - set(newer.scopes))),
        runs=policy_in_words(newer) if older.policy != newer.policy else "",
        texts=(older.steps, older.preview, older.reply)
        != (newer.steps, newer.preview, newer.reply),
    )


def _titles(entities: Iterable[Entity]) -> tuple[str, ...]:
    return tuple(entity.title for entity in entities)


def _actions(template: ActionTemplate) -> list[str]:
    return [action_of(step) for step in walk(template.steps)]


def _more(these: Sequence[str], than: Sequence[str]) -> tuple[str, ...]:
    """Return the actions that stand in *these* more often, once each."""
    return tuple(
        action for action in dict.fromkeys(these) if these.count(action) > than.count(action)
    )
