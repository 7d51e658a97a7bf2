"""Dialogs with the engine that does their steps, against one Confluence in memory."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.act import Actor
from bot.authorize import Authorizer
from bot.content import PageStatus
from bot.course import TakenUp
from bot.dialog import Fate, Filling, Phase
from bot.dialogs import (
    Admission,
    Contexts,
    DialogDesk,
    Hands,
    Heard,
    Move,
    Saying,
    Settling,
    Start,
    Stores,
    Verdict,
)
from bot.document import Document, Paragraph, Text
from bot.errands import Pace
from bot.errors import ConsentRequired, TitleTaken, Unavailable, Unclear
from bot.ports import running_of
from bot.task import DialogTask, TaskId
from bot.template import TemplateId, Version
from tests.bot.dialogs_given import INSTALLED, PEOPLE
from tests.bot.steps_stage import Bench, template_of
from tests.bot.test_steps_killed import Killed, Life, dying
from tests.fakes import ADA, FakeConsentServer, FakeSlackPeople, issuers

MINUTE = timedelta(seconds=60)
HERE = ("D1", "1700000000.000000")
TWO = template_of("""
entities:
  - {name: space, type: space, prompt: Which space?}
  - {name: title, type: text, prompt: What is it called?}
  - {name: labels, type: label, many: true, required: false, prompt: Which labels?}
  - {name: remark, type: text, prompt: What is there to remark?}
steps:
  - id: made
    create: {space: "{{ space }}", title: "{{ title }}", body: "About {{ title }}"}
  - ask: [remark]
  - comment: {page: "{{ made }}", body: "{{ remark }}"}
