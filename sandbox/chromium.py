"""Where this machine's Chromium is, and the driver that goes with it."""

import shutil
import sys

HOW_TO_GET_IT = (
    "Chromium isn't here: install it (Debian: apt-get install chromium chromium-driver; macOS: "
    "brew install --cask chromium), or name it with CHROMIUM=/path/to/it"
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium(named: str | None) -> str | None:
    """Return the browser's path: the one that is *named*, else the first that is found.

    On Linux only together with its driver: elsewhere Selenium gets one by itself.
    """
    if sys.platform == "linux" and find_driver() is None:
        return None
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in (*_NAMES, *_MACOS))
    return next(filter(None, found), None)


def find_driver() -> str | None:
    """Return the path of Chromium's driver."""
    return shutil.which("chromedriver")
