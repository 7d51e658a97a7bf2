import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot import document as doc
from bot.connection import Grant
from bot.content import Account, AccountId
from bot.document import Document
from bot.principal import Principal, Tenant
from bot.receipt import Act, Decision
from store.codec import Unreadable, dump, load
from tests.store.world import World

ADA = Principal(Tenant("T1"), "U1ADA")
TEXT = st.text(st.characters(), max_size=12)  # lone surrogates among them: Slack's JSON has them
MARKS = st.frozensets(st.sampled_from(["strong", "em", "strike", "code", "underline"]))
INLINE = st.one_of(
    st.builds(doc.Text, TEXT, MARKS),
    st.builds(doc.Link, TEXT, TEXT, MARKS),
    st.builds(doc.Mention, TEXT, TEXT, TEXT),
    st.builds(doc.Emoji, TEXT, TEXT),
    st.builds(doc.HardBreak),
    st.builds(doc.Date, st.dates()),
    st.builds(doc.Status, TEXT, st.sampled_from(["neutral", "red"])),
    st.builds(doc.Unknown, TEXT, TEXT),
)


def _tuples(of):
    return st.lists(of, max_size=3).map(tuple)


def _tasks(tasks):
    return st.builds(
        doc.TaskList, _tuples(st.builds(doc.Task, st.booleans(), _tuples(INLINE)) | tasks)
    )


def _nested(blocks):
    return st.one_of(
        st.builds(doc.BulletList, _tuples(st.builds(doc.Item, _tuples(blocks)))),
        st.builds(doc.OrderedList, _tuples(st.builds(doc.Item, _tuples(blocks))), st.integers()),
        st.builds(doc.Quote, _tuples(blocks)),
        st.builds(doc.Table, _tuples(_tuples(st.builds(doc.Cell, _tuples(blocks), st.booleans())))),
        st.builds(doc.Panel, st.sampled_from(["info", "error"]), _tuples(blocks)),
        st.builds(doc.Expand, TEXT, _tuples(blocks)),
    )


BLOCKS = st.recursive(
    st.one_of(
        st.builds(doc.Paragraph, _tuples(INLINE)),
        st.builds(doc.Heading, st.integers(1, 6), _tuples(INLINE)),
        st.builds(doc.CodeBlock, TEXT, TEXT),
        st.builds(doc.Rule),
        st.builds(doc.UnknownBlock, TEXT, TEXT),
        st.recursive(st.just(doc.TaskList()), _tasks, max_leaves=3),
    ),
    _nested,
    max_leaves=6,
)
DOCUMENTS = st.builds(Document, _tuples(BLOCKS))
GRANTS = st.builds(
    Grant,
    st.builds(SecretStr, TEXT),
    st.none() | st.builds(SecretStr, TEXT),
    st.datetimes(timezones=st.just(UTC)),
    st.frozensets(TEXT),
)


@given(DOCUMENTS)
def test_a_document_comes_back_as_it_was(document):
    assert load(Document, dump(document)) == document


@given(GRANTS)
def test_a_grant_comes_back_as_it_was(grant):
    assert load(Grant, dump(grant)) == grant


@given(DOCUMENTS, TEXT)
def test_a_decision_comes_back_as_it_was(document, title):
    decision = replace(World(ADA, None).decision, body=document, title=title)
    assert load(Decision, dump(decision)) == decision


# What version 1 wrote. A change that breaks this test breaks what is stored.
GOLDEN = (
    b'{"v":1,"of":{"is":"Document","blocks":['
    b'{"is":"Heading","level":2,"content":[{"is":"Text","text":"H\\u00e9","marks":["em","strong"]}]},'
    b'{"is":"Paragraph","content":[{"is":"Date","day":"2026-03-01"},{"is":"HardBreak"}]},'
    b'{"is":"TaskList","items":[{"is":"Task","done":true},{"is":"TaskList"}]},'
    b'{"is":"Rule"}]}}'
)
GOLDEN_DOCUMENT = Document(
    (
        doc.Heading(2, (doc.Text("Hé", frozenset({"strong", "em"})),)),
        doc.Paragraph((doc.Date(date(2026, 3, 1)), doc.HardBreak())),
        doc.TaskList((doc.Task(done=True), doc.TaskList())),
        doc.Rule(),
    )
)


def test_reads_and_writes_what_version_1_wrote():
    assert load(Document, GOLDEN) == GOLDEN_DOCUMENT
    assert dump(GOLDEN_DOCUMENT) == GOLDEN


def test_secrets_times_and_words_have_a_plain_form():
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    written = json.loads(dump(Grant(SecretStr("a"), None, at, frozenset({"b", "a"}))))
    assert written["of"] == {
        "is": "Grant",
        "access_token": "a",
        "refresh_token": None,
        "expires_at": "2026-03-01T12:00:00+00:00",
        "scopes": ["a", "b"],
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"v":2,"of":{"is":"Account","id":"a","name":"b"}}',
        b'{"v":1,"of":{"is":"Site","id":"a","name":"b"}}',
        b'{"v":1,"of":{"is":"Account","id":"a"}}',
        b'{"v":1,"of":{"is":"Account","id":"a","name":3}}',
        b'{"v":1,"of":{"is":"Account","id":"a","name":"b","more":"c"}}',
        b'{"v":1,"of":"Account"}',
    ],
)
def test_another_form_is_refused_without_repeating_it(data):
    with pytest.raises(Unreadable) as refused:
        load(Account, data)
    assert str(refused.value).startswith("a record of an unknown")


def test_reads_a_field_that_came_later_at_its_default():
    @dataclass(frozen=True)
    class Account:
        id: AccountId
        name: str
        act: Act = Act.DRAFT

    written = dump(World(None, None).account)
    assert load(Account, written).act is Act.DRAFT


def test_refuses_to_write_what_it_has_no_form_for():
    with pytest.raises(TypeError):
        dump(object())
