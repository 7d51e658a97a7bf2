"""The use case: which step follows which, and who is told when none does."""

import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog
from pydantic import SecretStr

from bot.connect.ends import SILENT, End, Ended, end_of, message_of
from bot.connect.outcome import (
    Anew,
    Asked,
    Connected,
    Decided,
    Export,
    Invitation,
    Next,
    Question,
    Returned,
    SecretKept,
    ToExport,
    ToType,
    Wanted,
)
from bot.connect.parts import Services, Stores, Terms
from bot.connect.proof import NOBODY_YET, Proof, require_browser
from bot.connect.rate import Rate
from bot.connect.settling import Settling, holder_of
from bot.connect.steps import Steps
from bot.connection import DATA_CENTER_READ, DATA_CENTER_WRITE, IDENTITY
from bot.errors import BotError, NotAllowed, NotFound
from bot.pending import Obtained, Parked, PendingConnection, Purpose, Step
from bot.ports import Clock
from bot.principal import Digest, Principal
from bot.profile import AuthorizationProfile, Credentials, Mechanism, Provider
from bot.scopes import scopes_to_ask
from bot.trail import Action, Entry

logger = structlog.get_logger(__name__)

_UNASKED = (
    "For that Confluence wants scopes that this workspace's authorization profile doesn't ask for "
    "({scopes}), so nothing was done and consent wouldn't help. Send this to an admin: they can "
    "add them to the profile."
)

_UNTRIED = (
    "This workspace's authorization profile hasn't been tried since it was made, so nothing was "
    "connected. Ask an admin to press “Try it” on its page first."
)

_NOBODYS_OWN = (
    "This workspace's authorization profile stands for a service account, which is nobody's own, "
    "so nothing was connected. Ask an admin to choose another profile for people."
)


