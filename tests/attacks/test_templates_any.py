"""The whole bot against a model of one person's dialog, on two replicas that come and go.

Whatever is answered, taken back, changed, told twice by Slack or cut short by a restart: no answer
is lost, no answered question is asked again, nothing is written twice, and there is an end.
"""

import asyncio
import itertools
import json
from contextlib import AsyncExitStack
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.app import assemble
from bot.dialog import Phase
from bot.metrics import Metrics
from tests.attacks.installing import Author, template
from tests.stage import Stage, door, served, staged

SOURCE = template(
    """
utterances: [talk to me]
entities:
  - {name: title, type: text, prompt: What is it called?, length: {least: 3}}
  - {name: area, type: choice, prompt: Which area?, choices: [Eng, Ops, Law]}
  - {name: count, type: number, prompt: How many?, range: {least: 1, most: 9}}
  - {name: note, type: text, prompt: Anything else?, required: false}
steps:
  - id: made
    create: {space: ENG, title: "{{ title }}", body: "{{ area }} {{ count }} {{ note or '' }}."}
  - label: {page: "{{ made }}", add: ["{{ area }}"]}
  - comment: {page: "{{ made }}", body: "{{ count }} of {{ title }}"}
"""
)
PROMPTS = {
    "title": "What is it called?",
    "area": "Which area?",
    "count": "How many?",
    "note": "Anything else?",
}
NUMBERS = itertools.count(1)
WRONG = {"title": "ab", "area": "Sales", "count": "77"}
AREAS, COUNTS = st.sampled_from(["Eng", "Ops", "Law"]), st.integers(1, 9).map(str)
WORDS = st.sampled_from(["Osprey", "Heron", "Kingfisher"])


class Replicas:
    """Two bots over one store, of which Slack reaches one at a time."""

    def __init__(self, stage: Stage, stack: AsyncExitStack) -> None:
        self.stage = stage
        self.stack = stack
        self.bots = [stage.bot, stage.bot]
        self.urls = [f"{stage.bot_url}/slack/events"] * 2

    async def restart(self, which: int) -> None:
        """Put a bot that remembers nothing in the place of one."""
        stage, back = self.stage, door()
        port = back.getsockname()[1]
        bot = assemble(stage.settings, stage.stores, stage.outside, Metrics())
        await self.stack.enter_async_context(served(bot.web, back))
        self.stack.push_async_callback(bot.tasks.drain, 5)
        self.bots[which], self.urls[which] = bot, f"http://127.0.0.1:{port}/slack/events"

    def reach(self, which: int) -> None:
        """Have Slack deliver to that one from now on."""
        self.stage.slack.deliveries.retarget(self.urls[which])

    async def quiet(self) -> None:
        """Wait until neither has anything under way."""
        while any(len(bot.tasks) or len(bot.recording.tasks) for bot in self.bots):  # noqa: ASYNC110 - as Stage.quiet
            await asyncio.sleep(0.002)


