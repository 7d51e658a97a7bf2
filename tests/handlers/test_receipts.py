"""What a receipt says of how a decision ended."""

from dataclasses import replace

import pytest

from bot.content import PageId
from bot.course import AccountChanged
from bot.errors import (
    BadInput,
    Changed,
    ConsentRequired,
    NotAllowed,
    NotFound,
    ProfileBroken,
    ProviderFault,
    QuotaSpent,
    ScopeMissing,
    SiteRequired,
    TitleTaken,
    Unavailable,
)
from bot.receipt import Act, Stage
from handlers.receipts import receipt_reply, receipt_view, undone
from sandbox.person import words
from tests.fakes import ADA, NOON
from tests.store.world import World

REFUSALS = (
    AccountChanged,
    BadInput,
    Changed,
    ConsentRequired,
    NotAllowed,
    NotFound,
    ProfileBroken,
    ProviderFault,
    QuotaSpent,
    ScopeMissing,
    SiteRequired,
    TitleTaken,
    Unavailable,
)


def ended(stage, refusal=""):
    return replace(World(ADA, NOON).receipt, stage=stage, refusal=refusal)


def said(receipt):
    return receipt_reply(receipt, can_undo=False).blocks[0]["text"]["text"]


@pytest.mark.parametrize("error", REFUSALS)
def test_every_refusal_has_words_of_its_own(error):
    receipt = ended(Stage.REFUSED, error.code)
    others = {said(ended(Stage.REFUSED, other.code)) for other in REFUSALS if other is not error}
    assert said(receipt) not in others
    assert "Confluence didn't take it" not in said(receipt)


def test_another_account_is_not_told_as_a_right_that_is_missing():
    account = World(ADA, NOON).decision.account.name
    assert f"you confirmed it as *{account}*" in said(ended(Stage.REFUSED, AccountChanged.code))


def test_what_is_unclear_is_not_called_unpublished():
    unclear = receipt_view(ended(Stage.UNCLEAR), can_undo=False)
    assert "Not published" not in words(unclear)
    refused = receipt_view(ended(Stage.REFUSED), can_undo=False)
    assert refused["title"]["text"] == "Not published"


@pytest.mark.parametrize(
    ("act", "can_undo", "beside"),
    [
        (Act.PUBLISH, True, "*Undo* and *Share here*"),
        (Act.PUBLISH, False, "*Share here*"),
        (Act.APPEND, False, "*Share here*"),
        (Act.DRAFT, True, "*Undo*"),
        (Act.DRAFT, False, ""),
    ],
)
def test_the_modal_names_what_the_message_offers(act, can_undo, beside):
    done = ended(Stage.DONE)
    done = replace(done, page_id=PageId("9"), decision=replace(done.decision, act=act))
    shown = words(receipt_view(done, can_undo=can_undo))
    told = shown.partition("You'll find ")[2].partition(" beside this")[0]
    assert told == beside
    offered = [
        each["text"]["text"]
        for block in receipt_reply(done, can_undo=can_undo).blocks
        for each in block.get("elements", ())
        if each["type"] == "button" and "url" not in each
    ]
    assert offered == [each.strip("*") for each in beside.split(" and ") if each]


def test_nobody_is_sent_to_a_draft_of_the_organisations_account():
    refused = replace(ended(Stage.REFUSED), page_id=PageId("9"), page_url="https://x/9", sent=2)
    lent = replace(refused, decision=replace(refused.decision, asker="Bob"))

    assert "for you alone" in said(refused)
    for told in (said(lent), words(receipt_view(lent, can_undo=False))):
        assert "which nobody else sees" in told
        assert not [each for each in ("https://x/9", "you alone", "your drafts") if each in told]


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize(
    ("asker", "whose"), [("", ", your own account"), ("Bob", "with the organisation's account")]
)
def test_however_it_ended_it_is_said_whose_account_was_used(act, asker, whose):
    for stage in (Stage.DONE, Stage.REFUSED, Stage.UNCLEAR):
        receipt = ended(stage)
        decision = replace(receipt.decision, act=act, asker=asker)
        receipt = replace(receipt, decision=decision)
        assert whose in said(receipt)
        assert f"*{decision.account.name}*" in said(receipt)
        assert whose in words(receipt_view(receipt, can_undo=False))
        assert whose in str(undone(receipt).blocks)
