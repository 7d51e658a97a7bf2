"""Forgetting somebody, or a whole tenant, in every collection that there is.

What a collection holds of people stands in its shape (`Shape.people`). Whoever adds one in which
people are NAMED says here how they are taken out of it; all else follows from the shape.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot.connection import ORGANISATION
from bot.dialog import Phase
from bot.errors import Unavailable
from bot.integration import ChannelDefaults
from bot.ports import DELETE_TENANT, FORGET, RUN, SETTLE, Counts, Forgetting
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile
from bot.receipt import Receipt, Stage
from bot.task import DialogTask, Reach, TemplateVersion
from store import (
    connections,
    data_keys,
    dialogs,
    drafts,
    due_work,
    integrations,
    parked,
    pending,
    person_keys,
    profiles,
    receipts,
    tasks,
    templates,
)
from store.collection import Collection, Stored
from store.database import Database
from store.preparation import SHAPES
from store.sealing import Vault
from store.shape import People, Shape

UNFINISHED: Final = (dialogs.SHAPE, drafts.SHAPE, pending.SHAPE, parked.SHAPE)
NAMED: Final = (
    profiles.SHAPE,
    integrations.CHANNELS,
    integrations.SHAPE,
    templates.SHAPE,
    tasks.SHAPE,
    due_work.SHAPE,
)
"""Where `MongoForgetting` knows how to take a person's name out."""

_LAST: Final = person_keys.SHAPE.name
_FIRST: Final = (data_keys.SHAPE.name, person_keys.SHAPE.name)
_OVER: Final = {"stage": {"$in": [stage.value for stage in Stage if stage.is_final]}}
_UNDER_WAY: Final = {"stage": {"$nin": [stage.value for stage in Stage if stage.is_final]}}
_RUNNING: Final = {"phase": Phase.RUNNING.value}
_STAYS: Final[Mapping[str, Mapping[str, Any]]] = {
    receipts.SHAPE.name: _OVER,
    dialogs.SHAPE.name: {"phase": {"$ne": Phase.RUNNING.value}},
}
"""What alone goes, where something may be under way."""
_MOST: Final = 100_000
_TRIES: Final = 5

_Gone = dict[str, int]
_TakeOut = Callable[[Principal], Awaitable[int]]


