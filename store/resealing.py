"""Sealing anew, under its tenant's current data key, whatever an earlier one has sealed.

It goes over every collection in which the vault seals something (`Shape.seals`), over all
tenants, by the documents' ids. Each value is put in the place of the one that was read, and of
no other, so that it loses nothing that a bot writes meanwhile, and may be done twice at once.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from bot.errors import SealBroken
from bot.frozen import frozen
from bot.principal import Tenant
from store.collection import Stored
from store.data_keys import DataKeys
from store.database import Database
from store.keyring import key_id_of
from store.sealing import Vault
from store.shape import SealedValue, Shape

_AT_ONCE: Final = 8
"""Documents: the bots need the database as well."""


@dataclass(slots=True)
class Resealed:
    """What became of the values that were sealed under earlier keys."""

    moved: int = 0
    missed: int = 0
    """Somebody else had changed them meanwhile."""
    broken: int = 0
    """They open under no key that there is."""

    def __iadd__(self, other: "Resealed") -> Self:
        self.moved += other.moved
        self.missed += other.missed
        self.broken += other.broken
        return self


@frozen
class Batch:
    """A part of a collection that has been gone over, up to the document with the id *last*."""

    collection: str
    last: object
    resealed: Resealed


@dataclass(slots=True)
class Use:
    """What one data key seals: documents by collection, and whose they are."""

    documents: Counter[str] = field(default_factory=Counter)
    people: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class Resealing:
    """Goes over everything that the vault has sealed."""

    def __init__(self, database: Database, keys: DataKeys, shapes: Sequence[Shape]) -> None:
        self._database = database
        self._keys = keys
        self._vault = Vault(keys)
        self._shapes = [shape for shape in shapes if shape.seals]

    async def round(self, collection: str = "", after: object = None) -> AsyncIterator[Batch]:
        """Seal anew what isn't under its tenant's current key; yield how far it is.

        It begins with *collection*, beyond the document with the id *after*, or with the first.
        """
        names = [shape.name for shape in self._shapes]
        begin = names.index(collection) if collection in names else 0
        for shape in self._shapes[begin:]:
            beyond = after if shape.name == collection else None
            async for documents in self._all_of(shape, beyond):
                yield Batch(shape.name, documents[-1]["_id"], await self._batch(shape, documents))

    async def uses(self) -> dict[tuple[Tenant, str], Use]:
        """Return by tenant and data key what each seals; under an empty id, what has no form."""
        found: defaultdict[tuple[Tenant, str], Use] = defaultdict(Use)
        for shape in self._shapes:
            async for documents in self._all_of(shape):
                for document in documents:
                    _count(shape, document, found)
        return dict(found)

    def _all_of(self, shape: Shape, after: object = None) -> AsyncIterator[list[Stored]]:
        return self._database.collection(shape).across_tenants().walk(after)

    async def _batch(self, shape: Shape, documents: Sequence[Stored]) -> Resealed:
        done = Resealed()
        for begin in range(0, len(documents), _AT_ONCE):
            some = documents[begin : begin + _AT_ONCE]
            for each in await asyncio.gather(*(self._document(shape, one) for one in some)):
                done += each
        return done

    async def _document(self, shape: Shape, document: Stored) -> Resealed:
        done = Resealed()
        key = await self._keys.current(document["tenant"])
        for value in shape.sealed_values(document):
            if value.sealed.startswith(key.header):
                continue
            try:
                plain = await self._vault.open_bytes(value.binding, value.sealed)
            except SealBroken:
                done.broken += 1
                continue
            again = key.seal(value.binding.encoded(), plain)
            if await self._replace(shape, document, value, again):
                done.moved += 1
            else:
                done.missed += 1
        return done

    async def _replace(
        self, shape: Shape, document: Stored, value: SealedValue, again: bytes
    ) -> bool:
        seen = {
            "tenant": document["tenant"],
            "_id": document["_id"],
            value.path: value.sealed,
        }
        return await self._database.collection(shape).update(seen, {"$set": {value.path: again}})


def _count(shape: Shape, document: Stored, uses: defaultdict[tuple[Tenant, str], Use]) -> None:
    for key_id in {_key_id(value.sealed) for value in shape.sealed_values(document)}:
        use = uses[document["tenant"], key_id]
        use.documents[shape.name] += 1
        if document.get("user_id"):
            use.people[shape.name].add(document["user_id"])


def _key_id(sealed: bytes) -> str:
    try:
        return key_id_of(sealed)
    except SealBroken:
        return ""
