"""The sandbox's own handles: its bots, its state, and the screen."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.bots import Bot, Bots
from sandbox.processes import DoesNotStart

_SCREEN = Path(__file__).parent / "screen"


def attach_control(app: web.Application, bots: Bots, seen: Callable[[], dict[str, Any]]) -> None:
    """Add ``/_sandbox/bot``, ``/_sandbox/state`` and, at ``/``, the screen."""

    async def act(request: web.Request) -> web.Response:
        wanted = await request.json()
        actions = {
            "start": bots.start,
            "stop": bots.stop,
            "kill": bots.kill,
            "restart": bots.restart,
        }
        action = actions.get(wanted.get("do"))
        chosen = _chosen(bots, wanted.get("bot"))
        if action is None or not chosen:
            return web.json_response({"error": "bad_request"}, status=400)
        try:
            await action(chosen)
        except DoesNotStart as error:
            return web.json_response({"error": str(error), **seen()}, status=502)
        return web.json_response(seen())

    async def state(_request: web.Request) -> web.Response:
        return web.json_response(seen())

    async def index(request: web.Request) -> web.StreamResponse:
        if f"http://{request.host}" != seen()["url"]:
            # The bot's pages are the site "localhost"; this one has to be another.
            raise web.HTTPFound(seen()["url"])
        return web.FileResponse(_SCREEN / "index.html")

    app.router.add_post("/_sandbox/bot", act)
    app.router.add_get("/_sandbox/state", state)
    if _SCREEN.is_dir():
        app.router.add_get("/", index)
        app.router.add_static("/", _SCREEN)


def _chosen(bots: Bots, name: object) -> Sequence[Bot]:
    return [bot for bot in bots.all if name in {None, bot.name}]
