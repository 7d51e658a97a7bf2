"""Which dialog tasks somebody may run, and where."""

import asyncio
import itertools
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from bot.errors import NotAllowed, Unavailable
from bot.installation import SlackPerson
from bot.ports import ADMIN_KNOWN_FOR, SlackPeople, Tasks
from bot.principal import Principal
from bot.roles import FindInstallation
from bot.task import DialogTask, Reach

GUESTS: Final = (
    "Guests of a workspace don't run its dialog tasks, so nothing was begun. "
    "Ask a full member of the workspace to run it."
)
SWITCHED_OFF: Final = (
    "“{title}” is switched off for now, so nothing was begun. "
    "Its owner, or an admin of the workspace, can switch it on."
)
_NOT_YOURS: Final = {
    Reach.ME: "“{title}” is somebody's own, so nothing was begun. Ask them to share it.",
    Reach.CHANNEL: (
        "“{title}” is run in the channel {name} alone, so nothing was begun. Begin it there."
    ),
    Reach.GROUP: (
        "“{title}” is for the group {name} alone, so nothing was begun. "
        "Ask its owner, or an admin of the workspace, to let you run it."
    ),
    Reach.WORKSPACE: "“{title}” is for this workspace's own members, so nothing was begun.",
}


class Admission:
    """Judges who may begin a dialog. What can't be found out is no permission."""

    def __init__(
        self, tasks: Tasks, people: SlackPeople, installation_of: FindInstallation
    ) -> None:
        self._tasks = tasks
        self._people = people
        self._installation_of = installation_of

    async def list_tasks(self, principal: Principal, channel: str = "") -> Sequence[DialogTask]:
        """Return the tasks that *principal* may begin in *channel*, by their words.

        Each group is asked for once; those whose members Slack doesn't tell now are left out.
        """
        person = await self._find_member(principal)
        if person is None:
            return ()
        tasks = [task for task in await self._tasks.list_all(principal.tenant) if task.is_on]
        groups = await self._groups_of(principal, person, tasks)
        return [task for task in tasks if _includes(principal, task, channel, groups)]

    async def _groups_of(
        self, principal: Principal, person: SlackPerson, tasks: Sequence[DialogTask]
    ) -> frozenset[str]:
        """Return those of the groups that *tasks* are for in which *person* is known to be."""

        async def known(group: str) -> bool:
            with suppress(Unavailable):
                return await self._is_in(principal, person, group)
            return False

        wanted = (_group_of(principal, task) for task in tasks)
        named = list(dict.fromkeys(filter(None, wanted)))
        found = await asyncio.gather(*map(known, named))
        return frozenset(itertools.compress(named, found))

    async def find_task(
        self, principal: Principal, word: str, channel: str = ""
    ) -> DialogTask | None:
        """Return the task that goes by *word*, if there is one.

        Raises:
            NotAllowed: *principal* may not begin it here, or it is switched off.
        """
        task = await self._tasks.find_by_word(principal.tenant, word.casefold())
        if task is not None:
            await self.check(principal, task, channel)
        return task

    async def check(self, principal: Principal, task: DialogTask, channel: str = "") -> None:
        """See that *principal* may begin *task* in *channel*.

        Raises:
            NotAllowed: they may not, or it is switched off.
        """
        person = await self._find_member(principal)
        if person is None:
            raise NotAllowed(GUESTS)
        group = _group_of(principal, task)
        is_in = bool(group) and await self._is_in(principal, person, group)
        if not _includes(principal, task, channel, {group} if is_in else ()):
            words = _NOT_YOURS[task.audience.reach]
            raise NotAllowed(words.format(title=task.title, name=task.audience.name))
        if not task.is_on:
            raise NotAllowed(SWITCHED_OFF.format(title=task.title))

    async def _find_member(self, principal: Principal) -> SlackPerson | None:
        """Return the person as Slack describes them, unless they are a guest or a stranger."""
        installation = await self._installation_of(principal.tenant)
        if installation is None:
            return None
        person = await self._people.get(installation, principal.user_id, fresh_for=ADMIN_KNOWN_FOR)
        return None if person.is_guest or not installation.welcomes(person) else person

    async def _is_in(self, principal: Principal, person: SlackPerson, group: str) -> bool:
        # A group is of one workspace, which an organisation's installation has to name.
        installation = await self._installation_of(principal.tenant)
        if installation is None:
            return False
        teams = sorted(person.teams) if installation.is_organisations else [""]
        for team in teams:
            if await self._people.is_in_group(installation, group, person.user_id, team):
                return True
        return False


def _group_of(principal: Principal, task: DialogTask) -> str:
    """Return the group that *principal* must be in for *task*; empty where it is none."""
    is_for_it = task.audience.reach is Reach.GROUP and task.owner != principal.user_id
    return task.audience.id if is_for_it else ""


def _includes(
    principal: Principal, task: DialogTask, channel: str, groups: Collection[str]
) -> bool:
    """Tell whether *task* is for *principal*, who is in *groups*, in *channel*."""
    if task.owner == principal.user_id:
        return True
    match task.audience.reach:
        case Reach.ME:
            return False
        case Reach.CHANNEL:
            return bool(channel) and channel == task.audience.id
        case Reach.GROUP:
            return task.audience.id in groups
        case Reach.WORKSPACE:
            return True
