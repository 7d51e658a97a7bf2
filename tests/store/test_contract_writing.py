import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.content import PageId
from bot.document import Document
from bot.ports import SETTLE, settling
from bot.receipt import Stage

ANCIENT = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def drafts(stores):
    return stores.drafts


@pytest.fixture
def receipts(stores):
    return stores.receipts


async def test_finds_a_draft_whole(drafts, draft, ada):
    await drafts.save(draft)
    assert await drafts.find(ada, draft.id) == draft


async def test_a_draft_is_its_own_persons(drafts, draft, ada):
    await drafts.save(draft)
    assert await drafts.find(replace(ada, user_id="U2"), draft.id) is None


async def test_a_draft_expires(drafts, draft, ada, clock):
    await drafts.save(draft)
    clock.advance(3600)
    assert await drafts.find(ada, draft.id) is None


async def test_a_draft_can_be_saved_again_and_dropped(drafts, draft, ada):
    await drafts.save(draft)
    again = replace(draft, decision=replace(draft.decision, title="Better"))
    await drafts.save(again)
    assert await drafts.find(ada, draft.id) == again
    await drafts.remove(ada, draft.id)
    assert await drafts.find(ada, draft.id) is None


async def test_a_draft_puts_its_settling_on_the_list(stores, drafts, draft, clock):
    await drafts.save(draft)
    soon = clock() + timedelta(seconds=30)
    due = settling(draft.decision, soon)
    assert due in await stores.due.list_due(SETTLE, soon, 1000)
    assert due not in await stores.due.list_due(SETTLE, clock(), 1000)


async def test_dropping_a_draft_takes_its_settling_off_the_list(stores, drafts, draft, ada, clock):
    await drafts.save(draft)
    await drafts.remove(ada, draft.id)
    listed = await stores.due.list_due(SETTLE, clock() + HOUR, 1000)
    assert not [due for due in listed if due.tenant == ada.tenant]


async def test_twenty_claims_of_a_decision_are_one(receipts, receipt):
    claimed = await asyncio.gather(*(receipts.claim(receipt) for _ in range(20)))
    assert claimed.count(True) == 1


async def test_finds_a_receipt_whole(receipts, receipt, ada):
    await receipts.claim(receipt)
    assert await receipts.find(ada, receipt.decision.id) == receipt


async def test_a_receipt_is_its_own_persons(receipts, receipt, ada):
    await receipts.claim(receipt)
    assert await receipts.find(replace(ada, user_id="U2"), receipt.decision.id) is None


async def test_another_person_cannot_claim_the_same_decision(receipts, receipt, ada):
    await receipts.claim(receipt)
    theirs = replace(receipt.decision, principal=replace(ada, user_id="U2"))
    assert not await receipts.claim(replace(receipt, decision=theirs))


async def test_finds_the_receipt_that_a_due_entry_names(receipts, receipt, clock):
    await receipts.claim(receipt)
    assert await receipts.find_due(settling(receipt.decision, clock())) == receipt


async def test_replaces_what_was_seen_and_counts_it(receipts, receipt, ada, clock):
    await receipts.claim(receipt)
    clock.advance(1)
    sending = replace(receipt, stage=Stage.SENDING, sent=1)
    stored = await receipts.replace(receipt, sending)
    assert replace(stored, touched_at=receipt.touched_at) == replace(sending, generation=2)
    assert stored.touched_at != receipt.touched_at
    assert await receipts.find(ada, receipt.decision.id) == stored


async def test_replaces_nothing_that_somebody_took_up_meanwhile(receipts, receipt, ada):
    await receipts.claim(receipt)
    changes = [replace(receipt, sent=number) for number in range(1, 9)]
    stored = await asyncio.gather(*(receipts.replace(receipt, change) for change in changes))
    [won] = [one for one in stored if one]
    assert await receipts.find(ada, receipt.decision.id) == won


async def test_what_is_left_alone_is_taken_up_once_and_keeps_its_time(receipts, receipt, ada):
    left = replace(receipt, touched_at=ANCIENT)
    await receipts.claim(left)
    taken = await asyncio.gather(*(receipts.take_up(left, HOUR) for _ in range(2)))
    [won] = [one for one in taken if one]
    assert won == replace(left, generation=2)
    assert await receipts.find(ada, receipt.decision.id) == won


async def test_what_was_touched_of_late_is_left_to_whoever_did(receipts, receipt):
    await receipts.claim(receipt)
    touched = await receipts.replace(receipt, replace(receipt, sent=1))
    assert await receipts.take_up(touched, HOUR) is None
    assert await receipts.take_up(touched, timedelta(0)) is not None


async def test_replaces_nothing_that_is_not_there(receipts, receipt):
    assert await receipts.replace(receipt, replace(receipt, sent=1)) is None


async def test_fields_come_and_go(receipts, receipt, clock):
    await receipts.claim(receipt)
    full = replace(
        receipt,
        page_id=PageId("9"),
        page_url="https://acme.example/9",
        undone_at=clock() + HOUR,
        done_at=clock(),
        digest="f" * 64,
        refusal="title_taken",
    )
    stored = await receipts.replace(receipt, full)
    assert replace(stored, touched_at=full.touched_at) == replace(full, generation=2)
    bare = replace(
        stored, page_id=None, page_url="", undone_at=None, done_at=None, response_url=None
    )
    again = await receipts.replace(stored, bare)
    assert replace(again, touched_at=bare.touched_at) == replace(bare, generation=3)


async def test_words_that_look_like_the_databases_own_are_only_words(receipts, receipt):
    await receipts.claim(receipt)
    odd = replace(receipt, refusal="$tenant", correlation="$$NOW", page_id=PageId("$stage"))
    stored = await receipts.replace(receipt, odd)
    assert (stored.refusal, stored.correlation, stored.page_id) == ("$tenant", "$$NOW", "$stage")


@pytest.mark.parametrize(
    ("stage", "told", "is_kept"),
    [
        (Stage.DRAFTED, True, True),
        (Stage.DONE, False, False),
        (Stage.REFUSED, False, True),
        (Stage.REFUSED, True, False),
        (Stage.UNCLEAR, False, True),
        (Stage.UNCLEAR, True, False),
    ],
)
async def test_keeps_the_text_until_it_is_published_or_handed_back(
    receipts, receipt, stage, told, is_kept
):
    await receipts.claim(receipt)
    stored = await receipts.replace(receipt, replace(receipt, stage=stage, told=told))
    assert stored.decision.title == receipt.decision.title
    assert stored.decision.body == (receipt.decision.body if is_kept else Document())
