"""The audit: rows, which nobody changes, and the stretches of each tenant's chain.

Besides due work, leases and keys, what finds the tenants whose rows wait for a number, and
those that have a chain, is all that is read over all tenants: it reads the tenant's id alone.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from math import inf
from typing import Any, Final

from bot.connection import NEVER
from bot.ports import AuditChain, AuditRows
from bot.principal import Principal, Tenant
from bot.trail import (
    AuditRow,
    Link,
    Links,
    Part,
    PersonId,
    Place,
    RowId,
    SealedRow,
    Wanted,
)
from store.collection import Collection, Stored
from store.database import Database
from store.naming import open_row, people_of, seal_row
from store.person_keys import PersonKeys
from store.sealing import Vault
from store.shape import NUMBER, SEALED, TEXT, TIME, People, Shape, array_of, embedded, index, unique

_PLAIN: Final = (
    "tenant", "id", "at", "action", "outcome", "credential", "code", "profile", "kind", "site",
    "space", "page", "correlation", "proof",
)  # fmt: skip

ROWS: Final = Shape(
    "audit_rows",
    {name: TIME if name == "at" else TEXT for name in _PLAIN}
    | {"parts": array_of(embedded(role=TEXT, person=TEXT, cipher=SEALED))},
    {"number": NUMBER},
    indexes=(
        unique("tenant", "id"),
        index("tenant", "at", "id"),
        index("tenant", "action", "at", "id"),
        index("tenant", "parts.person", "at", "id"),
        index("tenant", "number", "at", "id"),
        index("number", "tenant"),
    ),
    people=People.KEYED,
)
LINKS: Final = Shape(
    "audit_links",
    {"tenant": TEXT, "first": NUMBER, "rows": array_of(TEXT), "links": array_of(TEXT)},
    indexes=(unique("tenant", "first"),),
    people=People.NONE,
)
_BATCH: Final = 100
# What a time or a number is exact to. No "$lte": with a range that further fields of the index
# follow, the embedded database (0.7.0b3) leaves out what equals its upper end.
_MOMENT: Final = timedelta(milliseconds=1)
_ANY_NUMBER: Final = {"$gte": -inf}


class MongoAuditRows(AuditRows):
    """See `AuditRows`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._rows = database.collection(ROWS)
        self._keys = PersonKeys(database, vault)

    async def seal(self, row: AuditRow) -> SealedRow:
        """See `AuditRows.seal`. One operation for each person."""
        people = people_of(row.entry)
        keys = {person: await self._keys.current(person) for person in set(people.values())}
        return seal_row(row, {role: keys[person] for role, person in people.items()})

    async def insert(self, row: SealedRow) -> bool:
        """See `AuditRows.insert`."""
        return await self._rows.insert(_written(row))

    async def list_newest(
        self, tenant: Tenant, wanted: Wanted, after: Place | None = None
    ) -> AsyncIterator[AuditRow]:
        """See `AuditRows.list_newest`. Two operations for every hundred rows."""
        where: dict[str, Any] = {"tenant": tenant}
        if wanted.action:
            where["action"] = wanted.action
        if wanted.user_id:
            person = await self._keys.find_id(Principal(tenant, wanted.user_id))
            if person is None:
                return
            where["parts.person"] = person
        order = [("at", -1), ("id", -1)]
        while True:
            found = await self._rows.find_several(
                where | _between(wanted, after), order=order, most=_BATCH
            )
            for row in await self._opened(tenant, found):
                yield row
                after = row.place
            if len(found) < _BATCH:
                return

    async def forget(self, principal: Principal) -> bool:
        """See `AuditRows.forget`. One operation."""
        return await self._keys.destroy(principal)

    async def _opened(self, tenant: Tenant, found: Sequence[Stored]) -> list[AuditRow]:
        rows = [_read(stored) for stored in found]
        persons = {part.person for row in rows for part in row.parts}
        keys = await self._keys.find_all(tenant, persons)
        return [open_row(row, keys) for row in rows]


