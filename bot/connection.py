"""The standing consent of a principal, or of the tenant, and what it permits."""

from collections.abc import Iterable
from dataclasses import field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from pydantic import SecretStr

from bot.content import Account, AccountId, AllowedSpace, CloudId, Site
from bot.frozen import frozen
from bot.principal import Principal, Tenant
from bot.profile import Mechanism, Provider

# Room for our clock and the provider's to disagree, and for the call to be made.
LEEWAY = timedelta(seconds=60)

NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a token of which nobody said when it ends: a refusal tells."""

ORGANISATION: Final = "organisation"
"""Stands in a principal for the tenant itself; Slack's own ids are upper case."""

# Each holds what stands before it: READ, WRITE, ADMIN, SYSTEM_ADMIN
# (https://developer.atlassian.com/server/confluence/confluence-oauth2-provider-api).
DATA_CENTER_READ: Final = "READ"
DATA_CENTER_WRITE: Final = "WRITE"

IDENTITY = frozenset({"offline_access", "read:me", "report:personal-data"})
READ = IDENTITY | {
    "search:confluence",
    "read:confluence-user",
    "read:page:confluence",
    "read:space:confluence",
    "read:content-details:confluence",
    "read:hierarchical-content:confluence",
}
WRITE = READ | {"write:page:confluence", "delete:page:confluence"}
READ_COMMENTS = READ | {"read:comment:confluence"}
COMMENT = READ_COMMENTS | {"write:comment:confluence", "delete:comment:confluence"}
ATTACH = READ | {"read:attachment:confluence", "write:attachment:confluence"}
LABEL = READ | {"read:label:confluence", "write:label:confluence"}
TEMPLATES = READ | {"read:template:confluence"}
RESTRICT = READ | {"write:content.restriction:confluence", "read:group:confluence"}
WATCH = READ | {"read:watcher:confluence", "write:watcher:confluence"}
LENDING = WRITE | {"read:content.permission:confluence", "read:group:confluence"}
"""What the organisation's connection takes: each page is checked for whoever asks, or for a
group that stands for them, which an admin chooses."""


class Need(StrEnum):
    """Why a grant is wanted; each stands for the scopes it takes, in words and ids."""

    READ = "read"
    WRITE = "write"
    PUBLISH = "publish"  # for others to see, which a tenant may leave to certain people
    READ_COMMENTS = "read comments"
    COMMENT = "comment"
    ATTACH = "attach"
    LABEL = "label"
    TEMPLATES = "read page templates"
    RESTRICT = "restrict"
    WATCH = "watch"
    LEND = "lend"

    @property
    def scopes(self) -> frozenset[str]:
        """All scopes to ask for: a new grant's replace the old ones', so none is left out."""
        return _SCOPES[self]

    @property
    def writes(self) -> bool:
        """Tell whether it changes anything in Confluence."""
        return self not in {Need.READ, Need.READ_COMMENTS, Need.TEMPLATES, Need.LEND}


_SCOPES: Final = {
    Need.READ: READ,
    Need.WRITE: WRITE,
    Need.PUBLISH: WRITE,
    Need.READ_COMMENTS: READ_COMMENTS,
    Need.COMMENT: COMMENT,
    Need.ATTACH: ATTACH,
    Need.LABEL: LABEL,
    Need.TEMPLATES: TEMPLATES,
    Need.RESTRICT: RESTRICT,
    Need.WATCH: WATCH,
    Need.LEND: LENDING,
}


def scopes_of(needs: Iterable[Need]) -> frozenset[str]:
    """Return the scopes that all of *needs* take together."""
    return frozenset().union(*(need.scopes for need in needs))


