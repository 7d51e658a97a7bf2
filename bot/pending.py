"""Consent that was asked for and not yet given: one record a step, each used once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

from bot.connection import Grant, Need
from bot.content import Account, Site
from bot.principal import Digest, Principal, Tenant


class Step(StrEnum):
    """What the record's token leads to. Consuming one step mints the next one's token."""

    START = "start"  # the link in Slack; its page's button posts
    PROOF = "proof"  # Slack's `state`, while the browser proves whose it is
    CONSENT = "consent"  # the provider's `state`
    CHOICE = "choice"  # the page that asks for a site, or about another account
    CODE = "code"  # the code that its person types in Slack, where Slack sign-in isn't set up
    REPLY = "reply"  # the flow's private message in Slack, and how to replace it


OBTAINED: Final = frozenset({Step.CHOICE, Step.CODE})
"""The steps whose record holds a grant that is nobody's connection yet."""


@dataclass(frozen=True, slots=True)
class Parked:
    """What the person was doing when consent was missing: a command's words."""

    command: str
    channel_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Obtained:
    """A grant in waiting: fetched, but not yet anybody's connection."""

    grant: Grant
    account: Account
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True)
class PendingConnection:
    """One step of one flow. Everything below *expires_at* is sealed at rest.

    *key* is the digest of the token that leads here. *flow* stays the same from link to
    connection. *browser* is the digest of the browser's cookie, from PROOF onwards.
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
