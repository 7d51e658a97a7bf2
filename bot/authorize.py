"""Decide whether a principal may call a provider, and with what; renew each grant once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog

from bot.connection import Connection, Grant, Need
from bot.errors import BotError, ConsentRequired, ProfileBroken, ScopeMissing, Unavailable
from bot.frozen import frozen
from bot.ports import Clock, Connections, ConsentServer
from bot.principal import Principal
from bot.profile import SYSTEM, AuthorizationProfile
from bot.profiles import ProfileBook

SERVER: Final = "the authorization server"
"""What to call it where its profile isn't at hand."""
CLAIM: Final = timedelta(seconds=30)
SENDING: Final = timedelta(seconds=20)
"""All the time that sending may take: less than the claim, so that two never send at once."""
PATIENCE: Final = timedelta(seconds=45)
"""How long the others wait: longer than a claim that its holder left behind."""
FIRST_WAIT: Final = 0.05
LONGEST_WAIT: Final = 0.5

Sleep = Callable[[float], Awaitable[None]]
Outcome = TypeVar("Outcome")
_Whose = tuple[Principal, str]

logger = structlog.get_logger()


class TokenRefused(ConsentRequired):
    """The provider doesn't take the access token, whatever its expiry says.

    Raised by provider clients; `Authorizer.call` renews the grant once and tries again.
    """


async def _nobody(_connection: Connection) -> None:
    """Tell nobody."""


@frozen
class Witnesses:
    """Who hears of it: *on_ended* once for a grant that died, *counted* of each refresh.

    *on_used* hears of each fresh grant that is handed out, and doesn't wait; *on_failing* of
    the first refresh that failed, but not for good, since the last that didn't; *on_broken* of
    each for which the profile itself was refused.
    """

    on_ended: Callable[[Connection], Awaitable[None]] = _nobody
    counted: Callable[[str], None] = lambda _outcome: None
    on_used: Callable[[Connection], None] = lambda _connection: None
    on_failing: Callable[[Connection], Awaitable[None]] = _nobody
    on_broken: Callable[[Connection], Awaitable[None]] = _nobody


@frozen
class Issuers:
    """Where new grants come from, and the profiles that say how."""

    consent: ConsentServer
    profiles: ProfileBook


