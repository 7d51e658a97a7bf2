"""Data keys: one a tenant that seals, and the earlier ones, which open; each is wrapped.

They are wrapped by a key-encryption key of the operator's. The tenant's newest key is its
current one; one insert makes it so, and other processes notice within `KEY_AGE`.
"""

import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, TypeVar

from bot.errors import SealBroken
from bot.frozen import frozen
from bot.ports import KeyEncryption
from bot.principal import Tenant
from store.collection import Collection, Stored
from store.database import Database
from store.database_time import NOW
from store.keyring import KEY_BYTES, Binding, SealingKey
from store.shape import NUMBER, SEALED, TEXT, TIME, People, Shape, index, unique

SHAPE: Final = Shape(
    "data_keys",
    {
        "tenant": TEXT,
        "number": NUMBER,
        "key_id": TEXT,
        "made_at": TIME,
        "ring_id": TEXT,
        "wrapped": SEALED,
    },
    indexes=(unique("tenant", "number"), unique("tenant", "key_id"), index("ring_id")),
    people=People.NONE,
)
KEY_AGE: Final = timedelta(seconds=30)
"""For so long a process goes on sealing under a key without asking whether there is a newer."""

_NEWEST: Final = [("number", -1)]
_MOST: Final = 100
Key = TypeVar("Key", bound=Hashable)
Held = TypeVar("Held")


@frozen
class KeptKey:
    """A data key as it is stored: whose, the how manyth, since when, and wrapped by which key."""

    tenant: Tenant
    number: int
    id: str
    made_at: datetime
    ring_id: str


@dataclass(slots=True)
class _Current:
    """A tenant's current key, until somebody asks the database anew."""

    key: SealingKey
    until: float


