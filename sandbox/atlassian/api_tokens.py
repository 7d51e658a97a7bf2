"""API tokens that people make at id.atlassian.com: classic ones, and ones with scopes."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.atlassian import people
from sandbox.clock import Clock

DAY = 86_400
LONGEST_DAYS = 365
# Not offered for a token (CONFCLOUD-82041).
NOT_FOR_TOKENS = frozenset(
    {
        "read:hierarchical-content:confluence",
        "read:folder:confluence",
        "write:folder:confluence",
        "delete:folder:confluence",
    }
)


class BadToken(ValueError):
    """A token that can't be made."""


@dataclass
class ApiToken:
    """A token; without *scopes* it is a classic one, which may do whatever its person may."""

    id: str
    account_id: str
    scopes: list[str] | None
    created: float
    expires: float
    revoked: bool = False


class ApiTokens:
    """Every token, by the secret itself; its looks tell nothing of its kind."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.held: dict[str, ApiToken] = {}

    def create(
        self, account: people.Account, scopes: list[str] | None, days: float
    ) -> tuple[str, ApiToken]:
        """A new token and its secret.

        Raises:
            BadToken: its life is not 1 to 365 days, a scope isn't offered, or a service account
                is to have a classic one.
        """
        if not 1 <= days <= LONGEST_DAYS:
            raise BadToken(f"days is 1 to {LONGEST_DAYS}")
        if scopes is None and account.kind == "app":
            raise BadToken("a service account has tokens with scopes alone")
        unknown = sorted(NOT_FOR_TOKENS.intersection(scopes or ()))
        if unknown:
            raise BadToken(f"not offered for a token: {', '.join(unknown)}")
        secret = "ATATT3x" + secrets.token_urlsafe(96)
        now = self._clock.now()
        made = ApiToken(secrets.token_hex(6), account.account_id, scopes, now, now + days * DAY)
        self.held[secret] = made
        return secret, made

    def find(self, secret: str) -> ApiToken | None:
        """The token, unless it has ended."""
        token = self.held.get(secret)
        if token is None or token.revoked or token.expires <= self._clock.now():
            return None
        return token

    def named(self, token_id: str | None, account_id: str | None) -> list[ApiToken]:
        """Those with this id, or of this account; None stands for all."""
        return [
            each
            for each in self.held.values()
            if token_id in (None, each.id) and account_id in (None, each.account_id)
        ]

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {secret: asdict(token) for secret, token in self.held.items()}

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        self.held = {secret: ApiToken(**token) for secret, token in saved.items()}
