"""Takes back what a run wrote, where that can be done exactly and nobody has touched it since."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.act import Acting
from bot.content import PageId
from bot.course import TakenUp
from bot.dialog import Dialog, Fate, Phase, Record
from bot.errors import BotError, Changed, NotFound, ScopeMissing, UserError
from bot.frozen import frozen
from bot.publish import Publisher
from bot.receipt import DecisionId
from bot.refusals import why_refused
from bot.steps import taking_back
from bot.steps.book import Book
from bot.steps.deed import Deed
from bot.steps.hands import Facts, Hands
from bot.steps.writer import NEEDS
from bot.steps.writing import Where
from bot.trail import Action, Entry
from bot.values import Thing, Value
from bot.written import Written, read

STAYS: Final = {
    "comment": "the comment stays, since nobody knows here which it is: delete it in Confluence",
    "reply": "the answer stays, since nobody knows here which it is: delete it in Confluence",
    "copy": "the copy stays, since nobody knows here which it is: delete it in Confluence",
    "attach": "a file stays: delete it in Confluence",
    "http": "what a REST call did stays",
    "move": "a page that had no page above it stays where it is now: this Confluence doesn't let "
    "apps put it back there",
}
"""What can't be taken back, by the step's word."""
_STAYS: Final = {
    Changed.code: "it has been changed since, so it stays as it is",
    NotFound.code: "it stays: what it takes isn't there any more, or you may not see it",
    ScopeMissing.code: "it stays: your consent doesn't cover taking it back",
}
"""Why what could be taken back wasn't, by the code of what came in between."""


def writes_of(dialog: Dialog) -> tuple[Record, ...]:
    """Return what *dialog* wrote, in its order."""
    return tuple(
        each
        for each in dialog.journal
        if each.fate is Fate.DONE and (each.decision is not None or _is_kept(each.before))
    )


def can_undo(dialog: Dialog, now: datetime, undo_for: timedelta) -> bool:
    """Tell whether *Undo* may be offered: *undo_for* after the last write, if it does any good."""
    written = writes_of(dialog) if dialog.phase.is_final else ()
    last = max((each.at for each in written if each.at is not None), default=None)
    if last is None or now - last >= undo_for:
        return False
    return any(not each.is_undone and _can_be(each) for each in written)


def is_taken_back(dialog: Dialog) -> bool:
    """Tell whether all that can be taken back is."""
    written = writes_of(dialog)
    return any(each.is_undone for each in written) and all(
        each.is_undone or not _can_be(each) for each in written
    )


def stays(record: Record) -> str:
    """Say in words why what *record* tells of wasn't taken back, or can't be."""
    if not _can_be(record):
        return STAYS.get(record.action, _UNKNOWN)
    if not record.code:
        return ""
    why = why_refused(record.code).format(account="another account")
    return _STAYS.get(record.code, f"it stays: {why}")


_UNKNOWN: Final = "it stays: what was written isn't known here"


def _is_kept(before: Written) -> bool:
    value = read(before)
    return isinstance(value, Thing) and value.kind == "kept"


def _can_be(record: Record) -> bool:
    if record.before:
        return taking_back.can_take_back(read(record.before), read(record.result))
    return bool(record.result)  # nothing is known of what only its person says was done


