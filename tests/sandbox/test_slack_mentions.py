from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.slack import data
from sandbox.slack.composing import Composer
from sandbox.slack.mentions import escaped, linked, pings
from tests.sandbox.slack_stage import stage

texts = st.text() | st.lists(
    st.sampled_from(["<!channel>", "<@U0BOB>", "@bob", "#eng", "&", "<", ">", "|", "&lt;", " "])
).map("".join)


@given(texts)
def test_nobody_is_notified_by_what_is_escaped(text):
    assert pings(escaped(text), [{"type": "mrkdwn", "text": escaped(text)}]) == []


@given(texts)
def test_what_is_escaped_can_be_read_again(text):
    assert unescape(escaped(text).replace("&amp;", "&#38;")) == unescape(text.replace("&", "&#38;"))


@given(texts)
def test_only_people_who_are_there_are_linked(text):
    found = pings(linked(text, data.people().values(), data.channels().values()), [])
    assert set(found) <= set(data.people())


@pytest.mark.parametrize("typed", ["@bob", "@Bob", "(@BOB)"])
def test_people_are_mentioned_in_capitals_too(typed):
    people, channels = data.people().values(), data.channels().values()
    assert pings(linked(typed, people, channels), []) == ["U0BOB"]
    assert pings("", Composer(people, channels).blocks(typed)) == ["U0BOB"]


def test_mentions_are_found_wherever_they_notify():
    blocks = [
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "<!subteam^S1|team> <@U1>"}]},
        {"type": "markdown", "text": "<!here>"},
        {"type": "rich_text", "elements": [{"type": "user", "user_id": "U2"}]},
        {"type": "rich_text", "elements": [{"type": "broadcast", "range": "channel"}]},
        {"type": "rich_text", "elements": [{"type": "usergroup", "usergroup_id": "S2"}]},
        {"type": "rich_text", "elements": [{"type": "text", "text": "<!everyone>"}]},
        {"type": "header", "text": {"type": "plain_text", "text": "<@U3>"}},
    ]
    assert pings("@channel", blocks) == ["S1", "U1", "here", "U2", "channel", "S2"]
    assert pings("@channel", [], link_names=True) == ["channel"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
FIELDS = """
channel user text blocks attachments ts thread_ts view view_id external_id trigger_id hash user_id
types cursor limit message container action_id block_id value values callback_id notice_id tab url
type fields advance method times redirect_uri code client_id grant_type markdown_text
"""
known = st.sampled_from(["U0ADA", "C0GENERAL", "general", "home", "/confluence", "V1"])
bodies = st.dictionaries(st.sampled_from(FIELDS.split()), known | anything, max_size=6)
METHODS = """
api.test auth.test chat.postMessage chat.postEphemeral chat.update chat.delete chat.getPermalink
views.open views.push views.update views.publish users.info users.list conversations.info
conversations.list conversations.members blocks.validate openid.connect.token
"""
ACTS = "type press suggest submit close shortcut open_home dismiss sign_in"
fuzzing = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
async def slack():
    async with stage() as made:
        yield made


@fuzzing
@given(sent=st.lists(bodies, min_size=3, max_size=3))
async def test_no_call_of_the_web_api_breaks_it(slack, sent):
    headers = {"Authorization": f"Bearer {data.BOT_TOKEN}"}
    for method in METHODS.split():
        for body in sent:
            url = f"{slack.client.base_url}{method}"
            async with slack.session.post(url, json=body, headers=headers) as got:
                assert got.status == 200, (method, body)
                assert (await got.json()).get("error") != "internal_error", (method, body)


@fuzzing
@given(sent=st.lists(bodies, min_size=3, max_size=3))
async def test_no_request_breaks_the_controls(slack, sent):
    for act in ACTS.split():
        for body in sent:
            url = f"{slack.base_url}/_sandbox/slack/people/U0ADA/{act}"
            async with slack.session.post(url, json=body) as got:
                assert got.status in (200, 400, 404), (act, body)
