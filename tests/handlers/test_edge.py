"""What is promised in an ack: in time, and only what there is room to do."""

import asyncio
import html
import json

import pytest
import structlog
from pydantic import SecretStr

from bot.errors import BadInput, Unavailable
from bot.installation import Installation, SlackPerson
from handlers import edge, forms
from handlers.ask import Ack, Kind, Reply, Route, Suggestions
from handlers.edge import Edge, Help, Listeners, Table
from handlers.running import Surroundings
from handlers.slack_api import SlackApi
from handlers.tasks import Tasks
from handlers.tenants import Tenants
from sandbox.slack.blockkit import check_blocks
from store.stores import memory_stores
from tests.fakes import ADA, NOON, FakeClock, FakeSlackPeople

INSTALLED = Installation(
    ADA.tenant, "T0ACME", None, "Acme", SecretStr("xoxb-1"), "B", "U", "A", frozenset(), NOON
)


class QuietSlack(SlackApi):
    """Remembers what was delivered."""

    def __init__(self):
        self.delivered = []

    async def deliver(self, installation, ask, answer):
        self.delivered.append(answer)


class Bench:
    """An edge with one form, one event and one menu, whose work a test decides."""

    def __init__(self):
        self.submitted = None
        self.work = []
        self.work_on = self._remember
        self.tasks = Tasks(most=1)
        self.slack = QuietSlack()
        self.correlations = []

    async def open(self):
        clock = FakeClock()
        stores = memory_stores(clock)
        await stores.installations.save(INSTALLED)
        around = Surroundings(
            Tenants(stores.installations, clock),
            FakeSlackPeople({"U0ADA": SlackPerson("U0ADA", "Ada", "T0ACME", None)}),
            self.slack,
            stores.deliveries,
            stores.parked,
            self.tasks,
            clock,
        )
        routes = (
            Route(
                Kind.SUBMISSION,
                forms.CONFIRM,
                self._work,
                submitted=self._judge,
                unsure=forms.maybe_recorded,
            ),
            Route(Kind.SUBMISSION, forms.FORM, self._work, submitted=self._judge),
            Route(Kind.PRESS, "confirm", self._work, submitted=self._judge),
            Route(Kind.EVENT, "farewell", self._work, before_ack=True),
            Suggestions("menu", self._suggest),
        )
        others = Route(Kind.COMMAND, "", self._work)

        async def rest():
            return Listeners((), others)

        table = Table(routes, rest)
        self.edge = Edge(table, Help("", str), around, self._no_offer)
        return self

    async def _judge(self, ask):
        return await self.submitted(ask)

    async def _work(self, ask):
        return await self.work_on(ask)

    async def _remember(self, ask):
        self.work.append(ask)
        return Reply("Done")

    async def _suggest(self, ask):
        self.correlations += [ask.correlation, structlog.contextvars.get_contextvars()]
        return []

    async def _no_offer(self, ask, error):
        return None

    async def submit(self, name=forms.CONFIRM):
        view = {"id": "V1", "type": "modal", "callback_id": name}
        return await self.edge.answer(person(type="view_submission", view=view))

    async def quiet(self):
        for _ in range(100):  # turns of the loop, far more than it takes
            await asyncio.sleep(0)
        assert len(self.tasks) == 0


def person(**body):
    return {"user": {"id": "U0ADA", "team_id": "T0ACME"}, "team": {"id": "T0ACME"}, **body}


@pytest.fixture
async def bench():
    return await Bench().open()


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(edge, "JUDGED_WITHIN", 0.01)


def shown(response):
    answer = json.loads(response.body)
    return answer["response_action"], json.dumps(answer["view"])


async def for_ever(_):
    await asyncio.Event().wait()


async def goes_on(_):
    return Ack(view=forms.working("Writing…"))


async def test_a_form_is_done_after_its_ack(bench):
    bench.submitted = goes_on
    action, words = shown(await bench.submit())
    assert (action, bench.work) == ("update", [])
    assert "external_id" in words
    await bench.quiet()
    assert len(bench.work) == len(bench.slack.delivered) == 1


async def test_a_form_that_ends_in_its_ack_leaves_nothing_running(bench):
    for ack in (Ack(errors={"title": "No"}), Ack(view=forms.too_old(), goes_on=False)):

        async def ends(_, ack=ack):
            return ack

        bench.submitted = ends
        await bench.submit()
        await bench.quiet()
    assert bench.work == []


async def test_nothing_is_written_down_without_room_to_do_it(bench):
    judged = []

    async def claim(ask):
        judged.append(ask)
        return await goes_on(ask)

    bench.submitted = claim
    gate = asyncio.Event()
    assert bench.tasks.start(gate.wait())
    _, words = shown(await bench.submit())
    assert "Nothing was changed" in words
    assert judged == []
    gate.set()
    await bench.quiet()
    assert bench.work == []


