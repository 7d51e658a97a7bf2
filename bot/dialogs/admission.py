"""Which dialog tasks somebody may run, and where."""

from collections.abc import Sequence
from typing import Final

from bot.errors import NotAllowed
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
        """Return the tasks that *principal* may begin in *channel*, by their words."""
        person = await self._find_member(principal)
        if person is None:
            return ()
        tasks = [task for task in await self._tasks.list_all(principal.tenant) if task.is_on]
        return [task for task in tasks if await self._includes(principal, person, task, channel)]

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
        if not await self._includes(principal, person, task, channel):
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

    async def _includes(
        self, principal: Principal, person: SlackPerson, task: DialogTask, channel: str
    ) -> bool:
        if task.owner == principal.user_id:
            return True
        match task.audience.reach:
            case Reach.ME:
                return False
            case Reach.CHANNEL:
                return bool(channel) and channel == task.audience.id
            case Reach.GROUP:
                return await self._is_in(principal, person, task.audience.id)
            case Reach.WORKSPACE:
                return True

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
