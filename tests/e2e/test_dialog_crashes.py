"""A bot that is killed during a run of five steps, or a conversation; then another one starts.

One kill meets several runs, each at another moment. `CRASHES=200` kills at 200 random ones.
"""

import asyncio
import math
import os
import random
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest
import pytest_asyncio

from sandbox.bots import Bot
from sandbox.person import words
from sandbox.processes import free_port
from sandbox.server import Plan
from sandbox.slack.events import RETRIES
from tests.attacks.installing import template
from tests.e2e.test_stopping import ended
from tests.e2e.test_two_bots import asleep, at, balanced
from tests.e2e.trip import PATIENCE, QUICK, Wires, link_in, setting_out, until
from tests.wire.gates import Gate
from tests.wire.mongo import mongo_wire
from tests.wire.web import web_wire

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.crash]

PEOPLE = ("U0ADA", "U0BOB", "U0CY")
EACH = 2
"""Runs of each person that one kill meets."""
SETTLED_AFTER = 3
"""Seconds that a run is left alone: as long as it takes to bring all of them to their moment."""
KEPT = "update dialogs"
"""The first that a run makes is its claim; each step is kept as it begins and as it is done."""
POST, PUT = "POST /atlassian/api/ex", "PUT /atlassian/api/ex"
DELETE = "DELETE /atlassian/api/ex"
FIVE = template(
    """
utterances: ["announce {title} on {page}"]
entities:
  - {name: title, type: text, prompt: What is it called?}
  - {name: page, type: page, prompt: On which page?}
steps:
  - id: made
    create: {space: ENG, title: "{{ title }}", body: "About {{ title }}"}
  - append: {page: "{{ page }}", body: "See {{ title }}."}
  - label: {page: "{{ made }}", add: [decision]}
  - move: {page: "{{ made }}", parent: "{{ page }}"}
  - comment: {page: "{{ page }}", body: "There is {{ title }} now."}
reply: {text: "All of {{ title }} is done."}
""",
    "announce",
    name="Announce",
)
TALK = template(
    """
utterances: [ask me things]
entities:
  - {name: one, type: text, prompt: What is the first?}
  - {name: two, type: text, prompt: What is the second?}
  - {name: three, type: text, prompt: What is the third?}
  - {name: four, type: text, prompt: What is the fourth?}
steps:
  - list_spaces: {most: 1}
reply: {text: "Heard {{ one }}, {{ two }}, {{ three }} and {{ four }}."}
""",
    "talk",
    name="Talk",
)


@dataclass(frozen=True)
class Moment:
    """Where a run is held: at which message of which wire, or at its answer."""

    name: str
    wire: str
    part: str
    nth: int = 1
    answers: bool = False

    def gate(self):
        return Gate(self.part, self.nth, self.answers)


def _both(name, wire, part, nth=1):
    yield Moment(f"before {name}", wire, part, nth)
    yield Moment(f"after {name}", wire, part, nth, answers=True)


CLAIM = Moment("before the claim", "database", KEPT)
CLAIMED = Moment("after the claim, before the ack", "database", KEPT, answers=True)
SENDS = [
    ("the draft", POST, 1),
    ("publishing", PUT, 1),
    ("adding to the page", PUT, 2),
    ("the label", POST, 2),
    ("the move", PUT, 3),
    ("the comment", POST, 3),
]
STEPS = ("create", "append", "label", "move", "comment")
MOMENTS = [
    CLAIM,
    CLAIMED,
    *(each for name, part, nth in SENDS for each in _both(f"{name} is sent", "web", part, nth)),
    *(
        each
        for place, step in enumerate(STEPS)
        for what, nth in (("begins", 2), ("is done", 3))
        for each in _both(f"it is kept that {step} {what}", "database", KEPT, 2 * place + nth)
    ),
    *_both("its end is kept", "database", KEPT, 12),
]
AT_ONCE = EACH * len(PEOPLE)
ROUNDS = [MOMENTS[at : at + AT_ONCE] for at in range(0, len(MOMENTS), AT_ONCE)]
CRASHES = int(os.environ.get("CRASHES", "12"))  # noqa: TID251  # the bot's settings are not the tests'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trip(tmp_path_factory):
    """A sandbox whose bot speaks to everything over wires that can be held."""
    async with mongo_wire() as database, web_wire() as web:
        settings = {
            **QUICK,
            "CONFAB_SETTLE_AFTER": str(SETTLED_AFTER),
            "CONFAB_PERSON_POINTS": "1000000",
            "CONFAB_MONGODB_URI": database.uri,
            "CONFAB_ATLASSIAN_API_URL": f"{web.url}/atlassian/api",
            "CONFAB_SLACK_API_URL": f"{web.url}/slack/api",
        }
        plan = Plan(tmp_path_factory.mktemp("dialogs"), settings=settings)
        async with setting_out(plan, Wires(database, web)) as trip:
            yield trip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(trip):
    """Three people who have consented, and the tasks that all of them may run."""
    travellers = [trip.person(user) for user in PEOPLE]
    for source in (FIVE, TALK):
        await installs(travellers[0], source)
    await asyncio.gather(*(consents(each) for each in travellers))
    return travellers


