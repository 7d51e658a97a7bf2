"""Whatever a browser sends, we lead it to ourselves, to Slack, or where the profile consents."""

from urllib.parse import urljoin, urlsplit

import aiohttp
import pytest
from yarl import URL

from bot.connect import Wanted
from bot.connection import Need
from bot.pending import Purpose
from tests.attacks.test_mix_up import ISSUER, add
from tests.attacks.ways import connector
from tests.stage import staged
from tests.ways import ADA, PEOPLE

EVIL = (
    *(
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "\\\\evil",
    ),
    *("javascript:alert(1)", "data:text/html,x", "%2f%2fevil.example", "/%09/evil.example"),
    *(
        "%0d%0aLocation:%20https://evil.example",
        "%0d%0a%0d%0a<script>",
        "%00",
        "%E5%98%8A%E5%98%8DX: y",
    ),
    *(".evil.example", "@evil.example", "..%2f..%2fevil", "?next=https://evil.example"),
)
PATHS = (
    *("/", "/connect", "/connect/", "/connect/slack", "/connect/callback/", "/connect/again"),
    *("/connect/typed/", "/connect/choice/", "/connect/export/", "/slack/install"),
    *("/slack/oauth_redirect", "/connect/T0ACME.", "/health", "/nowhere/"),
)
NAMES = (
    *("next", "url", "redirect_uri", "return_to", "continue", "state", "code", "iss", "error"),
    *("team", "tenant", "profile"),
)


@pytest.fixture
async def stage():
    async with staged() as stage:
        yield stage


def is_ours(stage, location, *more):
    """Tell whether *location* lies at ourselves, at Slack or at one of *more*."""
    parts = urlsplit(urljoin(stage.bot_url, location))
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin == stage.bot_url:
        return True
    if origin == stage.url:
        return parts.path.startswith(("/slack/", *more))
    return False


async def test_nothing_that_a_browser_sends_leads_elsewhere(stage):
    asked = 0
    for path in PATHS:
        for evil in EVIL:
            query = "&".join(f"{name}={evil}" for name in NAMES)
            for url in (f"{stage.bot_url}{path}{evil}", f"{stage.bot_url}{path}?{query}"):
                asked += 1
                await looked_at(stage, url)
    assert asked == 2 * len(PATHS) * len(EVIL)


async def looked_at(stage, url):
    for method in ("GET", "POST"):
        headers = {"Origin": "https://evil.example", "Referer": "https://evil.example/"}
        async with aiohttp.request(
            method, URL(url, encoded=True), headers=headers, allow_redirects=False
        ) as answer:
            location = answer.headers.get("Location", "")
            assert not location or is_ours(stage, location), (url, location)
            assert "Refresh" not in answer.headers
            assert "X" not in answer.headers
            if answer.content_type == "text/html":
                text = await answer.text()
                assert 'href="https://evil' not in text
                assert 'action="https://evil' not in text
                assert "<script>" not in text


@pytest.mark.parametrize(
    ("way", "consents"),
    [(ISSUER, "/issuer/authorize"), (PEOPLE[1], "/atlassian/auth/authorize")],
    ids=["issuer", "cloud"],
)
@pytest.mark.parametrize("purpose", [Purpose.OWN, Purpose.ORGANISATION, Purpose.TRIAL])
async def test_a_flow_leads_to_slack_to_the_profiles_own_page_and_back(
    stage, way, consents, purpose
):
    profile = await add(stage, way, "p0one")
    need = Need.LEND if purpose is Purpose.ORGANISATION and way is PEOPLE[1] else Need.READ
    wanted = Wanted(need, purpose, profile, "Robot")
    invited = await connector(stage).start(ADA, "Ada", "Acme", wanted)
    walked = await stage.walk(f"{invited.link}?next=https://evil.example")
    assert walked["stopped"] is None
    led = [page for page in walked["pages"] if page["url"].startswith(stage.bot_url)]
    locations = [page["headers"].get("Location", "") for page in led]
    assert [each for each in locations if consents in each]
    for location in filter(None, locations):
        assert is_ours(stage, location, consents), location
