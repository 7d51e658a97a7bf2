"""The versions of templates that a tenant keeps: one document each, sealed but for its ids."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bot.ports import Templates
from bot.principal import Tenant
from bot.task import TemplateVersion
from bot.template_id import TemplateId, Version
from store.collection import Stored
from store.database import Database
from store.sealing import Vault
from store.shape import FLAG, NUMBER, TEXT, TIME, People, Shape, index, sealed, unique

SHAPE: Final = Shape(
    "templates",
    {
        "tenant": TEXT,
        "template": TEXT,
        "version": TEXT,
        "is_own": FLAG,
        "added_at": TIME,
        "generation": NUMBER,
        "sealed": sealed("template", "template", "version"),
    },
    indexes=(
        unique("tenant", "template", "version"),
        index("tenant", "template", "added_at"),
        index("tenant", "is_own", "added_at"),
    ),
    people=People.NAMED,
)
MOST_VERSIONS: Final = 100
MOST_OWN: Final = 200
_NEWEST: Final = [("added_at", -1)]


class MongoTemplates(Templates):
    """See `Templates`. Each method is one operation."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._templates = database.collection(SHAPE)
        self._vault = vault

    async def add(self, template: TemplateVersion) -> bool:
        """See `Templates.add`."""
        return await self._templates.insert(await self._written(template))

    async def find(
        self, tenant: Tenant, template: TemplateId, version: Version
    ) -> TemplateVersion | None:
        """See `Templates.find`."""
        stored = await self._templates.find(
            {"tenant": tenant, "template": template, "version": version}
        )
        return None if stored is None else await self._opened(stored)

    async def list_versions(
        self, tenant: Tenant, template: TemplateId
    ) -> Sequence[TemplateVersion]:
        """See `Templates.list_versions`."""
        return await self._listed({"tenant": tenant, "template": template}, MOST_VERSIONS)

    async def list_own(self, tenant: Tenant) -> Sequence[TemplateVersion]:
        """See `Templates.list_own`."""
        return await self._listed({"tenant": tenant, "is_own": True}, MOST_OWN)

    async def replace(self, seen: TemplateVersion, changed: TemplateVersion) -> bool:
        """See `Templates.replace`."""
        where = {**_key(seen), "generation": seen.generation}
        stored = replace(changed, generation=seen.generation + 1)
        return await self._templates.update(where, {"$set": await self._written(stored)})

    async def _listed(self, where: dict[str, Any], most: int) -> Sequence[TemplateVersion]:
        found = await self._templates.find_several(where, order=_NEWEST, most=most)
        return [await self._opened(stored) for stored in found]

    async def _written(self, template: TemplateVersion) -> dict[str, Any]:
        key = _key(template)
        return {
            **key,
            "is_own": template.is_own,
            "added_at": template.added_at,
            "generation": template.generation,
            "sealed": await self._vault.seal(SHAPE.binding("sealed", key), template),
        }

    async def _opened(self, stored: Stored) -> TemplateVersion:
        binding = SHAPE.binding("sealed", stored)
        template = await self._vault.open(binding, TemplateVersion, stored["sealed"])
        return replace(template, generation=stored["generation"])


def _key(template: TemplateVersion) -> dict[str, Any]:
    return {
        "tenant": template.tenant,
        "template": template.id,
        "version": template.version,
    }
