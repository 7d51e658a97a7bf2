"""Dialogs, as handlers use them: begun, filled, talked through, confirmed and carried on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.dialog import DIALOG_LASTS, Answer, Dialog, DialogId, Origin, Phase, PlanId
from bot.dialogs.admission import Admission
from bot.dialogs.filling import Rules, values_of
from bot.dialogs.given import Words
from bot.dialogs.hearing import Ear, Taken
from bot.dialogs.matching import Matching
from bot.dialogs.moving import Mover, Press
from bot.dialogs.parts import Hands, Stores
from bot.dialogs.turn import Heard, Matched, Move, Saying, Says, Start, Turn, Verdict
from bot.dialogs.turns import Turns
from bot.entities import Given, suggest
from bot.errors import ConsentRequired, SiteRequired, Unavailable
from bot.principal import Principal, digest, mint_token
from bot.task import DialogTask
from bot.template import ActionTemplate, Choice
from bot.utterances import check_name, read_line
from bot.values import Value


class DialogDesk:
    """Begins dialogs and takes their turns. Every dialog is looked up under its principal.

    Whatever changes a dialog raises ``NotFound`` if there is none of theirs, ``Unavailable`` if
    others were faster again and again, and what the actor raises where Confluence is asked;
    then nothing of the turn was kept.
    """

    def __init__(self, stores: Stores, hands: Hands, admission: Admission) -> None:
        self._stores = stores
        self._hands = hands
        self._admission = admission
        self._ear = Ear(hands.context_of)
        self._mover = Mover(self._ear, hands.clock)
        self._turns = Turns(stores, hands, self._ear)
        self._matching = Matching(stores.find_template)

    async def list_tasks(self, principal: Principal, channel: str = "") -> Sequence[DialogTask]:
        """See `Admission.list_tasks`."""
        return await self._admission.list_tasks(principal, channel)

    async def choose_tasks(
        self, principal: Principal, tasks: Sequence[DialogTask], channel: str = ""
    ) -> Sequence[DialogTask]:
        """See `Admission.choose`."""
        return await self._admission.choose(principal, tasks, channel)

    async def find_task(
        self, principal: Principal, word: str, channel: str = ""
    ) -> DialogTask | None:
        """See `Admission.find_task`."""
        return await self._admission.find_task(principal, word, channel)

    async def match(self, principal: Principal, text: str, channel: str = "") -> Matched:
        """Return which of the tasks that may be begun *text* means, by their utterances."""
        tasks = await self._admission.list_tasks(principal, channel)
        return await self._matching.match(text, tasks)

    async def begin(self, principal: Principal, task: DialogTask, start: Start) -> Turn:
        """Begin a dialog with what is known already; what of that is wrong is asked for.

        What was begun by the same before is as it stands, and says that it was HEARD.

        Raises:
            NotAllowed: *principal* may not begin it there, or it is switched off.
            BadInput: *start* names what is no entity of the template, or its line can't be read.
        """
        if not start.is_trial:
            await self._admission.check(principal, task, start.began_in)
        blank = self._blank(principal, task, start)
        template = await self._stores.template_of(blank)
        typed = read_line(start.line, template.entities)
        known = {**start.known, **typed}
        for name in (*known, *start.values):
            check_name(name, template.entities)
        rules = Rules(template, self._hands.engine, task)
        if not start.values:
            # Its menus and its steps take one consent: it is asked for before anything is typed.
            await self._hands.engine.admit(blank, template, task)
        taken = await self._ear.given(rules, blank, _known(template, known, start.values))
        if typed and taken.says == Says():
            # Who types all that is needed in a line wants it done, and can change the rest after.
            taken = replace(taken, dialog=rules.all_said(taken.dialog))
        if not await self._stores.dialogs.begin(taken.dialog):
            standing = await self._stores.get(principal, blank.id)
            return await self._turns.shown(standing, Says(Saying.HEARD))
        try:
            return await self._turns.onward(rules, taken, task)
        except ConsentRequired as missing:
            if not start.values:
                # It begins anew, with all that was typed, once its person has connected.
                missing.resumes = ""
                await self._stores.dialogs.remove(principal, taken.dialog.id)
            raise

    async def find(self, principal: Principal, dialog: DialogId) -> Turn:
        """Return where the dialog stands."""
        return await self._turns.shown(await self._stores.get(principal, dialog))

    async def list_open(self, principal: Principal) -> Sequence[Dialog]:
        """Return the principal's dialogs that haven't ended, the last touched first."""
        return await self._stores.dialogs.list_open(principal)

    async def place(
        self, principal: Principal, dialog: DialogId, channel: str, thread: str
    ) -> Dialog:
        """Note the thread in which the conversation is held."""
        return await self._turns.noted(
            principal, dialog, lambda seen: replace(seen, channel=channel, thread=thread)
        )

    async def hear(
        self, principal: Principal, channel: str, thread: str, heard: Heard
    ) -> Turn | None:
        """Take a message in; ``None`` if no dialog of theirs is held there.

        As long as questions are left, it costs one read of the dialog, one of its template and
        one write. If Confluence can't be asked what it means, it is put by, and read when its
        person resumes the dialog.
        """

        async def find() -> Dialog | None:
            return await self._stores.dialogs.find_in_thread(principal, channel, thread)

        async def change(rules: Rules, seen: Dialog) -> Taken:
            return await self._ear.take(rules, seen, heard)

        async def put_by(rules: Rules, seen: Dialog) -> Taken:
            return self._ear.put_by(rules, seen, heard)

        try:
            kept = await self._turns.kept(find, change)
        except (ConsentRequired, SiteRequired, Unavailable):
            kept = await self._turns.kept(find, put_by)
            if kept is None or heard.is_edit or heard.at not in kept[1].dialog.heard_at:
                raise  # else the database took it in, and only couldn't say so
        return await self._turns.went_on(kept)

    async def fill(
        self, principal: Principal, dialog: DialogId, given: Mapping[str, Given]
    ) -> Turn:
        """Take a form's page in, by its entities; what was left empty is passed over.

        Raises:
            WrongEntities: some of it can't be; nothing of it was kept.
        """

        async def change(rules: Rules, seen: Dialog) -> Taken:
            return await self._mover.sent(rules, seen, given)

        return await self._turns.theirs(principal, dialog, change)

    async def move(
        self,
        principal: Principal,
        dialog: DialogId,
        move: Move,
        entity: str = "",
        value: Value = None,
    ) -> Turn:
        """Do what a button or a menu says.

        *entity* is the question that it stood beside: a press on one that isn't at hand any
        more changes nothing. *value* is what was chosen there.
        """

        async def change(rules: Rules, seen: Dialog) -> Taken:
            return await self._mover.pressed(rules, seen, Press(move, entity, value))

        return await self._turns.theirs(principal, dialog, change)

    async def suggest(
        self, principal: Principal, dialog: DialogId, entity: str, words: str
    ) -> Sequence[Choice]:
        """Return what may be chosen for *entity*, by *words*."""
        seen = await self._stores.get(principal, dialog)
        rules = await self._turns.rules_of(seen)
        wanted = rules.entity(seen, entity)
        if wanted is None:
            return ()
        context = await self._hands.context_of(seen, rules.template, values_of(seen), None)
        return await suggest(wanted, words, context)

    async def confirm(self, principal: Principal, dialog: DialogId, plan: PlanId) -> bool:
        """Claim the plan, in one operation; ``False`` if it can't be confirmed any more."""
        return await self._stores.dialogs.confirm(principal, dialog, plan)

    async def run(self, principal: Principal, dialog: DialogId) -> Turn:
        """Go on with what was confirmed, or with what waited for consent."""
        seen = await self._stores.get(principal, dialog)
        return await self._turns.worked(seen, self._hands.engine.advance)

    async def verdict(
        self, principal: Principal, dialog: DialogId, key: str, verdict: Verdict
    ) -> Turn:
        """Hear what became of the step at *key*, which was unclear."""
        seen = await self._stores.get(principal, dialog)
        engine = self._hands.engine
        if seen.phase is not Phase.UNCLEAR:
            return await self._turns.shown(seen, Says(Saying.ANSWERED))

        async def hear(dialog: Dialog, template: ActionTemplate, task: DialogTask | None) -> Dialog:
            return await engine.verdict(dialog, template, task, (key, verdict))

        return await self._turns.worked(seen, hear)

    async def undo(self, principal: Principal, dialog: DialogId) -> Turn:
        """Take back what it wrote; see `Engine.undo`."""
        seen = await self._stores.get(principal, dialog)
        return await self._turns.worked(seen, self._hands.engine.undo)

    async def carry_on(self, dialog: Dialog) -> Turn:
        """Take up a run that nobody has touched for a while; see `Engine.settle`."""
        return await self._turns.worked(dialog, self._hands.engine.settle)

    async def mark_told(self, turn: Turn) -> None:
        """Note that its person knows where it stands; whoever changes it meanwhile tells."""
        if not turn.dialog.is_told:
            await self._stores.dialogs.replace(turn.dialog, replace(turn.dialog, is_told=True))

    def _blank(self, principal: Principal, task: DialogTask, start: Start) -> Dialog:
        now = self._hands.clock()
        defaults = (Answer(name, value, "", Origin.DEFAULT) for name, value in task.defaults)
        return Dialog(
            id=_id_of(principal, start),
            principal=principal,
            task=task.id,
            word=task.word,
            title=task.title,
            template=task.template,
            version=task.version,
            began_at=now,
            touched_at=now,
            expires_at=now + DIALOG_LASTS,
            now=now,
            filling=start.filling,
            defaults=tuple(defaults),
            channel=start.channel,
            thread=start.thread,
            began_in=start.began_in,
            site=start.site,
            is_trial=start.is_trial,
            response_url=start.response_url,
            response_url_at=now if start.response_url else None,
            correlation=start.correlation,
        )


def _id_of(principal: Principal, start: Start) -> DialogId:
    """Return the id of a new dialog: what is told of twice makes the same one."""
    if not start.by:
        return DialogId(mint_token(principal.tenant))
    return DialogId(f"{principal.tenant}.{digest(f'{principal.user_id}/{start.by}')}")


def _known(
    template: ActionTemplate, known: Mapping[str, str], values: Mapping[str, Value]
) -> list[Words]:
    """Return what is known of each entity; what was read already counts more."""
    given = {name: Given(text=words) for name, words in known.items()}
    given |= {name: Given(value=value) for name, value in values.items()}
    return [
        Words(entity, given[entity.name], Origin.COMMAND)
        for entity in template.entities
        if entity.name in given
    ]
