"""How grants are obtained from a provider, under a name."""

import unicodedata
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

from bot.frozen import frozen
from bot.principal import Tenant

SYSTEM: Final = "system"
"""The id of the authorization profile that comes from our settings."""


class Provider(StrEnum):
    """The remote product, by how its API is spoken to."""

    CLOUD = "confluence_cloud"
    DATA_CENTER = "confluence_data_center"

    @property
    def has_drafts(self) -> bool:
        """Tell whether a page can be written for its author alone, and published by its id."""
        return self is Provider.CLOUD

    @property
    def copies_whole(self) -> bool:
        """Tell whether a copy of a page has its files, labels and restrictions too."""
        return self is Provider.CLOUD

    @property
    def moves_to_top(self) -> bool:
        """Tell whether an app can put a page where none is above it."""
        return self is Provider.CLOUD  # https://jira.atlassian.com/browse/CONFSERVER-39042


class Mechanism(StrEnum):
    """How a grant is obtained."""

    OAUTH2 = "oauth2"  # consent in a browser, authorization code
    CLIENT_CREDENTIALS = "client_credentials"  # a service account's; no refresh token
    API_TOKEN = "api_token"  # noqa: S105 - a word; e-mail and token, typed on our page
    BASIC = "basic"  # user name and password; Data Center alone
    PAT = "pat"  # a personal access token; Data Center alone

    @property
    def is_typed(self) -> bool:
        """Tell whether whoever connects types a secret on our own page."""
        return self in {Mechanism.API_TOKEN, Mechanism.BASIC, Mechanism.PAT}


class ClientAuthentication(StrEnum):
    """How the client's secret is sent to the token endpoint (RFC 6749 §2.3.1)."""

    POST = "client_secret_post"
    BASIC = "client_secret_basic"


class TokenBody(StrEnum):
    """How the body of a token request is written; Atlassian's own is JSON, RFC 6749's a form."""

    JSON = "json"
    FORM = "form"


@frozen
class AuthorizationProfile:
    """One version of a profile; *id* stays the same and stands in its callback path.

    *tenant* is ``None`` for the system's. *scopes*, where there are any, are all that is ever
    asked for; without them each action's own are. *base_url* is where the API is, with its
    context path; empty for Atlassian's gateway. *issuer* is what ``iss`` must say where the
    server has published one (RFC 9207). An empty *refresh_url* is the token URL.
    A custom profile can be used once somebody has been authorized under it: *tried_at*.
    """

    id: str
    name: str
    provider: Provider = Provider.CLOUD
    mechanism: Mechanism = Mechanism.OAUTH2
    version: int = 1
    tenant: Tenant | None = None
    client_id: str = ""
    client_secret: SecretStr = field(default=SecretStr(""))
    authorization_url: str = ""
    token_url: str = ""
    refresh_url: str = ""
    revocation_url: str = ""
    scopes: frozenset[str] = frozenset()
    callback_url: str = ""
    base_url: str = ""
    issuer: str = ""
    sends_issuer: bool = False
    client_authentication: ClientAuthentication = ClientAuthentication.POST
    token_body: TokenBody = TokenBody.FORM
    offers_pkce: bool = True
    made_by: str = ""
    made_at: datetime | None = None
    tried_at: datetime | None = None

    @property
    def folded_name(self) -> str:
        """Its name as names are told apart: whatever the case, white space and forms of letters."""
        return " ".join(unicodedata.normalize("NFKC", self.name).casefold().split())

    @property
    def is_system(self) -> bool:
        """Tell whether it is the one of our settings."""
        return self.id == SYSTEM

    @property
    def is_usable(self) -> bool:
        """Tell whether people may be sent through it."""
        return self.is_system or self.tried_at is not None

    @property
    def needs_secret(self) -> bool:
        """Tell whether a client secret must be typed, and hasn't been."""
        has_client = self.mechanism in {Mechanism.OAUTH2, Mechanism.CLIENT_CREDENTIALS}
        return has_client and not self.client_secret.get_secret_value()

    @property
    def is_atlassians(self) -> bool:
        """Tell whether Atlassian's own gateway stands before the API."""
        return self.provider is Provider.CLOUD and not self.base_url

    @property
    def server_name(self) -> str:
        """What to call its server in words."""
        return "Atlassian" if self.is_atlassians else self.name


@frozen
class Credentials:
    """What somebody typed on our page: *user* is an e-mail address or a user name, if any.

    *expires_at* is when the typed token says that it ends; ``None`` where nobody said.
    """

    secret: SecretStr
    user: str = ""
    expires_at: datetime | None = None
