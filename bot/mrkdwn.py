"""Slack's mrkdwn, built in this one place: nothing that is put in can become markup.

https://docs.slack.dev/messaging/formatting-message-text
"""

import html
import re
from typing import Final

from bot.documents.links import revealing, safe_href

_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACE: Final = re.compile(r"\s+")

# mrkdwn has no escape for its own marks. Within a word and between spaces they do nothing and
# stay; anywhere else a character that looks the same takes their place.
_ACTIVE: Final = re.compile(r"`|(?<![^\W_])[*_~](?=\S)|(?<=\S)[*_~](?![^\W_])")
_LOOKALIKE: Final = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}

_START: Final = "@@@hl@@@"
_END: Final = "@@@endhl@@@"
_HIGHLIGHT: Final = re.compile(f"({_START}|{_END})")


def escape(text: str) -> str:
    """Return *text* so that mrkdwn shows it as it is, whatever marks stand around it."""
    shown = _ACTIVE.sub(lambda mark: _LOOKALIKE[mark[0]], _CONTROL.sub("", text))
    return shown.translate(_ENTITIES)


def link(url: str, label: str) -> str:
    """Return a link, or the label alone where the address isn't http, https or mailto.

    A label that names another place than the link leads to says where that is.
    """
    said = _SPACE.sub(" ", label).strip()
    target = safe_href(url)
    words = escape(revealing(said, target) if target else said)
    if not target:
        return words
    address = target.replace("|", "%7C").translate(_ENTITIES)
    return f"<{address}|{words}>" if words else f"<{address}>"


def highlighted(excerpt: str) -> str:
    """Turn a Confluence search excerpt, HTML-escaped with marks, into mrkdwn on one line.

    What was found becomes bold; a part of a word can't, so there the marks are dropped.
    """
    parts = _HIGHLIGHT.split(_SPACE.sub(" ", html.unescape(excerpt)).strip())
    return "".join(
        f"*{escape(text)}*" if _can_be_bold(parts, place) else escape(text)
        for place, text in enumerate(parts)
        if place % 2 == 0
    )


def _can_be_bold(parts: list[str], place: int) -> bool:
    """Whether the text at *place* stands between a pair of marks and doesn't touch a word."""
    if parts[place - 1 : place] != [_START] or parts[place + 1 : place + 2] != [_END]:
        return False
    text, before, after = parts[place], parts[place - 2], parts[place + 2]
    touches = _is_word(before[-1:]) or _is_word(after[:1])
    # Nothing but marks between two finds: their asterisks would meet.
    first, last = place - 2 == 0, place + 2 == len(parts) - 1
    meets = not (before or first) or not (after or last)
    return bool(text) and text == text.strip() and not touches and not meets


def _is_word(character: str) -> bool:
    return character.isalnum()
