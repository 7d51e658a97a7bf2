"""Whose connection somebody acts with: their own, or the organisation's within its policy."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.connection import Connection, Lent, Need
from bot.content import AllowedSpace
from bot.errors import InstallationBroken, NotAllowed, ReadOnly, Unavailable
from bot.frozen import frozen
from bot.installation import Installation, SlackPerson
from bot.integration import Credential, Integration, Role
from bot.ports import ADMIN_KNOWN_FOR, Connections, Integrations, SlackPeople
from bot.principal import Principal, Tenant
from bot.roles import Roles

NOT_LENT: Final = (
    "The organisation's connection is for full members of this workspace, so nothing was done. "
    "Connect an account of your own, or ask an admin of the workspace."
)
NOT_A_MEMBER: Final = (
    "Only full members of this workspace search and write in Confluence from here, so nothing "
    "was done. Ask an admin of the workspace to make you one."
)
NOT_A_WRITER: Final = (
    "Your workspace lets only certain people write to Confluence from here, and you aren't among "
    "them, so nothing was written. Your text is safe. Ask an admin of the workspace for it."
)

NOT_A_PUBLISHER: Final = (
    "Your workspace lets only certain people publish to Confluence from here, and you aren't "
    "among them, so nothing was published. Your text is safe: go back and save it as a draft, "
    "where the form offers that, or ask an admin of the workspace."
)


@frozen
class Choice:
    """The profile to act under; *lent* where it is the organisation's connection.

    *own* is then the asker's own, if they have one, ended or not.
    """

    profile: str
    lent: Lent | None = None
    own: Connection | None = None


@frozen
class Limits:
    """What holds besides the tenant's policy, and never loosens it.

    *own_only* leaves the organisation's connection out; of the spaces that it is lent for, only
    those of the keys *spaces* are left, or without any all of them.
    """

    own_only: bool = False
    spaces: tuple[str, ...] = ()

    def narrowed(self, lent: Lent) -> Lent:
        """Return *lent* within the limits."""
        if not self.spaces:
            return lent
        keys = {key.casefold() for key in self.spaces}

        def within(allowed: tuple[AllowedSpace, ...]) -> tuple[AllowedSpace, ...]:
            return tuple(space for space in allowed if space.key.casefold() in keys)

        return replace(lent, readable=within(lent.readable), writable=within(lent.writable))


UNLIMITED: Final = Limits()


@frozen
class Books:
    """What the choice is read from."""

    integrations: Integrations
    connections: Connections
    people: SlackPeople
    installation_of: Callable[[Tenant], Awaitable[Installation | None]]


class CredentialPolicy:
    """Chooses by the tenant's policy, read anew for each action so that it holds at once."""

    def __init__(self, books: Books, roles: Roles) -> None:
        self._books = books
        self._roles = roles

    async def choose(
        self,
        principal: Principal,
        need: Need,
        *,
        looks: bool = False,
        limits: Limits = UNLIMITED,
    ) -> Choice:
        """Return whose connection *principal* uses for *need*, within *limits*.

        One read, where all is usual.

        Raises:
            ReadOnly: it would write, and the tenant doesn't for now.
            NotAllowed: they may not write, or may not use the organisation's connection; guests
                do neither, whatever they could when they began.
        """
        integration = await self._books.integrations.find(principal.tenant)
        if need.writes and not looks:
            await self._require_writer(principal, integration, need)
        lends = integration.lends and not limits.own_only
        credential = integration.policy.credential(need) if lends else Credential.OWN
        own = Choice(integration.people_profile)
        if credential is Credential.OWN:
            return own
        connection = await self._books.connections.find(principal, integration.people_profile)
        # A refusal under one's own is final: whoever has a connection acts with it, ended or not.
        if credential is Credential.OWN_ELSE_ORGANISATION and connection is not None:
            return own
        lent = await self._lend(principal, integration, connection)
        lent = replace(limits.narrowed(lent), writes=need.writes, looks=looks)
        return Choice(integration.organisation_profile, lent, connection)

    async def people_profile(self, tenant: Tenant) -> str:
        """Return the profile under which the tenant's people connect."""
        return (await self._books.integrations.find(tenant)).people_profile

    async def find_own(self, principal: Principal) -> Connection | None:
        """Return the principal's own connection. Two reads."""
        profile = await self.people_profile(principal.tenant)
        return await self._books.connections.find(principal, profile)

    async def require_member(self, principal: Principal) -> None:
        """Raise ``NotAllowed`` if they are known to be a guest or a stranger by now.

        Such a person is told that nothing was done, so what they confirmed isn't taken up either.
        """
        installation = await self._books.installation_of(principal.tenant)
        if installation is not None:
            # Slack's silence holds up nobody's own write.
            with suppress(Unavailable, InstallationBroken):
                if await self._member(installation, principal) is None:
                    raise NotAllowed(NOT_A_MEMBER)

    async def _require_writer(
        self, principal: Principal, integration: Integration, need: Need
    ) -> None:
        if integration.policy.is_read_only:
            raise ReadOnly
        await self.require_member(principal)
        if not await self._has(principal, Role.WRITE, integration):
            raise NotAllowed(NOT_A_WRITER)
        if need is Need.PUBLISH and not await self._has(principal, Role.PUBLISH, integration):
            raise NotAllowed(NOT_A_PUBLISHER)

    async def _has(self, principal: Principal, role: Role, integration: Integration) -> bool:
        """Tell whether *principal* has *role*; where it is everybody's, nobody is asked."""
        if not integration.policy.members(role):
            return True
        return await self._roles.may(principal, role, integration)

    async def _lend(
        self, principal: Principal, integration: Integration, own: Connection | None
    ) -> Lent:
        installation = await self._books.installation_of(principal.tenant)
        if installation is None:
            raise NotAllowed(NOT_LENT)
        person = await self._member(installation, principal)
        if person is None:
            raise NotAllowed(NOT_LENT)
        policy = integration.policy
        return Lent(
            asker=principal,
            name=person.name,
            people_profile=integration.people_profile,
            account=own.account.id if own is not None else None,
            audience=policy.audience,
            audience_name=policy.audience_name,
            readable=policy.readable,
            writable=policy.writable,
        )

    async def _member(self, installation: Installation, principal: Principal) -> SlackPerson | None:
        """Return the person as they are now, if they are a full member of the tenant."""
        person = await self._books.people.get(
            installation, principal.user_id, fresh_for=ADMIN_KNOWN_FOR
        )
        is_member = not person.is_guest and installation.welcomes(person)
        return person if is_member else None
