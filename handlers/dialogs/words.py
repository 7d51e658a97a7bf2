"""What dialogs say besides what their templates do: plain words and mrkdwn; pure."""

from typing import Final

from bot.cutting import cut
from bot.dialog import Answer, Dialog, Fate, Origin, Phase, Plan, Record
from bot.dialogs import Saying, Says, Turn
from bot.mrkdwn import escape, link
from bot.steps import stays, writes_of
from bot.task import DialogTask, Reach
from bot.template import Entity, EntityType
from handlers.dialogs.names import several

LONGEST_SHOWN: Final = 120
"""Characters of one answer in a list of them."""
LONGEST_WRITTEN: Final = 400
"""Characters of what is said of one write afterwards: beforehand all of it was."""
MOST_LISTED: Final = 20
MOST_IN_GIST: Final = 2

HELP: Final = (
    "Answer the question, or say `back`, `skip`, `what's left`, `form` or `cancel`; "
    "“title should be Plan” changes an answer."
)
HELP_TO_CONFIRM: Final = (
    "Only the button writes it. To change something first, say it, as in “title should be Plan”; "
    "`back` goes to the question before, and `cancel` ends it."
)
CANCELLED: Final = "Cancelled. Nothing more is written."
QUOTED: Final = "If that was meant as the answer to this, say it in quotes."
PROSE: Final = frozenset({EntityType.TEXT, EntityType.LONG_TEXT, EntityType.RICH_TEXT})
RUNNING: Final = "It is under way. The receipt will come here."
_FIXED: Final[dict[Saying, str]] = {
    Saying.CANCELLED: CANCELLED,
    Saying.FORM: "A form opens by a button alone: press *Use the form*, right below.",
    Saying.ANSWERED: "That has its answer already, so nothing was changed.",
    Saying.NEEDED: "This one is needed, so it can't be skipped.",
    Saying.NO_WAY_BACK: "There is nothing before this.",
    Saying.ONLY_BUTTON: (
        "So that nothing is written by a slip, only the button confirms. It is right below."
    ),
    Saying.NOT_UNDERSTOOD: (
        "Nothing is asked just now, so I left all as it is. Say what to change, as in "
        "“title should be Plan”, or use the buttons."
    ),
    Saying.STALE: (
        "Nothing was written: what you pressed has changed since, or had been standing for more "
        "than an hour. This is how it is now."
    ),
    Saying.UNDER_WAY: "It is under way already, so that changed nothing.",
    Saying.ENDED: "This dialog has ended, so that changed nothing. You can begin it anew.",
}


def said_besides(turn: Turn) -> str:
    """Return in mrkdwn what is said before the next question; empty where nothing is."""
    says = turn.says
    entity = turn.entity(says.entity) if says.entity else None
    match says.saying:
        case Saying.COMPLAINT:
            words = f":warning: {_complaints(turn, says)}"
        case Saying.HELP:
            help_ = HELP if turn.asks is not None else HELP_TO_CONFIRM
            words = f"{escape(says.words)}\n{help_}".strip()
        case Saying.LEFT:
            words = left(turn)
        case Saying.CHANGED:
            words = _changed(turn, entity)
        case Saying.LEFT_OUT:
            named = f"*{escape(entity.title)}*" if entity else "It"
            words = (
                f"{named} is left out. If that was the answer, say `back`, and then it in quotes."
            )
        case Saying.FIXED:
            named = f"*{escape(entity.title)}*" if entity else "That"
            words = f"{named} was used in what is written already, so it stays as it is."
        case Saying.LATE:
            words = (
                f"“{escape(cut(says.words, LONGEST_SHOWN))}” came late, and was put in its turn."
            )
        case _:
            words = _FIXED.get(says.saying, "")
    emptied = _emptied(turn, says)
    return f"{words} {emptied}".strip()


def _complaints(turn: Turn, says: Says) -> str:
    if len(says.wrong) < 2:  # noqa: PLR2004 - one needs no list
        return escape(says.words)
    entities = {each.name: each.title for each in turn.entities}
    lines = (
        f"• *{escape(entities.get(name, name))}*: {escape(words)}"
        for name, words in says.wrong.items()
    )
    return "\n".join(lines)


def _changed(turn: Turn, entity: Entity | None) -> str:
    answer = turn.dialog.answer(entity.name) if entity else None
    if entity is None or answer is None:
        return ""
    told = f"*{escape(entity.title)}* is {escape(cut(answer.shown, LONGEST_SHOWN))} now."
    is_text = turn.asks is not None and turn.asks.type in PROSE
    return f"{told} {QUOTED}" if is_text and turn.says.is_by_name and answer.said_at else told


