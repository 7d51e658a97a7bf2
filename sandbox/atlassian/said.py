"""What a request at the side door says, read strictly."""

from typing import Any

from sandbox.atlassian import people, sites
from sandbox.atlassian.sites import Site

Said = dict[str, Any]


class BadControl(ValueError):
    """A control request that makes no sense."""


def account_id(said: Said) -> str | None:
    """The account that was named, None for all."""
    return required_account(said) if said.get("account") else None


def required_account(said: Said) -> str:
    """The account that was named."""
    account = people.find_account(str(said.get("account", "")))
    if account is None:
        raise BadControl("there is no such account")
    return account.account_id


def required_kind(said: Said) -> str:
    """What is to be made: a page, unless it says otherwise."""
    kind = str(said.get("kind", "page"))
    if kind not in ("page", "blogpost"):
        raise BadControl("a kind is page or blogpost")
    return kind


def named_site(said: Said) -> Site:
    """The site that was named by slug or cloud id, acme without a name."""
    site = sites.find_site(str(said.get("site", "acme")))
    if site is None:
        raise BadControl("there is no such site")
    return site


def scopes_of(said: Said) -> list[str]:
    """Scopes, as a list or in one text."""
    held = said["scopes"]
    return held.split() if isinstance(held, str) else [str(each) for each in held]
