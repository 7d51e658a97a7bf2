"""Lines of mrkdwn as sections, in as few as Slack takes; pure."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from handlers import blocks
from handlers.ask import Block

LONGEST: Final = 2_900
"""Characters in one paragraph: Slack takes 3,000."""
_ENTITY: Final = len("&amp;")


def paragraphs(lines: Iterable[str]) -> Iterator[Block]:
    """Yield *lines* of mrkdwn in as few sections as Slack takes; long ones go on in the next."""
    held = ""
    for line in itertools.chain.from_iterable(map(_pieces, lines)):
        if held and len(held) + len(line) + 1 > LONGEST:
            yield blocks.section(held)
            held = ""
        held = f"{held}\n{line}" if held else line
    if held:
        yield blocks.section(held)


def _pieces(line: str) -> Iterator[str]:
    """Yield *line* in pieces that fit, cut where a space is, or else between characters."""
    rest = line
    while len(rest) > LONGEST:
        at = rest.rfind(" ", 1, LONGEST)
        if at < 0:
            entity = rest.rfind("&", LONGEST - _ENTITY, LONGEST)
            at = LONGEST if entity < 0 else entity
        yield rest[:at]
        rest = rest[at:].lstrip(" ")
    yield rest
