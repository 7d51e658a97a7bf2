"""Installing the app in a Slack workspace, or in an organisation, from a browser.

A browser begins it, Slack asks its person, and what comes back is believed from that browser
alone, once: the state is used up before anything is done with the code beside it.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog
from pydantic import SecretStr

from bot.connect.rate import Rate
from bot.errors import BotError, NotAllowed, ProfileBroken, Unavailable
from bot.frozen import frozen
from bot.installation import Installation, PendingInstall
from bot.ports import Clock, Installations, Installed, OnInstalled, PendingInstalls, SlackInstalls
from bot.principal import Digest, Tenant, digest

LASTS: Final = timedelta(minutes=10)
"""For so long an install may take; Slack's own code lives as long."""
MOST: Final = 600
"""Installs that one process lets begin in a minute: anybody can begin one."""
_ANYBODY: Final = Tenant("install")

logger = structlog.get_logger(__name__)


class InstallEnd(StrEnum):
    """How it ended without an installation; the value is its stable code."""

    DENIED = "denied"
    EXPIRED = "expired"
    USED = "used"
    UNKNOWN = "unknown"
    WRONG_BROWSER = "wrong_browser"
    COOKIE_MISSING = "cookie_missing"
    CODE_REFUSED = "code_refused"
    CLIENT_REFUSED = "client_refused"
    SLACK_DOWN = "slack_down"
    NOT_KEPT = "not_kept"
    TOO_MANY = "too_many"
    FAULT = "fault"


class InstallEnded(BotError):
    """An install came to an end before the app was installed."""

    code = "install_ended"

    def __init__(self, end: InstallEnd) -> None:
        """Say how it *end*ed."""
        super().__init__(f"the install ended: {end}")
        self.end = end


@frozen
class Done:
    """The app is installed; *missing* are the scopes that were asked for and not granted."""

    installation: Installation
    missing: frozenset[str]


@frozen
class InstallStores:
    """What installing remembers."""

    installations: Installations
    installs: PendingInstalls


class SlackInstall:
    """Installs the app. Its methods raise ``InstallEnded``."""

    def __init__(
        self,
        stores: InstallStores,
        slack: SlackInstalls,
        scopes: frozenset[str],
        clock: Clock,
        on_installed: Sequence[OnInstalled] = (),
    ) -> None:
        """*scopes* are those that an install asks for."""
        self._installations = stores.installations
        self._installs = stores.installs
        self._slack = slack
        self._scopes = scopes
        self._clock = clock
        self._on_installed = on_installed
        self._rate = Rate(clock, MOST)

    @property
    def scopes(self) -> frozenset[str]:
        """Return what an install asks for."""
        return self._scopes

    async def begin(self, browser: Digest | None, team_id: str | None) -> str:
        """Bind an install to *browser* and return where Slack asks its person."""
        if browser is None:
            raise InstallEnded(InstallEnd.COOKIE_MISSING)
        if not self._rate.allows(_ANYBODY):
            raise InstallEnded(InstallEnd.TOO_MANY)
        state = secrets.token_urlsafe(32)
        expires_at = self._clock() + LASTS
        await self._installs.save(PendingInstall(digest(state), browser, expires_at))
        return self._slack.install_url(state, team_id)

    async def finish(
        self, unverified_state: str, code: SecretStr | None, error: str, browser: Digest | None
    ) -> Done:
        """Take what Slack sent back along with *browser*: a code, or its word for why not."""
        await self._take(unverified_state, browser)
        if code is None:
            raise InstallEnded(_end_without_code(error))
        installed = await self._redeem(code)
        await self._keep(installed)
        installation = installed.installation
        missing = self._scopes - installation.scopes
        logger.info("installed", tenant=installation.tenant, missing=sorted(missing))
        return Done(installation, missing)

    async def _take(self, unverified_state: str, browser: Digest | None) -> None:
        """Use the state up, whichever browser brought it."""
        key = digest(unverified_state)
        taken = await self._installs.consume(key, self._clock())
        if taken is None:
            raise InstallEnded(await self._why_not(key))
        if browser is None:
            raise InstallEnded(InstallEnd.COOKIE_MISSING)
        if not hmac.compare_digest(taken.browser, browser):
            raise InstallEnded(InstallEnd.WRONG_BROWSER)

    async def _why_not(self, key: Digest) -> InstallEnd:
        found = await self._installs.find(key)
        if found is None:
            return InstallEnd.UNKNOWN
        return InstallEnd.USED if found.consumed_at else InstallEnd.EXPIRED

    async def _redeem(self, code: SecretStr) -> Installed:
        try:
            return await self._slack.redeem(code)
        except BotError as error:
            ends = (
                (NotAllowed, InstallEnd.CODE_REFUSED),
                (ProfileBroken, InstallEnd.CLIENT_REFUSED),
                (Unavailable, InstallEnd.SLACK_DOWN),
            )
            fault = InstallEnd.FAULT
            end = next((end for kind, end in ends if isinstance(error, kind)), fault)
            raise InstallEnded(end) from error

    async def _keep(self, installed: Installed) -> None:
        """Keep it, whoever was installed there before: the newest is the one that works."""
        try:
            await self._installations.save(installed.installation, by=installed.by)
            for hear in self._on_installed:
                await hear(installed.installation)
        except BotError as error:
            raise InstallEnded(InstallEnd.NOT_KEPT) from error


def _end_without_code(error: str) -> InstallEnd:
    """Read why there is no code (RFC 6749 §4.1.2.1)."""
    if error in {"server_error", "temporarily_unavailable"}:
        return InstallEnd.SLACK_DOWN
    if error in {"", "access_denied"}:
        return InstallEnd.DENIED
    return InstallEnd.CLIENT_REFUSED
