"""One walk over a template's steps, from the first to where it can't go on.

What stands done in the journal isn't done again: its result is taken from there. So whoever
walks, however often, comes to the same place.
"""

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.connection import Need
from bot.dialog import Dialog, Fate, Phase, Reached, Record, Write
from bot.errors import BadInput
from bot.frozen import frozen
from bot.principal import mint_token
from bot.receipt import DecisionId
from bot.steps import saying
from bot.steps.asking import (
    absent,
    entities_of,
    mark_of,
    missing_of,
    seen_by,
    values_of,
    variables_in,
)
from bot.steps.book import Book
from bot.steps.halts import Asking, Failed, NotYet, Unsettled
from bot.steps.hands import Facts, Hands
from bot.steps.lookup import Lookup
from bot.steps.names import Names
from bot.steps.on_page import OnPage
from bot.steps.page_writings import Creating
from bot.steps.planned import Planned
from bot.steps.planning import plan
from bot.steps.plot import Plot
from bot.steps.reads import Reading, reading
from bot.steps.small_writings import Calling
from bot.steps.terms import Terms
from bot.steps.things import bounded
from bot.steps.trying import made_up, made_up_read
from bot.steps.writer import Writer
from bot.steps.writing import Writing
from bot.template import (
    ActionTemplate,
    AskStep,
    AskVariablesStep,
    Entity,
    FailStep,
    ForEachStep,
    HttpStep,
    LetStep,
    Step,
    WhenStep,
    action_of,
    walk,
)
from bot.things import person_thing, site_thing
from bot.values import Thing, Value, text_of_value
from bot.written import read, write

MOST_STEPS: Final = 200
"""Steps of a run, each round of a ``for_each`` counted."""
READS_LAST: Final = timedelta(seconds=60)
"""All the time that the reads of one walk may take."""
TOO_MANY_STEPS: Final = (
    f"This run would take more than {MOST_STEPS} steps, so it stops here. Nothing more was "
    "written, and what was done before stays: choose less for it to work on, and try again."
)
TOO_MANY_ROUNDS: Final = (
    "There are {count} to go through, and this template goes through {most} at most. Nothing was "
    "done to any of them: choose fewer, and try again."
)
NOT_A_LIST: Final = (
    "“for_each” takes a list, and that isn't one. Nothing was done to it: tell whoever wrote this "
    "template."
)
TOO_LONG: Final = (
    f"The steps of this run have taken more than {int(READS_LAST.total_seconds())} seconds to "
    "read, so it stops here. Nothing more was written, and what was done before stays: try again."
)
_COSTLY: Final = frozenset({"labels", "author"})


@frozen
class Given:
    """What a step came to; *is_later* as long as a planned write has yet to bring it."""

    value: Value = None
    is_later: bool = False


NOTHING_GIVEN: Final = Given()


