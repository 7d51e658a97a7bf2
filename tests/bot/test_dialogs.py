"""Dialogs, turn by turn, over the stores in memory."""

import asyncio
from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.credentials import Limits
from bot.dialog import Fate, Filling, Phase, Record
from bot.dialogs import Contexts, Heard, Move, Saying, Start
from bot.dialogs.contexts import zone_of
from bot.dialogs.filling import refreshed
from bot.dialogs.messages import given_in, given_of, words_of
from bot.document import Document, Paragraph, Text
from bot.entities import Given, SlackFile
from bot.errors import BadInput, NotFound, Unavailable, WrongEntities
from bot.task import Audience
from bot.written import write
from tests.bot.dialogs_given import TASK, World, template
from tests.fakes import ADA, BOB, FakeClock

HERE = ("D1", "1700000000.000000")
TALK = Start(filling=Filling.CONVERSATION)


@pytest.fixture
def world():
    return World()


class Talk:
    """Ada's conversation with the bot; each thing that she says is a process of its own."""

    def __init__(self, world, dialog_id):
        self.world = world
        self.id = dialog_id
        self.said = 0

    def at(self, number):
        return f"17000000{number:02d}.000100"

    async def say(self, text, at=None, **more):
        if at is None:
            self.said += 1
            at = self.said
        heard = Heard(self.at(at), text, **more)
        return await self.world.desk().hear(ADA, *HERE, heard)

    async def move(self, move, *what):
        return await self.world.desk().move(ADA, self.id, move, *what)

    async def answers(self):
        dialog = await self.world.dialogs.find(ADA, self.id)
        return {answer.entity: answer.shown for answer in dialog.answers}


async def talking(world, start=TALK):
    turn = await world.desk().begin(ADA, TASK, start)
    await world.desk().place(ADA, turn.dialog.id, *HERE)
    return Talk(world, turn.dialog.id)


async def test_asks_one_question_after_the_other_and_plans_in_the_end(world):
    talk = await talking(world)
    assert (await talk.say("Eng")).asks.name == "title"
    assert (await talk.say("Use Mongo")).asks.name == "count"
    assert (await talk.say("3")).asks.name == "note"

    turn = await talk.say("skip")

    assert turn.dialog.phase is Phase.CONFIRMING
    assert await talk.answers() == {"area": "Eng", "title": "Use Mongo", "count": "3"}


async def test_an_answer_whose_keeping_nobody_heard_of_is_gone_on_with(world):
    talk = await talking(world)
    keep = world.dialogs.replace

    async def kept_unheard(seen, changed):
        world.dialogs.replace = keep
        await keep(seen, changed)
        raise Unavailable("the database")

    world.dialogs.replace = kept_unheard
    assert (await talk.say("Eng")).asks.name == "title"
    assert (await talk.say("Use Mongo")).asks.name == "count"
    assert await talk.answers() == {"area": "Eng", "title": "Use Mongo"}


async def test_an_answer_that_wasnt_kept_is_asked_for_again(world):
    talk = await talking(world)
    keep = world.dialogs.replace

    async def away(seen, changed):
        raise Unavailable("the database")

    world.dialogs.replace = away
    with pytest.raises(Unavailable):
        await talk.say("Eng")
    world.dialogs.replace = keep
    assert (await talk.say("Eng")).asks.name == "title"


async def test_a_form_does_the_same_at_once(world):
    turn = await world.desk().begin(ADA, TASK, Start())
    page = {"area": Given(value="Ops"), "title": Given(text="Plan"), "count": Given(text="2")}

    turn = await world.desk().fill(ADA, turn.dialog.id, {**page, "note": Given()})

    assert turn.dialog.phase is Phase.CONFIRMING


async def test_a_turn_costs_one_read_and_one_write_of_dialogs(world):
    talk = await talking(world)
    world.dialogs.reads = world.dialogs.writes = 0

    await talk.say("Eng")

    assert (world.dialogs.reads, world.dialogs.writes) == (1, 1)


async def test_what_is_known_is_not_asked_again(world):
    start = Start(line="count=3", known={"area": "Eng"})

    turn = await world.desk().begin(ADA, TASK, start)

    assert [each.name for each in turn.missing] == ["title", "note"]


async def test_a_line_with_all_that_is_needed_is_asked_nothing_more(world):
    start = Start(line='title="Use Mongo" count=3', known={"area": "Eng"})

    turn = await world.desk().begin(ADA, TASK, start)

    assert turn.missing == ()
    assert turn.dialog.skipped == ("note",)


