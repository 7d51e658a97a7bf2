"""``confab check`` against a bot that is running in the sandbox."""

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.diagnosis import diagnose
from bot.settings import Settings, load_settings
from sandbox.server import Plan, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")
STEPS = [
    "Settings",
    "Slack",
    "Database",
    "Keys",
    "Slack scopes",
    "Sign in with Slack",
    "Public address",
    "Atlassian",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(tmp_path_factory):
    async with Sandbox(Plan(tmp_path_factory.mktemp("sandbox"))) as running:
        yield running


@pytest.fixture
def check(sandbox, tmp_path, monkeypatch):
    """Check the sandbox's own settings, but for what the test changes."""
    monkeypatch.chdir(tmp_path)
    given = {
        name.removeprefix("CONFAB_").lower(): value
        for name, value in sandbox.bot_settings().items()
        if value
    }

    async def check_with(**changed):
        lines = []
        settings = load_settings(Settings, {**given, **changed})
        well = await diagnose(settings, lines.append)
        return well, lines

    return check_with


def failing(lines):
    return [line.removeprefix("FAIL").strip() for line in lines if line.startswith("FAIL")]


async def test_a_running_bot_is_well(check):
    well, lines = await check()

    assert well
    assert [line.removeprefix("ok").strip().partition(":")[0] for line in lines[:-1]] == STEPS
    assert lines[-1] == "All is well."


async def test_sign_in_with_slack_may_be_left_out(check):
    well, lines = await check(slack_client_id=None, slack_client_secret=None)

    assert well
    assert any("by a code that they type" in line for line in lines)


WRONG = [
    ("slack_bot_token", "xoxb-s3cret", "Slack: refuses the bot token (invalid_auth)"),
    ("slack_client_secret", "s3cret", "Sign in with Slack: Slack refuses the client (bad_client_"),
    ("slack_client_id", "s3cret", "Sign in with Slack: Slack refuses the client (invalid_client"),
    ("atlassian_client_secret", "s3cret", "Atlassian: refuses the client (access_denied)"),
    ("keys", f"s3cret={'A' * 43}=", "Keys: what is stored can't be opened ("),
    ("public_url", "http://127.0.0.1:1", "Public address: http://127.0.0.1:1 doesn't answer"),
    ("atlassian_auth_url", "http://127.0.0.1:1", "Atlassian: 127.0.0.1:1 gives no answer"),
    ("slack_api_url", "http://127.0.0.1:1", "Slack: 127.0.0.1:1 gives no answer"),
    ("mongodb_uri", "mongodb://127.0.0.1:1/confab", "Database: "),
    ("mongodb_uri", "mongodb://bot:s3cret@127.0.0.1:1", "Database: no database is named"),
    ("mongodb_uri", "mongodb://bot:s3/cret@s3cret@h/confab", "Database: CONFAB_MONGODB_URI can't"),
]


@pytest.mark.parametrize(("field", "value", "found"), WRONG)
async def test_what_is_wrong_is_found_and_something_can_be_done(check, field, value, found):
    well, lines = await check(**{field: value})

    assert not well
    assert any(line.startswith(found) for line in failing(lines))
    assert all("\n      " in line for line in failing(lines))
    assert "s3cret" not in "\n".join(lines)


async def test_where_workspaces_install_it_slack_is_asked_about_that(check, sandbox):
    well, lines = await check(slack_bot_token=None)

    assert well
    assert any(f"workspaces install the app at {sandbox.bot_url}/slack" in line for line in lines)
    assert not any("Slack scopes" in line for line in lines)


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("slack_client_secret", "Slack: refuses the client (bad_client_secret)"),
        ("slack_client_id", "Slack: refuses the client (invalid_client"),
    ],
)
async def test_what_is_wrong_with_that_is_found(check, field, found):
    well, lines = await check(**{"slack_bot_token": None, field: "s3cret"})

    assert not well
    assert any(line.startswith(found) for line in failing(lines))
    assert "s3cret" not in "\n".join(lines)


async def test_a_database_that_refuses_its_user_is_told_from_one_that_is_away(check, sandbox):
    uri = sandbox.bot_settings()["CONFAB_MONGODB_URI"].replace("//", "//bot:s3cret@")
    _, lines = await check(mongodb_uri=uri)

    (line,) = failing(lines)
    assert line.startswith("Database: the database refuses us (")
    assert "readWrite and dbAdmin" in line
    assert "s3cret" not in "\n".join(lines)


async def test_an_address_that_leads_elsewhere_is_not_ours(check, sandbox):
    _, lines = await check(public_url=sandbox.url)

    (line,) = failing(lines)
    assert "answers 404, but not as the bot does" in line


async def test_a_missing_scope_is_named(check, sandbox, monkeypatch):
    monkeypatch.setattr("bot.diagnosis.required_scopes", lambda: {"commands", "reactions:read"})
    _, lines = await check()

    (line,) = failing(lines)
    assert line.startswith("Slack scopes: missing reactions:read")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(503, "text/plain"), (200, "text/plain"), (502, "application/json"), (503, "text/html")],
)
async def test_an_outage_in_front_of_slack_is_no_refusal_of_slacks(check, status, kind):
    async def answer(request):
        return web.Response(status=status, text="{upstream", content_type=kind)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(application) as server:
        _, lines = await check(slack_api_url=str(server.make_url("")))
    [found] = [line for line in failing(lines) if line.startswith("Slack:")]
    assert "gives no answer that can be read" in found
