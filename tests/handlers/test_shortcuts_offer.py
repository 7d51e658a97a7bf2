from dataclasses import replace

from bot.errors import NotFound, TemplateRefused
from bot.task import TaskId
from handlers.ask import Ask
from handlers.dialogs.shortcuts import Shortcuts
from tests.bot.dialogs_given import TASK
from tests.bot.steps_stage import template_of
from tests.fakes import ADA

TAKES = template_of(
    "entities:\n  - {name: said, type: rich text, prompt: What?}\nsteps:\n  - fail: No.\n"
)
NOT = template_of("steps:\n  - fail: No.\n")


class Desk:
    """Lists tasks that are called what their templates are."""

    async def list_tasks(self, principal, channel=""):
        words = ("takes", "also", "not", "gone", "broken")
        return [replace(TASK, id=TaskId(word), word=word, title=word) for word in words]


async def template_by_word(task):
    if task.word == "gone":
        raise NotFound("gone")
    if task.word == "broken":
        raise TemplateRefused(["Line 1: no"])
    return NOT if task.word == "not" else TAKES


async def test_a_message_is_offered_what_takes_it_whatever_cant_be_read():
    shortcuts = Shortcuts(Desk(), None, template_by_word, "/confluence")
    shown = await shortcuts.choose_for_message(Ask(ADA, "c", source={"text": "Hello"}))
    options = [
        option["value"]
        for block in shown.view["blocks"]
        for option in block.get("element", {}).get("options", [])
    ]
    assert options == ["takes", "also"]