async def test_what_is_optional_is_asked_for_where_a_part_of_a_line_is_wrong(world):
    turn = await world.desk().begin(ADA, TASK, Start(line="title=X area=Eng count=many"))

    assert [each.name for each in turn.missing] == ["count", "note"]


async def test_what_is_known_wrongly_is_asked_for(world):
    turn = await world.desk().begin(ADA, TASK, Start(line="title=X area=Sales count=77"))

    assert turn.asks.name == "area"
    assert set(turn.says.wrong) == {"area", "count"}


@pytest.mark.parametrize("line", ["colour=red", "Use Mongo", "title=a title=b"])
async def test_a_line_that_is_not_understood_begins_nothing(world, line):
    with pytest.raises(BadInput, match="nothing was begun"):
        await world.desk().begin(ADA, TASK, Start(line=line))
    assert not await world.dialogs.list_open(ADA)


async def test_going_back_shows_the_answer_and_keeps_it(world):
    talk = await talking(world)
    await talk.say("Eng")
    await talk.say("Use Mongo")

    turn = await talk.say("back")
    assert (turn.asks.name, turn.offer.shown) == ("title", "Use Mongo")
    turn = await talk.say("back")
    assert (turn.asks.name, turn.offer.shown) == ("area", "Eng")
    assert (await talk.say("back")).says.saying is Saying.NO_WAY_BACK
    turn = await talk.move(Move.SKIP, "area")

    assert turn.asks.name == "count"
    assert await talk.answers() == {"area": "Eng", "title": "Use Mongo"}


async def test_a_skipped_question_is_gone_back_to_as_well(world):
    talk = await talking(world, Start(line="area=Eng title=X count=2", filling=TALK.filling))
    await talk.say("skip")

    turn = await talk.say("back")

    assert (turn.asks.name, turn.dialog.phase, turn.dialog.plan) == ("note", Phase.ASKING, None)


async def test_what_is_required_is_not_skipped(world):
    talk = await talking(world)
    turn = await talk.say("skip")
    assert (turn.says.saying, turn.says.entity, turn.asks.name) == (Saying.NEEDED, "area", "area")


async def test_an_earlier_answer_is_changed_by_name(world):
    talk = await talking(world)
    await talk.say("Eng")

    turn = await talk.say("area should be Ops")

    assert (turn.says.saying, turn.says.entity) == (Saying.CHANGED, "area")
    assert turn.asks.name == "title"
    assert await talk.answers() == {"area": "Ops"}


async def test_a_name_without_words_asks_again(world):
    talk = await talking(world)
    await talk.say("Eng")

    turn = await talk.say("change the area")

    assert (turn.asks.name, turn.offer.shown) == ("area", "Eng")
    assert (await talk.say("Law")).asks.name == "title"


async def test_one_message_answers_several(world):
    talk = await talking(world)

    turn = await talk.say("Eng, title Use Mongo, count 4")

    assert turn.asks.name == "note"
    assert await talk.answers() == {"area": "Eng", "title": "Use Mongo", "count": "4"}


async def test_what_is_right_is_kept_beside_what_is_wrong(world):
    talk = await talking(world)

    turn = await talk.say("Eng, count 44")

    assert (turn.says.saying, turn.says.entity) == (Saying.COMPLAINT, "count")
    assert await talk.answers() == {"area": "Eng"}
    assert turn.asks.name == "title"


async def test_the_third_wrong_answer_offers_the_form(world):
    talk = await talking(world)
    turns = [await talk.say(f"Sales {number}") for number in range(3)]

    assert [turn.offers_form for turn in turns] == [False, False, True]
    assert all(turn.says.saying is Saying.COMPLAINT for turn in turns)
    assert next(each.name for each in (await talk.move(Move.TO_FORM)).missing) == "area"
    assert not (await talk.move(Move.TO_FORM)).offers_form


async def test_a_right_answer_forgives_the_wrong_ones(world):
    talk = await talking(world)
    for text in ("Sales", "Sales!", "Eng", "T", "many", "lots"):
        turn = await talk.say(text)
    assert (turn.asks.name, turn.offers_form) == ("count", False)


async def test_help_and_what_is_left_change_nothing(world):
    talk = await talking(world)
    await talk.say("Eng")
    world.dialogs.writes = 0

    assert (await talk.say("help")).says.words == "A few words."
    turn = await talk.say("What's left?")

    assert turn.says.saying is Saying.LEFT
    assert [each.name for each in turn.missing] == ["title", "count", "note"]
    assert world.dialogs.writes == 0


