"""Dialogs against a model, whatever is said, pressed and killed, on however many replicas."""

import asyncio
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.dialog import Filling, Phase
from bot.dialogs import Heard, Move, Saying, Settling, Start
from bot.entities import Given
from bot.errands import Pace
from bot.ports import running_of
from tests.bot.dialogs_given import TASK, Killed, World, template
from tests.fakes import ADA

HERE = ("D1", "1700000000.000000")
AREAS = ("Eng", "Ops", "Law")
ENTITIES = (
    {"name": "area", "type": "choice", "prompt": "Which area?", "choices": list(AREAS)},
    {"name": "cause", "type": "text", "prompt": "Why?", "when": "area == 'Ops'"},
    {"name": "title", "type": "text", "prompt": "What is it called?"},
    {"name": "count", "type": "number", "prompt": "How many?", "range": {"least": 1, "most": 9}},
    {"name": "note", "type": "text", "prompt": "Anything else?", "required": False},
)
NAMES = tuple(str(each["name"]) for each in ENTITIES)
TEXTS = st.text(alphabet="mangdb", min_size=2, max_size=9)
VALUES = {
    "area": st.sampled_from(AREAS),
    "cause": TEXTS,
    "title": TEXTS,
    "count": st.integers(1, 9).map(str),
    "note": TEXTS,
}
VALUE_OF_EACH = st.fixed_dictionaries(VALUES)
WRONG = {"area": "Sales", "count": "77"}
ENDED = (Phase.DONE, Phase.CANCELLED)
AT_MOST = timedelta(seconds=60)