async def test_a_confirmation_that_takes_too_long_is_not_called_undone(bench, hurried):
    bench.submitted = for_ever
    action, words = shown(await bench.submit())
    assert action == "push"
    assert "can't tell whether your confirmation was recorded" in words
    assert "Nothing was changed" not in words
    await bench.quiet()
    assert bench.work == []


async def test_another_form_that_takes_too_long_is_answered_in_time(bench, hurried):
    bench.submitted = for_ever
    action, words = shown(await bench.submit(forms.FORM))
    assert action == "push"
    assert "Nothing was changed" in words


async def test_a_confirmation_that_fails_leaves_no_work(bench):
    async def fails(_):
        raise Unavailable("the database")

    bench.submitted = fails
    _, words = shown(await bench.submit())
    assert "The database isn't answering" in words
    await bench.quiet()
    assert bench.work == []


def press():
    return person(type="block_actions", actions=[{"action_id": "confirm"}])


async def test_what_is_pressed_is_done_after_it_was_written_down(bench):
    judged = []

    async def claim(ask):
        judged.append(ask)
        return Ack()

    bench.submitted = claim
    assert (await bench.edge.answer(press())).status == 200
    assert (len(judged), bench.work) == (1, [])
    await bench.quiet()
    assert len(bench.work) == 1


async def test_a_press_that_could_not_be_written_down_is_marked_and_does_nothing(bench, hurried):
    async def fails(_):
        raise Unavailable("the database")

    for judge in (fails, for_ever):
        bench.submitted = judge
        assert (await bench.edge.answer(press())).status == 503
    await bench.quiet()
    assert bench.work == []


async def test_a_press_of_what_was_confirmed_before_does_nothing_more(bench):
    async def claimed_before(_):
        return Ack(goes_on=False)

    bench.submitted = claimed_before
    assert (await bench.edge.answer(press())).status == 200
    await bench.quiet()
    assert bench.work == []


async def test_a_word_that_no_command_is_called_is_answered_by_the_others(bench):
    response = await bench.edge.answer(typed("Decide now"))
    assert (response.status, response.body) == (200, "")
    await bench.quiet()
    assert [(ask.command, ask.text) for ask in bench.work] == [("decide", "now")]


def typed(text):
    return {"command": "/confluence", "text": text, "user_id": "U0ADA", "team_id": "T0ACME"}


def farewell():
    event = {"type": "farewell", "user": "U0ADA"}
    return {"type": "event_callback", "event": event, "team_id": "T0ACME", "event_id": "Ev1"}


async def test_what_is_done_before_its_ack_comes_again_until_it_is(bench):
    failing = [Unavailable("the database"), ValueError("odd"), TimeoutError()]

    async def work(ask):
        if failing:
            raise failing.pop()
        bench.work.append(ask)

    bench.work_on = work
    answers = [(await bench.edge.answer(farewell())).status for _ in range(4)]
    assert answers == [503, 503, 503, 200]
    assert len(bench.work) == 1


async def test_a_farewell_that_takes_too_long_comes_again(bench, hurried):
    bench.work_on = for_ever
    assert (await bench.edge.answer(farewell())).status == 503


async def test_a_menus_log_lines_have_its_correlation(bench):
    await bench.edge.answer(person(type="block_suggestion", action_id="menu", value="x"))
    correlation, bound = bench.correlations
    assert bound["correlation"] == correlation
    assert "correlation" not in structlog.contextvars.get_contextvars()


LINE = 'decision-record title="A &amp; B &lt;!channel&gt;" space=ENG text="All the words there are"'


@pytest.mark.parametrize("error", [Unavailable("Confluence"), BadInput("no"), ValueError("odd")])
async def test_a_command_of_which_nothing_came_is_handed_back(bench, error):
    async def fail(_):
        raise error

    bench.work_on = fail
    await bench.edge.answer(typed(f"run {LINE}"))
    await bench.quiet()
    [answer] = bench.slack.delivered
    assert check_blocks(list(answer.blocks)) == []
    [shown] = [each for each in answer.blocks if each["type"] == "rich_text"]
    [text] = shown["elements"][0]["elements"]
    assert text["text"] == html.unescape(LINE)


async def test_a_short_command_isnt_handed_back(bench):
    async def fail(_):
        raise BadInput("no")

    bench.work_on = fail
    await bench.edge.answer(typed("run note"))
    await bench.quiet()
    [answer] = bench.slack.delivered
    assert "note" not in str(answer.blocks)
