"""Codes and tokens: all that came of one consent is one family."""

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.issuer.refusals import OAuthRefusal

CODE_SECONDS = 60


@dataclass
class Family:
    """One consent of one person to one client, or a client's own authority."""

    id: str
    client_id: str
    person: str
    scopes: list[str]
    ended: bool = False


@dataclass
class Code:
    """An authorization code, good once and briefly; *redirect_uri* is empty if none was sent."""

    family: str
    redirect_uri: str
    challenge: str
    method: str
    expires: float
    used: bool = False


@dataclass
class Access:
    """A bearer token; *person* is whose, which is the family's unless something went wrong."""

    family: str
    person: str
    scopes: list[str]
    expires: float
    ended: bool = False


@dataclass
class Refresh:
    """A refresh token; *used* is when it was rotated."""

    family: str
    used: float | None = None
    ended: bool = False


@dataclass
class Tokens:
    """Everything that was issued."""

    clock: Clock
    families: dict[str, Family] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, Access] = field(default_factory=dict)
    refresh: dict[str, Refresh] = field(default_factory=dict)

    def consent(self, client_id: str, person: str, scopes: list[str]) -> Family:
        """A new family."""
        family = Family(secrets.token_hex(8), client_id, person, scopes)
        self.families[family.id] = family
        return family

    def issue_code(self, family: Family, redirect_uri: str, challenge: str, method: str) -> str:
        """A code for the browser to carry back."""
        code = secrets.token_urlsafe(32)
        expires = self.clock.now() + CODE_SECONDS
        self.codes[code] = Code(family.id, redirect_uri, challenge, method, expires)
        return code

    def issue_access(self, family: Family, person: str, scopes: list[str], seconds: float) -> str:
        """A bearer token."""
        token = secrets.token_urlsafe(32)
        self.access[token] = Access(family.id, person, scopes, self.clock.now() + seconds)
        return token

    def issue_refresh(self, family: Family) -> str:
        """A refresh token."""
        token = secrets.token_urlsafe(40)
        self.refresh[token] = Refresh(family.id)
        return token

    def spend_refresh(self, token: str, client_id: str, leeway: float) -> Family:
        """The family of a refresh token that may be used; one that may not ends its family.

        Raises:
            OAuthRefusal: it is unknown, somebody else's, ended, or was rotated before.
        """
        held = self.refresh.get(token)
        family = None if held is None else self.families[held.family]
        if held is None or family is None or family.client_id != client_id:
            raise OAuthRefusal("invalid_grant", "the refresh token is not this client's")
        if held.ended or family.ended:
            raise OAuthRefusal("invalid_grant", "the refresh token has ended")
        if held.used is not None and self.clock.now() - held.used >= leeway:
            self.end(family)
            raise OAuthRefusal("invalid_grant", "the refresh token was used before")
        return family

    def rotate(self, token: str) -> str:
        """The refresh token that takes this one's place."""
        held = self.refresh[token]
        if held.used is None:
            held.used = self.clock.now()
        return self.issue_refresh(self.families[held.family])

    def find_access(self, token: str) -> Access | None:
        """The bearer token, if it is good now."""
        held = self.access.get(token)
        if held is None or held.ended or held.expires <= self.clock.now():
            return None
        return None if self.families[held.family].ended else held

    def family_of(self, token: str) -> Family | None:
        """Whose consent a token of any kind came from."""
        held = self.access.get(token) or self.refresh.get(token)
        return None if held is None else self.families[held.family]

    def revoke(self, token: str) -> None:
        """End an access token alone, or all that came with a refresh token (RFC 7009 §2.1)."""
        if token in self.access:
            self.access[token].ended = True
        elif token in self.refresh:
            self.end(self.families[self.refresh[token].family])

    def end(self, family: Family) -> None:
        """Nothing of this consent is good any more."""
        family.ended = True

    def families_of(self, person: str | None) -> list[Family]:
        """The living consents of one person, or of all."""
        found = [each for each in self.families.values() if not each.ended]
        return [each for each in found if person in (None, each.person)]

    def expire(self, kind: str, person: str | None) -> int:
        """End the `access` or `refresh` tokens of one person, or of all; how many they were."""
        ours = {each.id for each in self.families_of(person)}
        held: list[Access | Refresh] = list(
            (self.access if kind == "access" else self.refresh).values()
        )
        living = [each for each in held if each.family in ours and not each.ended]
        for each in living:
            each.ended = True
        return len(living)

    def shown(self) -> list[dict[str, Any]]:
        """Every consent with the number of its living tokens, and no token."""
        now = self.clock.now()
        return [
            {
                **asdict(family),
                "access_tokens": sum(
                    each.family == family.id and not each.ended and each.expires > now
                    for each in self.access.values()
                ),
                "refresh_tokens": sum(
                    each.family == family.id and not each.ended and each.used is None
                    for each in self.refresh.values()
                ),
            }
            for family in self.families.values()
        ]

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        kinds: dict[str, dict[str, Any]] = {
            "families": self.families,
            "codes": self.codes,
            "access": self.access,
            "refresh": self.refresh,
        }
        return {
            name: {key: asdict(value) for key, value in held.items()}
            for name, held in kinds.items()
        }

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        self.families = {key: Family(**value) for key, value in saved["families"].items()}
        self.codes = {key: Code(**value) for key, value in saved["codes"].items()}
        self.access = {key: Access(**value) for key, value in saved["access"].items()}
        self.refresh = {key: Refresh(**value) for key, value in saved["refresh"].items()}
