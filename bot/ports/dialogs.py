"""Templates, dialog tasks and dialogs."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.dialog import Dialog, DialogId, PlanId
from bot.ports.work import Due
from bot.principal import Principal, Tenant
from bot.task import DialogTask, TaskId, TemplateVersion
from bot.template_id import TemplateId, Version


class Templates(Protocol):
    """Versions of templates that a tenant has installed or brought; none is ever overwritten."""

    @abstractmethod
    async def add(self, template: TemplateVersion) -> bool:
        """Keep it; ``False`` if the tenant has that version of that id."""

    @abstractmethod
    async def find(
        self, tenant: Tenant, template: TemplateId, version: Version
    ) -> TemplateVersion | None:
        """Return that version."""

    @abstractmethod
    async def list_versions(
        self, tenant: Tenant, template: TemplateId
    ) -> Sequence[TemplateVersion]:
        """Return up to 100 versions of it, by the time they came, the newest first."""

    @abstractmethod
    async def list_own(self, tenant: Tenant) -> Sequence[TemplateVersion]:
        """Return up to 200 versions that people of the tenant brought, the newest first."""

    @abstractmethod
    async def replace(self, seen: TemplateVersion, changed: TemplateVersion) -> bool:
        """Store what was decided of it, if *seen* is still the newest generation."""


class Tasks(Protocol):
    """The dialog tasks of a tenant; within it a word belongs to one task, with all near to it.

    Which words lie near each other `bot.alike.too_near` says.
    """

    @abstractmethod
    async def add(self, task: DialogTask) -> bool:
        """Keep it; ``False`` if another task has one of its words, or one near to it."""

    @abstractmethod
    async def find(self, tenant: Tenant, task: TaskId) -> DialogTask | None:
        """Return the task."""

    @abstractmethod
    async def find_by_word(self, tenant: Tenant, word: str) -> DialogTask | None:
        """Return the task that goes by *word*, its own or an alias."""

    @abstractmethod
    async def list_all(self, tenant: Tenant) -> Sequence[DialogTask]:
        """Return all tasks, by their words; at most `bot.task.MOST_TASKS`."""

    @abstractmethod
    async def replace(self, seen: DialogTask, changed: DialogTask) -> DialogTask | None:
        """Store *changed* if *seen* is still the newest generation; return it as stored.

        ``None`` if somebody else has changed it, or if another task has one of its words, or
        one near to it.
        """

    @abstractmethod
    async def remove(self, task: DialogTask) -> bool:
        """Drop it; ``False`` if it was gone."""


class Dialogs(Protocol):
    """Dialogs, sealed; looked up under their principal; majority writes, primary reads."""

    @abstractmethod
    async def begin(self, dialog: Dialog) -> bool:
        """Keep a new dialog until it expires; ``False`` if its person has one of that id."""

    @abstractmethod
    async def find(self, principal: Principal, dialog: DialogId) -> Dialog | None:
        """Return the principal's own dialog."""

    @abstractmethod
    async def find_in_thread(
        self, principal: Principal, channel: str, thread: str
    ) -> Dialog | None:
        """Return the principal's own dialog that is held in that thread."""

    @abstractmethod
    async def list_open(self, principal: Principal) -> Sequence[Dialog]:
        """Return the principal's dialogs that are open, the last touched first; at most 20."""

    @abstractmethod
    async def replace(self, seen: Dialog, changed: Dialog) -> Dialog | None:
        """Store *changed* if *seen* is still the newest generation; return it as stored.

        The generation grows by one, ``touched_at`` becomes the store's own now (in what is
        returned, our clock's), and it expires `bot.dialog.DIALOG_LASTS` from then. Where
        *changed* has a plan that *seen* hadn't, or hadn't of late, its run is put on the list of
        due work before: no plan that can be confirmed is without an entry.
        ``None`` means that somebody else has taken the next turn.
        """

    @abstractmethod
    async def take_up(self, seen: Dialog, left_alone: timedelta) -> Dialog | None:
        """Touch it, and return it as stored. One conditional update.

        ``None`` unless *seen* is still the newest generation, and nobody has touched it for as
        long as it is *left_alone*, by the store's own clock.
        """

    @abstractmethod
    async def confirm(self, principal: Principal, dialog: DialogId, plan: PlanId) -> bool:
        """Claim the plan: the dialog is RUNNING from now on. One conditional update.

        ``False`` unless it is CONFIRMING just that plan, and its last turn is no longer ago than
        `bot.dialog.PLAN_LASTS` by the store's own clock. A dialog that is read afterwards has
        the plan's writes among those *confirmed*.
        """

    @abstractmethod
    async def find_due(self, due: Due) -> Dialog | None:
        """Return the dialog that a due entry names."""

    @abstractmethod
    async def list_users(
        self, tenant: Tenant, task: TaskId, since: datetime
    ) -> Sequence[tuple[str, datetime]]:
        """Return who has run *task* since then and when last, the last first; at most 50.

        A form that was only looked at is no run, nor is a trial.
        """

    @abstractmethod
    async def count_open(self, tenant: Tenant, task: TaskId) -> int:
        """Return how many dialogs of *task* haven't ended."""

    @abstractmethod
    async def remove(self, principal: Principal, dialog: DialogId) -> None:
        """Drop it."""
