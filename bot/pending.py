"""Consent that was asked for and not yet given: one record a step, each used once."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

from bot.connection import Grant, Need
from bot.content import Account, Site
from bot.frozen import frozen
from bot.principal import Digest, Principal, Tenant


class Step(StrEnum):
    """What the record's token leads to. Consuming one step mints the next one's token."""

    START = "start"  # the link in Slack; its page's button posts
    TYPED = "typed"  # our own page, on which a secret is typed
    PROOF = "proof"  # Slack's `state`, while the browser proves whose it is
    CONSENT = "consent"  # the provider's `state`
    CHOICE = "choice"  # the page that asks for a site, or about another account
    CODE = "code"  # the code that its person types in Slack, where Slack sign-in isn't set up
    EXPORT = "export"  # our own page, from which the audit is taken
    REPLY = "reply"  # the flow's private message in Slack, and how to replace it


class Purpose(StrEnum):
    """What the consent is for."""

    OWN = "own"  # its person's own connection
    ORGANISATION = "organisation"  # the tenant's, made by an admin
    TRIAL = "trial"  # to find out whether a custom profile works; nothing is kept
    SECRET = "secret"  # noqa: S105 - a word; a custom profile's client secret is typed
    EXPORT = "export"  # nothing is connected: the audit is taken away as a file

    @property
    def is_admins(self) -> bool:
        """Tell whether only an admin may go through with it."""
        return self is not Purpose.OWN


OBTAINED: Final = frozenset({Step.CHOICE, Step.CODE})
"""The steps whose record holds a grant that is nobody's connection yet."""


@frozen
class Parked:
    """What the person was doing when consent was missing: a command's words."""

    command: str
    channel_id: str
    asked_at: datetime


@frozen
class Obtained:
    """A grant in waiting: fetched, but not yet anybody's connection."""

    grant: Grant
    account: Account
    sites: tuple[Site, ...]


@frozen
class PendingConnection:
    """One step of one flow. Everything below *expires_at* is sealed at rest.

    *key* is the digest of the token that leads here. *flow* stays the same from link to
    connection. *browser* is the digest of the browser's cookie, from PROOF onwards.
    *scopes* are what was asked for; *name* is what the organisation's connection is to be called.
    *server* is what the authorization server goes by where it isn't Atlassian's own.
    """

    tenant: Tenant
    step: Step
    key: Digest
    flow: str
    principal: Principal
    profile: str
    need: Need
    expires_at: datetime
    browser: Digest | None = None
    consumed_at: datetime | None = None
    tries_left: int = 5
    verifier: SecretStr | None = None
    nonce: SecretStr | None = None
    response_url: SecretStr | None = None
    response_url_at: datetime | None = None
    person: str = ""
    workspace: str = ""
    obtained: Obtained | None = None
    purpose: Purpose = Purpose.OWN
    profile_version: int = 1
    scopes: frozenset[str] = frozenset()
    name: str = ""
    server: str = ""