async def test_a_cancelled_dialog_is_at_its_end(world):
    talk = await talking(world)
    turn = await talk.say("cancel")
    assert (turn.says.saying, turn.dialog.phase) == (Saying.CANCELLED, Phase.CANCELLED)
    assert (await talk.say("Eng")).says.saying is Saying.ENDED
    assert not await world.desk().list_open(ADA)


async def test_cancelling_at_the_preview_leaves_no_plan(world):
    talk, before = await planned(world)
    turn = await talk.move(Move.CANCEL)
    assert (turn.dialog.phase, turn.dialog.plan) == (Phase.CANCELLED, None)
    assert not await world.desk().confirm(ADA, talk.id, before.dialog.plan.id)


async def planned(world):
    talk = await talking(world)
    await talk.say("Eng, title Use Mongo, count 4")
    turn = await talk.say("skip")
    return talk, turn


async def test_a_typed_yes_confirms_nothing(world):
    talk, _ = await planned(world)
    turn = await talk.say("yes")
    assert (turn.says.saying, turn.dialog.phase) == (Saying.ONLY_BUTTON, Phase.CONFIRMING)
    assert (await talk.say("hm")).says.saying is Saying.NOT_UNDERSTOOD


async def test_what_is_confirmed_is_written_once(world):
    talk, turn = await planned(world)
    plan = turn.dialog.plan.id

    confirmed = [await world.desk().confirm(ADA, talk.id, plan) for _ in range(3)]
    turns = await asyncio.gather(*(world.desk().run(ADA, talk.id) for _ in range(3)))

    assert confirmed == [True, False, False]
    assert turns[0].dialog.phase is Phase.DONE
    assert world.engine.written == [{"area": "Eng", "title": "Use Mongo", "count": 4}]


async def test_a_change_at_the_preview_makes_the_plan_anew(world):
    talk, before = await planned(world)

    turn = await talk.say("title: Use Postgres")

    assert turn.dialog.phase is Phase.CONFIRMING
    assert not await world.desk().confirm(ADA, talk.id, before.dialog.plan.id)
    assert await world.desk().confirm(ADA, talk.id, turn.dialog.plan.id)


async def test_what_is_said_of_a_run_under_way_changes_nothing(world):
    talk, turn = await planned(world)
    await world.desk().confirm(ADA, talk.id, turn.dialog.plan.id)

    assert (await talk.say("title: Use Postgres")).says.saying is Saying.UNDER_WAY
    assert (await talk.say("Ops", at=1, is_edit=True)).says.saying is Saying.UNDER_WAY
    assert (await talk.move(Move.CANCEL)).says.saying is Saying.UNDER_WAY
    turn = await world.desk().run(ADA, talk.id)

    assert world.engine.written[0]["title"] == "Use Mongo"
    assert (await talk.say("title: Use Postgres")).says.saying is Saying.ENDED
    assert turn.dialog.phase is Phase.DONE


async def test_a_refused_run_keeps_the_answers_and_is_confirmed_again(world):
    talk, turn = await planned(world)
    await world.desk().confirm(ADA, talk.id, turn.dialog.plan.id)
    world.engine.refuses = True
    assert (await world.desk().run(ADA, talk.id)).dialog.phase is Phase.FAILED
    world.engine.refuses = False

    turn = await talk.move(Move.TRY_AGAIN)

    assert turn.dialog.phase is Phase.CONFIRMING
    assert (turn.dialog.failure, turn.dialog.confirmed) == ("", ())
    assert world.engine.written == []
    await world.desk().confirm(ADA, talk.id, turn.dialog.plan.id)
    await world.desk().run(ADA, talk.id)
    assert len(world.engine.written) == 1


async def test_a_refused_run_is_mended_by_a_change(world):
    talk, turn = await planned(world)
    await world.desk().confirm(ADA, talk.id, turn.dialog.plan.id)
    world.engine.refuses = True
    await world.desk().run(ADA, talk.id)

    assert (await talk.say("hm")).says.saying is Saying.ENDED
    turn = await talk.say("title should be Use Postgres")

    assert turn.dialog.phase is Phase.CONFIRMING
    assert (await talk.answers())["title"] == "Use Postgres"


async def test_an_edited_message_is_read_anew(world):
    talk = await talking(world)
    await talk.say("Eng")
    await talk.say("Use Mongo")

    turn = await talk.say("Ops", at=1, is_edit=True)

    assert (turn.says.saying, turn.asks.name) == (Saying.CHANGED, "count")
    assert await talk.answers() == {"area": "Ops", "title": "Use Mongo"}


