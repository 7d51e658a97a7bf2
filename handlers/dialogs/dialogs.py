"""Running dialog tasks: the words, shortcuts, buttons, forms and messages of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot.dialog import DialogId, Filling, Phase
from bot.dialogs import DialogDesk, Move, Start, Turn, Verdict
from bot.entities import Given
from bot.errors import (
    BadInput,
    BotError,
    ConsentRequired,
    NotFound,
    SiteRequired,
    Unavailable,
    WrongEntities,
)
from bot.mrkdwn import escape
from bot.task import DialogTask
from bot.values import Value
from handlers import blocks, replies
from handlers import help as help_words
from handlers.ask import (
    MOST_MODALS,
    Ack,
    Answer,
    Ask,
    Block,
    Kind,
    Modal,
    Reply,
    Route,
    Suggestions,
    View,
)
from handlers.dialogs import fields, messages, names, views
from handlers.dialogs.stage import Stage
from handlers.dialogs.views import Page
from handlers.offers import RUN_LINE
from handlers.slack_api import SlackApi

log = structlog.get_logger(__name__)

NOTHING: Final[Mapping[str, str]] = {}
WRITING: Final = "Writing to Confluence… You can close this: the receipt comes by message as well."
UNDER_WAY: Final = "That was confirmed already. The receipt comes by message."
TOO_OLD: Final = (
    "Something has changed since this was shown, so nothing was written. "
    "Close this, and look at it as it is now."
)
_MOVES: Final = {
    names.SKIP: Move.SKIP,
    names.BACK: Move.BACK,
    names.HELP: Move.HELP,
    names.LEFT: Move.LEFT,
    names.CANCEL: Move.CANCEL,
}
_VERDICTS: Final = {
    names.IS_DONE: Verdict.DONE,
    names.DO_IT: Verdict.DO_IT,
    names.STOP: Verdict.STOP,
}


@dataclass(frozen=True, slots=True)
class DialogParts:
    """What running tasks works with."""

    desk: DialogDesk
    stage: Stage
    slack: SlackApi
    command: str


class Dialogs:
    """Begins dialogs, takes their answers, and runs what was confirmed."""

    def __init__(self, parts: DialogParts) -> None:
        self._parts = parts
        self._desk = parts.desk
        self._stage = parts.stage

    def routes(self) -> tuple[Route | Suggestions, ...]:
        """Claim this feature's names."""
        run = (*names.RUN, names.RUN_MENU)
        return (
            Route(Kind.COMMAND, "run", self.run, opens=_opens),
            Route(Kind.COMMAND, "resume", self.resume_by_word),
            Route(Kind.PRESS, RUN_LINE, self.run_line, opens=_opens, opens_if=outside),
            *(
                Route(
                    Kind.PRESS,
                    name,
                    self.begin,
                    opens=_opens,
                    opens_if=outside,
                    resumes=_beginning,
                )
                for name in run
            ),
            Route(Kind.SUBMISSION, names.FORM, self.fill, submitted=_working),
            Route(Kind.SUBMISSION, names.PICTURE, self.close, submitted=_closing),
            Route(
                Kind.SUBMISSION,
                names.CONFIRM,
                self.carry_out,
                submitted=self.claim,
                unsure=views.maybe_recorded,
            ),
            Route(Kind.PRESS, names.CONFIRM, self.carry_out, submitted=self.claim_press),
            Route(Kind.PRESS, fields.FIELD, self.choose),
            *(Route(Kind.PRESS, name, self.choose) for name in names.ANSWERS),
            *(Route(Kind.PRESS, name, self._moving(move)) for name, move in _MOVES.items()),
            *(Route(Kind.PRESS, name, self._judging(said)) for name, said in _VERDICTS.items()),
            Route(Kind.PRESS, names.TO_FORM, self.to_form, opens=_opens, opens_if=outside),
            Route(Kind.PRESS, names.TALK, self.talk),
            Route(Kind.PRESS, names.RESUME, self.resume, opens=_opens, opens_if=outside),
            Route(Kind.PRESS, names.AGAIN, self.try_again),
            Route(Kind.PRESS, names.CHANGE, self.change, opens=_opens, opens_if=outside),
            Route(Kind.PRESS, names.UNDO, self.undo),
            Suggestions(fields.FIELD, self.suggest),
        )

    def others(self) -> Route:
        """Return what answers a word that no command is called: the word of a task, maybe."""
        return Route(
            Kind.COMMAND,
            "",
            self.run_by_word,
            opens=_opens,
            opens_if=self._is_a_task,
            resumes=_by_word,
        )

    async def _is_a_task(self, ask: Ask) -> bool:
        return await self._desk.find_task(ask.principal, ask.command, ask.channel_id) is not None

    async def run(self, ask: Ask) -> Answer:
        """Run the task that is named, with what is typed behind its name."""
        return await self._run_line(ask, ask.text)

    async def run_line(self, ask: Ask) -> Answer:
        """Go on with what was typed before a consent was missing."""
        return await self._run_line(ask, ask.value)

    async def _run_line(self, ask: Ask, line: str) -> Answer:
        word, _, rest = line.strip().partition(" ")
        if not word:
            tasks = await self._desk.list_tasks(ask.principal, ask.channel_id)
            return Modal(names.in_channel(choice_of_tasks(tasks, self._parts.command), ask))
        task = await self._desk.find_task(ask.principal, word, ask.channel_id)
        if task is None:
            raise await self._unknown(ask, word)
        return await self._begun(ask, task, line=rest)

    async def run_by_word(self, ask: Ask) -> Answer:
        """Run the task whose word was typed in a command's place."""
        task = await self._desk.find_task(ask.principal, ask.command, ask.channel_id)
        if task is None:
            tasks = await self._desk.list_tasks(ask.principal, ask.channel_id)
            near = [word for each in tasks for word in each.words]
            return help_words.unknown_word(self._parts.command, ask.command, near)
        return await self._begun(ask, task, line=ask.text)

    async def begin(self, ask: Ask) -> Answer:
        """Begin the task whose button was pressed, or that was chosen."""
        pressed_menu = ask.action.get("action_id") == names.RUN_MENU
        word, known = (ask.value, {}) if pressed_menu else names.read_begin(ask.value)
        task = await self._desk.find_task(ask.principal, word, names.channel_of(ask))
        if task is None:
            raise await self._unknown(ask, word)
        return await self._begun(ask, task, known)

    async def resume_by_word(self, ask: Ask) -> Answer:
        """List the open dialogs, or go on with the one that is named."""
        if not ask.text.strip():
            dialogs = await self._desk.list_open(ask.principal)
            return messages.open_ones(dialogs)
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
            await self._replace(ask, messages.answered(turn, entity))
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
        return Modal(views.form(turn, page))

    def _moving(self, move: Move) -> Callable[[Ask], Awaitable[Answer]]:
        async def moved(ask: Ask) -> Answer:
            carried = names.read_value(ask.value)
            dialog, entity = names.dialog_in(ask.value), carried.get("e", "")
            turn = await self._desk.move(ask.principal, dialog, move, entity)
            if move is Move.SKIP and entity:
                await self._replace(ask, messages.answered(turn, entity))
            return await self._stage.show(ask, turn)

        return moved

    def _judging(self, verdict: Verdict) -> Callable[[Ask], Awaitable[Answer]]:
        async def judged(ask: Ask) -> Answer:
            key = names.read_value(ask.value).get("k", "")
            dialog = names.dialog_in(ask.value)
            turn = await self._desk.verdict(ask.principal, dialog, key, verdict)
            return await self._stage.show(ask, turn)

        return judged

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

    async def try_again(self, ask: Ask) -> Answer:
        """Go back to where a run stopped, with every answer kept."""
        dialog = names.dialog_in(ask.value)
        turn = await self._desk.move(ask.principal, dialog, Move.TRY_AGAIN)
        return await self._stage.show(ask, turn)

    async def change(self, ask: Ask) -> Answer:
        """Show all that was answered, to be changed."""
        turn = await self._desk.move(ask.principal, names.dialog_in(ask.value), Move.TO_FORM)
        if turn.dialog.phase not in {Phase.ASKING, Phase.CONFIRMING, Phase.FAILED}:
            return await self._stage.show(ask, turn)
        page = Page(everything=True, is_next=ask.view is not None and ask.view.is_modal)
        return Modal(views.form(turn, replace(page, typed=_given(ask))))

    async def undo(self, ask: Ask) -> Answer:
        """Take back what was written, where nobody has touched it."""
        turn = await self._desk.undo(ask.principal, names.dialog_in(ask.value))
        return replace(await self._stage.message(turn), replace=True)

    async def claim(self, ask: Ask) -> Ack:
        """Write the confirmation down before the ack says that it is under way."""
        metadata = ask.view.metadata if ask.view else ""
        dialog, plan = names.dialog_in(metadata), names.plan_in(metadata)
        try:
            is_claimed = await self._desk.confirm(ask.principal, dialog, plan)
        except Unavailable:
            return Ack(view=views.maybe_recorded(), push=True, goes_on=False)
        if is_claimed:
            return Ack(view=views.working(WRITING))
        return Ack(view=await self._claimed_before(ask), goes_on=False)

    async def claim_press(self, ask: Ask) -> Ack:
        """Write the confirmation down before its ack."""
        dialog, plan = names.dialog_in(ask.value), names.plan_in(ask.value)
        await self._desk.confirm(ask.principal, dialog, plan)
        return Ack()

    async def carry_out(self, ask: Ask) -> Answer:
        """Do what was confirmed, and show what became of it."""
        metadata = ask.value or (ask.view.metadata if ask.view else "")
        dialog = names.dialog_in(metadata)
        if not ask.modal:
            await self._show_claimed(ask, dialog)
        try:
            turn = await self._desk.run(ask.principal, dialog)
        except (ConsentRequired, SiteRequired):
            kept = await self._desk.find(ask.principal, dialog)
            if kept.dialog.phase is Phase.CONFIRMING:
                raise  # nothing of it was sent: it waits for them to connect, or to choose
            return await self._under_way(ask)
        except BotError as error:
            # It is claimed, and may be written: an apology that nothing was changed may be untrue.
            log.warning("run unsettled", code=error.code)
            return await self._under_way(ask)
        return await self._stage.show(ask, turn)

    async def _show_claimed(self, ask: Ask, dialog: DialogId) -> None:
        """Let the message that was pressed say so, if it was that press which confirmed it."""
        claimed = await self._desk.find(ask.principal, dialog)
        if claimed.dialog.phase is Phase.RUNNING:
            await self._replace(ask, messages.confirmed(claimed))

    async def _under_way(self, ask: Ask) -> Answer:
        if ask.modal:
            return Modal(views.working(views.LATER))
        return Reply(views.LATER)

    async def _claimed_before(self, ask: Ask) -> View:
        """Show what became of it: it was confirmed before, or isn't what was shown."""
        metadata = ask.view.metadata if ask.view else ""
        try:
            turn = await self._desk.find(ask.principal, names.dialog_in(metadata))
        except NotFound as error:
            return views.working(str(error))
        if turn.dialog.phase is Phase.RUNNING:
            return views.working(UNDER_WAY)
        if turn.dialog.phase.is_final:
            return views.of(turn, await self._stage.onward(turn))
        return views.working(TOO_OLD)

    async def suggest(self, ask: Ask) -> list[Block]:
        """Return what may be chosen for an entity."""
        dialog, entity = names.read_block(str(ask.action.get("block_id", "")))
        if not entity or dialog == "picture":
            return []
        found = await self._desk.suggest(ask.principal, dialog, entity, ask.text)
        return [fields.option(choice) for choice in found[:100]]

    async def _begun(
        self, ask: Ask, task: DialogTask, known: Mapping[str, str] = NOTHING, line: str = ""
    ) -> Answer:
        start = Start(
            known=known,
            line=line,
            filling=Filling.FORM,
            began_in=names.channel_of(ask),
            response_url=ask.response_url,
            correlation=ask.correlation,
        )
        turn = await self._desk.begin(ask.principal, task, start)
        return await self._stage.show(ask, turn)

    async def _unknown(self, ask: Ask, word: str) -> BadInput:
        tasks = await self._desk.list_tasks(ask.principal, names.channel_of(ask))
        known = ", ".join(f"“{task.word}”" for task in tasks[:10])
        there = f"There are {known}." if known else "None is installed for you yet."
        return BadInput(
            f"No dialog task is called “{word[:40]}”, so nothing was begun. {there} "
            f"“{self._parts.command} templates” has more."
        )

    async def _replace(self, ask: Ask, reply: Reply) -> None:
        """Put *reply* in place of the message that was pressed; nothing hangs on it."""
        try:
            await self._parts.slack.respond(ask.response_url, reply.text, reply)
        except BotError as error:
            log.info("not replaced", code=error.code)


def choice_of_tasks(tasks: Sequence[DialogTask], command: str) -> View:
    """Return the modal in which a task is chosen."""
    if not tasks:
        told = f"No dialog task is installed for you yet. `{command} templates` has some."
        return blocks.modal("Run a dialog task", [blocks.section(told)])
    shown = [blocks.section("Which one?"), blocks.actions(messages.task_menu(tasks))]
    return blocks.modal("Run a dialog task", shown)


def _opens(_: Ask) -> View:
    return views.loading()


async def outside(ask: Ask) -> bool:
    """Tell whether there is no modal yet: within one, its page changes, as three are the most.

    https://docs.slack.dev/surfaces/modals
    """
    return ask.view is None or not ask.view.is_modal


def _by_word(ask: Ask) -> str:
    return f"run {ask.command} {ask.text}".strip()


def _beginning(ask: Ask) -> str:
    """Return in a command's words what was pressed; what it knew is typed again."""
    if ask.action.get("action_id") == names.RUN_MENU:
        return f"run {ask.value}"
    try:
        word, known = names.read_begin(ask.value)
    except BadInput:  # the listener says so
        return ""
    return names.line_of(word, known)


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
            found[entity] = fields.given_in(state)
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
