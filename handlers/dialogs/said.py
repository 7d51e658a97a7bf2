"""What people write to the bot: in its Messages tab, in a dialog's thread, or by a mention."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bot.dialog import Filling
from bot.dialogs import DialogDesk, Heard, Match, Move, Saying, Start, Turn
from bot.document import Document
from bot.documents import from_rich_text
from bot.errors import BotError, ConsentRequired, SiteRequired
from handlers import replies
from handlers.ask import Answer, Ask, Kind, Route
from handlers.dialogs import fields, messages, names
from handlers.dialogs.stage import Stage
from handlers.payloads import SAID, text_at

UNREACHED: Final = "connection_failed"
"""Why Slack tells again what a process didn't live to ack.

https://docs.slack.dev/apis/events-api#errors
"""
_MENTION: Final = re.compile(r"^\s*<@[UW][A-Z0-9]{1,30}(?:\|[^>]*)?>[\s,:]*")


IsFirst = Callable[[Ask], Awaitable[bool]]
"""Tells, to one of all who ask of the same event, that they are the first."""


class Said:
    """Listens where people speak to the bot, and nowhere else."""

    def __init__(self, desk: DialogDesk, stage: Stage, command: str, is_first: IsFirst) -> None:
        self._desk = desk
        self._stage = stage
        self._command = command
        self._is_first = is_first

    def routes(self) -> tuple[Route, ...]:
        """Claim the events."""
        return (
            # An answer is kept before its ack: Slack sends again what wasn't taken.
            Route(Kind.EVENT, SAID, self.hear, by_person=True, holds_ack=True),
            Route(Kind.EVENT, "app_mention", self.mentioned, by_person=True),
        )

    async def hear(self, ask: Ask) -> Answer:
        """Take a message in: an answer in its thread, or the beginning of a dialog."""
        message = ask.source or {}
        is_edit = bool(message.get("edited"))
        if ask.thread:
            try:
                turn = await self._desk.hear(
                    ask.principal, ask.channel_id, ask.thread, _heard(message, is_edit=is_edit)
                )
            except BotError as error:
                error_says = replies.apology(error, ask.correlation)
                if not _is_offer(error):
                    return error_says
                raise
            if turn is not None:
                await self._stage.say(await self._heard_again(ask, turn))
                return None
        return None if is_edit else await self._begin_once(ask)

    async def _begin_once(self, ask: Ask) -> Answer:
        """Begin a dialog, which is there once however often it is told; say all else once."""
        try:
            answer = await self._begin(ask, ask.text)
        except BotError:
            if await self._is_first(ask):
                raise
            return None
        return answer if answer is not None and await self._is_first(ask) else None

    async def _heard_again(self, ask: Ask, turn: Turn) -> Turn:
        """Return *turn*; where whoever heard the message may have died since, where it stands."""
        if turn.says.saying is not Saying.HEARD or ask.retried != UNREACHED:
            return turn
        return await self._desk.move(ask.principal, turn.dialog.id, Move.RESUME)

    async def mentioned(self, ask: Ask) -> Answer:
        """Begin what the mention says; the answer is for whoever made it alone."""
        event = ask.event
        text = _MENTION.sub("", text_at(event, "text"))
        return await self._begin(ask, text, began_in=ask.channel_id)

    async def _begin(self, ask: Ask, text: str, began_in: str = "") -> Answer:
        matched = await self._desk.match(ask.principal, text, began_in)
        if len(matched.matches) > 1:
            return messages.which(matched.matches)
        if matched.only is None:
            tasks = await self._desk.list_tasks(ask.principal, began_in)
            dialogs = await self._desk.list_open(ask.principal)
            return messages.nothing_matched(tasks, dialogs, self._command)
        return await self._begun(ask, matched.only, began_in)

    async def _begun(self, ask: Ask, match: Match, began_in: str) -> Answer:
        at = text_at(ask.source or {}, "ts")
        # In its own Messages tab, what began it is the head of its thread.
        is_head = not began_in and not ask.thread
        start = Start(
            known=match.known,
            filling=Filling.CONVERSATION,
            began_in=began_in,
            correlation=ask.correlation,
            by=f"{ask.channel_id}/{at}" if at else "",
            channel=ask.channel_id if is_head else "",
            thread=at if is_head else "",
        )
        try:
            turn = await self._desk.begin(ask.principal, match.task, start)
        except (ConsentRequired, SiteRequired) as missing:
            missing.resumes = missing.resumes or names.line_of(match.task.word, match.known)
            raise
        turn = await self._heard_again(ask, turn)
        if turn.says.saying is Saying.HEARD:
            return None
        if is_head:
            await self._stage.begin(turn)
            return None
        turn = await self._stage.placed(turn)
        await self._stage.say(turn)
        if not began_in:
            return None
        return messages.went_on(turn, await self._stage.link(turn.dialog))


def _is_offer(error: BotError) -> bool:
    """Tell whether there is something to offer, as to connect."""
    return error.code in {"consent_required", "scope_missing", "site_required"}


def _heard(message: Mapping[str, Any], *, is_edit: bool) -> Heard:
    return Heard(
        at=text_at(message, "ts"),
        text=text_at(message, "text"),
        document=_document(message.get("blocks")),
        files=fields.files_in(message.get("files")),
        is_edit=is_edit,
    )


def _document(found: object) -> Document | None:
    """Return the rich text of a message, as the composer made it."""
    named = found if isinstance(found, list) else []
    rich = next((each for each in named if text_at(each, "type") == "rich_text"), None)
    return from_rich_text(rich) if rich is not None else None
