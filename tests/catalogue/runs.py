"""Runs a task as people do: in a form, in a conversation, and by a command of one line."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from bot.app import utc_now
from bot.catalogue import Shipped
from bot.connection import READ, Need, scopes_of
from bot.principal import Tenant
from bot.task import Audience, DialogTask, Reach, TaskId, TemplateVersion
from bot.template import TemplateId, Version
from sandbox.person import Person, words
from tests.stage import Stage, link_in

Json = dict[str, Any]
Answers = Mapping[str, Any]

FIELD: Final = "dialog_field"
FORM, CONFIRM, SKIP = "dialog_form", "dialog_confirm", "dialog_skip"
MOST_TURNS: Final = 40
ACME: Final = Tenant("T0ACME")
ONE: Final = Version("1.0.0")
EVERYTHING: Final = """
id: spaces
version: 1.0.0
name: Spaces
description: Lists spaces, and takes every scope that there is.
category: Keep order
scopes: [{scopes}]
steps:
  - list_spaces: {{}}
reply: {{text: Done.}}
"""
PEOPLE: Final = {"@bob": "U0BOB", "@cy": "U0CY"}


@dataclass(frozen=True)
class File:
    """Something to give to an attachment entity."""

    name: str
    content: str


@dataclass
class Run:
    """What came of one run: what was shown on the way, and the writes that were made."""

    preview: str = ""
    end: str = ""
    asked: list[str] = field(default_factory=list)
    buttons: dict[str, Json] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


class Runs:
    """Ada at one product, running tasks of the catalogue."""

    def __init__(self, stage: Stage, world: str) -> None:
        self.stage = stage
        self.world = world
        self.ada: Person = stage.person("U0ADA")

    async def consent_to_all(self) -> None:
        """Consent once to all that templates of the catalogue take."""
        scopes = ", ".join(sorted(scopes_of(Need) - READ))
        version = TemplateVersion(
            ACME, TemplateId("spaces"), ONE, EVERYTHING.format(scopes=scopes), "U0ADA", utc_now()
        )
        await self.stage.stores.templates.add(version)
        assert await self.stage.stores.tasks.add(_task("spaces", "Spaces"))
        await self.ada.types("/confluence spaces")
        await self.stage.quiet()
        link = link_in(await self.ada.modal())
        assert link
        await self.stage.walk(link)
        await self.stage.quiet()
        await self._closes()

    async def install(self, shipped: Sequence[Shipped]) -> None:
        """Install templates for the whole workspace, each by its own id."""
        for each in shipped:
            task = _task(each.template.id, each.template.name)
            assert await self.stage.stores.tasks.add(task)

    async def form(self, task: str, answers: Answers) -> Run:
        """Begin it by its word, and fill in all that the form asks for."""
        return await self._in_modals(f"/confluence {task}", answers)

    async def line(self, task: str, answers: Answers) -> Run:
        """Say everything that can be typed in the command itself."""
        typed = " ".join(
            f"{name}={json.dumps(_typed(value), ensure_ascii=False)}"
            for name, value in answers.items()
            if not isinstance(_first(value), File) and not name.startswith("?")
        )
        return await self._in_modals(f"/confluence run {task} {_broken(typed)}", answers)

    async def conversation(self, said: str, answers: Answers) -> Run:
        """Begin it in the app's messages, and answer one question after the other."""
        run = await self._begun()
        began = await self.ada.says(said)
        await self.stage.quiet()
        thread = str(began["ts"])
        for _ in range(MOST_TURNS):
            messages = await self.ada.thread(thread)
            last = messages[-1]
            seen = words(last)
            ids = _ids(last)
            if CONFIRM in ids:
                run.preview += seen
                await self._press(CONFIRM, last)
            elif "dialog_to_form" in ids:
                await self._answer(run, last, thread, answers)
            else:
                return await self._ended(run, seen, last)
        raise AssertionError(f"it asks for ever: {run.asked}")

    async def trial(self, name: str, answers: Answers) -> Run:
        """Look a template up by its name, and try it."""
        run = await self._begun()
        await self.ada.types(f"/confluence templates {name}")
        await self.stage.quiet()
        for action in ("template_details", "template_try"):
            done = await self.ada.presses(action)
            assert done["error"] is None, done
            await self.stage.quiet()
        return await self._through(run, answers)

    async def _answer(self, run: Run, last: Json, thread: str, answers: Answers) -> None:
        entity = json.loads(_button(last, "dialog_to_form")["value"])["e"]
        assert entity not in run.asked, f"{entity} is asked once more: {words(last)}"
        run.asked.append(entity)
        wanted = answers.get(entity, answers.get(f"?{_label(last)}"))
        if wanted is None:
            assert SKIP in _ids(last), f"{entity} is needed: {words(last)}"
            await self._press(SKIP, last)
        elif isinstance(_first(wanted), File):
            files = [await self.ada.uploads(each.name, each.content) for each in _many(wanted)]
            await self.ada.says("", thread, files)
        else:
            chosen = _choice(last, _typed(wanted))
            if chosen is not None:
                await self._press(chosen, last)
            else:
                await self.ada.says(_typed(wanted), thread)
        await self.stage.quiet()

    async def _press(self, action: str, message: Json) -> None:
        where = {"channel": message["channel"], "ts": message["ts"]}
        block = next((each for each in message["blocks"] if action in _ids(each)), None)
        assert block, f"there is no {action}"
        done = await self.ada.presses(action, container=where)
        assert done["error"] is None, done
        await self.stage.quiet()

    async def _in_modals(self, command: str, answers: Answers) -> Run:
        run = await self._begun()
        await self.ada.types(command)
        await self.stage.quiet()
        return await self._through(run, answers)

    async def _through(self, run: Run, answers: Answers) -> Run:
        for _ in range(MOST_TURNS):
            view = await self.ada.modal()
            if view is None:
                message = await self.ada.last()
                return await self._ended(run, words(message), message)
            if view.get("callback_id") == FORM:
                await self._fill(run, view, answers)
            elif view.get("callback_id") == CONFIRM:
                run.preview += words(view)
                done = await self.ada.submits()
                assert done["error"] is None, done
                await self.stage.quiet()
            else:
                return await self._ended(run, words(view), view)
        raise AssertionError(f"it asks for ever: {run.asked}")

    async def _fill(self, run: Run, view: Json, answers: Answers) -> None:
        """Fill in what is shown, those fields first on which others depend, and send it."""
        told: set[str] = set()
        while (block := _telling(view, answers, told)) is not None:
            told.add(_entity(block))
            await self._tell(block, await self._value(block, answers[_entity(block)]))
            view = await self._view()
        values: Json = {}
        for block in _fields(view):
            run.asked += [_entity(block)] if _entity(block) not in run.asked else []
            wanted = answers.get(_entity(block), answers.get(f"?{block['label']['text']}"))
            if wanted is not None and _entity(block) not in told:
                values[block["block_id"]] = {FIELD: await self._value(block, wanted)}
        done = await self.ada.submits(values)
        assert done["error"] is None, (done, words(view))
        await self.stage.quiet()

    async def _view(self) -> Json:
        view = await self.ada.modal()
        assert view
        return view

    async def _tell(self, block: Json, value: object) -> None:
        view = await self._view()
        held = view["state"]["values"].get(block["block_id"], {}).get(FIELD, {})
        if _held(held) == _plain(value):
            return
        done = await self.ada.presses(FIELD, value, block_id=block["block_id"])
        assert done["error"] is None, done
        await self.stage.quiet()

    async def _value(self, block: Json, wanted: Any) -> Any:
        element = block["element"]
        kind = element["type"]
        if kind == "file_input":
            return [(await self.ada.uploads(e.name, e.content))["id"] for e in _many(wanted)]
        if kind.endswith("users_select"):
            ids = [PEOPLE[each] for each in _many(wanted)]
            return ids if kind.startswith("multi") else ids[0]
        if kind.endswith("external_select"):
            found = await self._suggested(block, [str(each) for each in _many(wanted)])
            return found if kind.startswith("multi") else found[0]
        if kind == "static_select":
            [option] = [
                each
                for each in element["options"]
                if wanted in (each["value"], each["text"]["text"])
            ]
            return option
        return _typed(wanted)

    async def _suggested(self, block: Json, wanted: list[str]) -> list[Json]:
        """Type what is wanted, or of several the word with which all begin, and pick each."""
        view = await self._view()
        typed = wanted[0] if len(wanted) == 1 else wanted[0].split()[0]
        options = await self.ada.suggests(
            FIELD, typed, container={"view_id": view["id"]}, block_id=block["block_id"]
        )
        return [_picked(options, each.casefold()) for each in wanted]

    async def _begun(self) -> Run:
        await self._closes()
        await self.stage.post(f"{self.world}/log/clear", {})
        return Run()

    async def _ended(self, run: Run, seen: str, shown: Json) -> Run:
        run.end = seen
        for button in _buttons(shown):
            if button["action_id"].startswith("task_run_"):
                run.buttons[button["text"]["text"]] = json.loads(button["value"])
        for each in await self.stage.get(f"{self.world}/writes"):
            what = f"{each['method']} {_shape(each['path'])}"
            run.writes[what] += each["done"]
            run.refused += [what] * each["refused"]
        return run

    async def begin_next(self, label: str) -> None:
        """Press one of the buttons under a run's last word."""
        view = await self._view()
        [button] = [each for each in _buttons(view) if each["text"]["text"] == label]
        await self.ada.presses(button["action_id"])
        await self.stage.quiet()

    async def _closes(self) -> None:
        if await self.ada.modal():
            await self.ada.closes(everything=True)

    async def pages(self, **wanted: str) -> list[Json]:
        """The pages and posts as they stand in the sandbox now."""
        found = await self.stage.get(f"{self.world}/pages?{urlencode(wanted)}")
        listed: list[Json] = found["pages"] if isinstance(found, dict) else found
        return listed


