"""One page for one decision, whatever happens between its steps (promise 8)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.compose import Composer, Form
from bot.content import Account, AccountId, PageStatus
from bot.course import Memory, TakenUp
from bot.document import Document, Paragraph, Text
from bot.errors import Changed, NotAllowed, TitleTaken, Unavailable, Unclear
from bot.publish import Publisher
from bot.receipt import Act, Stage, message_of
from bot.trail import Wanted
from store.memory import MemoryAudit, MemoryPreferences
from store.stores import memory_stores
from tests.fakes import (
    ACME,
    ADA,
    BOB,
    ENG,
    FakeClock,
    FakeConfluence,
    FakeConsentServer,
    auditor,
    issuers,
    lending,
    own_credentials,
    page,
)
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
    authorizer = Authorizer(stores.connections, issuers(FakeConsentServer()), clock)
    return Actor(
        authorizer, stores.connections, stores.preferences, own_credentials(stores.connections)
    )


@pytest.fixture
def publisher(actor, confluence, stores, clock):
    memory = Memory(stores.receipts, stores.drafts, stores.preferences, auditor())
    return Publisher(actor, confluence, memory, clock, timedelta(minutes=10))


@pytest.fixture
def composer(actor, confluence, stores, clock):
    return Composer(actor, confluence, stores.drafts, clock)


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
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, "account_changed")


class Death(BaseException):
    """What the process dies of."""


class Lost(FakeConfluence):
    """Loses the answer of the first write, and then isn't to be reached until it is *back*."""

    back = True

    def _ask(self, method, what):
        super()._ask(method, what)
        if not self.back:
            raise Unavailable("Confluence")

    def _answer(self, method, answer):
        if method in {"publish_draft", "append"}:
            self.back = False
            raise Unclear("Confluence")
        return super()._answer(method, answer)


@pytest.fixture
def lost(actor, stores, clock):
    """A Confluence that loses an answer, with its publisher and its composer."""
    confluence = Lost()
    memory = Memory(stores.receipts, stores.drafts, stores.preferences, auditor())
    publisher = Publisher(actor, confluence, memory, clock, timedelta(minutes=10))
    return confluence, publisher, Composer(actor, confluence, stores.drafts, clock)


async def confirmed(lost, stores, act):
    """Claim the decision to write *act*; to a page that exists, where it is more text."""
    _, publisher, composer = lost
    draft = (await composer.compose(ADA, Form(ACME.cloud_id, ENG, "Plan", TEXT, act))).draft
    if act is Act.APPEND:
        draft = (await composer.append_instead(draft)).draft
    assert await publisher.claim(draft, "c0ffee00")
    return await stores.receipts.find(ADA, draft.decision.id)


@pytest.mark.parametrize("act", [Act.PUBLISH, Act.APPEND])
@pytest.mark.parametrize("back", [True, False])
async def test_a_write_that_may_be_out_is_never_called_refused(lost, stores, clock, act, back):
    confluence, publisher, _ = lost
    if act is Act.APPEND:
        confluence.add(page(900, "Plan"), TEXT)
    receipt = await confirmed(lost, stores, act)
    with pytest.raises(Unclear):
        await publisher.settle(receipt)
    confluence.back = back
    clock.pass_by(minutes=3)
    ended = await publisher.settle(await stores.receipts.find(ADA, receipt.decision.id))
    assert ended.stage is (Stage.DONE if back else Stage.UNCLEAR)
    assert len(current(confluence)) == 1
    [text] = confluence.pages.values()
    assert len(text.document.blocks) == 1 + (act is Act.APPEND)


@pytest.mark.parametrize("blind", [Unavailable("Confluence"), NotAllowed("no")])
async def test_what_was_left_while_it_was_published_is_never_called_refused(
    publisher, claimed, stores, confluence, clock, blind
):
    receipt = await claimed()
    confluence.fails["publish_draft"] = Death()
    with pytest.raises(Death):
        await publisher.settle(receipt)
    left = await stores.receipts.find(ADA, receipt.decision.id)
    confluence.fails = {"publish_draft": Unavailable("Confluence"), "get_page_head": blind}
    with pytest.raises(Unclear):
        await publisher.settle(left)
    clock.pass_by(minutes=3)
    assert (await publisher.settle(left)).stage is Stage.UNCLEAR


async def test_what_was_left_unpublished_can_be_refused(publisher, claimed, stores, confluence):
    receipt = await claimed()
    confluence.fails["publish_draft"] = Death()
    with pytest.raises(Death):
        await publisher.settle(receipt)
    confluence.fails["publish_draft"] = TitleTaken("taken")
    ended = await publisher.settle(await stores.receipts.find(ADA, receipt.decision.id))
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, "title_taken")


async def test_a_second_sending_refused_of_a_page_that_stands_as_it_was_is_refused(
    lost, stores, clock
):
    confluence, publisher, _ = lost
    confluence.add(page(900, "Plan"), TEXT)
    receipt = await confirmed(lost, stores, Act.APPEND)
    receipt = await stores.receipts.replace(receipt, replace(receipt, stage=Stage.SENDING, sent=1))
    confluence.fails["append"] = NotAllowed("no")
    ended = await publisher.settle(receipt)
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, "not_allowed")


class Forgetful(MemoryPreferences):
    """Remembers no space."""

    async def add_recent_space(self, *_):
        raise Unavailable("the database")


