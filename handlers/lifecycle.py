"""What Slack tells us about the app itself: removed, or its tokens revoked (promise 15)."""

from datetime import UTC, datetime

import structlog

from bot.ports import Installations
from handlers.ask import Ask, Kind, Route
from handlers.tenants import Tenants

log = structlog.get_logger(__name__)


class Lifecycle:
    """The events of an installation's end; late ones don't touch a newer installation."""

    def __init__(self, installations: Installations, tenants: Tenants) -> None:
        self._installations = installations
        self._tenants = tenants

    def routes(self) -> tuple[Route, ...]:
        """Claim the events."""
        return (
            Route(Kind.EVENT, "app_uninstalled", self.uninstalled, before_ack=True),
            Route(Kind.EVENT, "tokens_revoked", self.tokens_revoked, before_ack=True),
        )

    async def uninstalled(self, ask: Ask) -> None:
        """Forget the installation, unless it is newer than the event."""
        tenant = ask.principal.tenant
        before = datetime.fromtimestamp(ask.event_time, UTC)
        removed = await self._installations.remove(tenant, before=before)
        self._tenants.forget(tenant)
        log.info("uninstalled", removed=removed)

    async def tokens_revoked(self, ask: Ask) -> None:
        """Forget the installation if its bot token is among what was revoked."""
        tokens = ask.event.get("tokens")
        if isinstance(tokens, dict) and tokens.get("bot"):
            await self.uninstalled(ask)
