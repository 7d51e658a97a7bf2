"""Dialogs, turn by turn, over the stores in memory."""

import pytest

from bot.dialog import Filling, Phase
from bot.dialogs import Heard, Start
from bot.entities import Given
from tests.bot.dialogs_given import TASK, World
from tests.fakes import ADA

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


async def test_a_form_does_the_same_at_once(world):
    turn = await world.desk().begin(ADA, TASK, Start())
    given = {"area": Given(value="Ops"), "title": Given(text="Plan"), "count": Given(text="2")}

    turn = await world.desk().fill(ADA, turn.dialog.id, {**given, "note": Given()})

    assert turn.dialog.phase is Phase.CONFIRMING


async def test_a_turn_costs_one_read_and_one_write_of_dialogs(world):
    talk = await talking(world)
    world.dialogs.reads = world.dialogs.writes = 0

    await talk.say("Eng")

    assert (world.dialogs.reads, world.dialogs.writes) == (1, 1)
