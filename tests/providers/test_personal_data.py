"""What Atlassian answers to a report of accounts, read into our words."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.authorize import TokenRefused
from bot.content import Account, AccountId
from bot.errors import BotError, ProviderFault, Unavailable
from bot.ports import Judged, Known
from bot.providers import personal_data_wire as wire
from bot.providers.outgoing import Answer
from bot.providers.personal_data import AtlassianPersonalData
from tests.fakes import NOON, connection
from tests.providers.provider import hangs_up, html, says

CLOSED, UPDATED, FINE = AccountId("closed"), AccountId("updated"), AccountId("fine")
ALL = [Known(each, NOON) for each in (CLOSED, UPDATED, FINE)]
WEEK = timedelta(days=7)


@pytest.fixture
def personal(provider, outgoing, clock):
    return AtlassianPersonalData(outgoing, provider.url, clock)


async def test_a_report_names_each_account_and_its_time(provider, personal):
    provider.says[wire.PATH] = says(None, status=204)
    await personal.report(connection(), ALL)
    asked = provider.last
    assert asked.method == "POST"
    assert asked.headers["Authorization"] == "Bearer access-first"
    assert json.loads(asked.body) == {
        "accounts": [
            {"accountId": each, "updatedAt": "2030-01-01T12:00:00+00:00"}
            for each in (CLOSED, UPDATED, FINE)
        ]
    }


async def test_nothing_to_be_done_says_when_to_come_again(provider, personal):
    provider.says[wire.PATH] = says(None, status=204, headers={"Cycle-Period": "P3D"})
    judged = await personal.report(connection(), ALL)
    assert judged == Judged(frozenset(), frozenset(), timedelta(days=3))


async def test_accounts_are_told_apart_by_what_became_of_them(provider, personal):
    rows = [{"accountId": CLOSED, "status": "closed"}, {"accountId": UPDATED, "status": "updated"}]
    provider.says[wire.PATH] = says({"accounts": rows})
    judged = await personal.report(connection(), ALL)
    assert judged == Judged(frozenset({CLOSED}), frozenset({UPDATED}), WEEK)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_is_no_fault(provider, personal, status):
    provider.says[wire.PATH] = says({"message": "scope does not match"}, status=status)
    with pytest.raises(TokenRefused):
        await personal.report(connection(), ALL)


async def test_too_much_says_for_how_long(provider, personal):
    provider.says[wire.PATH] = says({}, status=429, headers={"Retry-After": "120"})
    with pytest.raises(Unavailable) as error:
        await personal.report(connection(), ALL)
    assert error.value.retry_after == 120


@pytest.mark.parametrize("answer", [says({}, status=500), says({}, status=503), hangs_up])
async def test_trouble_is_nobodys_fault(provider, personal, answer):
    provider.says[wire.PATH] = answer
    with pytest.raises(Unavailable):
        await personal.report(connection(), ALL)


@pytest.mark.parametrize(
    "answer",
    [
        html(),
        says({"accounts": None}),
        says([]),
        says({"accounts": [{"accountId": "a", "status": "on holiday"}]}),
        says({"accounts": [{"accountId": "", "status": "closed"}]}),
        says({}, status=400),
        says({}, status=302),
    ],
)
async def test_anything_else_is_a_fault(provider, personal, answer):
    provider.says[wire.PATH] = answer
    with pytest.raises(ProviderFault):
        await personal.report(connection(), ALL)


async def test_an_account_is_read_anew(provider, personal):
    provider.says["/me"] = says({"account_id": "ada", "name": "Ada King"})
    assert await personal.fetch(connection()) == Account(AccountId("ada"), "Ada King")
    provider.says["/me"] = says({}, status=401)
    with pytest.raises(TokenRefused):
        await personal.fetch(connection())


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("P7D", WEEK),
        ("P2W", timedelta(days=14)),
        ("P1DT12H", timedelta(days=1.5)),
        ("PT1H", wire.SHORTEST),
        ("P9999D", wire.LONGEST),
        ("P0D", WEEK),
        ("", WEEK),
        ("P", WEEK),
        ("7 days", WEEK),
        ("-P7D", WEEK),
    ],
)
def test_a_cycle_is_read_within_reason(said, meant):
    assert wire.cycle_of(said) == meant


@given(st.text("PTWDHMS0123456789 -", max_size=30) | st.text(max_size=30))
def test_whatever_a_cycle_says_it_is_a_day_to_a_month(said):
    assert wire.SHORTEST <= wire.cycle_of(said) <= wire.LONGEST


@given(st.integers(100, 599), st.binary(max_size=200), st.text(max_size=20))
def test_any_answer_is_read_or_refused_in_our_words(status, body, cycle):
    headers = {"content-type": "application/json", "cycle-period": cycle}
    try:
        judged = wire.read_report(connection(), Answer(status, headers, body), NOON)
    except BotError:
        return
    assert not judged.closed & judged.updated
