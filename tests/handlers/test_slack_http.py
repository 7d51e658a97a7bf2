"""Slack's endpoint, attacked: 401 on any doubt, and the process stays alive."""

import asyncio
import io
import json
import time
from urllib.parse import quote, urlencode

import pytest

from sandbox.slack.delivery import signature
from tests.stage import SIGNING_SECRET

FORM = "application/x-www-form-urlencoded"


async def post(stage, body, *, kind=FORM, stamp=None, signed=None, headers=None):
    stamp = stamp or str(int(time.time()))
    raw = body if isinstance(body, bytes) else body.encode()
    sign = signed if signed is not None else signature(SIGNING_SECRET, stamp, raw)
    sent = {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign,
        **(headers or {}),
    }
    url = f"{stage.bot_url}/slack/events"
    async with stage.session.post(url, data=io.BytesIO(raw), headers=sent) as answer:
        return answer.status, await answer.text()


def command(text="help", **fields):
    return urlencode(
        {
            "command": "/confluence",
            "text": text,
            "team_id": "T0ACME",
            "user_id": "U0ADA",
            "channel_id": "C0GENERAL",
            "trigger_id": "1.1",
            **fields,
        }
    )


async def alive(stage):
    status, text = await post(stage, command(trigger_id=str(time.time_ns())))
    return status == 200 and "search" in text


async def test_answers_a_signed_command(stage):
    assert await alive(stage)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", FORM),
        (b"payload=%7B", FORM),
        (b"payload=" + quote("[" * 100_000).encode(), FORM),
        (b"payload=null", FORM),
        (b"payload=%22text%22", FORM),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b"1", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"a":' * 50_000, "application/json"),
        (b"\xff\xfe\x00", FORM),
        (b"\xff\xfe\x00", "application/json"),
        (b"ssl_check=1&token=x", FORM),
    ],
)
async def test_refuses_a_signed_body_that_makes_no_sense(stage, body, kind):
    status, text = await post(stage, body, kind=kind)
    assert status in {200, 401}
    assert text == ""
    assert await alive(stage)


@pytest.mark.parametrize("signed", ["", "v0=0", "v0=" + "0" * 64, "\udcff", "é"])
async def test_refuses_an_unsigned_body(stage, signed):
    body = command()
    stamp = str(int(time.time()))
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: {signed}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    answer = await raw(stage, head.encode("utf-8", "surrogateescape") + body.encode())
    assert answer.startswith((b"HTTP/1.1 401", b"HTTP/1.1 400"))
    assert b"Traceback" not in answer
    assert await alive(stage)


async def raw(stage, request):
    port = int(stage.bot_url.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize("kind", ["command", "block_actions", "view_submission", "shortcut"])
async def test_refuses_a_replay(stage, kind):
    body, stamp = command() if kind == "command" else interaction(kind), str(int(time.time()))
    assert (await post(stage, body, stamp=stamp))[0] == 200
    assert (await post(stage, body, stamp=stamp))[0] == 401


async def test_a_menu_may_be_asked_the_same_within_a_moment_and_not_later(stage):
    stamp = str(int(time.time()))
    body = interaction("block_suggestion", action_id="create_space", value="Eng")
    for _ in range(3):
        assert await post(stage, body, stamp=stamp) == (200, '{"options": []}')
    old = str(int(time.time()) - 30)
    assert (await post(stage, body, stamp=old))[0] == 200
    assert (await post(stage, body, stamp=old))[0] == 401


def interaction(kind, **more):
    user = {"id": "U0ADA", "team_id": "T0ACME"}
    return urlencode(
        {"payload": json.dumps({"type": kind, "user": user, "team": {"id": "T0ACME"}, **more})}
    )


@pytest.mark.parametrize("stamp", ["0", "x", "{then}"])
async def test_refuses_a_stale_stamp(stage, stamp):
    stamp = stamp.format(then=int(time.time()) - 400)
    assert (await post(stage, command(), stamp=stamp))[0] == 401


async def test_refuses_a_huge_body(stage):
    status, _ = await post(stage, b"a" * 1_200_000)
    assert status in {401, 413}
    assert await alive(stage)


async def test_echoes_a_signed_challenge(stage):
    body = json.dumps({"type": "url_verification", "challenge": "abc"})
    assert await post(stage, body, kind="application/json") == (200, "abc")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
async def test_takes_nothing_but_posts(stage, method):
    async with stage.session.request(method, f"{stage.bot_url}/slack/events") as answer:
        assert answer.status == 405


async def test_an_unknown_delivery_is_acknowledged_and_ignored(stage):
    payload = json.dumps({"type": "something_new", "team": {"id": "T0ACME"}})
    assert await post(stage, urlencode({"payload": payload})) == (200, "")


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions", "actions": None, "user": "x", "team": []},
        {"type": "block_actions", "actions": [{"action_id": 7}], "view": "x"},
        {"type": "view_submission", "view": {"callback_id": "create_confirm", "state": 1}},
        {"type": "view_submission", "view": {"callback_id": ["a"]}},
        {"type": "block_suggestion", "action_id": "create_space", "value": {}, "team": None},
        {"type": "event_callback", "event": [], "authorizations": "x", "event_time": "now"},
        {"type": "shortcut", "callback_id": "create_page", "user": None},
        {"type": ["block_actions"]},
    ],
)
async def test_survives_payloads_of_any_shape(stage, payload):
    status, _ = await post(stage, urlencode({"payload": json.dumps(payload)}))
    assert status in {200, 401}
    await stage.quiet()
    assert await alive(stage)


async def test_refuses_a_body_that_is_not_packed_as_it_says(stage):
    status, text = await post(
        stage, command(), headers={"Content-Encoding": "gzip", "Connection": "close"}
    )
    assert (status, text) == (401, "")
    assert await alive(stage)
