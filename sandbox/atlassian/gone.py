"""Operations of REST v1 that nobody has seen alive on the gateway, nor dead: each can be gone."""

import re

from sandbox.atlassian.operations import Operation

NOT_SEEN = {
    "permission-check": r".*/permission/check",
    "template": r".*/api/template(/.*)?",
    "copy": r".*/copy",
    "move": r".*/move/.*",
    "watch": r".*/user/watch/.*",
    "version-restore": r".*/version",
}


class Gone:
    """Which of them answer 410 for now."""

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()

    def set(self, names: frozenset[str]) -> None:
        """These, and no others.

        Raises:
            ValueError: one of them is none of `NOT_SEEN`.
        """
        unknown = sorted(names - set(NOT_SEEN))
        if unknown:
            raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(NOT_SEEN)}")
        self.names = names

    def has(self, operation: Operation) -> bool:
        """Whether *operation* is gone."""
        return operation.is_v1 and any(
            re.fullmatch(NOT_SEEN[name], operation.path) for name in self.names
        )
