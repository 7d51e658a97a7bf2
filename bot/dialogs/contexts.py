"""What entities are asked and read with: who answers, where, and under which terms."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from bot.act import Actor
from bot.credentials import Limits
from bot.dialog import Dialog
from bot.dialogs.parts import task_of
from bot.entities import Context
from bot.errors import NotAllowed
from bot.frozen import frozen
from bot.installation import SlackPerson
from bot.ports import Clock, Confluence, SlackPeople, Tasks
from bot.principal import Principal
from bot.roles import FindInstallation
from bot.steps.terms import terms_of
from bot.task import DialogTask
from bot.template import ActionTemplate
from bot.values import Value

CHANNELS: Final = ("C", "D", "G")
"""How the ids of Slack's channels begin; people's begin with U or W."""

NameOfChannel = Callable[[Principal, str], Awaitable[str]]
"""Tells a channel's name to somebody; an empty one where it isn't shown to us."""


@frozen
class Contexts:
    """Makes contexts."""

    actor: Actor
    confluence: Confluence
    people: SlackPeople
    installation_of: FindInstallation
    tasks: Tasks
    name_of_channel: NameOfChannel
    clock: Clock

    async def of_dialog(
        self,
        dialog: Dialog,
        template: ActionTemplate,
        values: Mapping[str, Value],
        task: DialogTask | None = None,
    ) -> Context:
        """Return what an entity of *dialog* is read with, where *values* are known.

        What its *task* allows is read when Confluence is asked, unless it was read just now.
        """
        principal = dialog.principal
        person = await self._find(principal, principal.user_id)
        return Context(
            principal,
            self.actor,
            self.confluence,
            self.clock(),
            values,
            dialog.site,
            dialog.began_in,
            zone_of(person),
            self._name_of(principal),
            self._limits_of(dialog, template, task),
        )

    async def of(self, principal: Principal) -> Context:
        """Return what somebody's entities are read with outside of a dialog."""
        person = await self._find(principal, principal.user_id)
        return Context(
            principal,
            self.actor,
            self.confluence,
            self.clock(),
            zone=zone_of(person),
            name_of=self._name_of(principal),
        )

    def _limits_of(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Callable[[], Awaitable[Limits]]:
        known: list[Limits] = []

        async def limits() -> Limits:
            if not known:
                now = task or await task_of(self.tasks, dialog)
                terms = terms_of(template, now, None)
                known.append(terms.limits(dialog))
            return known[0]

        return limits

    def _name_of(self, principal: Principal) -> Callable[[str], Awaitable[str]]:
        async def named(slack_id: str) -> str:
            if slack_id.startswith(CHANNELS):
                return await self.name_of_channel(principal, slack_id)
            person = await self._find(principal, slack_id)
            return person.name if person is not None else ""

        return named

    async def _find(self, principal: Principal, user_id: str) -> SlackPerson | None:
        installation = await self.installation_of(principal.tenant)
        if installation is None:
            return None
        try:
            return await self.people.get(installation, user_id)
        except NotAllowed:
            return None


def zone_of(person: SlackPerson | None) -> tzinfo:
    """Return the time zone of *person*, as far as Slack told one that is known here."""
    try:
        return ZoneInfo(person.zone) if person is not None and person.zone else UTC
    except (ValueError, OSError, KeyError):  # a name of no zone, or a strange one
        return UTC
