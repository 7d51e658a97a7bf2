"""What buttons, menus and forms do to a dialog."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot.dialog import PLAN_LASTS, Dialog, Filling, Phase
from bot.dialogs.controls import Control
from bot.dialogs.filling import Rules, refreshed, settled
from bot.dialogs.given import Words
from bot.dialogs.hearing import Ear, Taken
from bot.dialogs.turn import Move, Saying, Says
from bot.entities import Given
from bot.errors import WrongEntities
from bot.frozen import frozen
from bot.ports import Clock
from bot.values import Value

_CLOSED: Final = {
    Phase.RUNNING: Saying.UNDER_WAY,
    Phase.UNCLEAR: Saying.UNDER_WAY,
    Phase.DONE: Saying.ENDED,
    Phase.CANCELLED: Saying.ENDED,
}
_FILLING: Final = {
    Move.TO_FORM: Filling.FORM,
    Move.TO_CONVERSATION: Filling.CONVERSATION,
}
_CONTROL: Final = {
    Move.SKIP: Control.SKIP,
    Move.BACK: Control.BACK,
    Move.HELP: Control.HELP,
    Move.LEFT: Control.LEFT,
    Move.CANCEL: Control.CANCEL,
}
_NEEDED: Final = "{title} is needed."
_USED: Final = "{title} was used in what is written already, so it can't change any more."


@frozen
class Press:
    """A button or a menu's choice: *entity* is the question that it stood beside."""

    move: Move
    entity: str = ""
    value: Value = None


class Mover:
    """Does what is pressed and what is sent off."""

    def __init__(self, ear: Ear, clock: Clock) -> None:
        self._ear = ear
        self._clock = clock

    async def pressed(self, rules: Rules, seen: Dialog, press: Press) -> Taken:
        """Return *seen* after a press; the same dialog if it changes nothing."""
        closed = _CLOSED.get(seen.phase)
        if closed is not None:
            return Taken(seen, Says() if press.move is Move.RESUME else Says(closed))
        dialog = rules.marked(seen)
        if self._is_stale(rules, dialog, press):
            return Taken(seen, Says(Saying.ANSWERED, entity=press.entity))
        taken = await self._moved(rules, dialog, press)
        if taken.dialog == dialog:
            return replace(taken, dialog=seen)
        return replace(taken, dialog=settled(taken.dialog))

    async def sent(self, rules: Rules, seen: Dialog, given: Mapping[str, Given]) -> Taken:
        """Return *seen* after a form's page; what was left empty is passed over.

        Raises:
            WrongEntities: some of it can't be.
        """
        closed = _CLOSED.get(seen.phase)
        if closed is not None:
            return Taken(seen, Says(closed))
        dialog = rules.marked(seen)
        if dialog.phase is Phase.FAILED:
            dialog = rules.tried_again(dialog)
        entities = [each for each in rules.entities(dialog) if each.name in given]
        empty = [each for each in entities if given[each.name].is_empty]
        words = [Words(each, given[each.name]) for each in entities if each not in empty]
        taken = await self._ear.given(rules, dialog, words)
        wrong = {each.name: _NEEDED.format(title=each.title) for each in empty if each.required}
        wrong |= taken.says.wrong
        fixed = rules.entity(dialog, taken.says.entity)
        if taken.says.saying is Saying.FIXED and fixed is not None:
            wrong[fixed.name] = _USED.format(title=fixed.title)
        if wrong:
            raise WrongEntities(wrong)
        left = rules.emptied(taken.dialog, [each.name for each in empty])
        after = await self._ear.defaulted(rules, replace(left, asked=""))
        return Taken(settled(rules.onward(after)), _beside_a_form(taken.says))

    async def _moved(self, rules: Rules, dialog: Dialog, press: Press) -> Taken:
        control = _CONTROL.get(press.move)
        if control is not None:
            if dialog.phase is Phase.FAILED:
                return Taken(dialog, Says(Saying.ENDED))
            return await self._ear.controlled(rules, dialog, control)
        match press.move:
            case Move.ANSWER | Move.CHANGE:
                return await self._given(rules, dialog, press)
            case Move.TO_FORM | Move.TO_CONVERSATION:
                return Taken(replace(dialog, filling=_FILLING[press.move]))
            case Move.TRY_AGAIN:
                return Taken(rules.onward(rules.tried_again(dialog)))
        return await self._resumed(rules, dialog)

    async def _resumed(self, rules: Rules, dialog: Dialog) -> Taken:
        if self._is_outdated(dialog):
            return Taken(refreshed(dialog))
        return await self._ear.take_up(rules, dialog)

    def _is_outdated(self, dialog: Dialog) -> bool:
        """Tell whether its plan has been standing for too long to be confirmed."""
        age = self._clock() - dialog.touched_at
        return dialog.phase is Phase.CONFIRMING and age >= PLAN_LASTS

    async def _given(self, rules: Rules, dialog: Dialog, press: Press) -> Taken:
        entity = rules.entity(dialog, press.entity)
        if entity is None:
            return Taken(dialog, Says(Saying.ANSWERED, entity=press.entity))
        if entity.name in dialog.fixed:
            return Taken(dialog, Says(Saying.FIXED, entity=entity.name))
        if dialog.phase is Phase.FAILED:
            dialog = rules.tried_again(dialog)
        if press.value is None:
            return Taken(rules.again(dialog, entity.name))
        return await self._ear.given(rules, dialog, [Words(entity, Given(value=press.value))])

    @staticmethod
    def _is_stale(rules: Rules, dialog: Dialog, press: Press) -> bool:
        """Tell whether the question beside which it stood isn't at hand any more."""
        if press.move not in {Move.ANSWER, Move.SKIP, Move.BACK} or not press.entity:
            return False
        asked = rules.at_hand(dialog)
        return asked is None or asked.name != press.entity


def _beside_a_form(says: Says) -> Says:
    """Return what is said behind a form: what was changed in it, whoever did it knows."""
    return replace(says, entity="") if says.saying is Saying.CHANGED else says