class Talks(RuleBasedStateMachine):
    """One person's dialog; each turn is a process of its own, which knows the store alone."""

    @initialize(known=st.fixed_dictionaries({}, optional=VALUES))
    def begin(self, known):
        self.loop = asyncio.new_event_loop()
        self.world = World(template(ENTITIES))
        known = {name: known[name] for name in known if name != "cause"}
        self.answers = dict(known)
        self.said_at = {}
        self.skipped = set()
        self.seconds = 1_700_000_000
        self.confirmed = None
        start = Start(known=known, filling=Filling.CONVERSATION)
        self.turn = self.do(self.world.desk().begin(ADA, TASK, start))
        self.id = self.turn.dialog.id
        self.do(self.world.desk().place(ADA, self.id, *HERE))
        self.check()

    def do(self, work):
        return self.loop.run_until_complete(work)

    def teardown(self):
        if hasattr(self, "loop"):
            self.come_to_an_end()
            self.loop.close()

    # What the model expects.

    def missing(self):
        wanted = (name for name in NAMES if name != "cause" or self.answers.get("area") == "Ops")
        return [name for name in wanted if name not in self.answers and name not in self.skipped]

    def expect(self, name, value, at=None):
        if name == "area" and self.answers.get("area") not in {None, value}:
            self.answers.pop("cause", None)
            self.said_at.pop("cause", None)
        self.answers[name] = value
        self.skipped.discard(name)
        self.said_at.pop(name, None)
        if at is not None:
            self.said_at[name] = at

    def check(self):
        dialog = self.do(self.world.dialogs.find(ADA, self.id))
        held = {answer.entity: answer.shown for answer in dialog.answers}
        assert held == self.answers
        assert set(dialog.skipped) == self.skipped
        assert len(self.world.engine.written) <= 1
        asks = self.turn.asks
        if asks is not None and self.turn.offer is None:
            assert asks.name == self.missing()[0]
        if self.turn.dialog.phase is Phase.ASKING:
            assert asks is not None
        if self.turn.offer is not None:
            assert self.turn.offer.shown == self.answers[asks.name]

    def phase(self):
        return self.do(self.world.dialogs.find(ADA, self.id)).phase

    def is_open(self):
        return self.phase() in {Phase.ASKING, Phase.CONFIRMING}

    # What a person does.

    def at(self, later=20):
        self.seconds += later
        return f"{self.seconds}.000100"

    def hear(self, text, at, **more):
        return self.world.desk().hear(ADA, *HERE, Heard(at, text, **more))

    @precondition(lambda self: self.turn.asks is not None and self.is_open())
    @rule(values=VALUE_OF_EACH)
    def answer(self, values):
        name, at = self.turn.asks.name, self.at()
        self.turn = self.do(self.hear(values[name], at))
        self.expect(name, values[name], at)
        self.check()

    @precondition(lambda self: self.turn.asks is not None and self.turn.asks.name in WRONG)
    @rule()
    def answer_wrongly(self):
        if not self.is_open():
            return
        asked = self.turn.asks.name
        self.turn = self.do(self.hear(WRONG[asked], self.at()))
        assert self.turn.says.saying is Saying.COMPLAINT
        assert self.turn.asks.name == asked
        self.check()

    @precondition(lambda self: len(self.missing()) > 1 and self.is_open())
    @rule(values=VALUE_OF_EACH, is_race=st.booleans())
    def answer_two_questions_at_once(self, values, is_race):
        if self.turn.offer is not None:
            return
        first, second = self.at(), self.at(1)
        asked = self.missing()[0]
        self.expect(asked, values[asked], first)
        then = self.missing()[0]
        self.expect(then, values[then], second)
        late, early = self.hear(values[asked], first), self.hear(values[then], second)
        if is_race:

            async def both():
                await asyncio.gather(early, late)

            self.do(both())
        else:
            self.do(early)
            self.do(late)
        self.turn = self.do(self.world.desk().move(ADA, self.id, Move.RESUME))
        self.check()

    @precondition(lambda self: self.is_open())
    @rule(name=st.sampled_from(NAMES), values=VALUE_OF_EACH)
    def change_by_name(self, name, values):
        if name not in self.answers:
            return
        at = self.at()
        self.turn = self.do(self.hear(f"{name}: {values[name]}", at))
        self.expect(name, values[name], at)
        self.check()

    @precondition(lambda self: self.said_at and self.is_open())
    @rule(data=st.data(), values=VALUE_OF_EACH)
    def edit(self, data, values):
        name = data.draw(st.sampled_from(sorted(self.said_at)))
        at = self.said_at[name]
        self.turn = self.do(self.hear(values[name], at, is_edit=True))
        self.expect(name, values[name], at)
        self.turn = self.do(self.world.desk().find(ADA, self.id))
        self.check()

    @precondition(lambda self: self.said_at)
    @rule(data=st.data())
    def hear_it_again(self, data):
        name = data.draw(st.sampled_from(sorted(self.said_at)))
        turn = self.do(self.hear(self.answers[name], self.said_at[name]))
        assert turn.says.saying in {Saying.HEARD, Saying.LATE}
        self.check()

    @precondition(lambda self: self.turn.asks is not None and self.is_open())
    @rule()
    def skip(self):
        asked = self.turn.asks.name
        self.turn = self.do(self.hear("skip", self.at()))
        if asked == "note" and asked not in self.answers:
            self.skipped.add(asked)
        elif asked not in self.answers:
            assert self.turn.says.saying is Saying.NEEDED
        self.check()

    @precondition(lambda self: self.is_open())
    @rule(is_typed=st.booleans())
    def go_back(self, is_typed):
        if is_typed:
            self.turn = self.do(self.hear("back", self.at()))
        else:
            self.turn = self.do(self.world.desk().move(ADA, self.id, Move.BACK))
        if self.turn.asks is not None:
            self.skipped.discard(self.turn.asks.name)
        self.check()

    @precondition(lambda self: self.is_open())
    @rule(word=st.sampled_from(["help", "what's left?"]))
    def look(self, word):
        self.turn = self.do(self.hear(word, self.at()))
        self.check()

    @precondition(lambda self: self.is_open())
    @rule(name=st.sampled_from(NAMES), values=VALUE_OF_EACH)
    def press(self, name, values):
        asked = self.turn.asks
        self.turn = self.do(self.world.desk().move(ADA, self.id, Move.ANSWER, name, values[name]))
        if asked is not None and asked.name == name:
            self.expect(name, values[name])
        else:
            assert self.turn.says.saying is Saying.ANSWERED
        self.check()

    @precondition(lambda self: self.is_open())
    @rule(values=VALUE_OF_EACH, names=st.sets(st.sampled_from(NAMES)))
    def fill_a_form(self, values, names):
        names = names - {"cause"}
        given = {name: Given(text=values[name]) for name in names}
        self.turn = self.do(self.world.desk().fill(ADA, self.id, given))
        for name in names:
            self.expect(name, values[name])
        self.check()

    @precondition(lambda self: self.phase() is Phase.CONFIRMING)
    @rule(values=VALUE_OF_EACH, dies=st.sampled_from(["", "sent", "written"]))
    def confirm_while_changing(self, values, dies):
        plan = self.do(self.world.dialogs.find(ADA, self.id)).plan.id
        at = self.at()

        async def both():
            return await asyncio.gather(
                self.hear(f"title: {values['title']}", at),
                self.world.desk().confirm(ADA, self.id, plan),
            )

        self.turn, is_confirmed = self.do(both())
        if self.turn.says.saying is not Saying.UNDER_WAY:
            self.expect("title", values["title"], at)
        if is_confirmed:
            self.run(dies, replicas=2)
        self.check()

    @precondition(lambda self: self.phase() is Phase.CONFIRMING)
    @rule(dies=st.sampled_from(["", "sent", "written"]), refuses=st.booleans())
    def confirm(self, dies, refuses):
        plan = self.do(self.world.dialogs.find(ADA, self.id)).plan.id
        desk = self.world.desk()
        confirmed = [self.do(desk.confirm(ADA, self.id, plan)) for _ in range(2)]
        assert confirmed == [True, False]
        self.world.engine.refuses = refuses
        self.run(dies, replicas=2)
        self.check()

    def run(self, dies, replicas):
        self.world.engine.dies = dies
        desk = self.world.desk()

        async def all_of_them():
            runs = (desk.run(ADA, self.id) for _ in range(replicas))
            return await asyncio.gather(*runs, return_exceptions=True)

        for outcome in self.do(all_of_them()):
            assert not isinstance(outcome, Exception) or isinstance(outcome, Killed)
        self.turn = self.do(desk.find(ADA, self.id))

    @precondition(lambda self: self.phase() is Phase.FAILED)
    @rule(refuses=st.booleans())
    def try_again(self, refuses):
        self.world.engine.refuses = refuses
        self.turn = self.do(self.world.desk().move(ADA, self.id, Move.TRY_AGAIN))
        assert self.turn.dialog.phase is Phase.CONFIRMING
        self.check()

    @precondition(lambda self: self.phase() is Phase.RUNNING)
    @rule()
    def say_something_to_a_run(self):
        assert self.do(self.hear("title: no", self.at())).says.saying is Saying.UNDER_WAY
        self.check()

    @rule()
    def settle(self):
        self.world.clock.pass_by(seconds=61)
        told = []

        async def tell(turn):
            told.append(turn.dialog.phase)

        pace = Pace(AT_MOST, AT_MOST)
        settling = Settling(self.world.desk(), self.world.dialogs, tell, pace, self.world.clock)
        was = self.phase()
        self.do(settling.settle(running_of(ADA, self.id, self.world.clock())))
        if was is Phase.RUNNING:
            assert told in ([Phase.DONE], [Phase.FAILED])
        self.turn = self.do(self.world.desk().find(ADA, self.id))
        self.check()

    @rule(hours=st.sampled_from([1, 25]))
    def come_back_later(self, hours):
        self.world.clock.pass_by(hours=hours)
        self.seconds += hours * 3600
        self.turn = self.do(self.world.desk().move(ADA, self.id, Move.RESUME))
        self.check()

    @precondition(lambda self: self.is_open() and len(self.missing()) < 2)
    @rule()
    def cancel(self):
        self.turn = self.do(self.hear("cancel", self.at()))
        assert self.turn.dialog.phase is Phase.CANCELLED
        self.check()

    # Whatever was done, it comes to an end.

    def come_to_an_end(self):
        self.world.engine.refuses = False
        self.world.engine.dies = ""
        for _ in range(2 * len(NAMES) + 6):
            phase = self.phase()
            if phase in ENDED:
                break
            self.take_the_next_step(phase)
        written = self.world.engine.written
        assert self.phase() in ENDED
        assert len(written) == (self.phase() is Phase.DONE)

    def take_the_next_step(self, phase):
        desk = self.world.desk()
        move = Move.TRY_AGAIN if phase is Phase.FAILED else Move.RESUME
        self.turn = self.do(desk.move(ADA, self.id, move))
        if phase is Phase.RUNNING:
            self.settle()
        elif self.turn.asks is not None:
            value = {"area": "Eng", "count": "3"}.get(self.turn.asks.name, "m")
            self.turn = self.do(self.hear(value, self.at()))
        elif self.turn.dialog.phase is Phase.CONFIRMING:
            assert self.do(desk.confirm(ADA, self.id, self.turn.dialog.plan.id))
            self.turn = self.do(desk.run(ADA, self.id))


Talks.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestTalks = Talks.TestCase
