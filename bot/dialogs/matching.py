"""Which of a tenant's dialog tasks somebody's words mean."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final

from bot.courtesies import without_courtesies
from bot.dialogs.parts import FindTemplate
from bot.dialogs.turn import Match, Matched
from bot.errors import TemplateRefused
from bot.principal import Tenant
from bot.task import DialogTask
from bot.template import ActionTemplate, TemplateId, Version
from bot.utterances import Utterance, compile_utterance, match_all

MOST_KEPT: Final = 20_000
"""Versions of templates, of all tenants; what they say is kept once for all."""
_MOST_COMPILED: Final = 5_000

_Key = tuple[Tenant, TemplateId, Version]
_compiled = lru_cache(_MOST_COMPILED)(compile_utterance)


class Matching:
    """Matches words against utterances; those of a version never change, so they are kept."""

    def __init__(self, find_template: FindTemplate) -> None:
        self._find_template = find_template
        self._kept: OrderedDict[_Key, Sequence[Utterance]] = OrderedDict()

    async def match(self, text: str, tasks: Sequence[DialogTask]) -> Matched:
        """Return which of *tasks* fit *text* best."""
        keys = {task.id: (task.tenant, task.template, task.version) for task in tasks}
        distinct = list(dict.fromkeys(keys.values()))
        found = await asyncio.gather(*map(self._utterances, distinct))
        said = dict(zip(distinct, found, strict=True))
        patterns = {task: said[key] for task, key in keys.items()}
        fits = dict(match_all(text, patterns) or match_all(without_courtesies(text), patterns))
        return Matched(tuple(Match(task, fits[task.id]) for task in tasks if task.id in fits))

    async def _utterances(self, key: _Key) -> Sequence[Utterance]:
        known = self._kept.get(key)
        if known is None:
            template = await self._found(key)
            if template is None:  # it may come
                return ()
            known = self._kept[key] = tuple(map(_compiled, template.utterances))
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return known

    async def _found(self, key: _Key) -> ActionTemplate | None:
        """Return the template; one that can't be read any more holds up no other."""
        with suppress(TemplateRefused):
            return await self._find_template(*key)
        return None
