"""One page for one decision, whatever happens between its steps (promise 8)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.compose import Composer, Form
from bot.compose import Memory as Kept
from bot.content import Account, AccountId, PageStatus
from bot.document import Document, Paragraph, Text
from bot.errors import Changed, NotAllowed, TitleTaken, Unavailable, Unclear
from bot.publish import Memory, Publisher, TakenUp, message_of
from bot.receipt import Act, Stage
from store.stores import memory_stores
from tests.fakes import ACME, ADA, BOB, ENG, FakeClock, FakeConfluence, FakeConsentServer
from tests.fakes import connection as connect

TEXT = Document((Paragraph((Text("Hello"),)),))


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def stores(clock):
    stores = memory_stores(clock)
    await stores.connections.save(connect())
    return stores


@pytest.fixture
def confluence():
    return FakeConfluence()


@pytest.fixture
def actor(stores, clock):
    return Actor(Authorizer(stores.connections, FakeConsentServer(), clock), stores.preferences)


@pytest.fixture
def publisher(actor, confluence, stores, clock):
    memory = Memory(stores.receipts, stores.drafts, stores.preferences)
    return Publisher(actor, confluence, memory, clock, timedelta(minutes=10))


@pytest.fixture
def composer(actor, confluence, stores, clock):
    return Composer(actor, confluence, Kept(stores.drafts, stores.connections), clock)


@pytest.fixture
def claimed(composer, publisher, stores):
    async def claim(act=Act.PUBLISH):
        form = Form(ACME.cloud_id, ENG, "Plan", TEXT, act)
        draft = (await composer.compose(ADA, form)).draft
        assert await publisher.claim(draft, "c0ffee00")
        return await stores.receipts.find(ADA, draft.decision.id)

    return claim


def current(confluence):
    return [t.page for t in confluence.pages.values() if t.page.status is PageStatus.CURRENT]


def sent(confluence, method):
    return len([1 for name, _ in confluence.asked if name == method])


async def test_publishes_in_two_steps(publisher, claimed, confluence):
    done = await publisher.settle(await claimed())
    assert done.stage is Stage.DONE
    assert len(current(confluence)) == 1
    assert sent(confluence, "create_draft") == sent(confluence, "publish_draft") == 1


async def test_a_decision_is_claimed_once(composer, publisher):
    form = Form(ACME.cloud_id, ENG, "Plan", TEXT, Act.PUBLISH)
    draft = (await composer.compose(ADA, form)).draft
    assert await publisher.claim(draft, "1")
    assert not await publisher.claim(draft, "2")


async def test_an_unclear_first_write_is_sent_once_more(publisher, claimed, confluence):
    confluence.fails_after["create_draft"] = Unclear("Confluence")
    ended = await publisher.settle(await claimed())
    assert ended.stage is Stage.UNCLEAR
    assert sent(confluence, "create_draft") == 2
    assert current(confluence) == []


async def test_an_unclear_publishing_is_settled_by_looking(publisher, claimed, confluence):
    confluence.fails_after["publish_draft"] = Unclear("Confluence")
    done = await publisher.settle(await claimed())
    assert done.stage is Stage.DONE
    assert sent(confluence, "publish_draft") == 1
    assert len(current(confluence)) == 1


async def test_a_publishing_that_never_clears_is_unclear(publisher, claimed, confluence):
    confluence.fails["publish_draft"] = Unclear("Confluence")
    ended = await publisher.settle(await claimed())
    assert ended.stage is Stage.UNCLEAR
    assert current(confluence) == []


@pytest.mark.parametrize("error", [NotAllowed("no"), Unavailable("Confluence"), TitleTaken("x")])
async def test_a_refused_write_says_why(publisher, claimed, confluence, error):
    confluence.fails["create_draft"] = error
    ended = await publisher.settle(await claimed())
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, error.code)
    assert confluence.pages == {}


async def test_a_title_taken_meanwhile_leaves_the_text_in_the_draft(publisher, claimed, confluence):
    confluence.fails["publish_draft"] = TitleTaken("taken")
    ended = await publisher.settle(await claimed())
    assert ended.refusal == "title_taken"
    assert ended.page_id in confluence.pages


async def test_a_sender_that_wakes_up_late_stops(publisher, claimed, stores):
    mine = await claimed()
    theirs = await stores.receipts.replace(mine, replace(mine, stage=Stage.SENDING, sent=1))
    assert theirs is not None
    with pytest.raises(TakenUp):
        await publisher.settle(mine)


async def test_is_taken_up_wherever_it_was_left(publisher, claimed, stores, confluence):
    receipt = await claimed()
    left = await stores.receipts.replace(receipt, replace(receipt, stage=Stage.SENDING, sent=1))
    done = await publisher.settle(left)
    assert done.stage is Stage.DONE
    assert done.sent == 2
    assert len(current(confluence)) == 1


async def test_writes_under_no_other_account_than_was_shown(publisher, claimed, stores):
    receipt = await claimed()
    other = replace(connect(), account=Account(AccountId("eve"), "Eve"))
    await stores.connections.save(other)
    ended = await publisher.settle(receipt)
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, "not_allowed")


async def test_a_draft_stays_a_draft(publisher, claimed, confluence):
    done = await publisher.settle(await claimed(Act.DRAFT))
    assert done.stage is Stage.DONE
    assert current(confluence) == []
    assert sent(confluence, "publish_draft") == 0


async def test_the_version_says_whence_it_came(publisher, claimed, confluence):
    receipt = await claimed()
    await publisher.settle(receipt)
    [page] = current(confluence)
    assert page.version_message == message_of(receipt.decision)
    assert "Confab" in page.version_message


class TestUndo:
    async def test_moves_it_to_the_trash(self, publisher, claimed, confluence):
        done = await publisher.settle(await claimed())
        undone = await publisher.undo(ADA, done.decision.id)
        assert undone.undone_at is not None
        assert sent(confluence, "trash_page") == 1

    async def test_only_once(self, publisher, claimed):
        done = await publisher.settle(await claimed())
        await publisher.undo(ADA, done.decision.id)
        with pytest.raises(NotAllowed):
            await publisher.undo(ADA, done.decision.id)

    async def test_not_after_its_time(self, publisher, claimed, clock):
        done = await publisher.settle(await claimed())
        clock.pass_by(minutes=11)
        with pytest.raises(NotAllowed):
            await publisher.undo(ADA, done.decision.id)

    async def test_not_somebody_elses(self, publisher, claimed, confluence):
        done = await publisher.settle(await claimed())
        with pytest.raises(NotAllowed):
            await publisher.undo(BOB, done.decision.id)
        assert sent(confluence, "trash_page") == 0

    async def test_not_what_was_changed(self, publisher, claimed, confluence):
        done = await publisher.settle(await claimed())
        text = confluence.pages[done.page_id]
        confluence.pages[done.page_id] = replace(text, page=replace(text.page, version=2))
        with pytest.raises(Changed):
            await publisher.undo(ADA, done.decision.id)
        assert sent(confluence, "trash_page") == 0
