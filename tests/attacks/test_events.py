"""Promise 15: repeated events work once, and late ones harm no newer installation."""

import time

import pytest

from bot.principal import Tenant
from tests.attacks.scene import press, seen_by
from tests.attacks.test_strangers import command

ACME = Tenant("T0ACME")


@pytest.fixture
async def quiet_stage(stage, unhurt):
    return stage


def home(**envelope):
    return {"type": "app_home_opened", "user": "U0ADA", "tab": "home", **envelope}


async def published(stage):
    log = await stage.get("slack/log")
    return len([each for each in log["calls"] if each["method"] == "views.publish"])


async def test_an_event_that_comes_again_works_once(quiet_stage):
    stage = quiet_stage
    for _ in range(3):
        await stage.post("slack/events", home(event_id="Ev0SAME"))
        await stage.quiet()
    assert await published(stage) == 1
    await stage.post("slack/events", home(event_id="Ev0OTHER"))
    await stage.quiet()
    assert await published(stage) == 2


@pytest.mark.parametrize("event_id", ["", "$ne", "x" * 10_000, "\x00", "Ev.\ud800"])
async def test_an_event_with_an_odd_id_harms_nobody(stage, logs, event_id):
    await stage.post("slack/events", home(event_id=event_id))
    await stage.quiet()
    assert [each for each in logs.stumbles() if "exception" in each] == []


@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
async def test_a_late_farewell_leaves_a_newer_installation(quiet_stage, kind):
    stage = quiet_stage
    tokens = {"tokens": {"bot": ["U0BOT"], "oauth": []}}
    long_ago = int(time.time()) - 7_200
    await stage.post("slack/events", {"type": kind, "event_time": long_ago, "force": True} | tokens)
    await stage.quiet()
    assert await stage.stores.installations.find(ACME) is not None
    await press(stage, "U0ADA", "status")
    assert "isn't installed" not in await seen_by(stage.person("U0ADA"))


@pytest.mark.parametrize(
    "tokens", [{}, {"bot": []}, {"oauth": ["U0ADA"]}, None, [], "x", {"bot": None}]
)
async def test_somebody_elses_tokens_are_no_farewell(quiet_stage, tokens):
    stage = quiet_stage
    soon = int(time.time()) + 60
    event = {"type": "tokens_revoked", "tokens": tokens, "event_time": soon, "force": True}
    await stage.post("slack/events", event)
    await stage.quiet()
    assert await stage.stores.installations.find(ACME) is not None


async def test_after_it_was_removed_a_command_says_so(stage):
    await stage.connect()
    soon = int(time.time()) + 60
    await stage.post("slack/events", {"type": "app_uninstalled", "event_time": soon, "force": True})
    await stage.quiet()
    assert await stage.stores.installations.find(ACME) is None
    await command(stage, "U0ADA", "status", channel_id="C0GENERAL")
    assert "isn't installed in this workspace any more" in await seen_by(stage.person("U0ADA"))


@pytest.mark.parametrize("event_time", ["x", -1, 10**18, None, {}, 1.5])
async def test_a_farewell_at_an_odd_time_is_handled(stage, logs, event_time):
    event = {"type": "app_uninstalled", "event_time": event_time, "force": True}
    await stage.post("slack/events", event)
    await stage.quiet()
    assert [each for each in logs.stumbles() if "exception" in each] == []
