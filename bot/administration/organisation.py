"""The organisation's connection: its name and owner, and its end."""

from dataclasses import replace
from typing import Final

from bot.administration.parts import Aides, Books
from bot.connection import Connection, organisation
from bot.errors import BadInput, BotError, Changed, NotAllowed, NotFound
from bot.frozen import frozen
from bot.integration import AuthorizationType, Integration
from bot.integrations import amend
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile
from bot.trail import Action, Entry

LONGEST_NAME = 80

NOT_A_MEMBER: Final = (
    "Only a full member of this workspace can own it, so nothing was changed. Choose another."
)


@frozen
class Ended:
    """What was deleted here, and whether the provider was told to forget it, too."""

    connection: Connection
    profile: AuthorizationProfile | None
    is_revoked: bool


class OrganisationConnection:
    """What admins do with the tenant's own connection once it stands."""

    def __init__(self, books: Books, aides: Aides) -> None:
        self._books = books
        self._aides = aides

    async def find(self, tenant: Tenant) -> Connection | None:
        """Return the one that the integration names, whatever its state."""
        profile = (await self._books.integrations.find(tenant)).organisation_profile
        if not profile:
            return None
        return await self._books.connections.find(organisation(tenant), profile)

    async def hand_over(self, by: Principal, name: str, owner: str) -> Connection:
        """Give it another name and owner.

        Raises:
            NotFound: there is no connection of the organisation.
            BadInput: no name, or somebody who can't answer for it.
            Changed: it was connected anew meanwhile.
        """
        connection = await self.find(by.tenant)
        if connection is None:
            raise NotFound("There is no organisation's connection any more.")
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME:
            raise BadInput("Give it a name of up to 80 characters.", field="name")
        if owner != connection.owner:
            await self._require_member(by.tenant, owner)
        if (name, owner) == (connection.name, connection.owner):
            return connection
        if not await self._books.connections.hand_over(connection, name, owner):
            raise Changed("The organisation's connection was made anew meanwhile.")
        entry = Entry.by(by, Action.CHANGE_INTEGRATION).under(connection).to(owner)
        self._aides.auditor.record(entry.of("", f"{connection.name} → {name}, and its owner"))
        return replace(connection, name=name, owner=owner)

    async def end(self, by: Principal) -> Ended | None:
        """Delete it and have its grant revoked; people authorize for themselves again."""
        connection = await self.find(by.tenant)
        if connection is None:
            return None
        holder = organisation(by.tenant)
        removed = await self._books.connections.remove(holder, connection.profile)
        await self._books.preferences.remove(holder)

        def change(integration: Integration) -> Integration:
            if integration.organisation_profile != connection.profile:
                return integration
            return replace(
                integration, authorization=AuthorizationType.USERS, organisation_profile=""
            )

        await amend(self._books.integrations, by.tenant, change)
        if removed is None:
            return None
        entry = Entry.by(by, Action.DISCONNECT_ORGANISATION).under(removed)
        self._aides.auditor.record(entry.of("", removed.name))
        return await let_go(self._books, self._aides, removed)

    async def end_others(self, tenant: Tenant, profile: str) -> None:
        """Delete what the organisation's connection under *profile* has taken the place of."""
        holder = organisation(tenant)
        for each in await self._books.connections.list_of(holder):
            if each.profile != profile:
                removed = await self._books.connections.remove(holder, each.profile)
                if removed is not None:
                    await let_go(self._books, self._aides, removed)

    async def _require_member(self, tenant: Tenant, user_id: str) -> None:
        installation = await self._aides.installation_of(tenant)
        if installation is None or not user_id:
            raise BadInput(NOT_A_MEMBER, field="owner")
        try:
            person = await self._aides.people.get(installation, user_id)
        except NotAllowed:
            raise BadInput(NOT_A_MEMBER, field="owner") from None
        if person.is_guest or not installation.welcomes(person):
            raise BadInput(NOT_A_MEMBER, field="owner")


async def let_go(books: Books, aides: Aides, connection: Connection) -> Ended:
    """Have the provider forget the grant of what was deleted here, where it offers a way."""
    tenant = connection.principal.tenant
    try:
        profile = await books.book.get(tenant, connection.profile, connection.profile_version)
    except BotError:
        return Ended(connection, None, is_revoked=False)
    try:
        is_revoked = await aides.consent.revoke(profile, connection.grant)
    except BotError:
        is_revoked = False
    return Ended(connection, profile, is_revoked)
