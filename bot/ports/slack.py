"""Slack: where we are installed, who people are, and speaking to them."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from pydantic import SecretStr

from bot.frozen import frozen
from bot.installation import (
    BotTokens,
    Installation,
    PendingInstall,
    SlackPerson,
    UserGroup,
)
from bot.principal import Digest, Principal, Tenant

KNOWN_FOR: Final = timedelta(minutes=5)
"""For so long what Slack said of somebody is believed, where nothing else is asked for."""

ADMIN_KNOWN_FOR: Final = timedelta(seconds=60)
"""The same, for what only an admin or the members of a group may do."""


class InstallationSource(Protocol):
    """Where whoever speaks to Slack finds a tenant's installation."""

    @abstractmethod
    async def find(self, tenant: Tenant) -> Installation | None:
        """Return the newest installation of *tenant*."""


class Installations(InstallationSource, Protocol):
    """Where our app is installed."""

    @abstractmethod
    async def save(self, installation: Installation, *, by: str = "") -> None:
        """Keep *installation*, and who made it; an older one never replaces a newer."""

    @abstractmethod
    async def remove(self, tenant: Tenant, *, before: datetime) -> bool:
        """Forget the installation if it was made before *before* (promise 15)."""

    @abstractmethod
    async def find_installer(self, tenant: Tenant) -> str | None:
        """Return the Slack id of who installed us last, where that is known."""

    @abstractmethod
    async def claim_refresh(self, installation: Installation, lasts: timedelta) -> str | None:
        """Claim the one renewal of this generation until now + *lasts* by the store's clock.

        Returns the claim, or ``None`` if another claim stands, the tokens have been renewed,
        the installation is broken, gone, or another one.
        """

    @abstractmethod
    async def replace_tokens(
        self, installation: Installation, claim: str, tokens: BotTokens
    ) -> bool:
        """Swap in *tokens* only under *claim* and the generation of *installation*.

        Never an upsert: what was removed or installed again meanwhile stays as it is.
        """

    @abstractmethod
    async def release_refresh(self, installation: Installation, claim: str) -> None:
        """Give *claim* back unused, so that the next in line needn't wait for its end."""

    @abstractmethod
    async def mark_broken(self, installation: Installation, claim: str, at: datetime) -> bool:
        """Note under *claim* that Slack won't renew this generation's tokens.

        ``True`` only for whoever noted it, so that it is told once.
        """

    @abstractmethod
    async def set_access(
        self, tenant: Tenant, team_id: str, *, granted: bool, at: datetime
    ) -> bool:
        """Note whether an organisation's workspace may use us; the latest *at* wins.

        ``False`` if something later is known, or the installation isn't older than *at*.
        """


class PendingInstalls(Protocol):
    """Installs that browsers have begun; short-lived and single-use.

    They belong to no tenant: Slack names it at their end.
    """

    @abstractmethod
    async def save(self, pending: PendingInstall) -> None:
        """Keep *pending*, unique by its key."""

    @abstractmethod
    async def find(self, key: Digest) -> PendingInstall | None:
        """Return it for its words, also if it has expired or was consumed (an hour long)."""

    @abstractmethod
    async def consume(self, key: Digest, now: datetime) -> PendingInstall | None:
        """Use it up: returned to one caller, once, and only before it expires."""


@frozen
class Installed:
    """What Slack issued for a code: an installation, and who made it."""

    installation: Installation
    by: str


class SlackInstalls(Protocol):
    """Slack's side of installing: OAuth v2, and the tokens that it issues."""

    @abstractmethod
    def install_url(self, state: str, team_id: str | None) -> str:
        """Return where the browser goes to install us; *team_id* spares a choice."""

    @abstractmethod
    async def redeem(self, code: SecretStr) -> Installed:
        """Trade the code for the installation that it stands for.

        Raises:
            NotAllowed: the code is refused.
            ProfileBroken: Slack refuses our client, its secret or its redirect URL.
            Unavailable: Slack can't answer now.
        """

    @abstractmethod
    async def renew(self, installation: Installation) -> BotTokens | None:
        """Trade its refresh token in, which is good once; ``None`` if Slack refuses it.

        Raises:
            ProfileBroken: Slack refuses our client or its secret.
            Unavailable: Slack can't answer now.
        """

    @abstractmethod
    async def is_good(self, installation: Installation) -> bool:
        """Ask Slack whether the bot token works. Raises ``Unavailable``."""


