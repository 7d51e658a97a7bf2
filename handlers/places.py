"""A page named in a button, and the buttons beside every page that is shown."""

import json
from typing import Final

from bot.content import CloudId, PageId
from bot.errors import BadInput
from handlers import blocks
from handlers.ask import Block

OPENED: Final = "opened"
PREVIEW: Final = "preview"
SHARE: Final = "share"


def place_of(site: CloudId, page: PageId) -> str:
    """Return a button's value that names a page; it is looked up under whoever presses."""
    return json.dumps({"c": site, "p": page})


def read_place(value: str) -> tuple[CloudId, PageId]:
    """Read a button's value. Raises ``BadInput`` for any that isn't ours."""
    try:
        found = json.loads(value)
        return CloudId(str(found["c"])), PageId(str(found["p"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("That button is out of date. Look the page up again.") from None


def open_button(url: str, label: str = "Open") -> Block:
    """Return the button that leads to Confluence."""
    return blocks.link_button(label, OPENED, url)


def share_button(site: CloudId, page: PageId) -> Block:
    """Return the button that shows the page to the conversation, once it is confirmed."""
    return blocks.button("Share here", SHARE, place_of(site, page))


def page_buttons(url: str, site: CloudId, page: PageId, *, shares: bool = True) -> Block:
    """Return the row of buttons beside a page; *shares* where it may be shown to others."""
    preview = blocks.button("Preview", PREVIEW, place_of(site, page))
    beside = [share_button(site, page)] if shares else []
    return blocks.actions(open_button(url), preview, *beside)
