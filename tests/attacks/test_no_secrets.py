"""Promise 6: no log, metric or message gives away a secret, or what people wrote."""

import io
import json
import re

import pytest
import structlog

from bot import logs as our_logs
from bot.metrics import Metrics
from tests.attacks.scene import fill, press, rich, seen_by
from tests.stage import staged

TYPED = "Kingfisher-merger-text"
SHAPES = re.compile(
    r"xox[bp]-|xapp-|eyJ[\w-]{10,}\.|Bearer\s+\S|/slack/hooks/[A-Za-z0-9]|"
    r"[?&](?:code|state|nonce|code_verifier)=[\w.-]|Traceback"
)


@pytest.fixture
def written():
    stream = io.StringIO()
    before = structlog.get_config()
    our_logs.configure("json", stream)
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    structlog.configure(**before)


def secrets_of(stage):
    """Every secret there is by now: ours, the worlds', and each that was minted."""
    grants, world = stage.atlassian.grants, stage.slack.workspace.state
    settings = stage.settings
    ours = (
        settings.slack_bot_token,
        settings.slack_signing_secret,
        settings.slack_client_secret,
        settings.atlassian_client_secret,
    )
    return {
        *(each.get_secret_value() for each in ours if each),
        *grants.access,
        *grants.refresh,
        *world.hooks,
        *world.user_tokens,
    }


async def journey(stage):
    """Everything once: what works, what is refused, what breaks."""
    ada = await stage.connect_to_write()
    await ada.types(f"/confluence search {TYPED}")
    await stage.quiet()
    await ada.types(f"/confluence page {TYPED}")
    await stage.quiet()
    for kind in ("500", "html", "truncated", "429-burst", "drop-before", "missing-fields"):
        await stage.post("atlassian/faults", {"kind": kind, "times": 2, "retry_after": 0})
        await ada.types(f"/confluence search {TYPED}")
        await stage.quiet()
        await stage.post("atlassian/faults/clear", {})
    await stage.post("atlassian/expire-access", {})
    await fill(stage, ada, TYPED, rich(TYPED))
    await ada.submits()
    await stage.quiet()
    await press(stage, "U0BOB", "edit_again", "T0ACME." + "x" * 43)
    await stage.post("slack/faults", {"method": "response_url", "times": 2, "error": "no_service"})
    await ada.types("/confluence status")
    await stage.quiet()
    await stage.post("atlassian/revoke", {"account": "ada"})
    await ada.types(f"/confluence search {TYPED}")
    await stage.quiet()
    await ada.types("/confluence disconnect")
    await stage.quiet()
    return ada


async def test_nothing_is_given_away(written):
    async with staged() as stage:
        ada = await journey(stage)
        seen = await seen_by(ada)
        links = re.findall(
            r"/connect/(T0ACME\.[\w-]{43})", json.dumps(await stage.get("slack/log"))
        )
        hidden = {*secrets_of(stage), *links}
        assert len(hidden) > 10
    lines = written.getvalue()
    assert lines.count("\n") > 5
    for secret in hidden:
        assert secret not in lines
    assert TYPED not in lines
    assert SHAPES.findall(lines) == []
    for secret in hidden - {*links}:
        assert secret not in seen
    assert "Traceback" not in seen


async def test_no_metric_names_anybody():
    metrics = Metrics()
    async with staged(metrics=metrics) as stage:
        await journey(stage)
    shown = metrics.exposition().decode()
    assert "confab_deliveries" in shown
    for word in (TYPED, "U0ADA", "T0ACME", "xoxb", "Lindqvist", "acme"):
        assert word not in shown
