"""Confluence's own page templates: which blanks they have, and how they are filled.

A template of Confluence's declares its blanks in front of its text and names them where they
stand (https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html, "Template
variables"). Any other page can have some too: ``{{name}}`` in its text. Values are escaped where
they are put in, and never read as markup or as anything else.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.content import PageTemplate, PageTemplateText, SpaceKey, Variable, VariableKind
from bot.document import Storage
from bot.documents.offsets import OPENING, ROOT, Tag, walk
from bot.documents.to_storage import escaped
from bot.frozen import frozen

_DECLARATIONS: Final = "at:declarations"
_VARIABLE: Final = "at:var"
_KINDS: Final = {
    "at:string": VariableKind.TEXT,
    "at:textarea": VariableKind.LONG_TEXT,
    "at:list": VariableKind.LIST,
}
_BLOCKS: Final = frozenset(
    {ROOT, "ac:layout-cell", "ac:rich-text-body", "ac:adf-content", "blockquote", "div"}
)
"""What stands right in these is a paragraph of its own."""
_ONE_LINE: Final = frozenset(
    {*("h1", "h2", "h3", "h4", "h5", "h6", "a", "time", "ac:parameter", "ac:default-parameter")}
)
"""Inside of these a new line is a space."""
_TOKEN: Final = re.compile(
    r"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?:[^<>"']|"[^"]*"|'[^']*')*>""", re.DOTALL
)
_TAG_NAME: Final = re.compile(r"</?([^\s/>]+)")
_ALONE: Final = re.compile(r"<(p|li|td|th|div)(?:\s[^<>]*)?>\s*\{\{([^{}<>\n]{1,100})\}\}\s*</\1>")
"""A name in double braces that is all of a paragraph, an item or a cell."""
_BRACES: Final = re.compile(r"\{\{([^{}<>\n]{1,100})\}\}")


def read_template(head: PageTemplate, markup: str, space: SpaceKey | None) -> PageTemplateText:
    """Return the template with the blanks that *markup* declares.

    Raises:
        Unreadable: the markup isn't well-formed.
    """
    return PageTemplateText(head, Storage(markup), _declared(markup), space)


def fill(template: PageTemplateText, values: Mapping[str, str]) -> Storage:
    """Return the body of a page out of *template*: its blanks filled, its declarations gone.

    A blank without a value stays empty; values without a blank are left out.

    Raises:
        Unreadable: the markup isn't well-formed.
    """
    markup = template.storage.markup
    reader = _Blanks()
    data = walk(markup, reader.start, reader.end)
    made, last = list[str](), len(OPENING)
    for cut in reader.cuts:
        made.append(data[last : cut.begins].decode())
        if cut.name is not None:
            made.append(_written(values.get(cut.name, ""), cut.path))
        last = cut.ends
    made.append(data[last : data.rindex(b"</")].decode())
    return Storage("".join(made))


def variables_in(markup: str) -> tuple[Variable, ...]:
    """Return the names that stand in double braces in the text of *markup*, each once.

    A name is found where its letters follow one another: not where formatting begins or ends
    within it, and not in code, which stays as it is. One that is a whole paragraph somewhere
    may stand for several lines.

    Raises:
        Unreadable: the markup isn't well-formed.
    """
    names = dict[str, None]()

    def note(name: str, _path: tuple[str, ...]) -> None:
        names[name] = None

    _fill_braces(markup, note)
    alone = {_name(found[2]) for found in _ALONE.finditer(markup)}
    return tuple(
        Variable(name, VariableKind.LONG_TEXT if name in alone else VariableKind.TEXT)
        for name in names
    )


def fill_braces(markup: str, values: Mapping[str, str]) -> Storage:
    """Return *markup* with a value in place of each name in double braces that has one.

    Raises:
        Unreadable: the markup isn't well-formed.
    """

    def value_of(name: str, path: tuple[str, ...]) -> str | None:
        return _written(values[name], path, is_alone=False) if name in values else None

    return Storage(_fill_braces(markup, value_of))


def _fill_braces(markup: str, value_of: Callable[[str, tuple[str, ...]], str | None]) -> str:
    walk(markup, lambda _tag: None, lambda _tag, _at, _behind: None)
    return "".join(
        _filled(piece, path, value_of) if is_text else piece
        for piece, is_text, path in _pieces(markup)
    )


