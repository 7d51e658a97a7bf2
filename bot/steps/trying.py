"""What a trial makes up, in place of what nobody can know before it is written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.document import Document
from bot.steps.halts import NotYet
from bot.steps.hands import Facts
from bot.steps.names import Names
from bot.template import GetStep, Step, action_of
from bot.values import Thing, Value


def made_up_read(step: Step, names: Names) -> Value:
    """Return what a trial reads of a page that it would have made. Raises ``NotYet``."""
    if isinstance(step, GetStep):
        return names.value(step.get.page)
    try:
        return _NOTHING_THERE[action_of(step)]
    except KeyError:
        raise NotYet from None


def made_up(action: str, value: Value, facts: Facts, now: datetime) -> Value:
    """Return what a write would bring, with something in place of what nobody can know yet."""
    if action == "http":
        return Thing("answer", "200", {"status": 200, "body": None})
    if not isinstance(value, Thing):
        return value
    url = facts.site.wiki_url
    known: dict[str, Value] = {"id": "0", "url": url, "version": 1, "body": Document()}
    known |= {"text": "", "labels": (), "parent": "", "updated": now, "size": 0, "type": ""}
    return Thing(value.kind, value.label, {**known, **value.fields})


_NOTHING_THERE: Final[Mapping[str, Value]] = {
    "children": (),
    "comments": (),
    "sections": (),
    "versions": (),
    "diff": Thing("diff", "", {"added": (), "removed": (), "changes": ()}),
    "http": Thing("answer", "200", {"status": 200, "body": None}),
}
