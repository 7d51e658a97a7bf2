"""Forgetting in the stores that are dicts: it goes over all that they hold."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.connection import Connection
from bot.dialog import Dialog, Phase
from bot.integration import ChannelDefaults, Integration
from bot.pending import PendingConnection
from bot.ports import DELETE_TENANT, FORGET, RUN, SETTLE, Counts, Due, Forgetting
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile
from bot.receipt import Receipt
from bot.task import DialogTask, Reach, TemplateVersion
from store.memory.audit import MemoryAudit
from store.memory.connections import MemoryConnections
from store.memory.dialogs import MemoryDialogs, MemoryTasks, MemoryTemplates
from store.memory.drafts import MemoryDrafts
from store.memory.due_work import MemoryDueWork
from store.memory.installations import MemoryInstallations
from store.memory.integrations import MemoryIntegrations, MemoryProfiles
from store.memory.operation import MemoryDeliveries, MemoryQuotaLedger
from store.memory.parked import MemoryParkedRequests
from store.memory.pending import MemoryPendingConnections
from store.memory.preferences import MemoryPreferences
from store.memory.receipts import MemoryReceipts

# What a store has besides isn't kept anywhere else, as claims.
_COLLECTIONS: Final[Mapping[tuple[type[object], str], str]] = {
    (MemoryConnections, "_kept"): "connections",
    (MemoryPendingConnections, "_kept"): "pending_connections",
    (MemoryParkedRequests, "_kept"): "parked_requests",
    (MemoryPreferences, "_kept"): "preferences",
    (MemoryDrafts, "_kept"): "drafts",
    (MemoryReceipts, "_kept"): "receipts",
    (MemoryInstallations, "_kept"): "installations",
    (MemoryInstallations, "_installers"): "installations",
    (MemoryProfiles, "_kept"): "profiles",
    (MemoryIntegrations, "_channels"): "channels",
    (MemoryIntegrations, "_kept"): "integrations",
    (MemoryDueWork, "_kept"): "due_work",
    (MemoryDeliveries, "_seen"): "deliveries",
    (MemoryQuotaLedger, "_points"): "quota",
    (MemoryTemplates, "_kept"): "templates",
    (MemoryTasks, "_kept"): "tasks",
    (MemoryDialogs, "_kept"): "dialogs",
    (MemoryAudit, "_rows"): "audit_rows",
    (MemoryAudit, "_links"): "audit_links",
    (MemoryAudit, "_keys"): "person_keys",
}
_UNFINISHED: Final = ("dialogs", "drafts", "pending_connections", "parked_requests")

_ENDING: Final = {SETTLE, RUN}

_Dict = dict[Any, Any]


class MemoryForgetting(Forgetting):
    """See `Forgetting`."""

    def __init__(self) -> None:
        self._stores: Sequence[object] = ()

    def go_over(self, stores: Sequence[object]) -> None:
        """Take *stores* for all that there are; nothing that one of them holds is passed over."""
        self._stores = list({id(each): each for each in stores}.values())

    async def count(self, principal: Principal) -> Counts:
        """See `Forgetting.count`."""
        counts: Counter[str] = Counter()
        for name, kept in self._dicts():
            theirs = (key for key, held in kept.items() if _is_of(principal, key, held))
            counts[name] += sum(1 for _ in theirs)
            counts[name] += sum(1 for held in kept.values() if _without(principal, held) != held)
        return {name: number for name, number in counts.items() if number and name}

    async def list_receipts(self, principal: Principal) -> AsyncIterator[Receipt]:
        """See `Forgetting.list_receipts`."""
        for name, kept in self._dicts():
            for held in list(kept.values()) if name == "receipts" else ():
                if held.decision.principal == principal:
                    yield held

    async def is_running(self, principal: Principal) -> bool:
        """See `Forgetting.is_running`."""
        return bool(self._running(principal))

    async def drop_unfinished(self, principal: Principal) -> Counts:
        """See `Forgetting.drop_unfinished`."""
        return self._drop(principal, _UNFINISHED)

    async def forget(self, principal: Principal, heir: str = "") -> Counts:
        """See `Forgetting.forget`."""
        for _, kept in self._dicts():
            for key, held in list(kept.items()):
                if isinstance(held, Connection) and _is_owned(principal, held):
                    kept[key] = replace(held, owner=heir)
        under_way = {
            f"{principal.user_id}/{each.decision.id}"
            async for each in self.list_receipts(principal)
            if not each.stage.is_final
        } | self._running(principal)
        return self._drop(principal, None, under_way)

    async def delete_tenant(self, tenant: Tenant) -> Counts:
        """See `Forgetting.delete_tenant`."""
        gone: Counter[str] = Counter()
        for name, kept in self._dicts():
            for key, held in list(kept.items()):
                if isinstance(held, Counter):
                    gone[name] += int(held.pop(tenant, None) is not None)
                elif _names(tenant, key) and getattr(held, "kind", "") != DELETE_TENANT:
                    del kept[key]
                    gone[name] += 1
        return {name: number for name, number in gone.items() if number and name}

    def _drop(
        self,
        principal: Principal,
        names: Sequence[str] | None = None,
        under_way: Collection[str] = (),
    ) -> Counts:
        gone: Counter[str] = Counter()
        for name, kept in self._dicts():
            for key, held in list(kept.items()) if names is None or name in names else ():
                if isinstance(held, Due) and held.kind in _ENDING and held.id in under_way:
                    continue
                if _is_of(principal, key, held) and not _is_under_way(held):
                    del kept[key]
                    gone[name] += 1
                elif (without := _without(principal, held)) != held:
                    kept[key] = without
                    gone[name] += 1
        return {name: number for name, number in gone.items() if number and name}

    def _running(self, principal: Principal) -> set[str]:
        """Return the ids of what is due for the principal's runs."""
        return {
            f"{principal.user_id}/{held.id}"
            for name, kept in self._dicts()
            for held in (kept.values() if name == "dialogs" else ())
            if held.principal == principal and _is_under_way(held)
        }

    def _dicts(self) -> Iterator[tuple[str, _Dict]]:
        """Yield everything that is held, and the collection which it stands for, if for any."""
        for store in self._stores:
            for attribute, held in vars(store).items():
                if isinstance(held, dict):
                    yield _COLLECTIONS.get((type(store), attribute), ""), held