class Connect:
    """Connects principals to accounts. Methods that browsers reach raise ``Ended``."""

    def __init__(self, stores: Stores, services: Services, terms: Terms, clock: Clock) -> None:
        self._stores = stores
        self._consent = services.consent
        self._voice = services.voice
        self._on_secret_kept = services.on_secret_kept
        self._auditor = services.auditor
        self._terms = terms
        self._clock = clock
        self._steps = Steps(stores.pendings, clock, terms.lasts)
        self._proof = Proof(stores, services, self._steps, Rate(clock))
        self._settling = Settling(stores, services, self._steps, self._proof, clock)

    async def start(
        self,
        principal: Principal,
        person: str,
        workspace: str,
        wanted: Wanted,
        parked: Parked | None = None,
    ) -> Invitation:
        """Park what they were doing and return the link to show to *principal* alone.

        Raises:
            ProfileBroken: there is no such authorization profile.
            NotAllowed: it asks for certain scopes alone, and those aren't enough; nobody
                consents under it for themselves; or no admin has tried it.
        """
        await self._park(principal, parked)
        pending = await self._planned(self._begun(principal, wanted), wanted.missing)
        profile = await self._profile(pending)
        if _is_nobodys_own(pending, profile):
            raise NotAllowed(_NOBODYS_OWN)
        unasked = _meant(profile, wanted.missing) - pending.scopes
        if unasked:
            raise NotAllowed(_UNASKED.format(scopes=", ".join(sorted(unasked))))
        token = await self._steps.open(
            Step.START, replace(pending, person=person, workspace=workspace)
        )
        return Invitation(self._terms.address.link(f"/connect/{token}"), pending.flow)

    async def remember_reply(
        self, principal: Principal, flow: str, response_url: SecretStr
    ) -> None:
        """Keep how to replace the private message whose link *principal* has just pressed."""
        pressed = replace(self._begun(principal, Wanted()), flow=flow)
        await self._steps.keep_reply(
            replace(pressed, response_url=response_url, response_url_at=self._clock())
        )

    async def look_at_start(self, token: str) -> tuple[PendingConnection, AuthorizationProfile]:
        """Return what the start page shows; nothing is changed."""
        pending = await self._steps.look(Step.START, token)
        return pending, await self._profile(pending)

    async def begin(self, token: str, browser: Digest | None) -> str | Next:
        """Bind the flow to *browser* and return where it goes next."""
        if browser is None:
            raise Ended(End.COOKIE_MISSING, await self._steps.look(Step.START, token))
        async with self._telling():
            pending = replace(await self._steps.take(Step.START, token), browser=browser)
            if self._proof.is_possible:
                return await self._proof.ask(pending)
            return await self._obtain(pending)

    @property
    def can_begin_anew(self) -> bool:
        """Tell whether a browser can start by itself: it takes a proof of whose it is."""
        return self._proof.is_possible

    async def begin_anew(self, anew: Anew, browser: Digest | None) -> str:
        """Begin for whoever *browser* proves to belong to, and return where it goes."""
        if not self.can_begin_anew:
            raise Ended(End.UNKNOWN)
        pending = self._begun(Principal(anew.tenant, NOBODY_YET), Wanted(anew.need))
        if browser is None:
            raise Ended(End.COOKIE_MISSING, pending)
        return await self._proof.ask(replace(pending, browser=browser))

    async def prove(self, returned: Returned, browser: Digest | None) -> str | Next:
        """Make sure that *browser* is the principal's and return where it goes next."""
        async with self._telling():
            pending = await self._steps.take(Step.PROOF, returned.unverified_state)
            require_browser(pending, browser)
            proven = await self._proof.check(pending, returned)
            if pending.principal.user_id == NOBODY_YET:
                try:
                    proven = await self._planned(proven)
                except NotAllowed as refused:
                    raise Ended(End.UNTRIED, proven) from refused
            return await self._obtain(proven)

    async def consent(self, profile: str, returned: Returned, browser: Digest | None) -> Next:
        """Take what the provider sent back to *profile*'s own path."""
        async with self._telling():
            pending = await self._steps.take(Step.CONSENT, returned.unverified_state)
            require_browser(pending, browser)
            if pending.profile != profile:
                raise Ended(End.UNKNOWN, pending)
            used = await self._profile(pending)
            _require_issuer(pending, used, returned)
            obtained = await self._redeem(pending, used, returned)
            _require_enough(pending, used, obtained)
            return await self._settling.ask_or_settle(pending, obtained)

    async def look_at_typing(self, token: str, browser: Digest | None) -> Asked:
        """Return what the page asks to be typed, to the browser that was proved."""
        pending = await self._steps.look(Step.TYPED, token)
        require_browser(pending, browser)
        return Asked(token, pending, await self._profile(pending))

    async def take_typed(self, token: str, browser: Digest | None, typed: Credentials) -> Next:
        """Try what was typed; the page comes again, a few times, where it is refused."""
        async with self._telling():
            pending = await self._steps.take(Step.TYPED, token)
            require_browser(pending, browser)
            await self._proof.require_admin(pending)
            if pending.purpose is Purpose.SECRET:
                return await self._keep_secret(pending, typed.secret)
            try:
                obtained = await self._present(pending, typed)
            except NotAllowed as refused:
                return await self._ask_again(pending, refused)
            return await self._settling.ask_or_settle(pending, obtained)

    async def look_at_export(self, token: str, browser: Digest | None) -> Export:
        """Return what can be taken away, to the browser that was proved."""
        pending = await self._steps.look(Step.EXPORT, token)
        require_browser(pending, browser)
        return Export(token, pending)

    async def take_export(self, token: str, browser: Digest | None) -> Export:
        """Use the step up: what it stands for may be taken away, once, by an admin."""
        pending = await self._steps.take(Step.EXPORT, token)
        require_browser(pending, browser)
        await self._proof.require_admin(pending)
        return Export(token, pending)

    async def look_at_choice(self, token: str, browser: Digest | None) -> Question:
        """Return what must be decided, to the browser that consented."""
        return await self._settling.look_at_choice(token, browser)

    async def choose(self, token: str, browser: Digest | None, decided: Decided) -> Next:
        """Act on the decision.

        Raises:
            BadInput: no site was picked; the page can be sent again.
        """
        async with self._telling():
            return await self._settling.choose(token, browser, decided)

    async def confirm_code(self, principal: Principal, typed: str) -> Connected:
        """Make the consent that *typed* stands for the principal's connection.

        Raises:
            NotFound: no code of theirs is waiting, or its tries are spent.
            BadInput: it isn't that code; a try is spent.
        """
        connected = await self._settling.confirm_code(principal, typed)
        if connected is None:
            command = self._terms.command
            raise NotFound(f"No code of yours is waiting. Type “{command} connect” to begin anew.")
        return connected

    async def forget(self, principal: Principal) -> None:
        """Drop what was obtained for *principal* and waits in a browser to be kept."""
        await self._stores.pendings.forget_obtained(principal)

    async def _park(self, principal: Principal, parked: Parked | None) -> None:
        if parked is None:
            await self._stores.parked.forget(principal)
        else:
            until = self._clock() + self._terms.parked_lasts
            await self._stores.parked.save(principal, parked, until)

    def _begun(self, principal: Principal, wanted: Wanted) -> PendingConnection:
        return PendingConnection(
            tenant=principal.tenant,
            step=Step.START,
            key=Digest(""),
            flow=secrets.token_urlsafe(16),
            principal=principal,
            profile=wanted.profile,
            need=wanted.need,
            expires_at=self._clock(),
            purpose=wanted.purpose,
            name=wanted.name,
        )

    async def _planned(
        self, pending: PendingConnection, missing: frozenset[str] = frozenset()
    ) -> PendingConnection:
        """Settle under which version of which profile, and for which scopes, to ask.

        Raises:
            ProfileBroken: there is no such profile.
            NotAllowed: a person would be the first to try it, which is for an admin.
        """
        profile_id = pending.profile
        if not profile_id:
            integration = await self._stores.integrations.find(pending.tenant)
            profile_id = integration.people_profile
        # What hasn't been tried since it was saved is for trying alone.
        is_use = pending.purpose in {Purpose.OWN, Purpose.ORGANISATION}
        find = self._stores.profiles.get_usable if is_use else self._stores.profiles.get
        profile = await find(pending.tenant, profile_id)
        if pending.purpose is Purpose.OWN and not profile.is_usable:
            raise NotAllowed(_UNTRIED)
        held = await self._stores.connections.find(holder_of(pending), profile_id)
        return replace(
            pending,
            profile=profile_id,
            profile_version=profile.version,
            scopes=scopes_to_ask(profile, pending.need, held, missing),
            server="" if profile.is_atlassians else profile.name,
        )

    async def _profile(self, pending: PendingConnection) -> AuthorizationProfile:
        where = pending.tenant, pending.profile, pending.profile_version
        try:
            return await self._stores.profiles.get(*where)
        except BotError as error:
            raise Ended(End.PROFILE_BROKEN, pending) from error

    async def _obtain(self, pending: PendingConnection) -> str | Next:
        """Return where consent is given, or a secret typed; or what needed neither."""
        await self._proof.installation(pending)
        await self._proof.require_admin(pending)
        if pending.purpose is Purpose.EXPORT:
            return await self._export(pending)
        profile = await self._profile(pending)
        if pending.purpose is Purpose.SECRET or profile.mechanism.is_typed:
            if not self._proof.is_possible:
                raise Ended(End.SIGN_IN_NEEDED, pending)
            return ToType(await self._steps.open(Step.TYPED, replace(pending, nonce=None)))
        if _is_nobodys_own(pending, profile):
            raise Ended(End.NOT_ADMIN, pending)
        if profile.mechanism is Mechanism.CLIENT_CREDENTIALS:
            return await self._issue(replace(pending, nonce=None))
        verifier = secrets.token_urlsafe(48)
        asked = replace(pending, nonce=None, verifier=SecretStr(verifier))
        state = await self._steps.open(Step.CONSENT, asked)
        return self._consent.consent_url(profile, pending.scopes, state, verifier)

    async def _export(self, pending: PendingConnection) -> ToExport:
        if not self._proof.is_possible:
            raise Ended(End.SIGN_IN_NEEDED, pending)
        return ToExport(await self._steps.open(Step.EXPORT, replace(pending, nonce=None)))

    async def _issue(self, pending: PendingConnection) -> Next:
        """Have the profile's own client credentials tried: nobody types or consents."""
        try:
            obtained = await self._present(pending, None)
        except NotAllowed as refused:
            raise Ended(End.CODE_REFUSED, pending) from refused
        return await self._settling.ask_or_settle(pending, obtained)

    async def _present(self, pending: PendingConnection, typed: Credentials | None) -> Obtained:
        try:
            return await self._consent.present(await self._profile(pending), typed)
        except (Ended, NotAllowed):
            raise
        except BotError as error:
            end = end_of(error, refused=End.CODE_REFUSED, down=End.PROVIDER_DOWN)
            raise Ended(end, pending) from error

    async def _ask_again(self, pending: PendingConnection, refused: NotAllowed) -> ToType:
        left = pending.tries_left - 1
        if left <= 0:
            raise Ended(End.TOO_MANY_TRIES, pending)
        token = await self._steps.open(Step.TYPED, replace(pending, tries_left=left))
        return ToType(token, str(refused))

    async def _keep_secret(self, pending: PendingConnection, secret: SecretStr) -> SecretKept:
        """Keep a profile's client secret; one that has been used goes on as a new version."""
        installation = await self._proof.installation(pending)
        profile = await self._profile(pending)
        changed = replace(profile, client_secret=secret)
        if profile.tried_at is None:
            is_kept = await self._stores.customs.replace(changed)
        else:
            changed = replace(changed, version=profile.version + 1, tried_at=None)
            is_kept = await self._stores.customs.add(changed)
        if not is_kept:
            raise Ended(End.PROFILE_BROKEN, pending)
        entry = Entry.by(pending.principal, Action.SAVE_PROFILE, pending.person)
        told = f"{changed.name}, version {changed.version}: another client secret"
        self._auditor.record(entry.of("", told))
        reply_url = await self._steps.take_reply(pending)
        kept = SecretKept(changed, installation, pending.principal, reply_url)
        await self._on_secret_kept(kept)
        return kept

    async def _redeem(
        self, pending: PendingConnection, profile: AuthorizationProfile, returned: Returned
    ) -> Obtained:
        if returned.code is None:
            end = returned.refusal(End.DENIED, End.PROVIDER_DOWN, End.PROFILE_BROKEN)
            raise Ended(end, pending)
        verifier = pending.verifier or SecretStr("")
        try:
            return await self._consent.redeem(profile, returned.code, verifier)
        except BotError as error:
            end = end_of(error, refused=End.CODE_REFUSED, down=End.PROVIDER_DOWN)
            raise Ended(end, pending) from error

    @asynccontextmanager
    async def _telling(self) -> AsyncIterator[None]:
        """Tell whoever waits in Slack if it ends in here."""
        try:
            yield
        except Ended as ended:
            await self._tell(ended)
            raise

    async def _tell(self, ended: Ended) -> None:
        pending = ended.pending
        if pending is None or ended.end in SILENT or pending.principal.user_id == NOBODY_YET:
            return
        response_url = await self._steps.take_reply(pending)
        if ended.end is End.EXPIRED and response_url is None:
            return  # An expired link can be sent any number of times; its message is one.
        words = message_of(ended.end, pending, self._terms.command)
        try:
            await self._voice.tell(
                pending.principal, words, response_url=response_url, replace=True
            )
        except BotError as error:
            logger.warning("consent_end_untold", end=ended.end, code=error.code)


