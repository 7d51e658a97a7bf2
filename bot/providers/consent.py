"""Authorization servers over the network, whichever a profile names, and whose a grant is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

from pydantic import SecretStr

from bot.authorize import TokenRefused
from bot.connection import Connection, Grant
from bot.content import Account, Site
from bot.errors import (
    BadInput,
    BotError,
    ConsentRequired,
    NotAllowed,
    NotFound,
    ProfileBroken,
    ProviderFault,
    ScopeMissing,
    Unavailable,
)
from bot.pending import Obtained
from bot.ports import Clock, ConsentServer
from bot.profile import AuthorizationProfile, Credentials, Mechanism, Provider
from bot.providers import identity_wire as identity
from bot.providers import oauth_wire as oauth
from bot.providers.outgoing import Answer, Outgoing, Request
from bot.providers.profile_rules import filled, published, require_endpoints, require_fit


class ConsentServers(ConsentServer):
    """Keeps nothing, so that any task and replica may use it."""

    def __init__(
        self, outgoing: Outgoing, auth_url: str, api_url: str, clock: Clock, internal: Sequence[str]
    ) -> None:
        """*auth_url* and *api_url* are Atlassian's own; *internal* the private origins allowed."""
        self._outgoing = outgoing
        self._auth_url = auth_url
        self._api_url = api_url
        self._clock = clock
        self._internal = internal

    def consent_url(
        self, profile: AuthorizationProfile, scopes: frozenset[str], state: str, verifier: str
    ) -> str:
        """See ``ConsentServer.consent_url``."""
        return oauth.consent_url(profile, scopes, state, verifier)

    async def redeem(
        self, profile: AuthorizationProfile, code: SecretStr, verifier: SecretStr
    ) -> Obtained:
        """See ``ConsentServer.redeem``."""
        try:
            issued = await self._token(profile, oauth.redeem_code(profile, code, verifier))
        except oauth.TokenDenied as error:
            name = oauth.server_of(profile)
            raise NotAllowed(f"{name} refused the code of this consent.") from error
        return await self._learn(profile, issued)

    async def present(
        self, profile: AuthorizationProfile, typed: Credentials | None = None
    ) -> Obtained:
        """See ``ConsentServer.present``."""
        if typed is None:
            return await self._learn(profile, await self._issued(profile))
        require_fit(profile)
        grant = identity.typed_grant(profile, typed)
        answers = []
        for door in await self._doors(profile):
            answer = await self._knock(profile, door, grant)
            if answer.status == HTTPStatus.OK:
                account = identity.read_user(answer, oauth.server_of(profile))
                return Obtained(grant, account, (door.site,))
            answers.append(answer)
        self._require_calm(profile, answers)
        raise identity.refused(profile, answers)

    async def renew(self, profile: AuthorizationProfile, grant: Grant) -> Grant | None:
        """See ``ConsentServer.renew``."""
        if profile.mechanism is Mechanism.CLIENT_CREDENTIALS:
            issued = await self._issued(profile)
            before = replace(grant, refresh_token=None)
            return oauth.grant_of(profile, issued, self._clock(), before)
        if grant.refresh_token is None:
            return None
        try:
            issued = await self._token(profile, oauth.renew(profile, grant.refresh_token))
        except oauth.TokenDenied:
            return None
        return oauth.grant_of(profile, issued, self._clock(), grant)

    async def revoke(self, profile: AuthorizationProfile, grant: Grant) -> bool:
        """See ``ConsentServer.revoke``. The refresh token's end is its access tokens' as well."""
        if not profile.revocation_url or profile.mechanism.is_typed:
            return False
        token, kind = grant.access_token, "access_token"
        if grant.refresh_token is not None:
            token, kind = grant.refresh_token, "refresh_token"
        try:
            answer = await self._outgoing.send(oauth.revoke(profile, token, kind))
        except BotError:
            return False
        return oauth.is_revoked(answer)

    async def list_sites(
        self, profile: AuthorizationProfile, connection: Connection
    ) -> tuple[Site, ...]:
        """See ``ConsentServer.list_sites``."""
        if profile.is_atlassians:
            return await self._atlassians_sites(profile, connection)
        doors = await self._doors(profile)
        kept = [door for door in doors if connection.site(door.site.cloud_id) == door.site]
        for door in kept:
            answer = await self._knock(profile, door, connection.grant)
            self._require_calm(profile, [answer])
            self._require_standing(profile, answer)
            account = identity.read_user(answer, oauth.server_of(profile))
            self._require_same(profile, connection, account)
        return tuple(door.site for door in kept)

    async def complete(self, profile: AuthorizationProfile) -> AuthorizationProfile:
        """See ``ConsentServer.complete``.

        Endpoints may lie at other hosts than the server's own name (RFC 8414 §2 binds them to
        none); each is judged like one that was typed.
        """
        checked = filled(profile, self._auth_url, self._internal)
        if checked.mechanism.is_typed or checked.is_atlassians:
            return checked
        if not (checked.issuer or checked.authorization_url or checked.token_url):
            raise BadInput("Type the address.", field="token_url")
        found, down = await self._published(checked)
        if found is None:
            require_endpoints(checked, down)
            return checked
        return published(checked, found, self._auth_url, self._internal)

    async def _published(
        self, profile: AuthorizationProfile
    ) -> tuple[oauth.Metadata | None, Unavailable | None]:
        """Return what the server publishes about itself, or why that isn't known."""
        down = None
        for request in oauth.metadata_of(profile):
            try:
                answer = await self._outgoing.send(request)
                self._require_calm(profile, [answer])
            except ProviderFault:
                continue
            except Unavailable as error:
                down = error
                continue
            found = oauth.read_metadata(profile, answer)
            if found is not None:
                return found, None
        return None, down

    async def _atlassians_sites(
        self, profile: AuthorizationProfile, connection: Connection
    ) -> tuple[Site, ...]:
        """List them, and see that it is still the account that consented."""
        person, listed = await asyncio.gather(
            self._ask(profile, "/me", connection.grant),
            self._ask(profile, "/oauth/token/accessible-resources", connection.grant),
        )
        self._require_standing(profile, listed)
        resources = identity.read_resources(listed, oauth.ATLASSIAN)
        if person.status == HTTPStatus.OK:  # without read:me it isn't told whose it is
            account = identity.read_person(person, oauth.ATLASSIAN)
            self._require_same(profile, connection, account)
        return identity.sites_of(identity.confluence_in(resources))

    def _require_standing(self, profile: AuthorizationProfile, answer: Answer) -> None:
        if identity.lacks_scope(answer):
            raise ScopeMissing(profile.id, identity.TO_TELL_WHOSE)
        if identity.is_refused(answer):
            raise TokenRefused(profile.id)

    def _require_same(
        self, profile: AuthorizationProfile, connection: Connection, account: Account
    ) -> None:
        """Take another account's grant for none: its person never connected that (promise 3)."""
        if account.id != connection.account.id:
            raise ConsentRequired(profile.id, ended=True)

    async def _issued(self, profile: AuthorizationProfile) -> oauth.TokenAnswer:
        try:
            return await self._token(profile, oauth.issue(profile))
        except oauth.TokenDenied as error:
            name = oauth.server_of(profile)
            raise ProfileBroken(f"{name} refuses the profile's client credentials") from error

    async def _token(self, profile: AuthorizationProfile, request: Request) -> oauth.TokenAnswer:
        return oauth.read_token(profile, await self._outgoing.send(request), self._clock())

    async def _learn(self, profile: AuthorizationProfile, issued: oauth.TokenAnswer) -> Obtained:
        """Find out whose the grant is and what it opens."""
        grant = oauth.grant_of(profile, issued, self._clock())
        if not profile.is_atlassians:
            door, name = identity.own_door(profile), oauth.server_of(profile)
            answer = await self._again(lambda: self._knock(profile, door, grant))
            self._require_calm(profile, [answer])
            return Obtained(grant, identity.read_user(answer, name), (door.site,))
        account, listed = await asyncio.gather(
            self._person(profile, grant), self._resources(profile, grant)
        )
        resources = identity.confluence_in(listed)
        if listed and not resources:
            raise NotFound("There is no Confluence on the sites of this consent.")
        sites = identity.sites_of(resources)
        if not grant.scopes:
            grant = replace(grant, scopes=identity.scopes_of(resources, issued))
        if account is None:
            account = await self._account(profile, grant, sites)
        return Obtained(grant, account, sites)

    async def _person(self, profile: AuthorizationProfile, grant: Grant) -> Account | None:
        """Return whose grant it is; ``None`` where a service account may not say."""
        answer = await self._ask(profile, "/me", grant)
        is_refused = answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        if is_refused and profile.mechanism is Mechanism.CLIENT_CREDENTIALS:
            return None
        return identity.read_person(answer, oauth.ATLASSIAN)

    async def _account(
        self, profile: AuthorizationProfile, grant: Grant, sites: tuple[Site, ...]
    ) -> Account:
        """Ask the sites themselves whose grant it is; the first that says so is believed."""
        name = oauth.server_of(profile)
        failed: BotError = NotFound("There is no site that this service account may use.")
        for site in sites:
            url = identity.gateway_user(self._api_url, site)
            answer = await self._outgoing.send(identity.asked(name, url, grant, beyond=False))
            self._require_calm(profile, [answer])
            try:
                return identity.read_user(answer, name)
            except BotError as error:
                failed = error
        raise failed

    async def _resources(
        self, profile: AuthorizationProfile, grant: Grant
    ) -> Sequence[identity.ResourceBody]:
        answer = await self._ask(profile, "/oauth/token/accessible-resources", grant)
        return identity.read_resources(answer, oauth.ATLASSIAN)

    async def _ask(self, profile: AuthorizationProfile, path: str, grant: Grant) -> Answer:
        """Ask Atlassian, and once more where there is trouble: a consent hangs on it."""
        url = f"{self._api_url.rstrip('/')}{path}"
        request = identity.asked(oauth.server_of(profile), url, grant, beyond=False)

        async def send() -> Answer:
            return await self._outgoing.send(request)

        answer = await self._again(send)
        self._require_calm(profile, [answer])
        return answer

    async def _again(self, send: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            answer = await send()
        except Unavailable:
            return await send()
        return answer if _is_calm(answer) else await send()

    async def _doors(self, profile: AuthorizationProfile) -> Sequence[identity.Door]:
        if profile.provider is Provider.DATA_CENTER or profile.mechanism is not Mechanism.API_TOKEN:
            return (identity.own_door(profile),)
        url = f"{profile.base_url.rstrip('/')}/_edge/tenant_info"
        name = oauth.server_of(profile)
        info = identity.read_tenant_info(
            await self._outgoing.send(identity.asked(name, url, None, beyond=True))
        )
        if info is None:
            raise NotFound(f"There is no Confluence Cloud site at {profile.base_url}.")
        return identity.cloud_doors(profile, info, self._api_url)

    async def _knock(
        self, profile: AuthorizationProfile, door: identity.Door, grant: Grant
    ) -> Answer:
        is_beyond = bool(door.site.api_url)
        request = identity.asked(oauth.server_of(profile), door.url, grant, beyond=is_beyond)
        return await self._outgoing.send(request)

    def _require_calm(self, profile: AuthorizationProfile, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if not _is_calm(answer):
                raise Unavailable(oauth.server_of(profile))


def _is_calm(answer: Answer) -> bool:
    busy = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
    return answer.status not in busy and answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
