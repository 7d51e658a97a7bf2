"""A dialog: one run of a dialog task by one principal, as it is kept between two turns."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, NewType

from pydantic import SecretStr

from bot.content import CloudId
from bot.frozen import frozen
from bot.principal import Principal
from bot.receipt import DecisionId
from bot.task import TaskId
from bot.template_id import TemplateId, Version
from bot.values import Thing, Value
from bot.written import NOTHING, Written, read, write

DialogId = NewType("DialogId", str)
PlanId = NewType("PlanId", str)

DIALOG_LASTS: Final = timedelta(days=30)
"""For so long after its last turn a dialog can be resumed."""
PLAN_LASTS: Final = timedelta(hours=1)
"""For so long after its last turn its plan can be confirmed: then it is made anew."""
QUIET_AFTER: Final = timedelta(days=1)
"""After so long without a turn it is put away: nobody is reminded of it, the home tab has it."""


class Phase(StrEnum):
    """How far a dialog has come."""

    ASKING = "asking"
    CONFIRMING = "confirming"  # a plan stands to be confirmed
    RUNNING = "running"  # confirmed: a step may be under way
    UNCLEAR = "unclear"  # a step's outcome can't be read back: its person is asked
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing comes after it."""
        return self in {Phase.DONE, Phase.FAILED, Phase.CANCELLED}


class Filling(StrEnum):
    """How a dialog asks."""

    FORM = "form"
    CONVERSATION = "conversation"


class Origin(StrEnum):
    """Whence an answer came."""

    PERSON = "person"
    COMMAND = "command"  # the words that began the dialog
    DEFAULT = "default"


@frozen
class Answer:
    """What one entity was given; *shown* is it in words.

    *said_at* is the time stamp of the message that said it, in Slack's form, if one did.
    """

    entity: str
    value: Written
    shown: str
    origin: Origin = Origin.PERSON
    said_at: str = ""

    def read(self) -> Value:
        """Return the value."""
        return read(self.value)


@frozen
class Spoken:
    """A message that was heard of late, and what stood before it, as far as it changed that.

    With them a message that was said earlier but arrives later is still taken in its turn.
    *words* is what it said. *changed* are the entities that it gave or emptied, *before* the
    answers that those had.
    """

    said_at: str
    words: Written
    asked: str = ""
    wrong: int = 0
    order: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    before: tuple[Answer, ...] = ()


class Fate(StrEnum):
    """What became of a step."""

    SENT = "sent"  # under way, or its outcome isn't known yet
    DONE = "done"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@frozen
class Record:
    """One line of a run's journal.

    *key* is the step's place in the template, with the rounds that led to it: ``2.0[3].1``.
    *result* is what later steps see. *decision* leads to the receipt of a page's writing.
    *words* say what was written, with *url* where it is; *code* is that of a refusal.
    *before* is what is needed to take the step back. *is_undone* says that it was.
    """

    key: str
    action: str
    fate: Fate
    result: Written = NOTHING
    decision: DecisionId | None = None
    words: str = ""
    url: str = ""
    code: str = ""
    before: Written = NOTHING
    is_undone: bool = False
    at: datetime | None = None


@frozen
class Reached:
    """A step that asks for entities was reached: for which.

    *seen* is what their defaults and conditions go by of what steps before it gave, by name. Where
    they are asked for in each round of a ``for_each``, *mark* stands behind the template's names of
    them, and *of* says which round it is.
    """

    action: ClassVar[str] = "ask"
    names: tuple[str, ...]
    seen: Mapping[str, Value] = field(default_factory=dict)
    mark: str = ""
    of: str = ""

    def result(self) -> Written:
        """Return it as the journal's line of its *action* holds it."""
        seen = Thing("seen", "", self.seen)
        held: dict[str, Value] = {"names": self.names, "seen": seen}
        held |= {"mark": self.mark, "of": self.of}
        return write(Thing(self.action, "", held))

    @classmethod
    def read(cls, record: Record) -> "Reached | None":
        """Return what a line of the journal says, if it is such a line."""
        held = read(record.result) if record.action == cls.action else None
        if not isinstance(held, Thing):
            return None
        names, seen = held.fields["names"], held.fields["seen"]
        return cls(
            tuple(map(str, names)) if isinstance(names, tuple) else (),
            seen.fields if isinstance(seen, Thing) else {},
            str(held.fields.get("mark", "")),
            str(held.fields.get("of", "")),
        )


@frozen
class Write:
    """One thing that will be written, in the engine's words and no others.

    *digest* holds it to what was shown: what differs from it is shown again first.
    """

    key: str
    action: str
    words: str
    digest: str
    decision: DecisionId | None = None


@frozen
class Content:
    """What writes of a plan put into Confluence, to be read before it is confirmed.

    *keys* are those of the writes, all of which put the same there. *title* is the page's, where
    it gets one; *body* is a document, *missing* how many characters of it are left out.
    """

    keys: tuple[str, ...]
    title: str = ""
    body: Written = NOTHING
    missing: int = 0


@frozen
class Plan:
    """The writes that are known by now, to be confirmed together.

    *account*, *site_name*, *is_lent* tell in whose name and where; *more* says that others
    may follow, which will be confirmed when they are known. *preview* is what the template's
    author says of it (Markdown's text), *contents* what will really stand there.
    """

    id: PlanId
    writes: tuple[Write, ...]
    account: str
    account_id: str
    site: CloudId
    site_name: str
    is_lent: bool = False
    asker: str = ""
    more: bool = False
    preview: Written = NOTHING
    contents: tuple[Content, ...] = ()


