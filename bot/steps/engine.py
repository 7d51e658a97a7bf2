"""Runs a dialog: reads, plans what is to be written, and after it was confirmed writes it once.

A run is done anew from its first step whenever somebody goes on with it; what its journal has is
not done again. So any process can take it up wherever another left it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.course import TakenUp
from bot.dialog import Dialog, Fate, Phase, Record
from bot.errors import (
    BotError,
    NotAllowed,
    SiteRequired,
    Unavailable,
    Unclear,
    UserError,
)
from bot.frozen import frozen
from bot.ports import Dialogs, Templates
from bot.publish import Publisher
from bot.steps import saying, stops
from bot.steps.asking import entities_of, missing
from bot.steps.book import PAUSES, Book
from bot.steps.ending import reply_of
from bot.steps.halts import Asking, Failed, Halt, NotYet, Parked, Unsettled
from bot.steps.hands import Hands, Tools
from bot.steps.lookup import Lookup
from bot.steps.terms import Terms, calls, site_of, terms_of
from bot.steps.undoing import Undoing, can_undo, give_up, is_taken_back
from bot.steps.walk import Walk
from bot.steps.writer import LOOKED_FOR, Desk, Writer, time_of
from bot.task import DialogTask
from bot.template import ActionTemplate, Entity, EntityType, walk

DONE, DO_IT, STOP = "done", "do it", "stop"
"""What its person says of a write whose outcome can't be read back."""


Admitted = Callable[[Dialog, DialogTask | None], Awaitable[None]]
"""Sees whether a dialog's person may go on with it, whose task is this now."""


@frozen
class Keeping:
    """Where runs, the versions of templates, and receipts are kept, and for how long what holds.

    For *left_alone* a run, and a write of it, is left to the process that has it in hand. What
    its database can't keep it tries again after each of *pauses*, in seconds.
    *admitted* raises ``NotAllowed`` where its person may not go on with a dialog any more.
    """

    dialogs: Dialogs
    templates: Templates
    publisher: Publisher
    admitted: Admitted
    undo_for: timedelta
    left_alone: timedelta = timedelta(seconds=60)
    pauses: tuple[float, ...] = PAUSES


