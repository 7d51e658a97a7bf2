"""A picture of a dialog task that is done by talking to the app."""

from sandbox.screen.driver import Screen
from sandbox.tour import DESK, Album

PICTURE = "images/dialog"
_DETAILS = "(//dialog[@open][last()]//button[normalize-space(.)='Details'])[1]"


def photograph(album: Album) -> None:
    """Install a template for oneself, and run it in the *Messages* tab up to its preview."""
    screen = album.screen
    screen.resize(DESK[0] + 200, 840)
    _install(screen)
    screen.as_person("U0ADA", "app", "messages")
    screen.type("create a page called Winter hours in ENG")
    screen.open_thread("create a page called Winter hours")
    for asked, answer in (
        ("What shall it say?", "The dome opens at five."),
        ("Below which page?", "title should be Winter hours of the dome"),
        ("is Winter hours of the dome now", "skip"),
    ):
        screen.waits_for(lambda: asked in _last(screen))  # noqa: B023 - asked at once
        screen.reply(answer)
    screen.waits_for(lambda: "This will be written" in _last(screen))
    album.keep(PICTURE)


def _install(screen: Screen) -> None:
    screen.as_person("U0ADA")
    screen.type("/confluence templates create-page")
    screen.press_at(_DETAILS)
    screen.sees("It asks for")
    screen.press("Install")
    screen.sees("Who may run it")
    screen.submit()
    screen.sees("is installed")
    screen.close_modal(all_of_them=True)


def _last(screen: Screen) -> str:
    return screen.thread()[-1]
