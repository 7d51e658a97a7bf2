"""Block Kit, built within its limits.

https://docs.slack.dev/reference/block-kit
Text that is passed as *mrkdwn* must have been escaped by `bot.mrkdwn`; plain text needn't.
"""

import json
from collections.abc import Sequence
from typing import Any, Literal

from bot.cutting import cut
from bot.mrkdwn import escape
from handlers.ask import Block, Reply, View

MOST_IN_MESSAGE = 50
MOST_IN_VIEW = 100
LONGEST_HEADER = 150
LONGEST_TO_COPY = 3_000
LONGEST_URL = 3_000

Style = Literal["primary", "danger"]


def plain(text: str, most: int) -> dict[str, Any]:
    """Return a plain text object of at most *most* characters, never an empty one."""
    return {"type": "plain_text", "text": cut(text, most) or "…", "emoji": False}


def mrkdwn(text: str, most: int = 3_000) -> dict[str, Any]:
    """Return a mrkdwn text object."""
    return {"type": "mrkdwn", "text": cut(text, most) or "…", "verbatim": True}


def section(text: str, accessory: Block | None = None) -> Block:
    """Return a paragraph of *mrkdwn*, with an element beside it."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | {"accessory": accessory} if accessory else block


def context(*texts: str) -> Block:
    """Return small print in *mrkdwn*."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def header(text: str) -> Block:
    """Return a heading in plain text."""
    return {"type": "header", "text": plain(text, LONGEST_HEADER)}


def title(text: str) -> Block:
    """Return a page's title whole: a header holds fewer characters than Confluence does."""
    return header(text) if len(text) <= LONGEST_HEADER else section(f"*{escape(text)}*")


def weight(blocks: Sequence[Block]) -> int:
    """Return how many characters of JSON *blocks* are; see `bot.fitting`."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def preformatted(text: str) -> Block:
    """Return *text* to the letter, for copying; at most 3,000 characters."""
    shown = {"type": "text", "text": cut(text, LONGEST_TO_COPY)}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [shown]}],
    }


def divider() -> Block:
    """Return a line."""
    return {"type": "divider"}


def actions(*elements: Block) -> Block:
    """Return a row of buttons or menus."""
    return {"type": "actions", "elements": list(elements[:25])}


def button(label: str, action: str, value: str = "", *, style: Style | None = None) -> Block:
    """Return a button that presses *action* with *value* (2,000 characters at most)."""
    block: Block = {"type": "button", "text": plain(label, 75), "action_id": action}
    if value:
        block["value"] = value
    return block | {"style": style} if style else block


def link_button(
    label: str, action: str, url: str, value: str = "", *, style: Style | None = None
) -> Block:
    """Return a button that opens *url*; Slack delivers its press as well."""
    if len(url) > LONGEST_URL:
        return button(label, action, value, style=style)
    return button(label, action, value, style=style) | {"url": url}


def confirmed(element: Block, title: str, text: str, confirm: str) -> Block:
    """Return *element* with a question asked before it acts; *text* is plain."""
    question = {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(confirm, 30),
        "deny": plain("Cancel", 30),
    }
    return element | {"confirm": question}


def option(label: str, value: str, description: str = "") -> Block:
    """Return one choice of a menu; *value* must have 75 characters at most."""
    block: Block = {"text": plain(label, 75), "value": value}
    return block | {"description": plain(description, 75)} if description else block


def field(
    block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False
) -> Block:
    """Return a form's field, named *block_id* in its errors and its values."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, 2_000),
        "element": element,
        "optional": optional,
    }
    return block | {"hint": plain(hint, 2_000)} if hint else block


def shown(reply: Reply) -> tuple[Block, ...]:
    """Return what *reply* shows: its blocks, or else its words as they are."""
    return reply.blocks or (section(escape(reply.text)),)


def modal(title: str, blocks: Sequence[Block], *, close: str = "Close") -> View:
    """Return a modal that shows *blocks*."""
    return {
        "type": "modal",
        "title": plain(title, 24),
        "close": plain(close, 24),
        "blocks": list(blocks[:MOST_IN_VIEW]),
    }


def form(view: View, callback: str, submit: str, metadata: str = "") -> View:
    """Return *view* as a form that is delivered to *callback*; *metadata* comes back with it."""
    asking = {"callback_id": callback, "submit": plain(submit, 24), "private_metadata": metadata}
    return view | asking
