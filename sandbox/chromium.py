"""Where this machine's Chromium is."""

import shutil

HOW_TO_GET_IT = (
    "Chromium isn't here: install it (Debian: apt-get install chromium; macOS: "
    "brew install --cask chromium), or name it with CHROMIUM=/path/to/it"
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium(named: str | None) -> str | None:
    """Return the browser's path: the one that is *named*, else the first that is found."""
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in (*_NAMES, *_MACOS))
    return next(filter(None, found), None)
