import asyncio

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.errors import SlackApiError

from sandbox.slack.blockkit import check_blocks
from sandbox.slack.composing import Composer
from tests.sandbox.slack_stage import actions, button, conversing, stage

PEOPLE = [{"id": "U0BOB", "name": "bob"}]
CHANNELS = [{"id": "C0GENERAL", "name": "general", "kind": "public"}]


@pytest.fixture
async def slack():
    async with stage(change=conversing) as made:
        listening(made)
        yield made


def listening(slack):
    """Have the app take every event down."""
    slack.heard = asyncio.Queue()

    async def receive(request):
        if request.content_type == "application/json":
            slack.heard.put_nowait(await request.json())
        return web.Response()

    slack.raw = receive


async def heard(slack):
    """The next event that the app was told."""
    async with asyncio.timeout(5):
        return (await slack.heard.get())["event"]


async def nothing_more(slack):
    """What follows all that is under way is the next that the app hears."""
    await slack.ada.opens_home()
    assert (await heard(slack))["type"] == "app_home_opened"


async def test_what_is_written_in_the_messages_tab_is_told(slack):
    done = await slack.ada.says("write to *@bob* about :tada: https://x.example/a.")
    event = await heard(slack)
    assert done["ack"]["status"] == 200
    assert (event["type"], event["channel_type"], event["channel"]) == ("message", "im", "D0ADA")
    assert (event["user"], event["ts"], event["team"]) == ("U0ADA", done["ts"], "T0ACME")
    assert event["event_ts"] == event["ts"]
    assert event["text"] == "write to *<@U0BOB>* about :tada: <https://x.example/a>."
    assert event["client_msg_id"]
    assert not {"subtype", "thread_ts", "bot_id", "hidden"} & event.keys()
    (block,) = event["blocks"]
    (line,) = block["elements"]
    assert line["elements"] == [
        {"type": "text", "text": "write to "},
        {"type": "user", "user_id": "U0BOB", "style": {"bold": True}},
        {"type": "text", "text": " about "},
        {"type": "emoji", "name": "tada"},
        {"type": "text", "text": " "},
        {"type": "link", "url": "https://x.example/a"},
        {"type": "text", "text": "."},
    ]


async def test_a_reply_names_its_thread_and_its_parent_counts_it(slack):
    began = await slack.ada.says("hello")
    await heard(slack)
    await slack.ada.says("and again", began["ts"])
    event = await heard(slack)
    assert (event["thread_ts"], event["parent_user_id"]) == (began["ts"], "U0ADA")
    parent, reply = await slack.ada.thread(began["ts"])
    assert (parent["reply_count"], parent["latest_reply"]) == (1, reply["ts"])
    await slack.ada.deletes(reply)
    (parent,) = await slack.ada.thread(began["ts"])
    assert (parent["reply_count"], parent["thread_ts"]) == (0, None)


async def test_nobody_replies_where_nothing_was_said(slack):
    assert (await slack.ada.says("hello", "1.1"))["error"] == "thread_not_found"
    began = await slack.ada.says("hello")
    reply = await slack.ada.says("again", began["ts"])
    assert (await slack.ada.says("hello", reply["ts"]))["error"] == "thread_not_found"


async def test_an_edit_is_told_with_what_stood_there(slack):
    done = await slack.ada.says("in ENG")
    await heard(slack)
    (message,) = await slack.ada.messages("@app")
    await slack.ada.edits(message, "in OPS")
    event = await heard(slack)
    assert (event["subtype"], event["hidden"]) == ("message_changed", True)
    assert event["message"]["text"] == "in OPS"
    assert event["message"]["ts"] == event["previous_message"]["ts"] == done["ts"]
    assert event["message"]["edited"]["user"] == "U0ADA"
    assert event["previous_message"]["text"] == "in ENG"
    assert "user" not in event
    assert event["ts"] != done["ts"]
    (message,) = await slack.ada.messages("@app")
    assert (message["text"], message["edited"]) == ("in OPS", True)


async def test_a_deletion_is_told_and_one_with_replies_leaves_a_stone(slack):
    began = await slack.ada.says("hello")
    await slack.ada.says("again", began["ts"])
    parent, reply = await slack.ada.thread(began["ts"])
    await heard(slack)
    await heard(slack)
    await slack.ada.deletes(parent)
    stone = await heard(slack)
    assert (stone["subtype"], stone["message"]["subtype"]) == ("message_changed", "tombstone")
    await slack.ada.says("still here", began["ts"])
    assert (await heard(slack))["thread_ts"] == began["ts"]
    await slack.ada.deletes(reply)
    gone = await heard(slack)
    assert (gone["subtype"], gone["deleted_ts"]) == ("message_deleted", reply["ts"])
    assert gone["previous_message"]["text"] == "again"