def _task(template: str, title: str) -> DialogTask:
    return DialogTask(
        id=TaskId(f"task-{template}"),
        tenant=ACME,
        word=template,
        title=title,
        template=TemplateId(template),
        version=ONE,
        owner="U0ADA",
        audience=Audience(Reach.WORKSPACE),
        by_admin=True,
    )


def _shape(path: str) -> str:
    """A path without what differs from run to run."""
    path = re.sub(r"^.*?/(?=(?:api/v2|rest/api)/)", "", path)
    return re.sub(r"/(?:att)?\d{3,}", "/{id}", path)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _typed(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def _broken(line: str) -> str:
    """What a command's box takes: JSON's line ends are those of a keyboard."""
    return line.replace("\\n", "\n")


def _ids(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["action_id"]} if "action_id" in node else set()
        return own | _ids(list(node.values()))
    return {each for part in node for each in _ids(part)} if isinstance(node, list) else set()


def _fields(view: Json) -> list[Json]:
    """The fields of a form, by the entities that they are of."""
    return [each for each in view["blocks"] if each["type"] == "input" and _entity(each)]


def _entity(block: Json) -> str:
    return f"{block['block_id']}/".split("/")[1]


def _telling(view: Json, answers: Answers, told: set[str]) -> Json | None:
    """The first field that is to be filled before others: they go by it."""
    for block in _fields(view):
        name = _entity(block)
        if block.get("dispatch_action") and name in answers and name not in told:
            return block
    return None


def _buttons(shown: Json) -> list[Json]:
    rows = [each["elements"] for each in shown["blocks"] if each["type"] == "actions"]
    return [each for row in rows for each in row if each["type"] == "button"]


def _button(message: Json, action: str) -> Json:
    return next(each for each in _buttons(message) if each["action_id"] == action)


def _choice(message: Json, wanted: str) -> str | None:
    """The button beside the question that says, or stands for, what is wanted."""
    for button in _buttons(message):
        stands_for = (json.loads(button["value"]).get("v"), button["text"]["text"])
        if button["action_id"].startswith("dialog_answer_") and wanted in stands_for:
            return str(button["action_id"])
    return None


def _label(message: Json) -> str:
    """The variable that a question of a page template is about."""
    found = re.search(r"“(.+?)”", words(message))
    return found[1] if found else ""


def _picked(options: list[Json], wanted: str) -> Json:
    """The option that is called so, or whose value it is."""
    for each in options:
        if wanted in (each["value"].casefold(), each["text"]["text"].split(" · ")[0].casefold()):
            return each
    raise AssertionError(f"{wanted} isn't offered: {options}")


def _held(state: Json) -> object:
    option = state.get("selected_option")
    return option["value"] if option else state.get("value")


def _plain(value: object) -> object:
    return value["value"] if isinstance(value, dict) else value
