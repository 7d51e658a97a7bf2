"""Which scopes a consent asks for, and how they are typed."""

import re
from typing import Final

from bot.connection import Connection, Need
from bot.errors import BadInput
from bot.profile import AuthorizationProfile, Provider

# https://developer.atlassian.com/server/confluence/confluence-oauth2-provider-api
DATA_CENTER_READ = "READ"
DATA_CENTER_WRITE = "WRITE"

MOST_ON_CLOUD: Final = 49
"""Atlassian has it that one app uses fewer than 50.
https://developer.atlassian.com/cloud/confluence/scopes-for-oauth-2-3LO-and-forge-apps/
"""

# RFC 6749 §3.3: scope-token
_TOKEN: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+", re.ASCII)
_BETWEEN: Final = re.compile(r"[\s,]+")


def read_scopes(text: str, *, field: str = "scopes") -> frozenset[str]:
    """Return the scopes in *text*, with spaces or commas between them.

    Raises:
        BadInput: one of them has a character that no scope has; it names the *field*.
    """
    found = frozenset(each for each in _BETWEEN.split(text) if each)
    for each in sorted(found):
        if not _TOKEN.fullmatch(each):
            raise BadInput(
                f"“{each[:60]}” isn't a scope: scopes are of ASCII letters and signs, without "
                'quotes (") and backslashes.',
                field=field,
            )
    return found


def require_few(provider: Provider, scopes: frozenset[str], *, field: str = "scopes") -> None:
    """Raise ``BadInput`` for more than Atlassian lets one app ask for; it names the *field*."""
    asked = scopes | {"offline_access"}
    if provider is Provider.CLOUD and len(asked) > MOST_ON_CLOUD:
        raise BadInput(
            f"Atlassian takes at most {MOST_ON_CLOUD} scopes, with offline_access among them.",
            field=field,
        )


def scopes_to_ask(
    profile: AuthorizationProfile,
    need: Need,
    held: Connection | None,
    missing: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Return what to ask for: what *need* takes and is *missing*, with all that is held already.

    A new grant's scopes replace the old ones'. A profile that names its scopes asks for those
    and for nothing else; Atlassian's needs ``offline_access`` to stay.
    """
    if profile.scopes:
        stays = {"offline_access"} if profile.is_atlassians else set()
        return profile.scopes | stays
    before = held.grant.scopes if held is not None else frozenset()
    if profile.provider is Provider.CLOUD:
        return need.scopes | before | missing
    writes = need.writes or need is Need.LEND or DATA_CENTER_WRITE in before
    return frozenset({DATA_CENTER_WRITE if writes else DATA_CENTER_READ})
