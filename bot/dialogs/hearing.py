"""Takes what a message or a form says into a dialog."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.dialog import Answer, Dialog, Origin, Phase, Spoken
from bot.dialogs.controls import Control
from bot.dialogs.filling import Rules, remembered, settled, values_of, with_heard_at
from bot.dialogs.given import Words, answer_in, begun_anew, by_name, plainer, says_of
from bot.dialogs.messages import given_in, given_of, words_of
from bot.dialogs.parts import ContextOf
from bot.dialogs.saying import Said, understand
from bot.dialogs.turn import Heard, Saying, Says
from bot.entities import Context, Given, WrongAnswer, default, read, shown
from bot.frozen import frozen
from bot.template import Entity
from bot.values import Thing, Value
from bot.written import Written, write

NOTHING_SAID: Final = Says()
_NO_WAY_BACK: Final = Says(Saying.NO_WAY_BACK)
_SAYING: Final = {
    Control.HELP: Saying.HELP,
    Control.LEFT: Saying.LEFT,
    Control.YES: Saying.ONLY_BUTTON,
}
_OTHERWISE: Final = frozenset({Saying.NEEDED, Saying.NO_WAY_BACK})
"""What changes nothing, and would have if something had been said before."""
_ENDED: Final = frozenset({Phase.DONE, Phase.CANCELLED})


@frozen
class Taken:
    """A dialog after what was said, and what to say to it."""

    dialog: Dialog
    says: Says = NOTHING_SAID


class Ear:
    """Reads what people say, as far as it can be read, and files it."""

    def __init__(self, context_of: ContextOf) -> None:
        self._context_of = context_of

    async def take(self, rules: Rules, dialog: Dialog, heard: Heard) -> Taken:
        """Return *dialog* after a message; the same dialog if it changes nothing.

        Raises:
            BotError: Confluence had to be asked, and couldn't be.
        """
        marked = rules.marked(dialog)
        if heard.is_edit and heard.at == marked.thread:
            return await self._edited(rules, marked, begun_anew(rules, marked, heard))
        if heard.is_edit and _is_known(marked, heard.at):
            return await self._edited(rules, marked, self._read_anew(rules, marked, heard))
        if heard.at in dialog.heard_at:
            return Taken(dialog, Says(Saying.HEARD))
        if dialog.phase in {Phase.RUNNING, Phase.UNCLEAR}:
            return Taken(dialog, Says(Saying.UNDER_WAY))
        if dialog.phase in _ENDED:
            return Taken(dialog, Says(Saying.ENDED))
        return await self._in_turn(rules, marked, heard)

    def put_by(self, rules: Rules, dialog: Dialog, heard: Heard) -> Taken:
        """Return *dialog* with a message that couldn't be read, for when it can be."""
        asked = rules.at_hand(dialog)
        if asked is None or heard.is_edit or heard.at in dialog.heard_at:
            return Taken(dialog)
        return Taken(replace(dialog, unread=Spoken(heard.at, words_of(heard), asked.name)))

    async def take_up(self, rules: Rules, dialog: Dialog) -> Taken:
        """Return *dialog* after the message that was put by, if its question is still open.

        Raises:
            BotError: Confluence can't be asked yet.
        """
        unread, asked = dialog.unread, rules.at_hand(dialog)
        if unread is None:
            return Taken(dialog)
        read = replace(dialog, unread=None)
        is_meant = asked is not None and asked.name == unread.asked
        if not is_meant or dialog.answer(unread.asked) or unread.said_at in dialog.heard_at:
            return Taken(read)
        return await self._next(rules, read, (unread.said_at, unread.words))

    async def _in_turn(self, rules: Rules, dialog: Dialog, heard: Heard) -> Taken:
        """Take a message before those that were said after it, whichever came first."""
        rewound = rules.rewound(dialog, heard.at)
        if rewound is None:
            return Taken(with_heard_at(dialog, heard.at), Says(Saying.LATE, heard.text))
        before, later = rewound
        first = await self._next(rules, before, (heard.at, words_of(heard)))
        taken = first
        for spoken in later:
            taken = await self._next(rules, taken.dialog, (spoken.said_at, spoken.words))
        is_quiet = taken.says.saying is Saying.NOTHING
        return Taken(taken.dialog, first.says) if is_quiet else taken

    async def _next(self, rules: Rules, dialog: Dialog, said: tuple[str, Written]) -> Taken:
        at, words = said
        taken = await self._said(rules, dialog, given_of(words), at)
        if taken.dialog == dialog and taken.says.saying not in _OTHERWISE:
            return taken
        return Taken(remembered(dialog, taken.dialog, at, words), taken.says)

    async def _said(self, rules: Rules, dialog: Dialog, given: Given, at: str) -> Taken:
        asked = rules.at_hand(dialog)
        said = Said(answer=given.text) if given.files else None
        said = said or understand(given.text, rules.entities(dialog), asked)
        if said.control is not None:
            return await self.controlled(rules, dialog, said.control)
        if said.answer is not None and asked is None:
            saying = Saying.ENDED if dialog.phase is Phase.FAILED else Saying.NOT_UNDERSTOOD
            return Taken(dialog, Says(saying))
        if dialog.phase is Phase.FAILED:
            dialog = rules.tried_again(dialog)
        words = [] if asked is None else list(answer_in(asked, said, given, at))
        words += by_name(rules, dialog, said.named, at)
        taken = await self.given(rules, dialog, words)
        again = [each.entity for each in said.named if each.words is None]
        return self._again(rules, taken, again[0]) if again else taken

    def _again(self, rules: Rules, taken: Taken, name: str) -> Taken:
        if name in taken.dialog.fixed:
            return Taken(taken.dialog, Says(Saying.FIXED, entity=name))
        return Taken(rules.again(taken.dialog, name), taken.says)

    async def _edited(self, rules: Rules, dialog: Dialog, words: Sequence[Words]) -> Taken:
        """Take what a message says now that was changed: *words*, and nothing else."""
        if dialog.phase in {Phase.RUNNING, Phase.UNCLEAR}:
            return Taken(dialog, Says(Saying.UNDER_WAY))
        if dialog.phase.is_final:
            return Taken(dialog, Says(Saying.ENDED))
        if not words:
            return Taken(dialog, Says(Saying.HEARD))
        taken = await self.given(rules, dialog, words)
        if _answers(taken.dialog) == _answers(dialog) and not taken.says.wrong:
            return Taken(dialog, Says(Saying.HEARD))
        return Taken(settled(taken.dialog), taken.says)

    def _read_anew(self, rules: Rules, dialog: Dialog, heard: Heard) -> list[Words]:
        """Return what a message says now that was changed: for what it was an answer to."""
        asked = self._was_asked(rules, dialog, heard.at)
        said = understand(heard.text, rules.entities(dialog), asked)
        words = [] if asked is None else list(answer_in(asked, said, given_in(heard), heard.at))
        return words + by_name(rules, dialog, said.named, heard.at)

    @staticmethod
    def _was_asked(rules: Rules, dialog: Dialog, at: str) -> Entity | None:
        """Return what the message at *at* was an answer to, or was meant as one to."""
        spoken = next((each for each in dialog.heard if each.said_at == at), None)
        meant = spoken.asked if spoken is not None else ""
        given = [each.entity for each in dialog.answers if each.said_at == at]
        if given:
            only = given[0] if len(given) == 1 else ""
            return rules.entity(dialog, meant if meant in given else only)
        at_hand = rules.at_hand(dialog)
        return at_hand if at_hand is not None and at_hand.name == meant else None

    async def given(self, rules: Rules, dialog: Dialog, words: Sequence[Words]) -> Taken:
        """Read *words* for their entities, those first that others go by, and file them."""
        places = {entity.name: at for at, entity in enumerate(rules.entities(dialog))}
        ordered = sorted(words, key=lambda each: places.get(each.entity.name, len(places)))
        answers: list[Answer] = []
        wrong: dict[str, WrongAnswer] = {}
        for each in ordered:
            try:
                answers.append(await self.read(rules, dialog, each, answers))
            except WrongAnswer as error:
                wrong[each.entity.name] = error
        before = rules.onward(dialog)
        filled = rules.answered(before, answers)
        after = filled.dialog
        if before.asked in wrong:
            after = replace(after, wrong=before.wrong + 1)
        after = rules.onward(await self.defaulted(rules, after))
        return Taken(after, says_of(before, answers, wrong, (filled.emptied, filled.fixed)))

    async def read(
        self, rules: Rules, dialog: Dialog, words: Words, others: Iterable[Answer]
    ) -> Answer:
        """Return the answer that *words* are, beside *others*. Raises ``WrongAnswer``."""
        values = {**values_of(dialog), **{each.entity: each.read() for each in others}}
        context = await self._context_of(dialog, rules.template, values, rules.task)
        value = await self._read(words, context)
        return _answered(words.entity, value, words.origin, words.said_at)

    @staticmethod
    async def _read(words: Words, context: Context) -> Value:
        try:
            return await read(words.entity, words.given, context)
        except WrongAnswer:
            plain = plainer(words)
            if plain is not None:
                with suppress(WrongAnswer):  # the first says what is wrong
                    return await read(words.entity, plain, context)
            raise

    async def defaulted(self, rules: Rules, dialog: Dialog) -> Dialog:
        """Return *dialog* with what its entities have by themselves, as far as it can be told.

        Of an entity that is always asked for, that is what its question offers.
        """
        after = dialog
        for entity in rules.entities(dialog):
            held = after.answer(entity.name) is not None or entity.name in after.skipped
            value = None if held else await self._default(rules, after, entity)
            if value is not None:
                after = rules.defaulted(after, _answered(entity, value, Origin.DEFAULT))
        return after

    async def _default(self, rules: Rules, dialog: Dialog, entity: Entity) -> Value:
        """Return what *entity* has by itself: from its task, or from its template."""
        plain = dialog.plain(entity.name)
        tasks = next((each for each in dialog.defaults if each.entity == plain), None)
        if tasks is None and entity.default is None:
            return None
        values = values_of(dialog)
        context = await self._context_of(dialog, rules.template, values, rules.task)
        if tasks is not None:
            with suppress(WrongAnswer):
                return await read(entity, Given(value=tasks.read()), context)
        me = dialog.principal.user_id
        name = await context.name_of(me)
        person = Thing("person", name, {"user": me, "account": "", "name": name})
        seen = dialog.seen().get(entity.name, {})
        return await default(entity, {**seen, **values, "me": person}, context)

    async def controlled(self, rules: Rules, dialog: Dialog, control: Control) -> Taken:
        """Return *dialog* after a word of control."""
        asked = rules.at_hand(dialog)
        name = asked.name if asked else ""
        match control:
            case Control.CANCEL:
                return Taken(cancelled(dialog), Says(Saying.CANCELLED))
            case Control.BACK:
                gone_back = rules.back(dialog)
                return Taken(gone_back or dialog, Says() if gone_back else _NO_WAY_BACK)
            case Control.SKIP:
                return await self.passed_over(rules, dialog)
            case Control.TO_FORM:
                return Taken(dialog, Says(Saying.FORM))
            case Control.NOTHING:
                left = rules.emptied(dialog, [name])
                after = rules.onward(await self.defaulted(rules, left))
                return Taken(after, Says(Saying.LEFT_OUT, entity=name))
        return Taken(dialog, Says(_SAYING[control], entity=name))

    async def passed_over(self, rules: Rules, dialog: Dialog) -> Taken:
        """Return *dialog* past the question at hand: with what it offers, or with nothing."""
        asked = rules.at_hand(dialog)
        if asked is None:
            return Taken(dialog, Says(Saying.NOT_UNDERSTOOD))
        if asked.required and dialog.answer(asked.name) is None:
            return Taken(dialog, Says(Saying.NEEDED, entity=asked.name))
        passed = rules.skipped(dialog, asked.name)
        return Taken(rules.onward(await self.defaulted(rules, passed)))


def _answered(entity: Entity, value: Value, origin: Origin, said_at: str = "") -> Answer:
    return Answer(entity.name, write(value), shown(entity, value), origin, said_at)


def cancelled(dialog: Dialog) -> Dialog:
    """Return it at its end, with nothing more to be written."""
    return replace(dialog, phase=Phase.CANCELLED, plan=None, asked="")


def _is_known(dialog: Dialog, at: str) -> bool:
    return at in dialog.heard_at or any(answer.said_at == at for answer in dialog.answers)


def _answers(dialog: Dialog) -> dict[str, Written]:
    return {answer.entity: answer.value for answer in dialog.answers}
