"""Reads Markdown as GitHub writes it; HTML in it stays text."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.common import normalize_url
from markdown_it.parser_block import ParserBlock
from markdown_it.rules_block import StateBlock, table
from markdown_it.token import Token

from bot.document import (
    PLAIN,
    Block,
    BulletList,
    Cell,
    CodeBlock,
    Document,
    HardBreak,
    Heading,
    Inline,
    Item,
    Link,
    Mark,
    Marks,
    OrderedList,
    Paragraph,
    Quote,
    Rule,
    Table,
    Task,
    TaskList,
    Text,
)
from bot.documents.links import safe_href
from bot.documents.text import clean

_MARKS: Final[dict[str, Mark]] = {"strong": "strong", "em": "em", "s": "strike"}
_BOX: Final = re.compile(r"\[([ xX])\](?:\s+|$)")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?*_~)\]}]")
_CODE: Final[Marks] = frozenset({"code"})
_STRONG: Final[Marks] = frozenset({"strong"})
_EM: Final[Marks] = frozenset({"em"})


# What any inline rule in use begins with, or looks for.
_MARKUP: Final = r"\\`*_~\[\]!<&"
_IS_MARKED: Final = re.compile(f"[{_MARKUP}]|  \n")
_LINE_END: Final = re.compile(r" ?\n[ \t]*")
# The markup that needs no parser: none of it in another, none of it touching the next.
_SIMPLE: Final = re.compile(
    rf"(?P<text>[^{_MARKUP}]+(?:!(?!\[)[^{_MARKUP}]*)*)"
    r"|`(?P<code>[^`\n]+)`(?![`])"
    rf"|(?P<stars>\*\*?)(?!\*)(?P<starred>[^\W_](?:[^{_MARKUP}\n]*[^\W_])?)(?P=stars)(?!\*)"
    rf"|\[(?P<label>[^{_MARKUP}\n]+)\]\((?P<href>https?://[a-z0-9.-]+[A-Za-z0-9/.-]*)\)"
)
# Addresses that normalizing would leave as they are.
_NORMAL: Final = re.compile(r"https?://[a-z0-9.-]+(?:/[A-Za-z0-9/._~-]*)?")
# A line that begins with none of these begins or ends no block but a paragraph.
_BLOCK_STARTS: Final = frozenset("`~>*-_+#<=|:[0123456789")
# A line within a paragraph that may make a heading or a table of what stands before it.
_UNDERLINE: Final = re.compile(r"[=|:]|-(?! *[^\s|:-])")
_MAX_SPACES: Final = 3
_DEFINITION: Final = re.compile(r"^[ \t>*+\-\d.)]{0,99}\[[^\]\n]{1,999}\]:", re.MULTILINE)
_READING: Final = "reading"
_NO_TABLE: Final = "no table"
_MOST_EMPTY: Final = 5_000
"""Cells that a table gets which nobody wrote."""
_DELIMITERS: Final = re.compile(r"[\s>|:-]*\|[\s|:-]*")


def _plain_paragraph(state: StateBlock, start: int, _end: int, silent: bool) -> bool:  # noqa: FBT001  # as the parser calls its rules
    """Take a paragraph that can be nothing else at a glance; leave the rest to the other rules."""
    if not silent and not state.level and _READING in state.env:
        state.env[_READING].take_all(state.tokens)
    if silent or state.sCount[start] - state.blkIndent > _MAX_SPACES:
        return False
    if _first_character(state, start) in _BLOCK_STARTS:
        return False
    line = _paragraph_end(state, start)
    if line is None:
        return False
    state.push("paragraph_open", "p", 1)
    content = state.getLines(start, line, state.blkIndent, False).strip()  # noqa: FBT003
    state.push("inline", "", 0).content = content
    state.push("paragraph_close", "p", -1)
    state.line = line
    return True


def _first_character(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line]]


def _paragraph_end(state: StateBlock, start: int) -> int | None:
    """Return the line behind the paragraph, or nothing if it may be no paragraph."""
    line = start + 1
    while line < state.lineMax and not state.isEmpty(line):
        if _first_character(state, line) in _BLOCK_STARTS:
            if _UNDERLINE.match(state.src, state.bMarks[line] + state.tShift[line]):
                return None
            if _is_interrupted(state, line):
                break
        line += 1
    return line


def _is_interrupted(state: StateBlock, line: int) -> bool:
    """Ask the rules that may end a paragraph, under the conditions that they know."""
    if state.sCount[line] - state.blkIndent > _MAX_SPACES or state.sCount[line] < 0:
        return False
    outer, state.parentType = state.parentType, "paragraph"
    rules = state.md.block.ruler.getRules("paragraph")
    ends = any(rule(state, line, state.lineMax, True) for rule in rules)  # noqa: FBT003
    state.parentType = outer
    return ends


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001  # as the parser calls its rules
    """Take a table, unless its short rows would be filled up with thousands of empty cells."""
    if start + 1 < end and start >= state.env.get(_NO_TABLE, -1):
        ends = _filled_up_to(state, start, end)
        if ends is not None:
            state.env[_NO_TABLE] = ends
    return start >= state.env.get(_NO_TABLE, -1) and table(state, start, end, silent)


def _filled_up_to(state: StateBlock, start: int, end: int) -> int | None:
    """Return the line behind a table at *start* that has too many cells; nothing for any other."""
    line = state.src[state.bMarks[start + 1] : state.eMarks[start + 1]]
    if not _DELIMITERS.fullmatch(line):
        return None
    columns, row, empty = line.count("|") + 1, start + 2, 0
    while row < end and not state.isEmpty(row):
        empty += max(0, columns - state.src.count("|", state.bMarks[row], state.eMarks[row]))
        row += 1
    return row if empty > _MOST_EMPTY else None


class _Blocks(ParserBlock):
    """The parser's blocks, but what is nested too deep stays as text where it drops it."""

    def tokenize(self, state: StateBlock, startLine: int, endLine: int) -> None:  # noqa: N803
        """See `ParserBlock.tokenize`."""
        if state.level < state.md.options.maxNesting:
            super().tokenize(state, startLine, endLine)
            return
        state.push("paragraph_open", "p", 1)
        state.push("inline", "", 0).content = state.getLines(startLine, endLine, 0, False).strip()  # noqa: FBT003
        state.push("paragraph_close", "p", -1)
        state.line = endLine


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.block = _Blocks()
    parser.configure("commonmark", {"html": False})
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    parser.block.ruler.before("table", "plain_paragraph", _plain_paragraph)
    parser.inline.terminator_re = re.compile(f"[{_MARKUP}\n]")
    parser.normalizeLink = _normalized  # type: ignore[method-assign]
    # Which addresses may be led to is decided here, not there: what is refused keeps its text.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005
    # Inline content is parsed as it is met, and not at all where there is nothing to find.
    return parser.enable(["table", "strikethrough"]).disable(
        ["inline", "text_join", "html_block", "html_inline"]
    )


