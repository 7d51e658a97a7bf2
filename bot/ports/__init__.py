"""What the core needs from the outside, in the core's own words.

Absence is ``None`` where it is ordinary (``find_*``) and an error where it isn't.
Every method that touches what we remember takes a tenant or something that holds one.
"""

from bot.ports.audit import AuditChain, AuditRows
from bot.ports.confluence import Confluence
from bot.ports.consent import (
    Connections,
    ConsentServer,
    Integrations,
    ParkedRequests,
    PendingConnections,
    PreferencesStore,
    Profiles,
)
from bot.ports.keys import KeyEncryption, TenantKey, TenantKeys
from bot.ports.slack import (
    ADMIN_KNOWN_FOR,
    KNOWN_FOR,
    Deliveries,
    Departures,
    Installations,
    InstallationSource,
    Installed,
    OnChannelMoved,
    OnInstalled,
    OnUninstalled,
    PendingInstalls,
    Proven,
    SlackInstalls,
    SlackPeople,
    SlackSignIn,
    Voice,
)
from bot.ports.time import Clock
from bot.ports.work import SETTLE, Due, DueWork, Leases, QuotaLedger, Spent, settling, settling_of
from bot.ports.writing import Drafts, Notes, Receipts

__all__ = [
    "ADMIN_KNOWN_FOR",
    "KNOWN_FOR",
    "SETTLE",
    "AuditChain",
    "AuditRows",
    "Clock",
    "Confluence",
    "Connections",
    "ConsentServer",
    "Deliveries",
    "Departures",
    "Drafts",
    "Due",
    "DueWork",
    "InstallationSource",
    "Installations",
    "Installed",
    "Integrations",
    "KeyEncryption",
    "Leases",
    "Notes",
    "OnChannelMoved",
    "OnInstalled",
    "OnUninstalled",
    "ParkedRequests",
    "PendingConnections",
    "PendingInstalls",
    "PreferencesStore",
    "Profiles",
    "Proven",
    "QuotaLedger",
    "Receipts",
    "SlackInstalls",
    "SlackPeople",
    "SlackSignIn",
    "Spent",
    "TenantKey",
    "TenantKeys",
    "Voice",
    "settling",
    "settling_of",
]
