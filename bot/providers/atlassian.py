"""Atlassian's authorization server over the network."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from pydantic import SecretStr

from bot.connection import Connection, Grant
from bot.content import Account, Site
from bot.errors import NotAllowed, NotFound, ProfileBroken, Unavailable
from bot.pending import Obtained
from bot.ports import Clock, ConsentServer
from bot.profile import AuthorizationProfile, Credentials
from bot.providers import atlassian_wire as wire
from bot.providers.outgoing import Answer, Outgoing, Request

Read = TypeVar("Read")


class AtlassianConsent(ConsentServer):
    """Speaks ``atlassian_wire``; keeps nothing, so that any task and replica may use it."""

    def __init__(
        self,
        outgoing: Outgoing,
        api_url: str,
        clock: Clock,
    ) -> None:
        self._outgoing = outgoing
        self._api_url = api_url
        self._clock = clock

    def consent_url(
        self, profile: AuthorizationProfile, scopes: frozenset[str], state: str, verifier: str
    ) -> str:
        """See ``ConsentServer.consent_url``."""
        return wire.consent_url(profile, scopes, state, verifier)

    async def redeem(
        self, profile: AuthorizationProfile, code: SecretStr, verifier: SecretStr
    ) -> Obtained:
        """See ``ConsentServer.redeem``."""
        request = wire.redeem_code(profile, code, verifier)
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

    async def present(
        self, profile: AuthorizationProfile, typed: Credentials | None = None
    ) -> Obtained:
        """See ``ConsentServer.present``."""
        raise ProfileBroken("only consent is spoken here")

    async def complete(self, profile: AuthorizationProfile) -> AuthorizationProfile:
        """See ``ConsentServer.complete``."""
        return profile

    async def revoke(self, profile: AuthorizationProfile, grant: Grant) -> bool:
        """See ``ConsentServer.revoke``."""
        return False

    async def renew(self, profile: AuthorizationProfile, grant: Grant) -> Grant | None:
        """See ``ConsentServer.renew``."""
        if grant.refresh_token is None:
            return None
        request = wire.renew(profile, grant.refresh_token)
        try:
            body = wire.read_token(await self._outgoing.send(request), self._clock())
        except wire.TokenDenied:
            return None
        return wire.grant_of(body, self._clock(), grant)

    async def list_sites(
        self, profile: AuthorizationProfile, connection: Connection
    ) -> tuple[Site, ...]:
        """See ``ConsentServer.list_sites``."""
        return wire.sites_of(wire.confluence_in(await self._resources(connection.grant)))

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