def _normalized(url: str) -> str:
    return url if _NORMAL.fullmatch(url) else normalize_url.normalizeLink(url)


_PARSER: Final = _parser()


def from_markdown(text: str) -> Document:
    """Return what *text* says."""
    source = clean(text)
    env: dict[str, Any] = {}
    reading = _Reading(env, len(source))
    if not _DEFINITION.search(source):
        # No name is explained later: each block can be read once it has ended.
        env[_READING] = reading
    reading.take_all(_PARSER.parse(source, env))
    return Document(tuple(reading.blocks))


@dataclass(slots=True)
class _Open:
    """An element that has begun and not ended: its token and what it holds so far."""

    token: Token
    held: list[Any] = field(default_factory=list)


class _Reading:
    """One pass over the parser's tokens."""

    def __init__(self, env: dict[str, Any], size: int) -> None:
        self._env = env
        self.blocks: list[Any] = []
        self._open: list[_Open] = []
        self._held = self.blocks
        # A short reference can stand for a long address, any number of times.
        self._addresses = 10_000 + 2 * size

    def take_all(self, tokens: list[Token]) -> None:
        """Take in *tokens*, and leave none behind."""
        for token in tokens:
            self._take(token)
        tokens.clear()

    def _take(self, token: Token) -> None:
        if token.nesting > 0:
            self._open.append(_Open(token))
            self._held = self._open[-1].held
        elif token.nesting < 0:
            ended = self._open.pop()
            self._held = self._open[-1].held if self._open else self.blocks
            self._held += _ENDED[token.type](ended)
        elif token.type == "inline":
            self._held += self._inline(token.content)
        else:
            self._held += _ALONE[token.type](token)

    def _inline(self, content: str) -> list[Inline]:
        if not _IS_MARKED.search(content):
            text = _LINE_END.sub(" ", content) if "\n" in content else content
            return with_links(text, PLAIN) if text else []
        if parts := self._simple(content):
            return parts
        tokens = _PARSER.inline.parse(content, _PARSER, self._env, [])
        run = _Run(self._affordable)
        for token in tokens:
            _TAKE.get(token.type, _Run.text)(run, token)
        return run.ended()

    def _simple(self, content: str) -> list[Inline]:
        """Read what can be read at a glance; nothing, if the parser is needed."""
        parts: list[Inline] = []
        place = 0
        while found := _SIMPLE.match(content, place):
            parts += self._part(found)
            place = found.end()
        return parts if place == len(content) and "  \n" not in content else []

    def _part(self, found: re.Match[str]) -> list[Inline]:
        if text := found["text"]:
            return with_links(_LINE_END.sub(" ", text), PLAIN)
        if code := found["code"]:
            is_padded = code[0] == code[-1] == " " and not code.isspace()
            return [Text(code[1:-1] if is_padded else code, _CODE)]
        if stars := found["stars"]:
            return with_links(found["starred"], _EM if stars == "*" else _STRONG)
        href = self._affordable(found["href"])
        return [Link(href, found["label"])] if href else [Text(found["label"])]

    def _affordable(self, href: object) -> str:
        """Return a safe address, while the document has room for addresses."""
        safe = safe_href(href)
        self._addresses -= len(safe)
        return safe if self._addresses >= 0 else ""