async def installs(traveller, source):
    """Bring a template and install it for everybody."""
    person = traveller.person
    await person.types("/confluence templates")
    await traveller.sees("Bring your own")
    await person.presses("template_bring")
    await traveller.sees("A template is a YAML file")
    await person.submits({"source": {"source": source}})
    await traveller.sees("is here")
    await person.presses("template_install")
    await traveller.sees("Who may run it")
    await person.submits({"audience": {"value": "workspace"}})
    await traveller.sees("is installed")
    await person.closes(everything=True)


async def consents(traveller):
    """Give the consent that the five steps take."""
    begun = await traveller.person.says("announce it on 1")
    link = await traveller.person.waits_for(link_in, PATIENCE)
    await traveller.walk(link)
    await traveller.hears("Connected as", "@app")
    await traveller.person.says("cancel", begun["ts"])


END, UNCLEAR, PARKED = "All of", "what became of this", "Confirm the rest again"


@dataclass
class Run:
    """One run: of whom, what it announces, and on which page of its own."""

    trip: object
    who: object
    title: str
    page: str = ""
    thread: str = ""
    preview: dict = field(default_factory=dict)

    async def begins(self):
        """Say what it takes, and wait for the preview."""
        asked = {
            "space": "ENG",
            "account": "ada",
            "title": f"Board of {self.title}",
            "body": "<p>Here:</p>",
        }
        self.page = (await self.trip.post("atlassian/pages/create", asked))["id"]
        said = await self.who.person.says(f"announce {self.title} on {self.page}")
        self.thread = said["ts"]
        self.preview = await self.sees("This will be written")
        return self

    async def sees(self, part):
        return await self.who.person.waits_for_reply(part, self.thread, timeout=PATIENCE)

    async def confirms(self):
        where = {"channel": self.preview["channel"], "ts": self.preview["ts"]}
        return await self.who.person.presses("dialog_confirm", container=where)

    async def ends(self):
        """Answer what it asks, as somebody who looks before; return what tells of the end."""
        answered = set()

        def told(screen):
            found = [m for c in screen["channels"] for m in c["messages"] if not m["deleted"]]
            mine = [m for m in found if m["thread_ts"] == self.thread and m["ts"] not in answered]
            asked = [m for m in mine if any(part in words(m) for part in (END, UNCLEAR, PARKED))]
            return asked[-1] if asked else None

        while END not in words(said := await self.who.person.waits_for(told, PATIENCE)):
            where = {"channel": said["channel"], "ts": said["ts"]}
            choice = await self.answer_to(words(said))
            done = await self.who.person.presses(choice, container=where)
            if not done["ack"]["error"]:
                answered.add(said["ts"])
        assert f"All of {self.title} is done" in words(said)
        return said

    async def answer_to(self, said):
        if PARKED in said:  # nothing was sent, as the machine was too busy
            return "dialog_confirm"
        assert "Comment on the page" in said
        assert "/pages/" in said
        return "dialog_is_done" if await self.comments() else "dialog_do_it"

    async def is_told_again(self):
        """Tell whether a second one has told of the end."""
        said = await self.who.person.thread(self.thread)
        return len([each for each in said if "All of" in words(each)]) > 1

    async def comments(self):
        found = await self.trip.get("atlassian/pages?kind=footer-comment")
        return [each for each in found if f"There is {self.title} now" in each["text"]]

    async def is_done_once(self):
        """Every step was done, and none of them twice."""
        statuses = await self.trip.statuses(self.title)
        assert statuses in (["current"], ["current", "draft"]), statuses
        pages = await self.trip.pages(self.title)
        [made] = [each for each in pages if each["status"] == "current"]
        [board] = await self.trip.get(f"atlassian/pages?id={self.page}")
        assert (len(made["versions"]), made["labels"]) == (1, ["decision"])
        assert made["parent"] == self.page
        assert board["text"].count(f"See {self.title}.") == 1
        assert len(board["versions"]) == 2
        assert len(await self.comments()) == 1
        await self.was_sent_once(made["id"])

    async def was_sent_once(self, made):
        """What can't be sent twice wasn't; what is as if done once may have been."""
        writes = await self.trip.get("atlassian/writes")
        done = {each["path"]: each["done"] for each in writes if each["done"]}
        assert done[f"/wiki/api/v2/pages/{made}"] == 1
        assert done[f"/wiki/api/v2/pages/{self.page}"] == 1
        moves = [times for path, times in done.items() if f"/content/{made}/move/" in path]
        assert moves == [1]


