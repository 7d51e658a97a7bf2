import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from handlers.browser import outliving
from handlers.tasks import Tasks


class Page:
    """A page that takes as long as the test lets it."""

    def __init__(self, tasks):
        self.middleware = outliving(tasks)
        self.reached, self.held, self.finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def show(self, _request):
        self.reached.set()
        await self.held.wait()
        self.finished.set()
        return web.Response(text="done")

    def ask(self, path="/connect/slack"):
        request = make_mocked_request("GET", path)
        return asyncio.create_task(self.middleware(request, self.show))


@pytest.fixture
def tasks():
    return Tasks()


@pytest.fixture
def page(tasks):
    return Page(tasks)


async def test_a_page_is_answered_as_ever(page):
    page.held.set()
    assert (await page.ask()).text == "done"


async def test_consent_under_way_is_finished_although_its_request_is_cut_off(page, tasks):
    asking = page.ask()
    await page.reached.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    page.held.set()
    await tasks.drain(1)
    assert page.finished.is_set()


async def test_what_is_no_page_is_no_task(page, tasks):
    asking = page.ask("/slack/events")
    await page.reached.wait()
    assert len(tasks) == 0
    page.held.set()
    assert (await asking).text == "done"


async def test_where_there_is_no_room_a_page_is_answered_all_the_same(page, tasks):
    await tasks.drain(0)
    page.held.set()
    assert (await page.ask()).text == "done"
