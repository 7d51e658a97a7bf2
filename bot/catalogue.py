"""The catalogue that ships with the bot, and the templates of tenants as they were parsed.

Files are read when they are first asked for, in a thread: a turn never waits for a parser.
"""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from importlib import resources
from typing import Final

import structlog

from bot.errors import TemplateRefused
from bot.frozen import frozen
from bot.ports import Clock, Templates
from bot.principal import Tenant
from bot.recent import Recent
from bot.task import TemplateVersion
from bot.template import ActionTemplate, Category, TemplateId, Version
from bot.template_files import read_template

MOST_PARSED: Final = 256
MOST_BYTES: Final = 4_000_000
"""Of the files whose templates are in memory, where each takes many times as much."""
READ_ANEW: Final = timedelta(minutes=5)
"""For so long a version is taken for kept that was: it goes when its tenant is deleted."""
_FOLDER: Final = "templates"
_WORD: Final = re.compile(r"\w+")
_NAME, _UTTERANCE, _DESCRIPTION = 8, 3, 2
"""What a word counts, by where it is found; half if only its beginning is."""

_logger = structlog.get_logger(__name__)


@frozen
class Shipped:
    """A template of the catalogue with the file that it stands in."""

    template: ActionTemplate
    source: str


class Catalogue:
    """The templates that ship with the bot."""

    def __init__(self) -> None:
        self._shipped: dict[str, Shipped] | None = None
        self._lock = asyncio.Lock()

    async def list_all(self) -> Sequence[Shipped]:
        """Return all of them, by category and then by name."""
        return tuple((await self._load()).values())

    async def find(self, template: TemplateId) -> Shipped | None:
        """Return the template of that id."""
        return (await self._load()).get(template)

    async def search(self, words: str) -> Sequence[Shipped]:
        """Return those that have every one of *words*, or its beginning; the best first."""
        return ranked(await self.list_all(), words)

    async def _load(self) -> dict[str, Shipped]:
        if self._shipped is None:
            async with self._lock:
                if self._shipped is None:
                    found = await asyncio.to_thread(read_shipped)
                    self._shipped = {each.template.id: each for each in found}
        return self._shipped


def read_shipped() -> Sequence[Shipped]:
    """Read the catalogue's files; one that can't be read is left out and logged."""
    order = list(Category)
    found = [each for each in map(_read, shipped_sources()) if each is not None]
    return sorted(found, key=lambda each: (order.index(each.template.category), each.template.name))


def shipped_sources() -> Sequence[tuple[str, str]]:
    """Return the name and the text of each file of the catalogue."""
    folder = resources.files("bot").joinpath(_FOLDER)
    files = (file for file in folder.iterdir() if file.name.endswith(".yml"))
    return sorted((file.name, file.read_text(encoding="utf-8")) for file in files)


def _read(file: tuple[str, str]) -> Shipped | None:
    name, source = file
    try:
        return Shipped(read_template(source, name), source)
    except TemplateRefused as refused:
        _logger.error("template_left_out", file=name, code=refused.code)  # noqa: TRY400  # its words say it
        return None


def ranked(templates: Iterable[Shipped], words: str) -> Sequence[Shipped]:
    """Return those of *templates* that have every one of *words*; the best first."""
    wanted = _words(words)
    scored = [(_score(each.template, wanted), each) for each in templates]
    found = [(score, each) for score, each in scored if score > 0]
    return [each for _, each in sorted(found, key=lambda one: (-one[0], one[1].template.name))]


def _score(template: ActionTemplate, wanted: Sequence[str]) -> float:
    places = (
        (_NAME, _words(f"{template.name} {template.id}")),
        (_UTTERANCE, _words(" ".join(template.utterances))),
        (_DESCRIPTION, _words(f"{template.description} {template.category}")),
    )
    scores = [sum(weight * _found(word, among) for weight, among in places) for word in wanted]
    return sum(scores) if all(scores) else 0


def _found(word: str, among: Sequence[str]) -> float:
    if word in among:
        return 1
    return 0.5 if any(each.startswith(word) for each in among) else 0


def _words(text: str) -> Sequence[str]:
    return _WORD.findall(text.casefold())


class Shelf:
    """Parsed templates of tenants, the last used ones in memory.

    A version never changes and goes with its tenant alone, so that what was read of it is good
    for a while: each turn of a dialog needs it. What is parsed is kept by the digest of its file.
    """

    def __init__(self, templates: Templates, clock: Clock) -> None:
        self._templates = templates
        self._read: Recent[tuple[Tenant, TemplateId, Version], bytes] = Recent(clock, READ_ANEW)
        self._parsed: OrderedDict[bytes, ActionTemplate] = OrderedDict()
        self._sizes: dict[bytes, int] = {}

    async def get(
        self, tenant: Tenant, template: TemplateId, version: Version
    ) -> ActionTemplate | None:
        """Return that version, parsed; ``None`` if the tenant hasn't got it.

        Raises:
            TemplateRefused: its file can't be read any more.
        """
        read = self._read.find((tenant, template, version))
        known = self._known(read) if read else None
        if known is not None:
            return known
        kept = await self._templates.find(tenant, template, version)
        return await self.parsed(kept) if kept else None

    async def parsed(self, kept: TemplateVersion) -> ActionTemplate:
        """Return what *kept* says; see `get`."""
        source = kept.source.encode()
        digest = hashlib.sha256(source).digest()
        found = self._known(digest)
        if found is None:
            found = await asyncio.to_thread(read_template, source, f"{kept.id}.yml")
            self._parsed[digest] = found
            self._sizes[digest] = len(source)
        while len(self._parsed) > MOST_PARSED or sum(self._sizes.values()) > MOST_BYTES:
            dropped, _ = self._parsed.popitem(last=False)
            del self._sizes[dropped]
        self._read.keep((kept.tenant, kept.id, kept.version), digest)
        return found

    def _known(self, digest: bytes) -> ActionTemplate | None:
        """Return what was parsed of that file, which was used now."""
        found = self._parsed.get(digest)
        if found is not None:
            self._parsed.move_to_end(digest)
        return found
