"""Consent: connections, what leads to them, and the server that grants them."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Sequence
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
from bot.integration import ChannelDefaults, Integration
from bot.pending import Obtained, Parked, PendingConnection, Step
from bot.principal import Digest, Principal, Tenant
from bot.profile import AuthorizationProfile, Credentials


class Connections(Protocol):
    """The standing connections of every tenant."""

    @abstractmethod
    async def find(self, principal: Principal, profile: str) -> Connection | None:
        """Return the connection, or ``None`` if it was never made or is gone."""

    @abstractmethod
    async def save(self, connection: Connection) -> None:
        """Keep *connection* in place of the principal's last one under that profile.

        Its failures aren't kept, nor on whose behalf it is lent.
        """

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
    async def note_failure(self, connection: Connection, claim: str, at: datetime) -> int:
        """Count one more renewal that failed, but not for good, and give *claim* back.

        Returns how many there were since the first, 0 if the store has moved on. A new
        grant takes them back.
        """

    @abstractmethod
    async def hand_over(self, connection: Connection, name: str, owner: str) -> bool:
        """Give it another name and owner; ``False`` if it is gone, or was connected anew.

        Its grant isn't touched, nor a claim on it.
        """

    @abstractmethod
    async def replace_account(self, connection: Connection, account: Account, at: datetime) -> bool:
        """Note how its account is called since *at*; ``False`` like `hand_over`."""

    @abstractmethod
    def list_all(self, tenant: Tenant) -> AsyncIterator[Connection]:
        """Return every connection of *tenant*, people's and its own."""

    @abstractmethod
    async def list_of(self, principal: Principal) -> Sequence[Connection]:
        """Return the principal's connections, one a profile."""

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
    """The authorization server of a profile, and what tells whose a grant is."""

    @abstractmethod
    def consent_url(
        self, profile: AuthorizationProfile, scopes: frozenset[str], state: str, verifier: str
    ) -> str:
        """Return where the browser goes to consent."""

    @abstractmethod
    async def redeem(
        self, profile: AuthorizationProfile, code: SecretStr, verifier: SecretStr
    ) -> Obtained:
        """Trade the code for a grant, and learn whose it is and which sites it opens.

        Raises:
            NotAllowed: the code is refused, or its account; the kind says of what.
            NotFound: there are sites, but no Confluence on any.
            ProfileBroken: the client id, secret or callback is refused, or (NoApiThere) it isn't
                Confluence that answers at the profile's address.
            Unavailable: the server can't answer now.
            ProviderFault: it answers in a way of its own, or with another client's token.
        """

    @abstractmethod
    async def present(
        self, profile: AuthorizationProfile, typed: Credentials | None = None
    ) -> Obtained:
        """Try what was *typed*, or the profile's own client credentials, and learn the same.

        Raises:
            NotAllowed: it is refused; the message says why, for whoever typed it.
            NotFound: there is no Confluence that it opens.
            ProfileBroken: the client id or secret is refused, or (NoApiThere) it isn't
                Confluence that answers at the profile's address.
            Unavailable: the server can't answer now.
            ProviderFault: it answers in a way of its own, or with another client's token.
        """

    @abstractmethod
    async def renew(self, profile: AuthorizationProfile, grant: Grant) -> Grant | None:
        """Return a new grant for the old; ``None`` if it is refused for good.

        Nobody is asked whose the new one is: it has to be kept before it is used. What the
        server says of it by itself is believed, and `list_sites` finds out the rest.

        Raises:
            Unavailable: the server can't answer now; the old grant is untouched.
            ProfileBroken: the client id or secret is refused; the old grant is untouched.
            ProviderFault: the answer is of no use: by its own words it is another client's or
                another account's, or it isn't one; the old grant is untouched.
        """

    @abstractmethod
    async def revoke(self, profile: AuthorizationProfile, grant: Grant) -> bool:
        """Have the server forget *grant*; ``False`` where it offers no way, or didn't."""

    @abstractmethod
    async def list_sites(
        self, profile: AuthorizationProfile, connection: Connection
    ) -> tuple[Site, ...]:
        """Return the Confluence sites that the connection's grant opens.

        Raises:
            TokenRefused: the access token isn't taken; another one may be.
            ConsentRequired: *ended*: the grant has become another account's.
            ScopeMissing: it may not tell whose it is.
            NotAllowed: it stands, and its account isn't let in; the kind says why.
            NoApiThere: it isn't Confluence that answers at the profile's address.
            Unavailable: nobody can answer now.
            ProviderFault: the answer is of no use.
        """

    @abstractmethod
    async def complete(self, profile: AuthorizationProfile) -> AuthorizationProfile:
        """Check what an admin typed, and fill in what the server publishes about itself.

        Raises:
            BadInput: an address can't be used; it names the field.
            Unavailable: the server can't answer now.
        """


class Profiles(Protocol):
    """The custom authorization profiles of every tenant, each version kept; sealed."""

    @abstractmethod
    async def find(
        self, tenant: Tenant, profile: str, version: int | None = None
    ) -> AuthorizationProfile | None:
        """Return that version of the profile, or its newest."""

    @abstractmethod
    def list_all(self, tenant: Tenant) -> AsyncIterator[AuthorizationProfile]:
        """Return the newest version of each, by name."""

    @abstractmethod
    async def add(self, profile: AuthorizationProfile) -> bool:
        """Keep one more version; ``False`` if that version, or another profile's, is there.

        Another profile's is one of the same name, whatever its case and white space. Every
        profile begins at version 1 and keeps its name.
        """

    @abstractmethod
    async def replace(self, profile: AuthorizationProfile) -> bool:
        """Keep *profile* in place of the same version of it; ``False`` if there is none.

        A profile keeps its name: under another one there is none.
        """

    @abstractmethod
    async def remove(self, tenant: Tenant, profile: str) -> bool:
        """Forget every version of it."""


class Integrations(Protocol):
    """How each tenant authorizes, and its policy."""

    @abstractmethod
    async def find(self, tenant: Tenant) -> Integration:
        """Return the tenant's choice; the default where nobody has made any."""

    @abstractmethod
    async def replace(self, seen: Integration, changed: Integration) -> Integration | None:
        """Store *changed* if *seen* is still the newest generation; return it as stored."""

    @abstractmethod
    async def find_channel(self, tenant: Tenant, channel_id: str) -> ChannelDefaults | None:
        """Return where that channel's people write by default."""

    @abstractmethod
    async def save_channel(self, defaults: ChannelDefaults) -> None:
        """Keep a channel's defaults in place of the last ones."""

    @abstractmethod
    async def remove_channel(self, tenant: Tenant, channel_id: str) -> bool:
        """Forget a channel's defaults."""

    @abstractmethod
    async def move_channel(self, tenant: Tenant, before: str, after: str) -> None:
        """Give a channel's defaults to the id that it has now."""
