"""Consents and the tokens issued under them, as Atlassian's authorization server keeps them."""

import secrets
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sandbox.clock import Clock

ACCESS_SECONDS = 3_600
CODE_SECONDS = 60
LEEWAY_SECONDS = 600
INACTIVITY_SECONDS = 90 * 86_400
UNKNOWN_REFRESH_TOKEN = "Unknown or invalid refresh token."


class TokenRefused(Exception):
    """The token endpoint's error, with its status."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass
class Grant:
    """What one account allows the app; there is one for each account.

    *sites* are cloud ids; those of an account-level grant grow, those of a resource-level one
    are the chosen ones.
    """

    account_id: str
    scopes: list[str]
    sites: list[str]
    level: str
    created: float
    revoked: bool = False


@dataclass
class Code:
    """An authorization code, good once and briefly."""

    account_id: str
    redirect_uri: str
    scopes: list[str]
    expires: float
    used: bool = False


@dataclass
class AccessToken:
    """A bearer token of one account."""

    account_id: str
    expires: float


@dataclass
class RefreshToken:
    """One link in a chain of rotated tokens; *children* are those it was traded for."""

    account_id: str
    family: str
    issued: float
    used: float | None = None
    children: list[str] = field(default_factory=list)
    dead: bool = False


class Grants:
    """All consents, codes and tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.grants: dict[str, Grant] = {}
        self.codes: dict[str, Code] = {}
        self.access: dict[str, AccessToken] = {}
        self.refresh: dict[str, RefreshToken] = {}

    def now(self) -> float:
        """The time by which tokens end."""
        return self._clock.now()

    def consent(self, account_id: str, scopes: list[str], sites: list[str], level: str) -> Grant:
        """Keep a consent: its scopes replace the earlier ones', account-level sites add up."""
        earlier = self.grants.get(account_id)
        if earlier and not earlier.revoked and level == "account":
            sites = sorted({*earlier.sites, *sites})
        grant = Grant(account_id, sorted(scopes), sites, level, self._clock.now())
        self.grants[account_id] = grant
        return grant

    def issue_code(self, account_id: str, redirect_uri: str, scopes: list[str]) -> str:
        """A code for the browser to carry back."""
        code = secrets.token_urlsafe(32)
        expires = self._clock.now() + CODE_SECONDS
        self.codes[code] = Code(account_id, redirect_uri, scopes, expires)
        return code

    def trade_code(self, code: str, redirect_uri: str) -> dict[str, Any]:
        """The first tokens for a code.

        Raises:
            TokenRefused: the code is unknown, used, old or came from another address.
        """
        held = self.codes.get(code)
        if held is None or held.used or held.expires <= self._clock.now():
            raise TokenRefused(403, "invalid_grant", "Invalid authorization code")
        if held.redirect_uri != redirect_uri:
            raise TokenRefused(403, "invalid_grant", "redirect_uri does not match")
        held.used = True
        grant = self._living(held.account_id)
        return self._issue(grant, secrets.token_hex(8))

    def trade_refresh_token(self, token: str) -> dict[str, Any]:
        """New tokens for a refresh token, which is used up but for the leeway.

        Raises:
            TokenRefused: the token is unknown, expired, spent, or its consent is gone.
        """
        held = self.refresh.get(token)
        if held is None:
            raise TokenRefused(403, "invalid_grant", UNKNOWN_REFRESH_TOKEN)
        grant = self._living(held.account_id)
        self._require_usable(held)
        answer = self._issue(grant, held.family)
        held.used = held.used or self._clock.now()
        if "refresh_token" in answer:
            held.children.append(answer["refresh_token"])
        return answer

    def _living(self, account_id: str) -> Grant:
        grant = self.grants.get(account_id)
        if grant is None or grant.revoked:
            raise TokenRefused(403, "unauthorized_client", "refresh_token is invalid")
        return grant

    def _require_usable(self, held: RefreshToken) -> None:
        now = self._clock.now()
        if held.dead or now - held.issued > INACTIVITY_SECONDS:
            raise TokenRefused(403, "invalid_grant", UNKNOWN_REFRESH_TOKEN)
        if held.used is not None and not self._in_leeway(held, now):
            self._end_family(held.family)
            raise TokenRefused(403, "invalid_grant", UNKNOWN_REFRESH_TOKEN)

    def _in_leeway(self, held: RefreshToken, now: float) -> bool:
        """Only the token before the last may come again, and not for long."""
        children = [self.refresh[child] for child in held.children]
        fresh = held.used is not None and now - held.used <= LEEWAY_SECONDS
        return fresh and all(child.used is None for child in children)

    def _end_family(self, family: str) -> None:
        for token in self.refresh.values():
            if token.family == family:
                token.dead = True

    def _issue(self, grant: Grant, family: str) -> dict[str, Any]:
        now = self._clock.now()
        access = "eyJ" + secrets.token_urlsafe(48)
        self.access[access] = AccessToken(grant.account_id, now + ACCESS_SECONDS)
        answer: dict[str, Any] = {
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "scope": " ".join(grant.scopes),
            "token_type": "Bearer",
        }
        if "offline_access" in grant.scopes:
            refresh = "eyR" + secrets.token_urlsafe(48)
            self.refresh[refresh] = RefreshToken(grant.account_id, family, now)
            answer["refresh_token"] = refresh
        return answer

    def find_access(self, token: str) -> tuple[AccessToken, Grant] | None:
        """The token and its consent, if it is known and not expired; the consent may be gone."""
        held = self.access.get(token)
        if held is None or held.expires <= self._clock.now():
            return None
        grant = self.grants.get(held.account_id)
        return None if grant is None else (held, grant)

    def expire_access(self, account_id: str | None) -> int:
        """End the access tokens of one account, or of all."""
        now = self._clock.now()
        ended = 0
        for token, held in self.access.items():
            if account_id in (None, held.account_id) and held.expires > now:
                self.access[token] = replace(held, expires=now)
                ended += 1
        return ended

    def expire_refresh(self, account_id: str | None) -> int:
        """End the refresh tokens of one account, or of all."""
        ended = 0
        for held in self.refresh.values():
            if account_id in (None, held.account_id) and not held.dead:
                held.dead = True
                ended += 1
        return ended

    def revoke(self, account_id: str) -> bool:
        """The person takes the consent back; whether there was one."""
        grant = self.grants.get(account_id)
        if grant is None or grant.revoked:
            return False
        grant.revoked = True
        self.expire_refresh(account_id)
        return True

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        kinds: dict[str, dict[str, Any]] = {
            "grants": self.grants,
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
        self.grants = {key: Grant(**value) for key, value in saved["grants"].items()}
        self.codes = {key: Code(**value) for key, value in saved["codes"].items()}
        self.access = {key: AccessToken(**value) for key, value in saved["access"].items()}
        self.refresh = {key: RefreshToken(**value) for key, value in saved["refresh"].items()}
