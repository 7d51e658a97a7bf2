import pytest

from tests.stage import staged


@pytest.fixture
async def stage():
    async with staged() as stage:
        yield stage
