import pytest_asyncio

from sandbox.server import Plan
from tests.e2e.trip import QUICK, Wires, setting_out
from tests.wire.mongo import mongo_wire
from tests.wire.web import web_wire


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wired(tmp_path_factory):
    """A sandbox whose bot speaks to everything over wires that can be held."""
    async with mongo_wire() as database, web_wire() as web:
        settings = {
            **QUICK,
            "CONFAB_MONGODB_URI": database.uri,
            "CONFAB_ATLASSIAN_API_URL": f"{web.url}/atlassian/api",
            "CONFAB_SLACK_API_URL": f"{web.url}/slack/api",
        }
        plan = Plan(tmp_path_factory.mktemp("wired"), settings=settings)
        async with setting_out(plan, Wires(database, web)) as trip:
            yield trip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory):
    """Two bots on one database, over a wire that can be held."""
    async with mongo_wire() as database, web_wire() as web:
        settings = {
            **QUICK,
            "CONFAB_MONGODB_URI": database.uri,
            "CONFAB_ATLASSIAN_API_URL": f"{web.url}/atlassian/api",
            "CONFAB_PERSON_POINTS": "1000000",
        }
        plan = Plan(tmp_path_factory.mktemp("pair"), bots=2, settings=settings)
        async with setting_out(plan, Wires(database, web)) as trip:
            yield trip
