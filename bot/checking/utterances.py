"""What people may say to begin a task: words, with the names of entities in braces."""

import re
from collections.abc import Collection
from typing import Final

from bot.alike import skeleton, too_near
from bot.checking.parts import Complaints
from bot.errors import BadInput
from bot.template import ActionTemplate, EntityType
from bot.template_files import did_you_mean
from bot.utterances import compile_utterance

_HOLE: Final = re.compile(r"\{[^{}]*\}")
_UNREADABLE: Final = frozenset({EntityType.ATTACHMENT, EntityType.RICH_TEXT})
"""Types that no words in a sentence give."""


def check_utterances(
    template: ActionTemplate, taken: Collection[str], complaints: Complaints
) -> None:
    """Complain of utterances that can't be matched; *taken* are the built-in words."""
    seen: dict[str, int] = {}
    for number, utterance in enumerate(template.utterances):
        path = ("utterances", number)
        told = _wrong(utterance, template) or _built_in(utterance, taken)
        same = seen.setdefault(" ".join(_HOLE.sub("{}", utterance).casefold().split()), number)
        if told:
            complaints.add(path, told)
        elif same != number:
            complaints.add(path, f"this says the same as utterance {same + 1}")


def check_id(template: ActionTemplate, taken: Collection[str], complaints: Complaints) -> None:
    """Complain of an id that passes for a built-in word: by it the task is called at first."""
    near = too_near(template.id, taken)
    if near is not None:
        told = f"`{template.id}` could be taken for the command's own word `{near}`: name it anew"
        complaints.add(("id",), told)


def _built_in(utterance: str, taken: Collection[str]) -> str:
    looks = skeleton(utterance)
    near = next((word for word in taken if skeleton(word) == looks), None)
    return f"`{near}` is the command's own word: say more" if near else ""


def _wrong(utterance: str, template: ActionTemplate) -> str:
    try:
        compiled = compile_utterance(utterance)
    except BadInput as error:
        return str(error).removesuffix(".")
    return next((told for name, _ in compiled.holes if (told := _entity(name, template))), "")


def _entity(name: str, template: ActionTemplate) -> str:
    entity = template.entity(name)
    if entity is None:
        names = [each.name for each in template.entities]
        return f"there is no entity `{name[:60]}`{did_you_mean(name, names)}"
    if entity.type in _UNREADABLE:
        return f"`{name}` is {entity.type}, which can't be said in words"
    return ""
