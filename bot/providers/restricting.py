"""Who alone may do something with a page, the same on both products; and what neither offers."""

from collections.abc import Sequence
from typing import NoReturn

from bot.connection import Connection
from bot.content import Account, AccountId, Group, Restriction
from bot.errors import NotAllowed, NotOffered


def alone(
    connection: Connection, accounts: Sequence[AccountId], groups: Sequence[str]
) -> Restriction:
    """Return who alone may do something: always the connection's own account too."""
    ids = dict.fromkeys((connection.account.id, *accounts))
    named = dict.fromkeys(groups)
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


def refuse_templates() -> NoReturn:
    """Say that there is another way."""
    raise NotOffered(
        "This Confluence doesn't let apps read its page templates, so nothing was done. "
        "Choose a page with {{variables}} in its text instead: any page can be one."
    )
