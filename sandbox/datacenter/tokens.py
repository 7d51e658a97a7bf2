"""Personal access tokens, each good for all that its owner may."""

import base64
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.clock import Clock

DAY = 86_400
MOST_TOKENS = 10
MOST_DAYS = 365


class TokenNotMade(ValueError):
    """A token that can't be made, and why."""


@dataclass
class PersonalToken:
    """One token; *expires* is a moment, or None for never. *id* is what lists show."""

    id: int
    name: str
    user: str
    raw: str
    created: float
    expires: float | None
    last_used: float | None = None


class Tokens:
    """Everybody's tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_id = 1
        self._held: dict[str, PersonalToken] = {}

    def make(self, user: str, name: str, days: int | None) -> PersonalToken:
        """A token of *user* (a username), good for *days*.

        Raises:
            TokenNotMade: it has no name, lasts too long, or is one too many.
        """
        if not name.strip():
            raise TokenNotMade("The token name is required.")
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise TokenNotMade(f"The expiry must be between 1 and {MOST_DAYS} days.")
        if len(self.of(user)) >= MOST_TOKENS:
            raise TokenNotMade(f"You can't have more than {MOST_TOKENS} tokens.")
        now = self._clock.now()
        raw = base64.b64encode(secrets.token_bytes(33)).decode()
        expires = None if days is None else now + days * DAY
        token = PersonalToken(self._next_id, name.strip(), user, raw, now, expires)
        self._next_id += 1
        self._held[raw] = token
        return token

    def find(self, raw: str) -> PersonalToken | None:
        """The living token with this secret, which counts as used now."""
        token = self._held.get(raw)
        now = self._clock.now()
        if token is None or (token.expires is not None and token.expires <= now):
            return None
        token.last_used = now
        return token

    def of(self, user: str) -> list[PersonalToken]:
        """The tokens of *user*, expired ones too."""
        return [each for each in self._held.values() if each.user == user]

    def revoke(self, user: str, token_id: int) -> bool:
        """Take one of *user*'s tokens away; whether it was there."""
        for each in self.of(user):
            if each.id == token_id:
                del self._held[each.raw]
                return True
        return False

    def expire(self, user: str | None) -> int:
        """End the tokens of *user*, or of all."""
        now = self._clock.now()
        ended = 0
        for each in self._held.values():
            if user in (None, each.user) and (each.expires is None or each.expires > now):
                each.expires = now
                ended += 1
        return ended

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {"next_id": self._next_id, "held": [asdict(each) for each in self._held.values()]}

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        self._next_id = saved["next_id"]
        self._held = {each["raw"]: PersonalToken(**each) for each in saved["held"]}