async def test_people_change_and_delete_their_own_messages_alone(slack):
    await slack.client.chat_postMessage(channel="U0ADA", text="from the app")
    (message,) = await slack.ada.messages("@app")
    with pytest.raises(AssertionError, match="404"):
        await slack.bob.edits(message, "x")
    assert (await slack.ada.edits(message, "x"))["error"] == "cant_update_message"
    assert (await slack.ada.deletes(message))["error"] == "cant_delete_message"


async def test_the_app_hears_what_it_says_itself(slack):
    posted = await slack.client.chat_postMessage(channel="U0ADA", text="hello")
    event = await heard(slack)
    assert (event["bot_id"], event["app_id"], event["user"]) == ("B0BOT", "A0CONFAB", "U0BOT")
    await slack.client.chat_update(channel=posted["channel"], ts=posted["ts"], text="bye")
    changed = await heard(slack)
    assert (changed["subtype"], changed["message"]["bot_id"]) == ("message_changed", "B0BOT")
    await slack.client.chat_delete(channel=posted["channel"], ts=posted["ts"])
    assert (await heard(slack))["subtype"] == "message_deleted"


async def test_nothing_is_told_of_channels_and_of_what_one_person_sees(slack):
    await slack.ada.types("hello")
    await slack.client.chat_postMessage(channel="C0GENERAL", text="hello")
    for channel in ("C0GENERAL", "D0ADA"):
        await slack.client.chat_postEphemeral(channel=channel, user="U0ADA", text="psst")
    await nothing_more(slack)


@pytest.mark.parametrize("lacks", ["scope", "subscription"])
async def test_the_app_hears_only_with_scope_and_subscription(lacks):
    def change(manifest):
        conversing(manifest)
        scopes, events = manifest["oauth_config"]["scopes"], manifest["settings"]
        wanted = events["event_subscriptions"]["bot_events"]
        if lacks == "scope":
            scopes["bot"] = [s for s in scopes["bot"] if not s.endswith((":history", "ons:read"))]
        else:
            wanted[:] = [e for e in wanted if e not in ("app_mention", "message.im")]

    async with stage(change=change) as slack:
        listening(slack)
        assert (await slack.ada.says("hello"))["error"] is None
        await slack.ada.mentions("hello")
        await nothing_more(slack)


async def test_a_mention_is_told_where_the_app_is_a_member(slack):
    await slack.ada.mentions("write it down")
    event = await heard(slack)
    assert (event["type"], event["channel"]) == ("app_mention", "C0GENERAL")
    assert event["text"] == "<@U0BOT> write it down"
    assert event["blocks"][0]["elements"][0]["elements"][0] == {
        "type": "user",
        "user_id": "U0BOT",
    }
    assert "channel_type" not in event
    await slack.bob.mentions("me too", thread=event["ts"])
    assert (await heard(slack))["thread_ts"] == event["ts"]
    await slack.ada.mentions("secret", "eng")
    (notice,) = (await slack.ada.screen())["notices"]
    assert notice["text"].startswith("You mentioned Confab, but it’s not in this channel.")
    await nothing_more(slack)


async def test_the_app_hears_the_mention_for_which_it_is_invited(slack):
    done = await slack.ada.mentions("secret", "eng")
    await slack.ada.types("/invite @confab", "eng")
    event = await heard(slack)
    assert (event["type"], event["channel"], event["ts"]) == ("app_mention", "C0ENG", done["ts"])
    again = await slack.ada.types("/invite @confab", "eng")
    assert again["error"] == "already_in_channel"
    await slack.bob.mentions("hello", "eng")
    assert (await heard(slack))["user"] == "U0BOB"


async def test_a_mention_put_in_afterwards_is_told_once(slack):
    done = await slack.ada.types("hello")
    message = await slack.ada.last()
    await slack.ada.edits(message, "hello @confab")
    event = await heard(slack)
    assert (event["type"], event["ts"]) == ("app_mention", done["ts"])
    assert event["edited"]["user"] == "U0ADA"
    await slack.ada.edits(message, "hello again @confab")
    await nothing_more(slack)


async def test_a_mention_from_another_workspace_says_whose_it_is(slack):
    await slack.eve.types("@confab hello", "partners")
    await nothing_more(slack)
    await slack.installed("T0OTHER")
    await slack.eve.mentions("hello", "partners")
    event = await heard(slack)
    assert event["text"] == "<@U0BOTOTHER> hello"
    assert (event["source_team"], event["user_team"]) == ("T0OTHER", "T0OTHER")


async def test_nobody_writes_where_the_messages_tab_is_read_only():
    def change(manifest):
        conversing(manifest)
        manifest["features"]["app_home"]["messages_tab_read_only_enabled"] = True

    async with stage(change=change) as slack:
        assert (await slack.ada.says("hello"))["error"] == "messages_tab_disabled"


