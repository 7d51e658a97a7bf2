"""What is said at the side door."""

from collections.abc import Callable
from typing import Any

from sandbox.atlassian.people import Account
from sandbox.atlassian.said import BadControl
from sandbox.datacenter import people

Said = dict[str, Any]
Action = Callable[[Said], object]


def required_person(said: Said) -> Account:
    """The person that was named."""
    found = people.find_person(str(said.get("account", "")))
    if found is None:
        raise BadControl("there is no such person")
    return found


def username(said: Said) -> str | None:
    """The person that was named, None for all."""
    return required_person(said).name if said.get("account") else None


def keys(names: list[str]) -> list[str]:
    """User keys of usernames."""
    return [required_person({"account": each}).account_id for each in names]
