"""Every template of the catalogue, on Data Center, in each way."""

import pytest
import pytest_asyncio

from bot.catalogue import read_shipped
from tests.catalogue.cases import CASES, DATA_CENTER, WAYS
from tests.catalogue.proof import prove
from tests.catalogue.runs import Runs
from tests.e2e.test_every_way import connect, set_up
from tests.stage import staged
from tests.ways import PEOPLE

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOKENS = next(way for way in PEOPLE if way.name == "datacenter_pat")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def runs():
    async with staged(person_points=1_000_000) as stage:
        _, typed = await set_up(stage, TOKENS)
        await connect(stage, typed)
        made = Runs(stage, DATA_CENTER)
        await made.install(read_shipped())
        yield made


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_it_does_what_it_says(runs, case, way):
    await prove(runs, case, way)
