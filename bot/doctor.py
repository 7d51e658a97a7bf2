"""Finding the layer that keeps somebody from working: each is looked at, in order; none changed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot import cql
from bot.act import Acting, Actor
from bot.authorize import Authorizer
from bot.connection import Connection, Need, organisation
from bot.content import CloudId, Site
from bot.errors import (
    AppBlocked,
    BotError,
    CaptchaRequired,
    ConsentRequired,
    CredentialRefused,
    NoLicence,
    NotAllowed,
    NotFound,
    OrganisationBroken,
    ProfileBroken,
    QuotaSpent,
    ScopeMissing,
    SiteRequired,
)
from bot.find import PageFinder, SeveralPages
from bot.frozen import frozen
from bot.installation import Installation
from bot.integration import Credential, Integration, Role
from bot.ports import (
    Clock,
    Confluence,
    Connections,
    ConsentServer,
    Integrations,
    PreferencesStore,
    SlackInstalls,
)
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile, Provider
from bot.profiles import ProfileBook
from bot.roles import Roles

ANY_PAGE: Final = str(cql.Query(cql.of_type("page")))


class Layer(StrEnum):
    """What lies between a person in Slack and a page, from near to far."""

    DATABASE = "database"
    SLACK = "slack"
    POLICY = "policy"
    PROFILE = "profile"
    GRANT = "grant"
    SITE = "site"
    APP = "app"
    LICENCE = "licence"
    SCOPE = "scope"
    QUOTA = "quota"
    CONFLUENCE = "confluence"
    CONTENT = "content"
    ORGANISATION = "organisation"


class State(StrEnum):
    """How a layer was found."""

    WELL = "well"
    NOTED = "noted"  # it lets some things through, or all of it for now
    ILL = "ill"
    UNKNOWN = "unknown"


@frozen
class Finding:
    """How one layer was found; *what* says what of it, *about* names what it is about.

    *at* is until or since when, *server* whose refusal it is.
    """

    layer: Layer
    state: State = State.WELL
    what: str = ""
    about: tuple[str, ...] = ()
    at: datetime | None = None
    server: str = ""


@frozen
class Ward:
    """What the doctor looks at: our own records."""

    integrations: Integrations
    connections: Connections
    preferences: PreferencesStore
    profiles: ProfileBook
    installation_of: Callable[[Tenant], Awaitable[Installation | None]]
    slack_scopes: frozenset[str]


@frozen
class Instruments:
    """What the doctor looks with: who is asked, and changes nothing by answering."""

    slack: SlackInstalls
    roles: Roles
    authorizer: Authorizer
    actor: Actor
    consent: ConsentServer
    confluence: Confluence
    finder: PageFinder
    clock: Clock


@frozen
class _Patient:
    """Whom it is about, as our own records have them; *chosen* is the site in use."""

    principal: Principal
    integration: Integration
    own: Connection | None
    chosen: CloudId | None


class Doctor:
    """Looks at each layer of one person, and goes no further than the first that lets none by."""

    def __init__(self, ward: Ward, instruments: Instruments) -> None:
        self._ward = ward
        self._with = instruments

    async def examine(self, principal: Principal, place: str = "") -> Sequence[Finding]:
        """Return what was found, from near to far; *place* is a page, or a space's key."""
        try:
            patient = await self._patient(principal)
        except BotError as error:
            return (Finding(Layer.DATABASE, State.ILL, error.code),)
        integration = patient.integration
        found = [Finding(Layer.DATABASE), await self._slack(principal.tenant)]
        found.append(await self._policy(patient))
        if _uses_own(integration, patient.own):
            found += await self._own(patient)
        if integration.lends:
            found.append(await self._organisations(principal.tenant, integration))
        if place and not any(each.state is State.ILL for each in found):
            found.append(await self._content(principal, place))
        return found

    async def _patient(self, principal: Principal) -> _Patient:
        integration = await self._ward.integrations.find(principal.tenant)
        own = await self._ward.connections.find(principal, integration.people_profile)
        chosen = (await self._ward.preferences.find(principal)).site
        return _Patient(principal, integration, own, chosen)

    async def _slack(self, tenant: Tenant) -> Finding:
        try:
            installation = await self._ward.installation_of(tenant)
            if installation is None:
                return Finding(Layer.SLACK, State.ILL, "gone")
            is_good = await self._with.slack.is_good(installation)
        except BotError:
            return Finding(Layer.SLACK, State.UNKNOWN)
        if not is_good:
            return Finding(Layer.SLACK, State.ILL, "refused")
        missing = self._ward.slack_scopes - installation.scopes
        if missing:
            return Finding(Layer.SLACK, State.ILL, "scopes", tuple(sorted(missing)))
        if installation.broken_at is not None:
            return Finding(Layer.SLACK, State.NOTED, "ends", at=installation.token_expires_at)
        return Finding(Layer.SLACK)

    async def _policy(self, patient: _Patient) -> Finding:
        integration = patient.integration
        if integration.policy.is_read_only:
            return Finding(Layer.POLICY, State.NOTED, "read_only")
        try:
            if not await self._with.roles.may(patient.principal, Role.WRITE, integration):
                return Finding(Layer.POLICY, State.NOTED, "writers")
        except BotError:
            return Finding(Layer.POLICY, State.UNKNOWN)
        return Finding(Layer.POLICY)

    async def _own(self, patient: _Patient) -> Sequence[Finding]:
        """Look at the person's own connection, layer after layer."""
        principal, own = patient.principal, patient.own
        version = own.profile_version if own is not None else None
        try:
            profile = await self._ward.profiles.get(
                principal.tenant, patient.integration.people_profile, version
            )
        except BotError as error:
            return (_blamed(error, Layer.PROFILE),)
        found = [self._profile(profile, own)]
        if own is None or own.ended_at is not None or found[0].state is State.ILL:
            return (*found, self._grant(own, profile))

        async def look(connection: Connection) -> tuple[Connection, Sequence[Site]]:
            return connection, await self._with.consent.list_sites(profile, connection)

        try:
            fresh, opened = await self._with.authorizer.call(
                principal, Need.READ, look, own.profile
            )
        except BotError as error:
            return _with_blame(found, error, Layer.GRANT, profile.server_name)
        found += [self._grant(fresh, profile), self._site(fresh, opened, patient.chosen)]
        if found[-1].state is State.ILL:
            return found
        return (*found, *await self._beyond(fresh, profile, patient.chosen))

    def _profile(self, profile: AuthorizationProfile, own: Connection | None) -> Finding:
        if own is None and (profile.needs_secret or not profile.is_usable):
            what = "secret" if profile.needs_secret else "untried"
            return Finding(Layer.PROFILE, State.ILL, what, (profile.name,))
        return Finding(Layer.PROFILE)

    def _grant(self, own: Connection | None, profile: AuthorizationProfile) -> Finding:
        grant = Finding(Layer.GRANT, server=profile.server_name)
        if own is None:
            return replace(grant, state=State.ILL, what="none")
        if own.ended_at is not None:
            return replace(grant, state=State.ILL, what="ended", at=own.ended_at)
        if own.failing_since is not None:
            return replace(grant, state=State.NOTED, what="failing", at=own.failing_since)
        return grant

    def _site(self, own: Connection, opened: Sequence[Site], chosen: CloudId | None) -> Finding:
        granted = {site.cloud_id for site in opened}
        gone = tuple(site.name for site in own.sites if site.cloud_id not in granted)
        if not granted & {site.cloud_id for site in own.sites}:
            return Finding(Layer.SITE, State.ILL, "not_granted", gone)
        if gone:
            return Finding(Layer.SITE, State.NOTED, "not_granted", gone)
        if len(own.sites) > 1 and (chosen is None or own.site(chosen) is None):
            return Finding(Layer.SITE, State.NOTED, "not_chosen")
        return Finding(Layer.SITE)

    async def _beyond(
        self, own: Connection, profile: AuthorizationProfile, chosen: CloudId | None
    ) -> Sequence[Finding]:
        """Find one page, whichever: what refuses it says which layer is shut. It isn't shown."""
        site = (chosen and own.site(chosen)) or own.sites[0]

        async def look(connection: Connection) -> None:
            await self._with.confluence.search(connection, site, ANY_PAGE, None, 1)

        try:
            await self._with.authorizer.call(own.principal, Need.READ, look, own.profile)
        except BotError as error:
            blamed = _blamed(error, Layer.CONFLUENCE, profile.server_name)
            if isinstance(error, ScopeMissing) and not own.lacking(Need.READ):
                blamed = replace(blamed, what="narrowed")
            return (blamed,)
        layers = [Layer.APP, Layer.LICENCE, Layer.QUOTA]
        if own.provider is Provider.DATA_CENTER:
            layers = [Layer.LICENCE]
        return (*map(Finding, layers), _scopes(own))

    async def _organisations(self, tenant: Tenant, integration: Integration) -> Finding:
        holder, name = organisation(tenant), integration.organisation_profile
        try:
            lent = await self._ward.connections.find(holder, name)
            if lent is None:
                return Finding(Layer.ORGANISATION, State.ILL, "none")
            if lent.ended_at is not None:
                return Finding(Layer.ORGANISATION, State.ILL, "ended", (lent.name,), lent.ended_at)
            fresh = await self._with.authorizer.authorize(holder, Need.READ, name)
        except BotError as error:
            is_passing = _blamed(error, Layer.ORGANISATION).state is State.UNKNOWN
            state = State.UNKNOWN if is_passing else State.ILL
            return Finding(Layer.ORGANISATION, state, error.code)
        if fresh.failing_since is not None:
            since = fresh.failing_since
            return Finding(Layer.ORGANISATION, State.NOTED, "failing", (fresh.name,), since)
        return Finding(Layer.ORGANISATION)

    async def _content(self, principal: Principal, place: str) -> Finding:
        """Look for a page or a space with the rights that the person has."""
        confluence = self._with.confluence

        async def find_space(acting: Acting) -> bool:
            found = await confluence.find_space(acting.connection, acting.site, place.upper())
            return found is not None

        try:
            if place.isascii() and place.isalnum() and not place.isdigit():
                is_there = await self._with.actor.run(principal, Need.READ, find_space)
                state = State.WELL if is_there else State.ILL
                return Finding(Layer.CONTENT, state, "space", (place.upper(),))
            site, page = await self._with.finder.find(principal, place)

            async def look(acting: Acting) -> None:
                await confluence.get_page_head(acting.connection, acting.site, page)

            await self._with.actor.run(principal, Need.READ, look, site=site)
        except SeveralPages:
            return Finding(Layer.CONTENT, what="page", about=(place,))
        except (NotFound, NotAllowed) as error:
            if type(error) in {NotFound, NotAllowed}:
                return Finding(Layer.CONTENT, State.ILL, "page", (place,))
            return _blamed(error, Layer.CONTENT)
        except BotError as error:
            return _blamed(error, Layer.CONTENT)
        return Finding(Layer.CONTENT, what="page", about=(place,))


