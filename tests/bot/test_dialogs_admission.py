from dataclasses import replace

import pytest

from bot.dialogs import Admission, Start
from bot.errors import NotAllowed, Unavailable
from bot.principal import Principal, Tenant
from bot.task import Audience, Reach, TaskId
from tests.bot.dialogs_given import INSTALLED, TASK, World
from tests.fakes import ADA, BOB, FakeSlackPeople

GUEST = Principal(ADA.tenant, "U0GUEST")
NOBODY = Principal(ADA.tenant, "U0NOBODY")
FOREIGN = Principal(Tenant("T0OTHER"), BOB.user_id)
SHARED = {
    Reach.ME: Audience(),
    Reach.CHANNEL: Audience(Reach.CHANNEL, "C1", "#one"),
    Reach.GROUP: Audience(Reach.GROUP, "S1", "@writers"),
    Reach.WORKSPACE: Audience(Reach.WORKSPACE),
}


def task(reach, **more):
    return replace(TASK, id=TaskId(reach), word=f"for-{reach}", audience=SHARED[reach], **more)


@pytest.fixture
def world():
    return World()


@pytest.fixture
async def admission(world):
    for reach in Reach:
        await world.tasks.add(task(reach))
    world.people.groups["S1"] = {BOB.user_id}
    return Admission(world.tasks, world.people, world.installation)


@pytest.mark.parametrize(
    ("principal", "channel", "reaches"),
    [
        (ADA, "", set(Reach)),
        (BOB, "", {Reach.GROUP, Reach.WORKSPACE}),
        (BOB, "C1", {Reach.CHANNEL, Reach.GROUP, Reach.WORKSPACE}),
        (BOB, "C2", {Reach.GROUP, Reach.WORKSPACE}),
        (GUEST, "C1", set()),
        (FOREIGN, "C1", set()),
    ],
)
async def test_tasks_are_listed_for_those_who_may_run_them(admission, principal, channel, reaches):
    listed = await admission.list_tasks(principal, channel)
    assert {each.audience.reach for each in listed} == reaches
    for reach in Reach:
        if reach in reaches:
            assert (await admission.find_task(principal, f"FOR-{reach}", channel)).id == reach
        else:
            with pytest.raises(NotAllowed, match="nothing was begun"):
                await admission.check(principal, task(reach), channel)


async def test_who_left_the_group_is_not_of_it(admission, world):
    world.people.groups["S1"] = set()
    with pytest.raises(NotAllowed, match="@writers"):
        await admission.find_task(BOB, "for-group")


async def test_a_dialog_is_gone_on_with_by_whoever_still_may(admission, world):
    desk, mine = world.desk(), task(Reach.GROUP)
    dialog = (await desk.begin(BOB, mine, Start())).dialog
    await admission.check_still(dialog, replace(mine, version="2.0.0"))
    for refused, why in {
        None: "isn't installed any more",
        replace(mine, is_on=False): "switched off",
        task(Reach.ME): "somebody's own",
    }.items():
        with pytest.raises(NotAllowed, match=f"{why}.*nothing more was written"):
            await admission.check_still(dialog, refused)
    await admission.check_still(replace(dialog, is_trial=True), None)
    world.people.groups["S1"] = set()
    with pytest.raises(NotAllowed, match="@writers"):
        await admission.check_still(dialog, mine)
    world.people.people[BOB.user_id] = replace(world.people.people[BOB.user_id], is_guest=True)
    with pytest.raises(NotAllowed, match="Guests"):
        await admission.check_still(dialog, replace(mine, owner=BOB.user_id))


async def test_what_does_not_exist_is_nothing(admission):
    assert await admission.find_task(BOB, "for-nobody") is None


async def test_somebody_unknown_runs_nothing(admission):
    with pytest.raises(NotAllowed):
        await admission.list_tasks(NOBODY)


async def test_an_organisations_group_is_of_one_of_its_workspaces(world):
    installed = replace(INSTALLED, team_id=None, enterprise_id="E1")
    person = replace(
        world.people.people[BOB.user_id], enterprise_id="E1", teams=frozenset({"T1", "T2"})
    )
    world.people.people[BOB.user_id] = person
    asked = []

    async def is_in_group(installation, group, user, team=""):
        asked.append(team)
        return team == "T2"

    async def installation(_tenant):
        return installed

    world.people.is_in_group = is_in_group
    admission = Admission(world.tasks, world.people, installation)
    await admission.check(BOB, task(Reach.GROUP), "")
    assert asked == ["T1", "T2"]


async def test_a_task_that_is_off_begins_nothing_not_even_for_its_owner(admission, world):
    off = task(Reach.WORKSPACE, is_on=False)
    with pytest.raises(NotAllowed, match="switched off"):
        await world.desk().begin(ADA, off, Start())
    on = await world.tasks.find(ADA.tenant, off.id)
    await world.tasks.replace(on, off)
    assert off.id not in {each.id for each in await admission.list_tasks(ADA)}
    assert not await world.dialogs.list_open(ADA)


async def test_a_task_in_a_channel_begins_there(admission, world):
    with pytest.raises(NotAllowed, match="#one"):
        await world.desk().begin(BOB, task(Reach.CHANNEL), Start(began_in="C2"))
    turn = await world.desk().begin(BOB, task(Reach.CHANNEL), Start(began_in="C1"))
    assert turn.dialog.began_in == "C1"


async def test_words_begin_what_may_be_run_there(admission, world):
    matched = await world.desk().match(BOB, "Write a decision record about Mongo.", "C1")
    assert {each.task.audience.reach for each in matched.matches} == {
        Reach.CHANNEL,
        Reach.GROUP,
        Reach.WORKSPACE,
    }
    assert matched.only is None
    assert matched.matches[0].known == {"title": "Mongo"}
    assert not (await world.desk().match(BOB, "Sing about Mongo", "C1")).matches


async def test_words_of_one_task_mean_it(world):
    await world.tasks.add(TASK)
    desk = world.desk()
    only = (await desk.match(BOB, "write a decision record about Mongo")).only
    assert (only.task.id, only.known) == (TASK.id, {"title": "Mongo"})
    polite = await desk.match(BOB, "Hi, could you write a decision record about Mongo, please?")
    assert polite.only == only
    world.templates.clear()
    assert (await desk.match(BOB, "write a decision record about Mongo")).only == only


class Hesitant(FakeSlackPeople):
    """Tells of no group but ``S1``, and remembers which were asked for."""

    async def is_in_group(self, installation, group_id, user_id, team_id=""):
        self.asked.append(group_id)
        if group_id != "S1":
            raise Unavailable("Slack")
        return await super().is_in_group(installation, group_id, user_id, team_id)


async def test_a_group_that_slack_is_silent_about_takes_away_its_own_tasks_alone(world):
    people = Hesitant(world.people.people, groups={"S1": {BOB.user_id}})
    admission = Admission(world.tasks, people, world.installation)
    words = {"alpha": "S1", "bravo": "S2", "charlie": "S1", "delta": "S1"}
    for word, group in words.items():
        audience = Audience(Reach.GROUP, group, "@some")
        await world.tasks.add(replace(TASK, id=TaskId(word), word=word, audience=audience))
    listed = await admission.list_tasks(BOB)
    assert [each.word for each in listed] == ["alpha", "charlie", "delta"]
    assert sorted(people.asked) == sorted([BOB.user_id, "S1", "S2"])
    with pytest.raises(Unavailable):
        await admission.find_task(BOB, "bravo")
