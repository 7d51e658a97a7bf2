"""What the core needs from the outside, in the core's own words.

Absence is ``None`` where it is ordinary (``find_*``) and an error where it isn't.
Every method that touches what we remember takes a tenant or something that holds one.
"""

from bot.ports.confluence import Confluence
from bot.ports.consent import (
    Connections,
    ConsentServer,
    ParkedRequests,
    PendingConnections,
    PreferencesStore,
)
from bot.ports.slack import Deliveries, Installations, Proven, SlackPeople, SlackSignIn, Voice
from bot.ports.time import Clock
from bot.ports.work import SETTLE, Due, DueWork, Leases, QuotaLedger, Spent, settling, settling_of
from bot.ports.writing import Drafts, Notes, Receipts

__all__ = [
    "SETTLE",
    "Clock",
    "Confluence",
    "Connections",
    "ConsentServer",
    "Deliveries",
    "Drafts",
    "Due",
    "DueWork",
    "Installations",
    "Leases",
    "Notes",
    "ParkedRequests",
    "PendingConnections",
    "PreferencesStore",
    "Proven",
    "QuotaLedger",
    "Receipts",
    "SlackPeople",
    "SlackSignIn",
    "Spent",
    "Voice",
    "settling",
    "settling_of",
]
