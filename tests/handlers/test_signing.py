import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.signing import GOOD_FOR, JUST_NOW, Judgement, Verifier
from sandbox.slack.delivery import signature

# https://docs.slack.dev/authentication/verifying-requests-from-slack
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
STAMP = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibI"
    b"GlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
NOW = float(STAMP)
NEW, REFUSED = Judgement.NEW, Judgement.REFUSED


@pytest.fixture
def verifier():
    return Verifier(SECRET)


def test_accepts_slacks_own_example(verifier):
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW) is NEW


def test_knows_a_replay_and_how_old_it_is(verifier):
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW) is NEW
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW + JUST_NOW) is Judgement.AGAIN
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW + JUST_NOW + 1) is REFUSED


def test_takes_again_what_it_was_told_to_forget(verifier):
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW) is NEW
    verifier.forget(SIGNATURE)
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW) is NEW


@pytest.mark.parametrize("late", [GOOD_FOR + 1, -GOOD_FOR - 1])
def test_refuses_a_stale_stamp(verifier, late):
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW + late) is REFUSED


@pytest.mark.parametrize("stamp", ["", "x", "1e9", "-1", "١٢٣", "9" * 400, "1531420618.0", " 1"])
def test_refuses_a_stamp_that_is_no_number(verifier, stamp):
    assert verifier.judge(stamp, SIGNATURE, BODY, NOW) is REFUSED


@pytest.mark.parametrize("signature", ["", "v0=", "v1" + SIGNATURE[2:], SIGNATURE + "0", "é" * 67])
def test_refuses_another_signature(verifier, signature):
    assert verifier.judge(STAMP, signature, BODY, NOW) is REFUSED


@given(st.text(), st.text(), st.binary())
def test_refuses_whatever_else_without_raising(stamp, signature, body):
    assert Verifier(SECRET).judge(stamp, signature, body, NOW) is REFUSED


def test_remembers_a_bounded_number():
    verifier = Verifier(SECRET, most=1)
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW) is NEW
    body = BODY + b"&more=1"
    signed = signature(SECRET, STAMP, body)
    assert verifier.judge(STAMP, signed, body, NOW) is NEW
    # The oldest was forgotten for the newer: bounded memory comes before it.
    assert verifier.judge(STAMP, SIGNATURE, BODY, NOW) is NEW
