from dataclasses import replace

import pytest

from bot.counted import CountedReceipts
from bot.receipt import Stage
from store.memory import MemoryReceipts
from tests.fakes import ADA, FakeClock
from tests.store.world import World


@pytest.fixture
def counts():
    return []


@pytest.fixture
def receipts(counts):
    return CountedReceipts(MemoryReceipts(FakeClock()), counts.append)


@pytest.fixture
async def claimed(receipts):
    receipt = replace(World(ADA, FakeClock()()).receipt, stage=Stage.CLAIMED)
    assert await receipts.claim(receipt)
    return receipt


@pytest.mark.parametrize("stage", [Stage.DONE, Stage.REFUSED, Stage.UNCLEAR])
async def test_a_receipt_is_counted_once_when_it_comes_to_its_end(receipts, claimed, counts, stage):
    sending = await receipts.replace(claimed, replace(claimed, stage=Stage.SENDING))
    assert counts == []
    ended = await receipts.replace(sending, replace(sending, stage=stage))
    assert await receipts.replace(sending, replace(sending, stage=stage)) is None
    await receipts.replace(ended, replace(ended, told=True))
    assert counts == [stage]
    assert (await receipts.find(ADA, claimed.decision.id)).told
