"""``lookup_growth``: to authorize one person among 100,000 connections, and among ten."""

import secrets
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from benches.line import Line, of_medians
from benches.machine import on_core
from benches.scene import LOAD, MEASURED
from bot.authorize import Authorizer, Issuers
from bot.connection import READ, Connection, Grant, Need
from bot.content import Account, AccountId, CloudId, Site
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM, AuthorizationProfile
from bot.profiles import ProfileBook
from bot.providers.consent import ConsentServers
from bot.providers.outgoing import Outgoing
from sandbox.database import start_database
from sandbox.processes import free_port
from store.connections import SHAPE
from store.database import Database, open_database
from store.keyring import KeyRing
from store.preparation import prepare
from store.stores import mongo_stores

MANY: Final = 100_000
FEW: Final = 10
ROUNDS: Final = 25
LOOKUPS: Final = 40
"""Authorizations a round."""
BATCH: Final = 2_000

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
ADA: Final = Principal(Tenant("T0ACME"), "U0ADA")
CONNECTION: Final = Connection(
    principal=ADA,
    profile=SYSTEM,
    account=Account(AccountId("5b10ac8d82e05b22cc7d4ef5"), "Ada Lovelace"),
    sites=(Site(CloudId("11223344-a1b2-3b33-c444-def123456789"), "Acme", "https://acme.example"),),
    grant=Grant(
        SecretStr(secrets.token_urlsafe(1_200)),
        SecretStr(secrets.token_urlsafe(400)),
        NOW + timedelta(hours=1),
        READ,
    ),
    connected_at=NOW,
)


async def lookups(
    home: Path, many: int = MANY, rounds: int = ROUNDS, lookups: int = LOOKUPS
) -> list[Line]:
    """Authorize the same person in two databases of one server, in turns."""
    port = free_port()
    with on_core(LOAD):
        child = await start_database(home, port)
    try:
        with on_core(MEASURED):
            async with _standing(port, "many", many) as large, _standing(port, "few", FEW) as small:
                times = await _in_turns((large, small), rounds, lookups)
    finally:
        await child.stop()
    return [of_medians("lookup_growth", times[0], times[1], "us", 1.2)]


@asynccontextmanager
async def _standing(port: int, name: str, count: int) -> AsyncIterator[Authorizer]:
    """Yield an authorizer over a database of *count* connections."""
    database = open_database(f"mongodb://127.0.0.1:{port}/?directConnection=true", name)
    try:
        await prepare(database)
        key = b64encode(secrets.token_bytes(32)).decode()
        stores = mongo_stores(database, KeyRing.parse(SecretStr(f"k1={key}")), _now)
        await stores.connections.save(CONNECTION)
        await _crowd(database, count - 1)
        consent = ConsentServers(Outgoing(()), "", "", _now, ())
        book = ProfileBook(AuthorizationProfile(SYSTEM, SYSTEM), stores.profiles)
        yield Authorizer(stores.connections, Issuers(consent, book), _now)
    finally:
        database.close()


async def _crowd(database: Database, count: int) -> None:
    """Add *count* connections that look like ADA's: half in her tenant, half in a hundred others.

    Their seals don't open, since nobody asks for them.
    """
    raw = database.raw[SHAPE.name]
    like: dict[str, Any] = await raw.find_one({"tenant": ADA.tenant}) or {}
    del like["_id"]
    for begin in range(0, count, BATCH):
        numbers = range(begin, min(begin + BATCH, count))
        await raw.insert_many([like | _whose(number) for number in numbers], ordered=False)


def _whose(number: int) -> dict[str, str]:
    tenant = ADA.tenant if number % 2 else f"T{number % 100:04d}"
    return {"tenant": tenant, "user_id": f"U{number * 7919 % 1_000_003:07d}"}


async def _in_turns(sides: tuple[Authorizer, ...], rounds: int, lookups: int) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds + 1):
        for side, found in zip(sides, times, strict=True):
            began = time.perf_counter()
            for _ in range(lookups):
                await side.authorize(ADA, Need.READ)
            found.append((time.perf_counter() - began) / lookups * 1e6)
    return [found[1:] for found in times]


def _now() -> datetime:
    return NOW