class MongoAuditChain(AuditChain):
    """See `AuditChain`. Each method is one operation."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection(ROWS)
        self._links = database.collection(LINKS)

    async def find_waiting(self, after: Tenant | None = None) -> Tenant | None:
        """See `AuditChain.find_waiting`."""
        return await _next_tenant(self._rows.across_tenants(), {"number": None}, after)

    async def find_chained(self, after: Tenant | None = None) -> Tenant | None:
        """See `AuditChain.find_chained`."""
        return await _next_tenant(self._links.across_tenants(), {}, after)

    async def list_waiting(self, tenant: Tenant, most: int) -> Sequence[SealedRow]:
        """See `AuditChain.list_waiting`."""
        found = await self._rows.find_several(
            {"tenant": tenant, "number": None}, order=[("at", 1), ("id", 1)], most=most
        )
        return [_read(stored) for stored in found]

    async def count_waiting(self, tenant: Tenant) -> int:
        """See `AuditChain.count_waiting`."""
        return await self._rows.count({"tenant": tenant, "number": None})

    async def find_last(self, tenant: Tenant) -> Links | None:
        """See `AuditChain.find_last`."""
        return _links(await self._links.find({"tenant": tenant}, order=[("first", -1)]))

    async def find_links(self, tenant: Tenant, number: int) -> Links | None:
        """See `AuditChain.find_links`."""
        where = {"tenant": tenant, "first": {"$lte": number}}
        return _links(await self._links.find(where, order=[("first", -1)]))

    async def find_next(self, tenant: Tenant, number: int) -> Links | None:
        """See `AuditChain.find_next`."""
        where = {"tenant": tenant, "first": {"$gt": number}}
        return _links(await self._links.find(where, order=[("first", 1)]))

    async def add(self, links: Links) -> bool:
        """See `AuditChain.add`."""
        return await self._links.insert(
            {
                "tenant": links.tenant,
                "first": links.first,
                "rows": list(links.rows),
                "links": list(links.links),
            }
        )

    async def number(self, links: Links) -> None:
        """See `AuditChain.number`."""
        await self._rows.update_each(
            [
                ({"tenant": links.tenant, "id": row_id}, {"$set": {"number": number}})
                for number, row_id in enumerate(links.rows, links.first)
            ]
        )

    async def get_rows(self, tenant: Tenant, ids: Sequence[RowId]) -> Mapping[RowId, SealedRow]:
        """See `AuditChain.get_rows`."""
        found = await self._rows.find_several(
            {"tenant": tenant, "id": {"$in": list(ids)}}, order=[("id", 1)], most=len(ids)
        )
        return {stored["id"]: _read(stored) for stored in found}

    async def list_numbered(
        self, tenant: Tenant, first: int | None, last: int | None, most: int
    ) -> Sequence[SealedRow]:
        """See `AuditChain.list_numbered`."""
        bounds = {"$gte": first, "$lt": None if last is None else last + 1}
        limits = {name: limit for name, limit in bounds.items() if limit is not None}
        found = await self._rows.find_several(
            {"tenant": tenant, "number": limits or _ANY_NUMBER}, order=[("number", 1)], most=most
        )
        return [_read(stored) for stored in found]


async def _next_tenant(
    everywhere: Collection, where: Mapping[str, Any], after: Tenant | None
) -> Tenant | None:
    behind = {**where, "tenant": {"$gt": after or ""}}
    stored = await everywhere.find(behind, order=[("tenant", 1)], fields=["tenant"])
    return None if stored is None else Tenant(stored["tenant"])


def _between(wanted: Wanted, after: Place | None) -> dict[str, Any]:
    at: dict[str, Any] = {}
    if wanted.since is not None:
        at["$gte"] = wanted.since
    if wanted.until is not None:
        at["$lt"] = wanted.until
    if after is None:
        return {"at": at} if at else {}
    behind = {"$or": [{"at": {"$lt": after.at}}, {"id": {"$lt": after.id}}]}
    return {"at": at | {"$lt": min(after.at + _MOMENT, wanted.until or NEVER)}, **behind}


def _written(row: SealedRow) -> dict[str, Any]:
    parts = [
        {"role": str(part.role), "person": part.person, "cipher": part.cipher} for part in row.parts
    ]
    return {name: getattr(row, name) for name in _PLAIN} | {"parts": parts}


def _read(stored: Stored) -> SealedRow:
    parts = tuple(
        Part(part["role"], PersonId(part["person"]), part["cipher"]) for part in stored["parts"]
    )
    plain = {name: stored[name] for name in _PLAIN}
    return SealedRow(**plain, parts=parts, number=stored.get("number"))


def _links(stored: Stored | None) -> Links | None:
    if stored is None:
        return None
    links = tuple(map(Link, stored["links"]))
    return Links(stored["tenant"], stored["first"], tuple(map(RowId, stored["rows"])), links)
