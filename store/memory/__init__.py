"""The same stores without a database: for tests of the rules."""

from store.memory.audit import MemoryAudit
from store.memory.connections import MemoryConnections
from store.memory.dialogs import MemoryDialogs, MemoryTasks, MemoryTemplates
from store.memory.drafts import MemoryDrafts
from store.memory.due_work import MemoryDueWork
from store.memory.forgetting import MemoryForgetting
from store.memory.installations import MemoryInstallations, MemoryPendingInstalls
from store.memory.integrations import MemoryIntegrations, MemoryProfiles
from store.memory.keys import MemoryTenantKeys
from store.memory.leases import MemoryLeases
from store.memory.operation import MemoryDeliveries, MemoryNotes, MemoryQuotaLedger
from store.memory.parked import MemoryParkedRequests
from store.memory.pending import MemoryPendingConnections
from store.memory.preferences import MemoryPreferences
from store.memory.receipts import MemoryReceipts

__all__ = [
    "MemoryAudit",
    "MemoryConnections",
    "MemoryDeliveries",
    "MemoryDialogs",
    "MemoryDrafts",
    "MemoryDueWork",
    "MemoryForgetting",
    "MemoryInstallations",
    "MemoryIntegrations",
    "MemoryLeases",
    "MemoryNotes",
    "MemoryParkedRequests",
    "MemoryPendingConnections",
    "MemoryPendingInstalls",
    "MemoryPreferences",
    "MemoryProfiles",
    "MemoryQuotaLedger",
    "MemoryReceipts",
    "MemoryTasks",
    "MemoryTemplates",
    "MemoryTenantKeys",
]
