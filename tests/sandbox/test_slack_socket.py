import asyncio

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.slack_stage import actions, button, modal, stage, text_input

APP_TOKEN = "xapp-1-A0CONFAB-1-secret"


@pytest.fixture
async def slack():
    async with stage(app_token=APP_TOKEN) as made:
        yield made


@pytest.fixture
async def connected(slack):
    slack.bolt.client.base_url = slack.client.base_url
    web = AsyncWebClient(APP_TOKEN, base_url=slack.client.base_url, session=slack.session)
    handler = AsyncSocketModeHandler(slack.bolt, APP_TOKEN, web_client=web)
    await handler.connect_async()
    yield handler
    await handler.close_async()


async def address(slack):
    web = AsyncWebClient(APP_TOKEN, base_url=slack.client.base_url, session=slack.session)
    return (await web.apps_connections_open(app_token=APP_TOKEN))["url"]


async def test_everything_goes_over_the_socket(slack, connected):
    @slack.bolt.command("/confluence")
    async def listen(ack, body, client):
        await ack(text=f"you said {body['text']}")
        await client.chat_postEphemeral(
            channel=body["channel_id"],
            user=body["user_id"],
            text="x",
            blocks=[actions(button("b"))],
        )

    @slack.bolt.action("b")
    async def pressed(ack, body, client):
        await ack()
        view = modal(text_input("title"), callback_id="form")
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @slack.bolt.view("form")
    async def submitted(ack):
        await ack(response_action="errors", errors={"title": "taken"})

    done = await slack.ada.types("/confluence help")
    assert done["ack"]["status"] == 200
    assert "you said help" in [m["text"] for m in await slack.ada.messages()]
    await slack.ada.presses("b")
    assert (await slack.ada.submits({"title": "x"}))["errors"] == {"title": "taken"}
    kinds = {d["transport"] for d in (await slack.log())["deliveries"]}
    assert kinds == {"socket"}


async def test_events_go_over_the_socket_too(slack, connected):
    tabs = []

    @slack.bolt.event("app_home_opened")
    async def opened(event):
        tabs.append(event["tab"])

    assert (await slack.ada.opens_home())["ack"]["error"] is None
    assert tabs == ["home"]


async def test_an_unhandled_delivery_is_never_acked(slack, connected):
    slack.world.deliveries.ack_seconds = 0.05
    assert (await slack.ada.types("/confluence"))["error"] == "operation_timeout"


async def test_without_a_connection_nothing_is_delivered(slack):
    assert (await slack.ada.types("/confluence"))["error"] == "dispatch_failed"


async def test_each_address_lets_one_connection_in(slack):
    url = await address(slack)
    async with slack.session.ws_connect(url) as socket:
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await slack.session.ws_connect(url)


async def test_ten_connections_share_the_deliveries_and_an_eleventh_is_refused(slack):
    sockets = [await slack.session.ws_connect(await address(slack)) for _ in range(10)]
    for socket in sockets:
        await socket.receive_json()
    with pytest.raises(SlackApiError, match="too_many_websockets"):
        await address(slack)
    typing = asyncio.create_task(slack.ada.types("/confluence help"))
    envelope = await sockets[0].receive_json()
    await sockets[0].send_json({"envelope_id": "another"})
    await sockets[0].send_str("not json")
    await sockets[0].send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "hi"}})
    assert (await typing)["error"] is None
    assert envelope["type"] == "slash_commands"
    assert envelope["accepts_response_payload"]
    asyncio_tasks = asyncio.create_task(slack.ada.types("/confluence help"))
    second = await sockets[1].receive_json()
    await sockets[1].send_json({"envelope_id": second["envelope_id"]})
    assert (await asyncio_tasks)["error"] is None
    for socket in sockets:
        await socket.close()


async def test_slack_hangs_up_for_a_refresh(slack):
    async with slack.session.ws_connect(await address(slack)) as socket:
        await socket.receive_json()
        done = await slack.post("socket", reason="refresh_requested")
        assert done["sockets"] == 1
        said = await socket.receive_json()
        assert (said["type"], said["reason"]) == ("disconnect", "refresh_requested")
        assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING)


async def test_a_connection_that_ends_before_the_ack_fails_the_delivery(slack):
    socket = await slack.session.ws_connect(await address(slack))
    await socket.receive_json()
    typing = asyncio.create_task(slack.ada.types("/confluence help"))
    await socket.receive_json()
    await socket.close()
    assert (await typing)["error"] == "dispatch_failed"


async def test_an_app_without_an_app_token_has_no_sockets():
    async with stage() as slack:
        with pytest.raises(SlackApiError, match="invalid_auth"):
            await address(slack)
