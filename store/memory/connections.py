"""Connections in a dict."""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.connection import Connection, Grant
from bot.content import Account
from bot.frozen import frozen
from bot.ports import Clock, Connections
from bot.principal import Principal, Tenant

_Key = tuple[Principal, str]


@frozen
class _Claim:
    id: str
    until: datetime


class MemoryConnections(Connections):
    """Forgets everything when the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[_Key, Connection] = {}
        self._claims: dict[_Key, _Claim] = {}

    async def find(self, principal: Principal, profile: str) -> Connection | None:
        """See `Connections.find`."""
        return self._kept.get((principal, profile))

    async def save(self, connection: Connection) -> None:
        """See `Connections.save`."""
        self._put(replace(connection, failures=0, failing_since=None, lent=None))

    async def remove(self, principal: Principal, profile: str) -> Connection | None:
        """See `Connections.remove`."""
        self._claims.pop((principal, profile), None)
        return self._kept.pop((principal, profile), None)

    async def claim_refresh(self, connection: Connection, lasts: timedelta) -> str | None:
        """See `Connections.claim_refresh`."""
        now = self._clock()
        standing = self._claims.get(_key(connection))
        if not self._is_live(connection) or (standing and standing.until >= now):
            return None
        claim = _Claim(secrets.token_hex(16), now + lasts)
        self._claims[_key(connection)] = claim
        return claim.id

    async def replace_grant(self, connection: Connection, claim: str, grant: Grant) -> bool:
        """See `Connections.replace_grant`."""
        kept = self._as_seen(connection)
        if kept is None or not self._holds(connection, claim):
            return False
        renewed = replace(
            kept, grant=grant, generation=kept.generation + 1, failures=0, failing_since=None
        )
        self._put(renewed)
        return True

    async def release_refresh(self, connection: Connection, claim: str) -> None:
        """See `Connections.release_refresh`."""
        if self._as_seen(connection) and self._holds(connection, claim):
            del self._claims[_key(connection)]

    async def note_failure(self, connection: Connection, claim: str, at: datetime) -> int:
        """See `Connections.note_failure`."""
        kept = self._as_seen(connection)
        if kept is None or not self._holds(connection, claim):
            return 0
        since = min(kept.failing_since or at, at)
        self._put(replace(kept, failures=kept.failures + 1, failing_since=since))
        return kept.failures + 1

    async def end(self, connection: Connection, at: datetime) -> bool:
        """See `Connections.end`."""
        kept = self._as_seen(connection)
        if kept is None or kept.ended_at is not None:
            return False
        self._put(replace(kept, ended_at=at))
        return True

    async def hand_over(self, connection: Connection, name: str, owner: str) -> bool:
        """See `Connections.hand_over`."""
        kept = self._kept.get(_key(connection))
        if kept is None or kept.connected_at != connection.connected_at:
            return False
        self._kept[_key(connection)] = replace(kept, name=name, owner=owner)
        return True

    async def replace_account(self, connection: Connection, account: Account, at: datetime) -> bool:
        """See `Connections.replace_account`."""
        kept = self._kept.get(_key(connection))
        if kept is None or kept.connected_at != connection.connected_at:
            return False
        self._kept[_key(connection)] = replace(kept, account=account, account_at=at)
        return True

    async def list_all(self, tenant: Tenant) -> AsyncIterator[Connection]:
        """See `Connections.list_all`."""
        found = [each for each in self._kept.values() if each.principal.tenant == tenant]
        for connection in sorted(found, key=lambda each: (each.principal.user_id, each.profile)):
            yield connection

    async def list_of(self, principal: Principal) -> Sequence[Connection]:
        """See `Connections.list_of`."""
        found = [each for each in self._kept.values() if each.principal == principal]
        return sorted(found, key=lambda each: each.profile)

    async def find_account(self, tenant: Tenant, user_id: str, profile: str) -> Account | None:
        """See `Connections.find_account`."""
        kept = self._kept.get((Principal(tenant, user_id), profile))
        return None if kept is None else kept.account

    def _put(self, connection: Connection) -> None:
        self._kept[_key(connection)] = connection
        self._claims.pop(_key(connection), None)

    def _as_seen(self, connection: Connection) -> Connection | None:
        kept = self._kept.get(_key(connection))
        if kept is None or kept.generation != connection.generation:
            return None
        return kept if kept.connected_at == connection.connected_at else None

    def _is_live(self, connection: Connection) -> bool:
        kept = self._as_seen(connection)
        return kept is not None and kept.ended_at is None

    def _holds(self, connection: Connection, claim: str) -> bool:
        standing = self._claims.get(_key(connection))
        return standing is not None and standing.id == claim


def _key(connection: Connection) -> _Key:
    return connection.principal, connection.profile
