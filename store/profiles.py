"""Custom authorization profiles: one document a version, all of it sealed but its ids."""

from collections.abc import AsyncIterator
from typing import Any, Final

from bot.ports import Profiles
from bot.principal import Tenant, digest
from bot.profile import AuthorizationProfile
from store.collection import Stored
from store.database import Database
from store.sealing import Vault
from store.shape import NUMBER, TEXT, People, Shape, sealed, unique

SHAPE: Final = Shape(
    "profiles",
    {
        "tenant": TEXT,
        "profile": TEXT,
        "version": NUMBER,
        "name": TEXT,
        "sealed": sealed("profile", "profile", "version"),
    },
    # Every profile begins at version 1 and keeps its name, so that names are unique too.
    indexes=(unique("tenant", "profile", "version"), unique("tenant", "name", "version")),
    people=People.NAMED,
)
_NEWEST: Final = [("version", -1)]


class MongoProfiles(Profiles):
    """See `Profiles`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._profiles = database.collection(SHAPE)
        self._vault = vault

    async def find(
        self, tenant: Tenant, profile: str, version: int | None = None
    ) -> AuthorizationProfile | None:
        """See `Profiles.find`."""
        which = {} if version is None else {"version": version}
        stored = await self._profiles.find(
            {"tenant": tenant, "profile": profile, **which}, order=_NEWEST
        )
        return None if stored is None else await self._opened(stored)

    async def list_all(self, tenant: Tenant) -> AsyncIterator[AuthorizationProfile]:
        """See `Profiles.list_all`. One operation for every hundred versions."""
        newest: dict[str, Stored] = {}
        async for batch in self._profiles.pages({"tenant": tenant}, by=("profile", "version")):
            newest |= {stored["profile"]: stored for stored in batch}
        opened = [await self._opened(stored) for stored in newest.values()]
        for profile in sorted(opened, key=lambda each: each.folded_name):
            yield profile

    async def add(self, profile: AuthorizationProfile) -> bool:
        """See `Profiles.add`."""
        key = _key(profile)
        inside = await self._vault.seal(SHAPE.binding("sealed", key), profile)
        return await self._profiles.insert({**key, "sealed": inside})

    async def replace(self, profile: AuthorizationProfile) -> bool:
        """See `Profiles.replace`."""
        key = _key(profile)
        inside = await self._vault.seal(SHAPE.binding("sealed", key), profile)
        return await self._profiles.update(key, {"$set": {"sealed": inside}})

    async def remove(self, tenant: Tenant, profile: str) -> bool:
        """See `Profiles.remove`. Two operations."""
        where = {"tenant": tenant, "profile": profile}
        was_there = await self._profiles.find(where, fields=("version",)) is not None
        await self._profiles.remove_all(where)
        return was_there

    async def _opened(self, stored: Stored) -> AuthorizationProfile:
        return await self._vault.open(
            SHAPE.binding("sealed", stored), AuthorizationProfile, stored["sealed"]
        )


def _key(profile: AuthorizationProfile) -> dict[str, Any]:
    if profile.tenant is None:
        raise ValueError("the system's profile stands in the settings")
    return {
        "tenant": profile.tenant,
        "profile": profile.id,
        "version": profile.version,
        "name": digest(f"{profile.tenant}.{profile.folded_name}"),
    }
