"""Why a page wasn't written, by the code of what refused it: in plain words."""

from collections.abc import Mapping
from typing import Final

_REFUSALS: Final[Mapping[str, str]] = {
    "title_taken": "the space has a page of that title by now",
    "not_allowed": "Confluence, or your workspace's policy, doesn't let you write there",
    "read_only": "your workspace's admins have switched writing off",
    "organisation_broken": "the organisation's connection to Confluence doesn't work just now",
    "organisation_scope_missing": (
        "the organisation's connection isn't allowed to write, and an admin of your workspace "
        "has to authorize it again"
    ),
    "account_changed": "you confirmed it as {account}, and it would go by another connection now",
    "bad_input": "it is more than Confluence takes in one page (5 MB)",
    "provider_fault": "Confluence answered in a way I don't understand",
    "not_found": "the space or the parent page isn't there any more, or you may not see it",
    "changed": "the page has been changed since you looked at it",
    "unavailable": "Confluence wasn't answering",
    "quota_spent": "our share of Confluence's limits was used up",
    "consent_required": "your consent has ended, so connect again first",
    "scope_missing": "your consent doesn't cover writing, so connect again first",
    "site_required": "your consent doesn't open that site any more, so connect again first",
    "profile_broken": "Confluence refuses this bot's own credentials",
    "no_api_there": "a web page answers where Confluence's API should be",
    "no_licence": "your account may not use Confluence on that site",
    "app_blocked": "your organisation's policy shuts this app out",
    "credential_refused": "Confluence doesn't take this kind of credential there",
    "captcha_required": "Confluence wants you to log in by browser first",
    "no_such_section": "the page has no such section any more",
    "ambiguous": "several sections of the page are called so",
    "not_offered": "Confluence doesn't let apps do that there",
}


def why_refused(code: str) -> str:
    """Return the rest of a sentence; ``{account}`` stands in it for whoever confirmed it."""
    return _REFUSALS.get(code, "Confluence didn't take it")
