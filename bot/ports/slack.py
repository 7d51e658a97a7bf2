"""Slack: where we are installed, who people are, and speaking to them."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from bot.installation import Installation, SlackPerson
from bot.principal import Principal, Tenant


class Installations(Protocol):
    """Where our app is installed."""

    @abstractmethod
    async def find(self, tenant: Tenant) -> Installation | None:
        """Return the newest installation of *tenant*."""

    @abstractmethod
    async def save(self, installation: Installation) -> None:
        """Keep *installation*; an older one never replaces a newer."""

    @abstractmethod
    async def remove(self, tenant: Tenant, *, before: datetime) -> bool:
        """Forget the installation if it was made before *before* (promise 15)."""


class Deliveries(Protocol):
    """Which of Slack's events have been seen in the last 24 hours."""

    @abstractmethod
    async def is_first(self, tenant: Tenant, event_id: str, now: datetime) -> bool:
        """Record the event; ``True`` only for the first time. One insert."""


@dataclass(frozen=True, slots=True)
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
    async def get(self, installation: Installation, user_id: str) -> SlackPerson:
        """Return the person. Raises ``NotAllowed`` if unknown, ``Unavailable``."""


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