OnInstalled = Callable[[Installation], Awaitable[None]]
"""Hears of an installation, the first or one more, after it was kept."""

OnUninstalled = Callable[[Tenant, datetime], Awaitable[None]]
"""Hears of an installation's end and its time, before it is forgotten; maybe more than once.

Somebody may install us again meanwhile: whoever acts on it later looks first.
"""

Departures = Callable[[Principal], Awaitable[None]]
"""Hears of somebody who isn't of the workspace any more; maybe more than once."""

OnChannelMoved = Callable[[Tenant, str, str], Awaitable[None]]
"""Hears of a channel's old id and its new one; maybe more than once."""


class Deliveries(Protocol):
    """Which of Slack's events have been seen in the last 24 hours."""

    @abstractmethod
    async def is_first(self, tenant: Tenant, event_id: str, now: datetime) -> bool:
        """Record the event; ``True`` only for the first time. One insert."""


@frozen
class Proven:
    """Who a browser has proved to be, by Slack's own signature."""

    user_id: str
    team_id: str | None
    enterprise_id: str | None


class SlackSignIn(Protocol):
    """Sign in with Slack (OpenID Connect)."""

    @property
    @abstractmethod
    def is_configured(self) -> bool:
        """Tell whether it can be used; without it, people type a code in Slack instead."""

    @abstractmethod
    def sign_in_url(self, state: str, nonce: str, team_id: str | None) -> str:
        """Return where the browser goes to prove whose it is."""

    @abstractmethod
    async def redeem(self, code: SecretStr, nonce: str) -> Proven:
        """Trade the code for an id_token and verify it whole.

        Raises:
            NotAllowed: the code or the token is refused.
            Unavailable: Slack can't answer now.
        """


class SlackPeople(Protocol):
    """What Slack says about people, kept for a few minutes."""

    @abstractmethod
    async def get(
        self, installation: Installation, user_id: str, *, fresh_for: timedelta = KNOWN_FOR
    ) -> SlackPerson:
        """Return the person, as Slack described them at most *fresh_for* ago.

        Raises ``NotAllowed`` if unknown, ``Unavailable``, ``InstallationBroken``.
        """

    @abstractmethod
    async def is_in_group(
        self, installation: Installation, group_id: str, user_id: str, team_id: str = ""
    ) -> bool:
        """Tell whether they belong to a user group, as known at most ADMIN_KNOWN_FOR ago.

        A group that isn't there, or that Slack doesn't show us, has nobody in it. *team_id*
        is the workspace whose group it is; an organisation's installation needs it.
        Raises ``Unavailable``, ``InstallationBroken``.
        """

    @abstractmethod
    async def list_groups(
        self, installation: Installation, team_id: str = ""
    ) -> Sequence[UserGroup]:
        """Return the workspace's user groups that stand, by name. Raises like *is_in_group*."""

    @abstractmethod
    def forget(self, tenant: Tenant, user_id: str) -> None:
        """Ask Slack anew next time: something about them has changed."""


@frozen
class FileContent:
    """A file that somebody gave in Slack; *kind* is its media type."""

    name: str
    kind: str
    content: bytes


class Files(Protocol):
    """The files that people give in Slack."""

    @abstractmethod
    async def fetch(self, tenant: Tenant, file: str) -> FileContent:
        """Return the file of that id, as it is now.

        Whoever asks must have checked that the person gave it: the bot may see more.

        Raises:
            NotFound: it is gone, or isn't shown to the bot.
            BadInput: it is larger than is taken.
            Unavailable: Slack can't answer now.
            InstallationBroken: Slack refuses the bot's token.
        """


class Voice(Protocol):
    """Speaking to people unasked, as the bot, in Slack."""

    @abstractmethod
    async def tell(
        self,
        principal: Principal,
        text: str,
        blocks: Sequence[object] = (),
        *,
        response_url: SecretStr | None = None,
        replace: bool = False,
    ) -> None:
        """Say it privately: through *response_url* where that still works, else as a DM.

        *text* is plain beside *blocks*, which then are what is seen; alone it is mrkdwn.

        Raises:
            Unavailable: neither way works now.
        """
