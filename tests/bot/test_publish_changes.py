"""One version for one decision that changes a page, whatever happens; and its taking back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.act import Actor
from bot.authorize import Authorizer
from bot.content import PageId
from bot.course import Memory, TakenUp
from bot.document import Document, Heading, Paragraph, Placement, Storage, Text
from bot.documents import text_of
from bot.errors import Changed, NotAllowed, TitleTaken, Unavailable, Unclear
from bot.principal import mint_token
from bot.publish import Publisher
from bot.receipt import Act, Decision, DecisionId, Stage, message_of, undo_message_of
from store.stores import memory_stores
from tests.fakes import (
    ACME,
    ADA,
    BOB,
    ENG,
    LOVELACE,
    FakeClock,
    FakeConfluence,
    FakeConsentServer,
    auditor,
    connection,
    issuers,
    own_credentials,
    page,
)

SAID = Document((Heading(1, (Text("Plan"),)), Paragraph((Text("Old."),))))
NEW = Document((Paragraph((Text("New."),)),))
CHANGES = {
    Act.APPEND: {},
    Act.UPDATE: {"title": "Renamed", "old_title": "Release checklist"},
    Act.SECTION: {"section": "Plan", "placement": Placement.REPLACE},
    Act.RESTORE_VERSION: {"version": 1},
}
METHODS = {
    Act.APPEND: "append",
    Act.UPDATE: "update_page",
    Act.SECTION: "update_section",
    Act.RESTORE_VERSION: "restore_version",
}
AFTER = {
    Act.APPEND: "Plan\nOld.\nNew.",
    Act.UPDATE: "New.",
    Act.SECTION: "Plan\nNew.",
    Act.RESTORE_VERSION: "First.",
}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def stores(clock):
    stores = memory_stores(clock)
    await stores.connections.save(connection())
    return stores


@pytest.fixture
def confluence():
    confluence = FakeConfluence()
    confluence.add(page(), Document((Paragraph((Text("First."),)),)))
    confluence.add(replace(page(), version=2), SAID)
    return confluence


@pytest.fixture
def publisher(stores, confluence, clock):
    authorizer = Authorizer(stores.connections, issuers(FakeConsentServer()), clock)
    credentials = own_credentials(stores.connections)
    actor = Actor(authorizer, stores.connections, stores.preferences, credentials)
    memory = Memory(stores.receipts, stores.drafts, stores.preferences, auditor())
    return Publisher(actor, confluence, memory, clock, timedelta(minutes=10))


def decided(act, body=NEW, base=2, **changes):
    return Decision(
        DecisionId(mint_token(ADA.tenant)),
        act,
        ADA,
        "system",
        LOVELACE,
        ACME,
        ENG,
        **{"title": "Release checklist", **CHANGES[act], **changes},
        body=body,
        page_id=PageId("1"),
        page_url=page().url,
        base_version=base,
    )


def now(confluence):
    return confluence.pages[PageId("1")]


def sent(confluence, act):
    return len([1 for name, _ in confluence.asked if name == METHODS[act]])


@pytest.mark.parametrize("act", CHANGES)
async def test_changes_a_page_once_however_often_it_is_asked_to(publisher, confluence, act):
    decision = decided(act)
    for _ in range(3):
        done = await publisher.write(decision, "c0ffee00")
        assert (done.stage, done.told) == (Stage.DONE, True)
    assert text_of(now(confluence).document) == AFTER[act]
    assert now(confluence).page.version == 3
    assert now(confluence).page.version_message == message_of(decision)


@pytest.mark.parametrize("act", CHANGES)
async def test_an_unclear_change_is_settled_by_its_version_message(publisher, confluence, act):
    confluence.fails_after[METHODS[act]] = Unclear("Confluence")
    done = await publisher.write(decided(act), "c0ffee00")
    assert done.stage is Stage.DONE
    assert sent(confluence, act) == 1


@pytest.mark.parametrize("act", CHANGES)
async def test_one_that_never_arrived_is_sent_again_and_not_for_ever(publisher, confluence, act):
    confluence.fails[METHODS[act]] = Unclear("Confluence")
    ended = await publisher.write(decided(act), "c0ffee00")
    assert ended.stage is Stage.UNCLEAR
    assert sent(confluence, act) == 3
    assert now(confluence).page.version == 2


@pytest.mark.parametrize("act", CHANGES)
async def test_a_page_that_has_moved_on_is_left_alone(publisher, confluence, act):
    ended = await publisher.write(decided(act, base=1), "c0ffee00")
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, Changed.code)
    assert now(confluence).page.version == 2


@pytest.mark.parametrize("error", [NotAllowed("no"), Unavailable("Confluence"), TitleTaken("x")])
async def test_a_refused_change_says_why(publisher, confluence, error):
    confluence.fails["update_page"] = error
    ended = await publisher.write(decided(Act.UPDATE), "c0ffee00")
    assert (ended.stage, ended.refusal) == (Stage.REFUSED, error.code)


@pytest.mark.parametrize("act", CHANGES)
async def test_undo_puts_back_what_it_said_and_was_called(publisher, confluence, act):
    decision = decided(act)
    await publisher.write(decision, "c0ffee00")
    undone = await publisher.undo(ADA, decision.id)
    assert undone.undone_at is not None
    assert text_of(now(confluence).document) == "Plan\nOld."
    assert now(confluence).page.title == "Release checklist"
    assert now(confluence).page.version_message == undo_message_of(decision)


async def test_undo_goes_on_where_it_broke_off(publisher, confluence):
    decision = decided(Act.UPDATE)
    await publisher.write(decision, "c0ffee00")
    confluence.fails["get_storage"] = Unavailable("Confluence")
    with pytest.raises(Unavailable):
        await publisher.undo(ADA, decision.id)
    confluence.fails.clear()
    await publisher.undo(ADA, decision.id)
    assert (now(confluence).page.title, now(confluence).page.version) == ("Release checklist", 5)


async def test_undo_leaves_what_somebody_changed_since(publisher, confluence):
    decision = decided(Act.APPEND)
    await publisher.write(decision, "c0ffee00")
    await confluence.append(None, ACME, PageId("1"), NEW, base=3, message="by Bob")
    with pytest.raises(Changed):
        await publisher.undo(ADA, decision.id)
    assert now(confluence).page.version == 4


async def test_undo_of_several_leaves_what_somebody_changed_in_between(publisher, confluence):
    first, second = decided(Act.APPEND), decided(Act.APPEND, base=4)
    await publisher.write(first, "c0ffee00")
    await confluence.append(None, ACME, PageId("1"), NEW, base=3, message="by Bob")
    await publisher.write(second, "c0ffee00")
    with pytest.raises(Changed):
        await publisher.undo_all(ADA, (first.id, second.id))


async def test_nobody_elses_decision_is_written_or_undone(publisher, confluence):
    decision = decided(Act.APPEND)
    await publisher.write(decision, "c0ffee00")
    with pytest.raises(TakenUp):
        await publisher.write(replace(decision, principal=BOB), "c0ffee00")
    with pytest.raises(NotAllowed):
        await publisher.undo(BOB, decision.id)
    assert sent(confluence, Act.APPEND) == 1


async def test_a_body_in_storage_format_is_written_to_the_letter(publisher, confluence):
    markup = "<p>New <ac:structured-macro ac:name='toc' /></p>"
    await publisher.write(decided(Act.UPDATE, body=Storage(markup)), "c0ffee00")
    assert confluence.storages[PageId("1")] == markup
