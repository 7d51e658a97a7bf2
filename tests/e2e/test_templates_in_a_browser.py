"""Templates with a mouse and a keyboard: installed and run, talked through, on both products.

`SCREENSHOTS=folder` keeps a picture where something fails.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from selenium.webdriver.common.by import By

from sandbox.screen.driver import Screen, chromium_at
from sandbox.server import Plan
from tests.e2e.trip import PATIENCE, Traveller, Trip, link_in, setting_out

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]

PICTURES = os.environ.get("SCREENSHOTS")  # noqa: TID251  # the bot's settings are not the tests'


@pytest_asyncio.fixture(loop_scope="module")
async def trip(tmp_path):
    # A run isn't taken up by the job that settles, however slow this machine is.
    async with setting_out(Plan(tmp_path, settings={"CONFAB_DRAIN": "2"})) as started:
        yield started


async def at_the_screen(chromium: str, trip: Trip, does: Callable[[Screen], None]) -> None:
    """Be Ada at a screen; the sandbox runs in this loop, so the browser is waited for beside it."""

    def works() -> None:
        with chromium_at(chromium) as driver:
            driver.set_page_load_timeout(20)
            driver.set_script_timeout(20)
            screen = Screen(driver, trip.sandbox.url)
            screen.resize(1280, 900)
            screen.as_person("U0ADA")
            try:
                does(screen)
            except Exception:
                if PICTURES:
                    screen.screenshot(Path(PICTURES) / f"{does.__name__}-failed.png")
                raise
            assert screen.complaints() == []

    await asyncio.to_thread(works)


async def test_a_template_is_found_installed_and_run_by_its_form(trip, chromium):
    await at_the_screen(chromium, trip, installs_and_runs)
    assert await trip.statuses("Decision: Use Mongo for dialogs") == ["current"]


async def test_a_task_is_talked_through_and_taken_back(trip, chromium):
    await has_installed(trip)
    await at_the_screen(chromium, trip, talks)
    assert await trip.statuses("Decision: Talk it through") == ["trashed"]


async def test_a_page_template_of_a_data_center_asks_for_its_variables(trip, chromium):
    await uses_data_center(trip)
    await at_the_screen(chromium, trip, fills_in_a_page_template)
    pages = await trip.get("datacenter/pages")
    [page] = [each for each in pages if each["title"] == "Which database"]
    assert "Use Mongo" in str(page)
    assert "Accepted" in str(page)


def modal_text(screen: Screen) -> str:
    shown = screen.driver.find_elements(By.CSS_SELECTOR, "dialog[open]")
    return shown[-1].text if shown else ""


def modal_says(screen: Screen, text: str) -> None:
    screen.waits_for(lambda: text in modal_text(screen), PATIENCE)


def writes(screen: Screen, label: str, text: str) -> None:
    field = screen.waits_for(lambda: screen.field(label))
    field.click()
    field.send_keys(text)


def consents(screen: Screen) -> None:
    """Walk through consent in the tab that is opened."""
    with screen.follow("Connect to Confluence"):
        screen.sees("Connect your Confluence to Slack")
        screen.press("Continue")
        screen.sees("asking to know who you are")
        screen.press("Allow")
        screen.sees("requesting access to your Atlassian account")
        screen.pick("Ada Lindqvist")
        screen.press("Accept")
        screen.sees("Which site do you want to use?")
        screen.pick("acme")
        screen.press("Use this site")
        screen.sees("You’re connected")


def installs(screen: Screen, words: str, name: str) -> None:
    screen.type("/confluence templates")
    modal_says(screen, "Quick note")
    screen.fill("Look for", words)
    screen.submit()
    screen.waits_for(lambda: "Quick note" not in modal_text(screen) and name in modal_text(screen))
    screen.press("Details")
    modal_says(screen, "It asks for")
    screen.press("Install")
    screen.choose("Who may run it", "Everybody in the workspace")
    screen.submit()
    modal_says(screen, f"{name} is installed.")


def installs_and_runs(screen: Screen) -> None:
    installs(screen, "decision", "Decision record")
    screen.press("Run now")
    modal_says(screen, "You can close this.")
    consents(screen)
    screen.close_modal(all_of_them=True)
    screen.look_at("app")
    screen.press("Messages")
    screen.sees("You were about to run")
    screen.press("Go on")
    modal_says(screen, "What was decided, in a few words?")
    screen.choose("Space", "Engineering", "eng")
    writes(screen, "Decision", "Use Mongo for dialogs")
    writes(screen, "Context", "Dialogs are kept somewhere.")
    writes(screen, "What we do", "They are kept in Mongo.")
    screen.submit()
    modal_says(screen, "As Ada Lindqvist, your own account on acme.")
    modal_says(screen, "Give the page")
    screen.submit()
    modal_says(screen, "is written down")
    screen.close_modal()
    screen.waits_for(lambda: screen.modal_title() is None)


def talks(screen: Screen) -> None:
    screen.look_at("app")
    screen.press("Messages")
    screen.type("write a decision record in OPS about Talk it through")
    screen.open_thread("Talk it through")
    answers(screen, "What is the situation")
    says(screen, "help", "title should be Plan")
    says(screen, "Because we *must*", "What are you going to do?")
    says(screen, "space should be ENG", "Space is Engineering now.")
    says(screen, "We do it", "What else did you weigh?")
    screen.press("Skip")
    answers(screen, "What follows from it")
    says(screen, "skip", "Who decided?")
    says(screen, "me", "in Engineering (ENG)")
    screen.press("Confirm")
    answers(screen, "is written down")
    screen.press("Undo")
    screen.confirm("Take it back")
    answers(screen, "was taken back")


def answers(screen: Screen, expected: str) -> None:
    screen.waits_for(lambda: expected in screen.thread()[-1], PATIENCE)


def says(screen: Screen, text: str, expected: str) -> None:
    screen.reply(text)
    answers(screen, expected)


def fills_in_a_page_template(screen: Screen) -> None:
    installs(screen, "page template", "From a page template")
    screen.press("Run now")
    modal_says(screen, "From which template?")
    before = screen.waits_for(lambda: screen.control("Template"))
    screen.choose("Space", "Engineering", "eng")
    screen.waits_for(lambda: screen.control("Template") != before)
    screen.choose("Template", "Decision record", "decision")
    screen.fill("Title", "Which database")
    screen.submit()
    screen.waits_for(lambda: screen.control("Decision"))
    writes(screen, "Decision", "Use Mongo")
    writes(screen, "Context", "Something has to keep them.")
    screen.choose("Status", "Accepted")
    screen.submit()
    modal_says(screen, "Create the page “Which database”")
    screen.submit()
    modal_says(screen, "is made from its template")


async def has_installed(trip: Trip) -> None:
    """Have Ada connected, and the decision record there."""
    ada = trip.person("U0ADA")
    await ada.person.types("/confluence templates decision-record")
    await pressed(ada, "template_details", None, "It asks for")
    await pressed(ada, "template_install", None, "Who may run it")
    await ada.person.submits()
    await ada.sees("is installed.")
    await pressed(ada, "task_run_0", None, "I need your consent")
    await consented(trip, ada, {})
    await ada.hears("You were about to run", "@app")
    await ada.person.closes(everything=True)


async def uses_data_center(trip: Trip) -> None:
    """Have an admin choose tokens of a Data Center for all, and connect with one."""
    made: dict[str, Any] = await trip.post("datacenter/tokens", {"account": "ada", "days": 30})
    typed = {"secret": made["token"]}
    ada = trip.person("U0ADA")
    person = ada.person
    await person.types("/confluence admin")
    for action, value, seen in (
        ("admin_profiles", None, "New profile"),
        ("admin_new_profile", None, "Name of the identity provider"),
        ("admin_profile_provider", "confluence_data_center", "Address of Confluence"),
    ):
        await pressed(ada, action, value, seen)
    await person.waits_for(lambda screen: "'Personal access token'" in str(screen["modal"]))
    await person.presses("admin_profile_mechanism", "pat")
    await person.waits_for(lambda screen: "'client_id'" not in str(screen["modal"]), PATIENCE)
    await person.submits(
        {
            "name": {"name": "Tokens"},
            "base_url": {"base_url": f"{trip.sandbox.url}/datacenter/confluence"},
        }
    )
    await ada.sees("Saved as version 1")
    await pressed(ada, "admin_try_profile", None, "works once")
    await consented(trip, ada, typed)
    await chosen(ada, "Tokens")
    await person.types("/confluence connect")
    await person.waits_for(link_in, PATIENCE)
    await consented(trip, ada, typed)
    await ada.hears("Connected as", "@app")


async def chosen(ada: Traveller, profile: str) -> None:
    """Have everybody connect under that profile."""
    await ada.person.closes(everything=True)
    await ada.person.types("/confluence admin")
    await pressed(ada, "admin_profiles", None, profile)
    view = await ada.person.modal()
    assert view
    block = next(each["block_id"] for each in view["blocks"] if profile in str(each.get("text")))
    await ada.person.presses("admin_profile", block_id=block)
    await pressed(ada, "admin_use_profile", None, "everybody who connects")
    await ada.person.closes(everything=True)


async def pressed(ada: Traveller, action: str, value: str | None, seen: str) -> None:
    """Press once it is there, and wait for what comes."""
    await ada.person.waits_for(lambda screen: f"'{action}'" in str(screen["modal"]), PATIENCE)
    await ada.person.presses(action, value)
    await ada.sees(seen)


async def consented(trip: Trip, ada: Traveller, typed: dict[str, str]) -> None:
    link = await ada.person.waits_for(link_in, PATIENCE)
    how = {"url": link, "slack_person": "U0ADA", "atlassian_account": "ada", "site": "acme"}
    await trip.post("walk", {**how, "typed": typed})