@dataclass(slots=True)
class Walk:
    """A walk over the steps of *template*: *facts* tell who reads, *writes* who writes."""

    template: ActionTemplate
    terms: Terms
    hands: Hands
    facts: Facts
    writes: Facts
    lookup: Lookup
    book: Book
    writer: Writer
    planned: Planned = field(init=False)
    rounds: list[Value] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    names: Names = field(default_factory=lambda: Names({}))
    steps: int = 0
    wants: frozenset[str] = frozenset()
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Plan nothing yet."""
        self.planned = Planned(self.lookup.makers)

    async def go(self) -> None:
        """Walk on to the end.

        Raises:
            Asking: an entity is missing.
            NotYet: the rest depends on what the planned writes will bring.
            Unsettled, Unclear, Parked, Failed, TakenUp: see `Writer.perform`.
            UserError: a step can't be done; says why in words.
        """
        self.wants = _wants(self.template)
        self.until = self.hands.tools.clock() + READS_LAST
        values = values_of(self.template, self.book.now)
        me = person_thing(user=self.hands.principal.user_id, account=self.facts.account)
        if self.facts.is_lent:
            held = {**me.fields, "account": self.facts.own, "name": self.facts.asker}
            me = Thing(me.kind, self.facts.asker, held)
        self.names = Names(values | {"me": me, "site": site_thing(self.facts.site)})
        for record in self.book.now.journal:
            self.planned.remember(record)
        await self._all(self.template.steps, "", self.names)

    async def _all(self, steps: tuple[Step, ...], prefix: str, names: Names) -> Given:
        given = NOTHING_GIVEN
        for number, step in enumerate(steps):
            given = await self._step(step, f"{prefix}{number}", names)
        return given

    async def _step(self, step: Step, key: str, names: Names) -> Given:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise BadInput(TOO_MANY_STEPS)
        await asyncio.sleep(0)  # a step may take its time: whoever else waits comes first
        if isinstance(step, WhenStep):
            return await self._when(step, key, names)
        if step.when is not None and not names.holds(step.when):
            if step.id:
                names.put(step.id, None)
            return NOTHING_GIVEN
        given = await self._done(step, key, names)
        if step.id:
            if given.value is None and given.is_later:
                names.put_unknown(step.id)
            else:
                names.put(step.id, given.value, is_later=given.is_later)
        return given

    async def _done(self, step: Step, key: str, names: Names) -> Given:
        match step:
            case LetStep():
                return await self._let(step, names)
            case FailStep():
                raise Failed(names.text(step.fail))
            case ForEachStep():
                return await self._for_each(step, key, names)
            case AskStep():
                return self._ask(step, key, names)
            case AskVariablesStep():
                return await self._ask_variables(step, key, names)
            case _ if step.writes:
                return await self._write(step, key, names)
            case _:
                return Given(await self._read(step, key, names))

    async def _when(self, step: WhenStep, key: str, names: Names) -> Given:
        is_so = step.when is None or names.holds(step.when)
        taken, left, mark = (
            (step.steps, step.otherwise, ".") if is_so else (step.otherwise, step.steps, ".else.")
        )
        for each in walk(left):
            if each.id and each.id not in names.values:
                names.put(each.id, None)
        given = await self._all(taken, f"{key}{mark}", names)
        if step.id:
            names.put(step.id, given.value, is_later=given.is_later)
        return given

    async def _let(self, step: LetStep, names: Names) -> Given:
        for name, source in step.let.items():
            await asyncio.sleep(0)
            try:
                value = names.value(source)
                names.put(name, value, is_later=_is_later(value))
            except NotYet:
                names.put_unknown(name)
        return NOTHING_GIVEN

    async def _for_each(self, step: ForEachStep, key: str, names: Names) -> Given:
        items = names.listed(step.for_each)
        if isinstance(items, str):
            items = tuple(line for line in items.splitlines() if line.strip())
        if items is None:
            items = ()
        if not isinstance(items, tuple):
            raise BadInput(NOT_A_LIST)
        if len(items) > step.most:
            raise BadInput(TOO_MANY_ROUNDS.format(count=len(items), most=step.most))
        rounds = []
        for number, item in enumerate(items):
            inside = names.inside()
            inside.put(step.item, item)
            self.rounds.append(item)
            rounds.append(await self._all(step.steps, f"{key}[{number}].", inside))
            self.rounds.pop()
        self._leave_rounds(f"{key}[")
        is_later = any(each.is_later for each in rounds)
        return Given(tuple(each.value for each in rounds), is_later)

    def _ask(self, step: AskStep, key: str, names: Names) -> Given:
        reached = self._reached(step, key, names)
        if reached.names:
            self._require_nothing_planned()
            self._note_reached(key, reached)
            wanted = [each for each in self._entities() if each.name in reached.names]
            self._require_answers(wanted)
        for name in step.ask:
            now = self.book.now
            answer = now.answer(f"{name}{reached.mark}") or now.answer(name)
            value = answer.read() if answer is not None else None
            names.put(name, absent(self.template.entity(name), value))
        return NOTHING_GIVEN

    def _reached(self, step: AskStep, key: str, names: Names) -> Reached:
        """Return what a step asks for: in each round anew, unless it was given for all of them."""
        asked = [each for each in self.template.entities if each.name in step.ask]
        seen = seen_by(asked, self.template, names)
        if not self.rounds:
            return Reached(step.ask, seen)
        mark = mark_of(key, self.rounds)
        of = ", ".join(saying.in_a_line(text_of_value(each)) for each in self.rounds)
        wanted = [name for name in step.ask if self.book.now.answer(name) is None]
        return Reached(tuple(f"{name}{mark}" for name in wanted), seen, mark, of)

    def _note_reached(self, key: str, reached: Reached) -> None:
        record = self.book.now.record(key)
        self.asked.add(key)
        if record is None or record.result != reached.result():
            self._leave_rounds()
            self.book.forget_defaults(reached.names)
            self.book.note(Record(key, Reached.action, Fate.DONE, reached.result()))

    def _leave_rounds(self, prefix: str = "") -> None:
        """Ask no more for what belongs to rounds that aren't, or that are others by now."""
        for record in self.book.now.journal:
            reached = Reached.read(record) if record.key.startswith(prefix) else None
            if reached is not None and reached.mark and record.key not in self.asked:
                self.book.drop(record.key)

    async def _ask_variables(self, step: AskVariablesStep, key: str, names: Names) -> Given:
        self._require_nothing_planned()
        variables = await self._read(step, key, names)
        found = list(variables_in(variables))
        self._require_answers([entity for entity, _ in found])
        values: dict[str, Value] = {}
        for entity, name in found:
            answer = self.book.now.answer(entity.name)
            values[name] = answer.read() if answer is not None else None
        return Given(Thing("answers", "", values))

    def _require_nothing_planned(self) -> None:
        """Ask for more only once what stands before it is done; a trial never does it."""
        if self.planned.writes and not self.book.now.is_trial:
            raise NotYet

    def _require_answers(self, wanted: list[Entity]) -> None:
        if next(missing_of(wanted, self.template, self.book.now), None) is not None:
            raise Asking

    def _entities(self) -> tuple[Entity, ...]:
        return entities_of(self.template, self.book.now)

    async def _read(self, step: Step, key: str, names: Names) -> Value:
        action = action_of(step)
        try:
            planned = await reading(step, self._plot(key, names))
        except NotYet:
            if not self.book.now.is_trial:
                raise
            return made_up_read(step, names)
        known = write(_digest(planned.wanted))
        record = self.book.now.record(key)
        if record is not None and record.before == known:
            return read(record.result)
        if isinstance(step, HttpStep):  # nobody knows which writes it depends on
            self._require_nothing_planned()
        value = await self._worked(planned)
        self.book.note(Record(key, action, Fate.DONE, write(value), before=known))
        return value

    async def _worked(self, planned: Reading) -> Value:
        now = self.hands.tools.clock()
        if self.until is not None and now > self.until:
            raise BadInput(TOO_LONG)
        return bounded(await planned.work())

    async def _write(self, step: Step, key: str, names: Names) -> Given:
        record = self.book.now.record(key)
        if record is not None and record.fate is Fate.UNCLEAR:
            raise Unsettled
        if record is not None and record.fate is Fate.SENT:
            record = await self.writer.settle(record)
            if record is not None:
                self.planned.remember(record)
        if record is not None and record.fate is Fate.DONE:
            return Given(read(record.result))
        return await self._plan_or_do(step, key, names)

    async def _plan_or_do(self, step: Step, key: str, names: Names) -> Given:
        confirmed = self._confirmed(key)
        writing = await plan(step, self._plot(key, names, is_new=confirmed is None))
        digest = writing.digest(self.writes)
        if confirmed is None or confirmed.digest != digest or not self._may_do:
            self.planned.require_room(writing, is_trial=self.book.now.is_trial)
            await self._require_right(writing)
            decision = DecisionId(mint_token(self.hands.principal.tenant))
            due = Write(key, action_of(step), writing.words, digest, decision)
            self.planned.add(due, writing)
            return self._to_come(step, writing)
        record = await self.writer.perform(confirmed, writing)
        self.planned.remember(record)
        return Given(read(record.result))

    async def _require_right(self, writing: Writing) -> None:
        """Raise what `Actor.run` does, before anybody is shown what they may not write."""
        if not self.book.now.is_trial:
            await self.hands.facts(_need_of(writing))

    def _to_come(self, step: Step, writing: Writing) -> Given:
        dialog = self.book.now
        if not dialog.is_trial:
            return Given(writing.made, is_later=True)
        return Given(made_up(action_of(step), writing.made, self.facts, dialog.now))

    @property
    def _may_do(self) -> bool:
        dialog = self.book.now
        return dialog.phase is Phase.RUNNING and not dialog.is_trial and not self.planned.writes

    def _confirmed(self, key: str) -> Write | None:
        found = [each for each in self.book.now.confirmed if each.key == key]
        return found[-1] if found else None

    def _plot(self, key: str, names: Names, *, is_new: bool = True) -> Plot:
        return Plot(
            self.lookup,
            self.writes,
            self.terms,
            names,
            key,
            files=_files(self.book.now),
            versions=self.planned.versions,
            touched=self.planned.touched,
            is_new=is_new,
            wants=self.wants,
        )