@frozen
class Undoing:
    """Takes a run back, its last write first; *asked_at* is when its person wanted that."""

    hands: Hands
    facts: Facts
    book: Book
    publisher: Publisher
    asked_at: datetime

    async def pressed(self) -> Dialog:
        """Take back all that can be; what can't be says so in its record's *code*.

        That it was asked for is kept first, so that somebody else ends what is left half done.

        Raises:
            TakenUp: somebody else is at it.
        """
        await self.book.save(undo_asked=self.asked_at)
        try:
            await self._go()
        except TakenUp:
            raise
        except BotError:  # its person hears of it, and may press again
            await self.book.save(undo_asked=None)
            raise
        return await self._end(is_told=self.book.now.is_told)

    async def resumed(self) -> Dialog:
        """End what its process has left half done: its person is to be told."""
        await self._go()
        return await self._end(is_told=False)

    async def _end(self, *, is_told: bool) -> Dialog:
        phase = self.book.now.phase
        if phase is Phase.FAILED:  # what was taken back isn't to be gone on with
            phase = Phase.CANCELLED
        return await self.book.save(phase=phase, undo_asked=None, is_told=is_told)

    async def _go(self) -> None:
        written = [each for each in writes_of(self.book.now) if not each.is_undone]
        gone = _made(written)
        for group in _groups(written, gone):
            await self._one(group)
        after = {each.key: each for each in self.book.now.journal}
        taken = {page for page, key in gone.items() if after[key].is_undone}
        for record in written:
            page, known = _page_of(record), after[record.key]
            if page in gone and not known.is_undone:
                is_undone, code = page in taken, "" if page in taken else Changed.code
                await self.book.write(replace(known, is_undone=is_undone, code=code))

    async def _one(self, group: tuple[Record, ...]) -> None:
        try:
            await self._take_back(group)
        except (UserError, ScopeMissing) as error:
            for record in group:
                await self.book.write(replace(record, code=error.code))
        else:
            for record in group:
                await self.book.write(replace(record, is_undone=True, code=""))

    async def _take_back(self, group: tuple[Record, ...]) -> None:
        first = group[0]
        if not first.before:
            decisions = [each.decision or DecisionId("") for each in group]
            await self.publisher.undo_all(self.hands.principal, decisions, self.asked_at)
            return
        kept = read(first.before)
        if isinstance(kept, Thing):
            brought = {taking_back.BROUGHT: read(first.result)}
            await self._undo_small(Thing(kept.kind, kept.label, {**kept.fields, **brought}))

    async def _undo_small(self, kept: Thing) -> None:
        async def work(acting: Acting) -> None:
            await taking_back.take_back(Deed.of(self.hands.tools, acting, kept))

        where = Where.read(kept.fields.get("where"))
        entry = Entry.by(self.hands.principal, Action.UNDO, self.facts.asker)
        entry = entry.under(self.facts.connection).of("page", where.title)
        entry = entry.on(self.facts.site, where.space or None, where.page or None)
        if not self.facts.is_lent:
            await self.hands.run(NEEDS[kept.label], work)
            self.hands.tools.auditor.record(entry)
            return
        async with self.hands.tools.auditor.around(entry):
            await self.hands.run(NEEDS[kept.label], work)


async def give_up(book: Book, code: str) -> Dialog:
    """Keep of what is left that it stays, for the reason that *code* names."""
    for record in writes_of(book.now):
        if not record.is_undone and not record.code and _can_be(record):
            book.now = book.now.with_record(replace(record, code=code))
    return await book.save(undo_asked=None, is_told=False)


def _made(written: Iterable[Record]) -> dict[PageId, str]:
    """Return the pages that the run made, by the key of the write that did."""
    return {_page_of(each): each.key for each in written if each.action in {"create", "copy"}}


def _groups(written: list[Record], gone: dict[PageId, str]) -> Iterator[tuple[Record, ...]]:
    """Yield what is taken back at once, the last first: the versions of one page together.

    What was done to a page that the run made goes with it.
    """
    known = [record for record in written if _can_be(record)]
    pages: dict[PageId, list[Record]] = {}
    for record in known:
        if not record.before:
            pages.setdefault(_page_of(record), []).append(record)
    for record in reversed(known):
        page = _page_of(record)
        if record.before:
            if page not in gone or record.key == gone[page]:
                yield (record,)
        elif pages[page][0].key == record.key:
            yield tuple(pages[page])


def _page_of(record: Record) -> PageId:
    kept = read(record.before)
    if isinstance(kept, Thing) and record.action != "copy":
        return Where.read(kept.fields.get("where")).page
    result = read(record.result)
    held: Value = result.fields.get("id") if isinstance(result, Thing) else None
    return PageId(str(held or record.key))
