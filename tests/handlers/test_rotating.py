"""Tokens that rotate, and what comes and goes, between the whole bot and the sandbox's Slack."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.app import utc_now
from bot.principal import Tenant
from bot.rotation import FreshInstallations
from tests.installing import a_browser, installing

ACME = Tenant("T0ACME")


@pytest.fixture
async def stage():
    async with installing() as stage:
        await stage.post("slack/rotation", {"enabled": True})
        async with a_browser(stage) as browser:
            page = await browser.install("U0ADA")
            assert page.heading == "Confab is installed"
        yield stage


async def ages(stage, left, **changed):
    """Let the token have *left* to live, as far as the bot knows."""
    found = await stage.stores.installations.find(ACME)
    aged = replace(found, token_expires_at=utc_now() + left, **changed)
    stage.stores.installations._kept[ACME] = aged  # noqa: SLF001 - time alone does it
    stage.bot.tenants.forget(ACME)
    return aged


async def renewals(stage):
    log = await stage.get("slack/log")
    calls = [each for each in log["calls"] if each["method"] == "oauth.v2.access"]
    return [each for each in calls if each["args"].get("grant_type") == "refresh_token"]


async def test_what_is_installed_rotates(stage):
    found = await stage.stores.installations.find(ACME)
    assert found.rotates
    assert found.bot_token.get_secret_value().startswith("xoxe.xoxb-")


async def test_ten_requests_in_two_processes_renew_it_once(stage):
    aged = await ages(stage, timedelta(0))
    another = FreshInstallations(
        stage.stores.installations,
        stage.outside.slack_oauth,
        utc_now,
        lambda _installation: asyncio.sleep(0),
    )
    processes = (stage.outside.installations, another)
    found = await asyncio.gather(*(each.find(ACME) for each in processes for _ in range(5)))
    [token] = {each.bot_token.get_secret_value() for each in found}
    assert token != aged.bot_token.get_secret_value()
    assert len(await renewals(stage)) == 1
    assert await stage.outside.slack_oauth.is_good(found[0])


async def test_nobody_notices_that_it_has_ended(stage):
    await ages(stage, -timedelta(hours=1))
    ada = stage.person("U0ADA")
    await ada.types("/confluence status")
    await ada.waits_for_message("Connect to Confluence")
    assert len(await renewals(stage)) == 1


async def test_where_slack_refuses_its_renewal_the_installer_is_told_while_there_is_time(stage):
    await ages(stage, timedelta(hours=1), refresh_token=SecretStr("xoxe-1-somebody-elses"))
    ada = stage.person("U0ADA")
    await ada.types("/confluence status")
    await ada.waits_for(lambda seen: "Slack won't renew Confab's access" in str(seen) or None)
    found = await stage.stores.installations.find(ACME)
    assert found.broken_at is not None
    # The old token lives, and so people are answered.
    await ada.types("/confluence status")
    await ada.waits_for_message("Connect to Confluence")


async def test_a_token_that_slack_takes_no_more_is_explained(stage):
    bad = SecretStr("xoxe.xoxb-1-gone")
    await ages(stage, timedelta(hours=12), bot_token=bad)
    ada = stage.person("U0ADA")
    await ada.types("/confluence status")
    await ada.waits_for_message("Slack doesn't let Confab speak in this workspace any more")


async def test_installing_it_again_mends_it(stage):
    await ages(stage, timedelta(hours=1), broken_at=utc_now())
    async with a_browser(stage) as browser:
        await browser.install("U0ADA")
    found = await stage.stores.installations.find(ACME)
    assert found.broken_at is None
    assert await stage.outside.slack_oauth.is_good(found)


async def test_an_uninstalled_app_is_forgotten(stage):
    # Slack's events count in seconds; this one isn't in the second of the install.
    await ages(stage, timedelta(hours=12), installed_at=utc_now() - timedelta(seconds=2))
    await stage.post("slack/install", {"installed": False})
    await stage.quiet()
    assert await stage.stores.installations.find(ACME) is None


async def test_an_older_token_of_its_own_that_is_revoked_ends_nothing(stage):
    await ages(stage, timedelta(hours=12), installed_at=utc_now() - timedelta(seconds=2))
    event = {"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"], "oauth": []}}
    await stage.post("slack/events", event)
    await stage.quiet()
    assert await stage.stores.installations.find(ACME) is not None


async def test_who_is_deactivated_is_seen_at_once(stage):
    found = await stage.stores.installations.find(ACME)
    assert not (await stage.outside.people.get(found, "U0BOB")).is_deleted
    await stage.post("slack/people/change", {"user": "U0BOB", "deleted": True})
    await stage.quiet()
    assert (await stage.outside.people.get(found, "U0BOB")).is_deleted


async def test_who_becomes_an_admin_is_seen_at_once(stage):
    found = await stage.stores.installations.find(ACME)
    assert not (await stage.outside.people.get(found, "U0BOB")).is_admin
    await stage.post("slack/people/change", {"user": "U0BOB", "role": "admin"})
    await stage.quiet()
    assert (await stage.outside.people.get(found, "U0BOB")).is_admin
