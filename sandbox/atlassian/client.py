"""The one app that the sandbox's Atlassian knows, as its developer registered it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OAuthClient:
    """A 3LO app in the developer console: one callback, and the scopes it may ask for."""

    client_id: str
    client_secret: str
    redirect_uri: str
    scopes: frozenset[str]
