"""Promise 18: what happened, what is safe and what to do, whatever went wrong."""

import pytest

from bot.connect import End, Ended
from bot.errors import (
    BadInput,
    Changed,
    NotFound,
    ProviderFault,
    SealBroken,
    Unavailable,
    UserError,
)
from handlers.replies import apology, words_for
from store.codec import Unreadable

ASKED_FOR = (
    "It isn't there. Nothing was changed. Look whether it is written as you meant it, "
    "then try again."
)


@pytest.mark.parametrize("provider", ["Slack", "Confluence", "Atlassian"])
def test_whoever_answered_oddly_is_named(provider):
    words = words_for(ProviderFault("odd", provider=provider))
    assert words.startswith(f"{provider} answered in a way I don't understand.")


@pytest.mark.parametrize("kind", [SealBroken, Unreadable, ProviderFault])
def test_what_cannot_be_read_is_blamed_on_nobody_else(kind):
    words = words_for(kind("odd"))
    assert words.startswith("I came upon something that I can't read. Nothing of yours was lost.")


def test_a_sentence_begins_with_a_capital():
    assert words_for(Unavailable("the database")).startswith("The database isn't answering")


@pytest.mark.parametrize("end", End)
def test_consent_that_ends_in_slack_is_no_crash(end):
    shown = apology(Ended(end), "c0ffee")
    assert "come to its end. Nothing was connected" in shown.text
    assert "consent_ended · c0ffee" in str(shown.blocks)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            NotFound("It isn't there."),
            ASKED_FOR,
        ),
        (
            BadInput("That is too long. Say it in fewer words."),
            "That is too long. Say it in fewer words. Nothing was changed.",
        ),
        (
            Changed("It has moved on. Nothing more was written."),
            "It has moved on. Nothing more was written. Look at it as it is now, then try again.",
        ),
        (
            BadInput("There is nothing to see."),
            "There is nothing to see. Nothing was changed. Put it differently, then try again.",
        ),
        (
            NotFound("It isn't visible. Your text is safe: go back and choose another title."),
            "It isn't visible. Your text is safe: go back and choose another title.",
        ),
        (UserError("No."), "No. Nothing was changed. Try again in another way."),
    ],
)
def test_a_message_is_completed_with_what_it_leaves_unsaid(error, words):
    assert words_for(error) == words
