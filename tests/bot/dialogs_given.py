"""Dialogs to be held without Slack, Confluence or a database, and a small engine for them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from bot.content import CloudId
from bot.dialog import Dialog, Fate, Origin, Phase, Plan, PlanId, Record, Write
from bot.dialogs import Admission, Contexts, DialogDesk, Hands, Stores
from bot.entities import Context
from bot.errors import UserError
from bot.expressions import compile_expression
from bot.installation import Installation, SlackPerson
from bot.principal import Principal, Tenant
from bot.task import Audience, DialogTask, Reach, TaskId
from bot.template import ActionTemplate, Asked, Entity, TemplateId, Version
from bot.written import read
from store.memory import MemoryDueWork
from store.memory.dialogs import MemoryDialogs, MemoryTasks
from tests.fakes import ADA, BOB, NOON, FakeClock, FakeSlackPeople

ENTITIES: Sequence[Mapping[str, Any]] = (
    {"name": "area", "type": "choice", "prompt": "Which area?", "choices": ["Eng", "Ops", "Law"]},
    {"name": "title", "type": "text", "prompt": "What is it called?", "help": "A few words."},
    {"name": "count", "type": "number", "prompt": "How many?", "range": {"least": 1, "most": 9}},
    {"name": "note", "type": "text", "prompt": "Anything else?", "required": False},
)


def template(entities: Sequence[Mapping[str, Any]] = ENTITIES, **more: Any) -> ActionTemplate:
    """A template that writes one page."""
    return ActionTemplate.model_validate(
        {
            "id": "decision-record",
            "version": "1.0.0",
            "name": "Decision record",
            "description": "Writes a decision down.",
            "category": "Write",
            "entities": list(entities),
            "utterances": ["write a decision record about {title}"],
            "steps": [{"create": {"space": "ENG", "title": "{{ title }}", "body": "."}}],
            "reply": {"text": "Written."},
            **more,
        }
    )


TASK = DialogTask(
    id=TaskId("task1"),
    tenant=ADA.tenant,
    word="decision-record",
    title="Decision record",
    template=TemplateId("decision-record"),
    version=Version("1.0.0"),
    owner=ADA.user_id,
    audience=Audience(Reach.WORKSPACE),
)


INSTALLED = Installation(
    tenant=ADA.tenant,
    team_id="T0ACME",
    enterprise_id=None,
    name="Acme",
    bot_token=SecretStr("xoxb-1"),
    bot_id="B1",
    bot_user_id="U0BOT",
    app_id="A1",
    scopes=frozenset(),
    installed_at=NOON,
)
PEOPLE = {
    ADA.user_id: SlackPerson(ADA.user_id, "Ada", "T0ACME"),
    BOB.user_id: SlackPerson(BOB.user_id, "Bob", "T0ACME"),
    "U0GUEST": SlackPerson("U0GUEST", "Guy", "T0ACME", is_guest=True),
}


class Killed(Exception):
    """The process isn't there any more."""