class _Run:
    """Inline content as it grows."""

    def __init__(self, affordable: Callable[[object], str]) -> None:
        self._affordable = affordable
        self._parts: list[Inline] = []
        self._open: list[Mark] = []  # a mark may stand in itself
        self._marks = PLAIN
        self._href = ""
        self._texts: list[str] = []

    def ended(self) -> list[Inline]:
        """Return everything taken in."""
        self._flush()
        return self._parts

    def text(self, token: Token) -> None:
        """Add characters."""
        self._texts.append(token.content)

    def code(self, token: Token) -> None:
        """Add characters that are code."""
        self._flush()
        marks = self._marks | _CODE
        text = token.content
        self._parts.append(Link(self._href, text, marks) if self._href else Text(text, marks))

    def image(self, token: Token) -> None:
        """Add an image as a link to it."""
        self._flush()
        href = self._href or self._affordable(token.attrs["src"])
        text = token.content or href
        if text:
            marks = self._marks
            self._parts.append(Link(href, text, marks) if href else Text(text, marks))

    def open_mark(self, token: Token) -> None:
        """Begin what a pair of marks encloses."""
        self._flush()
        self._open.append(_MARKS[token.tag])
        self._marks = frozenset(self._open)

    def close_mark(self, _token: Token) -> None:
        """End what a pair of marks encloses."""
        self._flush()
        self._open.pop()
        self._marks = frozenset(self._open)

    def open_link(self, token: Token) -> None:
        """Begin the text of a link."""
        self._flush()
        self._href = self._affordable(token.attrs["href"])

    def close_link(self, _token: Token) -> None:
        """End the text of a link."""
        self._flush()
        self._href = ""

    def space(self, _token: Token) -> None:
        """Add the end of a source line."""
        self._texts.append(" ")

    def line_break(self, _token: Token) -> None:
        """Add a line break."""
        self._flush()
        self._parts.append(HardBreak())

    def _flush(self) -> None:
        """Make one part of the characters that share marks and link."""
        if not self._texts:
            return
        text = "".join(self._texts)
        self._texts.clear()
        if self._href:
            self._parts.append(Link(self._href, text, self._marks))
        elif text:
            self._parts += with_links(text, self._marks)


