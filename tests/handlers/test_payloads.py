from hypothesis import given
from hypothesis import strategies as st

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
