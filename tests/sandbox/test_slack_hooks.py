import pytest

from tests.sandbox.slack_stage import actions, button, section, stage


@pytest.fixture
async def slack():
    async with stage() as made:
        yield made


@pytest.fixture
async def by_command(slack):
    """The response URL of a command of Ada's in #eng, where the bot isn't."""
    urls = []

    @slack.bolt.command("/confluence")
    async def listen(ack, body):
        await ack()
        urls.append(body["response_url"])

    await slack.ada.types("/confluence", channel="eng")
    return urls[0]


async def pressed(slack, **message):
    """The response URL of a press on a message with a button."""
    urls = []

    @slack.bolt.action("go")
    async def listen(ack, body):
        await ack()
        urls.append(body["response_url"])

    blocks = [actions(button("go"))]
    if message.get("user"):
        sent = {"channel": "C0GENERAL", **message}
        await slack.client.chat_postEphemeral(**sent, text="old", blocks=blocks)
    else:
        await slack.client.chat_postMessage(channel="C0GENERAL", text="old", blocks=blocks)
    await slack.ada.presses("go")
    return urls[0]


async def answer(slack, url, **said):
    async with slack.session.post(url, json=said) as got:
        text = await got.text()
        return got.status, text if text == "ok" else (await got.json())["error"]


async def test_an_answer_is_private_unless_it_says_otherwise(slack, by_command):
    assert await answer(slack, by_command, text="mine") == (200, "ok")
    assert await answer(slack, by_command, text="ours", response_type="in_channel") == (200, "ok")
    assert [m["text"] for m in await slack.ada.messages("eng")] == ["mine", "ours"]
    assert [m["text"] for m in await slack.bob.messages("eng")] == ["ours"]


async def test_five_uses_and_no_more(slack, by_command):
    for _ in range(5):
        assert (await answer(slack, by_command, text="x"))[0] == 200
    assert await answer(slack, by_command, text="x") == (404, "used_url")


async def test_half_an_hour_and_no_longer(slack, by_command):
    await slack.post("clock", advance=1795)
    assert (await answer(slack, by_command, text="x"))[0] == 200
    await slack.post("clock", advance=10)
    assert await answer(slack, by_command, text="x") == (404, "expired_url")


async def test_a_made_up_address_is_nobodys(slack, by_command):
    assert await answer(slack, f"{by_command}x", text="x") == (404, "no_service")


async def test_a_command_has_nothing_to_replace_or_delete(slack, by_command):
    await answer(slack, by_command, text="first")
    await answer(slack, by_command, text="second", replace_original=True)
    assert [m["text"] for m in await slack.ada.messages("eng")] == ["first", "second"]
    assert await answer(slack, by_command, delete_original=True) == (404, "message_not_found")


async def test_a_press_replaces_its_message_when_asked(slack):
    url = await pressed(slack)
    await answer(slack, url, text="new", replace_original=True)
    await answer(slack, url, text="besides")
    assert [m["text"] for m in await slack.ada.messages()] == ["new", "besides"]
    assert [m["text"] for m in await slack.bob.messages()] == ["new"]


async def test_an_ephemeral_original_stays_ephemeral(slack):
    url = await pressed(slack, user="U0ADA")
    await answer(slack, url, text="new", replace_original=True, response_type="in_channel")
    assert [m["text"] for m in await slack.ada.messages()] == ["new"]
    assert await slack.bob.messages() == []
    await answer(slack, url, text="shared", replace_original=False, response_type="in_channel")
    assert [m["text"] for m in await slack.bob.messages()] == ["shared"]
    assert [m["text"] for m in await slack.ada.messages()] == ["new", "shared"]


async def test_an_ephemeral_original_stays_within_what_ephemerals_hold(slack):
    url = await pressed(slack, user="U0ADA")
    said = {"text": "x" * 4001, "replace_original": True, "response_type": "in_channel"}
    assert await answer(slack, url, **said) == (400, "msg_too_long")


async def test_a_press_deletes_its_message_once(slack):
    url = await pressed(slack)
    assert await answer(slack, url, delete_original=True) == (200, "ok")
    assert await slack.ada.messages() == []
    assert await answer(slack, url, text="x", replace_original=True) == (404, "message_not_found")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x", "response_type": "loud"}, "invalid_arguments"),
        ({"text": "x", "thread_ts": "1.1"}, "invalid_arguments"),
        ({"blocks": [{"type": "x"}]}, "invalid_blocks"),
        ({"text": "é" * 2001}, "msg_too_long"),
    ],
)
async def test_what_slack_would_not_post_is_refused(slack, by_command, said, error):
    assert await answer(slack, by_command, **said) == (400, error)


async def test_a_thread_is_answered_with_replace_original_false(slack, by_command):
    began = (await slack.bob.types("hello", "eng"))["ts"]
    said = {"text": "x", "thread_ts": began, "replace_original": False}
    assert await answer(slack, by_command, **said) == (200, "ok")
    assert (await slack.ada.last("eng"))["thread_ts"] == began


async def test_a_body_that_is_no_object_is_no_payload(slack, by_command):
    for body in ("[]", "{", "1"):
        async with slack.session.post(by_command, data=body) as got:
            assert (got.status, (await got.json())["error"]) == (400, "invalid_payload")


async def test_faults_reach_response_urls_too(slack, by_command):
    await slack.post("faults", method="response_url", status=500)
    async with slack.session.post(by_command, json={"text": "x"}) as got:
        assert got.status == 500
    await slack.post("faults", method="response_url", status=500, after=True)
    async with slack.session.post(by_command, json={"text": "y", "blocks": [section("y")]}) as got:
        assert got.status == 500
    assert (await slack.ada.last("eng"))["text"] == "y"
