"""How Slack says no."""

from typing import Any


class Refused(Exception):
    """Slack refuses, with its error code and whatever goes beside it in the answer."""

    def __init__(self, error: str, **beside: object) -> None:
        super().__init__(error)
        self.error = error
        self.beside: dict[str, Any] = beside


class Unknown(Exception):
    """The request names a person, view or message that doesn't exist."""
