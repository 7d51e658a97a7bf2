import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.compose import DRAFT_LASTS, PREVIEW_LASTS
from bot.errands import AT_ONCE, LONGEST_WAIT, Pace
from bot.errors import NotAllowed, ProviderFault, Unavailable
from bot.ports import settling
from bot.receipt import Stage
from bot.settle import LATE, Hands, Settler, Stores
from store.memory import MemoryDrafts, MemoryDueWork, MemoryLeases, MemoryReceipts
from tests.fakes import ADA, FakeClock
from tests.store.world import World

AFTER = timedelta(seconds=60)
MARGIN = LATE.total_seconds()


class Leases(MemoryLeases):
    """Leases whose store may hang when one is given back."""

    away = None

    async def release(self, name, holder):
        if self.away:
            raise self.away
        await super().release(name, holder)


class Desk:
    """What a settler works at: it finishes each receipt, or fails at those in *fails*."""

    def __init__(self):
        self.clock = FakeClock()
        self.due = MemoryDueWork()
        self.receipts = MemoryReceipts(self.clock)
        self.drafts = MemoryDrafts(self.due, self.clock)
        self.fails, self.told, self.takes = {}, [], True
        self.tasks, self.hangs = set(), set()
        self.deaf, self.tries = None, 0
        self.leases = Leases(self.clock)
        self.hire(Pace(AFTER, timedelta(seconds=5)))

    def hire(self, pace):
        stores = Stores(self.due, self.leases, self.receipts, self.drafts)
        self.settler = Settler(stores, Hands(self, self.tell, self.start), pace, self.clock)

    def start(self, work):
        if self.takes:
            self.tasks.add(asyncio.ensure_future(work))
        else:
            work.close()
        return self.takes

    async def settle(self, receipt):
        if receipt.decision.id in self.hangs:
            await asyncio.Event().wait()
        if error := self.fails.get(receipt.decision.id):
            raise error
        return await self.receipts.replace(receipt, replace(receipt, stage=Stage.DONE))

    async def tell(self, receipt):
        self.tries += 1
        if self.deaf:
            raise self.deaf
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


class Unreadable:
    """A receipt that another version wrote."""

    tries = 0

    async def __call__(self, due):
        self.tries += 1
        raise ProviderFault("a record of an unknown form")


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


async def test_a_crashed_write_is_told_within_two_minutes_however_many_previews_are_open(desk):
    for number in range(1200):
        draft = World(ADA, desk.clock(), number=str(number)).draft
        await desk.drafts.save(replace(draft, expires_at=desk.clock() + DRAFT_LASTS))
    for _ in range(50):
        desk.clock.pass_by(seconds=5)
        await desk.settler.settle_due()
    draft = World(ADA, desk.clock(), number="7").draft
    receipt = World(ADA, desk.clock(), number="7").receipt
    assert draft.id == receipt.decision.id
    await desk.receipts.claim(replace(receipt, claimed_at=desk.clock(), touched_at=desk.clock()))
    for _ in range(24):
        desk.clock.pass_by(seconds=5)
        await desk.settler.settle_due()
    assert desk.told == [receipt.decision.id]


async def test_what_hangs_holds_up_nothing_else(desk):
    desk.hire(Pace(AFTER, timedelta(0)))
    hanging = [await desk.claim(number) for number in range(1, AT_ONCE + 1)]
    for decision in hanging:
        desk.hangs.add(decision)
    sound = await desk.claim(AT_ONCE + 1)
    desk.clock.pass_by(seconds=90)
    await desk.settler.settle_due()
    for _ in range(9):
        await asyncio.sleep(0)
    assert desk.told == [sound]
    await desk.settler.settle_due()
    assert len(desk.tasks) == AT_ONCE + 1


async def test_whom_slack_lets_nobody_speak_to_is_told_once_and_no_more(desk):
    await desk.claim(1)
    desk.deaf = NotAllowed("nobody listens")
    desk.clock.pass_by(seconds=90)
    await desk.settler.settle_due()
    assert await desk.left() == []
    assert desk.tries == 1


async def test_telling_is_tried_ever_less_often_and_given_up_after_a_day(desk):
    await desk.claim(1)
    desk.deaf = Unavailable("Slack")
    tries = []
    for _ in range(2 * 24 * 60):
        desk.clock.pass_by(minutes=1)
        await desk.settler.settle_due()
        tries.append(desk.tries)
    assert 24 < desk.tries < 24 + 16
    assert tries[24 * 60 + 61] == tries[-1]
    assert await desk.left() == []


async def test_a_receipt_that_can_not_be_read_is_tried_no_more_than_hourly(desk):
    await desk.claim(1)
    desk.receipts.find_due = unreadable = Unreadable()
    for _ in range(24 * 60):
        desk.clock.pass_by(minutes=1)
        await desk.settler.settle_due()
    assert unreadable.tries < 24 + 16
    assert (await desk.left())[0].at <= desk.clock() + LONGEST_WAIT


async def test_it_ends_although_the_database_is_away(desk):
    desk.leases.away = Unavailable("the database")
    running = asyncio.create_task(desk.settler.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