@frozen
class Dialog:
    """One run by *principal*; looked up under them alone.

    *word* and *title* are the task's, *defaults* what it gave entities by itself. *asked* is
    the entity that was asked for last, *wrong* counts wrong answers to it. *order* lists the
    entities in the order in which they were answered or passed over, for going back; *skipped*
    those that were passed over. *heard* are its last messages and *heard_at* the time stamps of
    more of them; *unread* is one that couldn't be read yet, since Confluence couldn't be asked.
    *fixed* are the entities that had been asked for when its plan was confirmed at *fixed_at*.
    *channel* and *thread* are where it is held; *began_in* is the channel in which it was begun.
    *now* is the time that its expressions see. *generation* grows with every change; *kept_by*
    is a name of whoever went on with its steps last, by which they know what they kept
    themselves. *is_told* says that its person knows where it stands. *undo_asked* is since when it
    is being taken back, as long as it is.
    """

    id: DialogId
    principal: Principal
    task: TaskId
    word: str
    title: str
    template: TemplateId
    version: Version
    began_at: datetime
    touched_at: datetime
    expires_at: datetime
    now: datetime
    phase: Phase = Phase.ASKING
    filling: Filling = Filling.FORM
    answers: tuple[Answer, ...] = ()
    defaults: tuple[Answer, ...] = ()
    order: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    asked: str = ""
    wrong: int = 0
    heard: tuple[Spoken, ...] = ()
    heard_at: tuple[str, ...] = ()
    unread: Spoken | None = None
    fixed: tuple[str, ...] = ()
    fixed_at: datetime | None = None
    channel: str = ""
    thread: str = ""
    began_in: str = ""
    site: CloudId | None = None
    plan: Plan | None = None
    confirmed: tuple[Write, ...] = ()
    confirmed_at: datetime | None = None
    journal: tuple[Record, ...] = ()
    said: Written = NOTHING
    failure: str = ""
    is_trial: bool = False
    is_told: bool = False
    undo_asked: datetime | None = None
    response_url: SecretStr | None = None
    response_url_at: datetime | None = None
    correlation: str = ""
    kept_by: str = ""
    generation: int = 1

    def answer(self, entity: str) -> Answer | None:
        """Return what *entity* was given, if anything."""
        return next((answer for answer in self.answers if answer.entity == entity), None)

    def record(self, key: str) -> Record | None:
        """Return the journal's line of the step at *key*, if it was reached."""
        return next((record for record in self.journal if record.key == key), None)

    def reached(self) -> tuple[Reached, ...]:
        """Return the steps on the way that ask for entities and were reached."""
        found = (Reached.read(each) for each in self.journal)
        return tuple(each for each in found if each is not None)

    def seen(self) -> dict[str, Mapping[str, Value]]:
        """Return by entity what those of them that were reached go by, by name."""
        return {name: each.seen for each in self.reached() for name in each.names}

    def plain(self, entity: str) -> str:
        """Return what the template calls an entity that is asked for in each round."""
        marks = (each.mark for each in self.reached() if each.mark and entity in each.names)
        return entity.removesuffix(next(marks, ""))

    def with_answer(self, answer: Answer) -> "Dialog":
        """Return it with *answer* in place of the one before, as the last that was given."""
        others = tuple(each for each in self.answers if each.entity != answer.entity)
        order = tuple(name for name in self.order if name != answer.entity)
        skipped = tuple(name for name in self.skipped if name != answer.entity)
        return replace(
            self, answers=(*others, answer), order=(*order, answer.entity), skipped=skipped
        )

    def with_record(self, record: Record) -> "Dialog":
        """Return it with *record* in place of the one of its key, or behind the others."""
        if self.record(record.key) is None:
            return replace(self, journal=(*self.journal, record))
        changed = (record if each.key == record.key else each for each in self.journal)
        return replace(self, journal=tuple(changed))

    @property
    def is_waited_for(self) -> bool:
        """Tell whether a run came to where it waits for its person, who doesn't know yet."""
        waits = self.phase in {Phase.ASKING, Phase.CONFIRMING}
        return waits and self.confirmed_at is not None and not self.is_told

    def given_up(self) -> "Dialog":
        """Return it with what was sent, and not known to be done, as unclear."""
        journal = (
            replace(each, fate=Fate.UNCLEAR) if each.fate is Fate.SENT else each
            for each in self.journal
        )
        return replace(self, journal=tuple(journal))

    @property
    def is_open(self) -> bool:
        """Tell whether there is something to go on with.

        There isn't in a form that was only looked at, nor in a trial that came to its end.
        """
        if self.phase.is_final or (self.is_trial and self.phase is Phase.CONFIRMING):
            return False
        return self.is_used

    @property
    def is_used(self) -> bool:
        """Tell whether something was said or done in it."""
        is_answered = any(each.origin is not Origin.DEFAULT for each in self.answers)
        is_done = self.phase is Phase.DONE
        return bool(self.thread or self.journal or self.skipped or is_answered or is_done)

    def is_quiet(self, now: datetime) -> bool:
        """Tell whether it has been put away."""
        return now - self.touched_at >= QUIET_AFTER
