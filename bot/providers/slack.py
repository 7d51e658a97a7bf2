"""What the bot asks Slack, and how it speaks there unasked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, TypeVar

import structlog
from pydantic import SecretStr

from bot.errors import BotError, NotFound, Unavailable
from bot.installation import Installation, SlackPerson, UserGroup
from bot.ports import ADMIN_KNOWN_FOR, KNOWN_FOR, Clock, InstallationSource, SlackPeople, Voice
from bot.principal import Digest, Principal, Tenant, digest
from bot.providers import slack_wire as wire
from bot.providers.outgoing import Answer, Outgoing, Request
from bot.recent import Recent

# https://docs.slack.dev/interactivity/handling-user-interaction: five times in 30 minutes.
RESPONSE_URL: Final = timedelta(minutes=30)
MOST_USES: Final = 5
PATIENCE: Final = 5.0
"""Seconds for which Slack may have a message wait: it takes about one a second and channel."""

Shown = TypeVar("Shown")

logger = structlog.get_logger()


class SlackDirectory(SlackPeople):
    """Who people are, by ``users.info``, and which groups they belong to."""

    def __init__(self, outgoing: Outgoing, api_url: str, clock: Clock) -> None:
        """*api_url* is what stands before a method's name."""
        self._outgoing = outgoing
        self._api_url = api_url
        self._clock = clock
        self._known: Recent[tuple[Tenant, str], tuple[datetime, SlackPerson]] = Recent(
            clock, KNOWN_FOR
        )
        self._members: Recent[tuple[Tenant, str, str], frozenset[str]] = Recent(
            clock, ADMIN_KNOWN_FOR
        )
        self._groups: Recent[tuple[Tenant, str], tuple[UserGroup, ...]] = Recent(
            clock, ADMIN_KNOWN_FOR
        )

    async def get(
        self, installation: Installation, user_id: str, *, fresh_for: timedelta = KNOWN_FOR
    ) -> SlackPerson:
        """See ``SlackPeople.get``."""
        key, asked_at = (installation.tenant, user_id), self._clock()
        known = self._known.find(key)
        if known is None or asked_at - known[0] >= fresh_for:
            request = wire.users_info(self._api_url, installation.bot_token, user_id)
            answer = await self._outgoing.send(request)
            person = wire.read_person(
                answer, self._clock(), of_organisation=installation.is_organisations
            )
            known = self._known.keep(key, (asked_at, person))
        return known[1]

    async def is_in_group(
        self, installation: Installation, group_id: str, user_id: str, team_id: str = ""
    ) -> bool:
        """See ``SlackPeople.is_in_group``."""
        key = (installation.tenant, team_id, group_id)
        members = self._members.find(key)
        if members is None:
            request = wire.list_group_users(
                self._api_url, installation.bot_token, group_id, team_id
            )
            members = self._members.keep(
                key, await self._shown(request, wire.read_group_users, frozenset())
            )
        return user_id in members

    async def list_groups(
        self, installation: Installation, team_id: str = ""
    ) -> Sequence[UserGroup]:
        """See ``SlackPeople.list_groups``."""
        key = (installation.tenant, team_id)
        groups = self._groups.find(key)
        if groups is None:
            request = wire.list_groups(self._api_url, installation.bot_token, team_id)
            groups = self._groups.keep(key, await self._shown(request, wire.read_groups, ()))
        return groups

    def forget(self, tenant: Tenant, user_id: str) -> None:
        """See ``SlackPeople.forget``."""
        self._known.drop((tenant, user_id))

    async def _shown(
        self, request: Request, read: Callable[[Answer, datetime], Shown], nothing: Shown
    ) -> Shown:
        """Return what Slack shows, or *nothing* where it shows us none."""
        try:
            return read(await self._outgoing.send(request), self._clock())
        except NotFound:
            logger.warning("user group not shown")
            return nothing


class SlackVoice(Voice):
    """Speaks through a response URL while it works, and by direct message otherwise."""

    def __init__(  # noqa: PLR0913 (what it speaks over, and how it waits)
        self,
        outgoing: Outgoing,
        api_url: str,
        hooks_url: str,
        installations: InstallationSource,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """*hooks_url* is where response URLs lie; others aren't called."""
        self._sleep = sleep
        self._outgoing = outgoing
        self._api_url = api_url
        self._hooks = f"{hooks_url.rstrip('/')}/"
        self._installations = installations
        self._clock = clock
        self._uses: Recent[Digest, tuple[datetime, int]] = Recent(clock, 2 * RESPONSE_URL)

    async def tell(
        self,
        principal: Principal,
        text: str,
        blocks: Sequence[object] = (),
        *,
        response_url: SecretStr | None = None,
        replace: bool = False,
    ) -> None:
        """See ``Voice.tell``. Where it isn't known whether it was heard, it is said again."""
        said = wire.said(text, blocks)
        if response_url is not None and await self._respond(response_url, said, replace=replace):
            return
        await self._send(principal, said)

    async def _respond(
        self, response_url: SecretStr, said: Mapping[str, object], *, replace: bool
    ) -> bool:
        """Tell whether Slack took it."""
        if not self._use(response_url):
            return False
        try:
            answer = await self._outgoing.send(wire.respond(response_url, said, replace=replace))
        except BotError as error:
            logger.info("response url not answered", code=error.code)
            return False
        return answer.status == HTTPStatus.OK

    def _use(self, response_url: SecretStr) -> bool:
        """Count one use, if there is one left as far as this process knows."""
        url = response_url.get_secret_value()
        if not url.startswith(self._hooks) or not self._outgoing.allows(url):
            return False
        now = self._clock()
        first, uses = self._uses.find(digest(url)) or (now, 0)
        if uses >= MOST_USES or now - first >= RESPONSE_URL:
            return False
        self._uses.keep(digest(url), (first, uses + 1))
        return True

    async def _send(self, principal: Principal, said: Mapping[str, object]) -> None:
        installation = await self._installations.find(principal.tenant)
        if installation is None:
            raise Unavailable(wire.PROVIDER)
        token = installation.bot_token
        request = wire.post_message(self._api_url, token, principal.user_id, said)
        answer = await self._outgoing.send(request)
        wait = wire.seconds_to_wait(answer, self._clock())
        if wait is not None and wait <= PATIENCE:
            await self._sleep(wait)
            answer = await self._outgoing.send(request)
        wire.require_ok(answer, self._clock())
