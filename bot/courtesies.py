"""The courtesies around what people say, which say nothing of it."""

import re
from typing import Final

LONGEST: Final = 2_000
"""In characters; of a longer text nothing is taken."""

_BEFORE: Final = re.compile(
    r"(?:please|hey|hi|hello|ok|okay|well|oh|sorry|just|let['’]s|let (?:me|us)"
    r"|(?:can|could|would|will) (?:you|we|i)|i (?:want|need|would like) to|i['’]d like to)"
    r"\b[\s,.!]*",
    re.IGNORECASE,
)
_BEHIND: Final = re.compile(r"(?:^|[\s,]+)(?:please|thanks|thank you)$", re.IGNORECASE)
_END: Final = " \t\n,.!?…"


def without_courtesies(text: str) -> str:
    """Return *text* without a *please* and the like around it."""
    if len(text) > LONGEST:
        return text
    start, end = 0, text.rstrip(_END)
    while found := _BEFORE.match(end, start):
        start = found.end()
    rest = end[start:]
    while found := _BEHIND.search(rest, max(len(rest) - _LONGEST_BEHIND, 0)):
        rest = rest[: found.start()].rstrip(_END)
    return rest


_LONGEST_BEHIND: Final = 20