async def test_a_press_in_a_thread_says_in_which(slack):
    began = await slack.ada.says("hello")
    await slack.client.chat_postMessage(
        channel="D0ADA", text="x", thread_ts=began["ts"], blocks=[actions(button("go"))]
    )
    posted = await slack.ada.waits_for_reply("x", began["ts"])
    await slack.ada.presses("go", container=posted)
    payload = (await slack.log())["deliveries"][-1]["payload"]
    assert payload["container"]["thread_ts"] == began["ts"]
    assert payload["message"]["thread_ts"] == began["ts"]
    assert payload["message"]["parent_user_id"] == "U0ADA"


async def test_a_message_with_replies_is_told_with_their_number(slack):
    posted = await slack.client.chat_postMessage(
        channel="U0ADA", text="x", blocks=[actions(button("go"))]
    )
    await slack.ada.says("one", posted["ts"])
    await slack.ada.presses("go")
    message = (await slack.log())["deliveries"][-1]["payload"]["message"]
    assert (message["thread_ts"], message["reply_count"]) == (posted["ts"], 1)
    assert message["reply_users"] == ["U0ADA"]


async def test_the_app_that_answers_what_is_gone_stands_in_the_channel(slack):
    began = await slack.ada.says("hello")
    reply = await slack.ada.says("again", began["ts"])
    ours = {"channel": "D0ADA", "text": "x"}
    threaded = await slack.client.chat_postMessage(**ours, thread_ts=began["ts"])
    assert threaded["message"]["thread_ts"] == began["ts"]
    for gone in ("1.1", reply["ts"]):
        loose = await slack.client.chat_postMessage(**ours, thread_ts=gone)
        assert "thread_ts" not in loose["message"]


async def test_a_replys_address_leads_to_its_thread(slack):
    began = await slack.ada.says("hello")
    posted = await slack.client.chat_postMessage(channel="D0ADA", text="x", thread_ts=began["ts"])
    found = await slack.client.chat_getPermalink(channel="D0ADA", message_ts=posted["ts"])
    assert found["permalink"].endswith(f"?thread_ts={began['ts']}&cid=D0ADA")


async def test_the_app_writes_to_nobody_where_it_has_no_messages_tab():
    def change(manifest):
        manifest["features"]["app_home"]["messages_tab_enabled"] = False

    async with stage(change=change) as slack:
        with pytest.raises(SlackApiError, match="messages_tab_disabled"):
            await slack.client.chat_postMessage(channel="U0ADA", text="x")


async def test_an_organisations_people_write_to_the_app_that_they_meet():
    async with stage(change=conversing) as slack:
        listening(slack)
        await slack.installed("T0NORTH")
        await slack.installed("E0GLOBE", teams=["T0NORTH"])
        while not slack.heard.empty():
            slack.heard.get_nowait()
        pat = slack.person("W0PAT", "T0NORTH")
        await pat.says("hello")
        assert (await heard(slack))["channel"] == "D0PATGLOBE"
        assert (await pat.last("@app"))["text"] == "hello"


async def test_threads_come_back_from_what_was_saved(slack):
    began = await slack.ada.says("hello")
    await slack.ada.says("again", began["ts"])
    async with stage(change=conversing, saved=slack.world.dump()) as later:
        parent, reply = await later.ada.thread(began["ts"])
    assert (parent["reply_count"], reply["text"]) == (1, "again")


@pytest.mark.parametrize(
    ("typed", "elements"),
    [
        (
            "- one\n- *two*\n3. three",
            [
                ("rich_text_list", "bullet", ["one", "two"]),
                ("rich_text_list", "ordered", ["three"]),
            ],
        ),
        (
            "> said\nby her",
            [("rich_text_quote", None, "said"), ("rich_text_section", None, "by her")],
        ),
        ("see ```x = 1``` there", None),
    ],
)
def test_the_composer_makes_lists_quotes_and_code(typed, elements):
    (block,) = Composer(PEOPLE, CHANNELS).blocks(typed)
    kinds = [each["type"] for each in block["elements"]]
    if elements is None:
        assert kinds == ["rich_text_section", "rich_text_preformatted", "rich_text_section"]
        return
    assert kinds == [each[0] for each in elements]
    assert [each.get("style") for each in block["elements"]] == [each[1] for each in elements]


def test_names_of_nobody_and_of_nothing_stay_text():
    (block,) = Composer(PEOPLE, CHANNELS).blocks("@who in #where, @bob in #general, @here `x`")
    (line,) = block["elements"]
    kinds = [each["type"] for each in line["elements"]]
    assert kinds.count("user") == kinds.count("channel") == kinds.count("broadcast") == 1
    assert {"type": "text", "text": "x", "style": {"code": True}} in line["elements"]


@given(st.text(alphabet=st.sampled_from("ab*_~`@#:/>-1. \nhtps</&|é\u202e"), max_size=60))
def test_whatever_is_typed_is_rich_text_that_slack_takes_and_holds_its_words(typed):
    composer = Composer(PEOPLE, CHANNELS)
    blocks = composer.blocks(typed)
    assert check_blocks(blocks) == []
    assert bool(blocks) == bool(typed.strip())
    assert all(letter in composer.text(typed) for letter in typed if letter.isalnum())
