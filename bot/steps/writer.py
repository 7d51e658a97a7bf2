"""Does a confirmed write once, and settles those that somebody left under way."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from bot.act import Acting
from bot.connection import Need
from bot.content import Page, PageId, PageStatus, Space, SpaceId, SpaceKey
from bot.course import AccountChanged
from bot.dialog import Fate, Phase, Record, Write
from bot.errors import (
    BotError,
    ConsentRequired,
    ProviderFault,
    Unavailable,
    Unclear,
    UserError,
)
from bot.frozen import frozen
from bot.publish import Publisher
from bot.receipt import Act, DecisionId, Receipt, Stage
from bot.refusals import why_refused
from bot.steps import doing, saying
from bot.steps.book import Book
from bot.steps.deed import Deed, by_account
from bot.steps.halts import Failed, Parked, Unsettled
from bot.steps.hands import Facts, Hands
from bot.steps.lookup import Lookup, Target
from bot.steps.on_page import OnPage
from bot.steps.page_writings import Changing, Creating, PageWriting, plain_decision
from bot.steps.small_writings import SMALL, Attaching, Calling, SmallWriting
from bot.steps.writing import Sent, Settles, Where, Writing
from bot.things import page_thing
from bot.trail import Action, Entry
from bot.values import Thing
from bot.written import read, write

T = TypeVar("T")

LOOKED_FOR: Final = timedelta(minutes=10)
"""For so long one is left to a later look, while nobody can look."""
UPLOAD_LASTS: Final = timedelta(minutes=3)
"""A file may be on its way for so long: out of Slack, and into Confluence, with all around it."""
SHARE: Final = 2 / 3
"""Of the time for which a run is left to whoever sends, the part in which something may be sent:
the rest is for its answer."""
MOST_SENT: Final = 2
"""Times that one is sent in a row, where twice is as good as once."""
_CONSENTS: Final = frozenset({"consent_required", "scope_missing"})
_WAITS: Final = frozenset({"unavailable", "quota_spent"})
_PROVIDER: Final = "Confluence"


@frozen
class Desk:
    """What writes are done with: in whose name, and where their course is kept.

    For *left_alone* a write is left to whoever sent it. *admitted* raises ``NotAllowed`` where the
    run's person may not go on with it any more.
    """

    hands: Hands
    facts: Facts
    lookup: Lookup
    book: Book
    publisher: Publisher
    left_alone: timedelta
    admitted: Callable[[], Awaitable[None]]


class Writer:
    """Sees each write of a run to its end."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hands = desk.hands
        self._book = desk.book
        self._since = desk.book.kept.touched_at  # our own clock's, where it was taken up

    async def perform(self, confirmed: Write, writing: Writing) -> Record:
        """Do what was *confirmed*, and keep what came of it.

        Raises:
            TakenUp: somebody else has the run in hand.
            Failed: it was refused, for good.
            Parked: nothing of it was sent; it can be confirmed once more.
            Unsettled: nobody can tell whether it was done.
            Unclear: nobody can tell yet.
            NotAllowed: its person may not any more.
        """
        await self._desk.admitted()
        if isinstance(writing, PageWriting):
            return await self._publish(confirmed, writing)
        if isinstance(writing, OnPage | Calling):
            return await self._send(confirmed, writing)
        raise TypeError(f"nothing says how to do a {type(writing).__name__}")

    async def settle(self, record: Record) -> Record | None:
        """Find out what became of a write that whoever left the run has sent.

        ``None`` if nothing was sent after all.

        Raises like ``perform``.
        """
        if not record.before:
            return await self._settle_page(record)
        kept = read(record.before)
        if not isinstance(kept, Thing):
            return await self._give_up(record)
        if not (kept.label in doing.SENT_AGAIN or kept.label == Attaching.action):
            return await self._give_up(record)
        self._since = self._hands.tools.clock()
        await self._book.save()  # the time for sending begins anew, however long the walk took
        if kept.label in doing.SENT_AGAIN:
            return await self._again(record, kept)
        return await self._look(record, kept, is_just_sent=False)

    async def _publish(self, confirmed: Write, writing: PageWriting) -> Record:
        space = _space_of(writing)
        decision_id = confirmed.decision or DecisionId("")
        plain = plain_decision(
            self._hands, self._desk.facts, self._hands.principal, decision_id, space
        )
        decision = writing.decision(plain)
        record = self._sent(confirmed, writing)
        await self._book.write(record)
        receipt = await self._desk.publisher.write(decision, self._book.now.correlation)
        return await self._after(record, receipt)

    async def _settle_page(self, record: Record) -> Record | None:
        decision = record.decision or DecisionId("")
        receipt = await self._desk.publisher.find(self._hands.principal, decision)
        if receipt is None:
            self._book.drop(record.key)
            return None
        return await self._after(record, await self._desk.publisher.resume(receipt))

    async def _after(self, record: Record, receipt: Receipt) -> Record:
        """Keep what a receipt at its end tells."""
        if receipt.stage is Stage.UNCLEAR:
            return await self._give_up(replace(record, url=receipt.page_url or record.url))
        if receipt.stage is not Stage.DONE:
            return await self._refused_page(record, receipt)
        page = _page_of(receipt)
        decision = receipt.decision
        self._desk.lookup.forget(page.id)
        thing = page_thing(page, decision.site, decision.space)
        return await self._done(record, Sent(thing, receipt.page_url))

    async def _refused_page(self, record: Record, receipt: Receipt) -> Record:
        code = receipt.refusal
        if code in _CONSENTS:
            self._book.drop(record.key)
            missing = ConsentRequired(receipt.decision.profile)
            raise Parked(missing)
        if code in _WAITS:
            self._book.drop(record.key)
            raise Parked(Unavailable(_PROVIDER))
        words = why_refused(code).format(account=receipt.decision.account.name)
        return await self._refuse(record, f"{record.words}: {words}.", code)

    async def _send(self, confirmed: Write, writing: SmallWriting) -> Record:
        kept = by_account(writing.kept(), self._desk.facts)
        if isinstance(writing, OnPage):
            kept = await self._run(writing.need, kept, doing.look_before)
        record = replace(self._sent(confirmed, writing), before=write(kept))
        entry = await self._begun(record, kept)  # or nothing may be sent
        await self._book.write(record)
        asker = self._desk.facts.asker

        async def send(deed: Deed) -> Sent:
            return await doing.send(deed, writing, asker)

        try:
            sent = await self._run(writing.need, kept, send)
        except Unclear:
            return await self._unclear(record, kept, writing.settles)
        except BotError as error:
            return await self._not_done(record, entry, error, writing.settles)
        self._record(entry, None)
        return await self._done(record, sent)

    async def _unclear(self, record: Record, kept: Thing, settles: Settles) -> Record:
        match settles:
            case Settles.AGAIN:
                return await self._again(record, kept)
            case Settles.LOOKING:
                return await self._look(record, kept, is_just_sent=True)
            case _:
                return await self._give_up(record)

    async def _not_done(
        self, record: Record, entry: Entry, error: BotError, settles: Settles
    ) -> Record:
        """Keep that a write was refused, or wasn't sent at all."""
        self._record(entry, error)
        if isinstance(error, ProviderFault) and settles is Settles.ASKING:
            return await self._give_up(record)  # it was done, perhaps, and answered with nonsense
        if isinstance(error, UserError):
            return await self._refuse(record, f"{record.words}: {error}", error.code)
        if isinstance(error, ProviderFault):
            fault = saying.FAULT.format(who=_PROVIDER)
            return await self._refuse(record, f"{record.words}: {fault}", error.code)
        self._book.drop(record.key)
        raise Parked(error) from error

    async def _again(self, record: Record, kept: Thing) -> Record:
        """Do again what is, done twice, as if done once."""
        entry = await self._begun(record, kept)
        for _ in range(MOST_SENT):
            try:
                sent = await self._run(_need_of(kept), kept, doing.send_again)
            except Unclear:
                continue
            except AccountChanged:  # whoever may look now can't tell
                return await self._give_up(record)
            except (UserError, ProviderFault) as error:
                return await self._not_done(record, entry, error, Settles.AGAIN)
            except BotError as blind:
                return await self._later(record, blind)
            self._record(entry, None)
            return await self._done(record, sent)
        return await self._give_up(record)

    async def _look(self, record: Record, kept: Thing, *, is_just_sent: bool) -> Record:
        """Look whether a file was attached, and attach it if it wasn't."""
        entry = await self._begun(record, kept)
        try:
            found = await self._run(_need_of(kept), kept, doing.find_attached)
            if found is None and not is_just_sent:
                found = await self._run(_need_of(kept), kept, doing.send_again)
        except (Unclear, AccountChanged):  # whoever may look now can't tell
            return await self._give_up(record)
        except (UserError, ProviderFault) as error:
            return await self._not_done(record, entry, error, Settles.LOOKING)
        except BotError as blind:
            return await self._later(record, blind)
        if found is None:  # it may be on its way yet
            raise Unclear(_PROVIDER)
        self._record(entry, None)
        return await self._done(record, found)

    async def _later(self, record: Record, blind: BotError) -> Record:
        """Leave a write that may be out to a later look; not for ever."""
        now = self._hands.tools.clock()
        if record.at is not None and now - record.at < LOOKED_FOR:
            raise Unclear(_PROVIDER) from blind
        return await self._give_up(record)

    async def _give_up(self, record: Record) -> Record:
        """Keep that nobody can tell, and stop."""
        where = record.url or self._desk.facts.site.wiki_url
        unclear = replace(record, fate=Fate.UNCLEAR, url=where)
        self._book.now = self._book.now.with_record(unclear)
        if record.before:  # of a page's writing its receipt tells
            self._record(self._entry(record), Unclear(_PROVIDER))
        await self._book.save(phase=Phase.UNCLEAR, is_told=False)
        raise Unsettled

    async def _refuse(self, record: Record, words: str, code: str) -> Record:
        self._book.now = self._book.now.with_record(replace(record, fate=Fate.REFUSED, code=code))
        raise Failed(words)

    async def _done(self, record: Record, sent: Sent) -> Record:
        done = replace(
            record,
            fate=Fate.DONE,
            result=write(sent.result),
            url=sent.url or record.url,
            at=self._hands.tools.clock(),
        )
        page = _id_in(record)
        if page:
            self._desk.lookup.forget(page)
        await self._book.write(done)
        return done

    def _sent(self, confirmed: Write, writing: Writing) -> Record:
        self._since = self._hands.tools.clock()
        return Record(
            confirmed.key,
            confirmed.action,
            Fate.SENT,
            decision=confirmed.decision,
            words=confirmed.words,
            url=writing.url,
            at=self._since,
        )

    async def _run(self, need: Need, kept: Thing, work: Callable[[Deed], Awaitable[T]]) -> T:
        lasts = time_of(self._book.kept.journal, self._desk.left_alone)
        until = self._since + lasts * SHARE

        async def act(acting: Acting) -> T:
            timed = replace(acting, connection=replace(acting.connection, writes_until=until))
            return await work(Deed.of(self._hands.tools, timed, kept))

        return await self._hands.run(need, act)

    async def _begun(self, record: Record, kept: Thing) -> Entry:
        """Return what the audit keeps of it; under the organisation's name it is kept before."""
        entry = self._entry(replace(record, before=write(kept)))
        if self._desk.facts.is_lent:
            return await self._hands.tools.auditor.begin(entry)
        return entry

    def _record(self, entry: Entry, error: BotError | None) -> None:
        self._hands.tools.auditor.record(entry.ended(error))

    def _entry(self, record: Record) -> Entry:
        facts, dialog = self._desk.facts, self._book.now
        kept = read(record.before)
        label = kept.label if isinstance(kept, Thing) else ""
        action = AUDITED.get(label, Action.CALL)
        entry = Entry.by(self._hands.principal, action, facts.asker).under(facts.connection)
        where = Where.read(kept.fields.get("where") if isinstance(kept, Thing) else None)
        entry = entry.on(facts.site, where.space or None, where.page or None)
        what = "call" if action is Action.CALL else "page"
        key = record.decision or f"{dialog.id}.{record.key}"
        return replace(entry.of(what, where.title), correlation=dialog.correlation, key=key)


