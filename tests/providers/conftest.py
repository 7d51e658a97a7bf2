import pytest

from bot.providers.outgoing import Outgoing
from tests.fakes import FakeClock
from tests.providers.provider import Provider


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def provider():
    provider = Provider()
    await provider.server.start_server()
    yield provider
    await provider.server.close()


@pytest.fixture
async def outgoing(provider):
    async with Outgoing([provider.url]) as outgoing:
        yield outgoing
