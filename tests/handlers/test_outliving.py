import asyncio

import pytest
from aiohttp import ClientError, ClientSession, web
from aiohttp.test_utils import TestServer

from handlers.browser import outliving
from handlers.tasks import Tasks


class Page:
    """A page that takes as long as the test lets it."""

    def __init__(self):
        self.reached, self.held, self.finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def show(self, _request):
        self.reached.set()
        await self.held.wait()
        self.finished.set()
        return web.Response(text="done")


@pytest.fixture
def page():
    return Page()


@pytest.fixture
def tasks():
    return Tasks()


@pytest.fixture
async def server(page, tasks):
    app = web.Application(middlewares=[outliving(tasks)])
    app.router.add_get("/connect/slack", page.show)
    app.router.add_get("/slack/events", page.show)
    async with TestServer(app, shutdown_timeout=0.01) as server:
        yield server


async def ask(server, path="/connect/slack"):
    async with ClientSession() as session, session.get(server.make_url(path)) as answer:
        return await answer.text()


async def test_a_page_is_answered_as_ever(server, page):
    page.held.set()
    assert await ask(server) == "done"


async def test_consent_that_is_under_way_is_finished_although_its_request_is_cut_off(
    server, page, tasks
):
    asking = asyncio.create_task(ask(server))
    await page.reached.wait()
    await server.close()
    with pytest.raises(ClientError):
        await asking
    page.held.set()
    await tasks.drain(1)
    assert page.finished.is_set()


async def test_what_is_no_page_is_no_task(server, page, tasks):
    asking = asyncio.create_task(ask(server, "/slack/events"))
    await page.reached.wait()
    assert len(tasks) == 0
    page.held.set()
    assert await asking == "done"


async def test_where_there_is_no_room_a_page_is_answered_all_the_same(server, page, tasks):
    await tasks.drain(0)
    page.held.set()
    assert await ask(server) == "done"
