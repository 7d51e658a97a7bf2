"""Filling dialogs: their forms, their questions, and the ways between them."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.dialog import DialogId, Filling, Phase
from bot.dialogs import Move, Turn
from bot.entities import Given
from bot.errors import BotError, ConsentRequired, SiteRequired, WrongEntities
from bot.mrkdwn import escape
from bot.values import Value
from handlers import blocks, replies
from handlers.ask import (
    MOST_MODALS,
    Ack,
    Answer,
    Ask,
    Block,
    Kind,
    Modal,
    Route,
    Suggestions,
)
from handlers.dialogs import fields, messages, names, views
from handlers.dialogs.beginning import Beginning
from handlers.dialogs.confirming import Confirming
from handlers.dialogs.parts import DialogParts, opens, outside
from handlers.dialogs.views import Page

_MOVES: Final = {
    names.SKIP: Move.SKIP,
    names.BACK: Move.BACK,
    names.CANCEL: Move.CANCEL,
}


class Dialogs:
    """Takes dialogs' answers, wherever they are given; beginning and ending are its parts'."""

    def __init__(self, parts: DialogParts) -> None:
        self._parts = parts
        self._desk = parts.desk
        self._stage = parts.stage
        self._beginning = Beginning(parts)
        self._confirming = Confirming(parts)

    def routes(self) -> tuple[Route | Suggestions, ...]:
        """Claim this feature's names."""
        return (
            *self._beginning.routes(),
            *self._confirming.routes(),
            Route(Kind.COMMAND, "resume", self.resume_by_word),
            Route(Kind.SUBMISSION, names.FORM, self.fill, submitted=_working),
            Route(Kind.SUBMISSION, names.PICTURE, self.close, submitted=_closing),
            Route(Kind.PRESS, fields.FIELD, self.choose),
            *(Route(Kind.PRESS, name, self.choose) for name in names.ANSWERS),
            *(Route(Kind.PRESS, name, self._moving(move)) for name, move in _MOVES.items()),
            Route(Kind.PRESS, names.TO_FORM, self.to_form, opens=opens, opens_if=outside),
            Route(Kind.PRESS, names.TALK, self.talk),
            Route(Kind.PRESS, names.RESUME, self.resume, opens=opens, opens_if=outside),
            Route(Kind.PRESS, names.DROP, self.drop),
            Route(Kind.PRESS, names.CHANGE, self.change, opens=opens, opens_if=outside),
            Suggestions(fields.FIELD, self.suggest),
        )

    def others(self) -> Route:
        """See `Beginning.others`."""
        return self._beginning.others()

    async def resume_by_word(self, ask: Ask) -> Answer:
        """List the open dialogs, or go on with the one that is named."""
        if not ask.text.strip():
            dialogs = await self._desk.list_open(ask.principal)
            return messages.open_ones(dialogs, self._parts.command)
        dialog = DialogId(ask.text.strip())
        turn = await self._desk.move(ask.principal, dialog, Move.RESUME)
        talks = turn.dialog.thread and turn.dialog.filling is Filling.CONVERSATION
        if talks and not turn.dialog.phase.is_final:
            return await self._conversation(ask, turn)
        if turn.dialog.phase is Phase.ASKING:
            return messages.to_be_resumed(turn.dialog)
        return await self._stage.message(turn)

    async def fill(self, ask: Ask) -> Answer:
        """Take a form's page in, and show what comes next."""
        metadata = ask.view.metadata if ask.view else ""
        dialog, carried = names.dialog_in(metadata), names.read_value(metadata)
        given = _given(ask)
        again = Page("all" in carried, is_next=True, also=frozenset(given), typed=given)
        try:
            turn = await self._desk.fill(ask.principal, dialog, given)
        except WrongEntities as error:
            turn = await self._with_files(ask, dialog, given, error.wrong)
            return Modal(views.form(turn, replace(again, everything=False, wrong=error.wrong)))
        except BotError as error:
            if not _is_full(ask) or isinstance(error, ConsentRequired | SiteRequired):
                raise  # the form waits beneath, as it was
            turn = await self._desk.find(ask.principal, dialog)
            note = f":warning: {escape(replies.words_for(error))}"
            return Modal(views.form(turn, replace(again, note=note)))
        return await self._stage.show(ask, turn, Page(is_next=True))

    async def _with_files(
        self, ask: Ask, dialog: DialogId, given: Mapping[str, Given], wrong: Mapping[str, str]
    ) -> Turn:
        """Keep the files of a form that is shown again: its fields can't show them."""
        kept = {name: each for name, each in given.items() if each.files and name not in wrong}
        if kept:
            with suppress(WrongEntities):
                return await self._desk.fill(ask.principal, dialog, kept)
        return await self._desk.find(ask.principal, dialog)

    async def close(self, ask: Ask) -> None:
        """Let go of a form that was only looked at."""
        del ask

    async def choose(self, ask: Ask) -> Answer:
        """Take what was pressed or chosen: beside a question, or in a form that goes by it."""
        if ask.view is not None and ask.view.is_modal:
            return await self._chosen_in_form(ask)
        dialog, entity, value = _chosen(ask)
        turn = await self._desk.move(ask.principal, dialog, Move.ANSWER, entity, value)
        if turn.dialog.answer(entity) is not None:
            await self._parts.replace(ask, messages.answered(turn, entity))
        await self._stage.say(turn)
        return None

    async def _chosen_in_form(self, ask: Ask) -> Answer:
        """Show the form with what depends on the field that was changed."""
        dialog, entity = names.read_block(str(ask.action.get("block_id", "")))
        carried = names.read_value(ask.view.metadata if ask.view else "")
        standing = frozenset(_entities_in(ask))
        page = Page("all" in carried, "next" in carried, also=standing)
        given = fields.given_in(ask.action)
        try:
            turn = await self._desk.fill(ask.principal, dialog, {entity: given})
        except WrongEntities as error:
            turn = await self._desk.find(ask.principal, dialog)
            page = replace(page, wrong=error.wrong, typed={entity: given})
        except BotError as error:  # what was typed beside it stays
            turn = await self._desk.find(ask.principal, dialog)
            note = f":warning: {escape(replies.words_for(error))}"
            page = replace(page, note=note, typed={entity: given})
        return Modal(views.form(turn, page))

    def _moving(self, move: Move) -> Callable[[Ask], Awaitable[Answer]]:
        async def moved(ask: Ask) -> Answer:
            carried = names.read_value(ask.value)
            dialog, entity = names.dialog_in(ask.value), carried.get("e", "")
            turn = await self._desk.move(ask.principal, dialog, move, entity)
            if move is Move.SKIP and entity:
                await self._parts.replace(ask, messages.answered(turn, entity))
            return await self._stage.show(ask, turn)

        return moved

    async def to_form(self, ask: Ask) -> Answer:
        """Go on in a form."""
        dialog = names.dialog_in(ask.value)
        return await self._stage.show(
            ask, await self._desk.move(ask.principal, dialog, Move.TO_FORM)
        )

    async def talk(self, ask: Ask) -> Answer:
        """Go on in a conversation; what stands in the form's fields goes along."""
        dialog = names.dialog_in(ask.value)
        given = {name: each for name, each in _given(ask).items() if not each.is_empty}
        if given:
            try:
                await self._desk.fill(ask.principal, dialog, given)
            except WrongEntities as error:
                kept = {name: each for name, each in given.items() if name not in error.wrong}
                with suppress(WrongEntities):  # what goes by a wrong one
                    await self._desk.fill(ask.principal, dialog, kept)
        turn = await self._desk.move(ask.principal, dialog, Move.TO_CONVERSATION)
        return await self._conversation(ask, turn)

    async def _conversation(self, ask: Ask, turn: Turn) -> Answer:
        turn = await self._stage.placed(turn)
        await self._stage.say(turn)
        reply = messages.went_on(turn, await self._stage.link(turn.dialog))
        if ask.modal or (ask.view is not None and ask.view.is_modal):
            return Modal(blocks.modal("Confluence", blocks.shown(reply)))
        return reply

    async def resume(self, ask: Ask) -> Answer:
        """Show an open dialog as it stands."""
        dialog = names.dialog_in(ask.value)
        turn = await self._desk.move(ask.principal, dialog, Move.RESUME)
        return await self._stage.show(ask, turn)

    async def drop(self, ask: Ask) -> Answer:
        """End a dialog in the list of those that are open, and show what is left of that."""
        await self._desk.move(ask.principal, names.dialog_in(ask.value), Move.CANCEL)
        if ask.view is not None:
            await self._parts.show_home(ask.principal)
            return None
        left = messages.open_ones(await self._desk.list_open(ask.principal), self._parts.command)
        return replace(left, replace=True)

    async def change(self, ask: Ask) -> Answer:
        """Show all that was answered, to be changed."""
        turn = await self._desk.move(ask.principal, names.dialog_in(ask.value), Move.TO_FORM)
        if turn.dialog.phase not in {Phase.ASKING, Phase.CONFIRMING, Phase.FAILED}:
            return await self._stage.show(ask, turn)
        page = Page(everything=True, is_next=ask.view is not None and ask.view.is_modal)
        return Modal(views.form(turn, replace(page, typed=_given(ask))))

    async def suggest(self, ask: Ask) -> list[Block]:
        """Return what may be chosen for an entity."""
        dialog, entity = names.read_block(str(ask.action.get("block_id", "")))
        if not entity or dialog == "picture":
            return []
        found = await self._desk.suggest(ask.principal, dialog, entity, ask.text)
        return [fields.option(choice) for choice in found[:100]]


