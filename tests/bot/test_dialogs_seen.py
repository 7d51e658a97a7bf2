"""What is asked for on the way begins with what the steps before it found."""

import pytest

from bot.content import Hit, Hits, PageId
from bot.dialog import Origin, Phase
from bot.dialogs import Move, Saying
from bot.documents import text_of
from bot.entities import Given
from tests.bot.steps_stage import Bench, template_of
from tests.bot.test_dialogs_whole import Room
from tests.fakes import ADA, page

FOUND = template_of("""
entities:
  - {name: words, type: text, prompt: What about?}
  - name: which
    type: text
    prompt: Which of them?
    default: '{{ found.results|map("title")|join }}'
    ask: always
  - {name: why, type: text, prompt: Why so many?, when: found.count > 1}
  - {name: kind, type: text, prompt: What kind?, default: "{{ which|upper }}"}
steps:
  - id: found
    search: {text: "{{ words }}"}
  - ask: [which, why, kind]
  - comment: {page: "1", body: "{{ which }} {{ why }} {{ kind }}"}
""")


ROUNDS = template_of("""
entities:
  - {name: pages, type: long text, prompt: Which pages?}
  - {name: keep, type: boolean, prompt: Keep it?}
  - {name: why, type: text, prompt: Why?, default: "{{ item }} is old", ask: always}
steps:
  - for_each: pages|lines
    steps:
      - ask: [keep]
      - ask: [why]
        when: not keep
      - comment: {page: "1", body: "{{ item }}: {{ keep }} {{ why or '' }}"}
""")


class SeenRoom(Room):
    def __init__(self, bench):
        super().__init__(bench)
        self.template = FOUND

    def finds(self, *titles):
        hits = (Hit("page", title, "https://a.example", page_id=PageId("1")) for title in titles)
        self.bench.confluence.hits = {None: Hits(tuple(hits))}


@pytest.fixture
async def room():
    bench = await Bench().open()
    bench.confluence.add(page())
    made = SeenRoom(bench)
    made.finds("One", "Two")
    return made


async def test_what_was_found_is_offered_and_what_depends_on_it_asked(room):
    turn = await room.begin(line="words=Mongo")

    assert (turn.asks.name, turn.offer.read()) == ("which", "One, Two")
    assert turn.offer.origin is Origin.DEFAULT
    assert [each.name for each in turn.missing] == ["which", "why"]
    turn = await room.move(Move.SKIP)
    assert turn.asks.name == "why"
    turn = await room.say("Why not")
    assert turn.dialog.phase is Phase.CONFIRMING
    assert "“One, Two Why not ONE, TWO”" in turn.dialog.plan.writes[0].words


async def test_what_is_not_true_of_what_was_found_is_not_asked(room):
    room.finds("One")

    turn = await room.begin(line="words=Mongo")
    assert [each.name for each in turn.missing] == ["which"]
    turn = await room.say("Another")
    assert turn.dialog.phase is Phase.CONFIRMING
    assert turn.says.saying is Saying.NOTHING
    assert "“Another ANOTHER”" in turn.dialog.plan.writes[0].words


async def test_other_words_find_anew_and_what_was_said_stays(room):
    await room.begin(line="words=Mongo")
    room.finds("Three", "Four")
    turn = await room.say("words: Postgres")

    assert (turn.asks.name, turn.offer.read()) == ("which", "Three, Four")
    turn = await room.say("Only three")
    room.finds("Five", "Six")
    turn = await room.say("words: MySQL")
    assert turn.asks.name == "why"
    assert turn.dialog.answer("which").read() == "Only three"


async def test_what_was_changed_in_a_form_is_not_told_behind_it(room):
    turn = await room.begin(line="words=Mongo")
    given = {"which": Given(text="Another", is_plain=True), "why": Given(text="So", is_plain=True)}
    turn = await room.desk().fill(ADA, turn.dialog.id, given)
    again = {"which": Given(text="A third", is_plain=True)}
    turn = await room.desk().fill(ADA, turn.dialog.id, again)

    assert turn.dialog.phase is Phase.CONFIRMING
    assert turn.dialog.answer("which").read() == "A third"
    assert (turn.says.entity, turn.says.emptied) == ("", ())


async def test_one_goes_back_to_what_was_offered(room):
    await room.begin(line="words=Mongo")
    await room.move(Move.SKIP)
    turn = await room.move(Move.BACK)

    assert (turn.asks.name, turn.offer.read()) == ("which", "One, Two")


@pytest.fixture
async def rounds(room):
    room.template = ROUNDS
    await room.begin()
    return room


async def test_each_round_asks_for_itself_and_says_for_what(rounds):
    turn = await rounds.say("Alpha\nBeta\nGamma")
    assert (turn.asks.prompt, turn.asks.title) == ("Alpha: Keep it?", "Keep (Alpha)")
    turn = await rounds.say("no")
    assert (turn.asks.prompt, turn.offer.read()) == ("Alpha: Why?", "Alpha is old")
    turn = await rounds.say("Nobody reads it")
    assert turn.dialog.plan.writes[0].words.endswith("“Alpha: no Nobody reads it”")
    turn = await rounds.confirm()
    assert turn.asks.prompt == "Beta: Keep it?"
    await rounds.say("yes")
    turn = await rounds.confirm()
    assert turn.asks.prompt == "Gamma: Keep it?"
    await rounds.say("no")
    await rounds.move(Move.SKIP)
    assert (await rounds.confirm()).dialog.phase is Phase.DONE
    said = [text_of(each) for _, each in rounds.bench.confluence.comments]
    assert said == ["Alpha: no Nobody reads it", "Beta: yes", "Gamma: no Gamma is old"]


async def test_an_answer_for_one_thing_is_never_taken_for_another(rounds):
    await rounds.say("Alpha")
    turn = await rounds.say("yes")
    assert turn.dialog.plan.writes[0].words.endswith("“Alpha: yes”")
    turn = await rounds.say("pages should be Beta")
    assert turn.asks.prompt == "Beta: Keep it?"
    assert [each.prompt for each in turn.entities if "Alpha" in each.prompt] == []
    turn = await rounds.say("pages should be Alpha")
    assert turn.dialog.plan.writes[0].words.endswith("“Alpha: yes”"), "that was answered"


async def test_what_is_given_from_the_beginning_holds_for_every_round(room):
    room.template = ROUNDS
    turn = await room.begin(known={"pages": "Alpha\nBeta", "keep": "yes"})
    assert turn.dialog.phase is Phase.CONFIRMING
    said = [each.words.rpartition("“")[2] for each in turn.dialog.plan.writes]
    assert said == ["Alpha: yes”", "Beta: yes”"]
