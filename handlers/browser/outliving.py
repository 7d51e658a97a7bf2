"""A page's work goes on where its request is cut off: a code that was used up is kept."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from handlers.browser.guard import PREFIX
from handlers.browser.install import REDIRECT
from handlers.tasks import Tasks


def outliving(tasks: Tasks) -> Middleware:
    """Return the middleware, around `dress`: consents and installs are among the bot's *tasks*.

    A bot that ends cuts its requests off after a few seconds and gives its tasks longer.
    """

    @web.middleware
    async def outlive(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith((PREFIX, REDIRECT)):
            return await handler(request)
        answered: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
        if not tasks.start(_answer(request, handler, answered)):
            return await handler(request)
        return await asyncio.shield(answered)

    return outlive


async def _answer(
    request: web.Request, handler: Handler, answered: asyncio.Future[web.StreamResponse]
) -> None:
    try:
        answered.set_result(await handler(request))
    except web.HTTPException as refused:  # aiohttp's own words, such as for another method
        answered.set_exception(refused)
    finally:
        # Cut off, or broken in a way that no page is made of: nobody is left waiting.
        if not answered.done():
            answered.cancel()
