"""Custom authorization profiles: saved as versions, tried before use, removed when unused."""

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from pydantic import SecretStr

from bot.administration.choices import MEANWHILE
from bot.administration.parts import Aides, Books
from bot.errors import BadInput, Changed, NotAllowed, NotFound
from bot.frozen import frozen
from bot.principal import Principal, Tenant
from bot.profile import AuthorizationProfile
from bot.scopes import require_few
from bot.trail import Action, Entry
from bot.typed_urls import origin_of

MOST_PROFILES: Final = 99
"""With the system's, as many as a menu of Slack's holds."""
_ID_LETTERS: Final = string.ascii_letters + string.digits
_ID_LENGTH: Final = 22
_HOSTS: Final = ("base_url", "authorization_url", "token_url", "refresh_url", "revocation_url")


def mint_profile_id() -> str:
    """Return an id that nobody guesses, fit for a path: it stands in the callback URL."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


def is_profile_id(unverified: str) -> bool:
    """Tell whether that can be an id of ours."""
    return len(unverified) == _ID_LENGTH and unverified.isascii() and unverified.isalnum()


@frozen
class ProfileUse:
    """A profile's newest version, and what uses it: how many connections, by version.

    *holders* are whose those are: Slack user ids, or `ORGANISATION`.
    """

    profile: AuthorizationProfile
    connections: Mapping[int, int]
    is_peoples: bool = False
    is_organisations: bool = False
    holders: Mapping[int, Sequence[str]] = field(default_factory=dict)

    @property
    def is_used(self) -> bool:
        """Tell whether it can't go."""
        return self.is_peoples or self.is_organisations or bool(self.connections)

    @property
    def behind(self) -> Mapping[int, int]:
        """How many connections stay on each earlier version until their consent is renewed."""
        newest = self.profile.version
        return {number: count for number, count in self.connections.items() if number != newest}


@frozen
class Saved:
    """What saving came to. *stays* are how many connections keep which earlier version."""

    profile: AuthorizationProfile
    stays: Mapping[int, int]
    is_changed: bool = True
    lost_secret: bool = False


