"""Data keys: one a tenant, wrapped by a key-encryption key of the operator's ring."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.principal import Tenant
from store.collection import Collection, Stored
from store.database import Database
from store.keyring import KEY_BYTES, Binding, KeyRing, SealBroken
from store.shape import SEALED, TEXT, Shape, index, unique

SHAPE: Final = Shape(
    "data_keys",
    {"tenant": TEXT, "key_id": TEXT, "ring_id": TEXT, "wrapped": SEALED},
    indexes=(unique("tenant"), index("ring_id")),
)
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class DataKey:
    """A tenant's key, open, under its id."""

    id: str
    cipher: AESGCM


class DataKeys:
    """Every tenant's data key; the last used ones stay in memory."""

    def __init__(self, database: Database, ring: KeyRing, most_cached: int = 1024) -> None:
        self._keys: Collection = database.collection(SHAPE)
        self._ring = ring
        self._most_cached = most_cached
        self._cached: OrderedDict[Tenant, DataKey] = OrderedDict()

    async def current(self, tenant: Tenant) -> DataKey:
        """Return the tenant's key, made now if there is none. Two operations the first time."""
        key = self._cached.get(tenant)
        if key is None:
            key = await self._find(tenant) or await self._make(tenant)
        self._cache(tenant, key)
        return key

    async def get(self, tenant: Tenant, key_id: str) -> DataKey:
        """Return the tenant's key of that id.

        Raises:
            SealBroken: the tenant has no such key.
        """
        key = self._cached.get(tenant)
        if key is None or key.id != key_id:
            key = await self._find(tenant)
        if key is None or key.id != key_id:
            raise SealBroken("sealed under a data key that isn't the tenant's")
        self._cache(tenant, key)
        return key

    async def rewrap(self) -> int:
        """Put every tenant's key under the ring's active one; return how many there were.

        Over all tenants, for the operator who retires a key. What was sealed stays as it is.
        """
        everyone = self._keys.across_tenants()
        others = {"ring_id": {"$in": sorted(self._ring.retired_ids)}}
        count = 0
        while batch := await everyone.find_several(others, order=[("ring_id", 1)], most=_BATCH):
            for stored in batch:
                await self._rewrap(stored)
            count += len(batch)
        return count

    def _cache(self, tenant: Tenant, key: DataKey) -> None:
        self._cached[tenant] = key
        self._cached.move_to_end(tenant)
        while len(self._cached) > self._most_cached:
            self._cached.popitem(last=False)

    async def _find(self, tenant: Tenant) -> DataKey | None:
        stored = await self._keys.find({"tenant": tenant})
        return None if stored is None else self._opened(stored)

    async def _make(self, tenant: Tenant) -> DataKey:
        fresh = AESGCM.generate_key(KEY_BYTES * 8)
        stored = self._wrapped(tenant, secrets.token_hex(8), fresh)
        if await self._keys.insert(stored):
            return self._opened(stored)
        # Another replica was first: everybody uses the key that it made.
        found = await self._find(tenant)
        if found is None:
            raise SealBroken("a data key was removed while it was being made")
        return found

    async def _rewrap(self, stored: Stored) -> None:
        again = self._wrapped(stored["tenant"], stored["key_id"], self._unwrapped(stored))
        seen = {name: stored[name] for name in ("tenant", "key_id", "ring_id")}
        await self._keys.update(seen, {"$set": again})

    def _wrapped(self, tenant: Tenant, key_id: str, key: bytes) -> Stored:
        return {
            "tenant": tenant,
            "key_id": key_id,
            "ring_id": self._ring.active_id,
            "wrapped": self._ring.wrap(_binding(tenant, key_id), key),
        }

    def _unwrapped(self, stored: Stored) -> bytes:
        return self._ring.unwrap(_binding(stored["tenant"], stored["key_id"]), stored["wrapped"])

    def _opened(self, stored: Stored) -> DataKey:
        return DataKey(stored["key_id"], AESGCM(self._unwrapped(stored)))


def _binding(tenant: Tenant, key_id: str) -> Binding:
    return Binding(tenant, "", "data-key", key_id)
