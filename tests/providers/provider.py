"""A server on loopback that says what a test tells it to, and remembers what it was asked."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import settings

# A run tells the same each time, however busy the machine is.
steady = settings(max_examples=60, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def json(self):
        return json.loads(self.body)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Provider:
    """Answers by path from `says`, or with what `next` holds, first come first."""

    def __init__(self):
        self.asked = []
        self.next = []
        self.says: dict[str, Any] = {}
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self.server = TestServer(app)

    @property
    def url(self):
        return str(self.server.make_url("")).rstrip("/")

    async def _handle(self, request):
        body = await request.read()
        self.asked.append(
            Asked(
                request.method,
                request.path,
                dict(request.query),
                request.headers,
                body,
                str(request.url),
            )
        )
        answer = self.next.pop(0) if self.next else self.says.get(request.path)
        if answer is None:
            return web.json_response({"message": "nobody expected this"}, status=404)
        if callable(answer):
            return await answer(request)
        return answer

    @property
    def last(self):
        return self.asked[-1]


def says(body=None, status=200, headers=None):
    """An answer in JSON."""

    async def answer(_request):
        return web.json_response(body, status=status, headers=headers)

    return answer


def html(status=200):
    """A login page where JSON was expected."""

    async def answer(_request):
        return web.Response(text="<html>Log in</html>", content_type="text/html", status=status)

    return answer


async def hangs_up(request):
    """The connection breaks after the request has been read."""
    request.transport.close()
    return web.Response()


async def goes_on_for_ever(request):
    """An answer without end."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    try:
        for _ in range(100_000):
            await response.write(b" " * 65_536)
    except ConnectionError:
        pass
    return response


async def breaks_off(request):
    """An answer that stops in the middle."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = 1000
    await response.prepare(request)
    await response.write(b'{"id": "1", ')
    request.transport.close()
    return response