class MongoForgetting(Forgetting):
    """See `Forgetting`. One operation for every collection, and one for each document changed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._connections = connections.MongoConnections(database, vault)
        self._receipts = receipts.MongoReceipts(database, vault)
        self._integrations = integrations.MongoIntegrations(database, vault)
        self._take_out: Mapping[str, _TakeOut] = {
            profiles.SHAPE.name: self._out_of_profiles,
            integrations.CHANNELS.name: self._out_of_channels,
            integrations.SHAPE.name: self._out_of_integration,
            templates.SHAPE.name: self._out_of_templates,
            tasks.SHAPE.name: self._out_of_tasks,
            due_work.SHAPE.name: self._out_of_due_work,
        }

    async def count(self, principal: Principal) -> Counts:
        """See `Forgetting.count`."""
        counts = {shape.name: await self._of(shape).count(_theirs(principal)) for shape in _owned()}
        named = {
            profiles.SHAPE.name: len(await self._profiles_by(principal)),
            integrations.CHANNELS.name: len(await self._channels_by(principal)),
            integrations.SHAPE.name: int(await self._is_in_policy(principal)),
            templates.SHAPE.name: len(await self._templates_by(principal)),
            tasks.SHAPE.name: len(await self._tasks_of(principal)),
            due_work.SHAPE.name: await self._of(due_work.SHAPE).count(await self._due(principal)),
        }
        return {name: number for name, number in (counts | named).items() if number}

    def list_receipts(self, principal: Principal) -> AsyncIterator[Receipt]:
        """See `Forgetting.list_receipts`."""
        return self._receipts.list_of(principal)

    async def is_running(self, principal: Principal) -> bool:
        """See `Forgetting.is_running`."""
        return await self._of(dialogs.SHAPE).count(_theirs(principal) | _RUNNING) > 0

    async def drop_unfinished(self, principal: Principal) -> Counts:
        """See `Forgetting.drop_unfinished`."""
        gone: _Gone = {}
        for shape in UNFINISHED:
            where = {**_theirs(principal), **_STAYS.get(shape.name, {})}
            gone[shape.name] = await self._of(shape).remove_all(where)
        return gone

    async def forget(self, principal: Principal, heir: str = "") -> Counts:
        """See `Forgetting.forget`."""
        gone = dict(await self.drop_unfinished(principal))
        await self._hand_over(principal, heir)
        for shape in _owned():
            where = {**_theirs(principal), **_STAYS.get(shape.name, {})}
            if shape.name != _LAST:
                gone[shape.name] = gone.get(shape.name, 0) + await self._of(shape).remove_all(where)
        for name, take_out in self._take_out.items():
            gone[name] = await take_out(principal)
        gone[_LAST] = await self._of(person_keys.SHAPE).remove_all(_theirs(principal))
        return {name: number for name, number in gone.items() if number}

    async def delete_tenant(self, tenant: Tenant) -> Counts:
        """See `Forgetting.delete_tenant`."""
        gone: _Gone = {}
        for shape in sorted(filter(_is_tenants, SHAPES), key=lambda each: each.name not in _FIRST):
            where: dict[str, Any] = {"tenant": tenant}
            if shape.name == due_work.SHAPE.name:
                where["kind"] = {"$ne": DELETE_TENANT}
            gone[shape.name] = await self._of(shape).remove_all(where)
        return {name: number for name, number in gone.items() if number}

    async def _hand_over(self, principal: Principal, heir: str) -> None:
        """Give the organisation's connections to *heir*."""
        for each in await self._connections.list_of(Principal(principal.tenant, ORGANISATION)):
            if each.owner == principal.user_id:
                await self._connections.hand_over(each, each.name, heir)

    async def _profiles_by(self, principal: Principal) -> list[tuple[Stored, AuthorizationProfile]]:
        found = []
        order = [("profile", 1), ("version", 1)]
        for stored in await self._all(profiles.SHAPE, principal.tenant, order):
            binding = profiles.SHAPE.binding("sealed", stored)
            profile = await self._vault.open(binding, AuthorizationProfile, stored["sealed"])
            if profile.made_by == principal.user_id:
                found.append((stored, profile))
        return found

    async def _out_of_profiles(self, principal: Principal) -> int:
        found = await self._profiles_by(principal)
        for stored, profile in found:
            await self._reseal(profiles.SHAPE, stored, replace(profile, made_by=""))
        return len(found)

    async def _channels_by(self, principal: Principal) -> list[tuple[Stored, ChannelDefaults]]:
        found = []
        shape = integrations.CHANNELS
        for stored in await self._all(shape, principal.tenant, [("channel_id", 1)]):
            binding = shape.binding("sealed", stored)
            defaults = await self._vault.open(binding, ChannelDefaults, stored["sealed"])
            if defaults.set_by == principal.user_id:
                found.append((stored, defaults))
        return found

    async def _out_of_channels(self, principal: Principal) -> int:
        found = await self._channels_by(principal)
        for stored, defaults in found:
            await self._reseal(integrations.CHANNELS, stored, replace(defaults, set_by=""))
        return len(found)

    async def _is_in_policy(self, principal: Principal) -> bool:
        policy = (await self._integrations.find(principal.tenant)).policy
        return policy.without(principal.user_id) != policy

    async def _out_of_integration(self, principal: Principal) -> int:
        for _ in range(_TRIES):
            seen = await self._integrations.find(principal.tenant)
            policy = seen.policy.without(principal.user_id)
            if policy == seen.policy:
                return 0
            if await self._integrations.replace(seen, replace(seen, policy=policy)):
                return 1
        raise Unavailable("the database")

    async def _templates_by(self, principal: Principal) -> list[tuple[Stored, TemplateVersion]]:
        shape, user_id = templates.SHAPE, principal.user_id
        order = [("template", 1), ("version", 1)]
        found = []
        for stored in await self._all(shape, principal.tenant, order):
            binding = shape.binding("sealed", stored)
            template = await self._vault.open(binding, TemplateVersion, stored["sealed"])
            if user_id in {template.by, template.approved_by}:
                found.append((stored, template))
        return found

    async def _out_of_templates(self, principal: Principal) -> int:
        found = await self._templates_by(principal)
        for stored, template in found:
            await self._reseal(templates.SHAPE, stored, template.without(principal.user_id))
        return len(found)

    async def _tasks_of(self, principal: Principal) -> list[tuple[Stored, DialogTask]]:
        found = []
        for stored in await self._all(tasks.SHAPE, principal.tenant, [("task", 1)]):
            binding = tasks.SHAPE.binding("sealed", stored)
            task = await self._vault.open(binding, DialogTask, stored["sealed"])
            if task.without(principal.user_id) != task:
                found.append((stored, task))
        return found

    async def _out_of_tasks(self, principal: Principal) -> int:
        found = await self._tasks_of(principal)
        for stored, task in found:
            if task.audience.reach is Reach.ME and task.owner == principal.user_id:
                key = {"tenant": stored["tenant"], "task": stored["task"]}
                await self._of(tasks.SHAPE).remove(key)
            else:
                await self._reseal(tasks.SHAPE, stored, task.without(principal.user_id))
        return len(found)

    async def _out_of_due_work(self, principal: Principal) -> int:
        return await self._of(due_work.SHAPE).remove_all(await self._due(principal))

    async def _due(self, principal: Principal) -> dict[str, Any]:
        """Return what is due about the principal, but for forgetting them, and what is written."""
        under_way = await self._of(receipts.SHAPE).find_several(
            _theirs(principal) | _UNDER_WAY, order=[("decision", 1)], most=_MOST, only=("decision",)
        )
        running = await self._of(dialogs.SHAPE).find_several(
            _theirs(principal) | _RUNNING, order=[("dialog", 1)], most=_MOST, only=("dialog",)
        )
        own, written = principal.user_id, [each["decision"] for each in under_way]
        # The sign behind a slash in ASCII is 0.
        ids = [{"id": own}, {"id": {"$gte": f"{own}/", "$lt": f"{own}0"}}]
        settled = {"kind": SETTLE, "id": {"$in": [f"{own}/{decision}" for decision in written]}}
        run = {"kind": RUN, "id": {"$in": [f"{own}/{each['dialog']}" for each in running]}}
        return {
            "tenant": principal.tenant,
            "kind": {"$nin": [FORGET, DELETE_TENANT]},
            "$or": ids,
            "$nor": [settled, run],
        }

    async def _all(
        self, shape: Shape, tenant: Tenant, order: list[tuple[str, int]]
    ) -> list[Stored]:
        return await self._of(shape).find_several({"tenant": tenant}, order=order, most=_MOST)

    async def _reseal(self, shape: Shape, stored: Stored, value: object) -> None:
        """Put *value* in place of what was read, and of nothing else."""
        inside = await self._vault.seal(shape.binding("sealed", stored), value)
        seen = {"tenant": stored["tenant"], "_id": stored["_id"], "sealed": stored["sealed"]}
        if not await self._of(shape).update(seen, {"$set": {"sealed": inside}}):
            raise Unavailable("the database")  # somebody has changed it: what they wrote stays

    def _of(self, shape: Shape) -> Collection:
        return self._database.collection(shape)


def _theirs(principal: Principal) -> dict[str, Any]:
    return {"tenant": principal.tenant, "user_id": principal.user_id}


def _owned() -> list[Shape]:
    return [shape for shape in SHAPES if shape.people is People.OWN]


def _is_tenants(shape: Shape) -> bool:
    return shape.is_tenants
