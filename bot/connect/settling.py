"""From a grant in waiting to a connection, by way of a question or a code where it takes one."""

import hmac
from contextlib import suppress
from dataclasses import replace

import structlog
from pydantic import SecretStr

from bot.connect.ends import End, Ended
from bot.connect.outcome import (
    CodeShown,
    Connected,
    Decided,
    Done,
    Next,
    Question,
    ToChoose,
)
from bot.connect.parts import Services, Stores
from bot.connect.proof import Proof, is_browser, require_browser
from bot.connect.steps import CODE_LASTS, Steps, code_key, mint_code
from bot.connection import Connection, organisation
from bot.content import Account, Site
from bot.errors import BadInput, BotError
from bot.integration import AuthorizationType, Integration
from bot.integrations import amend
from bot.pending import Obtained, PendingConnection, Purpose, Step
from bot.ports import Clock
from bot.principal import Digest, Principal
from bot.profile import AuthorizationProfile
from bot.trail import Action, Entry

logger = structlog.get_logger(__name__)


class Settling:
    """Asks what must be asked, and keeps what was obtained."""

    def __init__(
        self, stores: Stores, services: Services, steps: Steps, proof: Proof, clock: Clock
    ) -> None:
        self._stores = stores
        self._consent = services.consent
        self._on_connected = services.on_connected
        self._auditor = services.auditor
        self._steps = steps
        self._proof = proof
        self._clock = clock

    async def ask_or_settle(self, pending: PendingConnection, obtained: Obtained) -> Next:
        """Go on with what was obtained: nobody's first site is taken for them."""
        if not obtained.sites:
            raise Ended(End.NO_SITE, pending)
        waiting = replace(pending, verifier=None, obtained=obtained)
        if pending.purpose is Purpose.TRIAL:
            return await self._settle(waiting, obtained.sites[0])
        if len(obtained.sites) > 1 or await self._other_account(waiting):
            return ToChoose(await self._steps.open(Step.CHOICE, waiting))
        return await self._settle(waiting, obtained.sites[0])

    async def look_at_choice(self, token: str, browser: Digest | None) -> Question:
        """Return what must be decided, to the browser that consented."""
        pending = await self._steps.look(Step.CHOICE, token)
        require_browser(pending, browser)
        obtained = _obtained(pending)
        chosen = await self._stores.preferences.find(holder_of(pending))
        return Question(
            token,
            pending.person,
            pending.workspace,
            obtained.account,
            await self._other_account(pending),
            obtained.sites,
            chosen.site,
            pending.server,
            is_organisations=pending.purpose is Purpose.ORGANISATION,
        )

    async def choose(self, token: str, browser: Digest | None, decided: Decided) -> Next:
        """Act on the decision; a form without a site in it doesn't use the step up."""
        seen = await self._steps.look(Step.CHOICE, token)
        if is_browser(seen, browser) and not decided.keeps_other:
            _pick(_obtained(seen), decided)
        pending = await self._steps.take(Step.CHOICE, token)
        require_browser(pending, browser)
        if decided.keeps_other:
            raise Ended(End.KEPT, pending)
        other = await self._other_account(pending)
        if other is not None and other.id != decided.instead_of:
            # Another tab has connected an account that this page didn't name.
            return ToChoose(await self._steps.open(Step.CHOICE, pending))
        return await self._settle(pending, _pick(_obtained(pending), decided))

    async def confirm_code(self, principal: Principal, typed: str) -> Connected | None:
        """Make a connection of what *typed* stands for; ``None`` where no code waits.

        Raises:
            BadInput: it isn't that code; a try is spent.
        """
        pending = await self._steps.find_code(principal)
        if pending is None:
            return None
        if not hmac.compare_digest(pending.key, code_key(principal, typed)):
            raise BadInput("That isn't the code on the page in your browser. Please look again.")
        if not await self._steps.take_code(pending):
            return None
        return await self._finish(pending, _obtained(pending).sites[0])

    async def _settle(self, pending: PendingConnection, site: Site) -> CodeShown | Done:
        """Finish what it is for, unless its person has yet to prove themselves in Slack."""
        installation = await self._proof.require_person(pending)
        if self._proof.is_possible:
            return Done(await self._finish(pending, site), installation)
        return await self._show_code(pending, site)

    async def _show_code(self, pending: PendingConnection, site: Site) -> CodeShown:
        obtained = _obtained(pending)
        code = mint_code()
        # The chosen site stands first: that is how the code's step remembers it.
        others = tuple(each for each in obtained.sites if each.cloud_id != site.cloud_id)
        chosen = replace(obtained, sites=(site, *others))
        await self._steps.keep_code(replace(pending, obtained=chosen), code)
        return CodeShown(
            SecretStr(code), CODE_LASTS, pending.person, pending.workspace, obtained.account, site
        )

    async def _finish(self, pending: PendingConnection, site: Site) -> Connected:
        if pending.purpose is Purpose.TRIAL:
            return await self._end_trial(pending)
        principal, holder = pending.principal, holder_of(pending)
        await self._proof.require_admin(pending)
        profile = await self._profile(pending)
        before = await self._stores.connections.find(holder, pending.profile)
        connection = self._connection(pending, profile, before)
        await self._stores.connections.save(connection)
        is_own = pending.purpose is Purpose.OWN
        action = Action.CONNECT if is_own else Action.CONNECT_ORGANISATION
        entry = Entry.by(principal, action, pending.person).under(connection)
        self._auditor.record(entry.on(site))
        await self._stores.preferences.choose_site(holder, site.cloud_id)
        is_first = await self._configure(pending, profile)
        parked = await self._stores.parked.consume(principal, self._clock())
        reply_url = await self._steps.take_reply(pending)
        return await self._told(
            Connected(
                connection,
                site,
                parked,
                reply_url,
                principal,
                pending.purpose,
                profile,
                *_lost(before, connection),
                is_first=is_first,
            )
        )

    async def _end_trial(self, pending: PendingConnection) -> Connected:
        """Record that the profile works, and let go of what it granted."""
        await self._proof.require_admin(pending)
        profile = await self._profile(pending)
        connection = self._connection(pending, profile, None)
        is_first = await self._configure(pending, profile)
        entry = Entry.by(pending.principal, Action.SAVE_PROFILE, pending.person).under(connection)
        told = f"{profile.name}, version {profile.version}: tried"
        self._auditor.record(entry.of("", told))
        with suppress(BotError):
            await self._consent.revoke(profile, connection.grant)
        reply_url = await self._steps.take_reply(pending)
        return await self._told(
            Connected(
                connection,
                connection.sites[0],
                None,
                reply_url,
                pending.principal,
                pending.purpose,
                profile,
                is_first=is_first,
            )
        )

    async def _told(self, connected: Connected) -> Connected:
        try:
            await self._on_connected(connected)
        except BotError as error:
            # The connection stands all the same; its person sees it in the browser.
            logger.warning("connected_untold", code=error.code)
        return connected

    def _connection(
        self, pending: PendingConnection, profile: AuthorizationProfile, before: Connection | None
    ) -> Connection:
        obtained = _obtained(pending)
        is_organisations = pending.purpose is Purpose.ORGANISATION
        return Connection(
            principal=holder_of(pending),
            profile=pending.profile,
            account=obtained.account,
            sites=obtained.sites,
            grant=obtained.grant,
            connected_at=self._clock(),
            generation=before.generation + 1 if before else 1,
            profile_version=profile.version,
            provider=profile.provider,
            mechanism=profile.mechanism,
            name=pending.name,
            owner=pending.principal.user_id if is_organisations else "",
        )

    async def _configure(self, pending: PendingConnection, profile: AuthorizationProfile) -> bool:
        """Mark profile and integration as working; ``True`` for the tenant's first time."""
        now = self._clock()
        if not profile.is_usable:
            await self._stores.customs.replace(replace(profile, tried_at=now))

        def change(integration: Integration) -> Integration:
            changed = replace(integration, configured_at=integration.configured_at or now)
            if pending.purpose is not Purpose.ORGANISATION:
                return changed
            return replace(
                changed,
                authorization=AuthorizationType.PRE_AUTHORIZED,
                organisation_profile=pending.profile,
            )

        before, _ = await amend(self._stores.integrations, pending.tenant, change)
        return not before.is_configured

    async def _profile(self, pending: PendingConnection) -> AuthorizationProfile:
        where = pending.tenant, pending.profile, pending.profile_version
        try:
            return await self._stores.profiles.get(*where)
        except BotError as error:
            raise Ended(End.PROFILE_BROKEN, pending) from error

    async def _other_account(self, pending: PendingConnection) -> Account | None:
        """Return the account that would be replaced, if it is another one."""
        before = await self._stores.connections.find(holder_of(pending), pending.profile)
        if before is None or before.account.id == _obtained(pending).account.id:
            return None
        return before.account


def holder_of(pending: PendingConnection) -> Principal:
    """Return whose connection it is to be: its person's, or the tenant's."""
    if pending.purpose is Purpose.ORGANISATION:
        return organisation(pending.tenant)
    return pending.principal


def _lost(before: Connection | None, now: Connection) -> tuple[frozenset[str], tuple[Site, ...]]:
    """Return the scopes and sites that the consent before had, and the new one hasn't."""
    if before is None or before.account.id != now.account.id:
        return frozenset(), ()
    scopes = before.grant.scopes - now.grant.scopes if now.grant.scopes else frozenset()
    return scopes, tuple(site for site in before.sites if now.site(site.cloud_id) is None)


def _obtained(pending: PendingConnection) -> Obtained:
    if pending.obtained is None:
        raise Ended(End.UNKNOWN, pending)
    return pending.obtained


def _pick(obtained: Obtained, decided: Decided) -> Site:
    if decided.site is None and len(obtained.sites) == 1:
        return obtained.sites[0]
    for site in obtained.sites:
        if site.cloud_id == decided.site:
            return site
    raise BadInput("Please choose a site.", field="site")
