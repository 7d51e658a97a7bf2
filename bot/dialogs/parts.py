"""What dialogs are made with: what they keep, who does their steps, and who they are."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bot.dialog import Dialog, DialogId
from bot.dialogs.turn import Turn, Verdict
from bot.entities import Context
from bot.errors import NotFound
from bot.frozen import frozen
from bot.ports import Clock, Dialogs, Tasks
from bot.principal import Principal, Tenant
from bot.task import DialogTask
from bot.template import ActionTemplate, Entity, TemplateId, Version
from bot.values import Value

FindTemplate = Callable[[Tenant, TemplateId, Version], Awaitable[ActionTemplate | None]]
"""Finds a version among those that a tenant has, and then in the catalogue."""

ContextOf = Callable[
    [Dialog, ActionTemplate, Mapping[str, Value], DialogTask | None], Awaitable[Context]
]
"""Makes what a dialog's entities are asked and read with, when *values* are known, and its task
maybe; see `Contexts.of_dialog`."""

Tell = Callable[[Turn], Awaitable[None]]
"""Tells a dialog's person where it stands, unasked, and notes that they were told.

Raises what keeps it from being told.
"""

GONE = (
    "The template of this dialog isn't kept here any more, so the dialog can't go on. "
    "Nothing more was written; what it wrote before stays."
)
NOT_THERE = "That dialog isn't kept here any more, or it isn't yours. Nothing was done."


class Engine(Protocol):
    """What does a template's steps. What goes on with a dialog returns it as stored."""

    async def admit(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> None:
        """Raise ``ConsentRequired`` or ``SiteRequired`` where its person can't run it yet."""

    async def advance(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        """Go on from where it stands, as far as it goes without its person."""

    async def settle(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        """Take up a run that nobody has touched for a while."""

    async def verdict(
        self,
        dialog: Dialog,
        template: ActionTemplate,
        task: DialogTask | None,
        said: tuple[str, Verdict],
    ) -> Dialog:
        """Hear what became of the step at a key that was unclear."""

    async def undo(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        """Take back what it wrote."""

    def entities_of(self, template: ActionTemplate, dialog: Dialog) -> tuple[Entity, ...]:
        """Return the entities that it has so far."""

    def missing(self, template: ActionTemplate, dialog: Dialog) -> tuple[Entity, ...]:
        """Return those to be asked for, the next one first."""


async def task_of(tasks: Tasks, dialog: Dialog) -> DialogTask | None:
    """Return the task of *dialog* as it is now, unless it is gone; a trial has none."""
    return None if dialog.is_trial else await tasks.find(dialog.principal.tenant, dialog.task)


@frozen
class Stores:
    """What dialogs read and keep."""

    dialogs: Dialogs
    tasks: Tasks
    find_template: FindTemplate

    async def template_of(self, dialog: Dialog) -> ActionTemplate:
        """Return the version of the template that *dialog* runs on. Raises ``NotFound``."""
        tenant = dialog.principal.tenant
        found = await self.find_template(tenant, dialog.template, dialog.version)
        if found is None:
            raise NotFound(GONE)
        return found

    async def task_of(self, dialog: Dialog) -> DialogTask | None:
        """See `task_of`."""
        return await task_of(self.tasks, dialog)

    async def get(self, principal: Principal, dialog: str) -> Dialog:
        """Return the principal's own dialog. Raises ``NotFound``."""
        found = await self.dialogs.find(principal, DialogId(dialog))
        if found is None:
            raise NotFound(NOT_THERE)
        return found


@frozen
class Hands:
    """What dialogs are carried on with."""

    engine: Engine
    context_of: ContextOf
    clock: Clock
