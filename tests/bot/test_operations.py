import asyncio
import io
import json
import logging
import re

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from slack_bolt.logger import get_bolt_logger
from slack_bolt.middleware.request_verification.async_request_verification import (
    AsyncRequestVerification,
)

from bot.logs import configure, hide_secrets, redact
from bot.metrics import Metrics
from bot.operations import ops_app, public_health

SECRETS = [
    "xoxb-123-456-abcDEF",
    "xoxe.xoxp-1-Mi0yLTEyMzQ",
    "xapp-1-A0-9-abcdef",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJVMEFEQSJ9.c2lnbmF0dXJl",
]


@pytest.fixture
async def ops():
    """The operators' address of a bot whose readiness the test sets."""
    state = {"ready": True}

    async def ready():
        if state["ready"] is None:
            await asyncio.Event().wait()
        return state["ready"]

    metrics = Metrics()
    async with TestClient(TestServer(ops_app(ready, metrics))) as client:
        client.state, client.metrics = state, metrics
        yield client


@pytest.fixture
def logged():
    """What is logged, line by line; the logs are put back afterwards."""
    root = logging.getLogger()
    handlers, level, stream = root.handlers[:], root.level, io.StringIO()
    configure("json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def count_everything(metrics):
    metrics.acked("command", "ok", 0.002)
    metrics.called("confluence", "search", "ok", 0.3)
    metrics.refreshed("renewed")
    metrics.settled("done")
    metrics.watch_queue("tasks", lambda: 4)
    metrics.points_left("confluence", 65_000)


async def test_health_says_nothing_but_that_it_is_up():
    app = web.Application()
    app.router.add_get("/healthz", public_health())
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/healthz")

        assert (answer.status, await answer.text()) == (200, "ok\n")


async def test_it_is_ready_while_it_can_work(ops):
    assert (await ops.get("/readyz")).status == 200

    ops.state["ready"] = False
    assert (await ops.get("/readyz")).status == 503


async def test_a_database_that_hangs_is_not_ready(ops, monkeypatch):
    monkeypatch.setattr("bot.operations._ANSWERS_WITHIN", 0.01)
    ops.state["ready"] = None

    assert (await ops.get("/readyz")).status == 503


async def test_numbers_are_shown_as_prometheus_reads_them(ops):
    count_everything(ops.metrics)

    answer = await ops.get("/metrics")
    text = await answer.text()

    assert answer.content_type == "text/plain"
    for line in (
        'confab_deliveries_total{kind="command",outcome="ok"} 1.0',
        'confab_ack_seconds_count{kind="command"} 1.0',
        'confab_provider_call_seconds_count{operation="search",outcome="ok",product="confluence"}',
        'confab_refreshes_total{outcome="renewed"} 1.0',
        'confab_receipts_total{outcome="done"} 1.0',
        'confab_queue_size{queue="tasks"} 4.0',
        'confab_points_left{product="confluence"} 65000.0',
    ):
        assert line in text


async def test_no_label_names_a_tenant_or_a_person(ops):
    count_everything(ops.metrics)
    text = await (await ops.get("/metrics")).text()
    ours = "\n".join(line for line in text.splitlines() if line.startswith("confab_"))

    labels = set(re.findall(r'[{,](\w+)="', ours))
    assert labels == {"kind", "outcome", "product", "operation", "queue", "le"}


def test_two_sets_of_numbers_do_not_mix():
    one, other = Metrics(), Metrics()
    one.refreshed("renewed")

    assert b'confab_refreshes_total{outcome="renewed"}' not in other.exposition()


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("form", ["{}", "at {}.", "({})", "token={}&x=1", 'got "{}"'])
def test_what_looks_like_a_secret_is_hidden(secret, form):
    assert secret not in hide_secrets(form.format(secret))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET /connect/slack?code=s3cret&state=s3cret", "s3cret"),
        ("Authorization: Bearer s3cret", "s3cret"),
        ("https://hooks.slack.com/commands/T1/2/s3cret", "s3cret"),
        ("http://127.0.0.1:1/slack/hooks/s3cret", "s3cret"),
        ("/connect/T0ACME.s3crets3crets3crets3cret", "s3cret"),
        ("/connect/choice/T0ACME.s3crets3crets3crets3cret", "s3cret"),
        ("mongodb://bot:s3cret@db.example/confab", "s3cret"),
        ("{'refresh_token': 's3cret', 'scope': 'a'}", "s3cret"),
        ('{"client_secret": "s3cret"}', "s3cret"),
    ],
)
def test_secrets_are_hidden_where_they_stand(text, hidden):
    assert hidden not in hide_secrets(text)


@pytest.mark.parametrize(
    "text",
    ["answered", "status=200 code 3", "/connect/slack", "/connect/callback/system", "a-b-c xox"],
)
def test_ordinary_words_stay(text):
    assert hide_secrets(text) == text


@given(st.text(), st.sampled_from(SECRETS), st.text())
def test_a_token_is_hidden_between_any_words(before, secret, after):
    assert secret not in hide_secrets(f"{before} {secret} {after}")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.builds(SecretStr, st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_anything_can_be_logged(value):
    json.dumps(redact(None, "info", {"event": "seen", "what": value}))


def test_no_secret_is_logged_by_key_by_kind_or_by_looks(logged):
    structlog.get_logger().info(
        "seen",
        access_token="s3cret",
        client=SecretStr("s3cret"),
        inner=[{"cookie": "s3cret"}],
        url="https://x.example/?code=s3cret",
        code="unavailable",
    )

    (line,) = logged()
    assert "s3cret" not in json.dumps(line)
    assert (line["event"], line["code"], line["level"]) == ("seen", "unavailable", "info")


def test_no_secret_is_logged_with_a_traceback(logged):
    try:
        int(f"refused {SECRETS[0]}")
    except ValueError:
        structlog.get_logger().exception("broke")

    (line,) = logged()
    assert "ValueError: invalid literal" in line["exception"]
    assert SECRETS[0] not in line["exception"]


def test_libraries_speak_through_the_same_door_when_something_is_wrong(logged):
    logging.getLogger("aiohttp.access").info("GET /?code=s3cret")
    logging.getLogger("slack_sdk.web").warning("sent %s", SECRETS[0])

    (line,) = logged()
    assert (line["logger"], line["event"], line["level"]) == ("slack_sdk.web", "sent …", "warning")


def test_bolt_does_not_log_the_bodies_that_it_refuses(logged):
    get_bolt_logger(AsyncRequestVerification).error("Invalid request signature (body: s3cret)")

    assert logged() == []


def test_what_belongs_together_carries_one_id(logged):
    log = structlog.get_logger()
    with structlog.contextvars.bound_contextvars(correlation="c0ffee"):
        log.info("one")
    log.info("two")

    assert [line.get("correlation") for line in logged()] == ["c0ffee", None]
