"""What a receipt says of how a decision ended."""

from dataclasses import replace

import pytest

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
from bot.publish import AccountChanged
from bot.receipt import Stage
from handlers.receipts import receipt_reply, receipt_view
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
    assert "Not published" not in words(receipt_view(ended(Stage.UNCLEAR)))
    assert receipt_view(ended(Stage.REFUSED))["title"]["text"] == "Not published"