async def test_a_space_that_cannot_be_remembered_hides_no_page(claimed, actor, confluence, stores):
    memory = Memory(stores.receipts, stores.drafts, Forgetful(), auditor())
    publisher = Publisher(actor, confluence, memory, FakeClock(), timedelta(minutes=10))
    assert (await publisher.settle(await claimed())).stage is Stage.DONE


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

    async def test_only_once(self, publisher, claimed, confluence):
        done = await publisher.settle(await claimed())
        undone = await publisher.undo(ADA, done.decision.id)
        assert await publisher.undo(ADA, done.decision.id) == undone
        assert sent(confluence, "trash_page") == 1

    async def test_not_after_its_time(self, publisher, claimed, clock):
        done = await publisher.settle(await claimed())
        clock.pass_by(minutes=11)
        with pytest.raises(NotAllowed):
            await publisher.undo(ADA, done.decision.id)

    async def test_its_time_begins_when_the_page_is_there_not_when_that_is_told(
        self, publisher, claimed, clock
    ):
        done = await publisher.settle(await claimed())
        clock.pass_by(minutes=9)
        await publisher.mark_told(done)
        clock.pass_by(minutes=2)
        with pytest.raises(NotAllowed):
            await publisher.undo(ADA, done.decision.id)

    async def test_a_receipt_that_does_not_know_when_it_was_done_counts_from_its_last_change(
        self, publisher, claimed, clock
    ):
        done = replace(await publisher.settle(await claimed()), done_at=None)
        assert publisher.can_undo(done)
        clock.pass_by(minutes=11)
        assert not publisher.can_undo(done)

    async def test_whose_answer_was_lost_is_done_when_it_is_pressed_again(
        self, publisher, claimed, confluence
    ):
        done = await publisher.settle(await claimed())
        confluence.fails_after["trash_page"] = Unclear("Confluence")
        with pytest.raises(Unclear):
            await publisher.undo(ADA, done.decision.id)
        assert (await publisher.undo(ADA, done.decision.id)).undone_at is not None
        assert sent(confluence, "trash_page") == 1

    async def test_of_a_draft_whose_answer_was_lost_is_done_when_it_is_pressed_again(
        self, publisher, claimed, confluence
    ):
        done = await publisher.settle(await claimed(Act.DRAFT))
        confluence.fails_after["trash_page"] = Unclear("Confluence")
        with pytest.raises(Unclear):
            await publisher.undo(ADA, done.decision.id)
        assert (await publisher.undo(ADA, done.decision.id)).undone_at is not None
        assert sent(confluence, "trash_page") == 1

    async def test_deletes_a_draft(self, publisher, claimed, confluence):
        done = await publisher.settle(await claimed(Act.DRAFT))
        await publisher.mark_told(done)
        await publisher.undo(ADA, done.decision.id)
        assert confluence.pages == {}

    async def test_not_a_draft_that_says_something_else_by_now(
        self, publisher, claimed, confluence
    ):
        done = await publisher.settle(await claimed(Act.DRAFT))
        head = confluence.pages[done.page_id].page
        confluence.add(head, Document((Paragraph((Text("Hello, all"),)),)))
        with pytest.raises(Changed):
            await publisher.undo(ADA, done.decision.id)
        assert sent(confluence, "trash_page") == 0

    async def test_not_a_draft_that_was_published(self, publisher, claimed, confluence):
        done = await publisher.settle(await claimed(Act.DRAFT))
        text = confluence.pages[done.page_id]
        confluence.add(replace(text.page, status=PageStatus.CURRENT), text.document)
        with pytest.raises(Changed):
            await publisher.undo(ADA, done.decision.id)
        assert sent(confluence, "trash_page") == 0

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


@pytest.mark.parametrize("asker", ["Ada", ""])
async def test_the_same_account_by_another_connection_writes_nothing(
    asker, claimed, publisher, actor, confluence
):
    receipt = await claimed()
    receipt = replace(receipt, decision=replace(receipt.decision, asker=asker))
    if not asker:
        lending(actor)
    settled = await publisher.settle(receipt)

    assert (settled.stage, settled.refusal) == (Stage.REFUSED, "account_changed")
    assert confluence.pages == {}


async def undos(rows):
    listed = rows.list_newest(ADA.tenant, Wanted(action="undo"))
    return [row.entry.outcome async for row in listed]


async def test_an_undo_that_is_pressed_twice_is_recorded_once(
    claimed, publisher, stores, actor, confluence, clock
):
    done = await publisher.settle(await claimed())
    rows = MemoryAudit()
    memory = Memory(stores.receipts, stores.drafts, stores.preferences, auditor(rows))
    publisher = Publisher(actor, confluence, memory, clock, timedelta(minutes=10))

    await asyncio.gather(*(publisher.undo(ADA, done.decision.id) for _ in range(2)))

    assert await undos(rows) == ["done"]


async def test_an_undo_with_the_organisations_account_is_recorded_before_it_is_done(
    claimed, publisher, stores, actor, confluence, clock
):
    done = await publisher.settle(await claimed())
    lent = replace(done, decision=replace(done.decision, asker="Ada"))
    assert await stores.receipts.replace(done, lent)
    lending(actor)
    rows = MemoryAudit()
    memory = Memory(stores.receipts, stores.drafts, stores.preferences, auditor(rows))
    publisher = Publisher(actor, confluence, memory, clock, timedelta(minutes=10))
    insert, rows.insert = rows.insert, _fails

    with pytest.raises(Unavailable):
        await publisher.undo(ADA, done.decision.id)
    assert sent(confluence, "trash_page") == 0

    rows.insert = insert
    await publisher.undo(ADA, done.decision.id)
    assert sorted(await undos(rows)) == ["begun", "done"]
    assert sent(confluence, "trash_page") == 1


async def _fails(_row):
    raise Unavailable("the database")
