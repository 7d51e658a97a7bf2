"""Changing a tenant's integration without losing what somebody else changes meanwhile."""

from collections.abc import Callable
from typing import Final

from bot.errors import Unavailable
from bot.integration import Integration
from bot.ports import Integrations
from bot.principal import Tenant

TRIES: Final = 5


async def amend(
    integrations: Integrations, tenant: Tenant, change: Callable[[Integration], Integration]
) -> tuple[Integration, Integration]:
    """Apply *change* to the newest generation; return that, and what is stored now.

    Raises:
        Unavailable: others changed it again and again.
    """
    for _ in range(TRIES):
        seen = await integrations.find(tenant)
        changed = change(seen)
        if changed == seen:
            return seen, seen
        stored = await integrations.replace(seen, changed)
        if stored is not None:
            return seen, stored
    raise Unavailable("the database")
