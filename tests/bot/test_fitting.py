import json

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.fitting import MOST_SHOWN, fitting
from sandbox.slack.blockkit import check_blocks

BUTTONS = {
    "type": "actions",
    "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Go"}}],
}
blocks = st.lists(
    st.one_of(
        st.just(BUTTONS),
        st.just({"type": "divider"}),
        st.integers(1, 3_000).map(
            lambda length: {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}
        ),
    ),
    max_size=50,
)


def shown(made):
    texts = [each for each in made if each["type"] != "actions"]
    return sum(len(json.dumps(each, ensure_ascii=False, separators=(",", ":"))) for each in texts)


def cuts(made):
    return [at for at, each in enumerate(made) if "Cut here" in json.dumps(each)]


@settings(deadline=None)
@given(blocks)
def test_what_is_posted_fits_keeps_its_order_and_everything_that_acts(given):
    made = fitting(given)
    left = [each for each in made if "Cut here" not in json.dumps(each)]
    assert shown(made) <= MOST_SHOWN
    assert made.count(BUTTONS) == given.count(BUTTONS)
    assert check_blocks(made) == []
    if not cuts(made):
        assert made == given
        assert shown(given) <= MOST_SHOWN
        return
    (at,) = cuts(made)
    assert made[:at] == given[:at]
    assert all(each == BUTTONS for each in made[at + 1 :])
    assert len(left) < len(given)
