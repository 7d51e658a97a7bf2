"""A 3LO app, as its developer registered it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OAuthClient:
    """An app in the developer console: one callback, and the scopes it may ask for.

    One that isn't *distributed* (sharing is off) can be let in by its *owner* alone, an
    account's short name.
    """

    client_id: str
    client_secret: str
    redirect_uri: str
    scopes: frozenset[str]
    name: str = "Confab"
    owner: str = "ada"
    distributed: bool = True
