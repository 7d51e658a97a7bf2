"""Who may drive the sandbox: its own pages and programs on this machine, no foreign page."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def guard(base_url: str) -> Middleware:
    """Refuse what doesn't come from *base_url* under ``/_sandbox/``.

    A page elsewhere can make a browser send requests here, and can have its own name
    point here: the first shows in Origin, the second in Host.
    """
    own_host = base_url.removeprefix("http://")

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_sandbox"):
            origin = request.headers.get("Origin", base_url)
            if request.host != own_host or origin != base_url:
                return web.json_response({"error": "forbidden"}, status=403)
        return await handler(request)

    return guarded


async def dress_screen(request: web.Request, response: web.StreamResponse) -> None:
    """Give the screen's own files their policy; the worlds' pages bring theirs."""
    if not request.path.startswith(("/slack/", "/atlassian/", "/_sandbox")):
        for name, value in _POLICY.items():
            response.headers.setdefault(name, value)
