"""Who asks: a password, a personal access token, an OAuth token, or somebody else's bearer."""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.atlassian.people import Account
from sandbox.datacenter import people
from sandbox.datacenter.clients import ADMIN, SYSTEM_ADMIN
from sandbox.datacenter.grants import Grants
from sandbox.datacenter.refusals import AUTHENTICATE, PageRefusal, plain_refusal
from sandbox.datacenter.tokens import Tokens

MOST_FAILURES = 3
REASON, DENIED = "X-Seraph-LoginReason", "X-Authentication-Denied-Reason"
SWITCHED_OFF = "Basic authentication has been disabled on this instance."
Bearer = Callable[[str], str | None]


@dataclass(frozen=True)
class Caller:
    """Somebody who has proven who they are; *scope* is the most that their credential may."""

    person: Account
    scope: str


@dataclass
class Credentials:
    """Every way in; *bearers* map other servers' tokens to usernames."""

    tokens: Tokens
    grants: Grants
    base: str
    bearers: list[Bearer] = field(default_factory=list)
    basic_allowed: bool = True
    failures: dict[str, int] = field(default_factory=dict)

    def caller(self, authorization: str) -> Caller:
        """Who sent this `Authorization` header.

        Raises:
            Refusal: nothing was sent, or in a scheme that isn't known.
            PageRefusal: it was refused.
        """
        scheme, _, said = authorization.partition(" ")
        if scheme.casefold() == "basic":
            return self._by_password(said.strip())
        if scheme.casefold() == "bearer":
            return self._by_token(said.strip())
        raise plain_refusal(401, AUTHENTICATE, {"WWW-Authenticate": 'OAuth realm="confluence"'})

    def _by_token(self, said: str) -> Caller:
        personal = self.tokens.find(said)
        if personal is not None:
            return caller(personal.user, SYSTEM_ADMIN)
        consent = self.grants.find_access(said)
        if consent is not None:
            return caller(consent.user, consent.scope)
        for each in self.bearers:
            user = each(said)
            if user is not None:
                return caller(user, ADMIN)
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise PageRefusal(401, "The token is invalid or has expired.", headers)

    def _by_password(self, said: str) -> Caller:
        if not self.basic_allowed:
            raise plain_refusal(403, SWITCHED_OFF)
        user, password = read_basic(said)
        person = people.BY_NAME.get(user.casefold())
        if person is None:
            raise self._failed("AUTHENTICATED_FAILED")
        if self.is_challenged(person.name):
            raise self._denied()
        held = people.PASSWORDS[person.name]
        if not hmac.compare_digest(password.encode(), held.encode()):
            self.failures[person.name] = self.failures.get(person.name, 0) + 1
            raise self._failed("AUTHENTICATED_FAILED")
        self.failures.pop(person.name, None)
        return caller(person.name, SYSTEM_ADMIN)

    def is_challenged(self, user: str) -> bool:
        """Whether this username must solve a picture in the browser first."""
        return self.failures.get(user, 0) >= MOST_FAILURES

    def _failed(self, reason: str) -> PageRefusal:
        headers = {REASON: reason, "WWW-Authenticate": 'Basic realm="Confluence"'}
        return PageRefusal(401, f"Basic Authentication Failure - Reason : {reason}", headers)

    def _denied(self) -> PageRefusal:
        reason = "AUTHENTICATION_DENIED"
        challenge = f"CAPTCHA_CHALLENGE; login-url={self.base}/login.action"
        headers = {REASON: reason, DENIED: challenge}
        return PageRefusal(403, f"Basic Authentication Failure - Reason : {reason}", headers)

    def dump(self) -> dict[str, Any]:
        """The switch and the failed logins, as JSON."""
        return {"basic_allowed": self.basic_allowed, "failures": self.failures}

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        self.basic_allowed, self.failures = saved["basic_allowed"], saved["failures"]


def caller(user: str, scope: str) -> Caller:
    """The person of this username.

    Raises:
        PageRefusal: there is nobody of that name any more.
    """
    person = people.find_person(user)
    if person is None:
        raise PageRefusal(401, "The token is invalid or has expired.")
    return Caller(person, scope)


def read_basic(said: str) -> tuple[str, str]:
    """Username and password; empty where they can't be read."""
    try:
        user, _, password = base64.b64decode(said, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
