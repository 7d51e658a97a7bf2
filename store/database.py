"""The connection to MongoDB: one client a process."""

from collections.abc import Sequence
from datetime import UTC
from typing import Final

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import ConfigurationError, PyMongoError
from pymongo.monitoring import CommandListener
from pymongo.read_concern import ReadConcern

from bot.errors import BotError
from store.collection import Collection, Stored, answering
from store.shape import Shape

# Finding a server, and then its answer: whoever has less time, as Slack's 3 seconds leave, ends
# the waiting himself.
_REACH_MS: Final = 2500
_ANSWER_MS: Final = 10_000

_DURABLE: Final = WriteConcern("majority", j=True, wtimeout=_ANSWER_MS)
_ACKNOWLEDGED: Final = WriteConcern(1)


class AddressWrong(BotError):
    """What is to lead us to the database doesn't; the message is for the operator."""

    code = "database_address"


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
        AddressWrong: the *uri* can't be used, or neither names a database.
    """
    client = _client(uri, watching)
    try:
        found = name or client.get_default_database().name
    except ConfigurationError:
        client.close()
        raise AddressWrong(
            "no database is named: put its name at the end of CONFAB_MONGODB_URI, "
            "or set CONFAB_MONGODB_DATABASE"
        ) from None
    return Database(client, found)


def _client(uri: str, watching: Sequence[CommandListener]) -> AsyncIOMotorClient[Stored]:
    try:
        return AsyncIOMotorClient(
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
    except (PyMongoError, ValueError, OSError):
        # From nothing: PyMongo's words repeat a part of the URI, which may be the password's.
        raise AddressWrong(
            "CONFAB_MONGODB_URI can't be read, or names a host or a file that isn't found; "
            "in a password write %40 for @, %2F for /, %3A for : and %25 for %"
        ) from None