def _emptied(turn: Turn, says: Says) -> str:
    names = [entity.title for entity in turn.entities if entity.name in says.emptied]
    if not names:
        return ""
    verb = "depends" if len(names) == 1 else "depend"
    titles = several([f"*{escape(name)}*" for name in names])
    return f"{titles} {verb} on it, so I ask again."


def left(turn: Turn) -> str:
    """Say what will be asked yet."""
    names = [
        f"{escape(each.title)}{'' if each.required else ' (optional)'}" for each in turn.missing
    ]
    return f"Still to come: {several(names)}." if names else "Nothing is left to be asked."


def known(turn: Turn) -> str:
    """List what is answered, a line each, in mrkdwn; empty where nothing is."""
    lines = [
        f"*{escape(entity.title)}*: {escape(shown_in(answer))}"
        for entity in turn.entities
        if (answer := turn.dialog.answer(entity.name)) is not None
    ]
    return "\n".join(lines[:MOST_LISTED])


def shown_in(answer: Answer) -> str:
    """Return one answer in one line."""
    return cut(" ".join(answer.shown.split()), LONGEST_SHOWN)


def gist(dialog: Dialog) -> str:
    """Return in plain words what its person answered first; empty where they haven't yet."""
    own = [each for each in dialog.answers if each.origin is not Origin.DEFAULT]
    return " · ".join(shown_in(each) for each in own[:MOST_IN_GIST] if each.shown)


def for_whom(task: DialogTask) -> str:
    """Say in mrkdwn who may run a task."""
    match task.audience.reach:
        case Reach.ME:
            return "for you alone" if task.owner else "for nobody"
        case Reach.CHANNEL:
            return f"for whoever runs it in <#{task.audience.id}>"
        case Reach.GROUP:
            return f"for <!subteam^{task.audience.id}>"
        case Reach.WORKSPACE:
            return "for everybody in the workspace"


def in_a_list(task: DialogTask) -> str:
    """Return a task in two lines of mrkdwn: its name and word; version, audience, owner."""
    state = "" if task.is_on else " · _switched off_"
    is_anybodys = task.owner and task.audience.reach is not Reach.ME
    owner = f" · looked after by <@{task.owner}>" if is_anybodys else ""
    return f"*{escape(task.title)}* `{task.word}`{state}\n{task.version} · {for_whom(task)}{owner}"


def whose(plan: Plan) -> str:
    """Say in whose name, and where, it will be written."""
    account = f"*{escape(plan.account)}*"
    where = f" on *{escape(plan.site_name)}*"
    if plan.is_lent:
        asker = escape(plan.asker)
        return f"With the organisation's account {account}{where}, for *{asker}*."
    return f"As {account}, your own account{where}."


def planned(plan: Plan) -> tuple[str, ...]:
    """List all that will be written, a line each, in mrkdwn: none stands for others."""
    lines = [f"{number}. {escape(write.words)}" for number, write in enumerate(plan.writes, 1)]
    if plan.more:
        lines.append("What follows from these is shown to you before it is written.")
    return tuple(lines)


def done(dialog: Dialog) -> tuple[str, ...]:
    """List what was written, a line each, in mrkdwn."""
    records = [record for record in dialog.journal if record.words]
    was_undone = any(record.is_undone or record.code for record in writes_of(dialog))
    lines = [_written(record, was_undone=was_undone) for record in records[:MOST_LISTED]]
    beyond = len(records) - len(lines)
    return (*lines, *([f"… and {beyond} more."] if beyond else []))


def is_taken_back(dialog: Dialog) -> bool:
    """Tell whether nothing of what was written stands any more."""
    records = [each for each in dialog.journal if each.words and each.fate is Fate.DONE]
    return bool(records) and all(each.is_undone for each in records)


def _written(record: Record, *, was_undone: bool) -> str:
    told = cut(record.words, LONGEST_WRITTEN)
    words = link(record.url, told) if record.url else escape(told)
    mark = ":leftwards_arrow_with_hook:" if record.is_undone else _MARKS[record.fate]
    return f"{mark} {words}{_taken_back(record) if was_undone else ''}"


def _taken_back(record: Record) -> str:
    """Say what became of it when the run was taken back."""
    if record.is_undone:
        return " — taken back"
    why = stays(record) if record.fate is Fate.DONE else ""
    return f" — {why}" if why else ""


_MARKS: Final = {
    Fate.SENT: ":hourglass_flowing_sand:",
    Fate.DONE: ":white_check_mark:",
    Fate.REFUSED: ":x:",
    Fate.UNCLEAR: ":grey_question:",
}

STANDS: Final = {
    Phase.ASKING: "waits for an answer",
    Phase.CONFIRMING: "waits for your confirmation",
    Phase.RUNNING: "is under way",
    Phase.UNCLEAR: "needs you: a step's outcome is unclear",
    Phase.DONE: "is done",
    Phase.FAILED: "didn't work",
    Phase.CANCELLED: "was cancelled",
}
