from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import cql
from bot.act import Actor
from bot.authorize import Authorizer
from bot.content import Account, AccountId
from bot.errors import Ambiguous, BadInput, NotFound
from bot.search import Searcher, read_query, unescape, unmarked, with_author
from store.memory import MemoryConnections, MemoryPreferences
from tests.fakes import (
    ADA,
    BOB,
    NOON,
    FakeClock,
    FakeConfluence,
    FakeConsentServer,
    auditor,
    connection,
    issuers,
    own_credentials,
)


@pytest.fixture
def confluence():
    return FakeConfluence()


@pytest.fixture
def connections():
    return MemoryConnections(FakeClock())


@pytest.fixture
async def searcher(confluence, connections):
    await connections.save(connection())
    clock = FakeClock()
    authorizer = Authorizer(connections, issuers(FakeConsentServer()), clock)
    return Searcher(
        Actor(authorizer, connections, MemoryPreferences(), own_credentials(connections)),
        confluence,
        auditor(),
        clock,
    )


def asked(confluence):
    return [str(what) for method, what in confluence.asked if method == "search"]


def test_reads_words_phrases_and_filters():
    wanted = read_query('release "go live" in:ENG,OPS by:me type:blog label:a since:7d', NOON)
    assert wanted.words == ("release",)
    assert wanted.phrases == ("go live",)
    assert wanted.spaces == ("ENG", "OPS")
    assert wanted.kinds == ("blogpost",)
    assert wanted.labels == ("a",)
    assert wanted.author == "me"
    assert wanted.since == NOON - timedelta(days=7)


def test_reads_curly_quotes_as_straight_ones():
    assert read_query("“go live”", NOON).phrases == ("go live",)


def test_reads_a_mention():
    assert read_query("by:<@U0BOB|bob> x", NOON).member == "U0BOB"


def test_reads_raw_cql():
    assert read_query('cql: title ~ "a" &amp; b', NOON).raw == 'title ~ "a" & b'


def test_a_word_with_a_colon_is_a_word():
    assert read_query("http://a.example release:2", NOON).words == ("http://a.example", "release:2")


@pytest.mark.parametrize(
    "text", ["type:poem", "since:soon", "since:2026-13-01", 'in:""', "since:9999y", 'by:""']
)
def test_refuses_a_filter_that_cannot_be_meant(text):
    with pytest.raises(BadInput):
        read_query(text, NOON)


@given(st.text())
def test_reads_anything_or_says_what_is_wrong(text):
    with suppress(BadInput):
        read_query(text, NOON)


def test_takes_the_marks_out_of_a_title():
    assert unmarked("@@@hl@@@Release@@@endhl@@@ &amp; more") == "Release & more"


def test_gives_links_and_entities_back_as_typed():
    typed = "<https://a.example/x|a.example/x> <#C1|general> &lt;b&gt; &amp;amp;"
    assert unescape(typed) == "https://a.example/x general <b> &amp;"


def test_picks_the_author_in_place_of_the_name():
    picked = read_query(with_author('x by:"Ann Lee" in:ENG', "id:1"), NOON)
    assert picked.author == "account=id:1"
    assert picked.words == ("x",)
    assert picked.spaces == ("ENG",)


async def test_nothing_to_search_for_is_said(searcher):
    with pytest.raises(BadInput, match="what to look for"):
        await searcher.search(ADA, "+-&&||")


async def test_by_me_means_my_own_account(searcher, confluence):
    await searcher.search(ADA, "release by:me")
    assert 'creator = "ada"' in asked(confluence)[0]


async def test_by_a_colleague_means_their_connections_account(searcher, confluence, connections):
    await connections.save(connection(BOB))
    await searcher.search(ADA, f"x by:<@{BOB.user_id}|bob>")
    assert "creator" in asked(confluence)[0]
    assert [m for m, _ in confluence.asked if m == "find_people"] == []


async def test_by_a_name_asks_when_several_match(searcher, confluence):
    confluence.people = [Account(AccountId("1"), "Ann A"), Account(AccountId("2"), "Ann B")]
    with pytest.raises(Ambiguous) as caught:
        await searcher.search(ADA, "x by:ann")
    assert caught.value.choices == (("1", "Ann A"), ("2", "Ann B"))


async def test_by_nobody_is_said(searcher):
    with pytest.raises(NotFound, match="goes by"):
        await searcher.search(ADA, "x by:nobody")


@given(st.text(min_size=1))
def test_no_input_becomes_an_operator(text):
    clause = cql.text_matches(" ".join(read_words(text)))
    if clause is not None:
        assert clause.text.startswith('text ~ "')
        assert clause.text.endswith('"')
        assert '"' not in clause.text[8:-1].replace('\\"', "").replace("\\\\", "")


def read_words(text):
    try:
        return read_query(text, NOON).words
    except BadInput:
        return ()
