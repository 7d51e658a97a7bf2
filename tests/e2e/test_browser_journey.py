"""The whole way of one person in a browser, with the real processes.

`SCREENSHOTS=folder` keeps a picture of every step.
"""

import asyncio
import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from sandbox.screen.driver import Screen, chromium_at
from sandbox.server import Plan
from tests.e2e.trip import QUICK, setting_out

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

PICTURES = os.environ.get("SCREENSHOTS")  # noqa: TID251  # the bot's settings are not the tests'
TITLE = "What the café & crane taught us"


@dataclass
class Ada:
    """Who makes the journey: a screen, and an album."""

    screen: Screen
    taken: itertools.count = field(default_factory=lambda: itertools.count(1))

    def keeps(self, name):
        """Take a picture, and hold the page to an empty console."""
        self.photographs(name)
        assert self.screen.complaints() == []

    def photographs(self, name):
        if PICTURES:
            self.screen.screenshot(Path(PICTURES) / f"{next(self.taken):02}-{name}.png")

    def consents(self):
        """Walk from the start page to the done page, in the tab that was opened."""
        self.screen.sees("Connect your Confluence to Slack")
        self.screen.sees("Ada Lovelace")
        self.keeps("start-page")
        self.screen.press("Continue")
        self.screen.sees("asking to know who you are")
        self.keeps("sign-in-with-slack")
        self.screen.press("Allow")
        self.screen.sees("requesting access to your Atlassian account")
        self.screen.pick("Ada Lindqvist")
        self.keeps("consent")
        self.screen.press("Accept")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trip(tmp_path_factory):
    async with setting_out(Plan(tmp_path_factory.mktemp("browser"), settings=QUICK)) as started:
        yield started


async def test_from_connecting_to_disconnecting_in_a_browser(trip, chromium):
    # The sandbox runs in this loop, so the browser is waited for beside it.
    await asyncio.to_thread(travel, chromium, trip.sandbox.url)
    assert await trip.statuses(TITLE) == ["trashed"]


def travel(chromium, url):
    with chromium_at(chromium) as driver:
        driver.set_page_load_timeout(20)
        driver.set_script_timeout(20)
        screen = Screen(driver, url)
        screen.resize(1280, 800)
        screen.as_person("U0ADA")
        ada = Ada(screen)
        try:
            goes_all_the_way(ada)
        except Exception:
            ada.photographs("failed")
            raise


def goes_all_the_way(ada):
    connected(ada)
    searched(ada)
    previewed(ada)
    shared(ada)
    allowed_to_write(ada)
    written(ada)
    seen_in_confluence(ada)
    undone(ada)
    disconnected(ada)


def connected(ada):
    ada.screen.type("/confluence connect")
    with ada.screen.follow("Connect to Confluence"):
        ada.screen.resize(1280, 800)
        ada.consents()
        ada.screen.sees("Which site do you want to use?")
        ada.screen.pick("acme")
        ada.keeps("choose-a-site")
        ada.screen.press("Use this site")
        ada.screen.sees("You’re connected")
        ada.keeps("done-page")
    ada.screen.sees("Connected as Ada Lindqvist to acme.")
    # The message with the link has become these words.
    assert not any("Connect your Confluence account" in each for each in ada.screen.texts())
    ada.keeps("connected")


def searched(ada):
    ada.screen.type("/confluence search service")
    ada.screen.sees("page 1")
    first = ada.screen.texts()[-1]
    ada.keeps("results")
    ada.screen.press("Next")
    ada.screen.sees("page 2")
    assert ada.screen.texts()[-1] != first
    ada.keeps("next-page")
    ada.screen.press("Previous")
    ada.screen.sees("page 1")


def previewed(ada):
    ada.screen.type("/confluence search release in:ENG type:page")
    ada.screen.sees("Freeze the branch")
    ada.screen.press("Preview")
    ada.screen.sees("Deploy to production.")
    ada.keeps("preview")
    ada.screen.close_modal()


def shared(ada):
    ada.screen.press("Share here")
    ada.screen.sees("everybody in this conversation will see")
    ada.keeps("before-sharing")
    ada.screen.press("Share")
    # The question goes once it is answered, so that nobody shares twice.
    ada.screen.waits_for(lambda: "will see" not in "".join(ada.screen.texts()))
    [everybody] = [each for each in ada.screen.texts() if "shared by @Ada Lovelace" in each]
    assert "Release checklist" in everybody
    assert "Only visible to you" not in everybody
    assert not any("deleted" in each for each in ada.screen.texts())
    ada.keeps("shared")


def allowed_to_write(ada):
    ada.screen.type(f"/confluence create {TITLE}")
    with ada.screen.follow("Connect to Confluence"):
        ada.screen.resize(1280, 800)
        ada.consents()
        ada.screen.sees("in use now")
        ada.screen.press("Use this site")
        ada.screen.sees("You’re connected")
    ada.screen.close_modal(all_of_them=True)
    ada.screen.look_at("app")
    ada.screen.press("Messages")
    ada.screen.sees(f"You were about to write “{TITLE}”.")
    ada.keeps("allowed-to-write")


def written(ada):
    ada.screen.press("Go on writing")
    ada.screen.waits_for(lambda: ada.screen.field("Title").get_attribute("value") == TITLE)
    ada.screen.choose("Space", "Engineering", "eng")
    ada.screen.choose("Parent page", "Release checklist", "rel")
    writes(ada.screen.field("Text"))
    ada.keeps("form")
    ada.screen.submit()
    ada.screen.waits_for(lambda: ada.screen.modal_title() == "Is this right?")
    ada.screen.sees("as Ada Lindqvist")
    ada.keeps("before-publishing")
    ada.screen.submit()
    ada.screen.waits_for(lambda: ada.screen.modal_title() == "Published")
    ada.keeps("published")
    ada.screen.close_modal()
    ada.screen.sees(f"Published {TITLE}")
    ada.keeps("receipt")


def writes(field):
    bold = Keys.CONTROL + "b" + Keys.NULL
    field.click()
    field.send_keys("Lift ", bold, "slowly", bold, ", then:", Keys.ENTER)
    field.send_keys("- check the hook", Keys.ENTER, "check it again")


def seen_in_confluence(ada):
    with ada.screen.follow("Open"):
        ada.screen.resize(1280, 800)
        ada.screen.sees("Version 1 by Ada Lindqvist")
        page = ada.screen.driver
        assert page.find_element(By.TAG_NAME, "h1").text == TITLE
        assert page.find_element(By.CSS_SELECTOR, "article strong").text == "slowly"
        items = page.find_elements(By.CSS_SELECTOR, "article li")
        assert [each.text for each in items] == ["check the hook", "check it again"]
        assert "Release checklist" in page.find_element(By.TAG_NAME, "nav").text
        ada.keeps("in-confluence")


def undone(ada):
    ada.screen.press("Undo")
    ada.screen.sees(f"Move it to the trash: {TITLE}")
    ada.screen.confirm("Undo")
    ada.screen.sees(f"“{TITLE}” is in the trash of Engineering")
    ada.keeps("undone")


def disconnected(ada):
    ada.screen.look_at("C0GENERAL")
    ada.screen.type("/confluence disconnect")
    ada.screen.press("Disconnect")
    ada.screen.confirm("Disconnect")
    ada.screen.sees("What remains at Atlassian")
    ada.keeps("disconnected")
    ada.screen.type("/confluence search anything")
    ada.screen.sees("I need your consent")
