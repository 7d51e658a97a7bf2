import asyncio

import pytest
from aiohttp import web

from tests.sandbox.slack_stage import stage


@pytest.fixture
async def slack():
    async with stage() as made:
        made.heard = asyncio.Queue()
        yield made


def answering(slack, *answers):
    """Answer deliveries with these statuses and headers, the last one for ever."""
    left = list(answers)

    async def receive(request):
        body = await request.json() if request.content_type == "application/json" else None
        slack.heard.put_nowait((body, request.headers))
        status, headers = left.pop(0) if len(left) > 1 else left[0]
        text = (body or {}).get("challenge", "")
        return web.Response(status=status, headers=headers, text=text)

    slack.raw = receive


async def heard(slack):
    async with asyncio.timeout(5):
        return await slack.heard.get()


async def test_an_event_comes_in_its_envelope(slack):
    answering(slack, (200, {}))
    done = await slack.ada.opens_home()
    body, headers = await heard(slack)
    assert done["ack"]["status"] == 200
    assert body["type"] == "event_callback"
    assert (body["team_id"], body["api_app_id"]) == ("T0ACME", "A0CONFAB")
    assert body["event"]["type"] == "app_home_opened"
    assert body["authorizations"][0]["user_id"] == "U0BOT"
    assert body["event_id"].startswith("Ev")
    assert "X-Slack-Retry-Num" not in headers


async def test_a_failed_event_comes_again_at_once_after_a_minute_and_after_five(slack):
    answering(slack, (500, {}))
    await slack.ada.opens_home()
    first, _ = await heard(slack)
    again, headers = await heard(slack)
    assert again["event_id"] == first["event_id"]
    assert (headers["X-Slack-Retry-Num"], headers["X-Slack-Retry-Reason"]) == ("1", "http_error")
    await slack.post("clock", advance=59)
    await asyncio.sleep(0)
    assert slack.heard.empty()
    await slack.post("clock", advance=2)
    assert (await heard(slack))[1]["X-Slack-Retry-Num"] == "2"
    await slack.post("clock", advance=301)
    assert (await heard(slack))[1]["X-Slack-Retry-Num"] == "3"
    await slack.post("clock", advance=10_000)
    await asyncio.sleep(0)
    assert slack.heard.empty()


async def test_a_late_event_comes_again_and_says_why(slack):
    async def slow_once(request):
        slack.heard.put_nowait((await request.json(), request.headers))
        if "X-Slack-Retry-Num" not in request.headers:
            await asyncio.Event().wait()
        return web.Response()

    slack.raw = slow_once
    slack.world.deliveries.ack_seconds = 0.05
    assert (await slack.ada.opens_home())["ack"]["error"] == "timeout"
    await heard(slack)
    assert (await heard(slack))[1]["X-Slack-Retry-Reason"] == "http_timeout"


async def test_no_retry_where_the_app_asks_for_none(slack):
    answering(slack, (500, {"X-Slack-No-Retry": "1"}))
    await slack.ada.opens_home()
    await heard(slack)
    await asyncio.sleep(0)
    assert slack.heard.empty()


async def test_only_events_come_again(slack):
    answering(slack, (500, {}))
    await slack.ada.types("/confluence help")
    await heard(slack)
    await slack.post("clock", advance=1000)
    await asyncio.sleep(0)
    assert slack.heard.empty()


async def test_only_what_the_manifest_subscribes_to_is_sent_unless_forced(slack):
    answering(slack, (200, {}))
    assert (await slack.post("events", type="reaction_added"))["error"] == "not_subscribed"
    assert slack.heard.empty()
    done = await slack.post("events", type="reaction_added", force=True, event_time=5, team_id="T2")
    body, _ = await heard(slack)
    assert done["event_id"] == body["event_id"]
    assert (body["event_time"], body["team_id"]) == (5, "T2")
    assert "force" not in body["event"]


async def test_the_address_is_verified_on_request(slack):
    answering(slack, (200, {}))
    done = await slack.post("events", type="url_verification")
    body, headers = await heard(slack)
    assert done["ack"]["status"] == 200
    assert body["challenge"]
    assert headers["X-Slack-Signature"].startswith("v0=")


async def test_an_ssl_check_is_not_signed(slack):
    answering(slack, (200, {}))
    assert (await slack.post("events", type="ssl_check"))["ack"]["status"] == 200
    assert "X-Slack-Signature" not in (await heard(slack))[1]


async def test_what_is_said_is_told_where_the_app_listens():
    def listening(manifest):
        events = manifest["settings"]["event_subscriptions"]["bot_events"]
        events += ["message.channels", "message.groups"]
        manifest["oauth_config"]["scopes"]["bot"] += ["channels:history", "groups:history"]

    async with stage(change=listening) as slack:
        slack.heard = asyncio.Queue()
        answering(slack, (200, {}))
        await slack.ada.types("hello")
        assert (await heard(slack))[0]["event"]["text"] == "hello"
        await slack.ada.types("secret", channel="eng")
        assert slack.heard.empty()
