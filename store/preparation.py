"""Bring a database to where this version wants it: collections, validators, indexes, migrations.

Every replica does this at its start. One at a time does, under a lease; the others wait,
then find it done.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo.errors import CollectionInvalid

from bot.errors import BotError, Unavailable
from bot.frozen import frozen
from bot.ports import Leases
from store import (
    audit,
    connections,
    data_keys,
    deliveries,
    dialogs,
    drafts,
    due_work,
    installations,
    integrations,
    key_rotation,
    leases,
    parked,
    pending,
    pending_installs,
    person_keys,
    preferences,
    profiles,
    quota,
    receipts,
    tasks,
    templates,
)
from store.collection import answering
from store.database import Database
from store.leases import MongoLeases
from store.migrations import begin_reports, number_data_keys
from store.shape import NUMBER, TEXT, TIME, People, Shape

DONE: Final = Shape(
    "migrations", {"name": TEXT, "done_at": TIME}, id_type=NUMBER, people=People.NONE
)

SHAPES: Final = (
    DONE,
    leases.SHAPE,
    data_keys.SHAPE,
    key_rotation.SHAPE,
    installations.SHAPE,
    pending.SHAPE,
    pending_installs.SHAPE,
    connections.SHAPE,
    parked.SHAPE,
    preferences.SHAPE,
    drafts.SHAPE,
    receipts.SHAPE,
    due_work.SHAPE,
    deliveries.SHAPE,
    quota.SHAPE,
    person_keys.SHAPE,
    audit.ROWS,
    audit.LINKS,
    profiles.SHAPE,
    integrations.SHAPE,
    integrations.CHANNELS,
    templates.SHAPE,
    tasks.SHAPE,
    dialogs.SHAPE,
)
_LEASE: Final = "preparation"
_LASTS: Final = timedelta(seconds=30)


class LeaseLost(BotError):
    """Whoever prepares the database was cut off from it for too long."""

    code = "lease_lost"


@frozen
class Migration:
    """A change of what is stored. *run* may be cut off at any line, and is then run again."""

    number: int
    name: str
    run: Callable[[Database], Awaitable[None]]


MIGRATIONS: Final[tuple[Migration, ...]] = (
    Migration(1, "number the data keys", number_data_keys),
    Migration(2, "begin the reports of personal data", begin_reports),
)
"""In the order of their numbers, from 1; what stands here is never changed or removed."""


async def prepare(
    database: Database,
    migrations: Sequence[Migration] = MIGRATIONS,
    *,
    pause: float = 0.2,
) -> None:
    """Declare every collection and run the *migrations* that haven't been, in order.

    Looks every *pause* seconds whether another replica has finished preparing.

    Raises:
        Unavailable: the database doesn't answer.
        LeaseLost: it took so long that another replica may be at it.
    """
    async with _turn(MongoLeases(database), pause) as require_turn:
        standing = await _validators(database)
        for shape in SHAPES:
            await _declare(database, shape, standing)
        for migration in migrations:
            require_turn()
            await _migrate(database, migration)


@asynccontextmanager
async def _turn(
    turns: Leases, pause: float, lasts: timedelta = _LASTS
) -> AsyncIterator[Callable[[], None]]:
    """Hold the lease inside the block; what is yielded raises once it is lost."""
    holder = secrets.token_hex(8)
    while not await turns.hold(_LEASE, holder, lasts):  # noqa: ASYNC110  # the event is another process's
        await asyncio.sleep(pause)
    keeper = asyncio.create_task(_keep(turns, holder, lasts))

    def require() -> None:
        if keeper.done():
            keeper.result()

    try:
        yield require
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        # It mustn't hide what went wrong inside; and it ends by itself.
        with suppress(BotError):
            await turns.release(_LEASE, holder)


async def _keep(turns: Leases, holder: str, lasts: timedelta) -> None:
    """Extend the lease again and again; silence is no loss as long as it lasts.

    Raises:
        LeaseLost: it is another's, or may be.
    """
    clock = asyncio.get_running_loop().time
    held_at = clock()
    while clock() - held_at < lasts.total_seconds():
        await asyncio.sleep(lasts.total_seconds() / 3)
        asked_at = clock()
        with suppress(Unavailable):
            if not await turns.hold(_LEASE, holder, lasts):
                break
            held_at = asked_at
    raise LeaseLost("another bot may be preparing the database by now: start this one again")


async def _validators(database: Database) -> dict[str, object]:
    """Return the validator of each collection that stands."""
    with answering():
        found = await database.raw.list_collections()
        return {each["name"]: each["options"].get("validator") async for each in found}


async def _declare(database: Database, shape: Shape, standing: Mapping[str, object]) -> None:
    validator = shape.validator()
    with answering():
        if shape.name not in standing:
            # Another replica's write may have made it meanwhile.
            with suppress(CollectionInvalid):
                await database.raw.create_collection(shape.name)
        if standing.get(shape.name) != validator:
            await database.raw.command("collMod", shape.name, validator=validator)
        if shape.indexes:
            await database.raw[shape.name].create_indexes(list(shape.indexes))


async def _migrate(database: Database, migration: Migration) -> None:
    done = database.collection(DONE).across_tenants()
    if await done.find({"_id": migration.number}) is not None:
        return
    await migration.run(database)
    mark = {"_id": migration.number, "name": migration.name, "done_at": datetime.now(UTC)}  # noqa: TID251  # for people to read; nothing decides by it
    await done.insert(mark)
