"""Fits what is shown into a message that the app posts.

Slack refuses one whose blocks are together too long (``msg_blocks_too_long``) and doesn't say
when that is. It was found to be from about 13,200 characters on, what stands around the text
counting too: slackapi/bolt-js issues 2509 and 2867. Views and response URLs aren't held to it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

MOST_SHOWN: Final = 13_000
"""Characters of JSON in all blocks of a message but those that only act."""
_ACTING: Final = frozenset({"actions", "context_actions", "input"})
_NOTICE: Final[Mapping[str, Any]] = {
    "type": "context",
    "elements": [{"type": "plain_text", "text": "… Cut here: a message holds no more."}],
}


def fitting(blocks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return *blocks*, or as many of them as fit, in the same order, and a notice of the cut.

    What acts (buttons, menus in a row of their own) is kept wherever it stands.
    """
    if sum(map(_size, blocks)) <= MOST_SHOWN:
        return list(blocks)
    room = MOST_SHOWN - _size(_NOTICE)
    kept: list[Mapping[str, Any]] = []
    is_cut = False
    for block in blocks:
        room -= 0 if is_cut else _size(block)
        if block["type"] in _ACTING or (room >= 0 and not is_cut):
            kept.append(block)
        elif not is_cut:
            kept.append(_NOTICE)
            is_cut = True
    return kept


def _size(block: Mapping[str, Any]) -> int:
    if block["type"] in _ACTING:
        return 0
    return len(json.dumps(block, ensure_ascii=False, separators=(",", ":")))
