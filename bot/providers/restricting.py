"""What both products are held to: who alone may do something, and what isn't offered."""

from collections.abc import Sequence
from typing import NoReturn

from bot.content import Account, AccountId, Group, Restriction
from bot.errors import Changed, NotAllowed, NotOffered


def alone(accounts: Sequence[AccountId], groups: Sequence[str]) -> Restriction:
    """Return who alone may do something, nobody twice."""
    ids, named = dict.fromkeys(accounts), dict.fromkeys(groups)
    return Restriction(
        tuple(Account(each, "") for each in ids if each),
        tuple(Group(each, each) for each in named if each),
    )


def require_whole(*, is_cut: bool) -> None:
    """Raise where setting restrictions anew would drop some that weren't listed."""
    if is_cut:
        raise NotAllowed(
            "That page is restricted to more people than I can carry over, so nothing was "
            "changed. You can change its restrictions in Confluence."
        )


def require_untouched(version: int, answers: Sequence[object]) -> None:
    """Raise ``Changed`` unless a comment is as it was written, and nobody has answered it."""
    if version != 1 or answers:
        raise Changed(
            "Somebody has answered the comment, or changed it, so it stays: nothing was undone. "
            "In Confluence you can delete it."
        )


def refuse_top() -> NoReturn:
    """Say that a page can be put below another page alone."""
    raise NotOffered(
        "This Confluence doesn't let apps move that page to where no page is above it, so it "
        "stays where it is. You can move it in Confluence."
    )


def refuse_templates() -> NoReturn:
    """Say that there is another way."""
    raise NotOffered(
        "This Confluence doesn't let apps read its page templates, so nothing was done. "
        "Choose a page with {{variables}} in its text instead: any page can be one."
    )
