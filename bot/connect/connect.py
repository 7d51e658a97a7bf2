"""The use case: which step follows which, and who is told when none does."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog
from pydantic import SecretStr

from bot.connect.ends import MESSAGES, SILENT, End, Ended, end_of
from bot.connect.outcome import (
    Anew,
    Connected,
    Decided,
    Invitation,
    Next,
    Question,
    Returned,
)
from bot.connect.parts import Services, Stores, Terms
from bot.connect.proof import NOBODY_YET, Proof, require_browser
from bot.connect.rate import Rate
from bot.connect.settling import Settling
from bot.connect.steps import Steps
from bot.connection import Need
from bot.errors import BotError, NotFound
from bot.pending import Obtained, Parked, PendingConnection, Step
from bot.ports import Clock
from bot.principal import Digest, Principal
from bot.profile import SYSTEM

logger = structlog.get_logger(__name__)


class Connect:
    """Connects principals to accounts. Methods that browsers reach raise ``Ended``."""

    def __init__(self, stores: Stores, services: Services, terms: Terms, clock: Clock) -> None:
        self._stores = stores
        self._consent = services.consent
        self._voice = services.voice
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
        need: Need,
        parked: Parked | None = None,
    ) -> Invitation:
        """Park what they were doing and return the link to show to *principal* alone."""
        await self._park(principal, parked)
        pending = self._begun(principal, await self._proof.widen(principal, need))
        token = await self._steps.open(
            Step.START, replace(pending, person=person, workspace=workspace)
        )
        return Invitation(self._terms.address.link(f"/connect/{token}"), pending.flow)

    async def remember_reply(
        self, principal: Principal, flow: str, response_url: SecretStr
    ) -> None:
        """Keep how to replace the private message whose link *principal* has just pressed."""
        pressed = replace(self._begun(principal, Need.READ), flow=flow)
        await self._steps.keep_reply(
            replace(pressed, response_url=response_url, response_url_at=self._clock())
        )

    async def look_at_start(self, token: str) -> PendingConnection:
        """Return what the start page shows; nothing is changed."""
        return await self._steps.look(Step.START, token)

    async def begin(self, token: str, browser: Digest | None) -> str:
        """Bind the flow to *browser* and return where it goes next."""
        if browser is None:
            raise Ended(End.COOKIE_MISSING, await self._steps.look(Step.START, token))
        async with self._telling():
            pending = replace(await self._steps.take(Step.START, token), browser=browser)
            if self._proof.is_possible:
                return await self._proof.ask(pending)
            return await self._ask_for_consent(pending)

    @property
    def can_begin_anew(self) -> bool:
        """Tell whether a browser can start by itself: it takes a proof of whose it is."""
        return self._proof.is_possible

    async def begin_anew(self, anew: Anew, browser: Digest | None) -> str:
        """Begin for whoever *browser* proves to belong to, and return where it goes."""
        if not self.can_begin_anew:
            raise Ended(End.UNKNOWN)
        pending = self._begun(Principal(anew.tenant, NOBODY_YET), anew.need)
        if browser is None:
            raise Ended(End.COOKIE_MISSING, pending)
        return await self._proof.ask(replace(pending, browser=browser))

    async def prove(self, returned: Returned, browser: Digest | None) -> str:
        """Make sure that *browser* is the principal's and return where consent is given."""
        async with self._telling():
            pending = await self._steps.take(Step.PROOF, returned.unverified_state)
            require_browser(pending, browser)
            return await self._ask_for_consent(await self._proof.check(pending, returned))

    async def consent(self, profile: str, returned: Returned, browser: Digest | None) -> Next:
        """Take what the provider sent back to *profile*'s own path."""
        async with self._telling():
            pending = await self._steps.take(Step.CONSENT, returned.unverified_state)
            require_browser(pending, browser)
            if pending.profile != profile:
                raise Ended(End.UNKNOWN, pending)
            obtained = await self._redeem(pending, returned)
            _require_enough(pending, obtained)
            return await self._settling.ask_or_settle(pending, obtained)

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

    def _begun(self, principal: Principal, need: Need) -> PendingConnection:
        return PendingConnection(
            tenant=principal.tenant,
            step=Step.START,
            key=Digest(""),
            flow=secrets.token_urlsafe(16),
            principal=principal,
            profile=SYSTEM,
            need=need,
            expires_at=self._clock(),
        )

    async def _ask_for_consent(self, pending: PendingConnection) -> str:
        await self._proof.installation(pending)
        verifier = secrets.token_urlsafe(48)
        asked = replace(pending, nonce=None, verifier=SecretStr(verifier))
        state = await self._steps.open(Step.CONSENT, asked)
        return self._consent.consent_url(pending.profile, pending.need.scopes, state, verifier)

    async def _redeem(self, pending: PendingConnection, returned: Returned) -> Obtained:
        if returned.code is None:
            end = returned.refusal(End.DENIED, End.PROVIDER_DOWN, End.PROFILE_BROKEN)
            raise Ended(end, pending)
        verifier = pending.verifier or SecretStr("")
        try:
            return await self._consent.redeem(pending.profile, returned.code, verifier)
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
        words = MESSAGES[ended.end].format(command=self._terms.command)
        try:
            await self._voice.tell(
                pending.principal, words, response_url=response_url, replace=True
            )
        except BotError as error:
            logger.warning("consent_end_untold", end=ended.end, code=error.code)


def _require_enough(pending: PendingConnection, obtained: Obtained) -> None:
    if obtained.grant.refresh_token is None:
        raise Ended(End.OFFLINE_REFUSED, pending)
    missing = pending.need.scopes - obtained.grant.scopes - {"offline_access"}
    if missing:
        raise Ended(End.SCOPE_MISSING, pending, missing)
    if not obtained.sites:
        raise Ended(End.NO_SITE, pending)