def _meant(profile: AuthorizationProfile, missing: frozenset[str]) -> frozenset[str]:
    """Return what of *missing* means anything to the profile's server, and is for doing things."""
    if profile.provider is Provider.CLOUD:
        return missing - IDENTITY
    return missing & {DATA_CENTER_READ, DATA_CENTER_WRITE}


def _is_nobodys_own(pending: PendingConnection, profile: AuthorizationProfile) -> bool:
    """Tell whether a person would get what is the organisation's: a service account's grant."""
    is_service = profile.mechanism is Mechanism.CLIENT_CREDENTIALS
    return is_service and pending.purpose is Purpose.OWN


def _require_issuer(
    pending: PendingConnection, profile: AuthorizationProfile, returned: Returned
) -> None:
    """Raise ``Ended`` if the answer names another server, or none though it promised (RFC 9207)."""
    if not profile.issuer or not (returned.issuer or profile.sends_issuer):
        return
    if not hmac.compare_digest(returned.issuer.encode(), profile.issuer.encode()):
        raise Ended(End.WRONG_ISSUER, pending)


def _require_enough(
    pending: PendingConnection, profile: AuthorizationProfile, obtained: Obtained
) -> None:
    if profile.is_atlassians and obtained.grant.refresh_token is None:
        raise Ended(End.OFFLINE_REFUSED, pending)
    if profile.provider is Provider.CLOUD and obtained.grant.scopes:
        needed = pending.need.scopes & pending.scopes
        missing = needed - obtained.grant.scopes - {"offline_access"}
        if missing:
            raise Ended(End.SCOPE_MISSING, pending, missing)
