"""What a method of the Web API is, and what it is called with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.slack.refusals import Refused
from sandbox.slack.state import Installation, Json


@dataclass(slots=True)
class Call:
    """One call, its caller found out where the method has one; *bot* where it is the app's."""

    name: str
    args: Json
    request: web.Request
    token: str = ""
    user: str | None = None
    bot: Installation | None = None

    @property
    def app(self) -> Installation:
        """The installation whose token this is."""
        if self.bot is None:
            raise Refused("not_allowed_token_type")
        return self.bot

    @property
    def team(self) -> str:
        """The one workspace that is meant: an organisation's app has to name it."""
        if not self.app.is_org:
            return self.app.id
        named = self.args.get("team_id")
        if not named:
            raise Refused("missing_argument")
        if named not in self.app.teams:
            raise Refused("team_access_not_granted")
        return str(named)


@dataclass(frozen=True, slots=True)
class Method:
    """One method; *token* is the kind that it takes (bot, app, user, any) or None.

    What only reads takes no JSON, and answers as if nothing had been sent: so Slack's older
    methods do (kortix-ai/suna pull request 6616).
    """

    answer: Callable[[Call], Json | Awaitable[Json]]
    tier: int
    scopes: tuple[str, ...] = ()
    token: str | None = "bot"
    json: bool = True
