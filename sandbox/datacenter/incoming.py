"""A request as it came in, and what can be read from it."""

import json
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiohttp import web

from sandbox.atlassian.call import Upload
from sandbox.atlassian.contract import AskedRequest, asked_request
from sandbox.atlassian.gateway import upload_of
from sandbox.datacenter.refusals import PageRefusal, plain_refusal, refusal

HOST = "http://127.0.0.1:4020"
MAX_JSON = 5 * 1024 * 1024
XSRF = "XSRF check failed"
MULTIPART = "multipart/form-data"
# What a foreign page's form can send without a preflight.
SIMPLE = frozenset({MULTIPART, "application/x-www-form-urlencoded", "text/plain", ""})


class Incoming:
    """A request to the API whose body has been read; *path* is below the context path."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self.method = request.method
        self.headers = request.headers
        self.query = request.query
        self.query_string = request.query_string
        self.body = body
        self.path = "/" + request.match_info["tail"]

    @property
    def media_type(self) -> str:
        """Of the body, without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().casefold()

    def asked(self) -> AskedRequest:
        """As the contract reads it."""
        found = asked_request(self.method, self.path, self.query.items(), self.headers, self.body)
        found.host_url = HOST
        return found

    def require_form(self) -> None:
        """Hold a write to what it may be sent as.

        Raises:
            PageRefusal: 403, a form without the XSRF header.
            Refusal: 415 for anything else that isn't JSON, 413 for too much of it.
        """
        if self.method not in ("POST", "PUT"):
            return
        kind = self.media_type
        if kind in SIMPLE and self.headers.get("X-Atlassian-Token") != "no-check":
            raise PageRefusal(403, XSRF)
        if kind == MULTIPART:
            return
        if kind != "application/json":
            raise plain_refusal(415, "HTTP 415 Unsupported Media Type")
        if len(self.body) > MAX_JSON:
            raise refusal(413, "The request is too large")

    def payload(self) -> Any:  # noqa: ANN401 -- any JSON
        """The JSON that was sent, None where there is none."""
        return None if not self.body or self.media_type == MULTIPART else read_json(self.body)

    def uploads(self) -> tuple[Upload, ...]:
        """The parts of a multipart form."""
        if self.media_type != MULTIPART:
            return ()
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = message_from_bytes(head + self.body)
        parts = message.get_payload() if message.is_multipart() else []
        return tuple(upload_of(part) for part in parts if isinstance(part, Message))


def read_json(body: bytes) -> Any:  # noqa: ANN401 -- any JSON
    """The value in *body*.

    Raises:
        Refusal: 400, it isn't JSON, or can't be kept: half of a surrogate pair.
    """
    try:
        sent = json.loads(body)
        json.dumps(sent, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise refusal(400, "The body is not JSON") from error
    return sent
