"""Installations in a dict, and those that browsers have begun."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from bot.frozen import frozen
from bot.installation import BotTokens, Installation, PendingInstall, is_place
from bot.ports import Clock, Installations, PendingInstalls
from bot.principal import Digest, Tenant


@frozen
class _Claim:
    id: str
    until: datetime


class MemoryInstallations(Installations):
    """Forgets everything when the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[Tenant, Installation] = {}
        self._installers: dict[Tenant, tuple[datetime, str]] = {}
        self._claims: dict[Tenant, _Claim] = {}
        self._access: dict[Tenant, dict[str, datetime]] = {}

    async def find(self, tenant: Tenant) -> Installation | None:
        """See `Installations.find`."""
        return self._kept.get(tenant)

    async def save(self, installation: Installation, *, by: str = "") -> None:
        """See `Installations.save`."""
        tenant, at = installation.tenant, installation.installed_at
        if by and self._installers.get(tenant, (at, ""))[0] <= at:
            self._installers[tenant] = at, by
        kept = self._kept.get(tenant)
        if kept is None or kept.installed_at <= at:
            self._kept[tenant] = installation
            self._claims.pop(tenant, None)
            self._access.pop(tenant, None)

    async def remove(self, tenant: Tenant, *, before: datetime) -> bool:
        """See `Installations.remove`."""
        if self._installers.get(tenant, (before, ""))[0] < before:
            del self._installers[tenant]
        kept = self._kept.get(tenant)
        if kept is None or kept.installed_at >= before:
            return False
        del self._kept[tenant]
        self._claims.pop(tenant, None)
        self._access.pop(tenant, None)
        return True

    async def find_installer(self, tenant: Tenant) -> str | None:
        """See `Installations.find_installer`."""
        found = self._installers.get(tenant)
        return None if found is None else found[1]

    async def claim_refresh(self, installation: Installation, lasts: timedelta) -> str | None:
        """See `Installations.claim_refresh`."""
        now, kept = self._clock(), self._as_seen(installation)
        standing = self._claims.get(installation.tenant)
        if kept is None or kept.broken_at or (standing and standing.until >= now):
            return None
        claim = _Claim(secrets.token_hex(16), now + lasts)
        self._claims[installation.tenant] = claim
        return claim.id

    async def replace_tokens(
        self, installation: Installation, claim: str, tokens: BotTokens
    ) -> bool:
        """See `Installations.replace_tokens`."""
        kept = self._held(installation, claim)
        if kept is None:
            return False
        self._kept[kept.tenant] = replace(
            kept,
            bot_token=tokens.bot_token,
            refresh_token=tokens.refresh_token,
            token_expires_at=tokens.expires_at,
            generation=kept.generation + 1,
        )
        del self._claims[kept.tenant]
        return True

    async def release_refresh(self, installation: Installation, claim: str) -> None:
        """See `Installations.release_refresh`."""
        if self._held(installation, claim):
            del self._claims[installation.tenant]

    async def mark_broken(self, installation: Installation, claim: str, at: datetime) -> bool:
        """See `Installations.mark_broken`."""
        kept = self._held(installation, claim)
        if kept is None or kept.broken_at:
            return False
        self._kept[kept.tenant] = replace(kept, broken_at=at)
        del self._claims[kept.tenant]
        return True

    async def set_access(
        self, tenant: Tenant, team_id: str, *, granted: bool, at: datetime
    ) -> bool:
        """See `Installations.set_access`."""
        kept, known = self._kept.get(tenant), self._access.setdefault(tenant, {})
        if not is_place(team_id) or kept is None or kept.installed_at >= at:
            return False
        if team_id in known and known[team_id] >= at:
            return False
        known[team_id] = at
        others = kept.barred - {team_id}
        self._kept[tenant] = replace(kept, barred=others if granted else others | {team_id})
        return True

    def _as_seen(self, installation: Installation) -> Installation | None:
        kept = self._kept.get(installation.tenant)
        if kept is None or kept.generation != installation.generation:
            return None
        return kept if kept.installed_at == installation.installed_at else None

    def _held(self, installation: Installation, claim: str) -> Installation | None:
        standing = self._claims.get(installation.tenant)
        held = standing is not None and standing.id == claim
        return self._as_seen(installation) if held else None


class MemoryPendingInstalls(PendingInstalls):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[Digest, PendingInstall] = {}

    async def save(self, pending: PendingInstall) -> None:
        """See `PendingInstalls.save`."""
        self._kept.setdefault(pending.key, pending)

    async def find(self, key: Digest) -> PendingInstall | None:
        """See `PendingInstalls.find`."""
        return self._kept.get(key)

    async def consume(self, key: Digest, now: datetime) -> PendingInstall | None:
        """See `PendingInstalls.consume`."""
        kept = self._kept.get(key)
        if kept is None or kept.consumed_at is not None or now >= kept.expires_at:
            return None
        self._kept[key] = replace(kept, consumed_at=now)
        return self._kept[key]
