"""Installing the app from a browser, between the real pages and the sandbox's Slack."""

import json
from datetime import timedelta

import pytest

from bot.installation import is_place
from bot.manifest import required_scopes, slack_scopes
from bot.principal import Tenant
from bot.slack_install import InstallEnd
from bot.trail import Wanted
from handlers.browser.install_words import ASKS, ENDS
from tests.installing import a_browser, installing

OTHER, GLOBE = Tenant("T0OTHER"), Tenant("E0GLOBE")


@pytest.fixture
async def stage():
    async with installing() as stage:
        yield stage


@pytest.fixture
async def browser(stage):
    async with a_browser(stage) as browser:
        yield browser


async def kept(stage, tenant=OTHER):
    return await stage.stores.installations.find(tenant)


def test_every_scope_is_asked_for_in_words_once():
    told = [scope for each in ASKS for scope in each.scopes]
    assert sorted(told) == sorted(slack_scopes())


def test_every_end_has_words():
    assert set(ENDS) == set(InstallEnd)
    for words in ENDS.values():
        assert all((words.title, words.happened, words.safe, words.do))


async def test_looking_at_the_page_changes_nothing(stage, browser):
    page = await browser.send("GET", "/slack/install")
    assert page.status == 200
    assert page.heading == "Add Confab to Slack"
    for scope in slack_scopes():
        assert scope in page.words
    assert stage.stores.installs._kept == {}  # noqa: SLF001 - that there is nothing


async def test_the_button_leads_to_slack_with_what_is_asked_for(stage, browser):
    gone = await browser.begin()
    assert gone.status == 303
    assert gone.location.startswith(f"{stage.settings.slack_url}/oauth/v2/authorize?")
    asked = gone.asked
    assert set(asked["scope"].split(",")) == slack_scopes()
    assert asked["redirect_uri"] == f"{stage.bot_url}/slack/oauth_redirect"
    assert len(asked["state"]) >= 43
    assert "team" not in asked


async def test_a_workspace_installs_it(stage, browser):
    page = await browser.install()
    assert page.heading == "Confab is installed"
    assert "Other" in page.words
    assert any(link.startswith("slack://app?team=T0OTHER") for link in page.links)
    found = await kept(stage)
    assert (found.team_id, found.enterprise_id, found.name) == ("T0OTHER", None, "Other")
    assert (found.bot_user_id, found.bot_id) == ("U0BOTOTHER", "B0BOTOTHER")
    assert found.scopes == slack_scopes()
    assert not found.rotates
    assert await stage.stores.installations.find_installer(OTHER) == "U0EVE"
    await stage.quiet()
    [row] = [row.entry async for row in stage.stores.audit.list_newest(OTHER, Wanted())]
    assert (row.action, row.actor.user_id) == ("install", "U0EVE")


async def test_its_people_are_answered_at_once(stage, browser):
    ada = stage.person("U0ADA")
    await ada.types("/confluence status")
    await ada.waits_for_message("isn't installed in this workspace")
    await browser.install("U0ADA")
    await ada.types("/confluence status")
    await ada.waits_for_message("Connect to Confluence")


async def test_an_organisation_installs_it_and_is_sent_to_its_workspaces(stage, browser):
    page = await browser.install("W0IRIS", "E0GLOBE")
    assert "Organisation" in page.words
    manage = "https://app.slack.com/manage/E0GLOBE/integrations/profile/A0CONFAB/workspaces/add"
    assert manage in page.links
    found = await kept(stage, GLOBE)
    assert found.is_organisations
    assert (found.team_id, found.enterprise_id) == (None, "E0GLOBE")


async def test_slacks_directory_names_the_workspace(stage, browser):
    page = await browser.send("GET", "/slack/install?team=T0OTHER")
    [team] = page.tree.xpath("//input[@name='team']/@value")
    gone = await browser.begin(team=team)
    assert gone.asked["team"] == "T0OTHER"


@pytest.mark.parametrize("team", ["T0&state=x", "https://evil.example", "$ne", "T" * 99, "t0other"])
async def test_what_is_no_workspace_is_named_to_nobody(stage, browser, team):
    page = await browser.send("GET", "/slack/install", params={"team": team})
    assert page.tree.xpath("//input[@name='team']") == []
    gone = await browser.begin(team=team)
    assert "team" not in gone.asked
    assert not is_place(team)


async def test_installing_again_takes_the_place_of_what_was_there(stage, browser):
    await browser.install()
    first = await kept(stage)
    await browser.install()
    second = await kept(stage)
    assert second.installed_at > first.installed_at


async def test_what_was_not_granted_is_named(stage, browser):
    url = (await browser.begin()).location
    less = url.replace("usergroups%3Aread%2C", "")
    assert less != url
    page = await browser.send("GET", await browser.at_slack(less))
    assert page.heading == "Confab is installed"
    assert "usergroups:read" in page.words
    assert "What Slack didn’t allow" in page.words
    assert "chat:write" not in page.words
    assert (await kept(stage)).scopes == slack_scopes() - {"usergroups:read"}


async def test_what_is_optional_can_be_left_out(stage, browser):
    url = (await browser.begin()).location
    less = url.replace("files%3Aread%2C", "")
    assert less != url
    page = await browser.send("GET", await browser.at_slack(less))
    assert page.heading == "Confab is installed"
    assert required_scopes() < (await kept(stage)).scopes


async def test_who_declines_is_told_so(stage, browser):
    page = await browser.install(allow=False)
    assert (page.status, page.heading) == (403, "You didn’t allow it")
    assert await kept(stage) is None


@pytest.mark.parametrize(
    ("error", "heading"),
    [
        ("temporarily_unavailable", "Slack isn’t answering"),
        ("invalid_scope_requested", "Confab isn’t set up properly"),
        ("", "You didn’t allow it"),
    ],
)
async def test_slacks_other_words_for_no_code_are_told_apart(stage, browser, error, heading):
    state = (await browser.begin()).asked["state"]
    page = await browser.send(
        "GET", "/slack/oauth_redirect", params={"state": state, "error": error}
    )
    assert page.heading == heading


async def test_who_takes_too_long_is_told_so(stage, browser):
    url = (await browser.begin()).location
    back = await browser.at_slack(url)
    [key] = stage.stores.installs._kept  # noqa: SLF001 - time alone does it
    begun = stage.stores.installs._kept[key]  # noqa: SLF001
    object.__setattr__(begun, "expires_at", begun.expires_at - timedelta(minutes=11))
    page = await browser.send("GET", back)
    assert (page.status, page.heading) == (410, "That took too long")
    assert await kept(stage) is None


async def test_slack_may_be_down(stage, browser):
    url = (await browser.begin()).location
    back = await browser.at_slack(url)
    fault = {"method": "oauth.v2.access", "kind": "error", "error": "internal_error", "times": 1}
    await stage.post("slack/faults", fault)
    page = await browser.send("GET", back)
    assert (page.status, page.heading) == (503, "Slack isn’t answering")
    assert await kept(stage) is None


async def test_a_bot_that_was_given_its_token_is_installed_by_nobody():
    from tests.stage import staged  # noqa: PLC0415 - the other kind of stage

    async with staged() as stage, a_browser(stage) as browser:
        assert (await browser.send("GET", "/slack/install")).status == 404
        assert (await browser.send("GET", "/slack/oauth_redirect")).status == 404


async def test_no_page_keeps_or_tells_more_than_it_must(stage, browser):
    page = await browser.install()
    found = await kept(stage)
    assert found.bot_token.get_secret_value() not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "xox" not in json.dumps(dict(page.headers))
