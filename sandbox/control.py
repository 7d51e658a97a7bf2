"""The sandbox's own handles: its bots, and how it stands."""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from sandbox.bots import Bot, Bots
from sandbox.processes import DoesNotStart


def attach_control(app: web.Application, bots: Bots, seen: Callable[[], dict[str, Any]]) -> None:
    """Add ``/_sandbox/bot`` and ``/_sandbox/state``."""

    async def act(request: web.Request) -> web.Response:
        wanted = await _asked(request)
        actions = {
            "start": bots.start,
            "stop": bots.stop,
            "kill": bots.kill,
            "restart": bots.restart,
        }
        action = actions.get(str(wanted.get("do")))
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

    app.router.add_post("/_sandbox/bot", act)
    app.router.add_get("/_sandbox/state", state)


async def _asked(request: web.Request) -> dict[str, Any]:
    try:
        asked = await request.json()
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _chosen(bots: Bots, name: object) -> Sequence[Bot]:
    return [bot for bot in bots.all if name in {None, bot.name}]
