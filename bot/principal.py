"""Who is asking, and in whose name they are kept apart."""

import hashlib
import secrets
from typing import NewType

from bot.frozen import frozen

Tenant = NewType("Tenant", str)
"""Who installed us, as the installation says: a workspace (T…) or an org (E…)."""

Digest = NewType("Digest", str)
"""SHA-256 of a token, in hex: what is stored of it."""


@frozen
class Principal:
    """A person acting inside one tenant; never a bare Slack user id."""

    tenant: Tenant
    user_id: str


LONGEST_TOKEN = 200


def mint_token(tenant: Tenant) -> str:
    """Return a fresh token of 256 random bits that tells which tenant to look under.

    Whatever comes back from a browser is looked up with its tenant first
    (promise 16), so the tenant's id stands in front: ``T123.<random>``.
    """
    return f"{tenant}.{secrets.token_urlsafe(32)}"


def unverified_tenant(token: str) -> Tenant | None:
    """Read the tenant that *token* claims; only finding its digest there proves it."""
    tenant, dot, rest = token.partition(".")
    if not (dot and rest and tenant.isascii() and tenant.isalnum() and len(token) < LONGEST_TOKEN):
        return None
    return Tenant(tenant)


def digest(token: str) -> Digest:
    """Return what is stored in place of *token*."""
    return Digest(hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest())
