"""Nobody installs the app for somebody else, twice, or in somebody else's place."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from structlog.testing import capture_logs

from bot.principal import Tenant
from tests.installing import OWN, a_browser, installing

ACME, OTHER = Tenant("T0ACME"), Tenant("T0OTHER")


@pytest.fixture
async def stage():
    async with installing() as stage:
        yield stage


@pytest.fixture
async def eve(stage):
    async with a_browser(stage) as browser:
        yield browser


@pytest.fixture
async def ada(stage):
    async with a_browser(stage) as browser:
        yield browser


async def nothing_is_kept(stage):
    found = [await stage.stores.installations.find(each) for each in (ACME, OTHER)]
    return found == [None, None]


async def codes_traded_in(stage):
    log = await stage.get("slack/log")
    return len([each for each in log["calls"] if each["method"] == "oauth.v2.access"])


async def test_a_state_is_good_once(stage, eve):
    url = (await eve.begin()).location
    back = await eve.at_slack(url)
    assert (await eve.send("GET", back)).status == 200
    first = await stage.stores.installations.find(OTHER)
    page = await eve.send("GET", back)
    assert (page.status, page.heading) == (410, "This has been used")
    assert await codes_traded_in(stage) == 1
    assert await stage.stores.installations.find(OTHER) == first


async def test_a_state_is_used_up_before_the_code_is_traded_in(stage, eve):
    url = (await eve.begin()).location
    state = parse_qs(urlsplit(url).query)["state"][0]
    wrong = await eve.send(
        "GET", "/slack/oauth_redirect", params={"code": "guessed", "state": state}
    )
    assert wrong.heading == "Slack refused to finish"
    page = await eve.send("GET", await eve.at_slack(url))
    assert page.heading == "This has been used"
    assert await nothing_is_kept(stage)


async def test_a_link_forwarded_to_another_browser_installs_nothing(stage, eve, ada):
    # Eve begins, decides, and has Ada's browser finish.
    await ada.send("GET", "/slack/install")
    back = await eve.at_slack((await eve.begin()).location)
    page = await ada.send("GET", back)
    assert (page.status, page.heading) == (403, "This began in another browser")
    assert (await eve.send("GET", back)).heading == "This has been used"
    assert await codes_traded_in(stage) == 0
    assert await nothing_is_kept(stage)


async def test_a_browser_without_our_cookie_installs_nothing(stage, eve):
    back = await eve.at_slack((await eve.begin()).location)
    eve.session.cookie_jar.clear()
    page = await eve.send("GET", back)
    assert (page.status, page.heading) == (400, "Your browser didn’t send our cookie")
    assert await nothing_is_kept(stage)


@pytest.mark.parametrize(
    "state", ["", "x", "T0ACME.x", "x" * 3_000, "\x00", "\ud800".encode("utf-8", "surrogatepass")]
)
async def test_a_forged_state_is_worth_nothing(stage, eve, state):
    await eve.begin()
    code = parse_qs(urlsplit(await eve.at_slack((await eve.begin()).location)).query)["code"][0]
    query = urlencode({"code": code, "state": state})
    page = await eve.send("GET", f"/slack/oauth_redirect?{query}")
    assert page.heading == "We don’t know this install"
    assert await codes_traded_in(stage) == 0
    assert await nothing_is_kept(stage)


async def test_a_code_put_in_the_place_of_ones_own_installs_no_more_than_it_stands_for(
    stage, eve, ada
):
    # Eve's code in Ada's flow: what is kept is what Slack says the code stands for.
    theirs = await eve.at_slack((await eve.begin()).location)
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    state = (await ada.begin(team="T0ACME")).asked["state"]
    await ada.send("GET", "/slack/oauth_redirect", params={"code": code, "state": state})
    assert await stage.stores.installations.find(ACME) is None
    assert (await stage.stores.installations.find(OTHER)).tenant == OTHER
    again = (await ada.begin()).asked["state"]
    page = await ada.send("GET", "/slack/oauth_redirect", params={"code": code, "state": again})
    assert page.heading == "Slack refused to finish"


async def test_one_workspaces_install_leaves_anothers_as_it_is(stage, eve, ada):
    await ada.install("U0ADA")
    before = await stage.stores.installations.find(ACME)
    await eve.install("U0EVE")
    assert await stage.stores.installations.find(ACME) == before
    assert (await stage.stores.installations.find(OTHER)).bot_token != before.bot_token


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "null"},
        {"Origin": "null"},
    ],
)
async def test_another_sites_form_begins_nothing(stage, eve, headers):
    page = await eve.begin(headers=headers)
    assert (page.status, page.heading) == (403, "This form came from somewhere else")
    assert stage.stores.installs._kept == {}  # noqa: SLF001 - that there is nothing


async def test_a_browser_that_takes_no_cookies_begins_nothing(stage, eve):
    page = await eve.send("POST", "/slack/install", data={"team": ""}, headers=OWN)
    assert page.heading == "Your browser didn’t send our cookie"
    assert stage.stores.installs._kept == {}  # noqa: SLF001 - that there is nothing


@pytest.mark.parametrize(
    "query",
    [
        "redirect_uri=https://evil.example",
        "team=T0ACME%26redirect_uri=https://evil.example",
        "next=https://evil.example",
        "state=mine",
        "client_id=theirs",
    ],
)
async def test_no_address_leads_anywhere_but_to_slack_and_back(stage, eve, query):
    page = await eve.send("GET", f"/slack/install?{query}")
    assert "evil.example" not in page.text
    form = dict(each.split("=", 1) for each in query.split("&"))
    gone = await eve.begin(**form)
    assert gone.location.startswith(f"{stage.settings.slack_url}/oauth/v2/authorize?")
    assert "evil" not in gone.location
    assert gone.asked["redirect_uri"] == f"{stage.bot_url}/slack/oauth_redirect"
    assert gone.asked["state"] != "mine"


async def test_the_way_back_shows_nothing_that_came_along(stage, eve):
    query = urlencode({"state": "<script>x</script>", "error": "<script>y</script>"})
    page = await eve.send("GET", f"/slack/oauth_redirect?{query}")
    assert "script" not in page.text


async def test_looking_ahead_uses_nothing_up(stage, eve):
    back = await eve.at_slack((await eve.begin()).location)
    assert (await eve.send("HEAD", back)).status == 405
    assert (await eve.send("GET", back)).heading == "Confab is installed"


async def test_the_state_is_not_what_is_stored(stage, eve):
    state = (await eve.begin()).asked["state"]
    assert state not in repr(stage.stores.installs._kept)  # noqa: SLF001 - whatever there is


async def test_no_log_tells_a_secret_of_it(stage, eve, caplog):
    await stage.post("slack/rotation", {"enabled": True})
    with capture_logs() as told:
        url = (await eve.begin()).location
        back = await eve.at_slack(url)
        await eve.send("GET", back)
        await eve.send("GET", back)
        fault = {"method": "oauth.v2.access", "kind": "error", "error": "fatal_error", "times": 1}
        await stage.post("slack/faults", fault)
        await eve.install()
        await eve.install(allow=False)
    found = await stage.stores.installations.find(OTHER)
    came = parse_qs(urlsplit(back).query)
    secrets = [
        *(came["code"] + came["state"]),
        found.bot_token.get_secret_value(),
        found.refresh_token.get_secret_value(),
        stage.settings.slack_client_secret.get_secret_value(),
    ]
    said = repr(told) + caplog.text
    assert "installed" in said
    assert [each for each in secrets if each in said] == []


async def test_a_flood_is_turned_away(stage, eve):
    await eve.begin()
    statuses = set()
    for _ in range(601):
        page = await eve.send("POST", "/slack/install", data={"team": ""}, headers=OWN)
        statuses.add(page.status)
    assert statuses == {303, 429}
