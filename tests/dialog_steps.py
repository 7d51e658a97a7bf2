"""What people do with templates and dialog tasks, step by step, to count what it costs."""

import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.person import Json
from tests.stage import link_in

Scene = Any
"""`tests.test_round_trips.Scene`, which imports this."""
Step = Callable[[Scene], Awaitable[object]]

TASK = "decision-record"
OWN = """\
id: greeting-{number}
version: 1.0.0
name: Greeting {number}
description: Says hello to somebody.
category: Write
entities:
  - {{name: who, type: text, prompt: Whom?}}
steps:
  - {{let: {{words: "{{{{ who }}}}"}}}}
reply: {{text: "Hello {{{{ words }}}}"}}
"""
ANSWERS = {"status": "accepted", "context": "It is slow", "decision": "Mongo"}
_numbers = itertools.count(1)


async def installed(scene: Scene) -> None:
    """Install it for the workspace, and consent to what it does: once."""
    if not await scene.stage.stores.tasks.list_all(scene.tenant):
        await _form_for_installing(scene)
        await _installs(scene)
        await scene.clear()
    if not scene.has_consented:
        await begun(scene)
        await scene.stage.walk(link_in(await scene.ada.modal()), scene.ada.user)
        await scene.stage.quiet()
        scene.has_consented = True
    await scene.clear()


async def _form_for_installing(scene: Scene) -> None:
    await scene.types("templates decision")
    await scene.presses_in("template_details", "Decision record")
    await scene.presses("template_install")


async def _installs(scene: Scene) -> None:
    await scene.ada.submits({"audience": {"value": "workspace"}})
    await scene.stage.quiet()


async def uninstalled(scene: Scene) -> None:
    for task in await scene.stage.stores.tasks.list_all(scene.tenant):
        await scene.stage.stores.tasks.remove(task)
    await _form_for_installing(scene)


def after_installing(*steps: Step) -> Step:
    async def prepare(scene: Scene) -> None:
        await installed(scene)
        for step in steps:
            await step(scene)

    return prepare


def typing(text: str) -> Step:
    return lambda scene: scene.types(text)


def pressing(action: str) -> Step:
    return lambda scene: scene.presses(action)


def pressing_in(action: str, part: str) -> Step:
    return lambda scene: scene.presses_in(action, part)


async def begun(scene: Scene) -> None:
    """Begin it with all that it needs but the title."""
    line = " ".join(f"{name}={json.dumps(words)}" for name, words in ANSWERS.items())
    await scene.types(f"run {TASK} space=ENG {line}")


async def filled_in(scene: Scene) -> None:
    view = await scene.ada.modal()
    block = next(each["block_id"] for each in view["blocks"] if "/title/" in each["block_id"])
    await scene.ada.submits({block: {"dialog_field": f"Use Mongo {next(_numbers)}"}})
    await scene.stage.quiet()


async def planned(scene: Scene) -> None:
    await begun(scene)
    await filled_in(scene)


async def sent(scene: Scene) -> None:
    await scene.ada.submits({})
    await scene.stage.quiet()


async def carried_out(scene: Scene) -> None:
    await planned(scene)
    await sent(scene)
    await scene.clear()


async def says(scene: Scene, text: str) -> Json:
    said: Json = await scene.ada.says(text, scene.thread)
    await scene.stage.quiet()
    return said


async def talked_to(scene: Scene) -> None:
    """Begin a conversation, up to where the situation is asked for."""
    scene.thread = None
    said = await says(scene, f"write a decision record in ENG about Mongo {next(_numbers)}")
    scene.thread = said["ts"]
    await says(scene, "accepted")


async def begun_by_words(scene: Scene) -> None:
    scene.thread = None
    await says(scene, f"write a decision record in ENG about Mongo {next(_numbers)}")


async def begun_and_listed(scene: Scene) -> None:
    await begun(scene)
    await scene.clear()
    await scene.types("resume")


async def answers(scene: Scene) -> None:
    await says(scene, "It is slow")


async def mentions(scene: Scene) -> None:
    await scene.ada.mentions("write a decision record in ENG")
    await scene.stage.quiet()


async def nothing(_scene: Scene) -> None:
    """Need no preparation."""


async def tried(scene: Scene) -> None:
    await scene.types("templates decision")
    await scene.presses_in("template_details", "Decision record")


async def look_at_it(scene: Scene) -> None:
    await tried(scene)
    await scene.presses("template_look")


async def types_ahead(scene: Scene) -> None:
    await scene.ada.suggests("dialog_field", scene.word())


async def pasted(scene: Scene) -> None:
    await scene.ada.submits({"source": {"source": OWN.format(number=next(_numbers))}})
    await scene.stage.quiet()


STEPS: dict[str, tuple[Step, Step]] = {
    "`templates`": (nothing, typing("templates")),
    "a template's page": (
        typing("templates decision"),
        pressing_in("template_details", "Decision record"),
    ),
    "a template's form, to look at": (tried, pressing("template_look")),
    "close what was only looked at": (look_at_it, sent),
    "try a template": (after_installing(tried), pressing("template_try")),
    "how it would be installed": (tried, pressing("template_install")),
    "install it": (uninstalled, _installs),
    "paste a template": (typing("templates"), pressing("template_bring")),
    "keep what was pasted": (
        after_installing(typing("templates"), pressing("template_bring")),
        pasted,
    ),
    "`tasks`": (installed, typing("tasks")),
    "a task's page": (after_installing(typing("tasks")), pressing("task_details")),
    "`run`, with answers": (installed, begun),
    "a task's own word": (installed, typing(TASK)),
    "send a dialog's form: its plan": (after_installing(begun), filled_in),
    "type a space in it": (after_installing(typing(TASK)), types_ahead),
    "confirm a plan of two writes": (after_installing(planned), sent),
    "take them back": (after_installing(carried_out), pressing("dialog_undo")),
    "a turn of a conversation": (after_installing(talked_to), answers),
    "begin by saying so": (installed, begun_by_words),
    "begin by a mention": (installed, mentions),
    "skip a question, or choose an answer": (
        after_installing(talked_to, answers, answers),
        pressing("dialog_skip"),
    ),
    "go back by a button": (after_installing(talked_to), pressing("dialog_back")),
    "go on in the form": (after_installing(talked_to), pressing("dialog_to_form")),
    "go on in a conversation": (after_installing(begun), pressing("dialog_talk")),
    "`resume`": (after_installing(begun), typing("resume")),
    "resume one": (after_installing(begun_and_listed), pressing("dialog_resume")),
}
