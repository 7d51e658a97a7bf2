import logging

import pytest
import structlog
from structlog.testing import capture_logs

from tests.attacks.scene import Watched, refused_by_slack
from tests.stage import staged


@pytest.fixture
def logs(caplog):
    caplog.set_level(logging.WARNING)
    with capture_logs([structlog.processors.format_exc_info]) as events:
        yield Watched(events, caplog.records)


@pytest.fixture
async def stage(logs):
    async with staged() as stage:
        yield stage


@pytest.fixture
async def unhurt(stage, logs):
    """Nothing stumbled by the end of the test, and Slack refused nothing."""
    yield
    await stage.quiet()
    assert logs.stumbles() == []
    assert await refused_by_slack(stage) == []
