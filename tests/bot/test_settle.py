import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.compose import DRAFT_LASTS, PREVIEW_LASTS
from bot.errors import Unavailable
from bot.ports import settling
from bot.receipt import Stage
from bot.settle import UNCONFIRMED, Hands, Pace, Settler, Stores
from store.memory import MemoryDrafts, MemoryDueWork, MemoryLeases, MemoryReceipts
from tests.fakes import ADA, FakeClock
from tests.store.world import World

AFTER = timedelta(seconds=60)
MARGIN = UNCONFIRMED.total_seconds()


class Desk:
    """What a settler works at: it finishes each receipt, or fails at those in *fails*."""

    def __init__(self):
        self.clock = FakeClock()
        self.due = MemoryDueWork()
        self.receipts = MemoryReceipts(self.clock)
        self.drafts = MemoryDrafts(self.due, self.clock)
        self.fails, self.told, self.takes = {}, [], True
        stores = Stores(self.due, MemoryLeases(self.clock), self.receipts, self.drafts)
        pace = Pace(AFTER, timedelta(seconds=5))
        self.settler = Settler(stores, Hands(self, self.tell, self.start), pace, self.clock)

    def start(self, work):
        if self.takes:
            self.task = asyncio.ensure_future(work)
        else:
            work.close()
        return self.takes

    async def settle(self, receipt):
        if error := self.fails.get(receipt.decision.id):
            raise error
        return await self.receipts.replace(receipt, replace(receipt, stage=Stage.DONE))

    async def tell(self, receipt):
        self.told.append(receipt.decision.id)
        await self.receipts.replace(receipt, replace(receipt, told=True))

    async def left(self):
        return await self.due.list_due("settle", self.clock() + timedelta(days=2), 9)

    async def claim(self, number):
        receipt = World(ADA, self.clock(), number=str(number)).receipt
        receipt = replace(receipt, claimed_at=self.clock(), touched_at=self.clock())
        await self.due.add(settling(receipt.decision, self.clock() + timedelta(seconds=number)))
        await self.receipts.claim(receipt)
        return receipt.decision.id


@pytest.fixture
async def desk():
    return Desk()


async def test_what_nobody_touches_is_finished_and_told_once(desk):
    decision = await desk.claim(1)
    for _ in range(30):
        desk.clock.pass_by(seconds=5)
        await desk.settler.settle_due()
    assert desk.told == [decision]
    assert await desk.left() == []


async def test_what_was_touched_lately_is_left_alone(desk):
    await desk.claim(1)
    desk.clock.pass_by(seconds=59)
    await desk.settler.settle_due()
    assert desk.told == []
    assert len(await desk.left()) == 1


@pytest.mark.parametrize("error", [Unavailable("Confluence"), ValueError("a bug of ours")])
async def test_one_that_fails_stops_none_of_the_others_and_is_tried_again(desk, error):
    broken, sound = await desk.claim(1), await desk.claim(2)
    desk.fails[broken] = error
    desk.clock.pass_by(seconds=60)
    for _ in range(2):
        desk.clock.pass_by(seconds=5)
        await desk.settler.settle_due()
    assert desk.told == [sound]
    desk.fails.clear()
    desk.clock.pass_by(seconds=60)
    await desk.settler.settle_due()
    assert desk.told == [sound, broken]


async def test_nothing_is_taken_up_by_a_process_that_ends(desk):
    await desk.claim(1)
    desk.clock.pass_by(seconds=61)
    desk.takes = False
    await desk.settler.settle_due()
    assert desk.told == []
    assert len(await desk.left()) == 1


@pytest.mark.parametrize(("late", "kept"), [(-1, 1), (MARGIN - 1, 1), (MARGIN + 1, 0)])
async def test_a_preview_is_watched_for_as_long_as_it_can_be_confirmed(desk, late, kept):
    draft = replace(World(ADA, desk.clock()).draft, expires_at=desk.clock() + DRAFT_LASTS)
    await desk.drafts.save(draft)
    desk.clock.pass_by(seconds=PREVIEW_LASTS.total_seconds() + late)
    await desk.settler.settle_due()
    assert len(await desk.left()) == kept
