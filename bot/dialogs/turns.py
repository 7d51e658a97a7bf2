"""Takes turns: reads a dialog, changes it, keeps it unless another was faster, and goes on."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from bot.course import TakenUp
from bot.dialog import Dialog, DialogId, Filling, Phase
from bot.dialogs.filling import OFFERS_FORM_AFTER, Rules, values_of
from bot.dialogs.hearing import NOTHING_SAID, Ear, Taken
from bot.dialogs.parts import Hands, Stores
from bot.dialogs.turn import Saying, Says, Turn
from bot.entities import ask
from bot.errors import ConsentRequired, SiteRequired, Unavailable
from bot.principal import Principal
from bot.task import DialogTask
from bot.template import ActionTemplate

TRIES: Final = 10
"""So often a turn is taken anew when another one was taken first."""
_US: Final = "Confab"

Find = Callable[[], Awaitable[Dialog | None]]
Change = Callable[[Rules, Dialog], Awaitable[Taken]]
Work = Callable[[Dialog, ActionTemplate, DialogTask | None], Awaitable[Dialog]]


@contextmanager
def _resuming(dialog: Dialog) -> Iterator[None]:
    """Let whoever misses consent, or a site, go on with *dialog* once it is there."""
    try:
        yield
    except (ConsentRequired, SiteRequired) as error:
        error.resumes = f"resume {dialog.id}"
        raise


class Turns:
    """Takes the turns of dialogs, one after the other, on however many replicas."""

    def __init__(self, stores: Stores, hands: Hands, ear: Ear) -> None:
        self._stores = stores
        self._hands = hands
        self._ear = ear

    async def rules_of(self, dialog: Dialog) -> Rules:
        """Return by what *dialog* is filled. Raises ``NotFound``."""
        return Rules(await self._stores.template_of(dialog), self._hands.engine)

    async def changed(self, find: Find, change: Change) -> Turn | None:
        """Return where a dialog stands after *change*; ``None`` if *find* finds none.

        Raises:
            Unavailable: others were faster, again and again.
        """
        return await self.went_on(await self.kept(find, change))

    async def went_on(self, kept: tuple[Rules, Taken] | None) -> Turn | None:
        """Return where a dialog that was *kept* stands after all steps that can be done by now."""
        if kept is not None and kept[1].says.saying is Saying.HEARD:
            return await self._turn(*kept, None)  # whoever heard it first goes on
        return None if kept is None else await self.onward(*kept)

    async def kept(self, find: Find, change: Change) -> tuple[Rules, Taken] | None:
        """Do the same without going on to the dialog's steps."""
        for _ in range(TRIES):
            seen = await find()
            if seen is None:
                return None
            rules = await self.rules_of(seen)
            with _resuming(seen):
                taken = await change(rules, seen)
            if taken.dialog == seen:
                return rules, taken
            stored = await self._stores.dialogs.replace(seen, taken.dialog)
            if stored is not None:
                return rules, replace(taken, dialog=stored)
        raise Unavailable(_US)

    async def theirs(self, principal: Principal, dialog: DialogId, change: Change) -> Turn:
        """Return where the principal's own dialog stands after *change*.

        Raises:
            NotFound: there is none.
            Unavailable: others were faster, again and again.
        """

        async def find() -> Dialog:
            return await self._stores.get(principal, dialog)

        turn = await self.changed(find, change)
        if turn is None:
            raise Unavailable(_US)
        return turn

    async def noted(
        self, principal: Principal, dialog: DialogId, change: Callable[[Dialog], Dialog]
    ) -> Dialog:
        """Return the dialog after a change that concerns no question. Raises like `theirs`."""
        for _ in range(TRIES):
            seen = await self._stores.get(principal, dialog)
            stored = await self._stores.dialogs.replace(seen, change(seen))
            if stored is not None:
                return stored
        raise Unavailable(_US)

    async def worked(self, dialog: Dialog, work: Work) -> Turn:
        """Return where *dialog* stands after *work* on its steps. Raises as the engine does."""
        rules = await self.rules_of(dialog)
        task = await self._stores.task_of(dialog)
        try:
            with _resuming(dialog):
                worked = await work(dialog, rules.template, task)
                after = Taken(await self._defaulted(rules, worked))
        except TakenUp:
            after = Taken(await self._newest(dialog), Says(Saying.UNDER_WAY))
        return await self.onward(rules, after, task)

    async def shown(self, dialog: Dialog, says: Says = NOTHING_SAID) -> Turn:
        """Return where *dialog* stands, without a step done for it."""
        return await self._turn(await self.rules_of(dialog), Taken(dialog, says), None)

    async def onward(self, rules: Rules, taken: Taken, task: DialogTask | None = None) -> Turn:
        """Return the turn that *taken* makes, after all steps that can be done by now."""
        dialog = taken.dialog
        for _ in range(TRIES):
            if dialog.phase is not Phase.ASKING or rules.at_hand(dialog) is not None:
                break
            task = task or await self._stores.task_of(dialog)
            with _resuming(dialog):
                dialog = await self._advanced(rules, dialog, task)
        return await self._turn(rules, replace(taken, dialog=dialog), task)

    async def _advanced(self, rules: Rules, dialog: Dialog, task: DialogTask | None) -> Dialog:
        try:
            after = await self._hands.engine.advance(dialog, rules.template, task)
        except TakenUp:
            return await self._newest(dialog)
        return await self._defaulted(rules, after)

    async def _defaulted(self, rules: Rules, dialog: Dialog) -> Dialog:
        """Return *dialog* with what the entities that were just reached have by themselves."""
        if dialog.phase is not Phase.ASKING:
            return dialog
        filled = await self._ear.defaulted(rules, dialog)
        if filled == dialog:
            return dialog
        return await self._stores.dialogs.replace(dialog, filled) or dialog

    async def _newest(self, dialog: Dialog) -> Dialog:
        return await self._stores.get(dialog.principal, dialog.id)

    async def _turn(self, rules: Rules, taken: Taken, task: DialogTask | None) -> Turn:
        dialog = taken.dialog
        asks = rules.at_hand(dialog)
        question = None
        if asks is not None:
            values = values_of(dialog)
            context = await self._hands.context_of(dialog, rules.template, values, task)
            question = ask(asks, context)
        wrong = dialog.wrong if asks is not None and asks.name == dialog.asked else 0
        talks = dialog.filling is Filling.CONVERSATION
        return Turn(
            dialog=dialog,
            template=rules.template,
            entities=rules.entities(dialog),
            missing=rules.missing(dialog) if dialog.phase is Phase.ASKING else (),
            asks=asks,
            question=question,
            offer=dialog.answer(asks.name) if asks else None,
            says=_in_words(taken.says, rules, dialog),
            offers_form=talks and wrong >= OFFERS_FORM_AFTER,
            task=task,
        )


def _in_words(says: Says, rules: Rules, dialog: Dialog) -> Says:
    """Return *says* with what the template says where the entity is all that was known."""
    entity = rules.entity(dialog, says.entity)
    if entity is None or says.saying is not Saying.HELP:
        return says
    examples = f"For example: {', '.join(entity.examples)}." if entity.examples else ""
    words = " ".join(filter(None, (entity.help or entity.prompt, examples)))
    return replace(says, words=words)