class Talks(RuleBasedStateMachine):
    """One dialog of one person's, against what a person would expect of it."""

    def __init__(self, loop, replicas, bob):
        super().__init__()
        self.loop, self.replicas, self.bob = loop, replicas, bob

    @initialize()
    def begin(self):
        self.number = next(NUMBERS)
        self.answers, self.passed, self.again, self.sent = {}, set(), "", []
        said = self.do(self.bob.person.says("talk to me"))
        self.thread = said["ts"]
        [self.dialog] = [d for d in self.do(self.bob.dialogs()) if d.thread == self.thread]
        self.check()

    def do(self, work, which=0):
        async def done():
            self.replicas.reach(which)
            came = await work
            await self.replicas.quiet()
            return came

        return self.loop.run_until_complete(done())

    def now(self):
        return self.do(self.bob.stage.stores.dialogs.find(self.bob.principal, self.dialog.id))

    @property
    def asked(self):
        """The question that stands last in the thread; empty at the preview and at the end."""
        thread = self.do(self.bob.person.thread(self.thread))
        last = [each for each in thread if each["bot"]][-1]
        shown = json.dumps(last["blocks"])
        return next((name for name, prompt in PROMPTS.items() if f"*{prompt}" in shown), "")

    @property
    def phase(self):
        return self.now().phase

    def is_open(self):
        return self.phase in {Phase.ASKING, Phase.CONFIRMING}

    def asks(self):
        return bool(self.asked) and self.phase is Phase.ASKING

    def valid(self, name, word, area, count):
        title = f"{word} {self.number}"
        return {"title": title, "area": area, "count": count, "note": f"{word} it is"}[name]

    def check(self):
        """No answer is lost, no answered question asked, nothing written before its time."""
        now = self.now()
        kept = {each.entity: each.shown for each in now.answers}
        assert kept == self.answers
        if now.phase is Phase.ASKING:
            asked = self.asked
            assert asked, self.do(self.bob.person.thread(self.thread))[-1]
            assert asked not in self.answers or asked == self.again
            assert asked not in self.passed or asked == self.again
        self.check_writes(now)

    def check_writes(self, now):
        made = self.do(self.made())
        assert [each["status"] for each in made] == ["current"] * (now.phase is Phase.DONE)

    async def made(self):
        found = await self.bob.stage.get("atlassian/pages?kind=page")
        return [each for each in found if each["title"].endswith(f" {self.number}")]

    def say(self, text, which):
        said = self.do(self.bob.person.says(text, self.thread), which)
        self.sent.append((said["ts"], text))

    @precondition(asks)
    @rule(word=WORDS, area=AREAS, count=COUNTS, which=st.integers(0, 1))
    def answer(self, word, area, count, which):
        name = self.asked
        text = self.valid(name, word, area, count)
        self.say(text, which)
        self.took(name, text)

    def took(self, name, text):
        self.answers[name] = text
        self.passed.discard(name)
        self.again = ""
        self.check()

    @precondition(asks)
    @rule(which=st.integers(0, 1))
    def answer_wrongly(self, which):
        name = self.asked
        if name in WRONG:
            self.say(WRONG[name], which)
            assert self.asked == name
        self.check()

    @precondition(asks)
    @rule(which=st.integers(0, 1))
    def skip(self, which):
        name = self.asked
        self.say("skip", which)
        if name in self.answers:
            self.again = ""  # what it had is kept
        elif name == "note":
            self.passed.add(name)
            self.again = ""
        self.check()

    @precondition(is_open)
    @rule(name=st.sampled_from(list(PROMPTS)), word=WORDS, area=AREAS, count=COUNTS)
    def change(self, name, word, area, count):
        text = self.valid(name, word, area, count)
        again = self.again
        self.say(f"{name} should be {text}", 1)
        self.answers[name] = text
        self.passed.discard(name)
        self.again = "" if again == name else again
        self.check()

    @precondition(asks)
    @rule(which=st.integers(0, 1))
    def go_back(self, which):
        self.say("back", which)
        self.again = self.asked
        self.check()

    @precondition(asks)
    @rule(word=st.sampled_from(["help", "what's left"]))
    def ask_around(self, word):
        before = self.asked
        self.say(word, 0)
        assert self.asked == before
        self.check()

    @precondition(asks)
    @rule(word=WORDS, area=AREAS, count=COUNTS)
    def answer_two_at_once(self, word, area, count):
        """What is asked, and another by its name, while the first is still under way."""
        name = self.asked
        other = "area" if name == "title" else "title"
        first, second = (self.valid(each, word, area, count) for each in (name, other))

        async def both():
            says = self.bob.person.says
            one = asyncio.create_task(says(first, self.thread))
            await asyncio.sleep(0.002)
            self.replicas.reach(1)
            two = asyncio.create_task(says(f"{other} should be {second}", self.thread))
            return await asyncio.gather(one, two)

        self.do(both())
        self.answers |= {name: first, other: second}
        self.passed -= {name, other}
        self.again = ""
        self.check()

    @rule(which=st.integers(0, 1), number=st.integers(1, 3))
    def slack_tells_it_again(self, which, number):
        """A delivery that was acked, and whose ack was lost: of any message so far."""

        async def told_again():
            log = await self.bob.stage.get("slack/log")
            events = [each for each in log["deliveries"] if self.thread in each["body"]]
            for each in events[-number:]:
                is_event = each["payload"].get("type") == "event_callback"
                if is_event and each["payload"]["event"]["type"] == "message":
                    body = {"body": each["body"], "content_type": "application/json"}
                    await self.bob.stage.post("slack/deliver", body)

        before = self.now()
        self.do(told_again(), which)
        assert self.now() == before
        self.check()

    @rule(which=st.integers(0, 1))
    def restart(self, which):
        self.do(self.replicas.restart(which))
        self.check()

    @precondition(lambda self: self.phase is Phase.CONFIRMING)
    @rule(which=st.integers(0, 1), times=st.integers(1, 2))
    def confirm(self, which, times):
        async def pressed():
            where = (await self.bob.person.thread(self.thread))[-1]
            at = {"channel": where["channel"], "ts": where["ts"]}
            presses = (
                self.bob.person.presses("dialog_confirm", container=at) for _ in range(times)
            )
            await asyncio.gather(*presses)

        self.do(pressed(), which)
        assert self.phase is Phase.DONE, self.now().journal
        self.check()

    @precondition(lambda self: self.phase is Phase.DONE)
    @rule(text=st.sampled_from(["title should be Another", "yes", "cancel", "Osprey"]))
    def say_more_after_the_end(self, text):
        self.say(text, 0)
        self.check()

    def teardown(self):
        """From wherever it stands, it comes to an end."""
        if not hasattr(self, "dialog"):
            return
        for _ in range(8):
            if self.phase is not Phase.ASKING:
                break
            name = self.asked
            text = self.valid(name, "Osprey", "Eng", "1")
            self.say(text, 0)
            self.took(name, text)
        if self.phase is Phase.CONFIRMING:
            self.confirm(0, 2)
        assert self.phase is Phase.DONE
        self.check()


def test_whatever_is_said_told_twice_or_restarted_each_dialog_comes_to_its_end_once():
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    try:
        replicas, bob = loop.run_until_complete(_open(stack))
        run_state_machine_as_test(
            lambda: Talks(loop, replicas, bob),
            settings=settings(
                max_examples=8,
                stateful_step_count=14,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()


async def _open(stack):
    stage = await stack.enter_async_context(
        staged(person_points=1_000_000, settle_after=timedelta(seconds=60))
    )
    bob = Author(stage)
    await bob.installs(SOURCE)
    await bob.consents("/confluence try-out title=Consent area=Eng count=1")
    for dialog in await bob.dialogs():
        await stage.stores.dialogs.remove(bob.principal, dialog.id)
    replicas = Replicas(stage, stack)
    await replicas.restart(1)
    return replicas, bob
