"""What connecting is made from."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.audit import Auditor
from bot.connect.outcome import OnConnected, OnSecretKept, nobody_hears
from bot.frozen import frozen
from bot.ports import (
    Connections,
    ConsentServer,
    InstallationSource,
    Integrations,
    ParkedRequests,
    PendingConnections,
    PreferencesStore,
    Profiles,
    SlackPeople,
    SlackSignIn,
    Voice,
)
from bot.principal import Principal
from bot.profiles import ProfileBook
from bot.public_address import PublicAddress


@frozen
class Stores:
    """What connecting remembers."""

    installations: InstallationSource
    connections: Connections
    pendings: PendingConnections
    parked: ParkedRequests
    preferences: PreferencesStore
    profiles: ProfileBook
    customs: Profiles
    integrations: Integrations


@frozen
class Services:
    """Whom connecting asks and tells."""

    consent: ConsentServer
    sign_in: SlackSignIn
    people: SlackPeople
    voice: Voice
    on_connected: OnConnected
    may_administer: Callable[[Principal], Awaitable[bool]]
    auditor: Auditor
    on_secret_kept: OnSecretKept = nobody_hears


@frozen
class Terms:
    """Where browsers find us, the command's word, and how long a step waits."""

    address: PublicAddress
    command: str = "/confluence"
    lasts: timedelta = timedelta(minutes=10)
    parked_lasts: timedelta = timedelta(minutes=10)