class Engine:
    """Does the steps of templates."""

    def __init__(self, tools: Tools, keeping: Keeping) -> None:
        self._tools = tools
        self._keeping = keeping

    def entities_of(self, template: ActionTemplate, dialog: Dialog) -> tuple[Entity, ...]:
        """Return the entities that *dialog* has so far. See `bot.steps.asking`."""
        return entities_of(template, dialog)

    def missing(self, template: ActionTemplate, dialog: Dialog) -> tuple[Entity, ...]:
        """Return those to be asked for, the next one first."""
        return missing(template, dialog)

    def can_undo(self, dialog: Dialog) -> bool:
        """Tell whether something that *dialog* wrote may still be taken back."""
        return can_undo(dialog, self._tools.clock(), self._keeping.undo_for)

    async def admit(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> None:
        """Find out, without asking Confluence, whether its person can run it.

        Raises:
            ConsentRequired: not without connecting; it names all that the template takes.
            SiteRequired: not without choosing a site, which the template doesn't ask for.
        """
        terms = await self._terms(template, dialog, task)
        try:
            await self._hands(dialog, template, terms).facts()
        except SiteRequired:
            if not any(each.type is EntityType.SITE for each in template.entities):
                raise

    async def advance(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        """Go on as far as it goes without its person, and return the dialog as it is kept.

        It is ASKING, where something is missing; CONFIRMING, with a plan; UNCLEAR, where its
        person is to say what became of a write; DONE or FAILED, with *failure* in words; or
        RUNNING still, where nobody can tell yet what became of one: it is taken up later.

        Raises:
            TakenUp: another process has it in hand.
            ConsentRequired, SiteRequired: its person must connect, or choose, first.
            Unavailable: nothing of what comes next was done; it can be gone on with later.
        """
        if dialog.phase.is_final or dialog.phase is Phase.UNCLEAR:
            return dialog
        book = self._book(dialog)
        if dialog.phase is Phase.RUNNING and book.is_under_way:
            await self._take_up(book)
        return await self._advanced(book, template, task)

    async def _take_up(self, book: Book) -> None:
        journal, keeping = book.kept.journal, self._keeping
        for each in journal:
            if each.fate is Fate.SENT and not each.before and each.decision is not None:
                principal = book.kept.principal
                await keeping.publisher.take_up(principal, each.decision, keeping.left_alone)
        await book.take_up(time_of(journal, keeping.left_alone))

    def _book(self, dialog: Dialog) -> Book:
        return Book(self._keeping.dialogs, dialog, self._keeping.pauses)

    async def _advanced(
        self, book: Book, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        dialog = book.kept
        if dialog.phase is not Phase.RUNNING and missing(template, dialog):
            return await stops.ask(book)
        terms = await self._terms(template, dialog, task)
        try:
            return await self._walked(book, template, terms, task)
        except (Halt, UserError) as end:
            return await self._ended(book, end)
        except TakenUp:
            raise
        except BotError as error:
            if book.is_under_way or dialog.phase is not Phase.RUNNING:
                return await self._left(book, error)
            return await stops.park(book, error)

    async def _ended(self, book: Book, end: Halt | UserError) -> Dialog:
        match end:
            case Asking():
                return await stops.ask(book)
            case Unsettled():
                return await stops.unclear(book)
            case Parked():
                return await stops.park(book, end.cause)
            case SiteRequired() if book.kept.site is None:
                raise end
            case SiteRequired():
                return await stops.fail(book, NotAllowed(saying.SITE_GONE))
            case UserError() | Failed() if book.is_under_way:  # that may be done nevertheless
                return await book.give_up()
            case UserError() | Failed():
                return await stops.fail(book, end)
            case _:
                raise end

    async def _left(self, book: Book, error: BotError) -> Dialog:
        """Return a run of which a write is out; where nothing is, nothing came of it.

        Where nobody has been able to look for long, its person is asked what became of it.
        """
        if isinstance(error, Unclear):
            return book.kept
        since = [each.at for each in book.kept.journal if each.fate is Fate.SENT and each.at]
        if since and self._tools.clock() - min(since) >= LOOKED_FOR:
            return await book.give_up()
        raise error

    async def settle(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        """Take up a run that its process has left. Raises like ``advance``.

        Raises:
            TakenUp: it may be at it yet.
        """
        if dialog.undo_asked is not None:
            return await self._take_back_on(dialog, template, task, dialog.undo_asked)
        if dialog.phase is not Phase.RUNNING:
            return dialog
        book = self._book(dialog)
        await self._take_up(book)
        return await self._advanced(book, template, task)

    async def verdict(
        self,
        dialog: Dialog,
        template: ActionTemplate,
        task: DialogTask | None,
        said: tuple[str, str],
    ) -> Dialog:
        """Hear of the write at a key that was unclear whether it was done; go on accordingly.

        One that is to be done now is done without being asked about once more.
        """
        key, what = said
        record = dialog.record(key)
        if dialog.phase is not Phase.UNCLEAR or record is None or record.fate is not Fate.UNCLEAR:
            return dialog
        book = self._book(dialog)
        if what == STOP:
            return await book.save(phase=Phase.FAILED, failure=saying.STOPPED, is_told=False)
        if what == DONE:
            book.note(replace(record, fate=Fate.DONE, at=self._tools.clock()))
            await book.save(phase=Phase.RUNNING)
        elif what == DO_IT:
            self._require_arrived(record)
            book.drop(key)
            confirmed = tuple(stops.anew(each, key) for each in dialog.confirmed)
            now = self._tools.clock()
            await book.save(phase=Phase.RUNNING, confirmed=confirmed, confirmed_at=now)
        else:
            return dialog
        return await self.advance(book.kept, template, task)

    def _require_arrived(self, record: Record) -> None:
        """Raise ``NotAllowed`` as long as what was sent may still be on its way."""
        lasts = time_of((record,), self._keeping.left_alone)
        if record.at is not None and self._tools.clock() - record.at < lasts:
            raise NotAllowed(saying.ON_ITS_WAY.format(seconds=int(lasts.total_seconds())))

    async def undo(
        self, dialog: Dialog, template: ActionTemplate, task: DialogTask | None
    ) -> Dialog:
        """Take back what it wrote, as far as nobody has touched it since.

        What was taken back says so in the journal; of what wasn't `bot.steps.undoing.stays`
        says why.

        Raises:
            NotAllowed: the time is up, or there is nothing that can be.
            TakenUp: somebody else is at it.
        """
        if dialog.undo_asked is not None:
            return await self._take_back_on(dialog, template, task, dialog.undo_asked)
        if is_taken_back(dialog):  # it was pressed twice
            return dialog
        if not self.can_undo(dialog):
            raise NotAllowed(
                "That can't be undone from here any more; nothing was changed. In Confluence you "
                "can still find what was there, in the pages' histories and in the trash."
            )
        asked_at = self._tools.clock()
        undoing = await self._undoing(self._book(dialog), template, task, asked_at)
        return await undoing.pressed()

    async def _undoing(
        self, book: Book, template: ActionTemplate, task: DialogTask | None, asked_at: datetime
    ) -> Undoing:
        terms = await self._terms(template, book.kept, task)
        hands = self._hands(book.kept, template, terms)
        return Undoing(hands, await hands.writer(), book, self._keeping.publisher, asked_at)

    async def _take_back_on(
        self,
        dialog: Dialog,
        template: ActionTemplate,
        task: DialogTask | None,
        asked_at: datetime,
    ) -> Dialog:
        """End a taking back that its process has left; what can't be for long stays."""
        book = self._book(dialog)
        await book.take_up(self._keeping.left_alone)
        try:
            return await (await self._undoing(book, template, task, asked_at)).resumed()
        except TakenUp:
            raise
        except BotError as error:
            is_passing = isinstance(error, Unavailable | Unclear)
            if is_passing and self._tools.clock() - asked_at < LOOKED_FOR:
                raise
            return await give_up(book, error.code)

    async def _walked(
        self, book: Book, template: ActionTemplate, terms: Terms, task: DialogTask | None
    ) -> Dialog:
        async def admitted() -> None:
            await self._keeping.admitted(book.now, task)

        if not book.is_under_way:  # what became of that is found out in any case
            await admitted()
        hands = self._hands(book.now, template, terms)
        facts = await hands.facts()
        changes = any(step.writes for step in walk(template.steps))
        writes = await hands.writer() if changes else facts
        book.now = replace(book.now, site=facts.site.cloud_id)
        lookup = Lookup(hands, facts)
        keeping = self._keeping
        desk = Desk(hands, writes, lookup, book, keeping.publisher, keeping.left_alone, admitted)
        course = Walk(template, terms, hands, facts, writes, lookup, book, Writer(desk))
        try:
            await course.go()
        except NotYet:
            if not course.planned.writes:
                raise NotAllowed(saying.NEVER) from None
            return await stops.confirm(course, more=True)
        if course.planned.writes:
            return await stops.confirm(course, more=False)
        said = reply_of(template, course.names)
        return await book.save(phase=Phase.DONE, said=said, failure="", is_told=False)

    async def _terms(
        self, template: ActionTemplate, dialog: Dialog, task: DialogTask | None
    ) -> Terms:
        if not calls(template):  # only a call needs what was decided of the version
            return terms_of(template, task, None)
        version = await self._keeping.templates.find(
            dialog.principal.tenant, dialog.template, dialog.version
        )
        return terms_of(template, task, version)

    def _hands(self, dialog: Dialog, template: ActionTemplate, terms: Terms) -> Hands:
        scopes = frozenset(template.scopes)
        limits = terms.limits(dialog)
        return Hands(self._tools, dialog.principal, limits, scopes, site_of(dialog))
