"""What the organisation's connection can see, for admins to choose from: spaces and groups."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from bot.authorize import Authorizer
from bot.connection import Connection, Need, organisation
from bot.content import AllowedSpace, Group, Site, Space, SpaceId
from bot.errors import BadInput, ConsentRequired, OrganisationBroken
from bot.integration import MOST_SPACES
from bot.ports import Confluence, Integrations
from bot.principal import Tenant, digest

T = TypeVar("T")
_AT_A_TIME: Final = 5


def space_key(site: Site, space: SpaceId) -> str:
    """Return what a menu's choice stands for, in a form that is short enough for one."""
    return f"{_short(site)}:{space}"


def allowed_key(space: AllowedSpace) -> str:
    """Return the same for a space that is allowed already."""
    return f"{digest(space.site)[:12]}:{space.id}"


class Directory:
    """Looks things up with the organisation's connection, with all that it may see."""

    def __init__(
        self, integrations: Integrations, authorizer: Authorizer, confluence: Confluence
    ) -> None:
        self._integrations = integrations
        self._authorizer = authorizer
        self._confluence = confluence

    async def suggest_spaces(self, tenant: Tenant, words: str) -> Sequence[tuple[Site, Space]]:
        """Return up to ten spaces of each site; none without a connection."""

        async def look(connection: Connection) -> Sequence[tuple[Site, Space]]:
            found: list[tuple[Site, Space]] = []
            for site in connection.sites:
                spaces = await self._confluence.suggest_spaces(connection, site, words)
                found += [(site, space) for space in spaces]
            return found

        return await self._looked(tenant, look) or ()

    async def find_groups(self, tenant: Tenant, words: str) -> Sequence[Group]:
        """Return groups whose name contains *words*, each once; none without a connection."""

        async def look(connection: Connection) -> Sequence[Group]:
            found: dict[str, Group] = {}
            for site in connection.sites:
                groups = await self._confluence.find_groups(connection, site, words)
                found |= {group.id: group for group in groups}
            return tuple(found.values())

        return await self._looked(tenant, look) or ()

    async def allow(
        self, tenant: Tenant, chosen: Sequence[str], known: Sequence[AllowedSpace]
    ) -> tuple[AllowedSpace, ...]:
        """Return the spaces that *chosen* stand for; those that aren't *known* are looked up.

        Raises:
            BadInput: too many, or one that the organisation's connection doesn't open.
        """
        if len(chosen) > MOST_SPACES:
            raise BadInput(f"At most {MOST_SPACES} spaces can be allowed.")
        held = {allowed_key(each): each for each in known}
        new = [each for each in dict.fromkeys(chosen) if each not in held]
        if new:
            held |= dict(zip(new, await self._looked_up(tenant, new), strict=True))
        return tuple(held[each] for each in dict.fromkeys(chosen))

    async def _looked_up(self, tenant: Tenant, keys: Sequence[str]) -> Sequence[AllowedSpace]:
        turns = asyncio.Semaphore(_AT_A_TIME)

        async def get(connection: Connection, key: str) -> AllowedSpace:
            short, _, space_id = key.partition(":")
            site = next((each for each in connection.sites if _short(each) == short), None)
            if site is None:
                raise BadInput("The organisation's connection doesn't open the site of that space.")
            async with turns:
                space = await self._confluence.get_space(connection, site, SpaceId(space_id))
            return AllowedSpace(site.cloud_id, space.id, space.key, space.name)

        async def look(connection: Connection) -> Sequence[AllowedSpace]:
            return await asyncio.gather(*(get(connection, key) for key in keys))

        found = await self._looked(tenant, look)
        if found is None:
            raise BadInput("There is no organisation's connection to look those spaces up with.")
        return found

    async def _looked(self, tenant: Tenant, look: Callable[[Connection], Awaitable[T]]) -> T | None:
        """Return what *look* finds; ``None`` without a connection of the organisation."""
        profile = (await self._integrations.find(tenant)).organisation_profile
        if not profile:
            return None
        try:
            return await self._authorizer.call(organisation(tenant), Need.READ, look, profile)
        except ConsentRequired as error:
            raise OrganisationBroken(error) from error


def _short(site: Site) -> str:
    return digest(site.cloud_id)[:12]
