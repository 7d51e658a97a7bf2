"""What goes wrong while an expression is read or worked out, before people are told."""

from bot.errors import ExpressionRefused


class Mistake(Exception):
    """The values don't suit the expression; says in words how."""


class Missing(Mistake):
    """A name has no value."""


def refused(source: str, offset: int, why: str) -> ExpressionRefused:
    """Say *why* the *source* can't be used, and where."""
    before = source[:offset]
    line = before.count("\n") + 1
    column = offset - (before.rfind("\n") + 1) + 1
    return ExpressionRefused(why, line, column)
