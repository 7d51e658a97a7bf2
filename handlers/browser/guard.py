"""The edge for browsers: names them, and gives whatever goes wrong a page of its own."""

import secrets

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.connect import Connect, End, Ended
from bot.errors import Unavailable
from bot.frozen import frozen
from handlers.browser.pages import Pages
from handlers.browser.requests import browser_of

logger = structlog.get_logger(__name__)

PREFIX = "/connect/"


def dress(pages: Pages, connect: Connect) -> Middleware:
    """Return the middleware; it leaves alone what other parts of the app answer."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_ours(request):
            return await handler(request)
        reference = secrets.token_hex(4)
        with structlog.contextvars.bound_contextvars(correlation=reference):
            response = await _Page(pages, connect, reference).of(request, handler)
        if browser_of(request, pages.address) is None:
            pages.name_browser(response)
        return response

    return guard


@frozen
class _Page:
    """What one request is answered with, whatever happens."""

    pages: Pages
    connect: Connect
    reference: str

    async def of(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Ended as ended:
            _note(ended)
            can_begin_anew = self.connect.can_begin_anew
            return self.pages.ended(ended, self.reference, can_begin_anew=can_begin_anew)
        except web.HTTPException as refused:
            return _dressed(self.pages, refused, self.reference)
        except Unavailable as error:
            logger.warning("browser_page_unavailable", provider=error.provider)
            return self.pages.problem(503, self.reference)
        except Exception:
            logger.exception("browser_page_failed")
            return self.pages.problem(500, self.reference)


def _is_ours(request: web.Request) -> bool:
    """Tell whether a person may be looking: at our pages, or at an address that is none."""
    is_lost = request.match_info.http_exception is not None and request.method == "GET"
    return request.path.startswith(PREFIX) or is_lost


def _note(ended: Ended) -> None:
    if ended.end is End.FAULT:
        logger.error("consent_ended", end=ended.end, exc_info=ended.__cause__)
    else:
        logger.info("consent_ended", end=ended.end)


def _dressed(pages: Pages, refused: web.HTTPException, reference: str) -> web.Response:
    response = pages.problem(refused.status, reference)
    if "Allow" in refused.headers:
        response.headers["Allow"] = refused.headers["Allow"]
    return response
