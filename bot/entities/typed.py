"""What people typed, as they saw it: Slack's entities read, and what nobody sees left out.

https://docs.slack.dev/messaging/formatting-message-text
"""

import asyncio
import html
import re
from collections.abc import Mapping
from typing import Final

from bot.cql import JOINERS
from bot.cutting import cut
from bot.documents.text import clean, text_of
from bot.entities.parts import LONGEST_OPTION, Context, Given, WrongAnswer
from bot.links import is_link
from bot.template import Choice
from bot.things import NOBODY
from bot.values import text_of_value

MOST_NAMES: Final = 20
"""So many people and channels of one text are looked up by name."""
LONGEST_NAME: Final = 500
_QUOTED: Final = 40
"""Characters of an answer that are said back."""
_ENTITY: Final = re.compile(r"<([^<>\n]+)>|&(?:amp|lt|gt);")
_NAMELESS: Final = re.compile(r"<[@#]([A-Z0-9]+)\|?>")
_MARKED: Final = re.compile(r"([`*_'\"“‘«])([^`*\"“”«»]*[^\s`*\"“”«»])[`*_'\"”’»]")
_SCHEME: Final = re.compile(r"^(?:https?://|mailto:)")
LINK: Final = re.compile(r"<((?:https?|ftp|mailto):[^<>|\n]+)(?:\|[^<>\n]*)?>", re.IGNORECASE)
MEMBER: Final = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^<>\n]*))?>")
CHANNEL: Final = re.compile(r"<#([CG][A-Z0-9]+)(?:\|([^<>\n]*))?>")


async def typed(given: Given, context: Context) -> str:
    """Return all that was typed, or chosen, as text."""
    if not given.text:
        return text_of(given.document) if given.document else text_of_value(given.value)
    text = clean(given.text)
    if given.is_plain:
        return text
    nameless = list(dict.fromkeys(_NAMELESS.findall(text)))[:MOST_NAMES]
    found = await asyncio.gather(*map(context.name_of, nameless))
    names = dict(zip(nameless, found, strict=True))
    return _ENTITY.sub(lambda entity: _read(entity, names), text)


async def typed_name(given: Given, context: Context) -> str:
    """Return what was typed to name something, without quotes or marks around it.

    Raises:
        WrongAnswer: it is longer than any name.
    """
    text = line(await typed(given, context))
    if len(text) > LONGEST_NAME:
        raise WrongAnswer(
            f"That is longer than {LONGEST_NAME} characters. Give less, without anything around it."
        )
    marked = _MARKED.fullmatch(text) if given.text else None
    return marked[2].strip() if marked else text


async def typed_address(given: Given, context: Context) -> str:
    """Return the address of the link that was typed, whatever its label; else a name."""
    link = None if given.is_plain else LINK.fullmatch(given.text.strip())
    text = line(html.unescape(link[1]) if link else await typed(given, context))
    return text if is_link(text) else await typed_name(given, context)


def line(text: str) -> str:
    """Return *text* on one line: without what nobody sees, but for what joins letters and emoji."""
    spaced = (" " if each.isspace() else each for each in text)
    seen = "".join(each for each in spaced if each.isprintable() or each in JOINERS)
    return " ".join(seen.split())


def quoted(text: str) -> str:
    """Return *text* in quotes, cut where it is long, to say it back."""
    return f"“{cut(line(text), _QUOTED)}”"


def fitting(value: str, label: str) -> Choice | None:
    """Return a choice that an option of Slack's can hold; ``None`` where *value* can't be held."""
    fits = 0 < len(value) <= LONGEST_OPTION and value == line(value)
    return option(value, label) if fits else None


def option(value: str, label: str) -> Choice:
    """Return a choice that an option of Slack's can hold; *value* must be short enough."""
    return Choice(value=value, label=cut(line(label), LONGEST_OPTION) or value)


def _read(entity: re.Match[str], names: Mapping[str, str]) -> str:
    if entity[1] is None:
        return html.unescape(entity[0])
    target, _, label = (html.unescape(part) for part in entity[1].partition("|"))
    kind, rest = target[0], target[1:]
    if kind == "@":
        return f"@{label.removeprefix('@') or names.get(rest) or NOBODY}"
    if kind == "#":
        return f"#{label.removeprefix('#') or names.get(rest) or rest}"
    if kind == "!":
        return label or f"@{rest.split('^', 1)[0]}"
    return _link(target, label) if _SCHEME.match(target) else html.unescape(entity[0])


def _link(target: str, label: str) -> str:
    """Return a link as it was typed: Slack makes links of addresses by itself."""
    bare = _SCHEME.sub("", target).rstrip("/")
    if not label:
        return target.removeprefix("mailto:")
    if label.rstrip("/") in {target.rstrip("/"), bare}:
        return label
    return f"{label} ({target})"
