"""What the app wants a message to say, as it arrives and as Slack takes or refuses it."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.slack.blockkit import check_attachments, check_blocks
from sandbox.slack.refusals import Refused
from sandbox.slack.state import Json
from sandbox.slack.views import refuse
from sandbox.slack.workspace import Content

POSTED = 40_000
UPDATED_BYTES = 4_000
EPHEMERAL_BYTES = 4_000
MARKDOWN = 12_000
#: of JSON in what a message shows; Slack's documentation doesn't say
SHOWN = 13_200
#: what isn't text: it is taken at its least
_WORKED = ("actions", "context_actions", "input")


def read(fields: Mapping[str, Any]) -> Content:
    """The content of these arguments, checked.

    Raises:
        Refused: Slack wouldn't take it.
    """
    text = fields.get("text") or ""
    blocks = _listed(fields.get("blocks"), "invalid_blocks_format")
    attachments = _listed(fields.get("attachments"), "invalid_attachments")
    text = _with_markdown(text, blocks, fields.get("markdown_text"))
    if not isinstance(text, str):
        raise Refused("invalid_arguments")
    refuse(check_blocks(blocks), "invalid_blocks")
    refuse(check_attachments(attachments), "invalid_attachments")
    if not (text.strip() or blocks or attachments):
        raise Refused("no_text")
    if len(text) > POSTED:
        raise Refused("msg_too_long")
    return Content(
        text,
        tuple(blocks),
        tuple(attachments),
        _thread(fields.get("thread_ts")),
        _truth(fields.get("link_names")) or fields.get("parse") == "full",
    )


def hold_ephemeral(content: Content) -> None:
    """An ephemeral message's text is held to 4,000 bytes."""
    if len(content.text.encode(errors="replace")) > EPHEMERAL_BYTES:
        raise Refused("msg_too_long")


def hold_update(content: Content) -> None:
    """An updated message's text is held to 4,000 bytes, in the documentation's words characters."""
    if len(content.text.encode(errors="replace")) > UPDATED_BYTES:
        raise Refused("msg_too_long")


def hold_shown(content: Content) -> None:
    """All blocks of a message together are held to about 13,200 characters.

    Not by a response URL, and the containers count (slackapi/bolt-js issues 2509 and 2867).
    """
    if sum(map(_weight, content.blocks)) > SHOWN:
        raise Refused("msg_blocks_too_long")


def _weight(block: Json) -> int:
    if block["type"] in _WORKED:
        return len(block["type"])
    return len(json.dumps(block, ensure_ascii=False, separators=(",", ":")))


def _with_markdown(text: object, blocks: list[Json], markdown: object) -> object:
    if not markdown:
        return text
    if text or blocks:
        raise Refused("markdown_text_conflict")
    if isinstance(markdown, str) and len(markdown) > MARKDOWN:
        raise Refused("msg_too_long")
    return markdown


def _listed(given: object, error: str) -> list[Json]:
    if isinstance(given, str) and given:
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise Refused(error) from None
    if not given and not isinstance(given, int):
        return []
    if not isinstance(given, list):
        raise Refused(error)
    return given


def _thread(given: object) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise Refused("invalid_thread_ts")
    return given


def _truth(given: object) -> bool:
    return given in (True, 1, "1", "true")