class Authorizer:
    """Turns a principal into a connection whose grant is good for a call.

    Refresh tokens rotate, so each is sent by one task of one process (promise 7): tasks of
    this process join the flight that is under way, processes claim the refresh in the store.
    """

    def __init__(
        self,
        connections: Connections,
        issuers: Issuers,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        witnesses: Witnesses | None = None,
    ) -> None:
        self._connections = connections
        self._issuers = issuers
        self._clock = clock
        self._sleep = sleep
        self._witnesses = witnesses or Witnesses()
        self._flights: dict[_Whose, asyncio.Task[Connection]] = {}
        self._sending: set[_Whose] = set()

    async def authorize(
        self, principal: Principal, need: Need, profile: str = SYSTEM
    ) -> Connection:
        """Return the connection with a fresh grant, renewed first where needed.

        Raises:
            ConsentRequired: there is no connection, or its grant has ended.
            ScopeMissing: the grant doesn't cover *need*; it names what is missing.
            Unavailable: the authorization server can't answer now.
            ProfileBroken: it refuses the profile itself.
        """
        connection = await self._standing(principal, profile)
        _require_scopes(connection, need)
        if not connection.grant.is_fresh(self._clock()):
            connection = await self._renewed(connection, refused=0)
        self._witnesses.on_used(connection)
        return connection

    async def renew(self, connection: Connection) -> Connection:
        """Return the connection with a newer grant than its own, whether that is still good.

        Raises:
            ConsentRequired: it has ended, or is gone.
            Unavailable: the authorization server can't answer now.
            ProfileBroken: it refuses the profile itself.
        """
        renewed = await self._renewed(connection, refused=connection.generation)
        if renewed.generation <= connection.generation:
            raise Unavailable(SERVER)  # joined a flight that could renew nothing
        return renewed

    async def end(self, connection: Connection) -> None:
        """End a connection for good, unless it has a newer grant by now; its person is told."""
        with suppress(ConsentRequired):
            await self._end(connection)

    async def call(
        self,
        principal: Principal,
        need: Need,
        action: Callable[[Connection], Awaitable[Outcome]],
        profile: str = SYSTEM,
    ) -> Outcome:
        """Run *action* with a fresh grant; once more if the provider refuses the token.

        A refused call did nothing, so an *action* that writes once, as its last call, may be
        run again from the start. Raises what `authorize` and *action* raise.
        """
        connection = await self.authorize(principal, need, profile)
        try:
            return await action(connection)
        except TokenRefused:
            renewed = await self.renew(connection)
        self._witnesses.on_used(renewed)
        try:
            return await action(renewed)
        except TokenRefused as error:
            raise ConsentRequired(profile, ended=True) from error

    async def drain(self, seconds: float) -> None:
        """Give what has been sent *seconds* to be kept: its tokens would be lost.

        Whoever only waits for somebody else's refresh is let go at once.
        """
        sending = [flight for key, flight in self._flights.items() if key in self._sending]
        for flight in set(self._flights.values()).difference(sending):
            flight.cancel()
        if sending:
            await asyncio.wait(sending, timeout=seconds)

    async def _renewed(self, connection: Connection, *, refused: int) -> Connection:
        """Join the flight for this grant, or begin it; it outlives whoever gives up waiting."""
        key = (connection.principal, connection.profile)
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._renew(connection, refused))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(flight)

    def _land(self, key: _Whose, flight: asyncio.Task[Connection]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # whoever still waits hears of it; nobody may be left

    async def _renew(self, connection: Connection, refused: int) -> Connection:
        """Return a grant newer than generation *refused*: ours, or somebody else's."""
        began, wait = self._clock(), FIRST_WAIT
        while self._clock() - began < PATIENCE:
            latest = await self._standing(connection.principal, connection.profile)
            if latest.generation > refused and latest.grant.is_fresh(self._clock()):
                return latest
            if not latest.can_renew:
                return await self._end(latest)
            asked = self._clock()
            claim = await self._connections.claim_refresh(latest, CLAIM)
            # Whoever slept since then might send when somebody else has taken the claim over.
            if claim is None or self._clock() - asked > CLAIM - SENDING:
                await self._sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            if sent := await self._send(latest, claim, refused):
                return sent
        raise Unavailable(SERVER)

    async def _send(self, latest: Connection, claim: str, refused: int) -> Connection | None:
        key = (latest.principal, latest.profile)
        self._sending.add(key)
        try:
            return await self._sent(latest, claim, refused)
        finally:
            self._sending.discard(key)

    async def _sent(self, latest: Connection, claim: str, refused: int) -> Connection | None:
        """Send the refresh token under *claim*; ``None`` if the store has moved on."""
        began, whose = self._clock(), latest.principal.tenant
        try:
            profile = await self._issuers.profiles.get(
                whose, latest.profile, latest.profile_version
            )
        except Unavailable as error:  # our own database's: no failure to renew
            await self._connections.release_refresh(latest, claim)
            return self._tolerated(latest, refused, error)
        except ProfileBroken as error:
            await self._note(latest, claim, error)
            raise
        try:
            grant = await self._ask(profile, latest, began)
        except BotError as error:
            await self._note(latest, claim, error)
            return self._tolerated(latest, refused, error)
        if grant is None:
            return await self._end(latest)
        if not await self._connections.replace_grant(latest, claim, grant):
            self._witnesses.counted("lost")
            return None
        self._witnesses.counted("renewed")
        return replace(
            latest,
            grant=grant,
            generation=latest.generation + 1,
            failures=0,
            failing_since=None,
        )

    async def _ask(
        self, profile: AuthorizationProfile, latest: Connection, began: datetime
    ) -> Grant | None:
        """Trade the refresh token in; ``None`` if it is refused in time to be believed."""
        try:
            async with asyncio.timeout(SENDING.total_seconds()):
                grant = await self._issuers.consent.renew(profile, latest.grant)
        except TimeoutError as error:
            raise Unavailable(profile.server_name) from error
        if grant is None and self._is_late(began):
            # This process slept; the claim has run out and somebody else may have sent.
            raise Unavailable(profile.server_name)
        return grant

    def _is_late(self, began: datetime) -> bool:
        return self._clock() - began >= SENDING

    async def _note(self, latest: Connection, claim: str, error: BotError) -> None:
        """Count the failure, give the claim back, and let those hear of it who can help."""
        self._witnesses.counted(error.code)
        failures = await self._connections.note_failure(latest, claim, self._clock())
        if failures == 1:
            await _tell(self._witnesses.on_failing, latest)
        if isinstance(error, ProfileBroken):
            logger.error("profile refused", profile=latest.profile, code=error.code)
            await _tell(self._witnesses.on_broken, latest)

    def _tolerated(self, latest: Connection, refused: int, error: BotError) -> Connection:
        """Go on with a grant that is still good for a moment, or raise *error*."""
        is_good = latest.generation > refused and self._clock() < latest.grant.expires_at
        if isinstance(error, Unavailable) and is_good:
            return latest
        raise error

    async def _end(self, latest: Connection) -> Connection:
        """Mark the connection as ended, unless a newer grant has taken its place."""
        if await self._connections.end(latest, self._clock()):
            self._witnesses.counted("ended")
            await _tell(self._witnesses.on_ended, latest)
            raise ConsentRequired(latest.profile, ended=True)
        newer = await self._standing(latest.principal, latest.profile)
        if newer.generation > latest.generation:
            return newer
        raise ConsentRequired(latest.profile, ended=True)

    async def _standing(self, principal: Principal, profile: str) -> Connection:
        connection = await self._connections.find(principal, profile)
        if connection is None:
            raise ConsentRequired(profile)
        if connection.ended_at is not None:
            raise ConsentRequired(profile, ended=True)
        return connection


async def _tell(hears: Callable[[Connection], Awaitable[None]], connection: Connection) -> None:
    """Tell of it; whoever is asking right now hears of it either way."""
    try:
        await hears(connection)
    except BotError as error:
        logger.warning("nobody told of a grant", code=error.code)


def _require_scopes(connection: Connection, need: Need) -> None:
    missing = connection.lacking(need)
    if missing:
        raise ScopeMissing(connection.profile, missing)
