"""Integrations and channels' defaults: what each tenant's admins and channels chose."""

from dataclasses import replace
from typing import Any, Final

from bot.integration import ChannelDefaults, Integration
from bot.ports import Integrations
from bot.principal import Tenant
from store.database import Database
from store.sealing import Vault
from store.shape import NUMBER, TEXT, People, Shape, sealed, unique

SHAPE: Final = Shape(
    "integrations",
    {"tenant": TEXT, "generation": NUMBER, "sealed": sealed("integration")},
    indexes=(unique("tenant"),),
    people=People.NAMED,
)
CHANNELS: Final = Shape(
    "channels",
    {"tenant": TEXT, "channel_id": TEXT, "sealed": sealed("channel", "channel_id")},
    indexes=(unique("tenant", "channel_id"),),
    people=People.NAMED,
)


class MongoIntegrations(Integrations):
    """See `Integrations`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._integrations = database.collection(SHAPE)
        self._channels = database.collection(CHANNELS)
        self._vault = vault

    async def find(self, tenant: Tenant) -> Integration:
        """See `Integrations.find`."""
        stored = await self._integrations.find({"tenant": tenant})
        if stored is None:
            return Integration(tenant)
        return await self._vault.open(
            SHAPE.binding("sealed", stored), Integration, stored["sealed"]
        )

    async def replace(self, seen: Integration, changed: Integration) -> Integration | None:
        """See `Integrations.replace`."""
        tenant = seen.tenant
        stored = replace(changed, tenant=tenant, generation=seen.generation + 1)
        document = {
            "tenant": tenant,
            "generation": stored.generation,
            "sealed": await self._vault.seal(SHAPE.binding("sealed", {"tenant": tenant}), stored),
        }
        if seen.generation == 0:
            is_kept = await self._integrations.insert(document)
        else:
            was = {"tenant": tenant, "generation": seen.generation}
            is_kept = await self._integrations.update(was, {"$set": document})
        return stored if is_kept else None

    async def find_channel(self, tenant: Tenant, channel_id: str) -> ChannelDefaults | None:
        """See `Integrations.find_channel`."""
        stored = await self._channels.find({"tenant": tenant, "channel_id": channel_id})
        if stored is None:
            return None
        binding = CHANNELS.binding("sealed", stored)
        return await self._vault.open(binding, ChannelDefaults, stored["sealed"])

    async def save_channel(self, defaults: ChannelDefaults) -> None:
        """See `Integrations.save_channel`."""
        key: dict[str, Any] = {"tenant": defaults.tenant, "channel_id": defaults.channel_id}
        inside = await self._vault.seal(CHANNELS.binding("sealed", key), defaults)
        await self._channels.save(key, {**key, "sealed": inside})

    async def remove_channel(self, tenant: Tenant, channel_id: str) -> bool:
        """See `Integrations.remove_channel`."""
        return await self._channels.remove({"tenant": tenant, "channel_id": channel_id})

    async def move_channel(self, tenant: Tenant, before: str, after: str) -> None:
        """See `Integrations.move_channel`. Up to three operations."""
        defaults = await self.find_channel(tenant, before)
        if defaults is not None and before != after:
            await self.save_channel(replace(defaults, channel_id=after))
            await self.remove_channel(tenant, before)
