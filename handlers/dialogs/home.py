"""What the home tab shows of dialogs: those that are open, and the tasks to begin."""

from bot.dialogs import DialogDesk
from bot.errors import BotError
from bot.mrkdwn import escape
from bot.principal import Principal
from bot.task import DialogTask
from handlers import blocks
from handlers.ask import Block
from handlers.dialogs import messages, names, words
from handlers.offers import TASKS

MOST_OPEN = 5
MOST_TASKS = 10


async def blocks_of(desk: DialogDesk, principal: Principal) -> tuple[Block, ...]:
    """Return them; nothing for whom Slack won't describe now."""
    try:
        tasks = await desk.list_tasks(principal)
        dialogs = messages.worth_resuming(await desk.list_open(principal))
    except BotError:
        return ()
    shown: list[Block] = []
    if dialogs:
        shown.append(blocks.header("Go on where you left off"))
        shown += [messages.in_a_line(dialog) for dialog in dialogs[:MOST_OPEN]]
        if len(dialogs) > MOST_OPEN:
            shown.append(blocks.context(f"… and {len(dialogs) - MOST_OPEN} more."))
    if tasks:
        shown.append(blocks.header("Dialog tasks"))
        shown += [_task(task) for task in tasks[:MOST_TASKS]]
        row = [blocks.actions(messages.task_menu(tasks))] if len(tasks) > MOST_TASKS else []
        shown += row
        shown.append(blocks.actions(blocks.button("All dialog tasks", TASKS)))
    return tuple(shown)


def _task(task: DialogTask) -> Block:
    told = f"*{escape(task.title)}* `{task.word}`\n{task.version} · {words.for_whom(task)}"
    run = blocks.button("Run", names.RUN[0], names.begin_value(task.word))
    return blocks.section(told, run)
