from dataclasses import replace

import pytest

from bot.dialog import Phase
from bot.dialogs import Start
from handlers.dialogs.stage import Stage, StageParts
from tests.bot.dialogs_given import TASK, World
from tests.fakes import ADA, FakeVoice

WHOLE = Start(line="area=Eng title=X count=2 note=N")


@pytest.mark.parametrize(("is_confirmed", "told"), [(True, 1), (False, 0)])
async def test_who_confirmed_is_told_even_where_nothing_was_begun(is_confirmed, told):
    world, voice = World(), FakeVoice()
    desk = world.desk()
    dialog = (await desk.begin(ADA, TASK, WHOLE)).dialog
    if is_confirmed:
        assert await desk.confirm(ADA, dialog.id, dialog.plan.id)
    seen = await world.dialogs.find(ADA, dialog.id)
    waits = replace(seen, phase=Phase.CONFIRMING, journal=(), failure="Connect first.")
    await world.dialogs.replace(seen, waits)
    stage = Stage(StageParts(desk, None, voice, None, lambda _: False))
    await stage.tell(await desk.find(ADA, dialog.id))
    assert len(voice.said) == told
    await stage.tell(await desk.find(ADA, dialog.id))
    assert len(voice.said) == told
