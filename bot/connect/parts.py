"""What connecting is made from."""

from dataclasses import dataclass
from datetime import timedelta

from bot.connect.outcome import OnConnected
from bot.ports import (
    Connections,
    ConsentServer,
    Installations,
    ParkedRequests,
    PendingConnections,
    PreferencesStore,
    SlackPeople,
    SlackSignIn,
    Voice,
)
from bot.public_address import PublicAddress


@dataclass(frozen=True, slots=True)
class Stores:
    """What connecting remembers."""

    installations: Installations
    connections: Connections
    pendings: PendingConnections
    parked: ParkedRequests
    preferences: PreferencesStore


@dataclass(frozen=True, slots=True)
class Services:
    """Whom connecting asks and tells."""

    consent: ConsentServer
    sign_in: SlackSignIn
    people: SlackPeople
    voice: Voice
    on_connected: OnConnected


@dataclass(frozen=True, slots=True)
class Terms:
    """Where browsers find us, the command's word, and how long a step waits."""

    address: PublicAddress
    command: str = "/confluence"
    lasts: timedelta = timedelta(minutes=10)
    parked_lasts: timedelta = timedelta(minutes=10)
