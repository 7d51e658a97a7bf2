"""Which dialog tasks somebody may run, where, and whether they still may."""

import asyncio
import itertools
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from bot.dialog import Dialog
from bot.errors import NotAllowed, Unavailable
from bot.installation import SlackPerson
from bot.ports import ADMIN_KNOWN_FOR, SlackPeople, Tasks
from bot.principal import Principal
from bot.roles import FindInstallation
from bot.task import DialogTask, Reach

NOT_BEGUN: Final = "nothing was begun"
NOT_WRITTEN: Final = "nothing more was written"
GUESTS: Final = (
    "Guests of a workspace don't run its dialog tasks, so {so}. "
    "Ask a full member of the workspace to run it."
)
SWITCHED_OFF: Final = (
    "“{title}” is switched off for now, so {so}. "
    "Its owner, or an admin of the workspace, can switch it on."
)
UNINSTALLED: Final = (
    "“{title}” isn't installed any more, so {so}. "
    "Ask whoever looked after it, or an admin of the workspace, to install it again."
)
_NOT_YOURS: Final = {
    Reach.ME: "“{title}” is somebody's own, so {so}. Ask them to share it.",
    Reach.CHANNEL: "“{title}” is run in the channel {name} alone, so {so}. Begin it there.",
    Reach.GROUP: (
        "“{title}” is for the group {name} alone, so {so}. "
        "Ask its owner, or an admin of the workspace, to let you run it."
    ),
    Reach.WORKSPACE: "“{title}” is for this workspace's own members, so {so}.",
}


class Admission:
    """Judges who may begin a dialog, and go on with it.

    What can't be found out is no permission.
    """

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
        return await self.choose(principal, await self._tasks.list_all(principal.tenant), channel)

    async def choose(
        self, principal: Principal, tasks: Sequence[DialogTask], channel: str = ""
    ) -> Sequence[DialogTask]:
        """Return those of *tasks* that *principal* may begin, as `list_tasks` does."""
        person = await self._find_member(principal)
        if person is None:
            return ()
        found = [task for task in tasks if task.is_on]
        groups = await self._groups_of(principal, person, found)
        return [task for task in found if _includes(principal, task, channel, groups)]

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
        await self._judge(principal, task, channel, NOT_BEGUN)

    async def check_still(self, dialog: Dialog, task: DialogTask | None) -> None:
        """See that the dialog's person may go on with it, whose *task* this is now.

        It may be at another version by now: a dialog ends on its own.

        Raises:
            NotAllowed: they may not any more, or it is switched off or gone.
        """
        if dialog.is_trial:
            return
        if task is None:
            raise NotAllowed(UNINSTALLED.format(title=dialog.title, so=NOT_WRITTEN))
        await self._judge(dialog.principal, task, dialog.began_in, NOT_WRITTEN)

    async def _judge(self, principal: Principal, task: DialogTask, channel: str, so: str) -> None:
        person = await self._find_member(principal)
        if person is None:
            raise NotAllowed(GUESTS.format(so=so))
        group = _group_of(principal, task)
        is_in = bool(group) and await self._is_in(principal, person, group)
        if not _includes(principal, task, channel, {group} if is_in else ()):
            words = _NOT_YOURS[task.audience.reach]
            raise NotAllowed(words.format(title=task.title, name=task.audience.name, so=so))
        if not task.is_on:
            raise NotAllowed(SWITCHED_OFF.format(title=task.title, so=so))

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