@dataclass
class FakeEngine:
    """Plans one write of all answers, does it once, and counts what it wrote."""

    dialogs: MemoryDialogs
    written: list[Mapping[str, Any]] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    refuses: bool = False
    dies: str = ""
    plans: int = 0

    def entities_of(self, template: ActionTemplate, dialog: Dialog) -> tuple[Any, ...]:
        return template.entities

    def missing(self, template: ActionTemplate, dialog: Dialog) -> tuple[Any, ...]:
        values = {answer.entity: answer.read() for answer in dialog.answers}
        return tuple(each for each in template.entities if is_missing(each, dialog, values))

    async def admit(self, *_: object) -> None:
        return None

    async def advance(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        if dialog.phase is Phase.ASKING and not self.missing(template, dialog):
            return await self._planned(dialog)
        if dialog.phase is Phase.RUNNING:
            return await self._done(dialog)
        return dialog

    async def settle(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        if dialog.undo_asked is not None:
            return await self._kept(dialog, replace(dialog, undo_asked=None, is_told=False))
        return await self.advance(dialog, template, task)

    async def verdict(self, dialog: Dialog, *_: object) -> Dialog:
        return dialog

    async def undo(self, dialog: Dialog, *_: object) -> Dialog:
        return dialog

    async def _planned(self, dialog: Dialog) -> Dialog:
        self.plans += 1
        write = Write("0", "create", "Create the page", _digest(dialog))
        plan = Plan(PlanId(f"plan{self.plans}"), (write,), "Ada", "ada", CloudId("site"), "Acme")
        changed = replace(dialog, phase=Phase.CONFIRMING, plan=plan)
        return await self._kept(dialog, changed)

    async def _done(self, dialog: Dialog) -> Dialog:
        if self.refuses:
            return await self._kept(
                dialog,
                replace(dialog, phase=Phase.FAILED, plan=None, failure="The title is taken."),
            )
        if dialog.record("0") is None:
            record = Record("0", "create", Fate.SENT)
            sent = await self.dialogs.replace(dialog, dialog.with_record(record))
            if sent is None:
                return await self._newest(dialog)
            dialog = sent
            self._die("sent")
        if dialog.id not in self.kept:
            self.kept.add(dialog.id)
            self.written.append({answer.entity: answer.read() for answer in dialog.answers})
        self._die("written")
        record = Record("0", "create", Fate.DONE)
        return await self._kept(
            dialog, replace(dialog.with_record(record), phase=Phase.DONE, plan=None)
        )

    def _die(self, place: str) -> None:
        if self.dies == place:
            self.dies = ""
            raise Killed

    async def _kept(self, seen: Dialog, changed: Dialog) -> Dialog:
        return await self.dialogs.replace(seen, changed) or await self._newest(seen)

    async def _newest(self, dialog: Dialog) -> Dialog:
        found = await self.dialogs.find(dialog.principal, dialog.id)
        assert found is not None
        return found


def is_missing(entity: Entity, dialog: Dialog, values: Mapping[str, Any]) -> bool:
    """As the engine says it."""
    answer = dialog.answer(entity.name)
    if entity.ask is Asked.NEVER or entity.name in dialog.skipped:
        return False
    if answer and (entity.ask is not Asked.ALWAYS or answer.origin is not Origin.DEFAULT):
        return False
    try:
        return entity.when is None or compile_expression(entity.when).holds(values)
    except UserError:
        return False


def _digest(dialog: Dialog) -> str:
    return repr({answer.entity: read(answer.value) for answer in dialog.answers})


class World:
    """What lasts while processes come and go."""

    def __init__(self, given: ActionTemplate | None = None) -> None:
        self.clock = FakeClock()
        self.due = MemoryDueWork()
        self.dialogs = CountedDialogs(self.due, self.clock)
        self.tasks = MemoryTasks()
        self.templates = {"decision-record": given or template()}
        self.people = FakeSlackPeople(dict(PEOPLE))
        self.engine = FakeEngine(self.dialogs)

    def desk(self) -> DialogDesk:
        """A process that has just begun."""
        stores = Stores(self.dialogs, self.tasks, self.find_template)
        hands = Hands(self.engine, self.context_of, self.clock)
        return DialogDesk(stores, hands, Admission(self.tasks, self.people, self.installation))

    async def find_template(self, tenant: Tenant, template: TemplateId, version: Version) -> Any:
        return self.templates.get(template)

    async def installation(self, tenant: Tenant) -> Installation | None:
        return INSTALLED if tenant == ADA.tenant else None

    async def context_of(
        self,
        dialog: Dialog,
        template: ActionTemplate,
        values: Mapping[str, Any],
        task: DialogTask | None = None,
    ) -> Context:
        contexts = Contexts(
            None,  # type: ignore[arg-type]  # there is no Confluence here
            None,  # type: ignore[arg-type]
            self.people,
            self.installation,
            self.tasks,
            self.name_of_channel,
            self.clock,
        )
        return await contexts.of_dialog(dialog, template, values, task)

    async def name_of_channel(self, principal: Principal, channel: str) -> str:
        return ""


class CountedDialogs(MemoryDialogs):
    """Counts what a turn costs, and lets another replica be faster where a test says so."""

    def __init__(self, due: MemoryDueWork, clock: FakeClock) -> None:
        super().__init__(due, clock)
        self.reads = 0
        self.writes = 0

    async def find(self, principal: Principal, dialog: Any) -> Dialog | None:
        self.reads += 1
        await asyncio.sleep(0)
        return await super().find(principal, dialog)

    async def replace(self, seen: Dialog, changed: Dialog) -> Dialog | None:
        self.writes += 1
        await asyncio.sleep(0)
        return await super().replace(seen, changed)