class DataKeys:
    """Every tenant's data keys; the last used ones stay in memory."""

    def __init__(
        self,
        database: Database,
        ring: KeyEncryption,
        age: timedelta = KEY_AGE,
        most_cached: int = 1024,
    ) -> None:
        self._keys: Collection = database.collection(SHAPE)
        self._ring = ring
        self._age = age.total_seconds()
        self._currents: _Recent[Tenant, _Current] = _Recent(most_cached)
        self._all: _Recent[tuple[Tenant, str], SealingKey] = _Recent(most_cached * 2)

    def known(self, tenant: Tenant) -> SealingKey | None:
        """Return the tenant's current key if it is in memory and of age."""
        held = self._currents.get(tenant)
        return held.key if held is not None and monotonic() < held.until else None

    def known_for(self, tenant: Tenant, sealed: bytes) -> SealingKey | None:
        """Return the key that opens *sealed* if it is the current one and in memory."""
        held = self._currents.get(tenant)
        if held is not None and sealed.startswith(held.key.header):
            return held.key
        return None

    async def current(self, tenant: Tenant) -> SealingKey:
        """Return the tenant's key that seals, made now if there is none.

        One operation for each `KEY_AGE`, and two the first time.

        Raises:
            SealBroken: the key that wraps it is lost.
        """
        held = self._currents.find(tenant)
        now = monotonic()
        if held and now < held.until:
            return held.key
        if held:
            # Whoever else comes meanwhile needn't wait, nor ask too.
            held.until = now + self._age
        try:
            stored = await self._find_newest(tenant) or await self._make(tenant, 1)
        except BaseException:
            if held:
                held.until = now
            raise
        key = await self._opened(stored)
        self._currents.keep(tenant, _Current(key, now + self._age))
        return key

    async def get(self, tenant: Tenant, key_id: str) -> SealingKey:
        """Return the tenant's key of that id. One operation the first time.

        Raises:
            SealBroken: the tenant has no such key, or the key that wraps it is lost.
        """
        key = self._all.find((tenant, key_id))
        if key is not None:
            return key
        stored = await self._keys.find({"tenant": tenant, "key_id": key_id})
        if stored is None:
            raise SealBroken("sealed under a data key that isn't the tenant's")
        return await self._opened(stored)

    async def list_all(self) -> AsyncIterator[KeptKey]:
        """Yield every tenant's keys, for the operator: see `store.key_rotation`."""
        async for batch in self._keys.across_tenants().walk():
            for stored in batch:
                yield _kept(stored)

    async def find_newest(self, tenant: Tenant) -> KeptKey | None:
        """Return the tenant's current key as it is stored now."""
        stored = await self._find_newest(tenant)
        return None if stored is None else _kept(stored)

    async def list_of(self, tenant: Tenant) -> Sequence[KeptKey]:
        """Return the tenant's keys as they are stored now, the current one first."""
        found = await self._keys.find_several({"tenant": tenant}, order=_NEWEST, most=_MOST)
        return [_kept(stored) for stored in found]

    async def succeed(self, key: KeptKey) -> bool:
        """Make a key that is the tenant's current one after *key*; ``False`` if there is one."""
        if await self._keys.find({"tenant": key.tenant, "number": key.number + 1}) is not None:
            return False
        await self._make(key.tenant, key.number + 1)
        return True

    async def rewrap(self, key: KeptKey) -> bool:
        """Put *key* under the active key-encryption key; ``False`` if another process has.

        What it sealed stays as it is.

        Raises:
            SealBroken: the key that wraps it is lost.
        """
        seen = {"tenant": key.tenant, "key_id": key.id, "ring_id": key.ring_id}
        stored = await self._keys.find(seen)
        if stored is None:
            return False
        again = await self._wrapped(key.tenant, key.id, await self._unwrapped(stored))
        return await self._keys.update(seen, {"$set": again})

    async def remove(self, key: KeptKey) -> None:
        """Delete *key*: what it sealed can't be opened any more."""
        await self._keys.remove({"tenant": key.tenant, "key_id": key.id, "number": key.number})

    async def _find_newest(self, tenant: Tenant) -> Stored | None:
        return await self._keys.find({"tenant": tenant}, order=_NEWEST)

    async def _make(self, tenant: Tenant, number: int) -> Stored:
        """Make the tenant's key of that *number*, or return the one that another process made."""
        key_id = secrets.token_hex(8)
        fresh = await self._wrapped(tenant, key_id, secrets.token_bytes(KEY_BYTES))
        fields = {
            name: {"$literal": value} for name, value in {"key_id": key_id, **fresh}.items()
        } | {"made_at": NOW}
        unless_made = {name: {"$ifNull": [f"${name}", value]} for name, value in fields.items()}
        place = {"tenant": tenant, "number": number}
        made = await self._keys.change_or_insert(place, [{"$set": unless_made}])
        made = made or await self._keys.find(place)
        if made is None:
            raise SealBroken("a data key was removed while it was being made")
        return made

    async def _wrapped(self, tenant: Tenant, key_id: str, key: bytes) -> dict[str, Any]:
        return {
            "ring_id": self._ring.active_id,
            "wrapped": await self._ring.wrap(_context(tenant, key_id), key),
        }

    async def _unwrapped(self, stored: Stored) -> bytes:
        context = _context(stored["tenant"], stored["key_id"])
        return await self._ring.unwrap(stored["ring_id"], context, stored["wrapped"])

    async def _opened(self, stored: Stored) -> SealingKey:
        name = stored["tenant"], stored["key_id"]
        key = self._all.find(name)
        if key is None:
            key = SealingKey(stored["key_id"], await self._unwrapped(stored))
            self._all.keep(name, key)
        return key


class _Recent(OrderedDict[Key, Held]):
    """What was used last, up to a number."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def find(self, key: Key) -> Held | None:
        """Return what is held under *key*, which was used now."""
        held = self.get(key)
        if held is not None:
            self.move_to_end(key)
        return held

    def keep(self, key: Key, held: Held) -> None:
        """Hold it in place of what wasn't used for the longest time."""
        self[key] = held
        self.move_to_end(key)
        while len(self) > self._most:
            self.popitem(last=False)


def _kept(stored: Stored) -> KeptKey:
    return KeptKey(
        tenant=stored["tenant"],
        number=stored["number"],
        id=stored["key_id"],
        made_at=stored["made_at"],
        ring_id=stored["ring_id"],
    )


def _context(tenant: Tenant, key_id: str) -> bytes:
    return Binding(tenant, "", "data-key", key_id).encoded()
