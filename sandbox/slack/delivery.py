"""Deliveries to the app: signed requests, or envelopes over its socket."""

import asyncio
import copy
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp

from sandbox.clock import Clock
from sandbox.slack.ledger import Ledger
from sandbox.slack.sockets import Sockets
from sandbox.slack.state import Json

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
#: an event follows two redirects, nothing else follows any
REDIRECTS = 2
ACK_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class AppUnderTest:
    """The app as Slack knows it; with *app_token* it gets everything over Socket Mode."""

    request_url: str
    signing_secret: str
    client_id: str
    client_secret: str
    app_token: str | None = None


@dataclass(frozen=True, slots=True)
class Ack:
    """What the app answered, and how long it took."""

    status: int | None
    ms: float
    error: str | None = None
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged."""
        return self.error is None

    def summary(self) -> Json:
        """For whoever asked for the delivery."""
        return {"status": self.status, "ms": round(self.ms, 1), "error": self.error}

    def json(self) -> Any:  # noqa: ANN401 - whatever the app says
        """The body as JSON; raises `ValueError` where it isn't."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to tell the app; *kind* is Socket Mode's name for it."""

    kind: str  # slash_commands, interactive or events_api
    payload: Json
    user: str | None = None
    retry: tuple[int, str] | None = None

    def body(self) -> tuple[bytes, str]:
        """As HTTP carries it, with its content type."""
        if self.kind == "events_api":
            return json.dumps(self.payload).encode(), JSON
        form = self.payload
        if self.kind == "interactive":
            form = {"payload": json.dumps(self.payload)}
        return urlencode(form).encode(), FORM

    def headers(self) -> dict[str, str]:
        """What tells a retry from the first time."""
        if self.retry is None:
            return {}
        number, reason = self.retry
        return {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}

    def title(self) -> str:
        """For the log."""
        event = self.payload.get("event") or {}
        named = event.get("type") or self.payload.get("command") or self.payload.get("type")
        return str(named)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's ``v0`` signature of a request."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Deliveries:
    """Sends deliveries and waits for their acks."""

    def __init__(self, app: AppUnderTest, clock: Clock, ledger: Ledger) -> None:
        self.app = app
        self.sockets = Sockets()
        self.ack_seconds = 3.0
        self._clock = clock
        self._ledger = ledger
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Get ready to send."""
        self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        """Hang up everywhere."""
        await self.sockets.close()
        if self._session is not None:
            await self._session.close()

    def retarget(self, request_url: str) -> None:
        """Send to another address from now on."""
        self.app = replace(self.app, request_url=request_url)

    async def send(self, delivery: Delivery) -> Ack:
        """Deliver, and return what the app said within its time."""
        payload = copy.deepcopy(delivery.payload)
        body, content_type = delivery.body()
        headers = self.signed(body) | delivery.headers() | {"Content-Type": content_type}
        if self.app.app_token:
            ack = await self._over_socket(delivery)
        else:
            redirects = REDIRECTS if delivery.kind == "events_api" else 0
            ack = await self.post(body, headers, redirects)
        number, reason = delivery.retry or (0, None)
        self._ledger.write(
            "deliveries",
            at=self._clock.now(),
            kind=delivery.kind,
            title=delivery.title(),
            user=delivery.user,
            transport="socket" if self.app.app_token else "http",
            retry_num=number,
            retry_reason=reason,
            payload=payload,
            body=body.decode(),
            headers=headers,
            **ack.summary(),
        )
        return ack

    async def post(self, body: bytes, headers: Mapping[str, str], redirects: int = 0) -> Ack:
        """Send this very body with these very headers, and follow so many *redirects*."""
        if self._session is None:
            raise RuntimeError("open the world first")
        started = time.monotonic()
        try:
            async with asyncio.timeout(self.ack_seconds):
                return await self._post(self._session, body, headers, redirects)
        except TimeoutError:
            return _failed("timeout", started)
        except aiohttp.TooManyRedirects:
            return _failed("too_many_redirects", started)
        except (aiohttp.ClientError, OSError):
            return _failed("connection_failed", started)

    def signed(self, body: bytes, timestamp: str | None = None) -> dict[str, str]:
        """The headers that prove that *body* comes from Slack."""
        when = timestamp or str(int(self._clock.now()))
        secret = self.app.signing_secret
        return {
            "X-Slack-Request-Timestamp": when,
            "X-Slack-Signature": signature(secret, when, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }

    async def _post(
        self,
        session: aiohttp.ClientSession,
        body: bytes,
        headers: Mapping[str, str],
        redirects: int,
    ) -> Ack:
        started = time.monotonic()
        async with session.post(
            self.app.request_url,
            data=body,
            headers=headers,
            allow_redirects=bool(redirects),
            max_redirects=redirects + 1,  # aiohttp raises at this number, not above it
        ) as sent:
            read = await sent.content.read(ACK_BYTES)
            while not sent.content.at_eof() and len(read) < ACK_BYTES:
                read += await sent.content.read(ACK_BYTES - len(read))
        return Ack(
            sent.status,
            _since(started),
            None if sent.status < HTTPStatus.MULTIPLE_CHOICES else "http_error",
            read,
            sent.content_type,
            dict(sent.headers),
        )

    async def _over_socket(self, delivery: Delivery) -> Ack:
        started = time.monotonic()
        envelope: Json = {"type": delivery.kind, "payload": delivery.payload}
        envelope["accepts_response_payload"] = delivery.kind != "events_api"
        if delivery.kind == "events_api":
            number, reason = delivery.retry or (0, "")
            envelope |= {"retry_attempt": number, "retry_reason": reason}
        try:
            async with asyncio.timeout(self.ack_seconds):
                payload = await self.sockets.ask(envelope)
        except TimeoutError:
            return _failed("timeout", started)
        except ConnectionError:
            return _failed("connection_failed", started)
        body = b"" if payload is None else json.dumps(payload).encode()
        return Ack(200, _since(started), None, body, JSON if body else "")


def _failed(error: str, started: float) -> Ack:
    return Ack(None, _since(started), error)


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000
