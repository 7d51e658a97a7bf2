"""Slack's Web API and response URLs, as far as answering a request takes them.

Fact: a view that an ack has pushed exists only once Slack has read the ack, so an update
by external id may come too early and is tried again (`not_found`, docs: views.update).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import ClientError, ClientSession
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.cutting import cut_bytes
from bot.errors import BotError, InstallationBroken, ProviderFault, Unavailable
from bot.fitting import fitting
from bot.frozen import frozen
from bot.installation import Installation
from bot.mrkdwn import escape
from handlers import blocks
from handlers.ask import EXTERNAL, Answer, Ask, Modal, Reply, View
from handlers.slack_refusals import UNANSWERED, refusal_code, seconds_to_wait

log = structlog.get_logger(__name__)

PROVIDER = "Slack"
TRIES = 6
PATIENCE = 5.0
"""Seconds for which Slack may have what we say wait: it takes about one message a second."""
TRIGGERED = frozenset({"views.open", "views.push"})
"""What can't wait: a trigger is good for three seconds."""
LONGEST_TEXT = 3_000
"""Slack holds the text of an ephemeral message to 4,000 bytes."""

PASSING = frozenset(
    {
        *("ratelimited", "internal_error", "service_unavailable", "fatal_error"),
        *("expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged"),
    }
)
"""What another try may mend; a trigger is good for three seconds, once."""

REFUSED = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)
"""The bot's own token is no good any more."""

GONE_MESSAGES = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
GONE = frozenset({"not_found", "view_not_found", "invalid_view_id", "hash_conflict"})


@frozen
class Channel:
    """Where something may be shared: whether strangers to the workspace read it too."""

    id: str
    has_strangers: bool


