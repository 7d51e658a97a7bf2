"""Preferences: the site in use and the recent spaces, whose names are sealed."""

from typing import Any, Final

from bot.connection import Preferences
from bot.content import CloudId, Space
from bot.frozen import frozen
from bot.ports import PreferencesStore
from bot.principal import Principal
from store.collection import Stored
from store.database import Database
from store.keeping import RECENT_SPACES
from store.keyring import Binding
from store.sealing import Vault
from store.shape import TEXT, Shape, array_of, embedded, sealed, unique

SHAPE: Final = Shape(
    "preferences",
    {"tenant": TEXT, "user_id": TEXT},
    {
        "site": TEXT,
        "recent": array_of(
            embedded(site=TEXT, space=TEXT, sealed=sealed("recent-space", "site", "space"))
        ),
    },
    indexes=(unique("tenant", "user_id"),),
)


@frozen
class _Names:
    """What people call a space."""

    key: str
    name: str


class MongoPreferences(PreferencesStore):
    """See `PreferencesStore`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._preferences = database.collection(SHAPE)
        self._vault = vault

    async def find(self, principal: Principal) -> Preferences:
        """See `PreferencesStore.find`."""
        stored = await self._preferences.find(_key(principal)) or {}
        recent = [await self._opened(principal, one) for one in stored.get("recent", ())]
        return Preferences(stored.get("site"), tuple(recent))

    async def choose_site(self, principal: Principal, site: CloudId | None) -> None:
        """See `PreferencesStore.choose_site`."""
        change = {"$unset": {"site": ""}} if site is None else {"$set": {"site": site}}
        await self._preferences.put(_key(principal), change)

    async def add_recent_space(self, principal: Principal, site: CloudId, space: Space) -> None:
        """See `PreferencesStore.add_recent_space`."""
        names = _Names(space.key, space.name)
        first: Stored = {"site": site, "space": space.id}
        first["sealed"] = await self._vault.seal(_binding(principal, first), names)
        await self._preferences.put(_key(principal), [{"$set": {"recent": _led_by(first)}}])

    async def remove(self, principal: Principal) -> None:
        """See `PreferencesStore.remove`."""
        await self._preferences.remove(_key(principal))

    async def _opened(self, principal: Principal, stored: Stored) -> tuple[CloudId, str, str, str]:
        names = await self._vault.open(_binding(principal, stored), _Names, stored["sealed"])
        return stored["site"], stored["space"], names.key, names.name


def _key(principal: Principal) -> dict[str, Any]:
    return {"tenant": principal.tenant, "user_id": principal.user_id}


def _binding(principal: Principal, stored: Stored) -> Binding:
    return SHAPE.binding("recent.sealed", {**_key(principal), **stored})


def _led_by(first: Stored) -> dict[str, Any]:
    """Return an expression: *first*, then the others, up to the number that is kept."""
    same = [{"$eq": [f"$$old.{name}", {"$literal": first[name]}]} for name in ("site", "space")]
    others = {
        "$filter": {
            "input": {"$ifNull": ["$recent", []]},
            "as": "old",
            "cond": {"$not": [{"$and": same}]},
        }
    }
    return {"$slice": [{"$concatArrays": [[{"$literal": first}], others]}, RECENT_SPACES]}
