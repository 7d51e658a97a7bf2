"""Incoming links: the apps that may ask for consent."""

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.datacenter.people import BY_NAME

READ, WRITE, ADMIN, SYSTEM_ADMIN = "READ", "WRITE", "ADMIN", "SYSTEM_ADMIN"
RANKS = {READ: 1, WRITE: 2, ADMIN: 3, SYSTEM_ADMIN: 4}
WORDS = {
    READ: "View everything that your account can view",
    WRITE: "Create, update and delete what your account can",
    ADMIN: "Administer most of Confluence",
    SYSTEM_ADMIN: "Administer all of Confluence",
}
"""Each scope holds those before it."""

LOOPBACK = frozenset({"localhost", "127.0.0.1"})


class BadClient(ValueError):
    """A link that can't be made."""


@dataclass(frozen=True)
class Client:
    """An app as an administrator has linked it; *scope* is the most that it may ask for.

    A service account's has no redirects and names the account as *service*.
    """

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    scope: str = WRITE
    name: str = "Confab"
    service: str = ""


def highest(scopes: list[str]) -> str:
    """The scope that holds the others.

    Raises:
        ValueError: there is none, or one is unknown.
    """
    if not scopes or any(each not in RANKS for each in scopes):
        raise ValueError("unknown scope")
    return max(scopes, key=RANKS.__getitem__)


@dataclass
class Clients:
    """Every link, by client id."""

    held: dict[str, Client] = field(default_factory=dict)

    def find(self, client_id: str) -> Client | None:
        """The link with this id."""
        return self.held.get(client_id)

    def add(self, client: Client) -> Client:
        """Keep a link, replacing the one of the same id.

        Raises:
            BadClient: its scope is unknown, or a redirect isn't https (loopback apart).
        """
        if client.scope not in RANKS:
            raise BadClient(f"scope is one of: {', '.join(RANKS)}")
        if bool(client.redirect_uris) == bool(client.service):
            raise BadClient("a redirect URL is required, or a service account")
        if client.service and client.service not in BY_NAME:
            raise BadClient("there is no such account")
        for each in client.redirect_uris:
            place = urlsplit(each)
            plain = place.scheme == "http" and place.hostname in LOOPBACK
            if place.scheme != "https" and not plain:
                raise BadClient("a redirect URL must be https")
        self.held[client.client_id] = client
        return client

    def dump(self) -> list[dict[str, Any]]:
        """Everything, as JSON."""
        return [asdict(each) for each in self.held.values()]

    def load(self, saved: list[dict[str, Any]]) -> None:
        """What `dump` gave."""
        read = [Client(**{**each, "redirect_uris": tuple(each["redirect_uris"])}) for each in saved]
        self.held = {each.client_id: each for each in read}


def new_secret() -> str:
    """As long as those that Confluence makes."""
    return secrets.token_hex(32)
