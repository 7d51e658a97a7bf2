import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.courtesies import without_courtesies

POLITE = st.lists(
    st.sampled_from(["please", "Could you", "I'd like to", ",", "thanks", "now", "skip", "!", " "])
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Please, could you write a note?", "write a note"),
        ("I’d like to go back, please!", "go back"),
        ("Hi! Can we skip it, thank you", "skip it"),
        ("let's see", "see"),
        ("pleased to meet you", "pleased to meet you"),
        ("Write “please”", "Write “please”"),
        ("please", ""),
    ],
)
def test_what_says_nothing_is_left_away(said, meant):
    assert without_courtesies(said) == meant


@given(st.text() | POLITE.map(" ".join))
def test_nothing_is_added_and_all_of_it_is_taken_at_once(said):
    meant = without_courtesies(said)
    assert meant in said
    assert without_courtesies(meant) == meant


@pytest.mark.parametrize("said", ["please " * 280, ", " * 999, "x" + " please" * 280, "a" * 9_000])
def test_a_long_text_is_read_at_once(said):
    assert without_courtesies(said) in said
