"""A run of many steps on the sandbox's Cloud and on its Data Center, and its taking back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.content import PageId, PageStatus
from bot.course import Memory
from bot.dialog import DIALOG_LASTS, Dialog, DialogId, Fate, Phase
from bot.documents import text_of
from bot.ports import FileContent
from bot.profile import SYSTEM
from bot.publish import Publisher
from bot.steps import Engine, Keeping, Tools, stays, writes_of
from bot.task import TaskId
from bot.written import read
from store.stores import memory_stores
from tests.bot.steps_stage import UNDO_FOR, FakeFiles, file_answer, template_of
from tests.fakes import FakeConsentServer, auditor, issuers, own_credentials
from tests.providers.test_actions_against_the_sandbox import says, side

__all__ = ["side"]  # the fixture

STEPS = """
entities:
  - {name: file, type: attachment, prompt: Which file?}
steps:
  - id: made
    create: {space: ENG, title: Use Mongo, body: "# Why\\n\\nBecause.\\n\\n# Risks\\n\\nNone."}
  - append: {page: "{{ made }}", body: "More to come."}
  - update_section: {page: "{{ made }}", section: Why, body: "It is fast."}
  - label: {page: "{{ made }}", add: [decision]}
  - attach: {page: "{{ made }}", file: "{{ file }}"}
  - watch: {page: "{{ made }}", on: true}
  - restrict: {page: "{{ made }}"}
  - copy: {page: "{{ made }}", parent: "%(parent)s", title: A copy}
  - move: {page: "%(child)s", parent: "{{ made }}"}
  - update: {page: "%(other)s", title: Renamed, body: "All new."}
  - comment: {page: "%(parent)s", body: "There is a copy below."}
  - trash: {page: "%(thrown)s"}
  - id: again
    get: {page: "{{ made }}"}
  - id: changed
    diff: {page: "{{ made }}"}
  - id: news
    create: {space: ENG, title: News, body: "Read {{ made }}.", kind: blog}
reply:
  text: "{{ again.text }} | {{ changed.changes|join }} | {{ news.url }}"
"""


async def admitted(_dialog, _task):
    """Let everybody go on."""


class Desk:
    """Ada, her connection at one product, and an engine."""

    def __init__(self, side, stores):
        bench, self.side, self.stores = side.bench, side, stores
        self.given = replace(side.given, profile=SYSTEM)
        authorizer = Authorizer(stores.connections, issuers(FakeConsentServer()), bench.now)
        credentials = own_credentials(stores.connections)
        actor = Actor(authorizer, stores.connections, stores.preferences, credentials)
        memory = Memory(stores.receipts, stores.drafts, stores.preferences, auditor())
        publisher = Publisher(actor, bench.confluence, memory, bench.now, UNDO_FOR)
        files = FakeFiles({"F1": FileContent("plan.txt", "text/plain", b"hello")})
        tools = Tools(actor, bench.confluence, files, auditor(), bench.now)
        keeping = Keeping(stores.dialogs, stores.templates, publisher, admitted, UNDO_FOR)
        self.engine = Engine(tools, keeping)

    async def run(self, template):
        now = self.side.bench.now()
        dialog = Dialog(
            DialogId("d1"),
            self.given.principal,
            TaskId("t1"),
            "try-out",
            "Try-out",
            template.id,
            template.version,
            began_at=now,
            touched_at=now,
            expires_at=now + DIALOG_LASTS,
            now=now,
            answers=(file_answer(),),
        )
        await self.stores.dialogs.begin(dialog)
        for _ in range(5):
            dialog = await self.engine.advance(dialog, template, None)
            if dialog.phase is not Phase.CONFIRMING:
                return dialog
            who = dialog.principal
            assert await self.stores.dialogs.confirm(who, dialog.id, dialog.plan.id)
            dialog = await self.stores.dialogs.find(who, dialog.id)
        return dialog


@pytest.fixture
async def desk(side):
    stores = memory_stores(side.bench.now)
    desk = Desk(side, stores)
    await stores.connections.save(desk.given)
    return desk


async def test_each_step_is_done_and_what_can_be_is_taken_back(desk, side):
    parent, other, thrown = [
        await side.make(title, says(title)) for title in ("Parent", "Other", "Thrown")
    ]
    child = await side.make("Child", says("Child"), parent.id)
    ids = {"parent": parent.id, "other": other.id, "thrown": thrown.id, "child": child.id}
    template = template_of(STEPS % ids)
    done = await desk.run(template)
    assert (done.phase, done.failure) == (Phase.DONE, "")
    assert {each.fate for each in done.journal} == {Fate.DONE}
    said = text_of(read(done.said).fields["text"])
    assert "It is fast." in said
    assert "Because." not in said.partition("|")[0]
    made = PageId(read(done.record("0").result).fields["id"])
    assert set(await side.do("list_labels", made)) == {"decision"}
    assert await side.do("is_watching", made)
    assert (await side.do("get_page_head", child.id)).parent_id == made
    assert (await side.do("get_page_head", other.id)).title == "Renamed"
    side.bench.world.clock.advance(timedelta(minutes=1).total_seconds())
    back = await desk.engine.undo(done, template, None)
    left = {each.key: stays(each) for each in writes_of(back) if not each.is_undone}
    assert left.keys() <= {"10"}, left
    assert (await side.do("get_page_head", made, trashed=True)).status is PageStatus.TRASHED
    assert (await side.do("get_page_head", child.id)).parent_id == parent.id
    again = await side.do("get_page", other.id)
    assert (again.page.title, text_of(again.document)) == ("Other", "Other")
    assert (await side.do("get_page_head", thrown.id)).status is PageStatus.CURRENT
