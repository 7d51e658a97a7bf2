"""Somebody who runs dialog tasks: typing, filling in, talking, pressing, and reading what comes."""

import textwrap
from typing import Any
from urllib.parse import urlencode

from bot.app import utc_now
from bot.principal import Tenant
from bot.task import Audience, DialogTask, Reach, TaskId, TemplateVersion
from bot.template import TemplateId, Version
from sandbox.person import places, words
from tests.handlers.admin_stage import ACME, Desk
from tests.stage import Stage, link_in

EVERYBODY = Audience(Reach.WORKSPACE)
PAGES = "write:page:confluence, delete:page:confluence"
NOTE = """\
    entities:
      - {name: space, type: space, prompt: Which space?, help: Its key or its name.}
      - {name: title, type: text, prompt: What is it called?, length: {least: 3, most: 60}}
      - {name: body, type: rich text, prompt: What does it say?}
      - {name: remark, type: text, prompt: Anything else?, required: false}
    steps:
      - id: page
        create: {space: "{{ space }}", title: "{{ title }}", body: "{{ body }}"}
    preview: "About {{ title }} {{ remark or '' }}"
    reply: {text: "Written: {{ title }}."}
"""


def source_of(
    name: str, body: str, scopes: str = PAGES, version: str = "1.0.0", **more: str
) -> str:
    """The file of a template that does what *body* says."""
    head = {"id": name, "version": version, "name": name.capitalize(), "category": "Write"}
    head |= {"description": f"Tries {name} out.", "scopes": f"[{scopes}]", **more}
    lines = "".join(f"{key}: {value}\n" for key, value in head.items())
    return lines + textwrap.dedent(body)


async def keep(stage: Stage, source: str, by: str = "U0ADA", tenant: Tenant = ACME) -> None:
    """Have a template of somebody's own."""
    head = dict(line.split(": ", 1) for line in source.splitlines()[:2])
    version = TemplateVersion(
        tenant,
        TemplateId(head["id"]),
        Version(head["version"]),
        source,
        by,
        utc_now(),
        is_own=True,
        is_shared=True,
    )
    assert await stage.stores.templates.add(version)


async def installed(
    stage: Stage, template: str, audience: Audience = EVERYBODY, **more: Any
) -> DialogTask:
    """Install what the catalogue has, or the file that *template* is; its word is its id."""
    name = template
    if "\n" in template:
        await keep(stage, template)
        name = template.splitlines()[0].removeprefix("id: ")
    task = DialogTask(
        id=TaskId(f"task-{name}"),
        tenant=ACME,
        word=name,
        title=more.pop("title", name.capitalize()),
        template=TemplateId(name),
        version=Version("1.0.0"),
        owner=more.pop("owner", "U0ADA"),
        audience=audience,
        **more,
    )
    assert await stage.stores.tasks.add(task)
    return task


class Runner(Desk):
    """Somebody with dialogs."""

    async def types(self, line: str, channel: str = "general") -> str:
        """Type a command, and read the modal that comes, or the newest message."""
        await self.person.types(f"/confluence {line}", channel)
        await self.stage.quiet()
        return await self.sees() or words(await self.person.last(channel))

    async def says(self, text: str, thread: object = None, files: Any = ()) -> str:
        """Write to the app, and read what it says: beneath it, or in that *thread*."""
        said = await self.person.says(text, thread, files)
        self.began = self.began if thread else said["ts"]
        await self.stage.quiet()
        return await self.heard()

    async def answers(self, text: str, files: Any = ()) -> str:
        """Go on in the thread of what was said first."""
        return await self.says(text, self.began, files)

    async def heard(self) -> str:
        """The newest message in the thread of what was said first."""
        return words((await self.person.thread(self.began))[-1])

    async def clicks(self, action: str, value: object = None, label: str = "") -> str:
        """Press in the thread, the newest such button, and read the newest message there.

        *label* is the button's, or holds the place of an option.
        """
        where, block = await self.button(action, label)
        done = await self.person.presses(action, value, container=where, block_id=block)
        assert not done["error"], done
        await self.stage.quiet()
        return await self.heard()

    async def button(self, action: str, label: str = "") -> tuple[Any, Any]:
        """The newest message with such a button, and its block there."""
        shown = await self.person.screen()
        for where in places(shown, action):
            message = next(
                each
                for channel in shown["channels"]
                for each in channel["messages"]
                if isinstance(where, dict) and each["ts"] == where.get("ts")
            )
            for block in message["blocks"]:
                if f"'{action}'" in str(block) and label in str(block):
                    return where, block["block_id"]
        raise AssertionError(f"no {action} {label}")

    async def labels(self) -> dict[str, str]:
        """The block of each field in the form on top, by its label."""
        shown = (await self.view())["blocks"]
        fields = {each["label"]["text"]: each["block_id"] for each in shown if "label" in each}
        return {label.removeprefix("⚠️ "): block for label, block in fields.items()}

    async def sends(self, **fields: Any) -> str:
        """Fill in fields by their labels, send the form, and read what comes."""
        blocks = await self.labels()
        values: dict[str, Any] = {}
        for name, value in fields.items():
            block = blocks[name.replace("_", " ")]
            await self._look_up(block, value)
            values[block] = {"dialog_field": value}
        return await self.saves(values)

    async def _look_up(self, block: str, value: Any) -> None:
        """Have a menu with type-ahead offer what is to be chosen from it."""
        shown = next(each for each in (await self.view())["blocks"] if each["block_id"] == block)
        if "external" in shown["element"]["type"]:
            for each in value if isinstance(value, list) else [value]:
                await self.person.suggests("dialog_field", each, block_id=block)

    async def offers(self, field: str, typed: str = "") -> list[str]:
        """What the menu of a field offers."""
        block = (await self.labels())[field]
        found = await self.person.suggests("dialog_field", typed, block_id=block)
        return [each["value"] for each in found]

    async def consents(self) -> None:
        """Follow the newest link that asks for consent, in the modal or in the messages."""
        link = link_in(await self.person.screen())
        assert link
        await self.stage.walk(link, self.user)
        await self.stage.quiet()

    async def told(self) -> str:
        """Every word of every message that they see, those for them alone too."""
        channels = (await self.person.screen())["channels"]
        seen = [each for channel in channels for each in channel["messages"]]
        return "\n".join(words(each) for each in seen if not each["deleted"])

    async def pages(self, title: str) -> list[Any]:
        """The pages of that title that everybody can see."""
        query = urlencode({"title": title, "status": "current"})
        found: list[Any] = await self.stage.get(f"atlassian/pages?{query}")
        return found
