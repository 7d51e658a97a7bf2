"""Decide in whose name, and at which site, something is done."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from bot.authorize import Authorizer
from bot.connection import Connection, Lent, Need, Preferences, organisation
from bot.content import Account, CloudId, Site
from bot.credentials import UNLIMITED, Choice, CredentialPolicy, Limits
from bot.errors import (
    ConsentRequired,
    NotAllowed,
    OrganisationBroken,
    OrganisationLacks,
    ScopeMissing,
    SiteRequired,
)
from bot.frozen import frozen
from bot.ports import Connections, PreferencesStore
from bot.principal import Principal

T = TypeVar("T")

NOTHING_LENT: Final = (
    "Your workspace's admins haven't allowed the organisation's connection any space for that, so "
    "nothing was done. Ask one of them, or connect an account of your own."
)


@frozen
class Acting:
    """A connection with a fresh grant, the site to use, and what its person chose.

    *preferences* are empty where neither the choice of the site nor the work needed them.
    """

    connection: Connection
    site: Site
    preferences: Preferences

    @property
    def people_profile(self) -> str:
        """The profile under which the tenant's people connect."""
        lent = self.connection.lent
        return lent.people_profile if lent is not None else self.connection.profile


class Actor:
    """Turns a principal into somebody who can act in Confluence."""

    def __init__(
        self,
        authorizer: Authorizer,
        connections: Connections,
        preferences: PreferencesStore,
        credentials: CredentialPolicy,
    ) -> None:
        self._authorizer = authorizer
        self._connections = connections
        self._preferences = preferences
        self._credentials = credentials

    async def run(  # noqa: PLR0913 - who, what for and where: nothing to group
        self,
        principal: Principal,
        need: Need,
        work: Callable[[Acting], Awaitable[T]],
        site: CloudId | None = None,
        *,
        prefers: bool = False,
        looks: bool = False,
        limits: Limits = UNLIMITED,
    ) -> T:
        """Do *work* in the principal's name; once more with a new token if the old is refused.

        Without a *site*, it is the one in use. *prefers* says that *work* wants to know what
        its person chose; it is told where the site depends on it, too. *looks* says that it
        only looks up, with the rights of *need*, what became of something done before. *limits*
        narrow what the tenant's policy allows.

        Raises:
            ConsentRequired: no usable grant, or not for what is needed.
            SiteRequired: several sites, and none chosen.
            NotAllowed: the tenant's policy doesn't let them.
            OrganisationBroken: it would be done with the organisation's connection.
        """
        asks = prefers or site is None
        choice, preferences = await asyncio.gather(
            self._credentials.choose(principal, need, looks=looks, limits=limits),
            self._chosen(principal, asks=asks),
        )
        lent = choice.lent
        if lent is not None:
            return await self._with_the_organisations(choice, lent, need, work, site, preferences)

        async def act(connection: Connection) -> T:
            wanted = site or preferences.site
            chosen = _site_of(connection, connection.sites, wanted, named=site is not None)
            try:
                return await work(Acting(connection, chosen, preferences))
            except ScopeMissing as error:
                error.narrowed = error.scopes <= connection.grant.scopes
                raise

        try:
            return await self._authorizer.call(principal, need, act, choice.profile)
        except ConsentRequired as error:
            error.scopes = error.scopes or need.scopes
            raise

    async def list_sites(
        self, principal: Principal, need: Need, limits: Limits = UNLIMITED
    ) -> tuple[Site, ...]:
        """Return the sites where *principal* can act for *need*; none without a connection.

        Of the organisation's, only those with a space that is allowed for *need*.
        """
        choice = await self._credentials.choose(principal, need, limits=limits)
        holder = organisation(principal.tenant) if choice.lent else principal
        connection = await self._connections.find(holder, choice.profile)
        if connection is None:
            return ()
        return _lent_sites(connection, choice.lent) if choice.lent else connection.sites

    async def find_account(self, acting: Acting, user_id: str) -> Account | None:
        """Return the account that person connected, if it is known where *acting* acts."""
        connection = acting.connection
        tenant, profile = connection.principal.tenant, acting.people_profile
        if connection.lent is None:
            return await self._connections.find_account(tenant, user_id, profile)
        theirs = await self._connections.find(Principal(tenant, user_id), profile)
        if theirs is None or not _share_accounts(theirs, connection):
            return None
        return theirs.account

    async def _chosen(self, principal: Principal, *, asks: bool) -> Preferences:
        return await self._preferences.find(principal) if asks else Preferences()

    async def _with_the_organisations(  # noqa: PLR0913, PLR0917 - what `run` was given
        self,
        choice: Choice,
        lent: Lent,
        need: Need,
        work: Callable[[Acting], Awaitable[T]],
        site: CloudId | None,
        preferences: Preferences,
    ) -> T:
        holder = organisation(lent.asker.tenant)

        async def act(connection: Connection) -> T:
            offered, wanted = _lent_sites(connection, lent), site or preferences.site
            ids = {each.cloud_id for each in offered}
            if site is None and wanted not in ids:
                usual = (await self._preferences.find(holder)).site
                wanted = usual if usual in ids else None
            chosen = _site_of(connection, offered, wanted, named=site is not None)
            known = lent
            if choice.own is not None and not _share_accounts(choice.own, connection):
                known = replace(lent, account=None)
            return await work(Acting(replace(connection, lent=known), chosen, preferences))

        try:
            return await self._authorizer.call(holder, need, act, choice.profile)
        except ScopeMissing as error:
            raise OrganisationLacks(error) from error
        except ConsentRequired as error:
            # Nobody but an admin can mend it, so nobody else is sent to consent.
            raise OrganisationBroken(error) from error


def _site_of(
    connection: Connection, offered: tuple[Site, ...], wanted: CloudId | None, *, named: bool
) -> Site:
    site = connection.site(wanted) if wanted else None
    if site is not None:
        return site
    if len(offered) == 1 and not named:
        return offered[0]
    if connection.sites and not offered:
        raise NotAllowed(NOTHING_LENT)
    raise SiteRequired(tuple((each.cloud_id, each.name) for each in offered))


def _lent_sites(connection: Connection, lent: Lent) -> tuple[Site, ...]:
    """Return the sites with a space that is allowed; the others aren't even named."""
    return tuple(
        site for site in connection.sites if lent.spaces(site.cloud_id, writes=lent.writes)
    )


def _share_accounts(own: Connection, lent: Connection) -> bool:
    """Tell whether an account's id means the same person under both: Atlassian's do everywhere.

    Another server's are its own; there the audience stands for whoever asks.
    """
    if not any(site.api_url for site in (*own.sites, *lent.sites)):
        return True
    return any(lent.site(site.cloud_id) is not None for site in own.sites)
