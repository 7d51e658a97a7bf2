"""What people are told of their grants unasked: privately, once, and with what mends it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.audit import Auditor
from bot.connection import Connection
from bot.errors import BotError
from bot.frozen import frozen
from bot.keeping import is_exhausted
from bot.mrkdwn import escape
from bot.ports import Clock, Deliveries, Voice
from bot.principal import Principal, Tenant
from bot.profiles import ProfileBook
from bot.trail import Action, Entry
from handlers import blocks
from handlers.ask import Block
from handlers.offers import ADMINISTRATION, ADMINISTRATION_AUTHORIZATION

RECONNECT = "reconnect"

FindPerson = Callable[[Tenant], Awaitable[str | None]]


@frozen
class NoticesParts:
    """What it takes to know whom to tell, and to tell them."""

    voice: Voice
    profiles: ProfileBook
    deliveries: Deliveries
    find_installer: FindPerson
    auditor: Auditor
    clock: Clock


class Notices:
    """Tells whoever can mend a grant: its person, or the owner of the organisation's."""

    def __init__(self, parts: NoticesParts) -> None:
        self._parts = parts

    async def ended(self, connection: Connection) -> None:
        """Record that a grant has ended, and tell of it."""
        tenant = connection.principal.tenant
        entry = Entry(tenant, Action.GRANT_ENDED).under(connection)
        self._parts.auditor.record(entry)
        server = await self._server(connection)
        await self._tell(connection, f"{self._why(connection, server)} Nothing was lost.")

    async def expiring(self, connection: Connection) -> None:
        """Tell when a typed token ends."""
        server, ends = await self._server(connection), connection.grant.expires_at
        whose = "The organisation's" if connection.is_organisations else "Your"
        await self._tell(
            connection,
            f"{whose} token for {escape(server)} ends on {_day(ends)}. Until then all goes on as "
            "it is. Make a new one there, and connect with it here.",
        )

    async def broken(self, connection: Connection) -> None:
        """Tell whoever looks after a profile that it is refused; once a day at most."""
        tenant, now = connection.principal.tenant, self._parts.clock()
        key = f"profile-broken/{connection.profile}/{now:%Y-%m-%d}"
        if not await self._parts.deliveries.is_first(tenant, key, now):
            return
        user_id = connection.owner or await self._maker(connection)
        if not user_id:
            return
        server = escape(await self._server(connection))
        await self._say(
            Principal(tenant, user_id),
            f"{server} refuses the client id or secret of the authorization profile that this "
            "workspace connects with, so connections can't be renewed. Nobody's consent is lost, "
            "and nobody needs to connect anew. Put the profile right, or ask whoever runs Confab.",
            _admin_button(),
        )

    def _why(self, connection: Connection, server: str) -> str:
        server = escape(server)
        whose = "the organisation's account" if connection.is_organisations else "your name"
        so = f"so I can't act in {whose} there any more."
        if connection.is_organisations:
            so = "so I can't act with the organisation's connection any more."
        if connection.mechanism.is_typed:
            return f"The token or password for {server} has come to its end, {so}"
        if is_exhausted(connection, self._parts.clock()):
            return f"For days I couldn't renew the consent at {server}, and gave it up, {so}"
        return f"{server} has ended the consent, {so}"

    async def _tell(self, connection: Connection, words: str) -> None:
        principal = connection.principal
        if not connection.is_organisations:
            button = blocks.button("Connect again", RECONNECT, style="primary")
            await self._say(principal, words, button)
            return
        user_id = connection.owner or await self._parts.find_installer(principal.tenant)
        if user_id:
            named = f"{words} It is the connection “{escape(connection.name)}”."
            await self._say(Principal(principal.tenant, user_id), named, _admin_button())

    async def _say(self, principal: Principal, words: str, button: Block) -> None:
        shown = (blocks.section(words), blocks.actions(button))
        await self._parts.voice.tell(principal, words, shown)

    async def _server(self, connection: Connection) -> str:
        tenant, version = connection.principal.tenant, connection.profile_version
        try:
            profile = await self._parts.profiles.get(tenant, connection.profile, version)
        except BotError:
            return "The server that you consented at"
        return profile.server_name

    async def _maker(self, connection: Connection) -> str | None:
        tenant = connection.principal.tenant
        try:
            profile = await self._parts.profiles.get(tenant, connection.profile)
        except BotError:
            return await self._parts.find_installer(tenant)
        return profile.made_by or await self._parts.find_installer(tenant)


def _admin_button() -> Block:
    return blocks.button(
        "Open its authorization", ADMINISTRATION, ADMINISTRATION_AUTHORIZATION, style="primary"
    )


def _day(at: datetime) -> str:
    return f"<!date^{int(at.timestamp())}^{{date_long}}|{at:%Y-%m-%d}>"
