import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.dialog import Phase, PlanId
from bot.ports import RUN, running_of
from bot.task import Event, TaskId
from bot.template import Version

ANCIENT = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def dialogs(stores):
    return stores.dialogs


@pytest.fixture
def tasks(stores):
    return stores.tasks


@pytest.fixture
def templates(stores):
    return stores.templates


@pytest.fixture
def dialog(world):
    return world.dialog


@pytest.fixture
def task(world):
    return world.task


@pytest.fixture
def template(world):
    return world.template


async def _due(stores, ada, dialog, until):
    wanted = running_of(ada, dialog.id, until)
    return [
        each
        for each in await stores.due.list_due(RUN, until, 1000)
        if (each.tenant, each.id) == (wanted.tenant, wanted.id)
    ]


class TestTemplates:
    async def test_a_version_is_found_whole(self, templates, template):
        assert await templates.add(template)
        found = await templates.find(template.tenant, template.id, template.version)
        assert found == template

    async def test_a_version_is_never_overwritten(self, templates, template):
        await templates.add(template)
        assert not await templates.add(replace(template, source="other"))
        found = await templates.find(template.tenant, template.id, template.version)
        assert found == template

    async def test_versions_are_listed_by_when_they_came(self, templates, template):
        newer = replace(
            template, version=Version("1.1.0"), added_at=template.added_at + timedelta(days=1)
        )
        await templates.add(template)
        await templates.add(newer)
        listed = await templates.list_versions(template.tenant, template.id)
        assert list(listed) == [newer, template]

    async def test_what_came_from_the_catalogue_is_nobodys_own(self, templates, template):
        await templates.add(replace(template, by="", is_own=False))
        assert list(await templates.list_own(template.tenant)) == []

    async def test_what_is_decided_of_it_is_compared_and_set(self, templates, template):
        await templates.add(template)
        shared = replace(template, is_shared=True)
        assert await templates.replace(template, shared)
        assert not await templates.replace(template, replace(template, approved_by="U9"))
        found = await templates.find(template.tenant, template.id, template.version)
        assert found == replace(shared, generation=2)
        assert list(await templates.list_own(template.tenant)) == [found]


class TestTasks:
    async def test_a_task_is_found_whole_by_any_of_its_words(self, tasks, task):
        assert await tasks.add(task)
        assert await tasks.find(task.tenant, task.id) == task
        for word in (*task.words, task.word.upper()):
            assert await tasks.find_by_word(task.tenant, word) == task
        assert await tasks.find_by_word(task.tenant, "other") is None

    async def test_a_word_belongs_to_one_task(self, tasks, task):
        await tasks.add(task)
        alias = replace(task, id=TaskId("t9"), word="other", aliases=(task.word.upper(),))
        assert not await tasks.add(alias)
        assert list(await tasks.list_all(task.tenant)) == [task]

    async def test_of_near_words_at_one_moment_one_is_taken(self, tasks, task):
        near = [f"decision-{letter}og" for letter in "lbdfk"]
        wanted = [
            replace(task, id=TaskId(f"t{number}"), word=word, aliases=(f"{number}{number}" * 9,))
            for number, word in enumerate(near, 10)
        ]
        added = await asyncio.gather(*map(tasks.add, wanted))
        assert added.count(True) == 1
        [kept] = await tasks.list_all(task.tenant)
        other = replace(task, id=TaskId("t99"), word="far", aliases=())
        assert await tasks.add(other)
        for word in ("decision-og", "decision-qog", "declsion-og", "decision-ogq"):
            assert await tasks.replace(other, replace(other, aliases=(word,))) is None
        assert await tasks.replace(other, replace(other, aliases=("decisions-logs",)))
        assert await tasks.replace(kept, replace(kept, aliases=("decision-qog",)))

    async def test_the_same_word_is_another_tenants_too(self, tasks, world, their_world):
        assert await tasks.add(world.task)
        assert await tasks.add(their_world.task)

    async def test_tasks_are_listed_by_their_words(self, tasks, task):
        first = replace(task, id=TaskId("t9"), word="a-word", aliases=())
        await tasks.add(task)
        await tasks.add(first)
        assert list(await tasks.list_all(task.tenant)) == [first, task]

    async def test_of_two_changes_one_counts(self, tasks, task):
        await tasks.add(task)
        switched = replace(task, is_on=False).after(Event.SWITCHED_OFF, "U2", task.history[0].at)
        stored = await tasks.replace(task, switched)
        assert stored == replace(switched, generation=2)
        assert await tasks.replace(task, replace(task, title="lost")) is None
        assert await tasks.find(task.tenant, task.id) == stored

    async def test_a_change_takes_no_other_tasks_word(self, tasks, task):
        other = replace(task, id=TaskId("t9"), word="other", aliases=())
        await tasks.add(task)
        await tasks.add(other)
        assert await tasks.replace(other, replace(other, aliases=(task.word,))) is None
        assert await tasks.find_by_word(task.tenant, task.word) == task

    async def test_a_removed_task_frees_its_words(self, tasks, task):
        await tasks.add(task)
        assert await tasks.remove(task)
        assert not await tasks.remove(task)
        assert await tasks.add(replace(task, id=TaskId("t9")))


