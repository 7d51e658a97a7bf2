import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given

from bot.document import Document, Paragraph, Task, TaskList, Text
from bot.values import (
    MAX_BYTES,
    Thing,
    dump_value,
    load_value,
    measured,
    size_of,
    text_of_value,
)
from tests.bot.documents_given import steady
from tests.bot.values_given import values


def through_json(value):
    return load_value(json.loads(json.dumps(dump_value(value))))


@steady
@given(values)
def test_a_value_comes_back_as_it_was(value):
    assert through_json(value) == value


def test_true_stays_true_and_one_stays_one():
    assert repr(through_json((True, 1, 1.0, "1"))) == "(True, 1, 1.0, '1')"


def test_a_time_is_no_day_when_it_comes_back():
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert through_json((noon, noon.date())) == (noon, date(2026, 11, 20))
    assert type(through_json(noon)) is datetime


@pytest.mark.parametrize(
    "written",
    [
        {"is": "Popen", "args": "true"},
        {"is": "object"},
        {"is": "Text", "text": "x", "__class__": "y"},
        {"is": "Thing", "kind": "page"},
        {"is": "Thing", "kind": "page", "label": "x", "fields": 5},
        {"is": "Heading"},
        {"is": "date", "day": "soon"},
        {"is": ["Text"]},
        {"no": "kind"},
        [[{"is": None}]],
    ],
)
def test_what_was_never_written_is_no_value(written):
    with pytest.raises(ValueError, match=r"no value|Invalid isoformat"):
        load_value(written)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (3, "3"),
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        ("as it is ", "as it is "),
        (date(2026, 11, 2), "2 November 2026"),
        (datetime(2026, 11, 2, 9, 5, tzinfo=UTC), "2 November 2026, 09:05 UTC"),
        (datetime(2026, 11, 2, 9, 5), "2 November 2026, 09:05"),  # noqa: DTZ001
        (Thing("page", "Release notes", {"id": "1"}), "Release notes"),
        (Document((Paragraph((Text("One"),)), Paragraph((Text("Two"),)))), "One\nTwo"),
        (("a", "", None, ("b", Thing("page", "c"))), "a, b, c"),
        ((), ""),
    ],
)
def test_a_value_reads_as_people_write_it(value, text):
    assert text_of_value(value) == text


@steady
@given(values)
def test_any_value_has_a_text_and_a_size(value):
    assert len(text_of_value(value).encode(errors="surrogatepass")) <= MAX_BYTES
    assert size_of(value) > 0


def test_the_text_of_a_large_value_is_cut_and_no_more_of_it_is_read():
    words = "x" * 1_000
    text = text_of_value((words,) * 10_000_000)
    assert text.endswith("…")
    assert len(text.encode()) <= MAX_BYTES


def test_a_size_counts_every_word_of_a_document_and_of_a_thing():
    document = Document((TaskList((Task(done=False, content=(Text("x" * 500),)),)),))
    thing = Thing("page", "y" * 100, {"body": document, "tags": ("z" * 50,)})
    assert 650 < size_of(thing) < 900


def test_what_is_nested_deeper_than_the_stack_can_still_be_measured():
    value = ()
    for _ in range(10_000):
        value = (value,)
    assert max(depth for _, depth in measured(value)) == 10_000
    assert text_of_value(value) == ""
