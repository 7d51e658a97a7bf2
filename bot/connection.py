"""The standing consent of a principal, and what it permits."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import SecretStr

from bot.content import Account, CloudId, Site
from bot.principal import Principal

# Room for our clock and the provider's to disagree, and for the call to be made.
LEEWAY = timedelta(seconds=60)

SYSTEM = "system"
"""The name of the authorization profile that comes from our settings."""

IDENTITY = frozenset({"offline_access", "read:me"})
READ = IDENTITY | {
    "search:confluence",
    "read:confluence-user",
    "read:page:confluence",
    "read:space:confluence",
    "read:content-details:confluence",
    "read:hierarchical-content:confluence",
}
WRITE = READ | {"write:page:confluence", "delete:page:confluence"}


class Need(StrEnum):
    """Why a grant is wanted; each stands for the scopes it takes, in words and ids."""

    READ = "read"
    WRITE = "write"

    @property
    def scopes(self) -> frozenset[str]:
        """All scopes to ask for: a new grant's replace the old ones', so none is left out."""
        return WRITE if self is Need.WRITE else READ


@dataclass(frozen=True, slots=True)
class AuthorizationProfile:
    """How grants are obtained from a provider, under one name; *id* stands in its callback path."""

    id: str
    name: str
    client_id: str
    client_secret: SecretStr
    authorization_url: str
    token_url: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What the authorization server issued; the sites it opens are kept beside it."""

    access_token: SecretStr
    refresh_token: SecretStr | None
    expires_at: datetime
    scopes: frozenset[str]

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the access token outlives a call made at *now*."""
        return now + LEEWAY < self.expires_at


@dataclass(frozen=True, slots=True)
class Connection:
    """One principal's standing consent under one profile, and the grant it last produced.

    *generation* grows by one with every new grant; *ended_at* is set when the provider
    refused to renew it, so that the person is told once and asked to reconnect.
    """

    principal: Principal
    profile: str
    account: Account
    sites: tuple[Site, ...]
    grant: Grant
    connected_at: datetime
    generation: int = 1
    ended_at: datetime | None = None

    def site(self, cloud_id: CloudId) -> Site | None:
        """Return the site of that id if this consent opens it."""
        return next((site for site in self.sites if site.cloud_id == cloud_id), None)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a principal chose: the site in use and, newest first, the spaces they wrote in.

    *recent_spaces* holds (cloud id, space id, key, name).
    """

    site: CloudId | None = None
    recent_spaces: tuple[tuple[CloudId, str, str, str], ...] = field(default=())
