"""What a run may do besides what its person may."""

from collections.abc import Iterator
from typing import Final

from bot.content import CloudId
from bot.credentials import Limits
from bot.dialog import Dialog
from bot.frozen import frozen
from bot.task import DialogTask, TemplateVersion
from bot.template import ActionTemplate, Credentials, HttpStep, walk
from bot.values import Thing, Value

NOWHERE: Final = "-"
"""The key of no space, and the id of no channel."""


@frozen
class Terms:
    """How far the organisation's connection may be used, and whether REST calls may change things.

    It may be used if it *lends*, and then in *spaces* (keys) and for what was begun in *channels*
    (ids); none means all that the tenant's policy allows. *may_call* says that an admin has
    approved this very version.
    """

    lends: bool = False
    spaces: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    may_call: bool = False

    def limits(self, dialog: Dialog) -> Limits:
        """Return what narrows the tenant's policy for *dialog*."""
        is_there = not self.channels or dialog.began_in in self.channels
        return Limits(own_only=not (self.lends and is_there), spaces=self.spaces)


def terms_of(
    template: ActionTemplate, task: DialogTask | None, version: TemplateVersion | None
) -> Terms:
    """Return the terms of a run of *task*; one without a task is a trial.

    Nothing that makes REST calls of its own runs under the organisation's connection.
    """
    may_call = version is not None and bool(version.approved_by)
    asks_for_it = template.policy.credentials is Credentials.ORGANISATION
    if task is None or calls(template) or not (asks_for_it and task.lends_to(template.version)):
        return Terms(may_call=may_call)
    return Terms(
        lends=True,
        spaces=_both(task.spaces, template.policy.spaces),
        channels=_both(task.channels, template.policy.channels),
        may_call=may_call,
    )


def calls(template: ActionTemplate) -> bool:
    """Tell whether *template* makes REST calls of its own."""
    return any(isinstance(step, HttpStep) for step in walk(template.steps))


def _both(chosen: tuple[str, ...], asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return what both name; one that names nothing leaves it to the other."""
    if not (chosen and asked):
        return chosen or asked
    wanted = {each.casefold() for each in asked}
    return tuple(each for each in chosen if each.casefold() in wanted) or (NOWHERE,)


def site_of(dialog: Dialog) -> CloudId | None:
    """Return the site of a run: the one that was chosen, or that of what was given to it.

    ``None`` where nothing tells; where several do, whoever uses what is elsewhere refuses it.
    """
    given = [each for answer in dialog.answers for each in _things(answer.read())]
    chosen = [each.fields.get("id") for each in given if each.kind == "site"]
    others = [each.fields.get("site") for each in given]
    found = (each for each in (*chosen, dialog.site, *others) if isinstance(each, str) and each)
    return next(map(CloudId, found), None)


def _things(value: Value) -> Iterator[Thing]:
    for each in value if isinstance(value, tuple) else (value,):
        if isinstance(each, Thing):
            yield each
