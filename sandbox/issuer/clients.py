"""The apps that are registered at the issuer."""

import hmac
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.issuer.refusals import BadControl
from sandbox.issuer.scopes import IN_WORDS

OURS = "confab: custom"
RIVALS = "rival-app"
KEYS = frozenset({"client_id", "client_secret", "name", "redirect_uris", "scopes", "service"})


@dataclass
class Client:
    """One app; without *scopes* it may ask for every one, *service* is whom it acts as alone."""

    client_id: str
    client_secret: str
    name: str
    redirect_uris: list[str] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    service: str = ""

    @property
    def allowed(self) -> list[str]:
        """The scopes that it may ask for, and is given if it asks for none."""
        return self.scopes or list(IN_WORDS)

    def has_secret(self, given: str) -> bool:
        """Compare secrets."""
        return hmac.compare_digest(given.encode(), self.client_secret.encode())


def first_day() -> dict[str, Client]:
    """The two apps of the first day.

    Id and secret of ours hold what has to be encoded before it goes into a Basic header.
    """
    ours = Client(OURS, "s3cr+t/of%the:app é", "Confab", service="service")
    rivals = Client(RIVALS, "the-rival's-secret", "Rival", ["https://rival.example/callback"])
    return {each.client_id: each for each in (ours, rivals)}


class Clients:
    """All registered apps."""

    def __init__(self) -> None:
        self.held = first_day()

    def find(self, client_id: str) -> Client | None:
        """The app with this id."""
        return self.held.get(client_id)

    def register(self, said: dict[str, Any]) -> Client:
        """Add an app, or change what is said of one that is there.

        Raises:
            BadControl: something is unknown, or an address can't be redirected to.
        """
        if set(said) - KEYS:
            raise BadControl(f"an app has: {', '.join(sorted(KEYS))}")
        client_id = text(said.get("client_id") or secrets.token_hex(8))
        known = self.held.get(client_id)
        start = known or Client(client_id, secrets.token_urlsafe(24), client_id)
        client = Client(
            client_id,
            text(said.get("client_secret", start.client_secret)),
            text(said.get("name", start.name)),
            [absolute(each) for each in said.get("redirect_uris", start.redirect_uris)],
            [text(each) for each in said.get("scopes", start.scopes)],
            str(said.get("service", start.service)),
        )
        self.held[client_id] = client
        return client

    def dump(self) -> list[dict[str, Any]]:
        """Everything, as JSON."""
        return [asdict(each) for each in self.held.values()]

    def load(self, saved: list[dict[str, Any]]) -> None:
        """What `dump` gave."""
        self.held = {each["client_id"]: Client(**each) for each in saved}


def text(said: object) -> str:
    """Text that isn't empty."""
    if not isinstance(said, str) or not said:
        raise BadControl("text is expected")
    return said


def absolute(said: object) -> str:
    """An address to redirect to: absolute and without a fragment (RFC 6749 §3.1.2)."""
    parts = urlsplit(text(said))
    if not parts.scheme or not parts.netloc or "#" in text(said):
        raise BadControl("a redirect address is absolute, without a fragment")
    return text(said)
