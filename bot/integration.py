"""One provider in one tenant: how people are authorized, and what its policy lets them do."""

from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.connection import Need
from bot.content import AllowedSpace, CloudId, SpaceId, SpaceKey
from bot.frozen import frozen
from bot.principal import Tenant
from bot.profile import SYSTEM


class AuthorizationType(StrEnum):
    """Whose consent is used."""

    USERS = "users_authorize"  # each person's own
    PRE_AUTHORIZED = "pre_authorized"  # one connection for the tenant, within its policy


class Credential(StrEnum):
    """Whose connection an action may use, where the tenant has one of its own.

    *else* means: has no connection. A refusal under one's own is final.
    """

    OWN = "own"
    OWN_ELSE_ORGANISATION = "own_else_organisation"
    ORGANISATION = "organisation"


class Role(StrEnum):
    """What not everybody may do."""

    WRITE = "write"
    INSTALL = "install"
    PUBLISH = "publish"
    ADMINISTER = "administer"


NOBODY: Final = "USLACKBOT"
"""Slack's own bot: it is in every workspace, and asks for nothing."""


@frozen
class Policy:
    """What the tenant's admins decided. *audience* is a Confluence group's id and name.

    *roles* hold Slack user ids and user groups' ids (S…); a role without any is everybody's,
    but ADMINISTER, which Slack's own admins and owners always have, and nobody else without it.
    """

    read: Credential = Credential.OWN
    write: Credential = Credential.OWN
    readable: tuple[AllowedSpace, ...] = ()
    writable: tuple[AllowedSpace, ...] = ()
    audience: str = ""
    audience_name: str = ""
    roles: tuple[tuple[Role, tuple[str, ...]], ...] = ()
    is_read_only: bool = False

    def members(self, role: Role) -> tuple[str, ...]:
        """Return the people and user groups that have *role* by name."""
        return next((members for each, members in self.roles if each is role), ())

    def without(self, user_id: str) -> "Policy":
        """Return it with nobody of that id; a role that would become everybody's becomes nobody's.

        Then it is `NOBODY`'s, until an admin names somebody else.
        """
        left = []
        for role, members in self.roles:
            others = tuple(each for each in members if each != user_id)
            if members and not others and role is not Role.ADMINISTER:
                others = (NOBODY,)
            if others or not members:
                left.append((role, others))
        return replace(self, roles=tuple(left))

    def credential(self, need: Need) -> Credential:
        """Return whose connection *need* may use."""
        return self.write if need.writes else self.read


@frozen
class Integration:
    """The tenant's choice of authorization; *generation* 0 is the one that nobody has made.

    *people_profile* is the profile under which people connect, *organisation_profile* the one of
    the tenant's own connection, which counts only while the type is PRE_AUTHORIZED.
    *announced_at* is when its first success was told.
    """

    tenant: Tenant
    authorization: AuthorizationType = AuthorizationType.USERS
    people_profile: str = SYSTEM
    organisation_profile: str = ""
    policy: Policy = field(default_factory=Policy)
    configured_at: datetime | None = None
    announced_at: datetime | None = None
    generation: int = 0

    @property
    def is_configured(self) -> bool:
        """Tell *configured* from *available*."""
        return self.configured_at is not None

    @property
    def lends(self) -> bool:
        """Tell whether the organisation's connection may be used at all."""
        return self.authorization is AuthorizationType.PRE_AUTHORIZED and bool(
            self.organisation_profile
        )


@frozen
class ChannelDefaults:
    """Where a channel's people write unless they choose otherwise; set by *set_by*."""

    tenant: Tenant
    channel_id: str
    site: CloudId
    site_name: str
    space_id: SpaceId
    space_key: SpaceKey
    space_name: str
    set_by: str
    set_at: datetime
    parent_id: str = ""
    parent_title: str = ""


MOST_SPACES: Final = 100
"""As many spaces as a policy can allow: an admin reads them all, and each search names them."""
