"""A person at Acme who runs templates, with everything in memory."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.act import Actor
from bot.authorize import Authorizer
from bot.connection import Connection, Need, scopes_of
from bot.content import Space, SpaceId, SpaceKey
from bot.course import Memory
from bot.dialog import DIALOG_LASTS, Answer, Dialog, DialogId, Phase
from bot.errors import NotAllowed, NotFound
from bot.ports import FileContent, Files
from bot.principal import Tenant
from bot.publish import Publisher
from bot.steps import Engine, Keeping, Tools
from bot.task import DialogTask, TaskId, TemplateVersion
from bot.template import ActionTemplate
from bot.template_files import read_template
from bot.things import site_thing, space_thing
from bot.values import Thing, Value, text_of_value
from bot.written import write
from store.memory import MemoryAudit
from store.stores import Stores, memory_stores
from tests.fakes import (
    ACME,
    ADA,
    ENG,
    NOON,
    FakeClock,
    FakeConfluence,
    FakeConsentServer,
    auditor,
    connection,
    grant,
    issuers,
    own_credentials,
    page,
)

OPS = Space(SpaceId("12"), SpaceKey("OPS"), "Operations")
SITE, SPACE = site_thing(ACME), space_thing(ENG, ACME)
UNDO_FOR = timedelta(minutes=10)
HEAD = """
id: try-out
version: 1.0.0
name: Try-out
description: Tries things out.
category: Write
"""
REPLY = """
reply:
  text: Done.
"""


@dataclass
class FakeFiles(Files):
    """The files that were given in Slack, by id; *asked* are those that were fetched."""

    held: dict[str, FileContent] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, tenant: Tenant, file: str) -> FileContent:
        self.asked.append(file)
        if file not in self.held:
            raise NotFound("no such file")
        return self.held[file]


def template_of(text: str) -> ActionTemplate:
    """Read a template of which only what matters is written."""
    whole = text if "\nreply:" in text else text + REPLY
    return read_template(HEAD + whole)


def page_value(number: int = 1, title: str = "Release checklist") -> Thing:
    """A page of Engineering's, as an answer has it."""
    head = page(number, title)
    held = {"id": head.id, "title": title, "url": head.url, "kind": "page", "version": 1}
    return Thing("page", title, {**held, "site": ACME.cloud_id, "space": SPACE})


class Bench:
    """Ada, her connection, one site in memory, and an engine.

    *refuses* says why she may not go on any more.
    """

    def __init__(self) -> None:
        self.refuses = ""
        self.clock = FakeClock()
        self.stores: Stores = memory_stores(self.clock)
        self.confluence = FakeConfluence(clock=self.clock)
        self.confluence.spaces.append(OPS)
        self.files = FakeFiles()
        self.rows = MemoryAudit()
        self.auditor = auditor(self.rows)
        self.dialogs = self.stores.dialogs
        self.credentials = own_credentials(self.stores.connections, self.stores.integrations)
        self.engine = self.engine_of()

    async def admitted(self, dialog: Dialog, task: DialogTask | None) -> None:
        """Let everybody go on who isn't refused."""
        if self.refuses:
            raise NotAllowed(self.refuses)

    def engine_of(self, confluence: FakeConfluence | None = None, dialogs=None) -> Engine:
        """Return another process's engine over the same stores."""
        confluence = confluence or self.confluence
        stores = self.stores
        authorizer = Authorizer(stores.connections, issuers(FakeConsentServer()), self.clock)
        actor = Actor(authorizer, stores.connections, stores.preferences, self.credentials)
        memory = Memory(stores.receipts, stores.drafts, stores.preferences, self.auditor)
        self.publisher = Publisher(actor, confluence, memory, self.clock, UNDO_FOR)
        tools = Tools(actor, confluence, self.files, self.auditor, self.clock)
        kept = dialogs or self.dialogs, stores.templates
        at_once = (0.0, 0.0)
        keeping = Keeping(*kept, self.publisher, self.admitted, UNDO_FOR, pauses=at_once)
        return Engine(tools, keeping)

    async def open(self, **changes: object) -> "Bench":
        """Have Ada connected with all scopes."""
        given = replace(grant(), scopes=scopes_of(Need))
        held: Connection = replace(connection(given=given), **changes)
        await self.stores.connections.save(held)
        return self

    async def approve(self, template: ActionTemplate) -> None:
        """Have an admin approve the template's calls."""
        version = TemplateVersion(
            ADA.tenant, template.id, template.version, "", "U0BOB", NOON, approved_by="U0BOB"
        )
        await self.stores.templates.add(version)

    async def begin(self, template: ActionTemplate, **values: Value) -> Dialog:
        """Begin a dialog in which *values* were answered."""
        is_trial = bool(values.pop("is_trial", False))
        answers = tuple(
            Answer(name, write(value), text_of_value(value)) for name, value in values.items()
        )
        now = self.clock()
        dialog = Dialog(
            DialogId("dialog-1"),
            ADA,
            TaskId("task-1"),
            "try-out",
            "Try-out",
            template.id,
            template.version,
            began_at=now,
            touched_at=now,
            expires_at=now + DIALOG_LASTS,
            now=now,
            answers=answers,
            is_trial=is_trial,
            correlation="c0ffee",
        )
        await self.dialogs.begin(dialog)
        return dialog

    async def kept(self) -> Dialog:
        """Return the dialog as it is kept."""
        found = await self.dialogs.find(ADA, DialogId("dialog-1"))
        assert found is not None
        return found

    async def confirm(self) -> Dialog:
        """Press *Confirm*."""
        dialog = await self.kept()
        assert dialog.plan is not None
        assert await self.dialogs.confirm(ADA, dialog.id, dialog.plan.id)
        return await self.kept()

    async def run(
        self, template: ActionTemplate, task: DialogTask | None = None, **values
    ) -> Dialog:
        """Run a template to its end, confirming whatever is planned."""
        dialog = await self.engine.advance(await self.begin(template, **values), template, task)
        for _ in range(10):
            if dialog.phase is not Phase.CONFIRMING:
                return dialog
            dialog = await self.engine.advance(await self.confirm(), template, task)
        raise AssertionError("it is confirmed for ever")

    def sent(self, method: str) -> int:
        """Tell how often a method was called."""
        return len([1 for name, _ in self.confluence.asked if name == method])


def file_answer(file: str = "F1", name: str = "plan.txt") -> Answer:
    """What was given for a file."""
    held = {"file": file, "name": name, "type": "text/plain", "size": 5}
    return Answer("file", write(Thing("attachment", name, held)), name)
