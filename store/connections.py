"""Connections: one a principal and profile, its grant sealed apart from whose it is."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bot.connection import Connection, Grant
from bot.content import Account, Site
from bot.ports import Connections
from bot.principal import Principal, Tenant
from store.collection import Stored
from store.database import Database
from store.database_time import has_passed, later
from store.sealing import Vault
from store.shape import NUMBER, TEXT, TIME, Shape, embedded, sealed, unique

SHAPE: Final = Shape(
    "connections",
    {
        "tenant": TEXT,
        "user_id": TEXT,
        "profile": TEXT,
        "generation": NUMBER,
        "connected_at": TIME,
        "whose": sealed("account", "profile"),
        "grant": sealed("grant", "profile"),
    },
    {"claim": embedded(by=TEXT, until=TIME), "ended_at": TIME},
    indexes=(unique("tenant", "user_id", "profile"),),
)


@dataclass(frozen=True, slots=True)
class _Whose:
    """The provider's account and what it opens."""

    account: Account
    sites: tuple[Site, ...]


class MongoConnections(Connections):
    """See `Connections`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._connections = database.collection(SHAPE)
        self._vault = vault

    async def find(self, principal: Principal, profile: str) -> Connection | None:
        """See `Connections.find`."""
        stored = await self._connections.find(_key(principal, profile))
        return None if stored is None else await self._opened(stored)

    async def save(self, connection: Connection) -> None:
        """See `Connections.save`."""
        key = _key(connection.principal, connection.profile)
        whose = _Whose(connection.account, connection.sites)
        document = {
            **key,
            "generation": connection.generation,
            "connected_at": connection.connected_at,
            "whose": await self._vault.seal(SHAPE.binding("whose", key), whose),
            "grant": await self._vault.seal(SHAPE.binding("grant", key), connection.grant),
        }
        if connection.ended_at is not None:
            document["ended_at"] = connection.ended_at
        await self._connections.save(key, document)

    async def remove(self, principal: Principal, profile: str) -> Connection | None:
        """See `Connections.remove`."""
        stored = await self._connections.take(_key(principal, profile))
        return None if stored is None else await self._opened(stored)

    async def claim_refresh(self, connection: Connection, lasts: timedelta) -> str | None:
        """See `Connections.claim_refresh`."""
        claim = secrets.token_hex(16)
        free = {**_as_seen(connection), "ended_at": None, **has_passed("claim.until")}
        taken = [{"$set": {"claim": {"by": claim, "until": later(lasts)}}}]
        return claim if await self._connections.update(free, taken) else None

    async def replace_grant(self, connection: Connection, claim: str, grant: Grant) -> bool:
        """See `Connections.replace_grant`."""
        seen = _as_seen(connection)
        inside = await self._vault.seal(SHAPE.binding("grant", seen), grant)
        change = {"$set": {"grant": inside}, "$inc": {"generation": 1}, "$unset": {"claim": ""}}
        return await self._connections.update({**seen, "claim.by": claim}, change)

    async def release_refresh(self, connection: Connection, claim: str) -> None:
        """See `Connections.release_refresh`."""
        held = {**_as_seen(connection), "claim.by": claim}
        await self._connections.update(held, {"$unset": {"claim": ""}})

    async def end(self, connection: Connection, at: datetime) -> bool:
        """See `Connections.end`."""
        standing = {**_as_seen(connection), "ended_at": None}
        change = {"$set": {"ended_at": at}, "$unset": {"claim": ""}}
        return await self._connections.update(standing, change)

    async def find_account(self, tenant: Tenant, user_id: str, profile: str) -> Account | None:
        """See `Connections.find_account`."""
        key = _key(Principal(tenant, user_id), profile)
        stored = await self._connections.find(key, fields=("whose",))
        if stored is None:
            return None
        opened = await self._vault.open(SHAPE.binding("whose", key), _Whose, stored["whose"])
        return opened.account

    async def _opened(self, stored: Stored) -> Connection:
        whose = await self._vault.open(SHAPE.binding("whose", stored), _Whose, stored["whose"])
        return Connection(
            principal=Principal(stored["tenant"], stored["user_id"]),
            profile=stored["profile"],
            account=whose.account,
            sites=whose.sites,
            grant=await self._vault.open(SHAPE.binding("grant", stored), Grant, stored["grant"]),
            connected_at=stored["connected_at"],
            generation=stored["generation"],
            ended_at=stored.get("ended_at"),
        )


def _key(principal: Principal, profile: str) -> dict[str, Any]:
    return {"tenant": principal.tenant, "user_id": principal.user_id, "profile": profile}


def _as_seen(connection: Connection) -> dict[str, Any]:
    # The generation starts anew when somebody reconnects; the time of connecting tells them apart.
    return {
        **_key(connection.principal, connection.profile),
        "generation": connection.generation,
        "connected_at": connection.connected_at,
    }
