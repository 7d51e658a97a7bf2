"""What holds for every test: without Chromium, those that need it say so."""

import os

import pytest

from sandbox.chromium import HOW_TO_GET_IT, find_chromium

_CHROMIUM = pytest.StashKey[str | None]()
_WAITING = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> str | None:
    """Return the path of the browser, for tests marked ``browser``."""
    return request.config.stash[_CHROMIUM]


def pytest_configure(config: pytest.Config) -> None:
    named = os.environ.get("CHROMIUM")  # noqa: TID251  # the bot's settings are not the tests'
    config.stash[_CHROMIUM] = find_chromium(named)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    waiting = [item for item in items if item.get_closest_marker("browser")]
    if config.stash[_CHROMIUM] is not None or not waiting:
        return
    if os.environ.get("CI") == "true":  # noqa: TID251  # as above
        raise pytest.UsageError(HOW_TO_GET_IT)
    config.stash[_WAITING] = len(waiting)
    for item in waiting:
        item.add_marker(pytest.mark.skip(reason=HOW_TO_GET_IT))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    waiting = terminalreporter.config.stash.get(_WAITING, 0)
    if waiting:
        terminalreporter.write_line(f"{waiting} browser tests skipped. {HOW_TO_GET_IT}")