async def test_an_edit_at_the_preview_makes_the_plan_anew(world):
    talk = await talking(world)
    for text in ("Eng", "Use Mongo", "3"):
        await talk.say(text)
    before = await talk.say("skip")

    turn = await talk.say("Use Postgres", at=2, is_edit=True)

    assert turn.dialog.phase is Phase.CONFIRMING
    assert turn.dialog.plan.id != before.dialog.plan.id
    assert (await talk.answers())["title"] == "Use Postgres"


async def test_an_edit_that_is_no_answer_leaves_the_old_one(world):
    talk = await talking(world)
    await talk.say("Eng")
    turn = await talk.say("Sales", at=1, is_edit=True)
    assert (turn.says.saying, turn.says.entity) == (Saying.COMPLAINT, "area")
    assert await talk.answers() == {"area": "Eng"}


async def test_an_edit_that_says_the_same_is_passed_over(world):
    talk = await talking(world)
    await talk.say("Eng")
    world.dialogs.writes = 0
    assert (await talk.say("eng", at=1, is_edit=True)).says.saying is Saying.HEARD
    assert world.dialogs.writes == 0


async def test_a_wrong_answer_is_put_right_by_an_edit(world):
    talk = await talking(world)
    await talk.say("Sales")
    assert (await talk.say("Eng", at=1, is_edit=True)).asks.name == "title"


async def test_an_edit_that_comes_before_its_message_is_heard_once(world):
    talk = await talking(world)
    await talk.say("Ops", at=1, is_edit=True)
    assert (await talk.say("Eng", at=1)).says.saying is Saying.HEARD
    assert await talk.answers() == {"area": "Ops"}


async def test_two_answers_are_taken_in_the_order_in_which_they_were_said(world):
    talk = await talking(world)
    assert (await talk.say("Use Mongo", at=2)).says.saying is Saying.COMPLAINT

    turn = await talk.say("Eng", at=1)

    assert turn.asks.name == "count"
    assert await talk.answers() == {"area": "Eng", "title": "Use Mongo"}
    assert turn.dialog.wrong == 0


async def test_a_late_answer_undoes_even_a_plan(world):
    talk = await talking(world, Start(line="count=2", filling=TALK.filling))
    await talk.say("Eng", at=1)
    await talk.say("skip", at=3)
    await talk.say("skip", at=4)

    turn = await talk.say("Use Mongo", at=2)

    assert turn.dialog.phase is Phase.CONFIRMING
    assert await talk.answers() == {"area": "Eng", "title": "Use Mongo", "count": "2"}


async def test_what_was_said_to_a_question_stays_its_answer_whatever_comes_late(world):
    talk = await talking(world)
    await talk.say("Eng", at=31)
    await talk.say("Use Mongo", at=40)

    turn = await talk.say("Eng", at=10)

    assert (turn.says.saying, turn.asks.name) == (Saying.LATE, "count")
    assert await talk.answers() == {"area": "Eng", "title": "Use Mongo"}
    assert (await talk.say("Eng", at=10)).says.saying is Saying.HEARD


async def test_two_replicas_lose_no_answer(world):
    talk = await talking(world)
    said = [talk.say(text, at=at) for at, text in ((3, "5"), (1, "Eng"), (2, "Use Mongo"))]

    await asyncio.gather(*said)

    assert await talk.answers() == {"area": "Eng", "title": "Use Mongo", "count": "5"}


async def test_what_comes_after_a_press_that_followed_it_is_told_and_not_guessed(world):
    talk = await talking(world)
    await talk.say("Eng", at=2)
    await talk.move(Move.BACK, "title")

    turn = await talk.say("Ops", at=1)

    assert (turn.says.saying, turn.says.words) == (Saying.LATE, "Ops")
    assert await talk.answers() == {"area": "Eng"}


async def test_the_same_message_twice_changes_nothing(world):
    talk = await talking(world)
    await talk.say("Eng")
    assert (await talk.say("Eng", at=1)).says.saying is Saying.HEARD
    assert await talk.answers() == {"area": "Eng"}


async def test_a_press_on_an_answered_question_changes_nothing(world):
    talk = await talking(world)
    turn = await talk.move(Move.ANSWER, "area", "Ops")
    assert turn.asks.name == "title"

    turn = await talk.move(Move.ANSWER, "area", "Law")

    assert (turn.says.saying, turn.asks.name) == (Saying.ANSWERED, "title")
    assert await talk.answers() == {"area": "Ops"}
    assert (await talk.move(Move.CHANGE, "area", "Law")).says.saying is Saying.CHANGED
    assert await talk.answers() == {"area": "Law"}


