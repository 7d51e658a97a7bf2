"""Who may do what not everybody may."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Final

from bot.errors import NotAllowed
from bot.installation import Installation, SlackPerson
from bot.integration import Integration, Role
from bot.ports import Integrations, SlackPeople
from bot.ports.slack import ADMIN_KNOWN_FOR
from bot.principal import Principal, Tenant

USER_GROUP: Final = "S"
"""How the ids of Slack's user groups begin; people's begin with U or W."""

FindInstallation = Callable[[Tenant], Awaitable[Installation | None]]


class Roles:
    """Judges people by what Slack says of them now, and by what the tenant's admins decided.

    What can't be found out is no permission: Slack's silence is raised as ``Unavailable``.
    """

    def __init__(
        self, integrations: Integrations, people: SlackPeople, installation_of: FindInstallation
    ) -> None:
        self._integrations = integrations
        self._people = people
        self._installation_of = installation_of

    async def may(
        self, principal: Principal, role: Role, integration: Integration | None = None
    ) -> bool:
        """Tell whether *principal* has *role* now; *integration* spares reading it."""
        installation = await self._installation_of(principal.tenant)
        if installation is None:
            return False
        try:
            person = await self._people.get(
                installation, principal.user_id, fresh_for=ADMIN_KNOWN_FOR
            )
        except NotAllowed:
            return False
        if person.is_guest or not installation.welcomes(person):
            return False
        if role is Role.ADMINISTER and person.is_admin:
            return True
        if integration is None:
            integration = await self._integrations.find(principal.tenant)
        members = integration.policy.members(role)
        if not members:
            return role is not Role.ADMINISTER
        return principal.user_id in members or await self._is_in_any(installation, members, person)

    async def _is_in_any(
        self, installation: Installation, members: tuple[str, ...], person: SlackPerson
    ) -> bool:
        # A group is of one workspace, which an organisation's installation has to name.
        teams = sorted(person.teams) if installation.is_organisations else [""]
        groups = [each for each in members if each.startswith(USER_GROUP)]
        for group, team in itertools.product(groups, teams):
            if await self._people.is_in_group(installation, group, person.user_id, team):
                return True
        return False

    async def may_administer(self, principal: Principal) -> bool:
        """Tell whether *principal* is an admin of the tenant now."""
        return await self.may(principal, Role.ADMINISTER)
