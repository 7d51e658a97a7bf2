"""Running dialog tasks from Slack's shortcuts: from anywhere, or with a message."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from bot.dialog import Filling
from bot.dialogs import DialogDesk, Start
from bot.document import Document
from bot.documents import from_mrkdwn, from_rich_text, to_rich_text
from bot.errors import NotFound, TemplateRefused
from bot.frozen import frozen
from bot.task import DialogTask
from bot.template import ActionTemplate, Entity, EntityType
from handlers import blocks
from handlers.ask import Ack, Answer, Ask, Block, Kind, Modal, Route, View
from handlers.dialogs import names, views
from handlers.dialogs.beginning import choice_of_tasks
from handlers.dialogs.messages import MOST_TASKS
from handlers.dialogs.stage import Stage
from handlers.payloads import text_at

RUN_TASK: Final = "run_task"
RUN_ON_MESSAGE: Final = "run_task_on_message"
CHOSEN: Final = "task_on_message"
TASK: Final = "task"
MESSAGE: Final = "message"
_PROSE: Final = (EntityType.RICH_TEXT, EntityType.LONG_TEXT, EntityType.TEXT)


@frozen
class Shortcuts:
    """Begins a task that is chosen, with the message that was pointed at."""

    desk: DialogDesk
    stage: Stage
    template_of: Callable[[DialogTask], Awaitable[ActionTemplate]]
    command: str

    def routes(self) -> tuple[Route, ...]:
        """Claim the shortcuts and the choice."""
        return (
            Route(Kind.SHORTCUT, RUN_TASK, self.choose, opens=views.loading),
            Route(Kind.SHORTCUT, RUN_ON_MESSAGE, self.choose_for_message, opens=views.loading),
            Route(Kind.SUBMISSION, CHOSEN, self.begin, submitted=_working),
        )

    async def choose(self, ask: Ask) -> Answer:
        """Show the tasks to choose from."""
        tasks = await self.desk.list_tasks(ask.principal, ask.channel_id)
        return Modal(names.in_channel(choice_of_tasks(tasks, self.command), ask))

    async def choose_for_message(self, ask: Ask) -> Answer:
        """Show the tasks that take a text; the only one begins at once."""
        tasks = await self.desk.list_tasks(ask.principal, ask.channel_id)
        takes = await asyncio.gather(*map(self._takes_a_text, tasks))
        taking = list(itertools.compress(tasks, takes))
        if not taking:
            told = (
                "No dialog task that is installed for you takes a text. "
                f"`{self.command} templates` has some that do."
            )
            return Modal(blocks.modal("Run with this message", [blocks.section(told)]))
        message = ask.source or {}
        if len(taking) == 1:
            return await self._begun(ask, taking[0], _document(message))
        return Modal(names.in_channel(_choice(taking, _document(message)), ask))

    async def _takes_a_text(self, task: DialogTask) -> bool:
        with suppress(NotFound, TemplateRefused):  # it can't be run, so it isn't offered
            return bool(_prose(await self.template_of(task)))
        return False

    async def begin(self, ask: Ask) -> Answer:
        """Begin the chosen task with the message."""
        word, channel = ask.chosen(TASK)[0], names.channel_of(ask)
        task = await self.desk.find_task(ask.principal, word, channel)
        if task is None:
            raise NotFound("That dialog task isn't installed any more, so nothing was begun.")
        said = from_rich_text(ask.element(MESSAGE).get("rich_text_value"))
        return await self._begun(ask, task, said)

    async def _begun(self, ask: Ask, task: DialogTask, said: Document) -> Answer:
        template = await self.template_of(task)
        entity = _prose(template)
        start = Start(
            values={entity.name: said} if entity and said.blocks else {},
            filling=Filling.FORM,
            began_in=names.channel_of(ask),
            response_url=ask.response_url,
            correlation=ask.correlation,
        )
        return await self.stage.show(ask, await self.desk.begin(ask.principal, task, start))


def _prose(template: ActionTemplate) -> Entity | None:
    """Return the entity that a message fills: a rich text first, then a long one, then a line."""
    for kind in _PROSE:
        found = next((each for each in template.entities if each.type is kind), None)
        if found is not None:
            return found
    return None


def _document(message: Mapping[str, Any]) -> Document:
    named = message.get("blocks")
    found = named if isinstance(named, list) else []
    rich = next((each for each in found if text_at(each, "type") == "rich_text"), None)
    return from_rich_text(rich) if rich is not None else from_mrkdwn(text_at(message, "text"))


def _choice(tasks: list[DialogTask], said: Document) -> View:
    """Ask which task is to have the message, which waits in a field of its own meanwhile."""
    options = [blocks.option(task.title, task.word) for task in tasks[:MOST_TASKS]]
    menu = {"type": "static_select", "action_id": TASK, "options": options}
    text: Block = {"type": "rich_text_input", "action_id": MESSAGE}
    text |= {"initial_value": to_rich_text(said)} if said.blocks else {}
    shown = [
        blocks.field(TASK, "Which one?", menu),
        blocks.field(MESSAGE, "With this text", text, optional=True),
    ]
    view = blocks.modal("Run with this message", shown, close="Cancel")
    return blocks.form(view, CHOSEN, "Go on", "{}")


async def _working(_: Ask) -> Ack:
    return Ack(view=views.working())
