"""At which site something is meant to happen: named, the channel's, or the one in use."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from bot.act import Actor
from bot.connection import Need
from bot.content import CloudId, Site
from bot.errors import BadInput
from bot.integration import ChannelDefaults
from bot.ports import Integrations
from bot.principal import Principal

_NAMED: Final = re.compile(r"(?:^|(?<=\s))site:(?:\"(?P<quoted>[^\"]+)\"|(?P<plain>\S+))(?=\s|$)")
_DIRECT: Final = "D"
"""How the ids of direct messages begin; nothing is decided for those."""


def split_site(text: str) -> tuple[str, str]:
    """Return the site that ``site:`` names in *text*, if any, and the rest of the text."""
    found = _NAMED.search(text)
    if found is None:
        return "", text
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    return found["quoted"] or found["plain"], " ".join(rest.split())


def site_called(sites: Sequence[Site], name: str) -> Site:
    """Return the one of *sites* that *name* means: its name, its host, or the host's first word.

    Raises:
        BadInput: none of them is called so, or several are.
    """
    wanted = name.strip().casefold()
    found = [site for site in sites if wanted in _names_of(site)]
    if len(found) == 1:
        return found[0]
    if not sites:
        raise BadInput(f"You aren't connected to any site, so there is none called “{name}”.")
    known = ", ".join(f"“{site.name}”" for site in sites)
    problem = "Several sites are called" if found else "You aren't connected to a site called"
    raise BadInput(f"{problem} “{name}”, so nothing was done. Yours are {known}.")


def _names_of(site: Site) -> set[str]:
    parts = urlsplit(site.url)
    host = (parts.hostname or "").casefold()
    last = parts.path.strip("/").rpartition("/")[2].casefold()
    names = {site.name.casefold(), site.cloud_id.casefold(), host, host.partition(".")[0], last}
    return names - {""}


class Whereabouts:
    """Knows the sites that people can use, and what channels decided."""

    def __init__(self, actor: Actor, integrations: Integrations) -> None:
        self._actor = actor
        self._integrations = integrations

    async def site(
        self, principal: Principal, need: Need, named: str, channel_id: str = ""
    ) -> CloudId | None:
        """Return the site that was *named*, else the channel's if it can be used, else ``None``.

        Raises:
            BadInput: none or several of the person's sites are called so.
        """
        defaults = None if named else await self.defaults(principal, channel_id)
        return await self.site_by(principal, need, named, defaults)

    async def site_by(
        self, principal: Principal, need: Need, named: str, defaults: ChannelDefaults | None
    ) -> CloudId | None:
        """Return the same where the channel's *defaults* are known already. Raises alike."""
        if named:
            sites = await self._actor.list_sites(principal, need)
            return site_called(sites, named).cloud_id
        if defaults is None:
            return None
        sites = await self._actor.list_sites(principal, need)
        return next((site.cloud_id for site in sites if site.cloud_id == defaults.site), None)

    async def defaults(self, principal: Principal, channel_id: str) -> ChannelDefaults | None:
        """Return where *channel_id*'s people write unless they choose otherwise."""
        if not channel_id or channel_id.startswith(_DIRECT):
            return None
        return await self._integrations.find_channel(principal.tenant, channel_id)
