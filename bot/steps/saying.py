"""What the engine says, in plain words; whoever shows them escapes them."""

from collections.abc import Sequence
from typing import Final

from bot.content import ContentKind, Space
from bot.cutting import cut
from bot.steps.lookup import Target

LONGEST_NAME: Final = 255
"""No title, label, or name of a file, a group or a person is longer in Confluence."""
LONGEST_QUOTE: Final = 160
_TURNS: Final = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""What changes the direction of all that follows: https://www.unicode.org/reports/tr9/ §2."""

_QUOTES: Final = str.maketrans("“”„", '"""')

NO_CALLS: Final = (
    "This template makes REST calls that change something, and no admin of your workspace has "
    "approved this version of it. Nothing was sent, and nothing was changed: ask one of them."
)
NOT_BY_CQL: Final = (
    "This template searches by CQL, which the organisation's connection doesn't do. Nothing was "
    "searched: connect an account of your own."
)
NOT_YOUR_FILE: Final = (
    "Only a file that was given to this dialog can be attached, and that wasn't. Nothing was "
    "written: give the file here."
)
NEVER: Final = (
    "A step of this template needs what no step before it brings. Nothing more was done: tell "
    "whoever wrote it."
)
SITE_GONE: Final = (
    "Your consent doesn't open the site of this run any more, so nothing more was written. "
    "Connect again, and try again."
)
NOT_ANSWERING: Final = (
    "{who} isn't answering just now, so nothing more was written. Confirm the rest again in a "
    "little while."
)
SPENT: Final = (
    "Our share of Confluence's limits is used up for now, so nothing more was written. Confirm "
    "the rest again in a while."
)
CONSENT: Final = "Your consent doesn't cover the rest, or has ended: nothing more was written."
NOT_SENT: Final = (
    "Something is out of order, so nothing more was written. Confirm the rest again later."
)
WRITTEN_SO_FAR: Final = (
    "All that was confirmed is written, and what comes after it couldn't be looked up just now. "
    "Try again in a little while: nothing is written twice."
)
WRITTEN_AND_ENDED: Final = (
    "All that was confirmed is written, and then your consent didn't cover what comes after it, or "
    "had ended. Connect, and try again: nothing is written twice."
)
FAULT: Final = "{who} answered in a way I don't understand; that step may not have been done."
ON_ITS_WAY: Final = (
    "It was sent less than {seconds} seconds ago, so it may still arrive: nothing was done now. "
    "Look there once more when they are over, and then say."
)
STOPPED: Final = "You stopped it here. What was done before stays."


def in_a_line(text: str) -> str:
    """Return *text* in one line, in which nothing turns what stands behind it around."""
    return " ".join(text.translate(_TURNS).split())


def named(title: str) -> str:
    """Return a title in quotes, out of which it doesn't get."""
    return f"“{cut(_in_quotes(title), LONGEST_NAME)}”"


def quoted(words: str) -> str:
    """Return the beginning of a text in quotes, out of which it doesn't get."""
    return f"“{cut(_in_quotes(words), LONGEST_QUOTE)}”"


def _in_quotes(text: str) -> str:
    return in_a_line(text).translate(_QUOTES)


def in_space(space: Space | None) -> str:
    """Return where in words: in Engineering (ENG)."""
    if space is None:
        return ""
    return f" in {cut(in_a_line(space.name), LONGEST_NAME)} ({space.key})"


def the(target: Target) -> str:
    """Return a page and its space in words."""
    return f"the {kind(target.kind)} {named(target.title)}{in_space(target.space)}"


def kind(what: ContentKind) -> str:
    """Return what people call it."""
    return "blog post" if what is ContentKind.BLOG else "page"


def listed(words: Sequence[str]) -> str:
    """Return *words* as people list them."""
    shown = [named(each) for each in words]
    if len(shown) < 2:  # noqa: PLR2004 - a list of one needs no “and”
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