class CustomProfiles:
    """A tenant's own profiles."""

    def __init__(self, books: Books, aides: Aides) -> None:
        self._profiles = books.profiles
        self._book = books.book
        self._integrations = books.integrations
        self._connections = books.connections
        self._consent = aides.consent
        self._auditor = aides.auditor
        self._clock = aides.clock
        self._public_url = aides.public_url

    def callback_url(self, profile: str) -> str:
        """Return where the profile's server sends browsers back: each profile has its own path."""
        return f"{self._public_url}/connect/callback/{profile}"

    async def find(self, tenant: Tenant, profile: str) -> AuthorizationProfile | None:
        """Return the newest version of one of the tenant's own."""
        return await self._profiles.find(tenant, profile)

    async def get(self, tenant: Tenant, profile: str) -> ProfileUse:
        """Return one, the system's included. Raises ``NotFound``."""
        found = next(
            (each for each in await self.list_all(tenant) if each.profile.id == profile), None
        )
        if found is None:
            raise NotFound("That profile isn't there any more.")
        return found

    async def list_all(self, tenant: Tenant) -> Sequence[ProfileUse]:
        """Return all of them with what uses them, the system's first."""
        integration = await self._integrations.find(tenant)
        holders: dict[str, dict[int, list[str]]] = {}
        async for connection in self._connections.list_all(tenant):
            versions = holders.setdefault(connection.profile, {})
            held = versions.setdefault(connection.profile_version, [])
            held.append(connection.principal.user_id)
        uses = []
        async for profile in self._book.list_all(tenant):
            versions = dict(sorted(holders.get(profile.id, {}).items()))
            uses.append(
                ProfileUse(
                    profile,
                    {number: len(held) for number, held in versions.items()},
                    profile.id == integration.people_profile,
                    profile.id == integration.organisation_profile,
                    versions,
                )
            )
        return uses

    async def save(self, by: Principal, seen: int, typed: AuthorizationProfile) -> Saved:
        """Check *typed*, fill in what its server publishes, and keep it as the next version.

        *seen* is the version that *by* changed, 0 for a new one. Connections keep the version
        that they came from. A changed host is a stranger to the client secret, which goes.

        Raises:
            BadInput: a field can't be used; it names the field.
            Changed: somebody has saved another version meanwhile, or removed it.
            Unavailable: a server that was asked can't answer now.
        """
        tenant, before = by.tenant, await self._profiles.find(by.tenant, typed.id)
        if (before.version if before else 0) != seen:
            raise Changed(MEANWHILE)
        named = replace(
            typed,
            name=before.name if before else " ".join(typed.name.split()),
            tenant=tenant,
            callback_url=self.callback_url(typed.id),
        )
        await self._require_fit(tenant, named, before)
        complete = await self._consent.complete(
            replace(named, version=seen, client_secret=SecretStr(""))
        )
        if before is not None and _same(complete, before):
            return Saved(before, {}, is_changed=False)
        lost_secret = before is not None and not before.needs_secret and _moved(before, complete)
        keeps = before is not None and not lost_secret
        kept = replace(
            complete,
            version=seen + 1,
            client_secret=before.client_secret if before and keeps else SecretStr(""),
            made_by=by.user_id,
            made_at=self._clock(),
            tried_at=None,
        )
        if not await self._profiles.add(kept):
            raise Changed(MEANWHILE)
        self._auditor.record(Entry.by(by, Action.SAVE_PROFILE).of("", _told(before, kept)))
        use = await self.get(tenant, kept.id)
        return Saved(kept, use.behind, lost_secret=lost_secret)

    async def remove(self, by: Principal, profile: str) -> AuthorizationProfile:
        """Forget every version of it.

        Raises:
            NotFound: it isn't there.
            NotAllowed: it is used; the message says by what.
        """
        use = await self.get(by.tenant, profile)
        if use.profile.is_system:
            raise NotAllowed("The system's profile stands in the settings, so nothing was deleted.")
        if use.is_used:
            raise NotAllowed(f"It is used by {used_by(use)}, so nothing was deleted.")
        await self._profiles.remove(by.tenant, profile)
        self._auditor.record(Entry.by(by, Action.REMOVE_PROFILE).of("", use.profile.name))
        return use.profile

    async def _require_fit(
        self, tenant: Tenant, typed: AuthorizationProfile, before: AuthorizationProfile | None
    ) -> None:
        if not typed.name:
            raise BadInput("Type a name.", field="name")
        if before is None:
            others = [each async for each in self._book.list_all(tenant)]
            if len(others) > MOST_PROFILES:
                raise BadInput(f"There are {MOST_PROFILES} profiles already.", field="name")
            if any(each.folded_name == typed.folded_name for each in others):
                raise BadInput("There is a profile of that name already.", field="name")
        require_few(typed.provider, typed.scopes, field="scopes_typed")


def used_by(use: ProfileUse) -> str:
    """Say what uses it, in words."""
    parts = []
    if use.is_peoples:
        parts.append("everybody who connects (see Authorization)")
    if use.is_organisations:
        parts.append("the organisation's connection")
    count = sum(use.connections.values())
    if count:
        parts.append(f"{count} {'connection' if count == 1 else 'connections'}")
    return " and ".join(parts)


def _same(one: AuthorizationProfile, other: AuthorizationProfile) -> bool:
    def bare(profile: AuthorizationProfile) -> AuthorizationProfile:
        return replace(
            profile, version=0, client_secret=SecretStr(""), made_by="", made_at=None, tried_at=None
        )

    return bare(one) == bare(other)


def _moved(before: AuthorizationProfile, now: AuthorizationProfile) -> bool:
    """Tell whether any host differs: none but the old ones may learn the client secret."""
    return any(_origin(getattr(before, name)) != _origin(getattr(now, name)) for name in _HOSTS)


def _origin(url: str) -> str:
    return origin_of(url) if url else ""


def _told(before: AuthorizationProfile | None, now: AuthorizationProfile) -> str:
    """Say what was and what is; a client secret is no part of it."""
    if before is None:
        return f"{now.name}, version 1: {now.provider}, {now.mechanism}"
    names = (
        *("provider", "mechanism", "client_id", *_HOSTS, "issuer"),
        *("client_authentication", "token_body", "offers_pkce"),
    )
    changed = [
        f"{name}: {getattr(before, name) or 'none'} → {getattr(now, name) or 'none'}"
        for name in names
        if getattr(before, name) != getattr(now, name)
    ]
    if before.scopes != now.scopes:
        was, held = (" ".join(sorted(each.scopes)) or "none" for each in (before, now))
        changed.append(f"scopes: {was} → {held}")
    return f"{now.name}, version {now.version}: {'; '.join(changed)}"