def _need_of(writing: Writing) -> Need:
    if isinstance(writing, OnPage | Calling):
        return writing.need
    is_draft = isinstance(writing, Creating) and writing.is_draft
    return Need.WRITE if is_draft else Need.PUBLISH


def _wants(template: ActionTemplate) -> frozenset[str]:
    """Return the fields that a template uses somewhere and that take a call of their own."""
    parts = template.model_dump_json(include={"steps", "reply", "preview"})
    return frozenset(name for name in _COSTLY if re.search(rf"[.'\"]{name}\b", parts))


def _files(dialog: Dialog) -> frozenset[str]:
    """Return the ids of the files that were given to *dialog*: no other may be fetched."""
    found: set[str] = set()
    for answer in dialog.answers:
        value = answer.read()
        for each in value if isinstance(value, tuple) else (value,):
            file = each.fields.get("file") if isinstance(each, Thing) else None
            if isinstance(file, str) and isinstance(each, Thing) and each.kind == "attachment":
                found.add(file)
    return frozenset(found)


def _is_later(value: Value) -> bool:
    """Tell whether *value* is, or holds, a page that is yet to be made."""
    if isinstance(value, tuple):
        return any(map(_is_later, value))
    return isinstance(value, Thing) and "made_by" in value.fields and "id" not in value.fields


def _digest(wanted: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(wanted).encode()).hexdigest()[:32]
