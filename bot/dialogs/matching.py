"""Which of a tenant's dialog tasks somebody's words mean."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from bot.dialogs.parts import FindTemplate
from bot.dialogs.turn import Match, Matched
from bot.principal import Tenant
from bot.task import DialogTask, TaskId
from bot.utterances import Utterance, compile_utterance, match_all

MOST_KEPT: Final = 2_000

_Key = tuple[Tenant, TaskId, int]


class Matching:
    """Matches words against utterances, which it keeps as long as their tasks don't change."""

    def __init__(self, find_template: FindTemplate) -> None:
        self._find_template = find_template
        self._kept: OrderedDict[_Key, Sequence[Utterance]] = OrderedDict()

    async def match(self, text: str, tasks: Sequence[DialogTask]) -> Matched:
        """Return which of *tasks* fit *text* best."""
        utterances = {task.id: await self._utterances(task) for task in tasks}
        found = dict(match_all(text, utterances))
        matches = (Match(task, found[task.id]) for task in tasks if task.id in found)
        return Matched(tuple(matches))

    async def _utterances(self, task: DialogTask) -> Sequence[Utterance]:
        key = task.tenant, task.id, task.generation
        if key not in self._kept:
            template = await self._find_template(task.tenant, task.template, task.version)
            said = template.utterances if template else ()
            self._kept[key] = tuple(map(compile_utterance, said))
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]
