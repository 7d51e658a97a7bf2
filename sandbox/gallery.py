"""A picture of the form of each template that there is, taken from the list in Slack."""

import re
from collections.abc import Iterator
from pathlib import Path

from sandbox.png import shrink
from sandbox.screen.driver import Screen
from sandbox.tour import DESK, Album

TEMPLATES = Path(__file__).parent.parent / "bot" / "templates"
FOLDER = "images/templates"
_HEAD = re.compile(r"^(id|name): (.+)$", re.MULTILINE)
_FIRST = "(//dialog[@open][last()]//button[normalize-space(.)='Details'])[1]"


def shipped() -> Iterator[tuple[str, str]]:
    """Yield the id and the name of each template, as its file begins."""
    for file in sorted(TEMPLATES.glob("*.yml")):
        found = dict(_HEAD.findall(file.read_text("utf-8")))
        yield found["id"], found["name"]


def photograph(album: Album) -> None:
    """Look at the form of each."""
    album.screen.resize(*DESK)
    for template, name in shipped():
        _look_at(album.screen, template, name)
        album.keep_modal(f"{FOLDER}/{template}")
        shrink(album.folder / FOLDER / f"{template}.png")
        album.screen.close_modal(all_of_them=True)


def _look_at(screen: Screen, template: str, name: str) -> None:
    screen.type(f"/confluence templates {template}")
    screen.press_at(_FIRST)
    screen.sees("It asks for")
    screen.press("See the form")
    screen.waits_for(lambda: screen.modal_title() == name[:24])
    screen.sees("Nothing that you type here is used.")