async def _working(ask: Ask) -> Ack:
    """Lay the working view over the form, so that what was typed waits beneath."""
    return Ack(view=views.working(), push=not _is_full(ask))


def _is_full(ask: Ask) -> bool:
    """Tell whether no other modal can lie over the one at hand."""
    return ask.view is not None and ask.view.level >= MOST_MODALS


async def _closing(_: Ask) -> Ack:
    return Ack(goes_on=False)


def _given(ask: Ask) -> dict[str, Given]:
    """Return what a form holds, by entity."""
    values = ask.view.values if ask.view else {}
    found = {}
    for block, elements in values.items():
        _, entity = names.read_block(block)
        state = next(iter(elements.values()), {})
        if entity and fields.FIELD in elements:
            found[entity] = fields.given_in(state, ask.principal.user_id)
    return found


def _entities_in(ask: Ask) -> list[str]:
    return list(_given(ask))


def _chosen(ask: Ask) -> tuple[DialogId, str, Value]:
    """Return the dialog, the entity and the value that were pressed beside a question."""
    if ask.action.get("action_id") == fields.FIELD:
        dialog, entity = names.read_block(str(ask.action.get("block_id", "")))
        return dialog, entity, fields.given_in(ask.action).value
    carried = names.read_value(ask.value)
    return names.dialog_in(ask.value), carried.get("e", ""), carried.get("v", "")