def with_links(text: str, marks: Marks) -> list[Inline]:
    """Return *text* with the addresses in it as links."""
    if "://" not in text:
        return [Text(text, marks)]
    parts: list[Inline] = []
    place = 0
    for address in _ADDRESS.finditer(text):
        if not safe_href(address[0]):
            continue
        if address.start() > place:
            parts.append(Text(text[place : address.start()], marks))
        parts.append(Link(address[0], address[0], marks))
        place = address.end()
    if place < len(text):
        parts.append(Text(text[place:], marks))
    return parts


_TAKE: Final[dict[str, Callable[[_Run, Token], None]]] = {
    "code_inline": _Run.code,
    "image": _Run.image,
    "softbreak": _Run.space,
    "hardbreak": _Run.line_break,
    "link_open": _Run.open_link,
    "link_close": _Run.close_link,
    **dict.fromkeys(("strong_open", "em_open", "s_open"), _Run.open_mark),
    **dict.fromkeys(("strong_close", "em_close", "s_close"), _Run.close_mark),
}


def _list(ended: _Open) -> list[Block]:
    items: list[Item] = ended.held
    if ended.token.type == "ordered_list_open":
        return [OrderedList(tuple(items), int(ended.token.attrs.get("start", 1)))]
    tasks = _tasks(items)
    return [tasks or BulletList(tuple(items))]


def _tasks(items: list[Item]) -> TaskList | None:
    """Return a task list, if every item is one line behind a box, and further tasks at most."""
    tasks: list[Task | TaskList] = []
    for item in items:
        if not item.content or (task := _task(item.content[0])) is None:
            return None
        rest = [block for block in item.content[1:] if isinstance(block, TaskList)]
        if len(rest) < len(item.content) - 1:
            return None
        tasks += [task, *rest]
    return TaskList(tuple(tasks)) if tasks else None


def _task(block: Block) -> Task | None:
    first = block.content[0] if isinstance(block, Paragraph) and block.content else None
    box = _BOX.match(first.text) if isinstance(first, Text) else None
    if not isinstance(block, Paragraph) or not isinstance(first, Text) or box is None:
        return None
    rest = first.text[box.end() :]
    label = (Text(rest, first.marks),) if rest else ()
    return Task(box[1] != " ", (*label, *block.content[1:]))


def _cell(ended: _Open) -> list[Cell]:
    content = (Paragraph(tuple(ended.held)),) if ended.held else ()
    return [Cell(content, header=ended.token.type == "th_open")]


def _code(token: Token) -> list[Block]:
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    return [CodeBlock(token.content.removesuffix("\n"), language)]


_ENDED: Final[dict[str, Callable[[_Open], list[Any]]]] = {
    "paragraph_close": lambda ended: [Paragraph(tuple(ended.held))],
    "heading_close": lambda ended: [Heading(int(ended.token.tag[1]), tuple(ended.held))],
    "blockquote_close": lambda ended: [Quote(tuple(ended.held))],
    "list_item_close": lambda ended: [Item(tuple(ended.held))],
    "bullet_list_close": _list,
    "ordered_list_close": _list,
    "table_close": lambda ended: [Table(tuple(ended.held))],
    "thead_close": lambda ended: ended.held,
    "tbody_close": lambda ended: ended.held,
    "tr_close": lambda ended: [tuple(ended.held)],
    "th_close": _cell,
    "td_close": _cell,
}
_ALONE: Final[dict[str, Callable[[Token], list[Block]]]] = {
    "fence": _code,
    "code_block": _code,
    "hr": lambda _: [Rule()],
}
