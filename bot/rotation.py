"""Bot tokens that end and are renewed: whoever asks for an installation gets a live one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog

from bot.errors import BotError, ProfileBroken, Unavailable
from bot.installation import BotTokens, Installation
from bot.ports import Clock, Installations, InstallationSource, SlackInstalls
from bot.principal import Tenant

PROVIDER: Final = "Slack"
EARLY: Final = timedelta(hours=2)
"""So long before its end a token is renewed; it lives twelve hours."""
SOON: Final = timedelta(minutes=1)
"""With so little left, a token is waited for: what begins with the old one may outlive it."""
CLAIM: Final = timedelta(seconds=30)
SENDING: Final = timedelta(seconds=20)
"""All the time that sending may take: less than the claim, so that two never send at once."""
PATIENCE: Final = timedelta(seconds=45)
"""How long the others wait: longer than a claim that its holder left behind."""
FIRST_WAIT: Final = 0.05
LONGEST_WAIT: Final = 0.5

Sleep = Callable[[float], Awaitable[None]]
Told = Callable[[Installation], Awaitable[None]]

logger = structlog.get_logger(__name__)


class FreshInstallations(InstallationSource):
    """The stored installations, but that a token which ends is renewed before it does.

    A refresh token is good once, so each is sent by one task of one process: tasks of this
    process join the flight that is under way, processes claim the renewal in the store.
    While the old token lives, nobody waits. One that doesn't rotate costs nothing.
    """

    def __init__(
        self,
        stored: Installations,
        slack: SlackInstalls,
        clock: Clock,
        on_broken: Told,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """*on_broken* hears once of an installation that Slack won't renew any more."""
        self._stored = stored
        self._slack = slack
        self._clock = clock
        self._on_broken = on_broken
        self._sleep = sleep
        self._flights: dict[Tenant, asyncio.Task[Installation | None]] = {}
        self._sending: set[Tenant] = set()

    async def find(self, tenant: Tenant) -> Installation | None:
        """See `InstallationSource.find`. One that is broken is returned with the token it has.

        Raises:
            Unavailable: the token has ended, and Slack can't renew it now.
        """
        found = await self._stored.find(tenant)
        if found is None or not self._is_due(found):
            return found
        flight = self._flights.get(tenant) or self._take_off(tenant)
        if found.lives(self._clock(), SOON):
            return found
        return await asyncio.shield(flight)

    async def drain(self, seconds: float) -> None:
        """Give what has been sent *seconds* to be kept: its tokens would be lost."""
        sending = [self._flights[tenant] for tenant in self._sending]
        for flight in set(self._flights.values()).difference(sending):
            flight.cancel()
        if sending:
            await asyncio.wait(sending, timeout=seconds)

    def _is_due(self, found: Installation) -> bool:
        return found.rotates and not found.broken_at and not found.lives(self._clock(), EARLY)

    def _take_off(self, tenant: Tenant) -> asyncio.Task[Installation | None]:
        flight = asyncio.create_task(self._renew(tenant))
        self._flights[tenant] = flight
        flight.add_done_callback(lambda done: self._land(tenant, done))
        return flight

    def _land(self, tenant: Tenant, flight: asyncio.Task[Installation | None]) -> None:
        del self._flights[tenant]
        error = None if flight.cancelled() else flight.exception()
        if isinstance(error, BotError):  # whoever waits hears of it; nobody may be waiting
            logger.warning("bot token not renewed", code=error.code)
        elif error is not None:
            logger.error("bot token not renewed", exc_info=error)

    async def _renew(self, tenant: Tenant) -> Installation | None:
        """Return the installation with a token that lives: renewed by us, or by others."""
        began, wait = self._clock(), FIRST_WAIT
        while self._clock() - began < PATIENCE:
            latest = await self._stored.find(tenant)
            if latest is None or not self._is_due(latest):
                return latest
            asked = self._clock()
            claim = await self._stored.claim_refresh(latest, CLAIM)
            # Whoever slept since then might send when somebody else has taken the claim over.
            if claim is not None and self._clock() - asked <= CLAIM - SENDING:
                await self._send(latest, claim)
                return await self._stored.find(tenant)
            if latest.lives(self._clock(), SOON):
                return latest  # somebody else is at it, or has just failed: there is time
            await self._sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
        raise Unavailable(PROVIDER)

    async def _send(self, latest: Installation, claim: str) -> None:
        self._sending.add(latest.tenant)
        try:
            tokens = await self._ask(latest, claim)
            if tokens is None:
                await self._break(latest, claim)
            elif await self._stored.replace_tokens(latest, claim, tokens):
                logger.info("bot token renewed")
            else:
                logger.info("bot token renewed in vain")
        finally:
            self._sending.discard(latest.tenant)

    async def _ask(self, latest: Installation, claim: str) -> BotTokens | None:
        """Trade the refresh token in; ``None`` if it is refused in time to be believed.

        Where Slack fails while the old token lives, the claim is left to run out: until then
        nobody tries again.
        """
        began = self._clock()
        try:
            async with asyncio.timeout(SENDING.total_seconds()):
                tokens = await self._slack.renew(latest)
        except (BotError, TimeoutError) as error:
            if isinstance(error, ProfileBroken):
                logger.error("slack refuses the app's client", code=error.code)  # noqa: TRY400  # no trace: an operator's
            if not latest.lives(self._clock(), SOON):
                await self._stored.release_refresh(latest, claim)
            raise Unavailable(PROVIDER) from error
        if tokens is None and self._clock() - began >= SENDING:
            # This process slept; the claim has run out and somebody else may have sent.
            raise Unavailable(PROVIDER)
        return tokens

    async def _break(self, latest: Installation, claim: str) -> None:
        """Note that it is broken, unless something newer has taken its place."""
        if not await self._stored.mark_broken(latest, claim, self._clock()):
            return
        logger.error("installation broken", code="installation_broken", tenant=latest.tenant)
        try:
            await self._on_broken(latest)
        except BotError as error:
            logger.warning("nobody told of a broken installation", code=error.code)