async def test_the_form_holds_what_the_conversation_gave_and_back(world):
    talk = await talking(world)
    await talk.say("Eng")
    turn = await talk.move(Move.TO_FORM)
    assert [each.entity for each in turn.dialog.answers] == ["area"]
    await world.desk().fill(ADA, talk.id, {"title": Given(text="X")})
    turn = await talk.move(Move.TO_CONVERSATION)
    assert (turn.asks.name, turn.dialog.filling) == ("count", Filling.CONVERSATION)
    assert await talk.answers() == {"area": "Eng", "title": "X"}


async def test_a_form_with_mistakes_tells_all_and_keeps_nothing(world):
    turn = await world.desk().begin(ADA, TASK, Start())
    page = {"area": Given(value="Ops"), "title": Given(), "count": Given(text="77")}

    with pytest.raises(WrongEntities) as caught:
        await world.desk().fill(ADA, turn.dialog.id, page)

    assert set(caught.value.wrong) == {"title", "count"}
    assert not (await world.desk().find(ADA, turn.dialog.id)).dialog.answers


async def test_a_form_takes_back_what_is_left_empty(world):
    turn = await world.desk().begin(ADA, TASK, Start(line="area=Eng title=X count=2 note=N"))
    assert turn.dialog.phase is Phase.CONFIRMING

    turn = await world.desk().fill(ADA, turn.dialog.id, {"note": Given()})

    assert turn.dialog.answer("note") is None
    assert turn.dialog.phase is Phase.CONFIRMING


WHEN = (
    {"name": "area", "type": "choice", "prompt": "Which area?", "choices": ["Eng", "Ops"]},
    {"name": "cause", "type": "text", "prompt": "Why?", "when": "area == 'Ops'"},
    {"name": "depth", "type": "text", "prompt": "How deep?", "when": "cause"},
    {"name": "title", "type": "text", "prompt": "What is it called?"},
)


async def test_what_goes_by_a_changed_answer_is_asked_again():
    talk = await talking(World(template(WHEN)))
    for text in ("Ops", "a fire", "deep"):
        await talk.say(text)

    turn = await talk.say("area should be Eng")
    assert set(turn.says.emptied) == {"cause", "depth"}
    assert turn.asks.name == "title"
    turn = await talk.say("area should be Ops")

    assert turn.asks.name == "cause"


async def test_the_same_answer_again_empties_nothing():
    talk = await talking(World(template(WHEN)))
    for text in ("Ops", "a fire", "area: Ops"):
        turn = await talk.say(text)
    assert turn.asks.name == "depth"
    assert await talk.answers() == {"area": "Ops", "cause": "a fire"}


DEFAULTS = (
    {
        "name": "area",
        "type": "choice",
        "prompt": "Which?",
        "choices": ["Eng", "Ops"],
        "default": "Eng",
    },
    {
        "name": "title",
        "type": "text",
        "prompt": "Called?",
        "default": "On {{ area }}",
        "ask": "always",
    },
    {"name": "hidden", "type": "text", "prompt": "?", "default": "{{ title }}!", "ask": "never"},
    {"name": "note", "type": "text", "prompt": "?", "required": False},
)


async def test_defaults_are_taken_offered_or_never_asked_for():
    talk = await talking(World(template(DEFAULTS)))
    turn = await talk.say("help")
    assert (turn.asks.name, turn.offer.shown) == ("title", "On Eng")

    turn = await talk.say("skip")

    assert turn.asks.name == "note"
    assert await talk.answers() == {"area": "Eng", "title": "On Eng", "hidden": "On Eng!"}


async def test_a_tasks_default_goes_before_the_templates():
    world = World(template(DEFAULTS))
    task = replace(TASK, defaults=(("area", write("Ops")), ("title", write("Ours"))))
    turn = await world.desk().begin(ADA, task, TALK)
    assert (turn.asks.name, turn.offer.shown) == ("title", "Ours")
    assert turn.dialog.answer("area").shown == "Ops"


async def test_a_default_that_nothing_is_known_for_is_asked_for():
    entities = ({**DEFAULTS[1], "ask": "when missing"}, {**DEFAULTS[0], "default": None})
    talk = await talking(World(template(entities)))
    assert (await talk.say("Mine")).asks.name == "area"