def _uses_own(integration: Integration, own: Connection | None) -> bool:
    """Tell whether anything is done with the person's own connection, or should be."""
    if not integration.lends:
        return True
    used = {integration.policy.read, integration.policy.write}
    if Credential.OWN in used:
        return True
    return own is not None and Credential.OWN_ELSE_ORGANISATION in used


def _scopes(own: Connection) -> Finding:
    """Say for what the person hasn't given any rights yet: that is asked for when it is needed."""
    lacking = tuple(need for need in Need if need is not Need.LEND and own.lacking(need))
    if not lacking:
        return Finding(Layer.SCOPE)
    return Finding(Layer.SCOPE, State.NOTED, "not_given", lacking)


def _with_blame(
    found: Sequence[Finding], error: BotError, layer: Layer, server: str
) -> Sequence[Finding]:
    """Put what *error* says in the place of what was found of its layer."""
    blamed = _blamed(error, layer, server)
    return (*(each for each in found if each.layer is not blamed.layer), blamed)


_LAYERS: Final[Mapping[type[BotError], Layer | None]] = {
    ScopeMissing: Layer.SCOPE,
    ConsentRequired: Layer.GRANT,
    QuotaSpent: Layer.QUOTA,
    ProfileBroken: Layer.PROFILE,
    AppBlocked: Layer.APP,
    NoLicence: Layer.LICENCE,
    CredentialRefused: Layer.GRANT,
    CaptchaRequired: Layer.GRANT,
    SiteRequired: Layer.SITE,
    OrganisationBroken: Layer.ORGANISATION,
    NotFound: None,
    NotAllowed: None,
}
"""Whose errors say which layer they come from, and whose only that they are final."""


def _blamed(error: BotError, layer: Layer, server: str = "") -> Finding:
    """Return the layer that *error* comes from; *layer* where it doesn't tell."""
    kind = next((each for each in type(error).__mro__ if each in _LAYERS), None)
    if kind is None:
        return Finding(layer, State.UNKNOWN, error.code, server=server)
    blamed = Finding(_LAYERS[kind] or layer, State.ILL, error.code, server=server)
    match error:
        case ScopeMissing():
            return replace(blamed, about=tuple(sorted(error.scopes)))
        case ConsentRequired():
            return replace(blamed, what="ended" if error.ended else "none")
        case QuotaSpent():
            return replace(blamed, at=error.until)
        case OrganisationBroken():
            return replace(blamed, what=error.cause_code)
        case _:
            return blamed
