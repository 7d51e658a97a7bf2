"""A small HTTP client that keeps connections busy, and the signed requests it sends."""

import asyncio
import hmac
import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

ELSEWHERE: Final = "https://hooks.slack.com/commands"
_numbers: Final = itertools.count(1)


def signed_command(
    port: int, secret: str, text: str, user: str = "U0ADA", hooks: str = ELSEWHERE
) -> bytes:
    """Return a slash command as a whole HTTP request, like no other: the bot refuses replays."""
    number = next(_numbers)
    fields = {
        "token": "t",
        "team_id": "T0ACME",
        "team_domain": "acme",
        "channel_id": "C0GENERAL",
        "channel_name": "general",
        "user_id": user,
        "user_name": user.lower(),
        "command": "/confluence",
        "text": text,
        "api_app_id": "A0CONFAB",
        "is_enterprise_install": "false",
        "response_url": f"{hooks}/T0ACME/1/{number}",
        "trigger_id": f"1.2.{number:08d}",
    }
    return _request(port, secret, urlencode(fields).encode())


def signed_message(port: int, secret: str, event: Mapping[str, object], team: str) -> bytes:
    """Return the delivery of a message in the app's Messages tab, with an id of its own."""
    told = {
        "token": "t",
        "team_id": team,
        "api_app_id": "A0CONFAB",
        "event": {"type": "message", "channel_type": "im", "team": team, **event},
        "type": "event_callback",
        "event_id": f"Ev{next(_numbers):010d}",
        "event_time": int(time.time()),
        "authorizations": [
            {"enterprise_id": None, "team_id": team, "user_id": "U0CONFAB", "is_bot": True}
        ],
    }
    return _request(port, secret, json.dumps(told).encode(), "application/json")


def _request(
    port: int, secret: str, body: bytes, kind: str = "application/x-www-form-urlencoded"
) -> bytes:
    now = str(int(time.time()))
    signature = hmac.digest(secret.encode(), b"v0:" + now.encode() + b":" + body, sha256).hex()
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"
        "Accept: application/json,*/*\r\nAccept-Encoding: gzip,deflate\r\n"
        f"Content-Type: {kind}\r\n"
        f"X-Slack-Request-Timestamp: {now}\r\nX-Slack-Signature: v0={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send_all(port: int, requests: Sequence[bytes], at_once: int = 16) -> list[float]:
    """Send every request over *at_once* connections; return each one's seconds.

    Raises:
        RuntimeError: an answer other than 200.
    """
    waiting = iter(requests)
    seconds: list[float] = []
    await asyncio.gather(*(_send(port, waiting, seconds) for _ in range(at_once)))
    return seconds


async def _send(port: int, waiting: Iterator[bytes], seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in waiting:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode("latin-1").partition("\r\n")[0])
        await reader.readexactly(_length(head))
        seconds.append(time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    raise RuntimeError("an answer without a length")
