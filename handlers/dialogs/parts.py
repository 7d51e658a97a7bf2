"""What running dialog tasks works with, and what its listeners have in common."""

from collections.abc import Awaitable, Callable

import structlog

from bot.dialogs import DialogDesk
from bot.errors import BotError
from bot.frozen import frozen
from bot.principal import Principal
from handlers.ask import Ask, Reply, View
from handlers.dialogs import views
from handlers.dialogs.stage import Stage
from handlers.slack_api import SlackApi

log = structlog.get_logger(__name__)


@frozen
class DialogParts:
    """What running tasks works with; *show_home* shows on the home tab what has changed."""

    desk: DialogDesk
    stage: Stage
    slack: SlackApi
    show_home: Callable[[Principal], Awaitable[None]]
    command: str

    async def replace(self, ask: Ask, reply: Reply) -> None:
        """Put *reply* in place of the message that was pressed; nothing hangs on it."""
        try:
            await self.slack.respond(ask.response_url, reply.text, reply)
        except BotError as error:
            log.info("not replaced", code=error.code)


def opens(_: Ask) -> View:
    """Show at once that something is on its way."""
    return views.loading()


async def outside(ask: Ask) -> bool:
    """Tell whether there is no modal yet: within one, its page changes, as three are the most.

    https://docs.slack.dev/surfaces/modals
    """
    return ask.view is None or not ask.view.is_modal
