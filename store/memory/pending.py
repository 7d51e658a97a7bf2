"""Pending connections in a dict."""

from dataclasses import replace
from datetime import datetime

from bot.pending import OBTAINED, PendingConnection, Step
from bot.ports import PendingConnections
from bot.principal import Digest, Principal, Tenant

_Key = tuple[Tenant, Step, Digest]


class MemoryPendingConnections(PendingConnections):
    """Forgets everything when the process ends."""

    def __init__(self) -> None:
        self._kept: dict[_Key, PendingConnection] = {}

    async def save(self, pending: PendingConnection) -> None:
        """See `PendingConnections.save`."""
        kept = self._kept.get(_key(pending))
        if kept is None or kept.consumed_at is None:
            self._kept[_key(pending)] = pending

    async def find(self, tenant: Tenant, step: Step, key: Digest) -> PendingConnection | None:
        """See `PendingConnections.find`."""
        return self._kept.get((tenant, step, key))

    async def consume(
        self, tenant: Tenant, step: Step, key: Digest, now: datetime
    ) -> PendingConnection | None:
        """See `PendingConnections.consume`."""
        kept = self._kept.get((tenant, step, key))
        if kept is None or not _is_live(kept, now):
            return None
        used_up = replace(kept, consumed_at=now)
        self._kept[_key(kept)] = _tombstone(used_up)
        return used_up

    async def find_code(self, principal: Principal, now: datetime) -> PendingConnection | None:
        """See `PendingConnections.find_code`."""
        codes = [
            kept
            for kept in self._kept.values()
            if kept.step is Step.CODE and kept.principal == principal and _is_live(kept, now)
        ]
        if not codes:
            return None
        newest = max(reversed(codes), key=lambda kept: kept.expires_at)
        if newest.tries_left == 0:
            return None
        counted = replace(newest, tries_left=newest.tries_left - 1)
        self._kept[_key(counted)] = counted
        return counted

    async def forget_obtained(self, principal: Principal) -> None:
        """See `PendingConnections.forget_obtained`."""
        for key, kept in list(self._kept.items()):
            if kept.principal == principal and kept.step in OBTAINED:
                del self._kept[key]


def _key(pending: PendingConnection) -> _Key:
    return pending.tenant, pending.step, pending.key


def _is_live(pending: PendingConnection, now: datetime) -> bool:
    return pending.consumed_at is None and now < pending.expires_at


def _tombstone(pending: PendingConnection) -> PendingConnection:
    return replace(
        pending,
        verifier=None,
        nonce=None,
        response_url=None,
        response_url_at=None,
        person="",
        workspace="",
        obtained=None,
    )
