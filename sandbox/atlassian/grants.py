"""Consents and the tokens issued under them, as Atlassian's authorization server keeps them."""

import secrets
from collections.abc import Callable
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
    """What one account allows one app; there is one for each pair.

    *sites* are cloud ids; those of an account-level grant grow, those of a resource-level one
    are the chosen ones. A service account's credential stands as a grant too, of level `service`.
    """

    client_id: str
    account_id: str
    scopes: list[str]
    sites: list[str]
    level: str
    created: float
    revoked: bool = False


@dataclass
class Credential:
    """An OAuth 2.0 credential of a service account: good for `client_credentials` alone."""

    client_secret: str
    grant: Grant


@dataclass
class Code:
    """An authorization code, good once and briefly, for the app that asked."""

    client_id: str
    account_id: str
    redirect_uri: str
    expires: float
    used: bool = False


@dataclass
class AccessToken:
    """A bearer token of one account, in one app."""

    client_id: str
    account_id: str
    expires: float


@dataclass
class RefreshToken:
    """One link in a chain of rotated tokens; *children* are those it was traded for."""

    client_id: str
    account_id: str
    family: str
    issued: float
    used: float | None = None
    children: list[str] = field(default_factory=list)
    dead: bool = False


class Grants:
    """All consents, credentials, codes and tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.grants: dict[tuple[str, str], Grant] = {}
        self.credentials: dict[str, Credential] = {}
        self.codes: dict[str, Code] = {}
        self.access: dict[str, AccessToken] = {}
        self.refresh: dict[str, RefreshToken] = {}

    def now(self) -> float:
        """The time by which tokens end."""
        return self._clock.now()

    def consent(
        self, client_id: str, account_id: str, scopes: list[str], sites: list[str], level: str
    ) -> Grant:
        """Keep a consent: its scopes replace the earlier ones', account-level sites add up."""
        earlier = self.grants.get((client_id, account_id))
        if earlier and not earlier.revoked and level == "account":
            sites = sorted({*earlier.sites, *sites})
        grant = Grant(client_id, account_id, sorted(scopes), sites, level, self._clock.now())
        self.grants[client_id, account_id] = grant
        return grant

    def narrow(self, client_id: str, account_id: str, scopes: list[str]) -> bool:
        """The same app is consented to elsewhere, for these scopes; whether there was a consent."""
        grant = self.grants.get((client_id, account_id))
        if grant is None or grant.revoked:
            return False
        grant.scopes = sorted(scopes)
        return True

    def keep_credential(self, credential: Credential) -> None:
        """A service account's credential, new or in another's place."""
        self.credentials[credential.grant.client_id] = credential

    def issue_code(self, client_id: str, account_id: str, redirect_uri: str) -> str:
        """A code for the browser to carry back."""
        code = secrets.token_urlsafe(32)
        expires = self._clock.now() + CODE_SECONDS
        self.codes[code] = Code(client_id, account_id, redirect_uri, expires)
        return code

    def trade_code(self, client_id: str, code: str, redirect_uri: str) -> dict[str, Any]:
        """The first tokens for a code.

        Raises:
            TokenRefused: the code is unknown, used, old, another app's, or came from another
                address.
        """
        held = self.codes.get(code)
        if held is None or held.used or held.expires <= self._clock.now():
            raise TokenRefused(403, "invalid_grant", "Invalid authorization code")
        if held.client_id != client_id:
            raise TokenRefused(403, "invalid_grant", "Invalid authorization code")
        if held.redirect_uri != redirect_uri:
            raise TokenRefused(403, "invalid_grant", "redirect_uri does not match")
        held.used = True
        return self._issue(self._living(client_id, held.account_id), secrets.token_hex(8))

    def trade_refresh_token(self, client_id: str, token: str) -> dict[str, Any]:
        """New tokens for a refresh token, which is used up but for the leeway.

        Raises:
            TokenRefused: the token is unknown, another app's, expired, spent, or its consent is
                gone.
        """
        held = self.refresh.get(token)
        if held is None or held.client_id != client_id:
            raise TokenRefused(403, "invalid_grant", UNKNOWN_REFRESH_TOKEN)
        grant = self._living(client_id, held.account_id)
        self._require_usable(held)
        answer = self._issue(grant, held.family)
        held.used = held.used or self._clock.now()
        if "refresh_token" in answer:
            held.children.append(answer["refresh_token"])
        return answer

    def trade_credential(self, client_id: str) -> dict[str, Any]:
        """A service account's token: an hour, and nothing to renew it with."""
        return self._issued_access(self.credentials[client_id].grant)

    def _living(self, client_id: str, account_id: str) -> Grant:
        grant = self.grants.get((client_id, account_id))
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

    def _issued_access(self, grant: Grant) -> dict[str, Any]:
        access = "eyJ" + secrets.token_urlsafe(48)
        expires = self._clock.now() + ACCESS_SECONDS
        self.access[access] = AccessToken(grant.client_id, grant.account_id, expires)
        return {
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "scope": " ".join(grant.scopes),
            "token_type": "Bearer",
        }

    def _issue(self, grant: Grant, family: str) -> dict[str, Any]:
        answer = self._issued_access(grant)
        if "offline_access" in grant.scopes:
            refresh = "eyR" + secrets.token_urlsafe(48)
            now = self._clock.now()
            self.refresh[refresh] = RefreshToken(grant.client_id, grant.account_id, family, now)
            answer["refresh_token"] = refresh
        return answer

    def find_access(self, token: str) -> Grant | None:
        """The consent of a token that is known and not expired; the consent may be gone."""
        held = self.access.get(token)
        if held is None or held.expires <= self._clock.now():
            return None
        credential = self.credentials.get(held.client_id)
        if credential is not None:
            return credential.grant
        return self.grants.get((held.client_id, held.account_id))

    def expire_access(self, account_id: str | None, client_id: str | None = None) -> int:
        """End the access tokens of one account, or of all; of one app, or of all."""
        now, belongs = self._clock.now(), belonging(account_id, client_id)
        ended = 0
        for token, held in self.access.items():
            if belongs(held) and held.expires > now:
                self.access[token] = replace(held, expires=now)
                ended += 1
        return ended

    def expire_refresh(self, account_id: str | None, client_id: str | None = None) -> int:
        """End the refresh tokens of one account, or of all; of one app, or of all."""
        belongs = belonging(account_id, client_id)
        ended = 0
        for held in self.refresh.values():
            if belongs(held) and not held.dead:
                held.dead = True
                ended += 1
        return ended

    def revoke(self, account_id: str | None, client_id: str | None = None) -> bool:
        """Consents are taken back, of one account or app; whether there were any."""
        belongs = belonging(account_id, client_id)
        services = (each.grant for each in self.credentials.values())
        living = [each for each in (*self.grants.values(), *services) if not each.revoked]
        for grant in living:
            if belongs(grant):
                grant.revoked = True
        self.expire_refresh(account_id, client_id)
        return any(map(belongs, living))

    def dump(self) -> dict[str, Any]:
        """Everything, as JSON."""
        kinds: dict[str, dict[str, Any]] = {
            "credentials": self.credentials,
            "codes": self.codes,
            "access": self.access,
            "refresh": self.refresh,
        }
        kept = {
            name: {key: asdict(value) for key, value in held.items()}
            for name, held in kinds.items()
        }
        return {"grants": [asdict(each) for each in self.grants.values()], **kept}

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        held = [Grant(**each) for each in saved["grants"]]
        self.grants = {(each.client_id, each.account_id): each for each in held}
        self.credentials = {
            key: Credential(value["client_secret"], Grant(**value["grant"]))
            for key, value in saved["credentials"].items()
        }
        self.codes = {key: Code(**value) for key, value in saved["codes"].items()}
        self.access = {key: AccessToken(**value) for key, value in saved["access"].items()}
        self.refresh = {key: RefreshToken(**value) for key, value in saved["refresh"].items()}


def belonging(
    account_id: str | None, client_id: str | None
) -> Callable[[Grant | AccessToken | RefreshToken], bool]:
    """Tells what is this account's in this app; None stands for all."""

    def belongs(held: Grant | AccessToken | RefreshToken) -> bool:
        return account_id in (None, held.account_id) and client_id in (None, held.client_id)

    return belongs
