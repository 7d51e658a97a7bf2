"""What the home tab shows to admins besides."""

import structlog

from bot.administration import Overviews
from bot.errors import BotError
from bot.principal import Principal
from bot.roles import Roles
from handlers import blocks
from handlers.admin import names
from handlers.admin.root_views import lines_of
from handlers.ask import Block

log = structlog.get_logger(__name__)


class HomePart:
    """How everything stands, and the way to change it."""

    def __init__(self, overviews: Overviews, roles: Roles) -> None:
        self._overviews = overviews
        self._roles = roles

    async def blocks(self, principal: Principal) -> tuple[Block, ...]:
        """Return it for an admin; nothing for anybody else, or where that can't be found out."""
        try:
            if not await self._roles.may_administer(principal):
                return ()
            overview = await self._overviews.read(principal.tenant)
        except BotError as error:
            log.info("home without administration", code=error.code)
            return ()
        return (
            blocks.divider(),
            blocks.header("For admins"),
            blocks.section("\n".join(lines_of(overview))),
            blocks.actions(blocks.button("Administration", names.OPEN)),
        )