def time_of(journal: Iterable[Record], left_alone: timedelta) -> timedelta:
    """Return for how long a run is left to whoever sent what is under way in *journal*."""
    out = {each.action for each in journal if each.fate not in {Fate.DONE, Fate.REFUSED}}
    return max(left_alone, UPLOAD_LASTS) if Attaching.action in out else left_alone


AUDITED: Final[Mapping[str, Action]] = {kind.action: kind.audited for kind in SMALL}
"""By the step's word, what the audit calls it."""
NEEDS: Final[Mapping[str, Need]] = {kind.action: kind.need for kind in SMALL}
"""By the step's word, what it is done for."""


def _need_of(kept: Thing) -> Need:
    return NEEDS[kept.label]


def _id_in(record: Record) -> PageId | None:
    kept = read(record.before)
    return Where.read(kept.fields.get("where")).page if isinstance(kept, Thing) else None


def _space_of(writing: PageWriting) -> Space:
    match writing:
        case Creating():
            return writing.space
        case Changing(target=Target(space=Space() as space)):
            return space
        case _:
            return Space(SpaceId(""), SpaceKey(""), "")


def _page_of(receipt: Receipt) -> Page:
    """Return the page that a receipt made, or the version of it."""
    decision = receipt.decision
    return Page(
        receipt.page_id or PageId(""),
        decision.title,
        receipt.page_url,
        decision.space.id,
        PageStatus.DRAFT if decision.act is Act.DRAFT else PageStatus.CURRENT,
        decision.base_version + 1 if decision.act.changes else 1,
        parent_id=decision.parent_id,
        kind=decision.kind,
    )
