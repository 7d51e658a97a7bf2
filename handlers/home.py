"""The personal start: who I am here and what I can do next, as a message and as the home tab."""

from collections.abc import Awaitable, Callable

import structlog

from bot.connection import Connection, Need
from bot.credentials import CredentialPolicy
from bot.errors import BotError, NotAllowed, Unavailable
from bot.frozen import frozen
from bot.mrkdwn import escape
from bot.ports import PreferencesStore
from bot.principal import Principal
from handlers import blocks
from handlers.ask import Ask, Block, Kind, Route
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants

log = structlog.get_logger(__name__)

CREATE = "create"
"""The button that opens the form for a page."""

EXPLORE = "explore"
"""The button that opens the list of what can be started."""


async def nothing_more(_: Principal) -> tuple[Block, ...]:
    """Add nothing to the home tab."""
    return ()


@frozen
class HomeParts:
    """What the home tab reads, and how it is shown.

    *for_admins* is what it shows them besides; *tasks* are what can be run and gone on with.
    """

    credentials: CredentialPolicy
    preferences: PreferencesStore
    slack: SlackApi
    tenants: Tenants
    command: str
    for_admins: Callable[[Principal], Awaitable[tuple[Block, ...]]] = nothing_more
    tasks: Callable[[Principal], Awaitable[tuple[Block, ...]]] = nothing_more


class Home:
    """The app's home tab."""

    def __init__(self, parts: HomeParts) -> None:
        self._credentials = parts.credentials
        self._preferences = parts.preferences
        self._slack = parts.slack
        self._tenants = parts.tenants
        self._command = parts.command
        self._for_admins = parts.for_admins
        self._tasks = parts.tasks

    def routes(self) -> tuple[Route, ...]:
        """Claim the event."""
        return (Route(Kind.EVENT, "app_home_opened", self.show),)

    async def show(self, ask: Ask) -> None:
        """Publish the home tab of whoever opened it."""
        if ask.event.get("tab") == "home":
            await self._publish(ask.principal)

    async def refresh(self, principal: Principal) -> None:
        """Show on the home tab what has just changed; nothing hangs on it."""
        try:
            await self._publish(principal)
        except BotError as error:
            log.info("home not refreshed", code=error.code)

    async def _publish(self, principal: Principal) -> None:
        installation = await self._tenants.get(principal.tenant)
        if installation is not None:
            start, tasks = await self.start(principal), await self._tasks(principal)
            shown = (*start, *tasks, *await self._for_admins(principal))
            view = {"type": "home", "blocks": list(shown)}
            await self._slack.publish_home(installation, principal.user_id, view)

    async def start(self, principal: Principal) -> tuple[Block, ...]:
        """Return the personal start, as a message or as a home tab."""
        connection = await self._credentials.find_own(principal)
        if connection is None and await self._is_lent(principal):
            return self._start_lent()
        if connection is None or connection.ended_at is not None:
            return self._start_unconnected(connection)
        preferences = await self._preferences.find(principal)
        site = connection.site(preferences.site) if preferences.site else None
        where = f" on *{escape(site.name)}*" if site else ""
        command = self._command
        return (
            blocks.section(f"You are *{escape(connection.account.name)}* in Confluence{where}."),
            blocks.section(
                f"`{command} search &lt;words&gt;` finds pages · `{command} page &lt;link&gt;` "
                f"shows one · `{command} help` lists everything."
            ),
            blocks.actions(
                blocks.button("Create a page", CREATE, style="primary"),
                blocks.button("Explore templates", EXPLORE),
                blocks.button("My connection", "status"),
            ),
        )

    async def _is_lent(self, principal: Principal) -> bool:
        """Tell whether they search and read with the organisation's account."""
        try:
            return (await self._credentials.choose(principal, Need.READ)).lent is not None
        except (NotAllowed, Unavailable):  # guests, and whom Slack is silent about
            return False

    def _start_lent(self) -> tuple[Block, ...]:
        command = self._command
        words = (
            "You aren't connected, and needn't be: you search and read with the organisation's "
            "account, in the spaces that your workspace's admins chose. With an account of your "
            "own you see what you may see in Confluence."
        )
        return (
            blocks.section(words),
            blocks.section(
                f"`{command} search &lt;words&gt;` finds pages · `{command} help` lists everything."
            ),
            blocks.actions(
                blocks.button("Explore templates", EXPLORE),
                blocks.button("What I may do", "status"),
                blocks.button("Connect an account of your own", "connect"),
            ),
        )

    def _start_unconnected(self, connection: Connection | None) -> tuple[Block, ...]:
        words = (
            "Your consent has ended. Connect again to go on."
            if connection
            else "Search, read and write Confluence pages without leaving Slack, in your own name. "
            "You aren't connected yet."
        )
        return (
            blocks.section(words),
            blocks.actions(
                blocks.button("Connect to Confluence", "connect", style="primary"),
                blocks.button("Explore templates", EXPLORE),
            ),
            blocks.context(f"`{self._command} help` lists everything."),
        )
