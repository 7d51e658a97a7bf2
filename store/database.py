"""The connection to MongoDB: one client a process."""

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import ConfigurationError
from pymongo.monitoring import CommandListener
from pymongo.read_concern import ReadConcern

from store.collection import Collection, Stored, answering
from store.shape import Shape

# A confirmed write waits for the database inside Slack's 3 seconds.
_REACH_MS: Final = 2500
_ANSWER_MS: Final = 10_000

_DURABLE: Final = WriteConcern("majority", j=True, wtimeout=_ANSWER_MS)
_ACKNOWLEDGED: Final = WriteConcern(1)


class Database:
    """What we remember, in one database; whatever the URI says, read from the primary."""

    def __init__(self, client: AsyncIOMotorClient[Stored], name: str) -> None:
        self._client = client
        self._raw: AsyncIOMotorDatabase[Stored] = client.get_database(
            name,
            read_preference=ReadPreference.PRIMARY,
            write_concern=_DURABLE,
            read_concern=ReadConcern(),
        )

    @property
    def name(self) -> str:
        """The database's name on its server."""
        return self._raw.name

    @property
    def raw(self) -> AsyncIOMotorDatabase[Stored]:
        """Motor's own database, for `store.preparation` and for tests."""
        return self._raw

    def collection(self, shape: Shape) -> Collection:
        """Return the collection of that *shape*."""
        concern = _DURABLE if shape.durable else _ACKNOWLEDGED
        return Collection(self._raw.get_collection(shape.name, write_concern=concern))

    async def ready(self) -> None:
        """Ask the server for a sign of life.

        Raises:
            Unavailable: it gives none.
        """
        with answering():
            await self._raw.command("ping")

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


def open_database(
    uri: str, name: str | None = None, *, watching: Sequence[CommandListener] = ()
) -> Database:
    """Return the database called *name*, or else as the *uri*'s path says.

    Nothing is sent yet. *watching* is told of every command.

    Raises:
        ValueError: neither names a database.
    """
    client: AsyncIOMotorClient[Stored] = AsyncIOMotorClient(
        uri,
        tz_aware=True,
        tzinfo=UTC,
        appname="confab",
        retryReads=True,
        retryWrites=True,
        serverSelectionTimeoutMS=_REACH_MS,
        connectTimeoutMS=_REACH_MS,
        socketTimeoutMS=_ANSWER_MS,
        event_listeners=list(watching),
    )
    try:
        found = name or client.get_default_database().name
    except ConfigurationError:
        client.close()
        raise ValueError("neither the URI's path nor a setting names the database") from None
    return Database(client, found)
