"""Which scopes a consent asks for."""

from bot.connection import DATA_CENTER_READ, DATA_CENTER_WRITE, Connection, Need
from bot.profile import AuthorizationProfile, Provider


def scopes_to_ask(
    profile: AuthorizationProfile, need: Need, held: Connection | None
) -> frozenset[str]:
    """Return what to ask for: what *need* takes, together with all that is held already.

    A new grant's scopes replace the old ones'. A profile that names its scopes asks for those
    and for nothing else; Atlassian's needs ``offline_access`` to stay.
    """
    if profile.scopes:
        stays = {"offline_access"} if profile.is_atlassians else set()
        return profile.scopes | stays
    before = held.grant.scopes if held is not None else frozenset()
    if profile.provider is Provider.CLOUD:
        return need.scopes | before
    writes = need is not Need.READ or DATA_CENTER_WRITE in before
    return frozenset({DATA_CENTER_WRITE if writes else DATA_CENTER_READ})
