"""Who may drive the sandbox: its own pages and programs on this machine, no foreign page."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware


def guard(base_url: str) -> Middleware:
    """Refuse what doesn't come from *base_url* under ``/_sandbox/``.

    A page elsewhere can make a browser send requests here, and can have its own name
    point here: the first shows in Origin, the second in Host. The screen itself moves to
    its own address: as ``localhost`` it would be the same site as the bot's pages.
    """
    own_host = base_url.removeprefix("http://")

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_sandbox"):
            origin = request.headers.get("Origin", base_url)
            if request.host != own_host or origin != base_url:
                return web.json_response({"error": "forbidden"}, status=403)
        elif request.path == "/" and request.host != own_host:
            raise web.HTTPFound(base_url)
        return await handler(request)

    return guarded