NUMBERS = count(1)


async def begun(trip, people):
    """Return runs that stand at their previews, two of each person."""
    runs = [
        Run(trip, who, f"Osprey {next(NUMBERS)} of {who.person.user}")
        for who in people
        for _ in range(EACH)
    ]
    return await asyncio.gather(*(run.begins() for run in runs))


async def reached(trip, run, moment):
    """Confirm, and return as soon as the moment is; the press may still wait for its ack."""
    gate = moment.gate()
    getattr(trip.wires, moment.wire).hold(gate)
    pressing = asyncio.create_task(run.confirms())
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    return pressing


async def dies(trip):
    """Kill the bot, and start another."""
    await trip.sandbox.kill_bot()
    trip.wires.clear()
    await trip.sandbox.bots.start()


async def came_to_its_end(run, ack):
    """Whoever was told that the press failed presses again; the others do nothing."""
    while ack["ack"]["error"]:
        ack = await run.confirms()
    await run.ends()
    await run.is_done_once()


@pytest.mark.parametrize("moments", ROUNDS, ids=lambda moments: f"from {moments[0].name}")
async def test_each_step_once_at_whichever_moment_the_bot_dies(trip, people, moments):
    runs = (await begun(trip, people))[: len(moments)]
    pressing = [await reached(trip, run, moment) for run, moment in zip(runs, moments, strict=True)]
    await trip.sandbox.kill_bot()
    trip.wires.clear()
    acks = await asyncio.gather(*pressing)
    await trip.sandbox.bots.start()
    await asyncio.gather(*map(came_to_its_end, runs, acks))


TAKING_BACK = [
    Moment("after it is kept that it was asked for", "database", KEPT, answers=True),
    *_both("the comment is deleted", "web", DELETE),
    *_both("the page is as before", "web", PUT),
    Moment("after the new page is in the trash", "web", DELETE, 2, answers=True),
]


async def taken_back(run):
    """All of it was, and nothing twice; its person knows."""
    await run.sees("was taken back")
    pages = await run.trip.pages(run.title)
    [board] = await run.trip.get(f"atlassian/pages?id={run.page}")
    assert {each["status"] for each in pages} <= {"trashed", "draft"}
    assert (len(board["versions"]), f"See {run.title}." in board["text"]) == (3, False)
    assert await run.comments() == []


async def test_taking_back_is_ended_once_at_whichever_moment_the_bot_dies(trip, people):
    runs = await begun(trip, people)
    await asyncio.gather(*(run.confirms() for run in runs))
    ends = await asyncio.gather(*(run.ends() for run in runs))
    for run, end, moment in zip(runs, ends, TAKING_BACK, strict=True):
        gate = moment.gate()
        getattr(trip.wires, moment.wire).hold(gate)
        where = {"channel": end["channel"], "ts": end["ts"]}
        await run.who.person.presses("dialog_undo", container=where)
        async with asyncio.timeout(PATIENCE):
            await gate.reached.wait()
    await dies(trip)
    await asyncio.gather(*map(taken_back, runs))


