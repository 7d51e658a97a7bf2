"""Pending connections: one record a step of a consent, each used once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import SecretStr

from bot.connection import Need
from bot.frozen import frozen
from bot.pending import OBTAINED, Obtained, PendingConnection, Purpose, Step
from bot.ports import PendingConnections
from bot.principal import Digest, Principal, Tenant
from store.collection import Stored
from store.database import Database
from store.keeping import TOMBSTONE
from store.sealing import Vault
from store.shape import NUMBER, TEXT, TIME, Shape, expiring, index, sealed, unique

SHAPE: Final = Shape(
    "pending_connections",
    {
        "tenant": TEXT,
        "step": TEXT,
        "key": TEXT,
        "flow": TEXT,
        "user_id": TEXT,
        "profile": TEXT,
        "need": TEXT,
        "expires_at": TIME,
        "tries_left": NUMBER,
        "purge_at": TIME,
    },
    # A step that was used up is a tombstone: its sealed part is gone. The browser's digest
    # stays, for that browser may start anew.
    # What a browser began by itself goes at its end: anybody could have us keep such steps.
    {"browser": TEXT, "consumed_at": TIME, "sealed": sealed("pending", "step", "key")},
    indexes=(
        unique("tenant", "step", "key"),
        index("tenant", "user_id", "step", "expires_at"),
        expiring("purge_at"),
    ),
)

NO_TIME: Final = timedelta(0)


@frozen
class _Inside:
    """The sealed part of a step."""

    verifier: SecretStr | None = None
    nonce: SecretStr | None = None
    response_url: SecretStr | None = None
    response_url_at: datetime | None = None
    person: str = ""
    workspace: str = ""
    obtained: Obtained | None = None
    purpose: Purpose = Purpose.OWN
    profile_version: int = 1
    scopes: frozenset[str] = frozenset()
    name: str = ""
    server: str = ""


class MongoPendingConnections(PendingConnections):
    """See `PendingConnections`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._steps = database.collection(SHAPE)
        self._vault = vault

    async def save(self, pending: PendingConnection) -> None:
        """See `PendingConnections.save`."""
        key = _key(pending.tenant, pending.step, pending.key)
        document = {**key, **_outside(pending)}
        binding = SHAPE.binding("sealed", document)
        document["sealed"] = await self._vault.seal(binding, _inside(pending))
        await self._steps.save({**key, "consumed_at": None}, document)

    async def find(self, tenant: Tenant, step: Step, key: Digest) -> PendingConnection | None:
        """See `PendingConnections.find`."""
        stored = await self._steps.find(_key(tenant, step, key))
        return None if stored is None else await self._opened(stored)

    async def consume(
        self, tenant: Tenant, step: Step, key: Digest, now: datetime
    ) -> PendingConnection | None:
        """See `PendingConnections.consume`."""
        live = {**_key(tenant, step, key), "consumed_at": None, "expires_at": {"$gt": now}}
        used_up = {"$set": {"consumed_at": now}, "$unset": {"sealed": ""}}
        stored = await self._steps.change(live, used_up, before=True)
        return None if stored is None else replace(await self._opened(stored), consumed_at=now)

    async def find_code(self, principal: Principal, now: datetime) -> PendingConnection | None:
        """See `PendingConnections.find_code`."""
        live = {
            "tenant": principal.tenant,
            "user_id": principal.user_id,
            "step": Step.CODE.value,
            "expires_at": {"$gt": now},
            "consumed_at": None,
        }
        # Below nothing, too: an older code mustn't answer for the newest, whose tries are spent.
        stored = await self._steps.change(
            live, {"$inc": {"tries_left": -1}}, order=[("expires_at", -1), ("_id", -1)]
        )
        if stored is None or stored["tries_left"] < 0:
            return None
        return await self._opened(stored)

    async def forget_obtained(self, principal: Principal) -> None:
        """See `PendingConnections.forget_obtained`."""
        theirs = {"tenant": principal.tenant, "user_id": principal.user_id}
        await self._steps.remove_all({**theirs, "step": {"$in": [each.value for each in OBTAINED]}})

    async def _opened(self, stored: Stored) -> PendingConnection:
        principal = Principal(stored["tenant"], stored["user_id"])
        inside = _Inside()
        if "sealed" in stored:
            binding = SHAPE.binding("sealed", stored)
            inside = await self._vault.open(binding, _Inside, stored["sealed"])
        return PendingConnection(
            tenant=stored["tenant"],
            step=Step(stored["step"]),
            key=stored["key"],
            flow=stored["flow"],
            principal=principal,
            profile=stored["profile"],
            need=Need(stored["need"]),
            expires_at=stored["expires_at"],
            browser=stored.get("browser"),
            consumed_at=stored.get("consumed_at"),
            tries_left=max(stored["tries_left"], 0),
            verifier=inside.verifier,
            nonce=inside.nonce,
            response_url=inside.response_url,
            response_url_at=inside.response_url_at,
            person=inside.person,
            workspace=inside.workspace,
            obtained=inside.obtained,
            purpose=inside.purpose,
            profile_version=inside.profile_version,
            scopes=inside.scopes,
            name=inside.name,
            server=inside.server,
        )


def _key(tenant: Tenant, step: Step, key: Digest) -> dict[str, Any]:
    return {"tenant": tenant, "step": step.value, "key": key}


def _inside(pending: PendingConnection) -> _Inside:
    return _Inside(
        verifier=pending.verifier,
        nonce=pending.nonce,
        response_url=pending.response_url,
        response_url_at=pending.response_url_at,
        person=pending.person,
        workspace=pending.workspace,
        obtained=pending.obtained,
        purpose=pending.purpose,
        profile_version=pending.profile_version,
        scopes=pending.scopes,
        name=pending.name,
        server=pending.server,
    )


def _outside(pending: PendingConnection) -> dict[str, Any]:
    fields = {
        "flow": pending.flow,
        "user_id": pending.principal.user_id,
        "profile": pending.profile,
        "need": pending.need.value,
        "expires_at": pending.expires_at,
        "browser": pending.browser,
        "consumed_at": pending.consumed_at,
        "tries_left": pending.tries_left,
        "purge_at": pending.expires_at + (TOMBSTONE if pending.principal.user_id else NO_TIME),
    }
    return {name: value for name, value in fields.items() if value is not None}
