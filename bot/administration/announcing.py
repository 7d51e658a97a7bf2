"""The first time that it works for a tenant is told to an admin, once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.integration import Integration
from bot.integrations import amend
from bot.ports import Clock, Installations, Integrations
from bot.principal import Principal


class Announcer:
    """Finds whom to tell of the tenant's first success."""

    def __init__(
        self,
        integrations: Integrations,
        installations: Installations,
        may_administer: Callable[[Principal], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        self._integrations = integrations
        self._installations = installations
        self._may_administer = may_administer
        self._clock = clock

    async def claim(self, person: Principal) -> Principal | None:
        """Return the admin to tell: *person*, or else who installed us; ``None`` if it was told.

        Where neither is an admin it is left to the next success.
        """
        if (await self._integrations.find(person.tenant)).announced_at is not None:
            return None
        admin = await self._find_admin(person)
        if admin is None:
            return None
        now = self._clock()

        def change(integration: Integration) -> Integration:
            return replace(integration, announced_at=integration.announced_at or now)

        before, _ = await amend(self._integrations, person.tenant, change)
        return admin if before.announced_at is None else None

    async def _find_admin(self, person: Principal) -> Principal | None:
        if await self._may_administer(person):
            return person
        installer = await self._installations.find_installer(person.tenant)
        if installer is None:
            return None
        admin = Principal(person.tenant, installer)
        return admin if await self._may_administer(admin) else None
