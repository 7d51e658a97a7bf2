"""Answers that are spoilt as a whole: late, endless, not JSON, of another shape, elsewhere."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Act = Callable[[], web.Response]
LOGIN_PAGE = "<!doctype html><title>Sign in</title><h1>Sign in to your company's account</h1>"
CHUNK = b"a" * 65_536
TRICKLE_SECONDS = 0.5
WRONG_SHAPE = {"access_token": ["a", "list"], "token_type": {}, "expires_in": "soon", "scope": 7}
HTML = "text/html"
JSON = "application/json"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(frozen=True)
class Spoil:
    """How a fault shows, where it leaves a choice; *value* is text, *body* any JSON."""

    value: str = ""
    description: str = ""
    seconds: float = 0.0
    status: int = 0
    body: Any = None


@dataclass(frozen=True)
class Scene:
    """What there is to spoil: *act* does what was asked, *released* ends all waiting.

    *elsewhere* is where redirects lead unless told otherwise.
    """

    request: web.Request
    act: Act
    released: asyncio.Event
    elsewhere: str


async def wait(scene: Scene, seconds: float) -> None:
    """Let time pass, or be released."""
    try:
        await asyncio.wait_for(scene.released.wait(), seconds)
    except TimeoutError:
        return


async def play_slow(spoil: Spoil, scene: Scene) -> web.StreamResponse:
    """Done at once, and told late."""
    answer = scene.act()
    await wait(scene, spoil.seconds)
    return answer


async def play_trickle(spoil: Spoil, scene: Scene) -> web.StreamResponse:
    """The right answer, a byte at a time."""
    answer = scene.act()
    whole = answer.body if isinstance(answer.body, bytes) else b""
    response = web.StreamResponse(status=answer.status, headers={"Content-Type": JSON})
    await response.prepare(scene.request)
    for at in range(len(whole)):
        await response.write(whole[at : at + 1])
        await wait(scene, spoil.seconds or TRICKLE_SECONDS)
    return response


async def play_endless(_spoil: Spoil, scene: Scene) -> web.StreamResponse:
    """A body that goes on for as long as anybody listens."""
    scene.act()
    response = web.StreamResponse(headers={"Content-Type": JSON})
    await response.prepare(scene.request)
    await response.write(b'{"access_token": "')
    while not scene.released.is_set():
        await response.write(CHUNK)
        await asyncio.sleep(0)
    return response


async def play_html(_spoil: Spoil, _scene: Scene) -> web.StreamResponse:
    """A login page with 200."""
    return web.Response(text=LOGIN_PAGE, content_type=HTML)


async def play_wrong_shape(spoil: Spoil, _scene: Scene) -> web.StreamResponse:
    """JSON that isn't what was asked for: *body*, or fields of other types."""
    return web.json_response(WRONG_SHAPE if spoil.body is None else spoil.body)


async def play_truncated(_spoil: Spoil, scene: Scene) -> web.StreamResponse:
    """Half of the JSON, under a length that says it is all."""
    answer = scene.act()
    whole = answer.body if isinstance(answer.body, bytes) else b"{}"
    return web.Response(body=whole[: len(whole) // 2], status=answer.status, content_type=JSON)


async def play_empty(_spoil: Spoil, _scene: Scene) -> web.StreamResponse:
    """200 and nothing."""
    return web.Response(content_type=JSON)


async def play_broken(spoil: Spoil, _scene: Scene) -> web.StreamResponse:
    """A status of the server's own trouble, 500 unless another is named."""
    wait_for = {"Retry-After": f"{spoil.seconds:g}"} if spoil.seconds else {}
    return web.Response(
        text=LOGIN_PAGE, content_type=HTML, status=spoil.status or 500, headers=wait_for
    )


async def play_error(spoil: Spoil, _scene: Scene) -> web.StreamResponse:
    """An error of RFC 6749 §5.2."""
    code = spoil.value or "invalid_grant"
    body = {"error": code, "error_description": spoil.description or "said on demand"}
    status = spoil.status or (401 if code == "invalid_client" else 400)
    return web.json_response(body, status=status, headers=NO_STORE)


async def play_error_with_200(spoil: Spoil, _scene: Scene) -> web.StreamResponse:
    """An error as GitHub's token endpoint says it: with 200."""
    body = {
        "error": spoil.value or "bad_verification_code",
        "error_description": spoil.description or "The code passed is incorrect or expired.",
        "error_uri": "https://login.example/docs/errors",
    }
    return web.json_response(body)


async def play_redirect(spoil: Spoil, scene: Scene) -> web.StreamResponse:
    """To *value*; with 307 or 308 a follower sends the request, secrets and all, once more."""
    target = spoil.value or scene.elsewhere
    return web.Response(status=spoil.status or 302, headers={"Location": target})


async def play_drop_before(_spoil: Spoil, scene: Scene) -> web.StreamResponse:
    """Cut the connection without doing anything."""
    return cut(scene.request)


async def play_drop_after(_spoil: Spoil, scene: Scene) -> web.StreamResponse:
    """Do it, and tell nobody."""
    scene.act()
    return cut(scene.request)


def cut(request: web.Request) -> web.Response:
    """Close the connection; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


SPOILS: dict[str, Callable[[Spoil, Scene], Awaitable[web.StreamResponse]]] = {
    "slow": play_slow,
    "trickle": play_trickle,
    "endless": play_endless,
    "html": play_html,
    "wrong-shape": play_wrong_shape,
    "truncated": play_truncated,
    "empty": play_empty,
    "broken": play_broken,
    "error": play_error,
    "error-with-200": play_error_with_200,
    "redirect": play_redirect,
    "drop-before": play_drop_before,
    "drop-after": play_drop_after,
}


def held(answer: web.StreamResponse) -> dict[str, Any]:
    """What a JSON answer says, for the log; empty where it isn't an object."""
    body = answer.body if isinstance(answer, web.Response) else None
    try:
        said = json.loads(body) if isinstance(body, bytes) else None
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