def _filled(
    text: str, path: tuple[str, ...], value_of: Callable[[str, tuple[str, ...]], str | None]
) -> str:
    def put(found: re.Match[str]) -> str:
        name = _name(found[1])
        value = value_of(name, path) if name else None
        return found[0] if value is None else value

    return _BRACES.sub(put, text)


def _name(written: str) -> str:
    return " ".join(html.unescape(written).split())


def _pieces(markup: str) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """Yield tags and texts of a well-formed body in their order, and what they stand in."""
    path: tuple[str, ...] = (ROOT,)
    last = 0
    for found in _TOKEN.finditer(markup):
        if found.start() > last:
            yield markup[last : found.start()], True, path
        tag, last = found[0], found.end()
        name = _TAG_NAME.match(tag)
        if tag.startswith("</"):
            path = path[:-1]
        elif name is not None and tag[1] not in "!?" and not tag.endswith("/>"):
            path = (*path, name[1])
        yield tag, False, path
    if last < len(markup):
        yield markup[last:], True, path


@frozen
class _Cut:
    """A place of the body, in bytes, in which something else goes: a value, or nothing."""

    begins: int
    ends: int
    name: str | None
    path: tuple[str, ...]


@dataclass(slots=True)
class _Blanks:
    """One pass over a template, for what is to be cut out of it and what is declared."""

    cuts: list[_Cut] = field(default_factory=list)
    declared: dict[str, Variable] = field(default_factory=dict)
    _path: list[str] = field(default_factory=list)
    _cutting: Tag | None = None
    _depth: int = 0
    _list: str = ""

    def start(self, tag: Tag) -> None:
        """See ``walk``."""
        if self._cutting is None and tag.name in {_DECLARATIONS, _VARIABLE}:
            self._cutting, self._depth = tag, len(self._path)
        if self._cutting is not None and self._cutting.name == _DECLARATIONS:
            self._declare(tag)
        self._path.append(tag.name)

    def end(self, _tag: Tag, _at: int, behind: int) -> None:
        """See ``walk``."""
        self._path.pop()
        tag = self._cutting
        if tag is None or len(self._path) != self._depth:
            return
        value = tag.attributes.get("at:name", "") if tag.name == _VARIABLE else None
        self.cuts.append(_Cut(tag.begins, behind, value, tuple(self._path)))
        self._cutting = None

    def _declare(self, tag: Tag) -> None:
        name = tag.attributes.get("at:name", "")
        kind = _KINDS.get(tag.name)
        if kind is not None and name:
            self.declared.setdefault(name, Variable(name, kind))
            self._list = name
        elif tag.name == "at:option" and self._list:
            known, value = self.declared[self._list], tag.attributes.get("at:value", "").strip()
            if value and value not in known.options:
                options = (*known.options, value)
                self.declared[self._list] = Variable(known.name, known.kind, options)


def _declared(markup: str) -> tuple[Variable, ...]:
    """Return the blanks that are declared, and behind them those that are only used."""
    reader = _Blanks()
    walk(markup, reader.start, reader.end)
    used = {cut.name: Variable(cut.name) for cut in reader.cuts if cut.name}
    known = reader.declared | {
        name: each for name, each in used.items() if name not in reader.declared
    }
    return tuple(_askable(each) for each in known.values())


def _askable(variable: Variable) -> Variable:
    """Return a list that offers nothing, as the editor makes them, as a line of text."""
    is_empty = variable.kind is VariableKind.LIST and not variable.options
    return Variable(variable.name) if is_empty else variable


def _written(value: str, path: tuple[str, ...], *, is_alone: bool = True) -> str:
    """Return *value* as it may stand below *path*; paragraphs of its own where it *is_alone*."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    if not _ONE_LINE.isdisjoint(path):
        return escaped(" ".join(lines))
    if is_alone and path and path[-1] in _BLOCKS:
        return "".join(_paragraphs(lines))
    return "<br />".join(escaped(line) for line in lines)


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """Yield a paragraph for what stands between blank lines."""
    for part in "\n".join(lines).split("\n\n"):
        said = "<br />".join(escaped(line) for line in part.strip("\n").split("\n"))
        if said:
            yield f"<p>{said}</p>"