""")
TASK = DialogTask(
    id=TaskId("task1"),
    tenant=ADA.tenant,
    word="try-out",
    title="Try-out",
    template=TemplateId("try-out"),
    version=Version("1.0.0"),
    owner=ADA.user_id,
)


class Room:
    """Ada, in a thread of her own; whatever she does is done by a process of its own."""

    def __init__(self, bench):
        self.bench = bench
        self.seconds = 1_700_000_000
        self.told = []
        self.id = None
        self.template = TWO

    def desk(self, engine=None):
        bench, people = self.bench, FakeSlackPeople(dict(PEOPLE))
        engine = engine or bench.engine_of()
        authorizer = Authorizer(bench.stores.connections, issuers(FakeConsentServer()), bench.clock)
        kept = bench.stores.connections, bench.stores.preferences
        actor = Actor(authorizer, *kept, bench.credentials)
        contexts = Contexts(
            actor,
            bench.confluence,
            people,
            self.installation,
            bench.stores.tasks,
            self.name_of,
            bench.clock,
        )
        stores = Stores(bench.dialogs, bench.stores.tasks, self.find_template)
        hands = Hands(engine, contexts.of_dialog, bench.clock)
        return DialogDesk(stores, hands, Admission(bench.stores.tasks, people, self.installation))

    async def installation(self, tenant):
        return INSTALLED

    async def name_of(self, principal, channel):
        return ""

    async def find_template(self, tenant, template, version):
        return self.template if template == TWO.id else None

    async def begin(self, **start):
        turn = await self.desk().begin(ADA, TASK, Start(filling=Filling.CONVERSATION, **start))
        self.id = turn.dialog.id
        await self.desk().place(ADA, self.id, *HERE)
        return turn

    async def say(self, text, desk=None, **more):
        self.seconds += 20
        heard = Heard(f"{self.seconds}.000100", text, **more)
        return await (desk or self.desk()).hear(ADA, *HERE, heard)

    async def confirm(self, desk=None):
        desk = desk or self.desk()
        turn = await desk.find(ADA, self.id)
        assert await desk.confirm(ADA, self.id, turn.dialog.plan.id)
        return await desk.run(ADA, self.id)

    async def move(self, move, *what):
        return await self.desk().move(ADA, self.id, move, *what)

    async def settle(self):
        async def tell(turn):
            self.told.append(turn.dialog.phase)

        pace = Pace(MINUTE, MINUTE)
        settling = Settling(self.desk(), self.bench.dialogs, tell, pace, self.bench.clock)
        self.bench.clock.pass_by(seconds=61)
        return await settling.settle(running_of(ADA, self.id, self.bench.clock()))

    @property
    def written(self):
        confluence = self.bench.confluence
        pages = [each.page for each in confluence.pages.values()]
        seen = [page.title for page in pages if page.status is PageStatus.CURRENT]
        return seen, len(confluence.comments)


@pytest.fixture
async def room():
    return Room(await Bench().open())


async def at_the_remark(room):
    await room.begin(line='space=ENG title="Use Mongo"')
    await room.say("skip")
    return await room.confirm()


async def test_each_plan_is_confirmed_when_it_is_known(room):
    assert (await room.begin()).asks.name == "space"
    assert (await room.say("ENG")).asks.name == "title"
    assert (await room.say("Use Mongo")).asks.name == "labels"
    turn = await room.say("skip")
    assert (turn.dialog.phase, turn.dialog.plan.more) == (Phase.CONFIRMING, True)
    turn = await room.confirm()
    assert (turn.asks.name, room.written) == ("remark", (["Use Mongo"], 0))
    assert (await room.say("Well done")).dialog.phase is Phase.CONFIRMING
    assert (await room.confirm()).dialog.phase is Phase.DONE
    assert room.written == (["Use Mongo"], 1)


async def test_what_was_used_in_what_is_written_is_not_changed_any_more(room):
    await at_the_remark(room)

    turn = await room.say("title should be Other")
    assert (turn.says.saying, turn.says.entity) == (Saying.FIXED, "title")
    assert (await room.say("back")).says.saying is Saying.NO_WAY_BACK
    assert (await room.say("labels: a")).says.saying is Saying.FIXED
    assert (await room.move(Move.CHANGE, "space", "OPS")).says.saying is Saying.FIXED
    await room.say("First remark")
    turn = await room.say("remark: Second remark")

    assert turn.dialog.phase is Phase.CONFIRMING
    assert (await room.confirm()).dialog.phase is Phase.DONE
    assert room.written == (["Use Mongo"], 1)


async def test_an_answer_that_confluence_does_not_know_is_complained_of(room):
    await room.begin()
    turn = await room.say("NOPE")
    assert (turn.says.saying, turn.asks.name) == (Saying.COMPLAINT, "space")


async def test_what_waits_for_consent_goes_on_with_all_answers(room):
    connection = (await room.bench.stores.connections.list_of(ADA))[0]
    await room.begin(line='title="Use Mongo"')
    await room.bench.stores.connections.remove(ADA, connection.profile)
    with pytest.raises(ConsentRequired):
        await room.say("ENG")
    with pytest.raises(ConsentRequired):
        await room.move(Move.RESUME)
    await room.bench.stores.connections.save(connection)

    turn = await room.move(Move.RESUME)

    assert turn.asks.name == "labels"
    answers = {answer.entity: answer.shown for answer in turn.dialog.answers}
    assert answers["title"] == "Use Mongo"
    assert answers["space"] == "Engineering"
    assert turn.dialog.unread is None


async def test_what_was_put_by_gives_way_to_what_was_said_since(room):
    room.bench.confluence.fails["find_space"] = Unavailable("Confluence")
    await room.begin()
    with pytest.raises(Unavailable):
        await room.say("ENG")
    room.bench.confluence.fails.clear()
    await room.say("OPS")
    turn = await room.move(Move.RESUME)
    assert (turn.asks.name, turn.dialog.unread) == ("title", None)
    assert turn.dialog.answer("space").shown == "Operations"


async def test_what_was_put_by_is_not_what_one_goes_back_to(room):
    room.bench.confluence.fails["find_space"] = Unavailable("Confluence")
    await room.begin()
    with pytest.raises(Unavailable):
        await room.say("ENG")
    room.bench.confluence.fails.clear()
    await room.say("help")
    await room.say("OPS")
    await room.say("back")
    turn = await room.move(Move.RESUME)
    assert (turn.asks.name, turn.offer.shown) == ("space", "Operations")


async def unconnected(room, start):
    connection = (await room.bench.stores.connections.list_of(ADA))[0]
    await room.bench.stores.connections.remove(ADA, connection.profile)
    room.bench.clock.pass_by(minutes=1)
    with pytest.raises(ConsentRequired) as refused:
        await room.desk().begin(ADA, TASK, start)
    await room.bench.stores.connections.save(connection)
    return refused.value.resumes


async def test_what_begins_anew_by_its_command_after_a_consent_leaves_no_dialog_behind(room):
    room.template = template_of("steps:\n  - list_spaces: {}\n")
    assert await unconnected(room, Start()) == ""
    assert not await room.desk().list_open(ADA)


async def test_what_was_said_or_read_goes_on_in_its_dialog_after_a_consent(room):
    room.template = template_of("""
