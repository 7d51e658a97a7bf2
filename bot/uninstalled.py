"""The end of a tenant: a while after the app was uninstalled, all that was kept of it goes."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.audit import Auditor
from bot.errors import BotError, SealBroken
from bot.installation import Installation
from bot.ports import (
    DELETE_TENANT,
    Clock,
    Connections,
    ConsentServer,
    Due,
    DueWork,
    Forgetting,
    Installations,
)
from bot.principal import Tenant
from bot.profiles import ProfileBook
from bot.trail import OPERATOR, Action, Entry

log = structlog.get_logger(__name__)

ONCE_MORE: Final = timedelta(minutes=1)
"""When it is looked whether somebody, under a key that was still in memory, has written more."""


class TenantEnd:
    """Puts a tenant's deletion off for a while, takes it back, and carries it out."""

    def __init__(  # noqa: PLR0913 - what is asked, what is deleted and by whom it is told
        self,
        forgetting: Forgetting,
        installations: Installations,
        connections: Connections,
        due: DueWork,
        *,
        revoking: tuple[ConsentServer, ProfileBook],
        auditor: Auditor,
        clock: Clock,
        after: timedelta,
    ) -> None:
        self._forgetting = forgetting
        self._installations = installations
        self._connections = connections
        self._due = due
        self._consent, self._profiles = revoking
        self._auditor = auditor
        self._clock = clock
        self._after = after

    async def uninstalled(self, tenant: Tenant, at: datetime) -> None:
        """Have *tenant* deleted a while after *at*, unless it comes back."""
        await self._due.add(_due(tenant, at + self._after))

    async def installed(self, installation: Installation) -> None:
        """Take the deletion back."""
        await self._due.remove(_due(installation.tenant, installation.installed_at))

    async def delete(self, due: Due) -> datetime | None:
        """Delete the tenant, if it isn't installed again: an errand.

        It comes again until nothing was left to delete.
        """
        if await self._installations.find(due.tenant) is not None:
            log.info("not deleted: installed again", tenant=due.tenant)
            return None
        await self._revoke_all(due.tenant)
        counts = await self._forgetting.delete_tenant(due.tenant)
        if not counts:
            return None
        log.info("tenant deleted", tenant=due.tenant, counts=dict(counts))
        now = self._clock()
        entry = Entry(OPERATOR, Action.DELETE_TENANT, key=f"{due.tenant}.{now:%Y-%m-%d}")
        await self._auditor.write(entry.of("workspace", due.tenant))
        return now + ONCE_MORE

    async def _revoke_all(self, tenant: Tenant) -> None:
        """Have providers forget the grants where they can be told; nothing hangs on it."""
        try:
            found = [each async for each in self._connections.list_all(tenant)]
        except SealBroken:
            return  # its keys are gone: it was cut off in the middle
        for each in found:
            try:
                profile = await self._profiles.get(tenant, each.profile, each.profile_version)
                await self._consent.revoke(profile, each.grant)
            except BotError as error:
                log.info("not revoked", tenant=tenant, code=error.code)


def _due(tenant: Tenant, at: datetime) -> Due:
    return Due(DELETE_TENANT, tenant, tenant, at)
