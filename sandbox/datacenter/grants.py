"""Consents given to linked apps: codes, access tokens of two hours, rotating refresh tokens."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.clock import Clock

CODE_SECONDS = 600
ACCESS_SECONDS = 7_200
REFRESH_SECONDS = 90 * 86_400
SERVICE_SECONDS = 3_600
METHODS = frozenset({"plain", "S256"})


class TokenRefused(Exception):
    """The token endpoint's error, with its status."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass
class Consent:
    """What one person allows one app; *public* if it came by PKCE without the secret."""

    id: str
    user: str
    client_id: str
    scope: str
    created: float
    public: bool = False
    revoked: bool = False


@dataclass
class Code:
    """A code that the browser carries, with the challenge that it is bound to."""

    user: str
    client_id: str
    redirect_uri: str
    scope: str
    expires: float
    challenge: str = ""
    method: str = ""


@dataclass
class Token:
    """An access or a refresh token of a consent; *ended* once used up, expired or revoked."""

    consent: str
    kind: str
    expires: float
    ended: bool = False


class Grants:
    """All consents, codes and tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.consents: dict[str, Consent] = {}
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, Token] = {}

    def now(self) -> float:
        """The time by which tokens end."""
        return self._clock.now()

    def issue_code(self, code: Code) -> str:
        """A code for the browser to carry back."""
        said = secrets.token_hex(20)
        self.codes[said] = code
        return said

    def find_code(self, said: str) -> Code | None:
        """The code, if it is known and fresh."""
        code = self.codes.get(said)
        return code if code is not None and code.expires > self.now() else None

    def trade_code(self, said: str, *, public: bool) -> dict[str, Any]:
        """The first tokens for a code, which has been checked and is used up."""
        code = self.codes.pop(said)
        consent = Consent(
            secrets.token_hex(8), code.user, code.client_id, code.scope, self.now(), public
        )
        self.consents[consent.id] = consent
        return self._issue(consent)

    def find(self, token: str, kind: str) -> tuple[Token, Consent] | None:
        """A token of this kind and its consent, whether or not they have ended."""
        held = self.tokens.get(token)
        if held is None or held.kind != kind:
            return None
        return held, self.consents[held.consent]

    def find_access(self, token: str) -> Consent | None:
        """The consent that a living access token stands for."""
        found = self.find(token, "access")
        if found is None or not self._lives(*found):
            return None
        return found[1]

    def _lives(self, token: Token, consent: Consent) -> bool:
        return not token.ended and not consent.revoked and token.expires > self.now()

    def trade_refresh_token(self, token: str) -> dict[str, Any]:
        """New tokens for a refresh token, which is used up; a second use ends the consent.

        Raises:
            TokenRefused: it is unknown, expired or used up, or its consent is gone.
        """
        found = self.find(token, "refresh")
        if found is None:
            raise invalid_refresh_token()
        if not self._lives(*found):
            found[1].revoked = True
            raise invalid_refresh_token()
        found[0].ended = True
        return self._issue(found[1])

    def issue_service(self, client_id: str, user: str, scope: str) -> dict[str, Any]:
        """A service account's token."""
        consent = Consent(secrets.token_hex(8), user, client_id, scope, self.now())
        self.consents[consent.id] = consent
        return self._access(consent, SERVICE_SECONDS)

    def _issue(self, consent: Consent) -> dict[str, Any]:
        refresh = secrets.token_hex(32)
        self.tokens[refresh] = Token(consent.id, "refresh", self.now() + REFRESH_SECONDS)
        return {**self._access(consent, ACCESS_SECONDS), "refresh_token": refresh}

    def _access(self, consent: Consent, seconds: int) -> dict[str, Any]:
        access = secrets.token_hex(32)
        self.tokens[access] = Token(consent.id, "access", self.now() + seconds)
        return {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": seconds,
            "created_at": int(self.now()),
            "scope": consent.scope,
        }

    def revoke_token(self, token: str, client_id: str) -> None:
        """End the consent that *token* belongs to, if it is this client's (RFC 7009)."""
        held = self.tokens.get(token)
        if held is not None and self.consents[held.consent].client_id == client_id:
            self.consents[held.consent].revoked = True

    def revoke(self, user: str) -> int:
        """The person takes every consent back; how many there were."""
        living = [each for each in self.consents.values() if each.user == user and not each.revoked]
        for each in living:
            each.revoked = True
        return len(living)

    def expire_access(self, account_id: str | None) -> int:
        """End the access tokens of one person (a username), or of all."""
        return self._expire("access", account_id)

    def expire_refresh(self, user: str | None) -> int:
        """End the refresh tokens of one person, or of all."""
        return self._expire("refresh", user)

    def _expire(self, kind: str, user: str | None) -> int:
        ended = 0
        for each in self.tokens.values():
            if each.kind != kind or user not in (None, self.consents[each.consent].user):
                continue
            if not each.ended and each.expires > self.now():
                each.expires = self.now()
                ended += 1
        return ended

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        kinds: dict[str, dict[str, Any]] = {
            "consents": self.consents,
            "codes": self.codes,
            "tokens": self.tokens,
        }
        return {
            name: {key: asdict(value) for key, value in held.items()}
            for name, held in kinds.items()
        }

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        self.consents = {key: Consent(**value) for key, value in saved["consents"].items()}
        self.codes = {key: Code(**value) for key, value in saved["codes"].items()}
        self.tokens = {key: Token(**value) for key, value in saved["tokens"].items()}


def invalid_refresh_token() -> TokenRefused:
    """A refresh token that buys nothing."""
    return TokenRefused(400, "invalid_grant", "Invalid refresh token")


def meets(code: Code, verifier: str) -> bool:
    """Whether *verifier* is what the code's challenge was made of (RFC 7636 §4.6)."""
    said = verifier
    if code.method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        said = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(said.encode(), code.challenge.encode())
