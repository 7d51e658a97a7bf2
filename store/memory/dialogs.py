"""Dialogs, dialog tasks and templates in dicts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alike import slips
from bot.dialog import DIALOG_LASTS, PLAN_LASTS, Dialog, DialogId, Phase, PlanId
from bot.ports import Clock, Dialogs, Due, DueWork, Tasks, Templates, running_of
from bot.principal import Principal, Tenant
from bot.task import DialogTask, TaskId, TemplateVersion
from bot.template import TemplateId, Version
from store.keeping import FIRST_CHECK, confirmed, is_awaited, latest_of_each


class MemoryTemplates(Templates):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Tenant, TemplateId, Version], TemplateVersion] = {}

    async def add(self, template: TemplateVersion) -> bool:
        """See `Templates.add`."""
        key = template.tenant, template.id, template.version
        return self._kept.setdefault(key, template) is template

    async def find(
        self, tenant: Tenant, template: TemplateId, version: Version
    ) -> TemplateVersion | None:
        """See `Templates.find`."""
        return self._kept.get((tenant, template, version))

    async def list_versions(
        self, tenant: Tenant, template: TemplateId
    ) -> Sequence[TemplateVersion]:
        """See `Templates.list_versions`."""
        found = [each for key, each in self._kept.items() if key[:2] == (tenant, template)]
        return _newest_first(found)[:100]

    async def list_own(self, tenant: Tenant) -> Sequence[TemplateVersion]:
        """See `Templates.list_own`."""
        found = [each for key, each in self._kept.items() if key[0] == tenant and each.is_own]
        return _newest_first(found)[:200]

    async def replace(self, seen: TemplateVersion, changed: TemplateVersion) -> bool:
        """See `Templates.replace`."""
        key = seen.tenant, seen.id, seen.version
        kept = self._kept.get(key)
        if kept is None or kept.generation != seen.generation:
            return False
        self._kept[key] = replace(changed, generation=seen.generation + 1)
        return True


class MemoryTasks(Tasks):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Tenant, TaskId], DialogTask] = {}

    async def add(self, task: DialogTask) -> bool:
        """See `Tasks.add`."""
        if (task.tenant, task.id) in self._kept or self._is_taken(task):
            return False
        self._kept[task.tenant, task.id] = task
        return True

    async def find(self, tenant: Tenant, task: TaskId) -> DialogTask | None:
        """See `Tasks.find`."""
        return self._kept.get((tenant, task))

    async def find_by_word(self, tenant: Tenant, word: str) -> DialogTask | None:
        """See `Tasks.find_by_word`."""
        folded = word.casefold()
        tasks = (task for key, task in self._kept.items() if key[0] == tenant)
        return next((task for task in tasks if folded in _folded(task)), None)

    async def list_all(self, tenant: Tenant) -> Sequence[DialogTask]:
        """See `Tasks.list_all`."""
        tasks = [task for key, task in self._kept.items() if key[0] == tenant]
        return sorted(tasks, key=lambda task: task.word)

    async def replace(self, seen: DialogTask, changed: DialogTask) -> DialogTask | None:
        """See `Tasks.replace`."""
        kept = self._kept.get((seen.tenant, seen.id))
        if kept is None or kept.generation != seen.generation or self._is_taken(changed):
            return None
        stored = replace(changed, generation=seen.generation + 1)
        self._kept[seen.tenant, seen.id] = stored
        return stored

    async def remove(self, task: DialogTask) -> bool:
        """See `Tasks.remove`."""
        return self._kept.pop((task.tenant, task.id), None) is not None

    def _is_taken(self, task: DialogTask) -> bool:
        others = (
            each
            for each in self._kept.values()
            if each.tenant == task.tenant and each.id != task.id
        )
        near = _near(task)
        return any(not near.isdisjoint(_near(each)) for each in others)


class MemoryDialogs(Dialogs):
    """Forgets everything when the process ends."""

    def __init__(self, due: DueWork, clock: Clock) -> None:
        self._due = due
        self._clock = clock
        self._kept: dict[tuple[Principal, DialogId], Dialog] = {}

    async def begin(self, dialog: Dialog) -> bool:
        """See `Dialogs.begin`."""
        await self._put_on_the_list(None, dialog)
        key = dialog.principal, dialog.id
        return self._kept.setdefault(key, dialog) is dialog

    async def find(self, principal: Principal, dialog: DialogId) -> Dialog | None:
        """See `Dialogs.find`."""
        kept = self._kept.get((principal, dialog))
        return kept if kept is not None and self._clock() < kept.expires_at else None

    async def find_in_thread(
        self, principal: Principal, channel: str, thread: str
    ) -> Dialog | None:
        """See `Dialogs.find_in_thread`."""
        theirs = (each for each in self._kept.values() if each.principal == principal)
        place = channel, thread
        found = next((each for each in theirs if (each.channel, each.thread) == place), None)
        return await self.find(principal, found.id) if found and thread else None

    async def list_open(self, principal: Principal) -> Sequence[Dialog]:
        """See `Dialogs.list_open`."""
        now = self._clock()
        found = [
            each
            for each in self._kept.values()
            if each.principal == principal and each.is_open and now < each.expires_at
        ]
        return sorted(found, key=lambda each: each.touched_at, reverse=True)[:20]

    async def replace(self, seen: Dialog, changed: Dialog) -> Dialog | None:
        """See `Dialogs.replace`."""
        await self._put_on_the_list(seen, changed)
        kept = self._kept.get((seen.principal, seen.id))
        if kept is None or kept.generation != seen.generation:
            return None
        now = self._clock()
        stored = replace(
            changed,
            generation=seen.generation + 1,
            touched_at=now,
            expires_at=now + DIALOG_LASTS,
        )
        self._kept[seen.principal, seen.id] = stored
        return stored

    async def take_up(self, seen: Dialog, left_alone: timedelta) -> Dialog | None:
        """See `Dialogs.take_up`."""
        kept = self._kept.get((seen.principal, seen.id))
        if kept is None or self._clock() < kept.touched_at + left_alone:
            return None
        return await self.replace(seen, seen)

    async def confirm(self, principal: Principal, dialog: DialogId, plan: PlanId) -> bool:
        """See `Dialogs.confirm`."""
        kept = self._kept.get((principal, dialog))
        if kept is None or kept.phase is not Phase.CONFIRMING or kept.is_trial:
            return False
        if kept.plan is None or kept.plan.id != plan:
            return False
        now = self._clock()
        if now >= kept.touched_at + PLAN_LASTS:
            return False
        stored = replace(confirmed(kept, now), generation=kept.generation + 1, touched_at=now)
        self._kept[principal, dialog] = stored
        return True

    async def find_due(self, due: Due) -> Dialog | None:
        """See `Dialogs.find_due`."""
        user_id, _, dialog = due.id.partition("/")
        return await self.find(Principal(due.tenant, user_id), DialogId(dialog))

    async def list_users(
        self, tenant: Tenant, task: TaskId, since: datetime
    ) -> Sequence[tuple[str, datetime]]:
        """See `Dialogs.list_users`."""
        runs = [
            (each.principal.user_id, each.touched_at)
            for each in self._kept.values()
            if (each.principal.tenant, each.task) == (tenant, task) and each.touched_at >= since
            if each.is_used and not each.is_trial
        ]
        return latest_of_each(sorted(runs, key=lambda run: run[1], reverse=True))

    async def count_open(self, tenant: Tenant, task: TaskId) -> int:
        """See `Dialogs.count_open`."""
        return sum(
            (each.principal.tenant, each.task) == (tenant, task) and each.is_open
            for each in self._kept.values()
        )

    async def remove(self, principal: Principal, dialog: DialogId) -> None:
        """See `Dialogs.remove`."""
        self._kept.pop((principal, dialog), None)

    async def _put_on_the_list(self, seen: Dialog | None, changed: Dialog) -> None:
        now = self._clock()
        if is_awaited(seen, changed, now):
            at = now + FIRST_CHECK
            await self._due.add(running_of(changed.principal, changed.id, at))


def _newest_first(found: list[TemplateVersion]) -> list[TemplateVersion]:
    return sorted(found, key=lambda each: each.added_at, reverse=True)


def _near(task: DialogTask) -> frozenset[str]:
    return frozenset().union(*map(slips, task.words))


def _folded(task: DialogTask) -> set[str]:
    return {word.casefold() for word in task.words}
