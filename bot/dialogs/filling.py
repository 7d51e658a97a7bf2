"""How a dialog is filled: what is asked next, and what becomes of it with every answer.

Pure: everything here makes a dialog of a dialog.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.dialog import Answer, Dialog, Fate, Origin, Phase, Reached, Spoken
from bot.dialogs.parts import Engine
from bot.entities import depends, derives
from bot.frozen import frozen
from bot.task import DialogTask
from bot.template import ActionTemplate, Asked, Entity
from bot.values import Value
from bot.written import Written

OFFERS_FORM_AFTER: Final = 3
"""So many wrong answers to one question, and the form is offered."""
AT_ONCE: Final = 10
"""So many seconds apart, two messages may both have been said before anything was answered."""
MOST_HEARD: Final = 8
MOST_HEARD_AT: Final = 40
_OPEN: Final = frozenset({Phase.ASKING, Phase.CONFIRMING})


@frozen
class Filled:
    """A dialog after answers; *emptied* lost theirs by them, *fixed* can't be changed any more."""

    dialog: Dialog
    emptied: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()


@frozen
class Rules:
    """The rules of filling, for one version of a template; *task* is its own, if it was read."""

    template: ActionTemplate
    engine: Engine
    task: DialogTask | None = None

    def entities(self, dialog: Dialog) -> tuple[Entity, ...]:
        """Return the entities that it has so far, in their order."""
        return self.engine.entities_of(self.template, dialog)

    def entity(self, dialog: Dialog, name: str) -> Entity | None:
        """Return the entity of that name, if it has one by now."""
        return next((each for each in self.entities(dialog) if each.name == name), None)

    def missing(self, dialog: Dialog) -> tuple[Entity, ...]:
        """Return what will be asked yet, the next one first."""
        return self.engine.missing(self.template, dialog)

    def at_hand(self, dialog: Dialog) -> Entity | None:
        """Return the question at hand: what is asked again, else what is missing first."""
        if dialog.phase is not Phase.ASKING:
            return None
        if is_asked_again(dialog):
            return self.entity(dialog, dialog.asked)
        return next(iter(self.missing(dialog)), None)

    def onward(self, dialog: Dialog) -> Dialog:
        """Return it with its next question."""
        entity = self.at_hand(dialog)
        asked = entity.name if entity else ""
        return replace(dialog, asked=asked, wrong=dialog.wrong if asked == dialog.asked else 0)

    def answered(self, dialog: Dialog, answers: Sequence[Answer]) -> Filled:
        """Return it with *answers*, without those that went by what they replace."""
        fixed = tuple(each.entity for each in answers if _is_held(dialog, each))
        given = [each for each in answers if each.entity not in fixed]
        changed = {each.entity for each in given if _changes(dialog, each)}
        replaced = {name for name in changed if dialog.answer(name) or name in dialog.skipped}
        named = {each.entity for each in given}
        emptied = self._that_go_by(dialog, replaced) - named
        derived = self._made_of(dialog, replaced | emptied) - named
        after = unreached(reopened(without(dialog, emptied | derived)), replaced | emptied)
        for each in given:
            after = after.with_answer(each)
        if after.asked in named:
            after = replace(after, asked="", wrong=0)
        was = tuple(each.entity for each in dialog.answers if each.entity in emptied)
        return Filled(after, was, fixed)

    def defaulted(self, dialog: Dialog, answer: Answer) -> Dialog:
        """Return it with what an entity has by itself: there is no going back to that."""
        after = dialog.with_answer(answer)
        asked = "" if dialog.asked == answer.entity else dialog.asked
        return replace(after, order=dialog.order, asked=asked)

    def skipped(self, dialog: Dialog, name: str) -> Dialog:
        """Return it with *name* passed over; what it was given stays, if it was."""
        left = replace(dialog, asked="", wrong=0)
        held = dialog.answer(name)
        if held is not None:
            is_taken = held.origin is Origin.DEFAULT
            return left.with_answer(replace(held, origin=Origin.PERSON)) if is_taken else left
        order = (*(each for each in dialog.order if each != name), name)
        skipped = (*(each for each in dialog.skipped if each != name), name)
        return replace(left, order=order, skipped=skipped)

    def all_said(self, dialog: Dialog) -> Dialog:
        """Return it past what is optional, if nothing else is missing."""
        missing = self.missing(dialog)
        while missing and not any(each.required or each.ask is Asked.ALWAYS for each in missing):
            for entity in missing:
                dialog = self.skipped(dialog, entity.name)
            missing = self.missing(dialog)
        return self.onward(dialog)

    def emptied(self, dialog: Dialog, names: Sequence[str]) -> Dialog:
        """Return it with all of *names* passed over, and without what they were given."""
        held = {name for name in names if dialog.answer(name) is not None}
        after = dialog
        if held:
            lost = held | self._that_go_by(dialog, held)
            after = unreached(reopened(without(dialog, lost)), lost)
        for name in names:
            after = self.skipped(after, name)
        return after

    def back(self, dialog: Dialog) -> Dialog | None:
        """Return it asking what was answered before; ``None`` if nothing was."""
        order = dialog.order
        until = order.index(dialog.asked) if dialog.asked in order else len(order)
        known = {entity.name for entity in self.entities(dialog)} - set(dialog.fixed)
        target = next((name for name in reversed(order[:until]) if name in known), None)
        return None if target is None else self.again(dialog, target)

    def again(self, dialog: Dialog, name: str) -> Dialog:
        """Return it asking for *name* once more; its answer stays until there is a new one."""
        skipped = tuple(each for each in dialog.skipped if each != name)
        return replace(reopened(dialog), asked=name, wrong=0, skipped=skipped)

    def tried_again(self, dialog: Dialog) -> Dialog:
        """Return a dialog that failed with all its answers, open once more.

        What was refused, or not reached, needs to be confirmed again, whatever it is by then.
        """
        sent = {record.key for record in dialog.journal if record.fate is not Fate.REFUSED}
        confirmed = tuple(write for write in dialog.confirmed if write.key in sent)
        failed = replace(dialog, confirmed=confirmed, failure="", is_told=True)
        return refreshed(replace(failed, phase=Phase.ASKING))

    def marked(self, dialog: Dialog) -> Dialog:
        """Return it knowing which answers were used in what is written already.

        A run that failed may need any of them to be changed.
        """
        if dialog.confirmed_at == dialog.fixed_at:
            return dialog
        answered = (*(answer.entity for answer in dialog.answers), *dialog.skipped)
        fixed = () if dialog.phase is Phase.FAILED else answered
        return replace(dialog, fixed=fixed, fixed_at=dialog.confirmed_at, heard=())

    def rewound(self, dialog: Dialog, at: str) -> tuple[Dialog, Sequence[Spoken]] | None:
        """Return it as it was before all messages later than *at*, and these in their order.

        ``None`` if that isn't known any more, or if they weren't said at once: whoever has read
        the next question in between has answered that one.
        """
        later = [spoken for spoken in dialog.heard if is_before(at, spoken.said_at)]
        if len(later) != sum(is_before(at, each) for each in dialog.heard_at):
            return None
        if any(_seconds(spoken.said_at) - _seconds(at) > AT_ONCE for spoken in later):
            return None
        before = dialog
        for spoken in reversed(later):
            before = self._without(before, spoken)
        return before, later

    def _without(self, dialog: Dialog, spoken: Spoken) -> Dialog:
        kept = [each for each in dialog.answers if each.entity not in spoken.changed]
        return replace(
            unreached(reopened(dialog), set(spoken.changed)),
            answers=(*kept, *spoken.before),
            asked=spoken.asked,
            wrong=spoken.wrong,
            order=spoken.order,
            skipped=spoken.skipped,
            heard=tuple(each for each in dialog.heard if each is not spoken),
            heard_at=tuple(each for each in dialog.heard_at if each != spoken.said_at),
        )

    def _made_of(self, dialog: Dialog, changed: set[str]) -> set[str]:
        """Return those that hold by themselves what was made of *changed*."""
        own = {each.entity for each in dialog.answers if each.origin is Origin.DEFAULT}
        entities = [each for each in self.entities(dialog) if each.name in own]
        found: set[str] = set()
        while fresh := {
            each.name
            for each in entities
            if each.name not in found and derives(each) & (changed | found)
        }:
            found |= fresh
        return found

    def _that_go_by(self, dialog: Dialog, changed: set[str]) -> set[str]:
        """Return the entities that go by *changed*, or by another that does."""
        entities = self.entities(dialog) if changed else ()
        found: set[str] = set()
        while fresh := {
            each.name
            for each in entities
            if each.name not in found and depends(each) & (changed | found)
        }:
            found |= fresh
        return found - set(dialog.fixed) - changed


