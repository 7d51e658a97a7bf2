"""Running dialog tasks from Slack's shortcuts: from anywhere, or with a message."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.cutting import cut
from bot.dialog import Filling
from bot.dialogs import DialogDesk, Start
from bot.document import Document
from bot.documents import from_mrkdwn, from_rich_text
from bot.errors import NotFound
from bot.ports import Notes
from bot.principal import Principal
from bot.task import DialogTask
from bot.template import ActionTemplate, Entity, EntityType
from handlers import blocks
from handlers.ask import Ack, Answer, Ask, Kind, Modal, Route, View
from handlers.dialogs import views
from handlers.dialogs.dialogs import choice_of_tasks
from handlers.dialogs.messages import MOST_TASKS
from handlers.dialogs.stage import Stage
from handlers.payloads import text_at

RUN_TASK: Final = "run_task"
RUN_ON_MESSAGE: Final = "run_task_on_message"
CHOSEN: Final = "task_on_message"
TASK: Final = "task"
LONGEST_KEPT: Final = 1_900
"""Characters of a message that travel with the choice of a task: Slack's metadata holds 3,000."""
_PROSE: Final = (EntityType.RICH_TEXT, EntityType.LONG_TEXT, EntityType.TEXT)


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """Begins a task that is chosen, with the message that was pointed at."""

    desk: DialogDesk
    stage: Stage
    template_of: Callable[[DialogTask], Awaitable[ActionTemplate]]
    notes: Notes
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
        return Modal(choice_of_tasks(tasks, self.command))

    async def choose_for_message(self, ask: Ask) -> Answer:
        """Show the tasks that take a text; the only one begins at once."""
        tasks = await self.desk.list_tasks(ask.principal, ask.channel_id)
        taking = [task for task in tasks if _prose(await self.template_of(task))]
        if not taking:
            told = (
                "No dialog task that is installed for you takes a text. "
                f"`{self.command} templates` has some that do."
            )
            return Modal(blocks.modal("Run with this message", [blocks.section(told)]))
        message = ask.source or {}
        if len(taking) == 1:
            return await self._begun(ask, taking[0], _document(message))
        text = cut(text_at(message, "text"), LONGEST_KEPT)
        return Modal(_choice(taking, await self.notes.seal(ask.principal, text)))

    async def begin(self, ask: Ask) -> Answer:
        """Begin the chosen task with the message."""
        task = await self.desk.find_task(ask.principal, ask.chosen(TASK)[0], ask.channel_id)
        if task is None:
            raise NotFound("That dialog task isn't installed any more, so nothing was begun.")
        text = await self._kept(ask.principal, ask.view.metadata if ask.view else "")
        return await self._begun(ask, task, from_mrkdwn(text))

    async def _kept(self, principal: Principal, sealed: str) -> str:
        return await self.notes.open(principal, sealed) or ""

    async def _begun(self, ask: Ask, task: DialogTask, said: Document) -> Answer:
        template = await self.template_of(task)
        entity = _prose(template)
        start = Start(
            values={entity.name: said} if entity and said.blocks else {},
            filling=Filling.FORM,
            began_in=ask.channel_id,
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


def _choice(tasks: list[DialogTask], note: str) -> View:
    options = [blocks.option(task.title, task.word) for task in tasks[:MOST_TASKS]]
    menu = {"type": "static_select", "action_id": TASK, "options": options}
    small = f"The first {LONGEST_KEPT:,} characters of the message go along, to be changed there."
    shown = [blocks.field(TASK, "Which one?", menu), blocks.context(small)]
    view = blocks.modal("Run with this message", shown, close="Cancel")
    return blocks.form(view, CHOSEN, "Go on", note)


async def _working(_: Ask) -> Ack:
    return Ack(view=views.working())
