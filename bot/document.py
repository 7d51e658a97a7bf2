"""The document: what a page says, freed of the markup it came in or goes out as.

Values alone; `bot.documents` reads and writes them. Inline content is flat: a run of text
carries its marks and a link carries its text, so only blocks nest.
"""

from datetime import date
from enum import StrEnum
from typing import Final, Literal

from bot.frozen import frozen

Mark = Literal["strong", "em", "strike", "code", "underline"]
Marks = frozenset[Mark]
Colour = Literal["neutral", "purple", "blue", "red", "yellow", "green"]
PanelKind = Literal["info", "note", "warning", "success", "error"]

PLAIN: Final[Marks] = frozenset()
MAX_DEPTH: Final = 16
"""Blocks nested deeper than this are read and written as their text."""


@frozen
class Text:
    """A run of characters with the same marks."""

    text: str
    marks: Marks = PLAIN


@frozen
class Link:
    """A run of characters that leads somewhere; an empty text shows the address."""

    href: str
    text: str = ""
    marks: Marks = PLAIN


@frozen
class Mention:
    """A person: by *account* at Atlassian where that is known, by *member* in Slack, by name."""

    account: str = ""
    name: str = ""
    member: str = ""


@frozen
class Emoji:
    """A pictograph: its *shortcode* without colons, and its characters unless it is custom."""

    shortcode: str
    text: str = ""


@frozen
class HardBreak:
    """A new line within a block."""


@frozen
class Date:
    """A day."""

    day: date


@frozen
class Status:
    """A coloured word."""

    text: str
    colour: Colour = "neutral"


@frozen
class Unknown:
    """Something inline that the model has no word for: what it was called, and its text."""

    name: str
    text: str = ""


Inline = Text | Link | Mention | Emoji | HardBreak | Date | Status | Unknown


@frozen
class Paragraph:
    """Inline content that stands by itself."""

    content: tuple[Inline, ...] = ()


@frozen
class Heading:
    """A title at *level* 1 to 6."""

    level: int
    content: tuple[Inline, ...] = ()


@frozen
class Item:
    """One entry of a list."""

    content: tuple["Block", ...] = ()


@frozen
class BulletList:
    """Items in no order."""

    items: tuple[Item, ...] = ()


@frozen
class OrderedList:
    """Items counted from *start*."""

    items: tuple[Item, ...] = ()
    start: int = 1


@frozen
class Task:
    """Something to do."""

    done: bool
    content: tuple[Inline, ...] = ()


@frozen
class TaskList:
    """Things to do; a list inside belongs to the task before it."""

    items: tuple["Task | TaskList", ...] = ()


@frozen
class CodeBlock:
    """Characters to be kept exactly; *language* may be empty."""

    text: str
    language: str = ""


@frozen
class Quote:
    """What somebody else said."""

    content: tuple["Block", ...] = ()


@frozen
class Cell:
    """One field of a table."""

    content: tuple["Block", ...] = ()
    header: bool = False


@frozen
class Table:
    """Rows of cells; rows may differ in length."""

    rows: tuple[tuple[Cell, ...], ...] = ()


@frozen
class Panel:
    """A coloured box."""

    kind: PanelKind
    content: tuple["Block", ...] = ()


@frozen
class Rule:
    """A line across the page."""


@frozen
class Expand:
    """Content that is folded away under a *title*."""

    title: str = ""
    content: tuple["Block", ...] = ()


@frozen
class UnknownBlock:
    """A block that the model has no word for: what it was called, and its text."""

    name: str
    text: str = ""


Block = (
    Paragraph
    | Heading
    | BulletList
    | OrderedList
    | TaskList
    | CodeBlock
    | Quote
    | Table
    | Panel
    | Rule
    | Expand
    | UnknownBlock
)


@frozen
class Document:
    """Everything that a page says, from top to bottom."""

    blocks: tuple[Block, ...] = ()


@frozen
class Storage:
    """A body in storage format as Confluence itself gave it: a page's, or a page template's."""

    markup: str


class Placement(StrEnum):
    """Where new text goes, as to what a section says already."""

    REPLACE = "replace"
    START = "start"
    END = "end"


Body = Document | Storage
"""What a page can be written from."""