def reopened(dialog: Dialog) -> Dialog:
    """Return it without a plan, to be asked and planned once more.

    What was read stays: the engine reads anew what is read of something else by then.
    """
    if dialog.phase not in _OPEN:
        return dialog
    return replace(dialog, phase=Phase.ASKING, plan=None)


def unreached(dialog: Dialog, changed: set[str]) -> Dialog:
    """Return it without the steps that ask by what was found, where *changed* may find other."""
    journal = dialog.journal
    for at, record in enumerate(journal):
        reached = Reached.read(record)
        if reached is None or not (reached.seen or reached.mark):
            continue
        rest = [(each, Reached.read(each)) for each in journal[at:]]
        if changed - {name for _, later in rest if later for name in later.names}:
            kept = (each for each, later in rest if later is None)
            return replace(dialog, journal=(*journal[:at], *kept))
    return dialog


def refreshed(dialog: Dialog) -> Dialog:
    """Return it without what was read after it last wrote, or tried to: that is read anew."""
    journal = [each for each in dialog.journal if each.fate is not Fate.REFUSED]
    last = max((at for at, each in enumerate(journal) if each.words), default=-1)
    return reopened(replace(dialog, journal=tuple(journal[: last + 1])))


def remembered(before: Dialog, after: Dialog, at: str, words: Written) -> Dialog:
    """Return *after*, which a message at *at* made of *before*, with that message."""
    held = {answer.entity: answer for answer in before.answers}
    holds = {answer.entity: answer for answer in after.answers}
    changed = tuple(name for name in held | holds if held.get(name) != holds.get(name))
    spoken = Spoken(
        at,
        words,
        asked=before.asked,
        wrong=before.wrong,
        order=before.order,
        skipped=before.skipped,
        changed=changed,
        before=tuple(held[name] for name in changed if name in held),
    )
    return replace(with_heard_at(after, at), heard=(*after.heard, spoken)[-MOST_HEARD:])