entities: [{name: body, type: rich text, prompt: What?}]
steps: [{create: {space: ENG, title: X, body: "{{ body }}"}}]
""")
    said = Document((Paragraph((Text("Of a message"),)),))
    resumes = await unconnected(room, Start(values={"body": said}))
    [dialog] = await room.desk().list_open(ADA)
    assert resumes == f"resume {dialog.id}"
    assert (await room.desk().run(ADA, dialog.id)).dialog.phase is Phase.CONFIRMING


async def test_what_is_reached_by_a_run_has_its_default(room):
    room.template = template_of("""
entities:
  - {name: title, type: text, prompt: What is it called?}
  - {name: remark, type: text, prompt: What of it?, default: "About {{ made.title }}"}
steps:
  - id: made
    create: {space: ENG, title: "{{ title }}", body: x}
  - ask: [remark]
  - comment: {page: "{{ made }}", body: "{{ remark }}"}
""")
    await room.begin(line="title=Mongo")
    turn = await room.confirm()
    assert turn.dialog.phase is Phase.CONFIRMING
    assert turn.dialog.plan.writes[0].words.endswith("“About Mongo”")


async def test_a_taken_title_is_changed_and_confirmed_once_more(room):
    await room.begin(line='space=ENG title="Use Mongo"')
    await room.say("skip")
    room.bench.confluence.fails["publish_draft"] = TitleTaken("There is one. Choose another.")
    assert (await room.confirm()).dialog.phase is Phase.FAILED
    room.bench.confluence.fails.clear()

    turn = await room.say("title should be Use Postgres")

    assert (turn.dialog.phase, turn.dialog.failure) == (Phase.CONFIRMING, "")
    turn = await room.confirm()
    assert (turn.asks.name, "Use Postgres" in room.written[0]) == ("remark", True)


async def test_a_failed_run_does_not_write_again_what_it_wrote(room):
    await at_the_remark(room)
    await room.say("Remark")
    room.bench.confluence.fails["add_comment"] = TitleTaken("No. Choose another.")
    assert (await room.confirm()).dialog.phase is Phase.FAILED
    room.bench.confluence.fails.clear()

    turn = await room.move(Move.TRY_AGAIN)

    assert [each.action for each in turn.dialog.plan.writes] == ["comment"]
    assert (await room.confirm()).dialog.phase is Phase.DONE
    assert room.written == (["Use Mongo"], 1)


@pytest.mark.parametrize(
    ("verdict", "phase", "comments"),
    [
        (Verdict.DONE, Phase.DONE, 1),
        (Verdict.DO_IT, Phase.DONE, 2),
        (Verdict.STOP, Phase.FAILED, 1),
    ],
)
async def test_what_nobody_can_tell_is_asked(room, verdict, phase, comments):
    await at_the_remark(room)
    await room.say("Remark")
    room.bench.confluence.fails_after["add_comment"] = Unclear("Confluence")
    turn = await room.confirm()
    for _ in range(5):
        if turn.dialog.phase is Phase.UNCLEAR:
            break
        await room.settle()
        turn = await room.desk().find(ADA, room.id)
    room.bench.confluence.fails_after.clear()
    assert (await room.say("title: X")).says.saying is Saying.UNDER_WAY
    [record] = [each for each in turn.dialog.journal if each.fate is Fate.UNCLEAR]
    room.bench.clock.pass_by(seconds=60)

    turn = await room.desk().verdict(ADA, room.id, record.key, verdict)

    assert turn.dialog.phase is phase
    assert len(room.bench.confluence.comments) <= comments
    again = await room.desk().verdict(ADA, room.id, record.key, Verdict.DO_IT)
    assert again.says.saying is Saying.ANSWERED


async def test_what_was_written_is_taken_back(room):
    await at_the_remark(room)
    await room.say("Remark")
    await room.confirm()
    turn = await room.desk().undo(ADA, room.id)
    assert any(each.is_undone for each in turn.dialog.journal)


async def test_an_outage_leaves_the_answers_and_the_way_on(room):
    await room.begin(line="space=ENG")
    await room.say("Use Mongo")
    room.bench.confluence.fails["find_page_by_title"] = Unavailable("Confluence")
    with pytest.raises(Unavailable):
        await room.say("skip")
    room.bench.confluence.fails.clear()
    assert (await room.move(Move.RESUME)).dialog.phase is Phase.CONFIRMING


class Beaten:
    """An engine whose every work another process has just done."""

    def __init__(self, engine):
        self._engine = engine

    def __getattr__(self, name):
        return getattr(self._engine, name)

    async def advance(self, *run):
        await self._engine.advance(*run)
        raise TakenUp


async def test_where_another_process_was_faster_its_work_is_shown(room):
    await room.begin(line='space=ENG title="Use Mongo"')
    desk = room.desk(Beaten(room.bench.engine_of()))
    assert (await room.say("skip", desk)).dialog.phase is Phase.CONFIRMING
    turn = await room.confirm(desk)
    assert (turn.asks.name, turn.says.saying) == ("remark", Saying.UNDER_WAY)
    assert room.written == (["Use Mongo"], 0)


SAYINGS = st.sampled_from(
    [
        *("ENG", "OPS", "Use Mongo", "Well done", "skip", "back", "help", "space: OPS", "NOPE"),
        *("title: Other", "remark: Better", "change the title", "yes", "what is left?"),
    ]
)
DOINGS = st.one_of(
    st.tuples(st.just("say"), SAYINGS),
    st.tuples(st.just("confirm"), st.none() | st.integers(1, 40)),
    st.tuples(st.just("confirm"), st.none() | st.integers(1, 40)),
    st.tuples(st.sampled_from(["settle", "resume", "try again"]), st.none()),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(DOINGS, max_size=14), st.booleans())
def test_whatever_is_done_and_wherever_it_dies_each_write_is_done_once(doings, knows_all):
    asyncio.run(lives(doings, 'space=ENG title="Use Mongo"' if knows_all else ""))


async def lives(doings, line):
    room = Room(await Bench().open())
    await room.begin(line=line)
    for doing, what in doings:
        await do(room, doing, what)
    for _ in range(30):
        turn = await room.desk().find(ADA, room.id)
        if turn.dialog.phase is Phase.DONE:
            break
        await onward(room, turn)
    pages, comments = room.written
    assert turn.dialog.phase is Phase.DONE
    assert len(pages) == 1
    assert pages == [turn.dialog.answer("title").read()]
    assert comments == 1


async def do(room, doing, what):
    turn = await room.desk().find(ADA, room.id)
    if doing == "say":
        await room.say(what)
    elif doing == "confirm" and turn.dialog.phase is Phase.CONFIRMING:
        desk = room.desk(dying(room.bench, Life(what)))
        with suppress(Killed):
            await room.confirm(desk)
    elif doing == "settle":
        await room.settle()
    elif doing == "resume":
        await room.move(Move.RESUME)
    elif doing == "try again":
        await room.move(Move.TRY_AGAIN)


async def onward(room, turn):
    """Do what leads to the end, as a person who looks before they say what became of it."""
    match turn.dialog.phase:
        case Phase.ASKING if turn.asks is not None:
            named = {"space": "ENG", "labels": "skip"}
            await room.say(named.get(turn.asks.name, "Whatever"))
        case Phase.ASKING:
            await room.move(Move.RESUME)
        case Phase.CONFIRMING:
            await room.move(Move.RESUME)
            await room.confirm()
        case Phase.UNCLEAR:
            [record] = [each for each in turn.dialog.journal if each.fate is Fate.UNCLEAR]
            is_there = bool(room.bench.confluence.comments)
            verdict = Verdict.DONE if is_there else Verdict.DO_IT
            await room.desk().verdict(ADA, room.id, record.key, verdict)
        case Phase.FAILED:
            await room.move(Move.TRY_AGAIN)
        case _:
            await room.settle()
