"""The words of a document: for people without markup, for comparing, for checking emptiness."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final

from bot.document import (
    Block,
    BulletList,
    CodeBlock,
    Date,
    Document,
    Emoji,
    Expand,
    HardBreak,
    Heading,
    Inline,
    Item,
    Link,
    Mention,
    OrderedList,
    Panel,
    Paragraph,
    Quote,
    Rule,
    Status,
    Table,
    Task,
    TaskList,
    Text,
    Unknown,
    UnknownBlock,
)

Node = Block | Inline | Item | Task
_PIECES_AT_ONCE: Final = 1000
DONE: Final = "☑ "
OPEN: Final = "☐ "

# XML 1.0 forbids them (https://www.w3.org/TR/xml/#charsets), JSON in UTF-8 can't carry a lone
# surrogate, and C1 controls mean nothing to anybody.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NEWLINE: Final = re.compile("\r\n?|\x85")
_BLANK_LINES: Final = re.compile(r"\n{3,}")
# What servers add, drop or move: every space, zero-width characters, emoji variation selectors.
_UNSTABLE: Final = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]+")


def clean(text: str) -> str:
    """Return *text* without the characters that XML and JSON can't carry."""
    if text.isprintable():
        return text
    return _FORBIDDEN.sub("", _NEWLINE.sub("\n", text))


def text_of(document: Document) -> str:
    """Return the words of *document*, a line for each block."""
    return words_of(document.blocks)


def words_of(nodes: Iterable[Node]) -> str:
    """Return the words of *nodes*, however deep they are nested."""
    return _BLANK_LINES.sub("\n\n", "".join(_spoken(nodes, _name))).strip()


def digest_of(document: Document) -> str:
    """Return the SHA-256 of the words: equal for what a server changed in markup alone.

    Spaces don't count, since servers move them, and a mention counts as its account, since
    storage format carries no name.
    """
    pieces = _spoken(document.blocks, _account)
    digest = hashlib.sha256()
    for first in pieces:
        words = "".join(chain((first,), islice(pieces, _PIECES_AT_ONCE)))
        digest.update(clean(_UNSTABLE.sub("", words)).encode())
    return digest.hexdigest()


def is_empty(document: Document) -> bool:
    """Whether *document* says nothing that a reader could see."""
    return not _UNSTABLE.sub("", text_of(document))


def shown(unknown: Unknown | UnknownBlock) -> str:
    """Return what stands for something that the model has no word for."""
    return clean(unknown.text) or (f"[{unknown.name}]" if unknown.name else "")


def mention_text(mention: Mention) -> str:
    """Return how a mention reads where it can't be one."""
    return f"@{clean(mention.name) or clean(mention.account) or mention.member}"


def emoji_text(emoji: Emoji) -> str:
    """Return how an emoji reads where it can't be one."""
    return clean(emoji.text) or f":{emoji.shortcode}:"


def _name(mention: Mention) -> str:
    return mention_text(mention)


def _account(mention: Mention) -> str:
    account = clean(mention.account)
    return f"@{account}" if account else mention_text(mention)


def _spoken(nodes: Iterable[Node], called: Callable[[Mention], str]) -> Iterator[str]:
    waiting: list[Node | str] = [*nodes]
    waiting.reverse()
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, Text):  # most nodes are
            yield node.text
        elif isinstance(node, Mention):
            yield called(node)
        else:
            waiting.extend(reversed(_PARTS[type(node)](node)))


def _list(node: BulletList | OrderedList) -> Sequence[Node | str]:
    return node.items


def _table(node: Table) -> Sequence[Node | str]:
    parts: list[Node | str] = []
    for row in node.rows:
        for cell in row:
            only = cell.content[0] if len(cell.content) == 1 else None
            parts += only.content if isinstance(only, Paragraph) else cell.content
            parts.append("\t")
        parts.append("\n")
    return parts


_PARTS: Final[dict[type[Node], Callable[[Any], Sequence[Node | str]]]] = {
    Link: lambda node: (node.text or node.href,),
    Emoji: lambda node: (emoji_text(node),),
    HardBreak: lambda _: ("\n",),
    Date: lambda node: (node.day.isoformat(),),
    Status: lambda node: (node.text,),
    Unknown: lambda node: (shown(node),),
    Paragraph: lambda node: (*node.content, "\n"),
    Heading: lambda node: (*node.content, "\n"),
    Item: lambda node: node.content,
    BulletList: _list,
    OrderedList: _list,
    Task: lambda node: (DONE if node.done else OPEN, *node.content, "\n"),
    TaskList: lambda node: node.items,
    CodeBlock: lambda node: (node.text, "\n"),
    Quote: lambda node: node.content,
    Table: _table,
    Panel: lambda node: node.content,
    Rule: lambda _: ("\n",),
    Expand: lambda node: (node.title, "\n", *node.content),
    UnknownBlock: lambda node: (shown(node), "\n"),
}
