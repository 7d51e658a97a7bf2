"""Keys of people, one each in a tenant: what names somebody for good is sealed under theirs.

A key can be destroyed, and what it sealed stays where it is and is never opened again. Keys
aren't kept in memory: another replica may destroy them at any time.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from bot.errors import SealBroken
from bot.principal import Principal, Tenant
from bot.trail import PersonId
from store.collection import Stored
from store.database import Database
from store.keyring import KEY_BYTES, SealingKey
from store.sealing import Vault
from store.shape import TEXT, Shape, sealed, unique

SHAPE: Final = Shape(
    "person_keys",
    {
        "tenant": TEXT,
        "user_id": TEXT,
        "person": TEXT,
        "key": sealed("person_key", "person"),
    },
    indexes=(unique("tenant", "user_id"), unique("tenant", "person")),
)


def fresh_id() -> PersonId:
    """Return an id for a new key."""
    return PersonId(secrets.token_hex(8))


def fresh_key() -> bytes:
    """Return a new key."""
    return secrets.token_bytes(KEY_BYTES)


class PersonKeys:
    """Every person's key, sealed by the vault."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._keys = database.collection(SHAPE)
        self._vault = vault

    async def current(self, principal: Principal) -> SealingKey:
        """Return the principal's key, made now if there is none. One operation, three then."""
        where = {"tenant": principal.tenant, "user_id": principal.user_id}
        stored = await self._keys.find(where)
        if stored is None:
            made = where | {"person": fresh_id()}
            binding = SHAPE.binding("key", made)
            stored = made | {"key": await self._vault.seal_bytes(binding, fresh_key())}
            if not await self._keys.insert(stored):
                # Another replica was first: everybody uses the key that it made.
                stored = await self._keys.find(where)
        if stored is None:
            raise SealBroken("a person's key was removed while it was being made")
        return await self._opened(stored)

    async def find_id(self, principal: Principal) -> PersonId | None:
        """Return the id under which the principal's key is named."""
        where = {"tenant": principal.tenant, "user_id": principal.user_id}
        stored = await self._keys.find(where, fields=["person"])
        return None if stored is None else PersonId(stored["person"])

    async def find_all(
        self, tenant: Tenant, persons: Iterable[PersonId]
    ) -> Mapping[PersonId, SealingKey | None]:
        """Return the keys that are there; ``None`` for one that can't be opened."""
        wanted = sorted(set(persons))
        found: dict[PersonId, SealingKey | None] = {}
        where = {"tenant": tenant, "person": {"$in": wanted}}
        for stored in await self._keys.find_several(where, order=[("person", 1)], most=len(wanted)):
            try:
                found[stored["person"]] = await self._opened(stored)
            except SealBroken:
                found[stored["person"]] = None
        return found

    async def destroy(self, principal: Principal) -> bool:
        """Remove the principal's key; ``False`` if there is none."""
        where = {"tenant": principal.tenant, "user_id": principal.user_id}
        return await self._keys.remove(where)

    async def _opened(self, stored: Stored) -> SealingKey:
        key = await self._vault.open_bytes(SHAPE.binding("key", stored), stored["key"])
        return SealingKey(stored["person"], key)
