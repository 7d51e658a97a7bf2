"""What the steps of connecting hand to the browser's side and to Slack's."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from pydantic import SecretStr

from bot.connect.ends import End
from bot.connection import Connection, Need
from bot.content import Account, CloudId, Site
from bot.frozen import frozen
from bot.installation import Installation
from bot.pending import Parked, PendingConnection, Purpose
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile


@frozen
class Invitation:
    """A link for one person's eyes, and the flow that its button's value must carry."""

    link: str
    flow: str


@frozen
class Returned:
    """What a redirect brought back: *code*, or the word for why there is none."""

    unverified_state: str
    code: SecretStr | None = None
    error: str = ""
    issuer: str = ""

    def refusal(self, denied: End, down: End, broken: End) -> End:
        """Read why there is no code (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6)."""
        if self.error in {"server_error", "temporarily_unavailable"}:
            return down
        by_person = {"", "access_denied", "consent_required", "interaction_required"}
        return denied if self.error in by_person else broken


@frozen
class Wanted:
    """What a link is to lead to: whose connection, under which profile, for which need.

    Without a *profile* it is the one under which the tenant's people connect. *missing* are
    the scopes for want of which it was asked.
    """

    need: Need = Need.READ
    purpose: Purpose = Purpose.OWN
    profile: str = ""
    name: str = ""
    missing: frozenset[str] = frozenset()


@frozen
class Anew:
    """What it takes to start again in the same browser."""

    tenant: Tenant
    need: Need


@frozen
class Question:
    """What the person must decide: which site, and whether to give up *other* for *account*."""

    token: str
    person: str
    workspace: str
    account: Account
    other: Account | None
    sites: tuple[Site, ...]
    in_use: CloudId | None
    server: str = ""
    is_organisations: bool = False


@frozen
class Decided:
    """The answer to a question; *instead_of* is the account that was named on the page."""

    site: CloudId | None = None
    instead_of: str = ""
    keeps_other: bool = False


@frozen
class ToType:
    """A secret must be typed, on the page that *token* leads to; *problem* is with the last."""

    token: str
    problem: str = ""


@frozen
class Asked:
    """What the page asks to be typed, and for what."""

    token: str
    pending: PendingConnection
    profile: AuthorizationProfile


@frozen
class SecretKept:
    """A profile's client secret was typed, and is kept; *reply_url* is its person's message."""

    profile: AuthorizationProfile
    installation: Installation
    person: Principal
    reply_url: SecretStr | None = None


@frozen
class ToExport:
    """The audit can be taken, on the page that *token* leads to."""

    token: str


@frozen
class Export:
    """What may be taken away as a file: whose, and in which form (its ``name``)."""

    token: str
    pending: PendingConnection


@frozen
class ToChoose:
    """The person must choose first, on the page that *token* leads to."""

    token: str


@frozen
class CodeShown:
    """The code that the person must type in Slack, for this browser's eyes alone."""

    code: SecretStr
    lasts: timedelta
    person: str
    workspace: str
    account: Account
    site: Site


@frozen
class Connected:
    """A connection was made; *parked* is what its person wanted, *reply_url* their message.

    After a trial it isn't kept. *lost_scopes* and *lost_sites* are what the consent before it
    had; *is_first* says that nothing of the tenant had ever worked before.
    """

    connection: Connection
    site: Site
    parked: Parked | None
    reply_url: SecretStr | None
    person: Principal
    purpose: Purpose = Purpose.OWN
    profile: AuthorizationProfile | None = None
    lost_scopes: frozenset[str] = frozenset()
    lost_sites: tuple[Site, ...] = ()
    is_first: bool = False


@frozen
class Done:
    """Nothing is left to do in the browser."""

    connected: Connected
    installation: Installation


OnConnected = Callable[[Connected], Awaitable[None]]
"""Replaces the private message and takes up what was parked; returns without waiting for that."""

OnSecretKept = Callable[[SecretKept], Awaitable[None]]
"""Says so in Slack; returns without waiting for that."""


async def nobody_hears(_: SecretKept) -> None:
    """Say nothing."""


Next = ToType | ToChoose | ToExport | CodeShown | Done | SecretKept
