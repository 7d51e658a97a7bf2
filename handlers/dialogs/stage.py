"""Where a dialog is shown: in the modal at hand, or in its thread of the app's Messages tab."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog
from pydantic import SecretStr

from bot.dialog import Dialog, Filling, Phase
from bot.dialogs import DialogDesk, Saying, Turn
from bot.errors import BotError, InstallationBroken
from bot.frozen import frozen
from bot.installation import Installation
from bot.ports import Voice
from bot.principal import Principal
from bot.written import read
from handlers.ask import Answer, Ask, Modal, Reply
from handlers.dialogs import messages, views
from handlers.dialogs.shown import Onward, offered
from handlers.dialogs.views import FIRST, Page
from handlers.slack_api import SlackApi
from handlers.tenants import Tenants

log = structlog.get_logger(__name__)

SILENT: Final = frozenset({Saying.HEARD})


@frozen
class StageParts:
    """What dialogs are shown with; *can_undo* tells whether something of one can be taken back."""

    desk: DialogDesk
    slack: SlackApi
    voice: Voice
    tenants: Tenants
    can_undo: Callable[[Dialog], bool]


class Stage:
    """Shows turns, and tells of what ended."""

    def __init__(self, parts: StageParts) -> None:
        self._parts = parts

    async def onward(self, turn: Turn) -> Onward:
        """Return what can be done next, for whoever it was done for."""
        dialog = turn.dialog
        can_undo = self._parts.can_undo(dialog)
        if dialog.phase is not Phase.DONE or not offered(read(dialog.said)):
            return Onward(can_undo)
        try:
            tasks = await self._parts.desk.list_tasks(dialog.principal, dialog.began_in)
        except BotError as error:  # whoever Slack won't describe now
            log.info("nothing offered", code=error.code)
            tasks = ()
        return Onward(can_undo, frozenset(word for task in tasks for word in task.words))

    async def message(self, turn: Turn) -> Reply:
        """Return the message of where it stands."""
        return messages.of(turn, await self.onward(turn))

    async def show(self, ask: Ask, turn: Turn, page: Page = FIRST) -> Answer:
        """Show *turn* where its person is looking; what was written is told by message as well."""
        modal = ask.modal or (ask.view.id if ask.view is not None and ask.view.is_modal else "")
        if not modal:
            await self._say_here(turn)
            return None
        if is_settled(turn.dialog):
            await self.tell(turn, ask)
        view = views.of(turn, await self.onward(turn), page)
        if not turn.dialog.is_waited_for:
            return Modal(view)
        installation = await self.installation(turn.dialog.principal)
        if await self._parts.slack.update_modal(installation, modal, view):
            await self._parts.desk.mark_told(turn)
        else:  # closed, as they were told that they may
            await self.tell(turn, ask)
        return None

    async def begin(self, turn: Turn) -> None:
        """Say what was understood of the words that began it, beneath them, and go on."""
        reply = messages.begun(turn, await self.onward(turn))
        await self._post(turn.dialog, reply)
        if is_settled(turn.dialog):
            await self._parts.desk.mark_told(turn)

    async def say(self, turn: Turn) -> None:
        """Say where it stands in the dialog's thread; a question begins one of its own."""
        if turn.says.saying in SILENT:
            return
        if turn.dialog.phase is Phase.ASKING:
            turn = await self.placed(turn)
        reply = await self.message(turn)
        await self._post(turn.dialog, reply)
        if is_settled(turn.dialog) or turn.dialog.is_waited_for:
            await self._parts.desk.mark_told(turn)

    async def tell(self, turn: Turn, ask: Ask | None = None) -> None:
        """Tell its person how it stands, by message, once.

        Raises what keeps it from being told, unless they are looking: then it is told later.
        """
        dialog = turn.dialog
        if dialog.is_told or not (dialog.journal or dialog.confirmed_at):
            return
        try:
            # Slack keeps no answer for somebody alone: in the app's messages it is one that stays.
            is_beside = ask is not None and not dialog.began_in.startswith("D")
            await self._told(turn, dialog.response_url if is_beside else None)
        except BotError as error:
            if ask is None:
                raise
            log.info("dialog untold", code=error.code)  # it is found by the job that settles

    async def _told(self, turn: Turn, url: SecretStr | None) -> None:
        dialog = turn.dialog
        talks = dialog.thread and dialog.filling is Filling.CONVERSATION
        if talks or dialog.phase is Phase.ASKING:
            await self.say(turn)
            return
        reply = await self.message(turn)
        await self._parts.voice.tell(dialog.principal, reply.text, reply.blocks, response_url=url)
        await self._parts.desk.mark_told(turn)

    async def _say_here(self, turn: Turn) -> None:
        """Say where it stands; of what was written no apology may say that nothing was."""
        try:
            await self.say(turn)
        except BotError as error:
            is_found = is_settled(turn.dialog) or turn.dialog.is_waited_for
            if turn.dialog.confirmed_at is None or not is_found:
                raise
            log.info("dialog untold", code=error.code)

    async def placed(self, turn: Turn) -> Turn:
        """Return *turn* with a thread of its own in the app's messages."""
        if turn.dialog.thread:
            return turn
        principal = turn.dialog.principal
        installation = await self.installation(principal)
        begun = messages.opening(turn)
        channel, thread = await self._parts.slack.post(installation, begun, principal.user_id)
        dialog = await self._parts.desk.place(principal, turn.dialog.id, channel, thread)
        return replace(turn, dialog=dialog)

    async def link(self, dialog: Dialog) -> str:
        """Return the address of the dialog's thread; empty where there is none."""
        if not dialog.thread:
            return ""
        installation = await self.installation(dialog.principal)
        return await self._parts.slack.find_permalink(installation, dialog.channel, dialog.thread)

    async def installation(self, principal: Principal) -> Installation:
        """Return the tenant's installation. Raises ``InstallationBroken``."""
        installation = await self._parts.tenants.get(principal.tenant)
        if installation is None:
            raise InstallationBroken("the tenant has no installation")
        return installation

    async def _post(self, dialog: Dialog, reply: Reply) -> None:
        installation = await self.installation(dialog.principal)
        channel = dialog.channel or dialog.principal.user_id
        await self._parts.slack.post(installation, reply, channel, dialog.thread)


def is_settled(dialog: Dialog) -> bool:
    """Tell whether its person should have a message of how it stands."""
    return dialog.phase in {Phase.DONE, Phase.FAILED, Phase.UNCLEAR} and bool(dialog.journal)