def but_for_the_clock(dialog):
    """The database's clock is another than ours."""
    return replace(dialog, touched_at=ANCIENT)


class TestDialogs:
    async def test_a_dialog_is_found_whole_by_its_id_and_in_its_thread(self, dialogs, dialog, ada):
        await dialogs.begin(dialog)
        assert await dialogs.find(ada, dialog.id) == dialog
        assert await dialogs.find_in_thread(ada, dialog.channel, dialog.thread) == dialog
        assert await dialogs.find_in_thread(ada, dialog.channel, "9.9") is None

    async def test_a_dialog_is_its_own_persons(self, dialogs, dialog, ada):
        await dialogs.begin(dialog)
        other = replace(ada, user_id="U2")
        assert await dialogs.find(other, dialog.id) is None
        assert await dialogs.find_in_thread(other, dialog.channel, dialog.thread) is None
        assert list(await dialogs.list_open(other)) == []
        assert not await dialogs.confirm(other, dialog.id, dialog.plan.id)

    async def test_a_dialog_expires(self, dialogs, dialog, ada, clock):
        await dialogs.begin(dialog)
        clock.advance(timedelta(days=30).total_seconds())
        assert await dialogs.find(ada, dialog.id) is None
        assert list(await dialogs.list_open(ada)) == []

    async def test_of_two_turns_at_once_one_counts(self, dialogs, dialog, ada):
        await dialogs.begin(dialog)
        turns = [dialogs.replace(dialog, replace(dialog, asked=name)) for name in ("a", "b")]
        stored = await asyncio.gather(*turns)
        assert stored.count(None) == 1
        won = next(each for each in stored if each)
        assert won.generation == 2
        assert but_for_the_clock(await dialogs.find(ada, dialog.id)) == but_for_the_clock(won)

    async def test_a_turn_makes_it_last_anew(self, dialogs, dialog, ada, clock):
        await dialogs.begin(dialog)
        clock.advance(timedelta(days=20).total_seconds())
        stored = await dialogs.replace(dialog, replace(dialog, asked="title"))
        clock.advance(timedelta(days=20).total_seconds())
        assert but_for_the_clock(await dialogs.find(ada, dialog.id)) == but_for_the_clock(stored)

    async def test_open_ones_are_listed_and_counted(self, dialogs, dialog, ada):
        ended = replace(dialog, id="g9", phase=Phase.DONE, thread="9.9")
        await dialogs.begin(dialog)
        await dialogs.begin(ended)
        assert [each.id for each in await dialogs.list_open(ada)] == [dialog.id]
        assert await dialogs.count_open(ada.tenant, dialog.task) == 1

    async def test_a_plan_is_confirmed_once(self, dialogs, dialog, ada):
        await dialogs.begin(dialog)
        confirming = [dialogs.confirm(ada, dialog.id, dialog.plan.id) for _ in range(5)]
        assert sorted(await asyncio.gather(*confirming)) == [False] * 4 + [True]
        found = await dialogs.find(ada, dialog.id)
        assert found.phase is Phase.RUNNING
        assert found.confirmed == dialog.plan.writes
        assert found.generation == 2
        assert found.confirmed_at is not None

    async def test_another_plan_is_not_confirmed(self, dialogs, dialog, ada):
        await dialogs.begin(dialog)
        assert not await dialogs.confirm(ada, dialog.id, PlanId("older"))
        changed = replace(dialog, plan=replace(dialog.plan, id=PlanId("newer")))
        await dialogs.replace(dialog, changed)
        assert not await dialogs.confirm(ada, dialog.id, dialog.plan.id)
        assert await dialogs.confirm(ada, dialog.id, PlanId("newer"))

    async def test_a_plan_that_has_stood_for_too_long_is_not_confirmed(self, dialogs, dialog, ada):
        await dialogs.begin(replace(dialog, touched_at=ANCIENT))
        assert not await dialogs.confirm(ada, dialog.id, dialog.plan.id)

    async def test_a_turn_from_before_a_confirmation_is_lost(self, dialogs, dialog, ada):
        await dialogs.begin(dialog)
        await dialogs.confirm(ada, dialog.id, dialog.plan.id)
        assert await dialogs.replace(dialog, replace(dialog, phase=Phase.CANCELLED)) is None

    async def test_what_is_confirmed_stays_so_when_the_run_goes_on(self, dialogs, dialog, ada):
        await dialogs.begin(dialog)
        await dialogs.confirm(ada, dialog.id, dialog.plan.id)
        running = await dialogs.find(ada, dialog.id)
        stored = await dialogs.replace(running, replace(running, correlation="next"))
        assert stored.confirmed == dialog.plan.writes
        assert but_for_the_clock(await dialogs.find(ada, dialog.id)) == but_for_the_clock(stored)

    async def test_what_is_left_alone_is_taken_up_once(self, dialogs, dialog, ada):
        left = replace(dialog, touched_at=ANCIENT)
        await dialogs.begin(left)
        taking = [dialogs.take_up(left, timedelta(seconds=60)) for _ in range(2)]
        taken = await asyncio.gather(*taking)
        assert taken.count(None) == 1
        won = next(each for each in taken if each)
        assert but_for_the_clock(won) == replace(but_for_the_clock(left), generation=2)
        assert but_for_the_clock(await dialogs.find(ada, dialog.id)) == but_for_the_clock(won)

    async def test_what_was_touched_of_late_is_left_to_whoever_did(self, dialogs, dialog, ada):
        await dialogs.begin(replace(dialog, touched_at=ANCIENT))
        seen = await dialogs.find(ada, dialog.id)
        touched = await dialogs.replace(seen, replace(seen, word="other"))
        assert await dialogs.take_up(touched, timedelta(seconds=60)) is None
        assert await dialogs.take_up(touched, timedelta(0)) is not None

    async def test_a_trial_is_never_confirmed(self, dialogs, dialog, ada):
        await dialogs.begin(replace(dialog, is_trial=True))
        assert not await dialogs.confirm(ada, dialog.id, dialog.plan.id)

    async def test_no_plan_stands_without_its_run_on_the_list(self, stores, dialog, ada, clock):
        asking = replace(dialog, plan=None, phase=Phase.ASKING)
        await stores.dialogs.begin(asking)
        soon = clock() + timedelta(seconds=30)
        due = running_of(ada, dialog.id, soon)
        assert due not in await stores.due.list_due(RUN, soon, 1000)
        await stores.dialogs.replace(asking, dialog)
        assert due in await stores.due.list_due(RUN, soon, 1000)
        found = await stores.dialogs.find_due(due)
        assert found is not None
        assert found.id == dialog.id

    async def test_an_old_plan_that_is_touched_is_on_the_list_again(
        self, stores, dialog, ada, clock
    ):
        await stores.dialogs.begin(dialog)
        later = clock() + timedelta(days=1)
        [first] = await _due(stores, ada, dialog, later)
        await stores.due.replace(first, None)
        old = replace(dialog, touched_at=clock() - timedelta(hours=1))
        assert await stores.dialogs.replace(old, replace(old, word="other")) is not None
        assert len(await _due(stores, ada, dialog, later)) == 1

    async def test_what_is_being_taken_back_is_on_the_list(self, stores, dialog, ada, clock):
        done, later = replace(dialog, plan=None, phase=Phase.DONE), clock() + timedelta(days=1)
        await stores.dialogs.begin(done)
        assert await _due(stores, ada, dialog, later) == []
        asked = await stores.dialogs.replace(done, replace(done, undo_asked=clock()))
        [first] = await _due(stores, ada, dialog, later)
        assert (await stores.dialogs.find_due(first)).undo_asked == clock()
        await stores.due.replace(first, None)
        await stores.dialogs.replace(asked, replace(asked, undo_asked=None))
        assert await _due(stores, ada, dialog, later) == []

    async def test_tells_who_ran_a_task(self, dialogs, dialog, ada):
        other = replace(ada, user_id="U2")
        await dialogs.begin(dialog)
        await dialogs.begin(replace(dialog, id="g8", thread="8.8"))
        await dialogs.begin(replace(dialog, id="g9", principal=other))
        users = await dialogs.list_users(ada.tenant, dialog.task, ANCIENT)
        assert {user for user, _ in users} == {"U1ADA", "U2"}
        assert len(users) == 2
        later = dialog.touched_at + timedelta(seconds=1)
        assert list(await dialogs.list_users(ada.tenant, dialog.task, later)) == []

    async def test_who_only_looked_at_a_form_has_run_nothing(self, dialogs, dialog, ada):
        bare = {
            "answers": (),
            "order": (),
            "skipped": (),
            "journal": (),
            "thread": "",
            "plan": None,
        }
        looked = replace(dialog, **bare, phase=Phase.ASKING)
        await dialogs.begin(looked)
        tried = replace(dialog, id="g8", is_trial=True, principal=replace(ada, user_id="U2"))
        await dialogs.begin(tried)
        assert list(await dialogs.list_users(ada.tenant, dialog.task, ANCIENT)) == []
        await dialogs.replace(looked, replace(looked, answers=dialog.answers))
        users = await dialogs.list_users(ada.tenant, dialog.task, ANCIENT)
        assert [user for user, _ in users] == ["U1ADA"]

    async def test_a_dialog_is_begun_once(self, dialogs, dialog, ada):
        assert await dialogs.begin(dialog)
        assert not await dialogs.begin(replace(dialog, word="other"))
        assert (await dialogs.find(ada, dialog.id)).word == dialog.word

    async def test_a_dialog_can_be_dropped(self, dialogs, dialog, ada):
        await dialogs.begin(dialog)
        await dialogs.remove(ada, dialog.id)
        assert await dialogs.find(ada, dialog.id) is None
