"""One collection: the operations that we use of it, behind the wall between tenants.

Each method is one operation. A database that doesn't answer is `Unavailable`, one that
refuses is `DatabaseRefused`; nothing of Motor or PyMongo passes this module, other than what
only a bug of ours can raise.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from bson import MinKey
from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import ReturnDocument, UpdateOne, timeout
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    WriteConcernError,
)

from bot.errors import BotError, Unavailable

Stored = dict[str, Any]
Where = Mapping[str, Any]
Change = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Order = Sequence[tuple[str, int]]

READS_WITHIN: Final = 5.0
"""The seconds of one read with its repetition: it holds a thread, of which there are few."""

_BATCH: Final = 100

# What has failed at a majority may stand at the primary: that is no refusal.
_SILENT: Final = (ConnectionFailure, ExecutionTimeout, WriteConcernError)
_PASSING: Final = ("RetryableWriteError", "TransientTransactionError")


class DatabaseRefused(BotError):
    """The database doesn't do what we ask: a wrong password, a missing role, a validator.

    Its own words are no part of the message: they may hold what was to be stored.
    """

    code = "database_refused"


@contextmanager
def answering() -> Iterator[None]:
    """Say in our words that the database doesn't answer, or refuses.

    Raises:
        Unavailable: it can't be reached, or didn't confirm a write in time: the write may
            have been made, and whoever repeats it must be ready to find it there.
        DatabaseRefused: it doesn't do it, and won't the next time.
    """
    try:
        yield
    except DuplicateKeyError:
        raise
    except _SILENT as error:
        raise Unavailable("the database") from error
    except OperationFailure as error:
        if any(map(error.has_error_label, _PASSING)):
            raise Unavailable("the database") from error
        name = (error.details or {}).get("codeName", "without a name")
        raise DatabaseRefused(f"the database refuses us ({error.code}, {name})") from error
    except ConfigurationError as error:
        raise DatabaseRefused("the database can't be spoken to as configured") from error


class Collection:
    """A collection whose every query names a tenant first."""

    def __init__(self, raw: AsyncIOMotorCollection[Stored], *, walled: bool = True) -> None:
        self._raw = raw
        self._walled = walled

    def across_tenants(self) -> "Collection":
        """Return the same collection without the wall: for due work, leases and key rotation."""
        return Collection(self._raw, walled=False)

    async def find(
        self, where: Where, *, order: Order | None = None, fields: Sequence[str] | None = None
    ) -> Stored | None:
        """Return the first document *where* that holds, with *fields* alone where named."""
        with answering(), timeout(READS_WITHIN):
            return await self._raw.find_one(self._inside(where), fields, sort=order)

    async def find_several(
        self, where: Where, *, order: Order, most: int, only: Sequence[str] = ()
    ) -> list[Stored]:
        """Return up to *most* documents in *order*; of them *only* those fields, if any are."""
        with answering(), timeout(READS_WITHIN):
            # One batch, so that it is one operation.
            found = self._raw.find(
                self._inside(where), dict.fromkeys(only, 1) or None, sort=order, limit=most
            )
            return await found.batch_size(most + 1).to_list(most)

    async def walk(self, after: object = None) -> AsyncIterator[list[Stored]]:
        """Yield every document in order of its id, from beyond *after*, up to 100 at a time.

        One operation for each batch. For an operator's jobs over all tenants.
        """
        while batch := await self.find_several(
            {"_id": {"$gt": MinKey() if after is None else after}},
            order=[("_id", 1)],
            most=_BATCH,
        ):
            yield batch
            after = batch[-1]["_id"]

    async def pages(self, where: Where, by: Sequence[str]) -> AsyncIterator[list[Stored]]:
        """Yield every document *where* that holds, in order of one field or two, up to 100 at once.

        One operation for each batch. *by* and what *where* names begin an index together, and
        no two documents agree in both.
        """
        order = [(name, 1) for name in by]
        batch = await self.find_several(where, order=order, most=_BATCH)
        while batch:
            yield batch
            if len(batch) < _BATCH:
                return
            beyond = {**where, **_beyond(batch[-1], *by)}
            batch = await self.find_several(beyond, order=order, most=_BATCH)

    async def insert(self, document: Mapping[str, Any]) -> bool:
        """Insert *document*; ``False`` if a unique index has one like it."""
        self._inside(document)
        try:
            with answering():
                await self._raw.insert_one(dict(document))
        except DuplicateKeyError:
            return False
        return True

    async def save(self, where: Where, document: Mapping[str, Any]) -> bool:
        """Put *document* in place of the one *where* that holds, or beside the others.

        ``False`` if another document stands in its way that doesn't meet *where*.
        """
        for _ in range(2):
            # Two first upserts at once: the loser finds the winner's at the second try.
            try:
                with answering():
                    await self._raw.replace_one(
                        _upsertable(self._inside(where)), document, upsert=True
                    )
            except DuplicateKeyError:
                continue
            return True
        return False

    async def update(self, where: Where, change: Change) -> bool:
        """Change the document *where* that holds; ``False`` if there is none."""
        with answering():
            result = await self._raw.update_one(self._inside(where), change)
        return result.matched_count == 1

    async def change_unless_taken(self, where: Where, change: Change) -> bool:
        """Change the document *where* that holds; ``False`` if there is none, or one in its way."""
        try:
            return await self.update(self._inside(where), change)
        except DuplicateKeyError:
            return False

    async def update_each(self, changes: Sequence[tuple[Where, Mapping[str, Any]]]) -> None:
        """Make each of *changes* to the document where its own condition holds, if there is one.

        In any order, and where one fails, perhaps not all.
        """
        with answering():
            await self._raw.bulk_write(
                [UpdateOne(self._inside(where), change) for where, change in changes],
                ordered=False,
            )

    async def count(self, where: Where) -> int:
        """Return how many documents there are *where* that holds."""
        with answering(), timeout(READS_WITHIN):
            return await self._raw.count_documents(self._inside(where))

    async def put(self, where: Where, change: Change) -> None:
        """Change the document that *where* names in full, or insert it."""
        for last in (False, True):
            # Two first upserts at once: the loser finds the winner's at the second try.
            try:
                with answering():
                    await self._raw.update_one(
                        _upsertable(self._inside(where)), change, upsert=True
                    )
            except DuplicateKeyError:
                if last:
                    raise
            else:
                return

    async def change(
        self, where: Where, change: Change, *, order: Order | None = None, before: bool = False
    ) -> Stored | None:
        """Change one document and return it as it became, or as it was *before*."""
        which = ReturnDocument.BEFORE if before else ReturnDocument.AFTER
        with answering():
            return await self._raw.find_one_and_update(
                self._inside(where), change, sort=order, return_document=which
            )

    async def change_or_insert(self, where: Where, change: Change) -> Stored | None:
        """Change the document, or insert it; ``None`` if one stands in its way."""
        try:
            with answering():
                changed = await self._raw.find_one_and_update(
                    _upsertable(self._inside(where)),
                    change,
                    upsert=True,
                    return_document=ReturnDocument.AFTER,
                )
        except DuplicateKeyError:
            return None
        # Of two first upserts at once, the embedded database (0.7.0b3) makes both changes
        # and returns nothing to the second.
        return changed or await self.find(where)

    async def take(self, where: Where) -> Stored | None:
        """Delete one document and return it: only one caller gets it."""
        with answering():
            return await self._raw.find_one_and_delete(self._inside(where))

    async def remove(self, where: Where) -> bool:
        """Delete one document; ``False`` if there is none."""
        with answering():
            result = await self._raw.delete_one(self._inside(where))
        return result.deleted_count == 1

    async def remove_all(self, where: Where) -> int:
        """Delete every document *where* that holds; return how many there were."""
        with answering():
            result = await self._raw.delete_many(self._inside(where))
        return result.deleted_count

    def _inside(self, where: Where) -> Where:
        if self._walled and (next(iter(where), "") != "tenant" or not where["tenant"]):
            raise ValueError(f"a query of {self._raw.name} that doesn't begin with a tenant")
        return where


def _beyond(last: Stored, first: str, second: str = "") -> Where:
    """Return what holds behind *last* alone, in order of its fields *first* and *second*."""
    further = {first: {"$gt": last[first]}}
    if not second:
        return further
    # The bound beside the "$or" is the part of it that the index's beginning answers.
    return {first: {"$gte": last[first]}, "$or": [further, {second: {"$gt": last[second]}}]}


def _upsertable(where: Where) -> Where:
    """Return *where* unless MongoDB refuses it in an upsert, which the embedded one doesn't.

    "$expr is not allowed in the query predicate for an upsert" (code 224).
    """
    if _names_expr(where):
        raise ValueError("an upsert whose query holds $expr")
    return where


def _names_expr(part: object) -> bool:
    if isinstance(part, Mapping):
        return "$expr" in part or any(map(_names_expr, part.values()))
    return isinstance(part, list | tuple) and any(map(_names_expr, part))