async def test_it_is_put_away_after_a_day_and_resumed(world):
    talk = await talking(world)
    await talk.say("Eng")
    world.clock.pass_by(hours=25)

    (found,) = await world.desk().list_open(ADA)
    assert found.is_quiet(world.clock())
    turn = await talk.move(Move.RESUME)

    assert turn.asks.name == "title"
    assert (await talk.say("Use Mongo")).asks.name == "count"


async def test_an_old_plan_is_not_confirmed_and_made_anew(world):
    talk, before = await planned(world)
    world.clock.pass_by(hours=1)
    assert not await world.desk().confirm(ADA, talk.id, before.dialog.plan.id)

    turn = await talk.move(Move.RESUME)

    assert turn.dialog.plan.id != before.dialog.plan.id
    assert await world.desk().confirm(ADA, talk.id, turn.dialog.plan.id)


async def test_a_trial_is_planned_and_never_confirmed(world):
    task = replace(TASK, owner="U9", audience=Audience())
    start = Start(line="area=Eng title=X count=2 note=N", is_trial=True)
    turn = await world.desk().begin(ADA, task, start)
    assert turn.dialog.phase is Phase.CONFIRMING
    assert not await world.desk().confirm(ADA, turn.dialog.id, turn.dialog.plan.id)


async def test_a_dialog_is_its_own_persons(world):
    talk = await talking(world)
    assert await world.desk().hear(BOB, *HERE, Heard("1.1", "Eng")) is None
    with pytest.raises(NotFound):
        await world.desk().move(BOB, talk.id, Move.CANCEL)


async def test_it_ends_on_its_version_when_its_task_is_gone(world):
    talk = await talking(world)
    await world.tasks.add(TASK)
    await world.tasks.remove(TASK)
    await talk.say("Eng, title X, count 3")
    assert (await talk.say("skip")).dialog.phase is Phase.CONFIRMING


async def test_what_is_asked_of_confluence_is_asked_under_the_tasks_terms_of_now(world):
    lending = template(policy={"credentials": "organisation allowed"})
    task = replace(TASK, by_admin=True, lends=True, spaces=("ENG",))
    await world.tasks.add(task)
    await talking(world)
    (dialog,) = await world.dialogs.list_open(ADA)

    async def limits(dialog):
        return await (await world.context_of(dialog, lending, {})).limits_of()

    assert await limits(dialog) == Limits(own_only=False, spaces=("ENG",))
    assert (await limits(replace(dialog, is_trial=True))).own_only
    stored = await world.tasks.replace(task, replace(task, lends=False))
    assert (await limits(dialog)).own_only
    await world.tasks.remove(stored)
    assert (await limits(dialog)).own_only


async def test_what_was_read_after_the_last_write_is_read_anew(world):
    _, turn = await planned(world)
    found = Record("0", "search", Fate.DONE)
    made = Record("1", "create", Fate.DONE, words="Create the page")
    read, refused = Record("2", "get", Fate.DONE), Record("3", "label", Fate.REFUSED, words="L")

    def left(*journal):
        return refreshed(replace(turn.dialog, journal=journal)).journal

    assert left(found, made, read, refused) == (found, made)
    assert left(found, refused) == ()


async def test_dates_are_the_persons_own():
    contexts = Contexts(None, None, World().people, World().installation, None, None, FakeClock())
    contexts.people.people[ADA.user_id] = replace(
        contexts.people.people[ADA.user_id], zone="Asia/Tokyo"
    )
    assert str((await contexts.of(ADA)).zone) == "Asia/Tokyo"
    assert await (await contexts.of(ADA)).name_of(BOB.user_id) == "Bob"
    assert await (await contexts.of(ADA)).name_of("U9") == ""
    for zone in ("", "Nowhere/Land", "../etc/passwd", "\0"):
        person = replace(contexts.people.people[ADA.user_id], zone=zone)
        assert zone_of(person) is UTC
    assert zone_of(None) is UTC


@given(st.text(max_size=50), st.lists(st.text(min_size=1, max_size=9), max_size=3))
def test_a_message_is_kept_as_it_was_said(text, files):
    given_files = tuple(SlackFile(name, f"{name}.txt", "text/plain", 7) for name in files)
    document = Document((Paragraph((Text(text or "."),)),))
    heard = Heard("1.1", text, document, given_files)
    assert given_of(words_of(heard)) == given_in(heard)
    assert given_in(heard) == Given(text=text, document=document, files=given_files)