async def test_each_step_once_whenever_the_bot_dies(trip, people):
    took = await lasting(trip, people)
    for _ in range(math.ceil(CRASHES / AT_ONCE)):
        runs = await begun(trip, people)
        pressing = [asyncio.create_task(later(took, run)) for run in runs]
        await asyncio.sleep(took)
        await trip.sandbox.kill_bot()
        acks = await asyncio.gather(*pressing)
        await trip.sandbox.bots.start()
        await asyncio.gather(*map(came_to_its_end, runs, acks))


async def lasting(trip, people):
    """Return the seconds that the runs take together."""
    runs = await begun(trip, people)
    began = time.monotonic()
    await asyncio.gather(*(run.confirms() for run in runs))
    await asyncio.gather(*(run.ends() for run in runs))
    return time.monotonic() - began


async def later(took, run):
    """Confirm at some moment before the kill."""
    await asyncio.sleep(random.uniform(0, took))  # noqa: S311  # no secret
    return await run.confirms()


COMMENT_BEGINS = Moment("the comment", "database", KEPT, 10, answers=True)


async def test_who_wakes_up_late_comments_no_more(trip, people):
    [first] = trip.sandbox.bots.all
    async with another(trip) as second:
        run = await Run(trip, people[0], "Osprey that was slept over").begins()
        gate = trip.wires.database.hold(COMMENT_BEGINS.gate())
        await run.confirms()
        async with asyncio.timeout(PATIENCE):
            await gate.reached.wait()
        async with asleep(first):
            await at(trip, second)
            gate.let_go()
            await run.ends()
        await until(run.is_told_again)
        await run.is_done_once()


@asynccontextmanager
async def another(trip):
    """A second bot."""
    second = Bot("second", free_port(), free_port())
    await trip.sandbox.bots.start([second])
    try:
        yield second
    finally:
        await balanced(trip)
        await trip.sandbox.bots.stop([second])


async def test_a_run_that_is_slow_when_the_bot_stops_is_left_to_another(trip, people):
    run = await Run(trip, people[0], "Osprey that was stopped").begins()
    gate = trip.wires.web.hold(Gate(POST, 3, answers=True))
    await run.confirms()
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    async with ended(trip):
        pass
    trip.wires.clear()
    await trip.sandbox.bots.start()
    await run.ends()
    await run.is_done_once()


async def test_a_turn_that_is_held_when_the_bot_stops_is_finished(trip, people):
    who = people[0]
    thread = (await who.person.says("ask me things"))["ts"]
    await who.person.waits_for_reply("What is the first?", thread, timeout=PATIENCE)
    gate = trip.wires.database.hold(Gate(KEPT))
    saying = asyncio.create_task(who.person.says("the first", thread))
    async with asyncio.timeout(PATIENCE):
        await gate.reached.wait()
    async with ended(trip):
        gate.let_go()
        assert (await saying)["ack"]["status"] == 200
        await who.person.waits_for_reply("What is the second?", thread, timeout=PATIENCE)
    await trip.sandbox.bots.start()
    await who.person.says("cancel", thread)


ASKED = ["first", "second", "third", "fourth"]
HEARD = [
    Moment("before an answer is kept", "database", KEPT),
    Moment("after an answer was kept", "database", KEPT, answers=True),
    Moment("before the question is asked", "web", "chat.postMessage"),
    Moment("after the question was asked", "web", "chat.postMessage", answers=True),
]


@pytest.mark.parametrize("moment", HEARD, ids=lambda moment: moment.name)
async def test_no_answer_is_lost_when_the_bot_dies_in_a_conversation(trip, people, moment):
    who = people[0]
    thread = (await who.person.says("ask me things"))["ts"]
    for number, name in enumerate(ASKED):
        await who.person.waits_for_reply(f"What is the {name}?", thread, timeout=PATIENCE)
        if number == 1:
            gate = moment.gate()
            getattr(trip.wires, moment.wire).hold(gate)
            saying = asyncio.create_task(who.person.says("two of them", thread))
            async with asyncio.timeout(PATIENCE):
                await gate.reached.wait()
            await dies(trip)
            await saying
            trip.sandbox.clock.advance(RETRIES[1])
            continue
        await who.person.says(f"the {name}", thread)
    told = await who.person.waits_for_reply("Heard", thread, timeout=PATIENCE)
    assert "Heard the first, two of them, the third and the fourth." in words(told)
