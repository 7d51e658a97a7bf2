"""Who calls Confluence, through which door: the OAuth gateway, or a site's own address."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.atlassian import people
from sandbox.atlassian.api_tokens import ApiToken, ApiTokens
from sandbox.atlassian.apps import Apps
from sandbox.atlassian.grants import Grants
from sandbox.atlassian.people import Account
from sandbox.atlassian.refusals import Refusal, gateway_refusal, site_refusal
from sandbox.atlassian.scopes import is_confluence
from sandbox.atlassian.sites import BY_CLOUD_ID

UNAUTHORIZED = "Unauthorized"
NOT_SIGNED_IN = "Client must be authenticated to access this resource."
NOT_CONNECT = "Failed to parse Connect Session Auth Token"
NO_PASSWORDS = "Basic authentication with passwords is deprecated"
BLOCKED = "Your organization's admin has blocked this app"


@dataclass(frozen=True)
class Caller:
    """Who calls; *scopes* are None for a classic token, which needs none.

    *client* is the app's or the credential's id, or the token's. Only apps have points.
    """

    account: Account
    scopes: frozenset[str] | None
    client: str
    has_points: bool


class Callers:
    """Tells callers by their `Authorization`, as strictly as each door does."""

    def __init__(self, grants: Grants, tokens: ApiTokens, apps: Apps) -> None:
        self._grants = grants
        self._tokens = tokens
        self._apps = apps

    def at_gateway(self, headers: Mapping[str, str], cloud_id: str) -> Caller:
        """An app by its bearer token, or a person by a token with scopes.

        Raises:
            Refusal: 401; 404 for a site that isn't theirs; 403 for one that blocks the app.
        """
        scheme, said = authorization(headers)
        if scheme == "bearer":
            return self._app(said, cloud_id)
        token = self._token(said) if scheme == "basic" else None
        if token is None or token.scopes is None:
            raise gateway_refusal(401, UNAUTHORIZED)
        account = people.BY_ID[token.account_id]
        self._require_site(cloud_id, account.sites)
        scopes = frozenset(filter(is_confluence, token.scopes))
        return Caller(account, scopes, token.id, has_points=False)

    def _app(self, said: str, cloud_id: str) -> Caller:
        grant = self._grants.find_access(said)
        if grant is None or grant.revoked:
            raise gateway_refusal(401, UNAUTHORIZED)
        self._require_site(cloud_id, grant.sites)
        if cloud_id in self._apps.blocking and grant.level != "service":
            raise gateway_refusal(403, BLOCKED)
        scopes = frozenset(filter(is_confluence, grant.scopes))
        return Caller(people.BY_ID[grant.account_id], scopes, grant.client_id, has_points=True)

    def _require_site(self, cloud_id: str, granted: tuple[str, ...] | list[str]) -> None:
        if cloud_id not in BY_CLOUD_ID or cloud_id not in granted:
            raise gateway_refusal(404, f"No site {cloud_id[:50]} for this token")

    def at_site(self, headers: Mapping[str, str], path: str) -> Caller:
        """A person by e-mail and classic token.

        Raises:
            Refusal: 401, or 403 for a classic token that came as a bearer token.
        """
        scheme, said = authorization(headers)
        if scheme == "bearer":
            held = self._tokens.find(said)
            if held is not None and held.scopes is None:
                raise site_refusal(path, 403, NOT_CONNECT)
            raise site_refusal(path, 401, NOT_SIGNED_IN)
        token = self._token(said) if scheme == "basic" else None
        if token is None or token.scopes is not None:
            raise self._basic_refused(said, path)
        account = people.BY_ID[token.account_id]
        return Caller(account, None, token.id, has_points=False)

    def _token(self, said: str) -> ApiToken | None:
        """The token, where it came with the e-mail of its person."""
        email, secret = pair(said)
        token = self._tokens.find(secret)
        if token is None or people.BY_ID[token.account_id].email.casefold() != email.casefold():
            return None
        return token

    def _basic_refused(self, said: str, path: str) -> Refusal:
        email, secret = pair(said)
        found = (each for each in people.ACCOUNTS if each.email.casefold() == email.casefold())
        if any(each.password == secret for each in found):
            return site_refusal(path, 401, NO_PASSWORDS)
        return site_refusal(path, 401, NOT_SIGNED_IN)


def authorization(headers: Mapping[str, str]) -> tuple[str, str]:
    """The scheme in lower case, and what follows it."""
    scheme, _, said = headers.get("Authorization", "").partition(" ")
    return scheme.casefold(), said.strip()


def pair(said: str) -> tuple[str, str]:
    """User and password of Basic; two empty words where it is none (RFC 7617)."""
    try:
        user, _, secret = base64.b64decode(said, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, secret
