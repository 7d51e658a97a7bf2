"""Every address that the public or an operator reaches, with whatever somebody may send."""

import asyncio
import io
import json
import time

import aiohttp
import pytest
from yarl import URL

from bot.metrics import Metrics
from bot.operations import ops_app
from sandbox.slack.delivery import signature
from tests.stage import SIGNING_SECRET, door, served

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
DEEP = "[" * 100_000
BODIES = {
    "none": (b"", ""),
    "json": (b"{}", "application/json"),
    "deep": (DEEP.encode(), "application/json"),
    "deep form": (b"payload=" + DEEP.encode(), "application/x-www-form-urlencoded"),
    "fields": (b"&".join(b"a%d=1" % n for n in range(5_000)), "application/x-www-form-urlencoded"),
    "not utf-8": (b"\xff\xfe\x00payload=\xc3\x28", "application/x-www-form-urlencoded"),
    "nul": (b"payload=%00&command=%00", "application/x-www-form-urlencoded"),
    "multipart": (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
    "huge": (b"x" * 1_100_000, "application/json"),
    "type": (b"{}", "x" * 2_000),
}
PATHS = (
    "/",
    "/healthz",
    "/slack/events",
    "/connect/slack",
    "/connect/callback/system",
    "/connect/callback/other",
    "/connect/choice/T0ACME.x",
    "/connect/typed/T0ACME.x",
    "/connect/export/T0ACME.x",
    "/connect/again",
    "/connect/T0ACME.x",
    "/connect/",
    "/connect/%2e%2e",
    "/connect/%2e%2e/%2e%2e/etc/passwd",
    "/connect/..%2f..%2fhealthz",
    "/connect/%00",
    "/connect/T0ACME.%00%0d%0aSet-Cookie:%20a=b",
    "/connect/T0ACME." + "x" * 6_000,
    "/connect/%ff%fe.%c3%28",
    "/connect/slack?state=%00&code=%ff",
    "/connect/slack?" + "&".join(f"state={n}" for n in range(500)),
    "/connect/callback/%2e%2e?state=T0ACME.x&code=y",
    "/connect/callback/system?error=<script>alert(1)</script>&state=T0ACME.x",
    "/connect/choice/<script>alert(1)</script>.x",
    "//evil.example/connect/x.y",
    "/metrics",
    "/readyz",
    "/favicon.ico",
)
TRACES = ("Traceback", 'File "', "aiohttp", "Exception", "Error(")
HEADERS = (
    {"Host": "evil.example"},
    {"Host": "evil.example:99999", "X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "javascript", "X-Forwarded-For": "127.0.0.1, <script>"},
    {"Cookie": "confab=; confab=x; __Host-confab=" + "y" * 4_000},
    {"Cookie": "confab=\u00ff\u00fe"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Accept": "*/*;q=x", "Accept-Language": "x" * 4_000, "Range": "bytes=-1"},
    {"X-Slack-Signature": "v0=" + "0" * 64, "X-Slack-Request-Timestamp": "9" * 12},
    {"X-Slack-Signature": "\u00e4", "X-Slack-Request-Timestamp": "\u0661"},
)


async def ask(stage, method, path, data=None, **how):
    """Ask for this very path, not tidied up by the client."""
    how["data"] = None if data is None else io.BytesIO(data)
    url = URL(f"{stage.bot_url}{path}", encoded=True)
    async with stage.session.request(method, url, allow_redirects=False, **how) as answer:
        return answer, await answer.text(errors="replace")


def is_clean(answer, text):
    assert 200 <= answer.status < 500, text
    assert not any(trace in text for trace in TRACES), text
    assert "evil.example" not in text + answer.headers.get("Location", "")
    assert "<script" not in text
    if answer.content_type == "text/html":
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Confab" in text or answer.method == "HEAD"


@pytest.fixture
async def steady(stage, logs):
    yield stage
    await stage.quiet()
    assert logs.stumbles() == []
    async with stage.session.get(f"{stage.bot_url}/healthz") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", PATHS)
async def test_every_path_and_method_is_answered_cleanly(steady, path):
    for method in METHODS:
        is_clean(*await ask(steady, method, path))


async def test_whatever_is_served_is_among_the_paths(stage):
    served = {route.resource.canonical for route in stage.bot.web.router.routes()}
    assert served == {
        "/connect/slack",
        "/connect/callback/{profile}",
        "/connect/choice/{token}",
        "/connect/typed/{token}",
        "/connect/export/{token}",
        "/connect/again",
        "/connect/{token}",
        "/healthz",
        "/slack/events",
    }


@pytest.mark.parametrize("path", [each for each in PATHS if "?" not in each][:11])
@pytest.mark.parametrize("body", BODIES)
async def test_every_body_is_answered_cleanly(steady, path, body):
    data, kind = BODIES[body]
    headers = {"Content-Type": kind} if kind else {}
    is_clean(*await ask(steady, "POST", path, data=data, headers=headers))
    own = {"Origin": steady.bot_url, "Sec-Fetch-Site": "same-origin"}
    is_clean(*await ask(steady, "POST", path, data=data, headers=headers | own))


@pytest.mark.parametrize("path", ["/connect/T0ACME.x", "/slack/events", "/healthz", "/nowhere"])
async def test_odd_headers_change_nothing(steady, path):
    for headers in HEADERS:
        for method in ("GET", "POST"):
            is_clean(*await ask(steady, method, path, headers=headers))


def signed(body, stamp=None):
    stamp = stamp or str(int(time.time()))
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(SIGNING_SECRET, stamp, body),
    }


@pytest.mark.parametrize("body", BODIES)
async def test_what_is_signed_and_makes_no_sense_is_refused(steady, body):
    data, kind = BODIES[body]
    headers = signed(data) | ({"Content-Type": kind} if kind else {})
    answer, text = await ask(steady, "POST", "/slack/events", data=data, headers=headers)
    is_clean(answer, text)


ODD = (
    {"type": "block_actions", "actions": [{}]},
    {"type": "block_actions", "actions": "x", "user": 7, "team": [], "view": "x"},
    {"type": "view_submission", "view": {"callback_id": "create_confirm", "state": []}},
    {"type": "view_submission", "view": {"callback_id": {}, "state": {"values": []}}},
    {"type": "block_suggestion", "action_id": "create_space", "value": {}},
    {"type": "event_callback", "event": [], "authorizations": {}},
    {"type": "event_callback", "event": {"type": "app_home_opened"}, "authorizations": [7]},
    {"type": ["x"]},
    {"type": None},
    {"type": "url_verification", "challenge": {"a": 1}},
    {"type": "view_closed", "view": None},
    {"type": "shortcut", "callback_id": 7},
    {"type": "message_action", "callback_id": "create_page_from_message", "message": {"blocks": 7}},
    {"type": "\ud800"},
    {"command": {}, "text": []},
)


@pytest.mark.parametrize("said", ODD, ids=[json.dumps(each)[:40] for each in ODD])
async def test_what_is_signed_and_of_odd_types_is_answered(steady, said):
    body = json.dumps(said).encode()
    headers = signed(body) | {"Content-Type": "application/json"}
    is_clean(*await ask(steady, "POST", "/slack/events", data=body, headers=headers))


@pytest.mark.parametrize("stamp", ["0", "-1", "1e9", "٣", " 1", "9" * 400, "nan", ""])
async def test_a_stamp_that_is_no_moment_of_now_is_refused(steady, stamp):
    body = b"command=%2Fconfluence&text=help"
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(SIGNING_SECRET, stamp, body),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer, _ = await ask(steady, "POST", "/slack/events", data=body, headers=headers)
    assert answer.status == 401


async def test_what_comes_twice_is_taken_once(steady):
    body = b"command=%2Fconfluence&text=help"
    headers = signed(body) | {"Content-Type": "application/x-www-form-urlencoded"}
    first, _ = await ask(steady, "POST", "/slack/events", data=body, headers=headers)
    again, _ = await ask(steady, "POST", "/slack/events", data=body, headers=headers)
    assert (first.status, again.status) == (200, 401)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /connect/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /connect/a.b HTTP/1.1\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        (
            b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 70_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x00\xa5",
        b"GET /connect/" + b"y" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_what_is_hardly_http_is_refused_cleanly(stage, raw):
    where = URL(stage.bot_url)
    reader, writer = await asyncio.open_connection("127.0.0.1", where.port)
    writer.write(raw)
    writer.write_eof()
    async with asyncio.timeout(5):
        answer = await reader.read(20_000)
    writer.close()
    assert b"Traceback" not in answer
    assert b'File "' not in answer
    assert answer == b"" or b" 4" in answer.partition(b"\r\n")[0]


class TestOperators:
    @pytest.fixture
    async def address(self):
        async def ready():
            return True

        at = door()
        address = f"http://127.0.0.1:{at.getsockname()[1]}"
        async with served(ops_app(ready, Metrics()), at):
            yield address

    @pytest.mark.parametrize("path", ["/metrics", "/readyz", "/", "/%00", "/..%2f", "/metrics/x"])
    async def test_every_path_and_method_is_answered_cleanly(self, address, path, logs):
        async with aiohttp.ClientSession() as session:
            for method in METHODS:
                url = URL(address + path, encoded=True)
                async with session.request(method, url, data=b"{}") as answer:
                    text = await answer.text()
                assert answer.status < 500
                assert not any(trace in text for trace in TRACES)
        assert logs.stumbles() == []
