"""Atlassian's authorization server over the network."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from pydantic import SecretStr

from bot.connection import Grant
from bot.content import Account, Site
from bot.errors import NotAllowed, NotFound, ProfileBroken, Unavailable
from bot.pending import Obtained
from bot.ports import Clock, ConsentServer
from bot.profile import AuthorizationProfile
from bot.providers import atlassian_wire as wire
from bot.providers.outgoing import Answer, Outgoing, Request

Read = TypeVar("Read")


class AtlassianConsent(ConsentServer):
    """Speaks ``atlassian_wire``; keeps nothing, so that any task and replica may use it."""

    def __init__(
        self,
        outgoing: Outgoing,
        api_url: str,
        profiles: Mapping[str, AuthorizationProfile],
        clock: Clock,
    ) -> None:
        """*profiles* are the authorization profiles by name."""
        self._outgoing = outgoing
        self._api_url = api_url
        self._profiles = profiles
        self._clock = clock

    def consent_url(self, profile: str, scopes: frozenset[str], state: str, verifier: str) -> str:
        """See ``ConsentServer.consent_url``."""
        return wire.consent_url(self._profile(profile), scopes, state, verifier)

    async def redeem(self, profile: str, code: SecretStr, verifier: SecretStr) -> Obtained:
        """See ``ConsentServer.redeem``."""
        request = wire.redeem_code(self._profile(profile), code, verifier)
        try:
            body = wire.read_token(await self._outgoing.send(request), self._clock())
        except wire.TokenDenied as error:
            raise NotAllowed("Atlassian refused the code of this consent.") from error
        grant = wire.grant_of(body, self._clock())
        account, listed = await asyncio.gather(self._person(grant), self._resources(grant))
        resources = wire.confluence_in(listed)
        if listed and not resources:
            raise NotFound("There is no Confluence on the sites of this consent.")
        if not grant.scopes:
            grant = replace(grant, scopes=wire.scopes_of(resources, body))
        return Obtained(grant, account, wire.sites_of(resources))

    async def renew(self, profile: str, grant: Grant) -> Grant | None:
        """See ``ConsentServer.renew``."""
        if grant.refresh_token is None:
            return None
        request = wire.renew(self._profile(profile), grant.refresh_token)
        try:
            body = wire.read_token(await self._outgoing.send(request), self._clock())
        except wire.TokenDenied:
            return None
        return wire.grant_of(body, self._clock(), grant)

    async def list_sites(self, grant: Grant) -> tuple[Site, ...]:
        """See ``ConsentServer.list_sites``."""
        return wire.sites_of(wire.confluence_in(await self._resources(grant)))

    async def _person(self, grant: Grant) -> Account:
        request = wire.with_token(self._api_url, "/me", grant.access_token)
        return await self._read(request, wire.read_person)

    async def _resources(self, grant: Grant) -> Sequence[wire.ResourceBody]:
        path = "/oauth/token/accessible-resources"
        request = wire.with_token(self._api_url, path, grant.access_token)
        return await self._read(request, wire.read_resources)

    async def _read(self, request: Request, read: Callable[[Answer, datetime], Read]) -> Read:
        """Ask, and ask once more where there is trouble: a consent hangs on it."""
        try:
            return read(await self._outgoing.send(request), self._clock())
        except Unavailable:
            return read(await self._outgoing.send(request), self._clock())

    def _profile(self, name: str) -> AuthorizationProfile:
        profile = self._profiles.get(name)
        if profile is None:
            raise ProfileBroken(f"there is no authorization profile {name!r}")
        return profile
