"""``make screenshots``: the pictures in ``docs/``, taken of a sandbox that is in use."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import presence_of_element_located
from selenium.webdriver.support.ui import WebDriverWait

from sandbox.chromium import HOW_TO_GET_IT, find_chromium, find_driver
from sandbox.person import Person
from sandbox.server import Plan, Sandbox
from sandbox.walk import walk

_PATIENCE = 15.0
_SIZE = "1280,940"
_READY = "#app[data-ready='true']"


async def take(folder: Path, chromium: str) -> None:
    """Take every picture, into *folder*."""
    with tempfile.TemporaryDirectory() as home:
        async with Sandbox(Plan(Path(home))) as sandbox, aiohttp.ClientSession() as session:
            camera = _Camera(sandbox.url, chromium)
            ada = Person(session, sandbox.url, "U0ADA")
            await _connects(ada)
            await ada.types("/confluence search release type:page")
            await ada.waits_for_message("Release checklist", "general", _PATIENCE)
            await asyncio.to_thread(camera.take, folder / "screenshot.png")
            await ada.presses("preview")
            await ada.waits_for(lambda screen: screen["modal"], _PATIENCE)
            await asyncio.to_thread(camera.take, folder / "preview.png", "dialog[open]")


async def _connects(person: Person) -> None:
    await person.types("/confluence connect")
    await person.waits_for_message("Connect to Confluence", "general", _PATIENCE)
    link = (await person.presses("connect_opened"))["url"]
    await walk(link, slack_person=person.user, atlassian_account="ada", site="acme")
    await person.waits_for_message("Connected as", "general", _PATIENCE)


@dataclass(frozen=True)
class _Camera:
    """What Ada sees in #general."""

    url: str
    chromium: str

    def take(self, path: Path, shown: str = "") -> None:
        """Save a picture to *path* once *shown* is there."""
        with _browser(self.chromium) as browser:
            browser.get(f"{self.url}/?as=U0ADA&in=C0GENERAL")
            for selector in filter(None, (_READY, shown)):
                there = presence_of_element_located((By.CSS_SELECTOR, selector))
                WebDriverWait(browser, _PATIENCE).until(there)
            browser.save_screenshot(str(path))


@contextmanager
def _browser(chromium: str) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("headless=new", "no-sandbox", "hide-scrollbars", f"window-size={_SIZE}"):
        options.add_argument(f"--{argument}")
    service = webdriver.ChromeService(executable_path=find_driver())
    browser = webdriver.Chrome(options=options, service=service)
    try:
        yield browser
    finally:
        browser.quit()


def main() -> int:
    """Take them, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.screenshots", description=__doc__)
    parser.add_argument("--chromium", default=None, help="the browser's path")
    parser.add_argument("--into", type=Path, default=Path("docs"), help="where the pictures go")
    chosen = parser.parse_args()
    chromium = find_chromium(chosen.chromium)
    if chromium is None:
        sys.stderr.write(f"{HOW_TO_GET_IT}\n")
        return 1
    asyncio.run(take(chosen.into, chromium))
    return 0


if __name__ == "__main__":
    sys.exit(main())
