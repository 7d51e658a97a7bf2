"""Everything we remember, in one hand: with a database, or in memory."""

from dataclasses import fields
from datetime import timedelta

from bot.frozen import frozen
from bot.ports import (
    AuditChain,
    AuditRows,
    Clock,
    Connections,
    Deliveries,
    Dialogs,
    Drafts,
    DueWork,
    Forgetting,
    Installations,
    Integrations,
    KeyEncryption,
    Leases,
    Notes,
    ParkedRequests,
    PendingConnections,
    PendingInstalls,
    PreferencesStore,
    Profiles,
    QuotaLedger,
    Receipts,
    Tasks,
    Templates,
    TenantKeys,
)
from store.audit import MongoAuditChain, MongoAuditRows
from store.connections import MongoConnections
from store.data_keys import KEY_AGE, DataKeys
from store.database import Database
from store.deliveries import MongoDeliveries
from store.dialogs import MongoDialogs
from store.drafts import MongoDrafts
from store.due_work import MongoDueWork
from store.forgetting import MongoForgetting
from store.installations import MongoInstallations
from store.integrations import MongoIntegrations
from store.keeping import FIRST_CHECK
from store.leases import MongoLeases
from store.notes import SealedNotes
from store.parked import MongoParkedRequests
from store.pending import MongoPendingConnections
from store.pending_installs import MongoPendingInstalls
from store.preferences import MongoPreferences
from store.profiles import MongoProfiles
from store.quota import MongoQuotaLedger
from store.receipts import MongoReceipts
from store.sealing import Vault
from store.tasks import MongoTasks
from store.templates import MongoTemplates
from store.tenant_keys import KeptTenantKeys


@frozen
class Stores:
    """One store of each kind, all over the same database."""

    installations: Installations
    installs: PendingInstalls
    connections: Connections
    pending: PendingConnections
    parked: ParkedRequests
    preferences: PreferencesStore
    drafts: Drafts
    receipts: Receipts
    due: DueWork
    leases: Leases
    deliveries: Deliveries
    quota: QuotaLedger
    notes: Notes
    audit: AuditRows
    chain: AuditChain
    profiles: Profiles
    integrations: Integrations
    keys: TenantKeys
    forgetting: Forgetting
    templates: Templates
    tasks: Tasks
    dialogs: Dialogs


def mongo_stores(
    database: Database,
    ring: KeyEncryption,
    clock: Clock,
    first_check: timedelta = FIRST_CHECK,
    key_age: timedelta = KEY_AGE,
) -> Stores:
    """Return the stores over *database*, sealed under data keys that *ring* wraps.

    *first_check* is the time from a preview until its settling is looked at first; *key_age*
    that for which a data key seals before the database is asked for a newer one.
    """
    keys = DataKeys(database, ring, key_age)
    vault = Vault(keys)
    due = MongoDueWork(database)
    return Stores(
        installations=MongoInstallations(database, vault),
        installs=MongoPendingInstalls(database),
        connections=MongoConnections(database, vault),
        pending=MongoPendingConnections(database, vault),
        parked=MongoParkedRequests(database, vault),
        preferences=MongoPreferences(database, vault),
        drafts=MongoDrafts(database, vault, due, clock, first_check),
        receipts=MongoReceipts(database, vault),
        due=due,
        leases=MongoLeases(database),
        deliveries=MongoDeliveries(database),
        quota=MongoQuotaLedger(database),
        notes=SealedNotes(vault),
        audit=MongoAuditRows(database, vault),
        chain=MongoAuditChain(database),
        profiles=MongoProfiles(database, vault),
        integrations=MongoIntegrations(database, vault),
        keys=KeptTenantKeys(keys, ring),
        forgetting=MongoForgetting(database, vault),
        templates=MongoTemplates(database, vault),
        tasks=MongoTasks(database, vault),
        dialogs=MongoDialogs(database, vault, due, clock, first_check),
    )


def memory_stores(clock: Clock) -> Stores:
    """Return stores that forget everything when the process ends."""
    from store import memory  # noqa: PLC0415 - a bot never needs it, so it starts without

    due = memory.MemoryDueWork()
    audit = memory.MemoryAudit()
    forgetting = memory.MemoryForgetting()
    stores = Stores(
        installations=memory.MemoryInstallations(clock),
        installs=memory.MemoryPendingInstalls(),
        connections=memory.MemoryConnections(clock),
        pending=memory.MemoryPendingConnections(),
        parked=memory.MemoryParkedRequests(),
        preferences=memory.MemoryPreferences(),
        drafts=memory.MemoryDrafts(due, clock),
        receipts=memory.MemoryReceipts(clock),
        due=due,
        leases=memory.MemoryLeases(clock),
        deliveries=memory.MemoryDeliveries(),
        quota=memory.MemoryQuotaLedger(),
        notes=memory.MemoryNotes(),
        audit=audit,
        chain=audit,
        profiles=memory.MemoryProfiles(),
        integrations=memory.MemoryIntegrations(),
        keys=memory.MemoryTenantKeys(),
        forgetting=forgetting,
        templates=memory.MemoryTemplates(),
        tasks=memory.MemoryTasks(),
        dialogs=memory.MemoryDialogs(due, clock),
    )
    forgetting.go_over([getattr(stores, each.name) for each in fields(Stores)])
    return stores
