"""Reads Slack's mrkdwn, as it comes in messages and commands.

https://docs.slack.dev/messaging/formatting-message-text
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.document import (
    PLAIN,
    Block,
    BulletList,
    CodeBlock,
    Document,
    Emoji,
    HardBreak,
    Inline,
    Item,
    Link,
    Mark,
    Marks,
    Mention,
    OrderedList,
    Paragraph,
    Quote,
    Text,
)
from bot.documents.links import safe_href
from bot.documents.text import clean

_FENCE: Final = "```"
_BULLET: Final = re.compile(r"[ \t]*[•◦▪*-][ \t]+(?=\S)")
_NUMBER: Final = re.compile(r"[ \t]*(\d{1,6})[.)][ \t]+(?=\S)")
_QUOTE: Final = re.compile(r"(?:&gt;|>) ?")
_TOKEN: Final = re.compile(
    r"<[^<>\n]+>|`[^`\n]+`|:[a-z0-9_+'-]{1,100}:|[*_~]|[^<`:*_~]+|.", re.DOTALL
)
_MARKS: Final[dict[str, Mark]] = {"*": "strong", "_": "em", "~": "strike"}
_CODE: Final[Marks] = frozenset({"code"})


def from_mrkdwn(text: str) -> Document:
    """Return what *text* says, with its entities and escapes read."""
    blocks: list[Block] = []
    for number, part in enumerate(clean(text).split(_FENCE)):
        if number % 2:
            code = html.unescape(part).strip("\n")
            blocks += [CodeBlock(code)] if code else []
        else:
            blocks += _grouped(part.split("\n"))
    return Document(tuple(blocks))


def _grouped(lines: Iterable[str]) -> Iterator[Block]:
    """Gather neighbouring lines of a kind into one block."""
    kind: Callable[[list[str]], Block] | None = None
    held: list[str] = []
    for line in lines:
        found = _kind(line)
        if found is not kind and held:
            yield kind(held) if kind else _paragraph(held)
            held = []
        kind = found
        if line.strip():
            held.append(line)
    if held:
        yield kind(held) if kind else _paragraph(held)


def _kind(line: str) -> Callable[[list[str]], Block] | None:
    if not line.strip():
        return None
    if _QUOTE.match(line):
        return _quote
    if _BULLET.match(line):
        return _bullets
    return _numbers if _NUMBER.match(line) else _paragraph


def _paragraph(lines: list[str]) -> Block:
    parts: list[Inline] = []
    for number, line in enumerate(lines):
        if number:
            parts.append(HardBreak())
        parts += _inline(line.strip())
    return Paragraph(tuple(parts))


def _quote(lines: list[str]) -> Block:
    return Quote((_paragraph([_QUOTE.sub("", line, count=1) for line in lines]),))


def _bullets(lines: list[str]) -> Block:
    return BulletList(tuple(_item(_BULLET, line) for line in lines))


def _numbers(lines: list[str]) -> Block:
    first = _NUMBER.match(lines[0])
    start = int(first[1]) if first else 1
    return OrderedList(tuple(_item(_NUMBER, line) for line in lines), start)


def _item(marker: re.Pattern[str], line: str) -> Item:
    return Item((Paragraph(tuple(_inline(marker.sub("", line, count=1).rstrip()))),))


@dataclass(slots=True)
class _Marker:
    """A character that may begin or end marks, and whether it turned out to."""

    character: str
    acts: bool = False


def _inline(line: str) -> list[Inline]:
    parts: list[Inline] = []
    marks: Marks = PLAIN
    for piece in _pieces(line):
        if isinstance(piece, str):
            parts += _read(piece, marks)
        elif piece.acts:
            marks ^= {_MARKS[piece.character]}
        else:
            parts.append(Text(piece.character, marks))
    return _joined(parts)


def _pieces(line: str) -> list[str | _Marker]:
    """Split *line* into what is read alone and markers, of which those that pair act."""
    pieces: list[str | _Marker] = []
    begun: dict[str, _Marker] = {}
    for token in _TOKEN.finditer(line):
        character = token[0]
        if character not in _MARKS:
            pieces.append(character)
            continue
        marker = _Marker(character)
        pieces.append(marker)
        start, end = token.span()
        before, after = line[start - 1 : start] if start else "", line[end : end + 1]
        if character in begun and _ends(before, after):
            begun.pop(character).acts = marker.acts = True
        elif _begins(before, after):
            begun[character] = marker
    return pieces


def _begins(before: str, after: str) -> bool:
    return not before.isalnum() and bool(after.strip())


def _ends(before: str, after: str) -> bool:
    return bool(before.strip()) and not after.isalnum()


def _read(piece: str, marks: Marks) -> list[Inline]:
    if len(piece) > 2:  # noqa: PLR2004  # a pair with something between
        if piece[0] == "<" and piece[-1] == ">":
            return _entity(piece[1:-1], marks)
        if piece[0] == "`" and piece[-1] == "`":
            return [Text(html.unescape(piece[1:-1]), marks | _CODE)]
        if piece[0] == ":" and piece[-1] == ":":
            return [Emoji(piece[1:-1])]
    return [Text(html.unescape(piece), marks)]


def _entity(entity: str, marks: Marks) -> list[Inline]:
    """Read what stands between angle brackets; the label follows a bar."""
    target, _, label = (html.unescape(part) for part in entity.partition("|"))
    kind, name = target[0], target[1:]
    if kind == "@":
        return [Mention(member=name, name=label.removeprefix("@"))]
    if kind == "#":
        return [Text("#" + (label.removeprefix("#") or name), marks)]
    if kind == "!":
        return [Text(_special(name, label), marks)]
    if href := safe_href(target):
        return [Link(href, label or target.removeprefix("mailto:"), marks)]
    return [Text(label or target, marks)]


def _special(name: str, label: str) -> str:
    """Return how a broadcast, a group or a date reads."""
    if label:
        return label
    word = name.split("^", maxsplit=1)[0]
    return f"@{name.rsplit('^', maxsplit=1)[-1] if word == 'subteam' else word}"


def _joined(parts: list[Inline]) -> list[Inline]:
    """Make one run of neighbouring texts with the same marks."""
    joined: list[Inline] = []
    texts: list[str] = []
    marks: Marks = PLAIN
    for part in parts:
        if texts and not (isinstance(part, Text) and part.marks == marks):
            joined.append(Text("".join(texts), marks))
            texts = []
        if isinstance(part, Text):
            marks = part.marks
            texts.append(part.text)
        else:
            joined.append(part)
    return [*joined, Text("".join(texts), marks)] if texts else joined
