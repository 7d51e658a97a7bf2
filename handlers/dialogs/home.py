"""What the home tab shows of dialogs: those that are open, and the tasks to begin."""

from bot.dialogs import DialogDesk
from bot.errors import BotError
from bot.principal import Principal
from handlers import blocks
from handlers.ask import Block
from handlers.dialogs import messages
from handlers.offers import TASKS

MOST_OPEN = 5
MOST_TASKS = 10


async def blocks_of(desk: DialogDesk, principal: Principal, command: str) -> tuple[Block, ...]:
    """Return them; nothing for whom Slack won't describe now."""
    try:
        tasks = await desk.list_tasks(principal)
        dialogs = await desk.list_open(principal)
    except BotError:
        return ()
    shown: list[Block] = []
    if dialogs:
        shown.append(blocks.header("Go on where you left off"))
        shown += messages.dialogs_in_a_list(dialogs[:MOST_OPEN])
        if len(dialogs) > MOST_OPEN:
            beyond = len(dialogs) - MOST_OPEN
            shown.append(blocks.context(f"… and {beyond} more: `{command} resume` lists them."))
    if tasks:
        shown.append(blocks.header("Dialog tasks"))
        told = f"Press *Run*, type `{command}` and the word, or say it to me under *Messages*."
        shown.append(blocks.context(told))
        shown += messages.tasks_in_a_list(tasks[:MOST_TASKS], {task.id for task in tasks})
        row = [messages.task_menu(tasks)] if len(tasks) > MOST_TASKS else []
        shown.append(blocks.actions(*row, blocks.button("All dialog tasks", TASKS)))
    return tuple(shown)