def _is_of(principal: Principal, key: object, held: object) -> bool:
    """Tell whether it goes with the principal."""
    if isinstance(held, PendingConnection):
        return held.principal == principal
    if isinstance(held, Receipt):
        return held.decision.principal == principal
    if isinstance(held, DialogTask):
        return held.audience.reach is Reach.ME and _is_owned(principal, held)
    if isinstance(held, Due):
        own = held.id.partition("/")[0] == principal.user_id
        return held.tenant == principal.tenant and own and held.kind not in {FORGET, DELETE_TENANT}
    if isinstance(held, tuple) and held[1:] == (principal.user_id,):  # who installed us, and when
        return key == principal.tenant
    return key == principal or (isinstance(key, tuple) and principal in key)


def _is_owned(principal: Principal, held: Connection | DialogTask) -> bool:
    tenant = held.tenant if isinstance(held, DialogTask) else held.principal.tenant
    return (tenant, held.owner) == (principal.tenant, principal.user_id)


def _is_under_way(held: object) -> bool:
    if isinstance(held, Dialog):
        return held.phase is Phase.RUNNING
    return isinstance(held, Receipt) and not held.stage.is_final


def _without(principal: Principal, held: object) -> object:
    """Return it with the principal's name taken out, where it is the tenant's."""
    if getattr(held, "tenant", None) != principal.tenant:
        return held
    if isinstance(held, AuthorizationProfile) and held.made_by == principal.user_id:
        return replace(held, made_by="")
    if isinstance(held, ChannelDefaults) and held.set_by == principal.user_id:
        return replace(held, set_by="")
    if isinstance(held, TemplateVersion | DialogTask):
        return held.without(principal.user_id)
    if isinstance(held, Integration):
        return replace(held, policy=held.policy.without(principal.user_id))
    return held


def _names(tenant: Tenant, key: object) -> bool:
    """Tell whether *key* begins with the tenant, or with somebody of it."""
    first = key[0] if isinstance(key, tuple) else key
    return first == tenant or (isinstance(first, Principal) and first.tenant == tenant)
