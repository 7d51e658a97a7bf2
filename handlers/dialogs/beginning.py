"""Beginning dialog tasks: by command, by a word of their own, by button and by menu."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from bot.dialog import Filling
from bot.dialogs import Start
from bot.errors import BadInput
from bot.mrkdwn import escape
from bot.task import DialogTask
from handlers import blocks
from handlers import help as help_words
from handlers.ask import Answer, Ask, Kind, Modal, Route, View
from handlers.dialogs import messages, names
from handlers.dialogs.parts import DialogParts, opens, outside
from handlers.offers import RUN_LINE

NOTHING: Final[Mapping[str, str]] = {}


class Beginning:
    """Begins dialogs."""

    def __init__(self, parts: DialogParts) -> None:
        self._parts = parts
        self._desk = parts.desk

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's names."""
        pressed = (
            Route(Kind.PRESS, name, self.begin, opens=opens, opens_if=outside, resumes=_beginning)
            for name in (*names.RUN, names.RUN_MENU)
        )
        return (
            Route(Kind.COMMAND, "run", self.run, opens=opens),
            Route(Kind.PRESS, RUN_LINE, self.run_line, opens=opens, opens_if=outside),
            *pressed,
        )

    def others(self) -> Route:
        """Return what answers a word that no command is called: the word of a task, maybe."""
        return Route(
            Kind.COMMAND,
            "",
            self.run_by_word,
            opens=opens,
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
            return await self._unknown(ask, word)
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
            return await self._unknown(ask, word)
        return await self._begun(ask, task, known)

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
        return await self._parts.stage.show(ask, turn)

    async def _unknown(self, ask: Ask, word: str) -> Modal:
        """Say that there is no such task, with those that there are."""
        tasks = await self._desk.list_tasks(ask.principal, names.channel_of(ask))
        told = f"No dialog task is called “{escape(word[:40])}”, so nothing was begun."
        by_word = {each: task for task in tasks for each in task.words}
        near = [by_word[each] for each in get_close_matches(word, by_word, n=3)]
        view = choice_of_tasks(tasks, self._parts.command, told, tuple(dict.fromkeys(near)))
        return Modal(names.in_channel(view, ask))


def choice_of_tasks(
    tasks: Sequence[DialogTask], command: str, told: str = "", near: Sequence[DialogTask] = ()
) -> View:
    """Return the modal in which a task is chosen; what is *told* stands above it."""
    shown = [blocks.section(told)] if told else []
    if near:
        shown.append(blocks.section("Did you mean this?"))
        shown.append(blocks.actions(*messages.run_buttons(near)))
    if tasks:
        shown += [blocks.section("Which one?"), blocks.actions(messages.task_menu(tasks))]
    else:
        told = f"No dialog task is installed for you yet. `{command} templates` has some."
        shown.append(blocks.section(told))
    return blocks.modal("Run a dialog task", shown)


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
