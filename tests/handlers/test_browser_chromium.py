"""What only a real browser can show: that our own strictness doesn't stand in its way."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.content import CloudId, Site
from bot.pending import Obtained
from tests.bot.fakes_connect import ACME, LABS, LOVELACE, granted
from tests.handlers.browsing import serving
from tests.handlers.chromium import tab

pytestmark = pytest.mark.browser

BACK = {"/slack": "/connect/slack", "/atlassian": "/connect/callback/system"}
LONG = Site(CloudId("c3"), "W" * 80, f"https://{'w' * 60}.example")
HEADING = "document.querySelector('h1').textContent"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"


class Elsewhere:
    """Slack and Atlassian on another site; both send people straight back, as when signed in."""

    ours = ""

    async def send_back(self, request):
        way = BACK[request.path]
        raise web.HTTPFound(f"{self.ours}{way}?code=c&{request.query_string}")


@pytest.fixture
async def world():
    elsewhere = Elsewhere()
    app = web.Application()
    app.add_routes([web.get(path, elsewhere.send_back) for path in BACK])
    async with TestServer(app) as server:
        site = f"http://localhost:{server.port}"
        async with serving(site) as world:
            elsewhere.ours = world.address.url
            world.sign_in.url = f"{site}/slack"
            world.provider.url = f"{site}/atlassian"
            yield world


@pytest.fixture
async def ada(chromium):
    async with tab(chromium) as opened:
        yield opened


async def test_one_press_leads_through_both_sites_and_back(ada, world):
    await ada.open((await world.invite()).link)
    await ada.press("button")

    assert await ada.ask(HEADING) == "You’re connected"
    assert world.connection_of().account == LOVELACE


async def test_choosing_a_site_works_without_a_script(ada, world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LABS))
    await ada.open((await world.invite()).link)
    await ada.press("button")
    await ada.ask("document.querySelectorAll('[type=radio]')[1].click()")
    await ada.press("button")

    assert await ada.ask(HEADING) == "You’re connected"
    assert await world.site_of() == LABS.cloud_id


async def test_beginning_anew_works_after_an_end(ada, world):
    link = (await world.invite()).link
    world.clock.pass_by(minutes=11)
    await ada.open(link)
    assert await ada.ask(HEADING) == "This link has expired"
    await ada.press("button")

    assert await ada.ask(HEADING) == "You’re connected"


async def test_pages_fit_a_narrow_window_and_turn_dark(ada, world):
    world.provider.obtained = Obtained(granted(), LOVELACE, (ACME, LONG))
    await ada.be_wide(320)
    await ada.open((await world.invite(person="N" * 120)).link)
    assert await ada.ask(OVERFLOW) == 0
    light = await ada.ask(GROUND)
    await ada.be_dark()
    assert await ada.ask(GROUND) != light
    await ada.press("button")

    assert await ada.ask(HEADING) == "Which site do you want to use?"
    assert await ada.ask(OVERFLOW) == 0
