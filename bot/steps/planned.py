"""What a walk has planned so far, and which versions of the pages its writes made."""

from dataclasses import dataclass, field
from typing import Final

from bot.content import PageId
from bot.dialog import Fate, Record, Write
from bot.errors import BadInput, TitleTaken
from bot.mrkdwn import escape
from bot.steps import saying
from bot.steps.halts import NotYet
from bot.steps.page_writings import Creating, PageWriting
from bot.steps.things import page_id_in
from bot.steps.writing import Puts, Writing
from bot.values import Thing
from bot.written import read

MOST_PLANNED: Final = 50
LONGEST_PLAN: Final = 8_000
"""Writes that are confirmed together, and characters of what is said of them in mrkdwn.

A message of Slack's holds them, with room for what the writes put there.
"""
SAME_TITLE: Final = (
    "Two pages of one space would be called {title}. Nothing was written: choose titles that "
    "differ."
)
TOO_LONG_TO_SHOW: Final = (
    "What one step would do is too long to be shown before it is done, so nothing was written: "
    "choose less for it."
)
_MADE: Final = frozenset({"create", "copy"})


@dataclass(slots=True)
class Planned:
    """The *writes* that are to be confirmed together, with what they put there by their keys.

    *makers* has by a page's id the key of the write of this run that made it. *versions* and
    *touched* are those of `bot.steps.plot.Plot`.
    """

    makers: dict[PageId, str]
    writes: list[Write] = field(default_factory=list)
    puts: list[tuple[str, Puts]] = field(default_factory=list)
    versions: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    _titles: set[tuple[str, str, str]] = field(default_factory=set)
    _length: int = 0

    def add(self, write: Write, writing: Writing) -> None:
        """Plan one more. Raises ``TitleTaken`` for a page that is called like another one."""
        self.writes.append(write)
        if writing.puts is not None:
            self.puts.append((write.key, writing.puts))
        if isinstance(writing, Creating):
            called = writing.space.id, writing.kind, writing.title.casefold()
            if called in self._titles:
                raise TitleTaken(SAME_TITLE.format(title=saying.named(writing.title)))
            self._titles.add(called)
        self.touched.update(writing.targets)
        if isinstance(writing, PageWriting):
            self.versions[writing.targets[0]] = write.key, None

    def require_room(self, writing: Writing, *, is_trial: bool) -> None:
        """Leave to the next plan what would make this one too long to be read. Raises ``NotYet``.

        A trial has one plan alone.
        """
        if len(writing.words) > LONGEST_PLAN:
            raise BadInput(TOO_LONG_TO_SHOW)
        self._length += len(escape(writing.words))
        is_full = len(self.writes) >= MOST_PLANNED or self._length > LONGEST_PLAN
        if self.writes and is_full and not is_trial:
            raise NotYet

    def remember(self, record: Record) -> None:
        """Know which page a done write made, and which version of it."""
        if record.fate is not Fate.DONE or record.decision is None:
            return
        value = read(record.result)
        if not isinstance(value, Thing) or value.kind != "page":
            return
        page, version = page_id_in(value), value.fields.get("version")
        if page is None:
            return
        if record.action in _MADE:
            self.makers[page] = record.key
        name = self.makers.get(page)
        is_change = record.action in _MADE or not record.before
        if is_change and isinstance(version, int):
            self.versions[f"made by {name}" if name else page] = record.key, version
