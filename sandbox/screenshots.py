"""``python -m sandbox.screenshots``: the pictures in ``docs/``, taken of people at work."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from sandbox import conversation
from sandbox.chromium import HOW_TO_GET_IT, find_chromium
from sandbox.gallery import photograph
from sandbox.person import Person
from sandbox.screen.driver import Screen, chromium_at
from sandbox.server import Plan, Sandbox
from sandbox.tour import Album, Door, Json, Tour, install

DOCS = Path(__file__).parent.parent / "docs"
TITLE = "What the cargo crane taught us"
SIZE = 1280, 800
SHEET = 720, 860
"""A page of consent, without the empty ground beside it."""


async def take(folder: Path, chromium: str) -> None:
    """Take every picture into *folder*."""
    with tempfile.TemporaryDirectory() as home:
        async with Sandbox(Plan(Path(home))) as sandbox, aiohttp.ClientSession() as session:
            await _chat(lambda user: Person(session, sandbox.url, user))
            door = _door(session, f"{sandbox.url}/_sandbox", asyncio.get_running_loop())
            # The sandbox runs in this loop, so the browser is waited for beside it.
            await asyncio.to_thread(_photograph, chromium, sandbox.url, folder, door)
    with tempfile.TemporaryDirectory() as home:
        async with Sandbox(Plan(Path(home), installs=True)) as sandbox:
            await asyncio.to_thread(_install, chromium, sandbox, folder)


def _install(chromium: str, sandbox: Sandbox, folder: Path) -> None:
    with _screen(chromium, sandbox.url) as screen:
        install(Album(screen, folder), sandbox.bot_url)


def _door(session: aiohttp.ClientSession, base: str, loop: asyncio.AbstractEventLoop) -> Door:
    async def post(path: str, body: Mapping[str, object]) -> Json:
        async with session.post(f"{base}/{path}", json=dict(body)) as response:
            response.raise_for_status()
            answer: Json = await response.json()
        return answer

    return lambda path, body: asyncio.run_coroutine_threadsafe(post(path, body), loop).result()


async def _chat(person: Callable[[str], Person]) -> None:
    await person("U0BOB").types("We release on Thursday. Who remembers what comes first?")
    await person("U0CY").types("There was a *checklist* … and we must write down that crane story.")


@contextmanager
def _screen(chromium: str, url: str) -> Iterator[Screen]:
    with chromium_at(chromium) as driver:
        driver.set_page_load_timeout(20)
        driver.set_script_timeout(20)
        yield Screen(driver, url)


def _photograph(chromium: str, url: str, folder: Path, door: Door) -> None:
    with _screen(chromium, url) as screen:
        screen.resize(*SIZE)
        screen.as_person("U0ADA")
        album = Album(screen, folder)
        _consents(album)
        _searches(album)
        _writes(album)
        photograph(album)
        conversation.photograph(album)
        Tour(album, url, door).go()


def _consents(album: Album) -> None:
    screen = album.screen
    screen.type("/confluence create")
    with screen.follow("Connect to Confluence"):
        screen.resize(*SHEET)
        for words, name, press in (
            ("Connect your Confluence to Slack", "connect", "Continue"),
            ("asking to know who you are", "", "Allow"),
            ("requesting access", "", "Accept"),
        ):
            screen.sees(words)
            if press == "Accept":
                screen.pick("Ada Lindqvist")
            if name:
                album.keep(f"images/{name}")
            screen.press(press)
        screen.sees("Which site do you want to use?")
        screen.pick("acme")
        album.keep("images/choose-a-site")
        screen.press("Use this site")
        screen.sees("You’re connected")
        album.keep("images/connected")
    screen.close_modal(all_of_them=True)


def _searches(album: Album) -> None:
    screen = album.screen
    screen.type("/confluence search release in:ENG type:page")
    screen.sees("Freeze the branch")
    screen.press("Preview")
    modal = "//dialog[@open]//*[contains(., 'Deploy to production.')]"
    screen.waits_for(lambda: screen.driver.find_elements(By.XPATH, modal))
    album.keep("images/preview")
    screen.close_modal()
    screen.press("Share here")
    screen.sees("everybody in this conversation will see")
    screen.press("Share")
    screen.waits_for(lambda: "will see" not in "".join(screen.texts()))


def _writes(album: Album) -> None:
    screen = album.screen
    screen.type(f"/confluence create {TITLE}")
    screen.choose("Space", "Engineering", "eng")
    screen.choose("Parent page", "Release checklist", "rel")
    _fills(screen)
    album.keep("images/create")
    screen.submit()
    screen.waits_for(lambda: screen.modal_title() == "Is this right?")
    album.keep("images/confirm")
    screen.submit()
    screen.waits_for(lambda: screen.modal_title() == "Published")
    screen.close_modal()
    screen.sees(f"Published {TITLE}")
    album.keep("screenshot")
    with screen.follow("Open"):
        screen.resize(*SIZE)
        screen.sees("Version 1 by Ada Lindqvist")
        album.keep("images/in-confluence")


def _fills(screen: Screen) -> None:
    bold = Keys.CONTROL + "b" + Keys.NULL
    text = screen.field("Text")
    text.click()
    text.send_keys("Lift ", bold, "slowly", bold, ", and only then:", Keys.ENTER)
    text.send_keys("- check the hook", Keys.ENTER, "check it again")


def main() -> int:
    """Take them, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.screenshots", description=__doc__)
    parser.add_argument("--chromium", help="the browser's path")
    parser.add_argument("--into", type=Path, default=DOCS, help="where the pictures go")
    chosen = parser.parse_args()
    chromium = find_chromium(chosen.chromium or None)
    if chromium is None:
        sys.stderr.write(f"{HOW_TO_GET_IT}\n")
        return 1
    asyncio.run(take(chosen.into, chromium))
    return 0


if __name__ == "__main__":
    sys.exit(main())
