"""What Slack's composer makes of what a person types: text, and a ``rich_text`` document."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from sandbox.slack.mentions import CHANNEL, URL, USER, linked

Json = dict[str, Any]

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_LINE = re.compile(r"(?P<bullet>[-*•] )|(?P<ordered>\d+[.)] )|(?P<quote>> ?)")
_STYLES = {"bold": r"\*", "italic": "_", "strike": "~"}


def _styled(name: str, mark: str) -> str:
    return rf"(?<!\w){mark}(?P<{name}>[^\s{mark}](?:[^{mark}\n]*[^\s{mark}])?){mark}(?!\w)"


_INLINE = re.compile(
    "|".join(
        (
            r"`(?P<code>[^`\n]+)`",
            rf"(?P<url>{URL})",
            rf"(?<![\w@])@(?P<user>{USER})",
            rf"(?<![\w#])#(?P<channel>{CHANNEL})",
            r"(?<![\w:]):(?P<emoji>[a-z][a-z0-9_+-]*):(?![\w:])",
            *(_styled(name, mark) for name, mark in _STYLES.items()),
        )
    )
)
_BROADCASTS = ("here", "channel", "everyone")
#: what stands for itself → its element, and the field in which it stands there
_SAID = {"code": ("text", "text"), "url": ("link", "url"), "emoji": ("emoji", "name")}


class Composer:
    """The composer of one place, which knows the people and channels that are met there."""

    def __init__(
        self, people: Iterable[Mapping[str, Any]], channels: Iterable[Mapping[str, Any]]
    ) -> None:
        self._people = list(people)
        self._channels = [each for each in channels if each["kind"] != "im"]
        self._user_ids = {each["name"]: each["id"] for each in self._people}
        self._channel_ids = {each["name"]: each["id"] for each in self._channels}

    def text(self, typed: str) -> str:
        """As it stands in a message's ``text``: mrkdwn, with mentions and addresses in ``<…>``."""
        return linked(typed, self._people, self._channels)

    def blocks(self, typed: str) -> list[Json]:
        """As a message's ``blocks``; none where nothing was typed."""
        if not typed.strip():
            return []
        elements: list[Json] = []
        for index, part in enumerate(_FENCE.split(typed)):
            if index % 2:
                elements.append({"type": "rich_text_preformatted", "elements": [_text(part)]})
            elif part.strip():
                elements += self._paragraphs(part.strip("\n"))
        return [{"type": "rich_text", "elements": elements}]

    def _paragraphs(self, typed: str) -> list[Json]:
        made: list[Json] = []
        for kind, lines in groupby(typed.split("\n"), key=_kind):
            bare = [line[_mark(line) :] for line in lines]
            if kind in ("bullet", "ordered"):
                items = [self._section(line) for line in bare]
                made.append(
                    {"type": "rich_text_list", "style": kind, "indent": 0, "elements": items}
                )
            elif kind == "quote":
                made.append({"type": "rich_text_quote", "elements": self._inline("\n".join(bare))})
            else:
                made.append(self._section("\n".join(bare)))
        return made

    def _section(self, text: str) -> Json:
        return {"type": "rich_text_section", "elements": self._inline(text)}

    def _inline(self, text: str, style: Mapping[str, bool] | None = None) -> list[Json]:
        made: list[Json] = []
        at = 0
        for found in _INLINE.finditer(text):
            made += _plain(text[at : found.start()], style)
            made += self._found(found, dict(style or {}))
            at = found.end()
        return made + _plain(text[at:], style)

    def _found(self, found: re.Match[str], style: dict[str, bool]) -> list[Json]:
        kind, inner = str(found.lastgroup), found[str(found.lastgroup)]
        if kind in _STYLES:
            return self._inline(inner, {**style, kind: True})
        made = self._special(kind, inner)
        if made is None:
            return _plain(found[0], style)
        style |= {"code": True} if kind == "code" else {}
        return [{**made, "style": style} if style else made]

    def _special(self, kind: str, inner: str) -> Json | None:
        """The element of this kind; nothing where nobody and nothing is called so."""
        if kind == "user" and inner in _BROADCASTS:
            return {"type": "broadcast", "range": inner}
        if kind in _SAID:
            made, field = _SAID[kind]
            return {"type": made, field: inner}
        known = self._user_ids if kind == "user" else self._channel_ids
        name = inner.lower() if kind == "user" else inner
        return {"type": kind, f"{kind}_id": known[name]} if name in known else None


def _kind(line: str) -> str:
    found = _LINE.match(line)
    return str(found.lastgroup) if found else ""


def _mark(line: str) -> int:
    """How many characters of *line* say what kind it is."""
    found = _LINE.match(line)
    return found.end() if found else 0


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _plain(text: str, style: Mapping[str, bool] | None) -> list[Json]:
    if not text:
        return []
    return [{**_text(text), "style": dict(style)} if style else _text(text)]
