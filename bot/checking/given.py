"""Whether what a step is given can be what it wants: a page where a page is wanted."""

from collections.abc import Mapping
from typing import Final

from bot.checking.shapes import ANY, Shape
from bot.plain_yaml import Path

_TEXTS: Final = frozenset({"text", "number", ANY.kind})
_WANTED: Final[Mapping[str, frozenset[str]]] = {
    "page": _TEXTS | {"page"},
    "parent": _TEXTS | {"page"},
    "space": _TEXTS | {"space"},
    "file": frozenset({"attachment", ANY.kind}),
    "comment": _TEXTS | {"comment"},
    "people": frozenset({"person", ANY.kind}),
    "version": _TEXTS | {"version"},
    "older": _TEXTS | {"version"},
    "newer": _TEXTS | {"version"},
}
"""By the word of a step's field, what may stand in it; a text names the thing."""


def misfit(path: Path, shape: Shape) -> str:
    """Return why something of *shape* can't stand at *path* in a step; nothing if it can."""
    field = next((part for part in reversed(path) if isinstance(part, str)), "")
    wanted = _WANTED.get(field)
    one = shape.of or shape
    if wanted is None or one.kind in wanted:
        return ""
    (thing,) = wanted - _TEXTS
    article = "an" if thing[0] in "aeiou" else "a"
    return f"`{field}` is for {article} {thing}, and this is {shape.kind}"
