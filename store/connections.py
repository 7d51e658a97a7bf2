"""Connections: one a principal and profile, its grant sealed apart from whose it is."""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from bot.connection import Connection, Grant
from bot.content import Account, Site
from bot.frozen import frozen
from bot.ports import Connections
from bot.principal import Principal, Tenant
from bot.profile import Mechanism, Provider
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
    {
        "claim": embedded(by=TEXT, until=TIME),
        "ended_at": TIME,
        "failures": NUMBER,
        "failing_since": TIME,
    },
    indexes=(unique("tenant", "user_id", "profile"),),
)


_ORDER: Final = ("user_id", "profile")


@frozen
class _Whose:
    """The provider's account, what it opens, and how it came to be connected."""

    account: Account
    sites: tuple[Site, ...]
    profile_version: int = 1
    provider: Provider = Provider.CLOUD
    mechanism: Mechanism = Mechanism.OAUTH2
    name: str = ""
    owner: str = ""
    account_at: datetime | None = None


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
        whose = _whose(connection)
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
        gone = {"claim": "", "failures": "", "failing_since": ""}
        change = {"$set": {"grant": inside}, "$inc": {"generation": 1}, "$unset": gone}
        return await self._connections.update({**seen, "claim.by": claim}, change)

    async def release_refresh(self, connection: Connection, claim: str) -> None:
        """See `Connections.release_refresh`."""
        held = {**_as_seen(connection), "claim.by": claim}
        await self._connections.update(held, {"$unset": {"claim": ""}})

    async def note_failure(self, connection: Connection, claim: str, at: datetime) -> int:
        """See `Connections.note_failure`."""
        failed = await self._connections.change(
            {**_as_seen(connection), "claim.by": claim},
            {"$inc": {"failures": 1}, "$min": {"failing_since": at}, "$unset": {"claim": ""}},
        )
        return failed["failures"] if failed else 0

    async def end(self, connection: Connection, at: datetime) -> bool:
        """See `Connections.end`."""
        standing = {**_as_seen(connection), "ended_at": None}
        change = {"$set": {"ended_at": at}, "$unset": {"claim": ""}}
        return await self._connections.update(standing, change)

    async def hand_over(self, connection: Connection, name: str, owner: str) -> bool:
        """See `Connections.hand_over`."""
        return await self._put_whose(replace(connection, name=name, owner=owner))

    async def replace_account(self, connection: Connection, account: Account, at: datetime) -> bool:
        """See `Connections.replace_account`."""
        return await self._put_whose(replace(connection, account=account, account_at=at))

    async def list_all(self, tenant: Tenant) -> AsyncIterator[Connection]:
        """See `Connections.list_all`. One operation for every hundred."""
        async for batch in self._connections.pages({"tenant": tenant}, by=_ORDER):
            for stored in batch:
                yield await self._opened(stored)

    async def list_of(self, principal: Principal) -> Sequence[Connection]:
        """See `Connections.list_of`. One operation for every hundred."""
        theirs = {"tenant": principal.tenant, "user_id": principal.user_id}
        pages = self._connections.pages(theirs, by=("profile",))
        return [await self._opened(stored) async for batch in pages for stored in batch]

    async def find_account(self, tenant: Tenant, user_id: str, profile: str) -> Account | None:
        """See `Connections.find_account`."""
        key = _key(Principal(tenant, user_id), profile)
        stored = await self._connections.find(key, fields=("whose",))
        if stored is None:
            return None
        opened = await self._vault.open(SHAPE.binding("whose", key), _Whose, stored["whose"])
        return opened.account

    async def _put_whose(self, connection: Connection) -> bool:
        key = _key(connection.principal, connection.profile)
        inside = await self._vault.seal(SHAPE.binding("whose", key), _whose(connection))
        standing = {**key, "connected_at": connection.connected_at}
        return await self._connections.update(standing, {"$set": {"whose": inside}})

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
            profile_version=whose.profile_version,
            provider=whose.provider,
            mechanism=whose.mechanism,
            name=whose.name,
            owner=whose.owner,
            failures=stored.get("failures", 0),
            failing_since=stored.get("failing_since"),
            account_at=whose.account_at,
        )


def _whose(connection: Connection) -> _Whose:
    return _Whose(
        connection.account,
        connection.sites,
        connection.profile_version,
        connection.provider,
        connection.mechanism,
        connection.name,
        connection.owner,
        connection.account_at,
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
