"""Text: a line, several, with formatting; addresses."""

import re
from typing import Final
from urllib.parse import urlsplit

from bot.document import Document, HardBreak, Paragraph, Text
from bot.documents import from_mrkdwn, text_of
from bot.documents.links import MAX_HREF, safe_href
from bot.documents.text import clean
from bot.entities.kind import Bounds, Kind
from bot.entities.parts import LONGEST_FIELD, LONGEST_OPTION, Context, Given, Look, WrongAnswer
from bot.entities.typed import line, option, quoted, typed, typed_address
from bot.template import Entity
from bot.values import Value, text_of_value

LONGEST_LINE: Final = 1_000
LONGEST_TEXT: Final = 40_000
"""Slack's limit of a message."""
_BARE: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:[/?#]\S*)?")


class _Words(Kind):
    """Any text."""

    most: int

    def bounds(self, entity: Entity) -> Bounds:
        """Return how many characters its field takes."""
        wanted = entity.length
        least = wanted.least if wanted else None
        most = wanted.most if wanted and wanted.most is not None else self.most
        return least, min(most, LONGEST_FIELD)

    def _fitting(self, text: str) -> str:
        if len(text) > self.most:
            raise WrongAnswer(
                f"That has {len(text):,} characters, and at most {self.most:,} are taken. "
                "Give a shorter text."
            )
        return text


class Line(_Words):
    """Text on one line."""

    expects = "one line of text"
    most = LONGEST_LINE

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.TEXT

    async def read(self, entity: Entity, given: Given, context: Context) -> str:
        """Return the line."""
        text = await typed(given, context)
        lines = [found for found in map(line, text.splitlines()) if found]
        if not lines:
            raise WrongAnswer(f"There is nothing to see in that. Give {self.expects}.")
        if len(lines) > 1:
            joined = " ".join(lines)
            offered = (option(joined, joined),) if len(joined) <= LONGEST_OPTION else ()
            raise WrongAnswer(
                f"Those are {len(lines)} lines, and one is wanted. Put it on one line.", offered
            )
        return self._fitting(lines[0])


class LongText(_Words):
    """Text of several lines, kept as it was typed."""

    expects = "some text; it may have several lines"
    most = LONGEST_TEXT

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.LONG_TEXT

    async def read(self, entity: Entity, given: Given, context: Context) -> str:
        """Return the text, but for what neither XML nor JSON can carry."""
        text = clean(await typed(given, context))
        if not line(text):
            raise WrongAnswer(f"There is nothing to see in that. Give {self.expects}.")
        return self._fitting(text)


class RichText(_Words):
    """Text with formatting."""

    expects = "some text; it may have lists, links and bold words"
    most = LONGEST_TEXT

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.RICH_TEXT

    async def read(self, entity: Entity, given: Given, context: Context) -> Document:
        """Return the document."""
        found = _document(given)
        words = text_of(found)
        if not line(words):
            raise WrongAnswer(f"There is nothing to see in that. Give {self.expects}.")
        self._fitting(words)
        return found


def _document(given: Given) -> Document:
    if given.document is not None:
        return given.document
    if isinstance(given.value, Document):
        return given.value
    if given.text and not given.is_plain:
        return from_mrkdwn(given.text)
    text = clean(given.text or text_of_value(given.value))
    return Document(tuple(_paragraph(part) for part in re.split(r"\n\s*\n", text) if part.strip()))


def _paragraph(text: str) -> Paragraph:
    first, *rest = text.strip("\n").split("\n")
    content: list[Text | HardBreak] = [Text(first)]
    for each in rest:
        content += [HardBreak(), Text(each)]
    return Paragraph(tuple(content))


class Url(_Words):
    """An address on the web."""

    expects = "an address, as in https://example.com/plan"
    most = MAX_HREF

    def look(self, entity: Entity, value: Value = None) -> Look:
        """See ``Kind.look``."""
        return Look.URL

    def hint(self, context: Context) -> str:
        """See ``Kind.hint``."""
        return "As in https://example.com/plan."

    async def read(self, entity: Entity, given: Given, context: Context) -> str:
        """Return the address."""
        text = self._fitting(await typed_address(given, context))
        if _BARE.fullmatch(text) and len(text) < LONGEST_OPTION - len("https://"):
            whole = f"https://{text}"
            raise WrongAnswer(
                f"That address doesn't say how it is reached. Give it as in {whole}.",
                (option(whole, whole),),
            )
        if not _is_address(text):
            raise WrongAnswer(f"{quoted(text)} isn't an address. Give {self.expects}.")
        return text


def _is_address(text: str) -> bool:
    """Tell an http or https address with a host from all else.

    Raises:
        WrongAnswer: it has a user name or a password in it.
    """
    if not safe_href(text) or text.casefold().startswith("mailto:"):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if "@" in parts.netloc:
        raise WrongAnswer(
            "That address has a user name or a password in it, which others would read. "
            "Give it without."
        )
    return bool(host)
