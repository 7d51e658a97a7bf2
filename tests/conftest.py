"""What holds for every test: none is hurried, and without Chromium those that need it say so."""

import gc
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

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
    # A machine that is busy is no defect of what is tested.
    settings.register_profile(
        "patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("patient")


def pytest_collection_finish() -> None:
    # To look through all that stands until the end, every few tests, takes half a second each time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    waiting = [item for item in items if item.get_closest_marker("browser")]
    if config.stash[_CHROMIUM] is not None or not waiting:
        return
    if os.environ.get("CI") == "true":  # noqa: TID251  # as above
        session.shouldstop = HOW_TO_GET_IT
    config.stash[_WAITING] = len(waiting)
    for item in waiting:
        item.add_marker(pytest.mark.skip(reason=HOW_TO_GET_IT))


def pytest_sessionfinish(session: pytest.Session) -> None:
    # Of several processes that share the tests, the one that tells of them collects none.
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["waiting"] = session.config.stash.get(_WAITING, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[_WAITING] = getattr(node, "workeroutput", {}).get("waiting", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    waiting = terminalreporter.config.stash.get(_WAITING, 0)
    if waiting:
        terminalreporter.write_line(f"{waiting} browser tests skipped. {HOW_TO_GET_IT}")