def with_heard_at(dialog: Dialog, at: str) -> Dialog:
    """Return it knowing that a message of that time was heard."""
    return replace(dialog, heard_at=(*dialog.heard_at, at)[-MOST_HEARD_AT:])


def settled(dialog: Dialog) -> Dialog:
    """Return it so that what was heard before stays as it is, whatever comes late."""
    return replace(dialog, heard=())


def without(dialog: Dialog, names: set[str]) -> Dialog:
    """Return it without the answers of *names*, to be asked for again."""
    return replace(
        dialog,
        answers=tuple(each for each in dialog.answers if each.entity not in names),
        order=tuple(each for each in dialog.order if each not in names),
        skipped=tuple(each for each in dialog.skipped if each not in names),
    )


def is_asked_again(dialog: Dialog) -> bool:
    """Tell whether the question at hand has an answer that stands until there is a new one."""
    return bool(dialog.asked) and dialog.answer(dialog.asked) is not None


def values_of(dialog: Dialog) -> dict[str, Value]:
    """Return what is known by name: answers, nothing for what was passed over, and the time.

    What isn't known yet isn't among them, so that nothing is made of it.
    """
    values: dict[str, Value] = dict.fromkeys(dialog.skipped)
    values |= {"now": dialog.now, "today": dialog.now.date()}
    return values | {answer.entity: answer.read() for answer in dialog.answers}


def is_before(at: str, other: str) -> bool:
    """Tell whether Slack's time stamp *at* is earlier than *other*."""
    return _moment(at) < _moment(other)


def _moment(at: str) -> tuple[int, str, str]:
    seconds, _, rest = at.partition(".")
    return len(seconds), seconds, rest


def _seconds(at: str) -> int:
    seconds = at.partition(".")[0]
    return int(seconds) if seconds.isdecimal() else 0


def _changes(dialog: Dialog, answer: Answer) -> bool:
    held = dialog.answer(answer.entity)
    return held is None or held.value != answer.value


def _is_held(dialog: Dialog, answer: Answer) -> bool:
    return answer.entity in dialog.fixed and _changes(dialog, answer)
