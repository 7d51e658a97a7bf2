"""Consent: connections, what leads to them, and the server that grants them."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import SecretStr

from bot.connection import Connection, Grant, Preferences
from bot.content import (
    Account,
    CloudId,
    Site,
    Space,
)
from bot.pending import Obtained, Parked, PendingConnection, Step
from bot.principal import Digest, Principal, Tenant


class Connections(Protocol):
    """The standing connections of every tenant."""

    @abstractmethod
    async def find(self, principal: Principal, profile: str) -> Connection | None:
        """Return the connection, or ``None`` if it was never made or is gone."""

    @abstractmethod
    async def save(self, connection: Connection) -> None:
        """Keep *connection* in place of the principal's last one under that profile."""

    @abstractmethod
    async def remove(self, principal: Principal, profile: str) -> Connection | None:
        """Delete the connection and return what was deleted."""

    @abstractmethod
    async def claim_refresh(self, connection: Connection, lasts: timedelta) -> str | None:
        """Claim the one refresh of this generation until now + *lasts* by the store's clock.

        Returns the claim, or ``None`` if another claim stands, the generation has moved
        on, the connection has ended or is gone.
        """

    @abstractmethod
    async def replace_grant(self, connection: Connection, claim: str, grant: Grant) -> bool:
        """Swap in *grant* only under *claim* and the generation of *connection*.

        Never an upsert: a connection that was removed meanwhile stays removed.
        """

    @abstractmethod
    async def release_refresh(self, connection: Connection, claim: str) -> None:
        """Give *claim* back unused, so that the next in line needn't wait for its end."""

    @abstractmethod
    async def end(self, connection: Connection, at: datetime) -> bool:
        """Mark the connection as ended if its generation is still the stored one.

        ``True`` only for whoever ended it, so that the person is told once.
        """

    @abstractmethod
    async def find_account(self, tenant: Tenant, user_id: str, profile: str) -> Account | None:
        """Return whose account that person connected, for ``by:@someone``."""


class PendingConnections(Protocol):
    """Consent that was asked for and not yet given; sealed, short-lived, single-use."""

    @abstractmethod
    async def save(self, pending: PendingConnection) -> None:
        """Keep one step, unique by tenant, step and key, in place of itself.

        A step that was used up stays used up: saving it again does nothing.
        """

    @abstractmethod
    async def find(self, tenant: Tenant, step: Step, key: Digest) -> PendingConnection | None:
        """Return the step for showing, also if it has expired or was consumed (24 h long)."""

    @abstractmethod
    async def consume(
        self, tenant: Tenant, step: Step, key: Digest, now: datetime
    ) -> PendingConnection | None:
        """Use the step up: returned whole to one caller, once, and only before it expires."""

    @abstractmethod
    async def find_code(self, principal: Principal, now: datetime) -> PendingConnection | None:
        """Spend one try and return the principal's newest live CODE step, if tries are left."""

    @abstractmethod
    async def forget_obtained(self, principal: Principal) -> None:
        """Delete the principal's steps that hold a grant in waiting: CHOICE and CODE."""


class ParkedRequests(Protocol):
    """What each principal was doing when consent was missing: the latest only."""

    @abstractmethod
    async def save(self, principal: Principal, parked: Parked, until: datetime) -> None:
        """Park *parked* in place of whatever was parked before."""

    @abstractmethod
    async def consume(self, principal: Principal, now: datetime) -> Parked | None:
        """Take it back, once, before its time is up."""

    @abstractmethod
    async def forget(self, principal: Principal) -> None:
        """Drop it: the person has gone on to something else."""


class PreferencesStore(Protocol):
    """What each principal chose."""

    @abstractmethod
    async def find(self, principal: Principal) -> Preferences:
        """Return the choices; empty ones where nothing was chosen."""

    @abstractmethod
    async def choose_site(self, principal: Principal, site: CloudId | None) -> None:
        """Remember the site in use; ``None`` forgets it."""

    @abstractmethod
    async def add_recent_space(self, principal: Principal, site: CloudId, space: Space) -> None:
        """Put *space* first among the recent ones (ten are kept, each once)."""

    @abstractmethod
    async def remove(self, principal: Principal) -> None:
        """Forget all of it."""


class ConsentServer(Protocol):
    """The provider's authorization server, under one profile."""

    @abstractmethod
    def consent_url(self, profile: str, scopes: frozenset[str], state: str, verifier: str) -> str:
        """Return where the browser goes to consent."""

    @abstractmethod
    async def redeem(self, profile: str, code: SecretStr, verifier: SecretStr) -> Obtained:
        """Trade the code for a grant, and learn whose it is and which sites it opens.

        Raises:
            NotAllowed: the code is refused.
            NotFound: there are sites, but no Confluence on any.
            ProfileBroken: the client id, secret or callback is refused.
            Unavailable: the server can't answer now.
        """

    @abstractmethod
    async def renew(self, profile: str, grant: Grant) -> Grant | None:
        """Trade the refresh token for a new grant; ``None`` if it is refused for good.

        Raises:
            Unavailable: the server can't answer now; the old grant is untouched.
            ProfileBroken: the client id or secret is refused; the old grant is untouched.
        """

    @abstractmethod
    async def list_sites(self, grant: Grant) -> tuple[Site, ...]:
        """Return the Confluence sites that *grant* opens."""
