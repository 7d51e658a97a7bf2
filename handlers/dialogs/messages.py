"""Dialogs in messages: in the app's own Messages tab, one question at a time; pure."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from typing import Final

from bot.cutting import cut
from bot.dialog import Answer, Dialog, Phase
from bot.dialogs import Match, Saying, Turn
from bot.document import Document
from bot.entities import Look, Question
from bot.fitting import MOST_SHOWN
from bot.mrkdwn import escape
from bot.task import DialogTask, TaskId
from bot.template import Choice, Entity
from handlers import blocks
from handlers.ask import Block, Reply
from handlers.dialogs import fields, names, shown, words
from handlers.dialogs.contents import Room
from handlers.dialogs.paragraphs import paragraphs
from handlers.dialogs.shown import IN_MESSAGE, NOTHING, Onward

_SEVERAL: Final = frozenset({Look.MULTI_MENU, Look.MULTI_EXTERNAL_MENU, Look.USERS})
"""A message delivers each press in them: several are typed, with commas between."""
MOST_OFFERED: Final = 10
"""Blocks of an answer that stands already."""
MOST_TASKS: Final = 100
_AT_ANY: Final = "Say `help`, `back`, `what's left` or `cancel` at any time."


def opening(turn: Turn) -> Reply:
    """Return the message under which the dialog is held."""
    return Reply(
        turn.dialog.title, (*_head(turn), blocks.context(f"Answer in the thread below. {_AT_ANY}"))
    )


def begun(turn: Turn, onward: Onward = NOTHING) -> Reply:
    """Return the first message under somebody's own words: what was understood, and on it goes."""
    first = of(turn, onward)
    head = [*_head(turn), blocks.context(_AT_ANY)] if turn.dialog.phase is Phase.ASKING else []
    return replace(first, blocks=(*head, *first.blocks)[: blocks.MOST_IN_MESSAGE])


def _head(turn: Turn) -> Iterator[Block]:
    yield blocks.section(f"{turn.template.icon} *{escape(turn.dialog.title)}*")
    if known := words.known(turn):
        yield blocks.section(known)


def of(turn: Turn, onward: Onward = NOTHING) -> Reply:
    """Return the next message of the dialog."""
    match turn.dialog.phase:
        case Phase.ASKING:
            return question(turn)
        case Phase.CONFIRMING:
            return preview(turn)
        case Phase.UNCLEAR:
            return _reply(turn, shown.unclear(turn))
        case Phase.CANCELLED:
            return _reply(turn, [blocks.section(words.said_besides(turn) or words.CANCELLED)])
        case Phase.RUNNING:
            return _reply(turn, [blocks.section(words.said_besides(turn) or words.RUNNING)])
        case _:
            return _reply(turn, _ended(turn, onward))


def _ended(turn: Turn, onward: Onward) -> Sequence[Block]:
    """Return how it ended; to whoever goes on talking, that it has."""
    if turn.dialog.phase is not Phase.DONE or turn.says.saying is not Saying.ENDED:
        return shown.ended(turn, onward, IN_MESSAGE)
    anew = blocks.button("Begin anew", names.RUN[0], names.begin_value(turn.dialog.word))
    return [blocks.section(words.said_besides(turn)), blocks.actions(anew)]


def _reply(turn: Turn, parts: Sequence[Block]) -> Reply:
    title, stands = turn.dialog.title, words.STANDS[turn.dialog.phase]
    room = blocks.MOST_IN_MESSAGE
    kept = parts if len(parts) <= room else [*parts[: room - 1], parts[-1]]
    return Reply(f"{title} {stands}", tuple(kept))


def question(turn: Turn) -> Reply:
    """Ask for the next entity."""
    entity, asked = turn.asks, turn.question
    said = words.said_besides(turn)
    parts = [blocks.section(said)] if said else []
    if entity is None or asked is None:
        return Reply(turn.dialog.title, tuple(parts) or (blocks.section(words.left(turn)),))
    parts.append(blocks.section(f"*{escape(asked.words)}*"))
    if turn.offer is not None:
        parts += _offered(turn.offer)
    if asked.hint:
        parts.append(blocks.context(escape(asked.hint)))
    parts += _choosing(turn, entity, asked)
    parts.append(_ways(turn, entity))
    is_wrong = turn.says.saying is Saying.COMPLAINT
    plain = f":warning: {turn.says.words} {asked.words}" if is_wrong else asked.words
    return Reply(plain, tuple(parts))