class SlackApi:
    """Speaks to Slack as the bot of an installation, over a session that others own."""

    def __init__(
        self,
        session: ClientSession,
        api_url: str,
        hooks_url: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._session = session
        self._api_url = api_url
        self._hooks = _origin(hooks_url)
        self._sleep = sleep

    def client(self, installation: Installation) -> AsyncWebClient:
        """Return a Web API client with the installation's token and our one session."""
        return AsyncWebClient(
            token=installation.bot_token.get_secret_value(),
            base_url=self._api_url,
            session=self._session,
            retry_handlers=[AsyncConnectionErrorRetryHandler(max_retry_count=1)],
        )

    async def call(
        self, installation: Installation, method: str, arguments: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Call *method*. Raises ``Unavailable``, ``ProviderFault``, or Slack's own refusal."""
        client, sent = self.client(installation), dict(arguments)
        try:
            try:
                answer = await client.api_call(method, json=sent)
            except SlackApiError as error:
                wait = seconds_to_wait(error)
                if method in TRIGGERED or not 0 < wait <= PATIENCE:
                    raise
                await self._sleep(wait)
                answer = await client.api_call(method, json=sent)
        except UNANSWERED as error:
            raise Unavailable(PROVIDER) from error
        return answer.data if isinstance(answer.data, dict) else {}

    async def open_modal(self, installation: Installation, ask: Ask, view: View) -> str:
        """Show *view*: over the modal that the press came from, or as a new one. Returns its id."""
        method = "views.push" if ask.view and ask.view.id and _in_modal(ask) else "views.open"
        arguments = {"trigger_id": ask.trigger_id, "view": view}
        try:
            shown = await self.call(installation, method, arguments)
        except SlackApiError as error:
            raise _refusal(error) from error
        return str(shown.get("view", {}).get("id", ""))

    async def update_modal(self, installation: Installation, modal: str, view: View) -> bool:
        """Replace what *modal* shows; ``False`` if its person has closed it."""
        external = modal.removeprefix(EXTERNAL)
        named = {"external_id": external} if external != modal else {"view_id": modal}
        for tried in range(TRIES):
            try:
                await self.call(installation, "views.update", {**named, "view": view})
            except SlackApiError as error:
                if refusal_code(error) not in GONE:
                    raise _refusal(error) from error
                if external == modal:
                    return False
                await self._sleep(0.1 * 2**tried)
            else:
                return True
        return False

    async def publish_home(self, installation: Installation, user_id: str, view: View) -> None:
        """Show *view* as the person's home tab."""
        try:
            await self.call(installation, "views.publish", {"user_id": user_id, "view": view})
        except SlackApiError as error:
            raise _refusal(error) from error

    async def post(
        self, installation: Installation, reply: Reply, channel: str, thread: str = ""
    ) -> tuple[str, str]:
        """Say something as the bot; return the conversation's id and the message's time stamp.

        *channel* may be a person's id: then it is said in the app's own Messages tab, which has
        an id of its own.
        """
        message = {"channel": channel, **_posted(reply)}
        said = await self._asked(
            installation, "chat.postMessage", message | ({"thread_ts": thread} if thread else {})
        )
        return str(said.get("channel", channel)), str(said.get("ts", ""))

    async def change(
        self, installation: Installation, reply: Reply, channel: str, message: str
    ) -> bool:
        """Say *reply* in place of the bot's own message; ``False`` if that is gone."""
        try:
            await self.call(
                installation,
                "chat.update",
                {"channel": channel, "ts": message, **_posted(reply)},
            )
        except SlackApiError as error:
            if refusal_code(error) in GONE_MESSAGES:
                return False
            raise _refusal(error) from error
        return True

    async def find_permalink(self, installation: Installation, channel: str, message: str) -> str:
        """Return the address of a message; empty where Slack tells none."""
        try:
            found = await self.client(installation).chat_getPermalink(
                channel=channel, message_ts=message
            )
        except SlackApiError:
            return ""
        except UNANSWERED as error:
            raise Unavailable(PROVIDER) from error
        return str(found.get("permalink", ""))

    async def _asked(
        self, installation: Installation, method: str, arguments: Mapping[str, Any]
    ) -> dict[str, Any]:
        try:
            return await self.call(installation, method, arguments)
        except SlackApiError as error:
            raise _refusal(error) from error

    async def find_channel(self, installation: Installation, channel_id: str) -> Channel:
        """Tell whether strangers read a channel; a channel that we can't see counts as so."""
        try:
            found = await self.client(installation).conversations_info(channel=channel_id)
        except SlackApiError:
            return Channel(channel_id, has_strangers=True)
        except UNANSWERED as error:
            raise Unavailable(PROVIDER) from error
        channel = found.get("channel")
        if not isinstance(channel, dict):
            return Channel(channel_id, has_strangers=True)
        shared = channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")
        return Channel(channel_id, has_strangers=bool(shared))

    async def find_name(self, installation: Installation, channel_id: str) -> str:
        """Return a channel's name; an empty one for a channel that isn't shown to us."""
        try:
            found = await self.client(installation).conversations_info(channel=channel_id)
        except SlackApiError:
            return ""
        except UNANSWERED as error:
            raise Unavailable(PROVIDER) from error
        channel = found.get("channel")
        return str(channel.get("name", "")) if isinstance(channel, dict) else ""

    async def deliver(self, installation: Installation, ask: Ask, answer: Answer) -> None:
        """Give *answer* back, where its person is looking."""
        if answer is None:
            return
        if isinstance(answer, Modal):
            await self._show(installation, ask, answer.view)
        elif ask.modal or _in_modal(ask):
            view = blocks.modal("Confluence", blocks.shown(answer))
            if not await self._show(installation, ask, view):
                await self._say(installation, ask, answer)
        else:
            await self._say(installation, ask, answer)

    async def _show(self, installation: Installation, ask: Ask, view: View) -> bool:
        modal = ask.modal or (ask.view.id if _in_modal(ask) and ask.view else "")
        if modal:
            return await self.update_modal(installation, modal, view)
        await self.open_modal(installation, ask, view)
        return True

    async def _say(self, installation: Installation, ask: Ask, reply: Reply) -> None:
        # A private answer may come twice; what a channel reads may not.
        passing = () if reply.in_channel else (Unavailable,)
        with suppress(*passing):
            if await self.respond(ask.response_url, reply.text, reply):
                return
        if ask.event.get("type") == "app_mention" and await self._whisper(installation, ask, reply):
            return
        in_tab = ask.thread and ask.channel_id.startswith("D")
        where = (ask.channel_id, ask.thread) if in_tab else (ask.principal.user_id, "")
        await self.post(installation, reply, *where)

    async def _whisper(self, installation: Installation, ask: Ask, reply: Reply) -> bool:
        """Say it where they are, for their eyes only; ``False`` where Slack doesn't let us."""
        place = {"channel": ask.channel_id, "user": ask.principal.user_id}
        under = {"thread_ts": ask.thread} if ask.thread else {}
        try:
            await self.call(
                installation, "chat.postEphemeral", {**place, **under, **_posted(reply)}
            )
        except SlackApiError as error:
            log.info("not whispered", error=refusal_code(error))
            return False
        return True

    async def respond(self, url: SecretStr | None, text: str, reply: Reply | None = None) -> bool:
        """Post to a response URL; ``False`` if there is none, or it is spent or expired."""
        address = url.get_secret_value() if url else ""
        if not address or _origin(address) != self._hooks:
            return False
        reply = reply or Reply(text)
        body = {
            **_message(reply),
            "response_type": "in_channel" if reply.in_channel else "ephemeral",
            "replace_original": reply.replace,
        }
        said = await self._post(address, body)
        if said and reply.ends:
            await self._post(address, {"delete_original": True})
        return said

    async def _post(self, address: str, body: Mapping[str, Any]) -> bool:
        try:
            async with self._session.post(address, json=body, allow_redirects=False) as answer:
                return answer.ok
        except (ClientError, TimeoutError) as error:
            raise Unavailable(PROVIDER) from error


def _in_modal(ask: Ask) -> bool:
    return bool(ask.view and ask.view.is_modal)


def _posted(reply: Reply) -> dict[str, Any]:
    message = _message(reply)
    return message | {"blocks": fitting(message["blocks"])}


def _message(reply: Reply) -> dict[str, Any]:
    return {
        "text": cut_bytes(escape(reply.text[:LONGEST_TEXT]), LONGEST_TEXT),
        "blocks": list(blocks.shown(reply)[: blocks.MOST_IN_MESSAGE]),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _refusal(error: SlackApiError) -> BotError:
    code = refusal_code(error)
    if not code or code in PASSING:
        return Unavailable(PROVIDER)
    if code in REFUSED:
        return InstallationBroken(f"Slack refuses the bot's token ({code})")
    log.error("slack refused", error=code, details=error.response.get("response_metadata"))
    return ProviderFault(f"Slack refused {code}", provider=PROVIDER)
