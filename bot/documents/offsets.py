"""Goes through storage format by where things stand in it, so that it can be cut and not rewritten.

lxml's tree forgets where an element stood; expat tells the byte at which each tag begins.
"""

import re
from collections.abc import Callable
from typing import Final
from xml.parsers import expat

from bot.errors import ProviderFault
from bot.frozen import frozen

ROOT: Final = "confab"
OPENING: Final = f'<{ROOT} xmlns:ac="a" xmlns:ri="r" xmlns:at="t">'.encode()
_CLOSING: Final = f"</{ROOT}>".encode()
_TAG: Final = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")


class Unreadable(ProviderFault):
    """A body isn't well-formed, so nobody can say where in it anything stands."""


@frozen
class Tag:
    """A start tag; offsets count bytes, *ends* is behind its last one."""

    name: str
    attributes: dict[str, str]
    begins: int
    ends: int
    is_empty: bool


def walk(markup: str, start: Callable[[Tag], None], end: Callable[[Tag, int, int], None]) -> bytes:
    """Tell of every element of *markup*, and return it in bytes inside of a root element.

    *end* is told the start tag, and where the end tag begins and ends; an empty element has
    none, and both are where it ends itself.

    Raises:
        Unreadable: it isn't well-formed.
    """
    try:
        data = OPENING + markup.encode() + _CLOSING
    except UnicodeEncodeError as error:
        raise Unreadable("a body with halves of characters", provider="Confluence") from error
    opened = list[Tag]()

    def begin(name: str, attributes: dict[str, str]) -> None:
        opened.append(_tag(data, name, attributes, parser.CurrentByteIndex))
        start(opened[-1])

    def finish(_name: str) -> None:
        tag, at = opened.pop(), parser.CurrentByteIndex
        if tag.is_empty:
            end(tag, tag.ends, tag.ends)
        else:
            end(tag, at, data.index(b">", at) + 1)

    parser = expat.ParserCreate()
    # HTML's entities are declared nowhere; with a foreign DTD they are passed over.
    parser.UseForeignDTD(True)  # noqa: FBT003 - expat's
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
    parser.ExternalEntityRefHandler = lambda context, *_: _declare_nothing(parser, context)
    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat's
    except expat.ExpatError as error:
        raise Unreadable("a body that isn't well-formed", provider="Confluence") from error
    return data


def _tag(data: bytes, name: str, attributes: dict[str, str], begins: int) -> Tag:
    found = _TAG.match(data, begins)
    if found is None:
        raise Unreadable("a tag that can't be found again", provider="Confluence")
    ends = found.end()
    return Tag(name, attributes, begins, ends, is_empty=data.endswith(b"/>", begins, ends))


def _declare_nothing(parser: expat.XMLParserType, context: str | None) -> int:
    parser.ExternalEntityParserCreate(context).Parse(b"", True)  # noqa: FBT003 - expat's
    return 1
