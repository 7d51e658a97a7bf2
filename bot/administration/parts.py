"""What administration is made from."""

from bot.audit import Auditor
from bot.frozen import frozen
from bot.ports import (
    Clock,
    Connections,
    ConsentServer,
    Integrations,
    ParkedRequests,
    PendingConnections,
    PreferencesStore,
    Profiles,
    SlackPeople,
    Voice,
)
from bot.profile import AuthorizationProfile
from bot.profiles import ProfileBook
from bot.roles import FindInstallation


@frozen
class Books:
    """What it reads and changes."""

    integrations: Integrations
    profiles: Profiles
    book: ProfileBook
    connections: Connections
    preferences: PreferencesStore
    parked: ParkedRequests
    pendings: PendingConnections


@frozen
class Aides:
    """Whom it asks and tells. *public_url* is where browsers find us, without a slash behind."""

    consent: ConsentServer
    people: SlackPeople
    voice: Voice
    auditor: Auditor
    installation_of: FindInstallation
    clock: Clock
    public_url: str
    command: str


def name_of(profile: AuthorizationProfile) -> str:
    """Return what people call it."""
    return "System" if profile.is_system else profile.name
