from dataclasses import replace
from datetime import timedelta

import pytest

from bot.dialog import PLAN_LASTS, Fate, Phase, Record
from bot.dialogs import Settling, Start
from bot.dialogs.settling import LATE
from bot.errands import Pace
from bot.errors import ConsentRequired, NotAllowed, Unavailable
from bot.ports import RUN
from tests.bot.dialogs_given import TASK, World
from tests.fakes import ADA

AFTER = timedelta(seconds=60)
WHOLE = Start(line="area=Eng title=X count=2 note=N")


class Errand:
    """A replica that looks for what another one left."""

    def __init__(self):
        self.world = World()
        self.told = []
        self.fails = None

    async def tell(self, turn):
        if self.fails is not None:
            raise self.fails
        self.told.append((turn.dialog.phase, turn.dialog.response_url))
        await self.world.desk().mark_told(turn)

    async def begin(self, start=WHOLE):
        return (await self.world.desk().begin(ADA, TASK, start)).dialog

    async def confirm(self, dialog):
        assert await self.world.desk().confirm(ADA, dialog.id, dialog.plan.id)

    async def due(self):
        (due,) = await self.world.due.list_due(RUN, self.world.clock() + timedelta(days=9), 9)
        return due

    async def look(self, **passed):
        self.world.clock.pass_by(**passed)
        settling = Settling(
            self.world.desk(),
            self.world.dialogs,
            self.tell,
            Pace(AFTER, AFTER),
            self.world.clock,
        )
        return await settling.settle(await self.due())


@pytest.fixture
def errand():
    return Errand()


async def test_a_plan_is_looked_at_again_as_long_as_it_can_be_confirmed(errand):
    await errand.begin()
    assert await errand.look(minutes=1) == errand.world.clock() + AFTER
    assert await errand.look(minutes=58) is not None
    assert await errand.look(seconds=LATE.total_seconds()) is not None
    assert await errand.look(minutes=2) is None
    assert errand.told == []


async def test_a_run_that_was_left_is_finished_and_told_once(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    assert await errand.look(seconds=30) == errand.world.clock() + timedelta(seconds=30)
    assert errand.world.engine.written == []

    assert await errand.look(seconds=30) is None
    assert await errand.look(minutes=2) is None

    assert errand.told == [(Phase.DONE, None)]
    assert len(errand.world.engine.written) == 1


async def test_what_was_confirmed_in_the_last_moment_is_not_missed(errand):
    dialog = await errand.begin()
    next_look = await errand.look(seconds=PLAN_LASTS.total_seconds() - 1)
    await errand.confirm(dialog)
    errand.world.clock.now = next_look
    assert await errand.look() is None
    assert errand.told == [(Phase.DONE, None)]


async def test_whoever_ran_it_and_died_before_telling_is_stood_in_for(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    await errand.world.desk().run(ADA, dialog.id)
    assert await errand.look(minutes=2) is None
    assert errand.told == [(Phase.DONE, None)]


async def test_whoever_told_it_is_not_repeated(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    turn = await errand.world.desk().run(ADA, dialog.id)
    await errand.world.desk().mark_told(turn)
    assert await errand.look(minutes=2) is None
    assert errand.told == []


async def test_a_taking_back_that_was_left_is_ended_and_told_once(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    turn = await errand.world.desk().run(ADA, dialog.id)
    await errand.world.desk().mark_told(turn)
    assert await errand.look(minutes=2) is None
    seen = await errand.world.dialogs.find(ADA, dialog.id)
    await errand.world.dialogs.replace(seen, replace(seen, undo_asked=errand.world.clock()))
    assert await errand.look(seconds=30) == errand.world.clock() + timedelta(seconds=30)
    assert errand.told == []
    assert await errand.look(seconds=30) is None
    assert await errand.look(minutes=2) is None
    assert errand.told == [(Phase.DONE, None)]


async def test_a_page_under_way_is_not_written_again(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    errand.world.engine.kept.add(dialog.id)
    seen = await errand.world.dialogs.find(ADA, dialog.id)
    await errand.world.dialogs.replace(seen, seen.with_record(Record("0", "create", Fate.SENT)))
    await errand.look(minutes=2)
    assert errand.world.engine.written == []
    assert errand.told == [(Phase.DONE, None)]


async def test_who_cannot_be_told_now_is_told_later(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    errand.fails = Unavailable("Slack")
    with pytest.raises(Unavailable):
        await errand.look(minutes=2)
    errand.fails = None
    assert await errand.look(minutes=2) is None
    assert errand.told == [(Phase.DONE, None)]
    assert len(errand.world.engine.written) == 1


@pytest.mark.parametrize("fails", [NotAllowed("gone"), Unavailable("Slack")])
async def test_who_never_can_be_told_is_given_up(errand, fails):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    errand.fails = fails
    assert await errand.look(hours=24) is None


async def test_a_dialog_that_is_changed_or_gone_is_left_alone(errand):
    dialog = await errand.begin()
    await errand.world.dialogs.replace(dialog, replace(dialog, phase=Phase.CANCELLED, plan=None))
    assert await errand.look(minutes=2) is None
    await errand.world.dialogs.remove(ADA, dialog.id)
    assert await errand.look(minutes=2) is None
    assert errand.told == []


async def test_a_run_that_waits_for_its_person_once_more_is_told(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)

    async def parked(seen, template, task):
        left = replace(seen, phase=Phase.CONFIRMING, confirmed=(), failure="Connect first.")
        await errand.world.dialogs.replace(seen, left)
        raise ConsentRequired("system")

    errand.world.engine.settle = parked
    assert await errand.look(minutes=2) is not None
    assert errand.told == [(Phase.CONFIRMING, None)]


async def test_a_run_that_nobody_could_go_on_with_stays_due(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)

    async def away(seen, template, task):
        raise Unavailable("Confluence")

    errand.world.engine.settle = away
    with pytest.raises(Unavailable):
        await errand.look(minutes=2)
    assert errand.told == []
    assert (await errand.world.dialogs.find(ADA, dialog.id)).phase is Phase.RUNNING

    assert await errand.look(hours=24) is not None
    left = await errand.world.dialogs.find(ADA, dialog.id)
    assert left.phase is Phase.FAILED
    assert "given up" in left.failure
    assert await errand.look(minutes=1) is None
    assert errand.told == [(Phase.FAILED, None)]


async def test_a_run_that_its_person_went_on_with_after_days_isnt_given_up_at_once(errand):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    errand.world.clock.pass_by(days=2)
    seen = await errand.world.dialogs.find(ADA, dialog.id)
    said = Record("0", "comment", Fate.DONE, at=errand.world.clock())
    await errand.world.dialogs.replace(seen, seen.with_record(said))

    async def away(seen, template, task):
        raise Unavailable("Confluence")

    errand.world.engine.settle = away
    with pytest.raises(Unavailable):
        await errand.look(minutes=2)
    assert (await errand.world.dialogs.find(ADA, dialog.id)).phase is Phase.RUNNING


@pytest.mark.parametrize("phase", [Phase.ASKING, Phase.CONFIRMING])
async def test_a_run_whose_process_died_before_it_asked_on_is_told_once(errand, phase):
    dialog = await errand.begin()
    await errand.confirm(dialog)
    seen = await errand.world.dialogs.find(ADA, dialog.id)
    await errand.world.dialogs.replace(seen, replace(seen, phase=phase))
    await errand.look(seconds=59)
    assert errand.told == []
    await errand.look(seconds=1)
    await errand.look(minutes=2) if phase is Phase.CONFIRMING else None
    assert errand.told == [(phase, None)]
