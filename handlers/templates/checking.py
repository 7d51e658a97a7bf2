"""What a task would take, checked for whoever has just installed it; nothing is written."""

from collections.abc import AsyncIterator, Iterable, Sequence

from bot.act import Acting
from bot.checking import needs_of, scopes_needed
from bot.connection import Need
from bot.entities import Context
from bot.errors import BotError, ConsentRequired, SiteRequired
from bot.mrkdwn import escape
from bot.task import DialogTask
from bot.template import ActionTemplate
from bot.values import Thing
from bot.written import read
from handlers import replies
from handlers.admin import scopes


async def checked(template: ActionTemplate, task: DialogTask, context: Context) -> Sequence[str]:
    """Return a line in mrkdwn for each thing that was looked at."""
    return [line async for line in _lines(template, task, context)]


async def _lines(
    template: ActionTemplate, task: DialogTask, context: Context
) -> AsyncIterator[str]:
    needs = needs_of(template)
    try:
        acting = await context.run(_look)
    except SiteRequired:
        yield ":grey_question: You have several sites: each run says at which it writes."
        return
    except ConsentRequired as error:
        yield _consent(error)
        return
    except BotError as error:
        yield f":x: {escape(replies.words_for(error))}"
        return
    connection = acting.connection
    lacking = set().union(*(connection.lacking(each) for each in needs))
    yield _scopes(template, frozenset(lacking))
    refused = "" if lacking else await _refused(needs, context)
    yield refused or (
        f":white_check_mark: It acts as *{escape(connection.account.name)}* on "
        f"*{escape(acting.site.name)}*, for you."
    )
    async for line in _spaces(task, context):
        yield line


async def _look(acting: Acting) -> Acting:
    return acting


async def _refused(needs: Iterable[Need], context: Context) -> str:
    """Say why they may not write, as far as that can be told before they do."""
    need = next((each for each in needs if each.writes), None)
    if need is None:
        return ""
    try:
        await context.run(_look, need)
    except BotError as error:
        return f":x: {escape(replies.words_for(error))}"
    return ""


def _consent(error: ConsentRequired) -> str:
    if error.ended:
        return ":key: Your consent has ended: connecting comes first at your next run."
    return ":key: You aren't connected yet: you are asked for consent at your first run."


def _scopes(template: ActionTemplate, lacking: frozenset[str]) -> str:
    if lacking:
        named = ", ".join(scopes.CLOUD.get(scope, f"`{scope}`") for scope in sorted(lacking))
        return f":key: Your consent doesn't cover this yet, and is asked for first: {named}."
    if scopes_needed(template):
        return ":white_check_mark: Your consent covers all that it needs."
    return ":white_check_mark: It needs no other right than reading."


async def _spaces(task: DialogTask, context: Context) -> AsyncIterator[str]:
    """Look up the spaces that were filled in, or to which it is narrowed."""
    held = [read(value) for _, value in task.defaults]
    things = [each for each in held if isinstance(each, Thing) and each.kind == "space"]
    keys = [str(each.fields.get("key")) for each in things]
    for key in dict.fromkeys([*keys, *task.spaces]):

        async def look(acting: Acting, key: str = key) -> bool:
            found = await context.confluence.find_space(acting.connection, acting.site, key)
            return found is not None

        try:
            is_there = await context.run(look)
        except BotError as error:
            yield f":x: `{escape(key)}`: {escape(replies.words_for(error))}"
            continue
        mark, told = (
            (":white_check_mark:", "is there, and you see it")
            if is_there
            else (":x:", "isn't there, or you don't see it")
        )
        yield f"{mark} The space `{escape(key)}` {told}."