@frozen
class Grant:
    """What the authorization server issued; the sites it opens are kept beside it.

    *access_token* is what follows *token_type* in the header ``Authorization``. No *scopes*
    are known of a token that somebody typed, nor of Data Center's. *subject* is whom the
    server said that it issued it to, in its own words; empty where it didn't.
    """

    access_token: SecretStr
    refresh_token: SecretStr | None
    expires_at: datetime
    scopes: frozenset[str]
    token_type: Literal["Bearer", "Basic"] = "Bearer"  # noqa: S105 - a word
    subject: str = ""

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the access token outlives a call made at *now*."""
        return now + LEEWAY < self.expires_at


@frozen
class Lent:
    """On whose behalf the organisation's connection is used, and how far; never stored.

    *account* is the asker's own at the provider, known from their own connection alone;
    without it *audience*, a group's id, stands for them. *name* is the asker's, for what is
    written; *people_profile* is the one under which people connect. *looks* says that it only
    looks up what became of something that the asker did before.
    """

    asker: Principal
    name: str
    people_profile: str
    account: AccountId | None
    audience: str
    audience_name: str
    readable: tuple[AllowedSpace, ...]
    writable: tuple[AllowedSpace, ...]
    writes: bool = False
    looks: bool = False

    def spaces(self, site: CloudId, *, writes: bool) -> tuple[AllowedSpace, ...]:
        """Return the spaces of *site* that may be read, or written in."""
        allowed = self.writable if writes else self.readable
        return tuple(space for space in allowed if space.site == site)


@frozen
class Connection:
    """One principal's, or the tenant's, standing consent under one profile, and its last grant.

    *generation* grows by one with every new grant; *ended_at* is set when the provider
    refused to renew it, so that the person is told once and asked to reconnect.
    *name* and *owner* (a Slack user id) are those of the organisation's connection.
    *failures* are the refusals to renew it since *failing_since* that weren't final.
    *account_at* is when the account's name was fetched, where that was later than connecting.
    *writes_until* is when somebody else may begin to look what became of a write under it, so
    that none may be sent any more; never stored.
    """

    principal: Principal
    profile: str
    account: Account
    sites: tuple[Site, ...]
    grant: Grant
    connected_at: datetime
    generation: int = 1
    ended_at: datetime | None = None
    profile_version: int = 1
    provider: Provider = Provider.CLOUD
    mechanism: Mechanism = Mechanism.OAUTH2
    name: str = ""
    owner: str = ""
    failures: int = 0
    failing_since: datetime | None = None
    lent: Lent | None = None
    account_at: datetime | None = None
    writes_until: datetime | None = None

    @property
    def is_organisations(self) -> bool:
        """Tell the tenant's own connection from a person's."""
        return self.principal.user_id == ORGANISATION

    @property
    def can_renew(self) -> bool:
        """Tell whether a new grant can be had without anybody's consent."""
        return (
            self.grant.refresh_token is not None or self.mechanism is Mechanism.CLIENT_CREDENTIALS
        )

    @property
    def has_points(self) -> bool:
        """Tell whether its requests count against an app's points: only 3LO's on Cloud do."""
        return self.provider is Provider.CLOUD and self.mechanism is Mechanism.OAUTH2

    def lacking(self, need: Need) -> frozenset[str]:
        """Return the scopes that *need* takes and the grant is known not to have."""
        scopes = self.grant.scopes
        if self.provider is Provider.CLOUD:
            return need.scopes - IDENTITY - scopes if scopes else frozenset()
        # Of another server's scopes nobody knows what they mean.
        reads_only = bool(scopes) and scopes <= {DATA_CENTER_READ}
        return frozenset({DATA_CENTER_WRITE}) if reads_only and need.writes else frozenset()

    def site(self, cloud_id: CloudId) -> Site | None:
        """Return the site of that id if this consent opens it."""
        return next((site for site in self.sites if site.cloud_id == cloud_id), None)


def organisation(tenant: Tenant) -> Principal:
    """Return the principal that stands for the tenant itself."""
    return Principal(tenant, ORGANISATION)


@frozen
class Preferences:
    """What a principal chose: the site in use and, newest first, the spaces they wrote in.

    *recent_spaces* holds (cloud id, space id, key, name).
    """

    site: CloudId | None = None
    recent_spaces: tuple[tuple[CloudId, str, str, str], ...] = field(default=())