def _offered(offer: Answer) -> Iterator[Block]:
    """Yield what stands as the answer; what was written at length as it will read."""
    value = offer.read()
    if not isinstance(value, Document):
        yield blocks.context(f"Now: {escape(words.shown_in(offer))}")
        return
    yield blocks.context("Now:")
    yield from shown.cut_to(Room(MOST_OFFERED, MOST_SHOWN // 2), value)


def _choosing(turn: Turn, entity: Entity, asked: Question) -> Iterator[Block]:
    """Yield what the question can be answered with besides words."""
    dialog = turn.dialog
    block = names.block_of(dialog.id, entity.name, str(dialog.generation))
    suggested = turn.says.suggestions if turn.says.entity == entity.name else ()
    choices = suggested or asked.choices
    if 0 < len(choices) <= len(names.ANSWERS):
        yield blocks.actions(*_buttons(turn, entity, choices))
    elif asked.element is not None and asked.element.look not in _SEVERAL:
        yield blocks.actions(fields.element_of(asked.element)) | {"block_id": block}
    elif asked.choices:
        yield blocks.section("\n".join(f"• {escape(each.label)}" for each in asked.choices[:50]))


def _buttons(turn: Turn, entity: Entity, choices: Sequence[Choice]) -> Iterator[Block]:
    for action, choice in zip(names.ANSWERS, choices, strict=False):
        value = names.value_of(turn.dialog.id, e=entity.name, v=choice.value)
        yield blocks.button(choice.label, action, value)


def _ways(turn: Turn, entity: Entity) -> Block:
    """Return the row of what can be done instead of answering."""
    dialog = turn.dialog
    value = names.value_of(dialog.id, e=entity.name)
    form = blocks.button("Use the form", names.TO_FORM, value)
    row = []
    if turn.offer is not None or not entity.required:
        row.append(blocks.button("Keep it" if turn.offer else "Skip", names.SKIP, value))
    if dialog.order:
        row.append(blocks.button("Back", names.BACK, value))
    if turn.offers_form:
        row.insert(0, form | {"style": "primary"})
    else:
        row.append(form)
    return blocks.actions(*row, blocks.button("Cancel", names.CANCEL, value))


def preview(turn: Turn) -> Reply:
    """Show what will be written, with the one button that confirms it."""
    dialog = turn.dialog
    said = words.said_besides(turn)
    parts = [*([blocks.section(said)] if said else []), *shown.preview(turn, IN_MESSAGE)]
    value = names.value_of(dialog.id)
    row = [
        blocks.button("Change my answers", names.CHANGE, value),
        blocks.button("Cancel", names.CANCEL, value),
    ]
    if dialog.plan is not None and not dialog.is_trial:
        confirming = names.value_of(dialog.id, p=dialog.plan.id)
        row.insert(0, blocks.button("Confirm", names.CONFIRM, confirming, style="primary"))
    room = blocks.MOST_IN_MESSAGE - 1
    return Reply(f"{dialog.title}: is this right?", (*parts[:room], blocks.actions(*row)))


def answered(turn: Turn, entity: str) -> Reply:
    """Return what stands in the place of a question that was answered by a press."""
    wanted, answer = turn.entity(entity), turn.dialog.answer(entity)
    title = wanted.title if wanted else entity
    given = words.shown_in(answer) if answer else "skipped"
    told = blocks.section(f"*{escape(title)}*: {escape(given)}")
    return Reply(f"{title}: {given}", (told,), replace=True)


def confirmed(turn: Turn) -> Reply:
    """Return what stands in the place of a preview that was confirmed."""
    plan = turn.dialog.plan
    lines = words.planned(plan) if plan else ()
    parts = (*paragraphs(("*Confirmed:*", *lines)),)
    return Reply("Confirmed", parts, replace=True)


def which(matches: Sequence[Match]) -> Reply:
    """Ask which of several tasks was meant: nothing is guessed."""
    buttons = [
        blocks.button(match.task.title, action, names.begin_value(match.task.word, match.known))
        for action, match in zip(names.RUN, matches, strict=False)
    ]
    told = "That may mean several things, so nothing was begun. Which one?"
    beyond = len(matches) - len(buttons)
    small = [blocks.context(f"… or {beyond} more: say it more exactly.")] if beyond else []
    return Reply(told, (blocks.section(told), blocks.actions(*buttons), *small))


def nothing_matched(tasks: Sequence[DialogTask], dialogs: Sequence[Dialog], command: str) -> Reply:
    """Say that nothing was understood, and what there is to say."""
    told = "I don't know what to do with that, so nothing was done."
    parts = [blocks.section(told)]
    if tasks:
        parts.append(blocks.actions(task_menu(tasks)))
    if dialogs:
        told_ = "Or go on with what you have begun; an answer goes into its thread:"
        parts.append(blocks.section(told_))
        parts += [in_a_line(dialog) for dialog in dialogs[:5]]
    there = (
        f"`{command} tasks` lists what is installed for you" if tasks else "Nothing is installed"
    )
    small = f"{there}, `{command} templates` has more."
    return Reply(told, (*parts, blocks.context(small)))


def tasks_in_a_list(tasks: Sequence[DialogTask], runnable: Container[TaskId]) -> Iterator[Block]:
    """Yield each task with what can be done about it."""
    for task in tasks:
        yield blocks.section(words.in_a_list(task))
        details = blocks.button("Details", names.TASK, names.of_task(task.id))
        run = blocks.button("Run", names.RUN[0], names.begin_value(task.word))
        yield blocks.actions(*([run] if task.id in runnable else []), details)


def run_buttons(tasks: Sequence[DialogTask]) -> Iterator[Block]:
    """Yield a button for each of a few tasks."""
    for action, task in zip(names.RUN, tasks, strict=False):
        yield blocks.button(task.title, action, names.begin_value(task.word))


def task_menu(tasks: Sequence[DialogTask]) -> Block:
    """Return the menu from which a task is begun."""
    options = [
        blocks.option(task.title, task.word[:75], f"{task.word}") for task in tasks[:MOST_TASKS]
    ]
    return {
        "type": "static_select",
        "action_id": names.RUN_MENU,
        "placeholder": blocks.plain("Run a dialog task", 150),
        "options": options,
    }


def open_ones(dialogs: Sequence[Dialog], command: str) -> Reply:
    """List open dialogs, each with the button that resumes it."""
    if not dialogs:
        told = "No dialog of yours is open."
        small = blocks.context(f"`{command} tasks` lists what you can begin.")
        return Reply(told, (blocks.section(told), small))
    return Reply("Your open dialogs", (*dialogs_in_a_list(dialogs),))


def to_be_resumed(dialog: Dialog) -> Reply:
    """Show one dialog with the button that resumes it."""
    return Reply(f"{dialog.title} {words.STANDS[dialog.phase]}", (in_a_line(dialog),))


def dialogs_in_a_list(dialogs: Sequence[Dialog]) -> Iterator[Block]:
    """Yield open dialogs, each with what can be done about it."""
    for dialog in dialogs:
        yield blocks.section(_standing(dialog))
        drop = blocks.button("Drop it", names.DROP, names.value_of(dialog.id))
        yield blocks.actions(
            _resuming(dialog),
            blocks.confirmed(
                drop,
                "Drop it?",
                "What you answered in it is no longer offered. What is written already stays.",
                "Drop it",
            ),
        )


def in_a_line(dialog: Dialog) -> Block:
    """Return an open dialog with the button that resumes it."""
    return blocks.section(_standing(dialog), _resuming(dialog))


def _standing(dialog: Dialog) -> str:
    stands = words.STANDS[dialog.phase]
    told = f"*{escape(cut(dialog.title, words.LONGEST_SHOWN))}* {stands}"
    gist = words.gist(dialog)
    return f"{told}\n{escape(gist)}" if gist else told


def _resuming(dialog: Dialog) -> Block:
    return blocks.button("Go on", names.RESUME, names.value_of(dialog.id))


def went_on(turn: Turn, link_: str) -> Reply:
    """Say where the conversation is held: privately, for whoever began it elsewhere."""
    title = escape(turn.dialog.title)
    where = f"<{link_}|in the app's messages>" if link_ else "in the app's messages"
    told = f"*{title}* goes on {where}, for you alone."
    return Reply(f"{turn.dialog.title} goes on in the app's messages.", (blocks.section(told),))
