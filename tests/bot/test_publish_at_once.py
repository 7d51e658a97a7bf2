"""One page for one decision where the server keeps no drafts (promise 8)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.compose import Composer, Form
from bot.content import Account, AccountId, PageStatus
from bot.course import Memory, TakenUp
from bot.document import Document, Mention, Paragraph, Task, TaskList, Text
from bot.documents import from_storage, to_storage
from bot.errors import BadInput, BotError, NotAllowed, TitleTaken, Unavailable, Unclear
from bot.making import MADE_LATE
from bot.profile import Mechanism, Provider
from bot.publish import Publisher
from bot.receipt import Act, Stage, message_of
from store.stores import memory_stores
from tests.fakes import (
    ACME,
    ADA,
    ENG,
    LOVELACE,
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
OTHER = Document((Paragraph((Text("Hello?"),)),))


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def stores(clock):
    stores = memory_stores(clock)
    here = replace(connect(), provider=Provider.DATA_CENTER, mechanism=Mechanism.PAT)
    await stores.connections.save(here)
    return stores


@pytest.fixture
def confluence(clock):
    return FakeConfluence(clock=clock)


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
    async def claim(body=TEXT):
        form = Form(ACME.cloud_id, ENG, "Plan", body, Act.PUBLISH)
        draft = (await composer.compose(ADA, form)).draft
        assert await publisher.claim(draft, "c0ffee00")
        return await stores.receipts.find(ADA, draft.decision.id)

    return claim


@pytest.fixture
def again(stores, clock):
    """What whoever takes the receipt up later finds."""

    async def find(receipt, **passed):
        clock.pass_by(**passed)
        return await stores.receipts.find(ADA, receipt.decision.id)

    return find


def current(confluence):
    return [t.page for t in confluence.pages.values() if t.page.status is PageStatus.CURRENT]


def sent(confluence, method="create_page"):
    return len([1 for name, _ in confluence.asked if name == method])


def put(confluence, clock, document=TEXT, account=LOVELACE.id, *, message="", version=1, **before):
    """Put a page of that title there, as another one has made it."""
    standing = replace(page(7, "Plan"), version_message=message, version=version)
    made = confluence.add(standing, document)
    confluence.made[made.id] = (account, clock() - timedelta(**before))
    return made


async def test_a_page_is_made_in_one_step(publisher, claimed, confluence):
    receipt = await claimed()
    done = await publisher.settle(receipt)
    assert (done.stage, len(current(confluence))) == (Stage.DONE, 1)
    assert done.page_id == current(confluence)[0].id
    assert confluence.asked[-1] == (
        "create_page",
        (ENG.id, "Plan", None, message_of(receipt.decision)),
    )


async def test_a_lost_answer_is_settled_by_looking(publisher, claimed, confluence):
    confluence.fails_after["create_page"] = Unclear("Confluence")
    done = await publisher.settle(await claimed())
    assert done.stage is Stage.DONE
    assert sent(confluence) == len(current(confluence)) == 1


async def test_a_page_that_comes_late_is_found_by_whoever_looks_later(
    publisher, claimed, confluence, clock, again
):
    confluence.fails["create_page"] = Unclear("Confluence")
    receipt = await claimed()
    with pytest.raises(Unclear):
        await publisher.settle(receipt)
    late = await again(receipt, seconds=60)
    with pytest.raises(Unclear):
        await publisher.settle(late)
    put(confluence, clock)
    done = await publisher.settle(await again(receipt, seconds=29))
    assert (done.stage, done.page_id, sent(confluence)) == (Stage.DONE, "7", 1)


async def test_nothing_was_written_is_said_after_a_minute_and_a_half(
    publisher, claimed, confluence, again
):
    confluence.fails["create_page"] = Unclear("Confluence")
    receipt = await claimed()
    with pytest.raises(Unclear):
        await publisher.settle(receipt)
    ended = await publisher.settle(await again(receipt, seconds=MADE_LATE.total_seconds()))
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, Unavailable.code)
    assert sent(confluence) == 1


@pytest.mark.parametrize("went_through", [True, False])
async def test_a_crash_before_the_answer_is_settled_without_sending_again(
    publisher, claimed, confluence, clock, stores, again, went_through
):
    receipt = await claimed()
    await stores.receipts.replace(receipt, replace(receipt, stage=Stage.SENDING, sent=1))
    if went_through:
        put(confluence, clock)
    ended = await publisher.settle(await again(receipt, seconds=91))
    assert ended.stage is (Stage.DONE if went_through else Stage.REFUSED)
    assert sent(confluence) == 0


async def test_a_crash_between_the_answer_and_our_note_is_settled_by_looking(
    publisher, claimed, confluence, again, stores
):
    """The page is there and the receipt stands as it was before the answer."""
    receipt = await claimed()
    under_way = await stores.receipts.replace(
        receipt, replace(receipt, stage=Stage.SENDING, sent=1)
    )
    await confluence.create_page(
        connect(), ACME, ENG, "Plan", TEXT, None, message_of(receipt.decision)
    )
    done = await publisher.settle(under_way)
    assert (done.stage, len(current(confluence))) == (Stage.DONE, 1)


async def test_two_replicas_make_one_page(publisher, claimed, confluence):
    receipt = await claimed()
    await publisher.settle(receipt)
    with pytest.raises(TakenUp):
        await publisher.settle(receipt)
    assert sent(confluence) == len(current(confluence)) == 1


@pytest.mark.parametrize(
    "there",
    [
        {"document": OTHER},
        {"account": AccountId("bob")},
        {"seconds": 1},
        {"message": "Written in Slack with Confab for Bob · abcdefgh"},
    ],
    ids=["another text", "another account", "before the claim", "another decision"],
)
@pytest.mark.parametrize("error", [Unclear("Confluence"), TitleTaken("taken")])
async def test_a_page_that_is_not_ours_is_a_clash(
    publisher, claimed, confluence, clock, there, error
):
    receipt = await claimed()
    put(confluence, clock, **there)
    confluence.fails["create_page"] = error
    ended = await publisher.settle(receipt)
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, TitleTaken.code)
    assert ended.page_id is None


class Messageless(FakeConfluence):
    """A server that keeps no message with a first version."""

    async def create_page(self, connection, site, space, title, body, parent, message, **how):
        return await super().create_page(connection, site, space, title, body, parent, "", **how)


@pytest.mark.parametrize("kind", [FakeConfluence, Messageless])
async def test_two_who_decide_the_same_under_the_organisations_account_claim_no_page_twice(
    actor, stores, clock, kind
):
    confluence = kind(clock=clock)
    memory = Memory(stores.receipts, stores.drafts, stores.preferences, auditor())
    publisher = Publisher(actor, confluence, memory, clock, timedelta(minutes=10))
    composer = Composer(actor, confluence, stores.drafts, clock)
    receipts = []
    for _ in range(2):
        form = Form(ACME.cloud_id, ENG, "Plan", TEXT, Act.PUBLISH)
        draft = (await composer.compose(ADA, form)).draft
        draft = replace(draft, decision=replace(draft.decision, asker="Ada"))
        assert await publisher.claim(draft, "c0ffee00")
        receipts.append(await stores.receipts.find(ADA, draft.decision.id))
    lending(actor)
    confluence.fails_after["create_page"] = Unclear("Confluence")

    first = await publisher.settle(receipts[0])
    second = await publisher.settle(receipts[1])

    assert (first.stage, second.stage) == (Stage.DONE, Stage.REFUSED)
    assert (second.refusal, second.page_id) == (TitleTaken.code, None)
    assert len(current(confluence)) == 1


async def test_a_page_that_was_changed_since_is_told_by_what_it_says(
    publisher, claimed, confluence, clock
):
    receipt = await claimed()
    put(confluence, clock, message="Moved a comma and back", version=3)
    confluence.fails["create_page"] = Unclear("Confluence")
    assert (await publisher.settle(receipt)).stage is Stage.DONE


async def test_a_clash_that_somebody_between_us_caused_by_sending_twice_is_none(
    publisher, claimed, confluence
):
    confluence.fails_after["create_page"] = TitleTaken("taken")
    assert (await publisher.settle(await claimed())).stage is Stage.DONE


@pytest.mark.parametrize("error", [NotAllowed("no"), Unavailable("Confluence"), BadInput("no")])
async def test_a_refusal_is_final_and_says_why(publisher, claimed, confluence, error):
    confluence.fails["create_page"] = error
    ended = await publisher.settle(await claimed())
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, error.code)
    assert sent(confluence, "find_written") == 0


async def test_what_cannot_be_looked_up_stays_unclear(publisher, claimed, confluence, again):
    confluence.fails["create_page"] = Unclear("Confluence")
    confluence.fails["find_written"] = Unavailable("Confluence")
    receipt = await claimed()
    with pytest.raises(Unclear):
        await publisher.settle(receipt)
    ended = await publisher.settle(await again(receipt, seconds=91))
    assert (ended.stage, sent(confluence)) == (Stage.UNCLEAR, 1)


async def test_the_text_is_compared_as_storage_carries_it(publisher, claimed, confluence, clock):
    """A mention loses its name on the way there and back, and its white space."""
    said = (Text("For  "), Mention("key1", "Bob"))
    body = Document((Paragraph(said), TaskList((Task(done=False, content=(Text("Ring"),)),))))
    receipt = await claimed(body)
    confluence.fails["create_page"] = Unclear("Confluence")
    put(confluence, clock, from_storage(to_storage(receipt.decision.body)))
    assert (await publisher.settle(receipt)).stage is Stage.DONE


async def test_it_is_sent_long_before_somebody_says_that_it_wasnt(
    publisher, claimed, confluence, clock
):
    make, times = confluence.create_page, []

    async def made(connection, *args, **how):
        times.append(connection.writes_until - clock())
        return await make(connection, *args, **how)

    confluence.create_page = made
    assert (await publisher.settle(await claimed())).stage is Stage.DONE
    assert times == [MADE_LATE / 2]


async def test_what_was_made_at_once_can_be_undone(publisher, claimed, confluence):
    done = await publisher.settle(await claimed())
    undone = await publisher.undo(ADA, done.decision.id)
    assert undone.undone_at is not None
    assert current(confluence) == []


async def test_no_draft_is_promised_where_there_are_none(composer):
    form = Form(ACME.cloud_id, ENG, "Plan", TEXT, Act.DRAFT)
    with pytest.raises(BadInput, match="no drafts"):
        await composer.compose(ADA, form)


async def test_another_account_makes_nothing(publisher, claimed, confluence, stores):
    receipt = await claimed()
    other = replace(
        connect(), provider=Provider.DATA_CENTER, account=Account(AccountId("bob"), "Bob")
    )
    await stores.connections.save(other)
    ended = await publisher.settle(receipt)
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, "account_changed")
    assert sent(confluence) == 0


@pytest.mark.parametrize("broken", ["create_page", "find_page_by_title", "find_written"])
@pytest.mark.parametrize("went_through", [True, False])
async def test_never_a_second_page_wherever_it_breaks(
    publisher, claimed, confluence, again, went_through, broken
):
    """Whoever takes it up again and again, at any time, ends with one page or none."""
    receipt = await claimed()
    (confluence.fails_after if went_through else confluence.fails)["create_page"] = Unclear("C")
    if broken != "create_page":
        confluence.fails[broken] = Unavailable("Confluence")
    for seconds in (0, 60, 20, 20, 60, 3600):
        found = await again(receipt, seconds=seconds)
        try:
            await publisher.settle(found)
        except BotError:
            continue
        confluence.fails.pop(broken, None)
    assert sent(confluence) == 1
    assert len(current(confluence)) == (1 if went_through else 0)
