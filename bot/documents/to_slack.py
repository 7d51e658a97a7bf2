"""Writes a document for Slack: as blocks to be read, as rich text to be edited.

Only rich_text, header, divider and context blocks are made, each within Slack's limits:
https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Callable
from typing import Any, Final

from bot.cutting import cut, split_at_graphemes
from bot.document import Document
from bot.documents.slack_lines import (
    DIVIDER,
    HEADER,
    SECTION,
    Editor,
    Line,
    Lines,
    Place,
    Reader,
    Shape,
)

Node = dict[str, Any]

MAX_CHARACTERS: Final = 12_000
"""Of text in all blocks of `to_blocks`; Slack refuses messages from about 13,000 on."""
MAX_BYTES: Final = 150_000
"""Of JSON in all blocks of `to_blocks`; a whole view may have 250 kB."""
MAX_TYPED_BYTES: Final = 180_000
"""Of JSON that `to_rich_text` makes, which stands in a view beside other fields."""

_MAX_HEADER: Final = 150
_MAX_BLOCK: Final = 3000
_BYTES_OF_ELEMENT: Final = 160
"""At most, without text and address, and with its part of what stands around it."""
_BYTES_OF_CHARACTER: Final = 12
"""At most: a pair of surrogates, escaped."""
_BYTES_OF_ASCII: Final = 2
"""At most: a quote, escaped; control characters have been dropped."""


def _read_on(_: int) -> str:
    return "… Cut here. Open the page to read the rest."


def to_blocks(
    document: Document,
    *,
    most: int = 45,
    ending: Callable[[int], str] = _read_on,
    characters: int = MAX_CHARACTERS,
) -> list[Node]:
    """Return *document* in at most *most* blocks, with at most so many *characters*.

    Where it is cut, the last one is *ending*, of about as many characters as are left out.
    """
    blocks = _Blocks(most, min(characters, MAX_CHARACTERS))
    for line in Lines(Reader()).of(document.blocks, Place()):
        blocks.take(line)
        if blocks.is_full:
            break
    made = blocks.ended()
    if not blocks.is_full:
        return made
    kept = made[: max(most - 1, 0)]
    lines = Lines(Reader()).of(document.blocks, Place())
    missing = sum(_letters(line.elements) for line in lines) - _letters(kept)
    notice = {"type": "plain_text", "text": ending(max(missing, 1))}
    return [*kept, {"type": "context", "elements": [notice]}][: max(most, 0)]


def to_rich_text(document: Document) -> Node:
    """Return *document* as one rich_text block, such as a rich_text_input starts with."""
    budget = _Budget(MAX_TYPED_BYTES, MAX_TYPED_BYTES)
    text = _RichText()
    for line in Lines(Editor()).of(document.blocks, Place()):
        text.add(line, budget.fitting(line.elements))
        if budget.is_spent:
            break
    if not text.elements:
        text.add(Line(SECTION, []), [{"type": "text", "text": " "}])
    return text.block()


class _Budget:
    """How much text and JSON may still be written."""

    def __init__(self, characters: int, size: int) -> None:
        self._characters = characters
        self._size = size
        self.is_spent = False

    def fitting(self, elements: list[Node]) -> list[Node]:
        """Return as many of *elements* as fit, the last one cut where it doesn't."""
        taken: list[Node] = []
        for element in elements:
            fitted = self._fitted(element)
            if fitted:
                taken.append(fitted)
            if self.is_spent:
                break
        return taken

    def _fitted(self, element: Node) -> Node | None:
        text: str = element.get("text", "")
        frame = _BYTES_OF_ELEMENT
        if "url" in element:
            frame += _size(element["url"])
        size = frame + _size(text)
        if len(text) <= self._characters and size <= self._size:
            self._characters -= len(text)
            self._size -= size
            return element
        self.is_spent = True
        room = min(self._characters, (self._size - frame) // _BYTES_OF_CHARACTER)
        short = cut(text, room) if text else ""
        return {**element, "text": short} if short else None


class _RichText:
    """A rich_text block as it grows."""

    def __init__(self) -> None:
        self.elements: list[Node] = []
        self.characters = 0
        self._last: Shape | None = None

    def add(self, line: Line, elements: list[Node]) -> None:
        """Put *elements* behind what is there, as *line* says."""
        if not elements:
            return
        self.characters += _length(elements)
        shape = line.shape
        if shape.kind == "rich_text_list":
            self._list(line)["elements"].append({"type": "rich_text_section", "elements": elements})
        elif shape == self._last and shape.kind != "rich_text_preformatted":
            self.elements[-1]["elements"] += [{"type": "text", "text": "\n\n"}, *elements]
        else:
            self.elements.append({"type": shape.kind, "elements": [*elements]})
        self._last = shape

    def block(self) -> Node:
        """Return the block."""
        return {"type": "rich_text", "elements": self.elements}

    def _list(self, line: Line) -> Node:
        """Return the list that *line* belongs to: the last element or a new one."""
        shape = line.shape
        if shape != self._last or line.number == 1:
            made: Node = {"type": "rich_text_list", "style": shape.style, "elements": []}
            made["indent"] = shape.indent
            if shape.quoted:
                made["border"] = 1
            if line.number > 1:
                made["offset"] = line.number - 1
            self.elements.append(made)
        return self.elements[-1]


class _Blocks:
    """Blocks as they grow, within a number of them and a budget."""

    def __init__(self, most: int, characters: int) -> None:
        self._most = most
        self._budget = _Budget(characters, MAX_BYTES * characters // MAX_CHARACTERS)
        self._blocks: list[Node] = []
        self._text = _RichText()

    @property
    def is_full(self) -> bool:
        """Whether something had to be left out."""
        return self._budget.is_spent or len(self._blocks) > self._most

    def take(self, line: Line) -> None:
        """Add what fits of *line*."""
        if line.shape is DIVIDER:
            self._flush()
            self._blocks.append({"type": "divider"})
        elif line.shape is HEADER:
            self._header(line)
        else:
            self._rich_text(line)

    def ended(self) -> list[Node]:
        """Return the blocks, more than there may be if it is full."""
        self._flush()
        return self._blocks

    def _header(self, line: Line) -> None:
        self._flush()
        for element in self._budget.fitting(line.elements):
            text = cut(element["text"], _MAX_HEADER)
            plain = {"type": "plain_text", "text": text, "emoji": False}
            self._blocks.append({"type": "header", "text": plain})

    def _rich_text(self, line: Line) -> None:
        elements = self._budget.fitting(line.elements)
        fits = self._text.characters + _length(elements) <= _MAX_BLOCK
        if fits:
            self._text.add(line, elements)
            return
        for portion in _portions(elements):
            self._flush()
            self._text.add(line, portion)

    def _flush(self) -> None:
        if self._text.elements:
            self._blocks.append(self._text.block())
            self._text = _RichText()


def _size(text: str) -> int:
    """Return more bytes of JSON than *text* takes."""
    return len(text) * (_BYTES_OF_ASCII if text.isascii() else _BYTES_OF_CHARACTER)


def _length(elements: list[Node]) -> int:
    return sum([len(element.get("text", "")) for element in elements])  # a list is quicker


def _letters(node: object) -> int:
    """Count the characters that show; spaces are moved between blocks."""
    if isinstance(node, list):
        return sum(_letters(each) for each in node)
    if not isinstance(node, dict):
        return 0
    text = node.get("text")
    own = len("".join(text.split())) if isinstance(text, str) else _letters(text)
    return own + _letters(node.get("elements"))


def _portions(elements: list[Node]) -> list[list[Node]]:
    """Split *elements* so that each portion fits one block."""
    portions: list[list[Node]] = [[]]
    room = _MAX_BLOCK
    for element in elements:
        for piece in _pieces(element):
            length = len(piece.get("text", ""))
            if length > room:
                portions.append([])
                room = _MAX_BLOCK
            portions[-1].append(piece)
            room -= length
    return portions


def _pieces(element: Node) -> list[Node]:
    """Split one element whose text is longer than a block may be."""
    text: str = element.get("text", "")
    if len(text) <= _MAX_BLOCK:
        return [element]
    return [{**element, "text": piece} for piece in split_at_graphemes(text, _MAX_BLOCK)]
