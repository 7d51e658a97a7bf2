import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.ask import Kind
from handlers.payloads import read_delivery

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
KINDS = st.sampled_from(
    [
        "block_actions",
        "block_suggestion",
        "view_submission",
        "view_closed",
        "shortcut",
        "message_action",
        "event_callback",
    ]
)
FIELDS = st.sampled_from(
    ["user", "team", "enterprise", "view", "actions", "event", "authorizations", "message"]
)


@given(KINDS, st.dictionaries(FIELDS, JSON))
def test_reads_anything_without_raising(kind, body):
    assert read_delivery({**body, "type": kind}) is not None


def press(user_team, team, enterprise=None):
    return read_delivery(
        {
            "type": "block_actions",
            "user": {"id": "U1", "team_id": user_team},
            "team": {"id": team},
            "enterprise": {"id": enterprise} if enterprise else None,
            "actions": [{"action_id": "x"}],
        }
    )


def test_an_organisation_in_place_of_the_workspace_is_no_stranger():
    assert press("E1", "T1", "E1").user_team == "T1"


def test_another_organisation_stays_one():
    assert press("E9", "T1", "E1").user_team == "E9"


def test_another_workspace_stays_one():
    assert press("T9", "T1", "E1").user_team == "T9"


def _said(**fields):
    event = {"type": "message", "channel_type": "im", "channel": "D1", "ts": "1.2", **fields}
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event}


class TestWhatPeopleWriteToTheBot:
    def test_is_read_with_the_thread_that_it_is_in(self):
        found = read_delivery(_said(user="U1", text="ENG", thread_ts="1.1"))
        assert (found.kind, found.name) == (Kind.EVENT, "message.im")
        assert (found.user_id, found.text) == ("U1", "ENG")
        assert (found.channel_id, found.thread) == ("D1", "1.1")

    def test_is_read_with_its_files(self):
        found = read_delivery(_said(user="U1", subtype="file_share", files=[{"id": "F1"}]))
        assert found.source["files"] == [{"id": "F1"}]

    def test_is_read_anew_where_its_person_has_edited_it(self):
        message = {"user": "U1", "text": "OPS", "thread_ts": "1.1", "edited": {"ts": "2"}}
        found = read_delivery(_said(subtype="message_changed", message=message))
        assert (found.user_id, found.text, found.thread) == ("U1", "OPS", "1.1")

    @pytest.mark.parametrize(
        "fields",
        [
            {"user": "U0", "bot_id": "B1", "text": "Which space?"},
            {"user": "U0", "app_id": "A1", "text": "Which space?"},
            {"subtype": "message_changed", "message": {"user": "U0", "bot_id": "B1", "edited": {}}},
            {"subtype": "message_changed", "message": {"user": "U1", "text": "unfurled"}},
            {"subtype": "message_deleted", "previous_message": {"user": "U1"}},
            {"subtype": "channel_join", "user": "U1"},
            {"user": "U1", "channel_type": "channel", "text": "not for us"},
            {"user": "U1", "channel_type": None},
            {"subtype": ["message_changed"], "message": "x"},
        ],
    )
    def test_is_told_from_everything_else(self, fields):
        assert read_delivery(_said(**fields)) is None


def test_a_mention_is_read_with_where_it_was_made():
    event = {"type": "app_mention", "user": "U1", "text": "<@U0> hi", "channel": "C1", "ts": "1.2"}
    found = read_delivery({"type": "event_callback", "team_id": "T1", "event": event})
    assert (found.name, found.user_id, found.channel_id) == ("app_mention", "U1", "C1")


def test_a_press_tells_all_of_what_was_pressed_and_under_which_message():
    action = {"action_id": "answer", "block_id": "b", "selected_date": "2026-12-03"}
    message = {"ts": "1.2", "thread_ts": "1.1"}
    body = {"type": "block_actions", "actions": [action], "message": message}
    found = read_delivery(body)
    assert found.action == action
    assert found.thread == "1.1"
