import pytest
import pytest_asyncio

from tests.steps.scene import CLOUD, DATA_CENTER, opened


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=[CLOUD, DATA_CENTER], name="scene"
)
async def everywhere(request):
    """Ada at each of the two products, for all tests of a module."""
    async with opened(request.param) as scene:
        yield scene


@pytest.fixture
def is_cloud(scene):
    return scene.world == CLOUD
