"""Changing the tenant's integration: against what the admin saw, and on record."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.administration.parts import Aides, Books, name_of
from bot.content import AllowedSpace
from bot.errors import Changed, NotAllowed
from bot.integration import AuthorizationType, Credential, Integration, Role
from bot.integrations import amend
from bot.principal import Principal
from bot.profile import AuthorizationProfile, Mechanism
from bot.roles import USER_GROUP
from bot.trail import Action, Entry

MEANWHILE: Final = (
    "Somebody else changed this while you had it open, so nothing of yours was saved yet. "
    "What you chose still stands below: look at it, then save again."
)
NOT_TRIED: Final = (
    "That profile hasn't been tried since it was saved, so nothing was changed. "
    "Press “Try it” on its page first."
)
NOBODYS_OWN: Final = (
    "That profile is for a service account, which is nobody's own, so nothing was changed. "
    "Choose it under “Authorize for the organisation”, and another one for people."
)
CREDENTIALS: Final = {
    Credential.OWN: "own connection only",
    Credential.OWN_ELSE_ORGANISATION: "own, else the organisation's",
    Credential.ORGANISATION: "the organisation's only",
}
TYPES: Final = {
    AuthorizationType.USERS: "users authorize",
    AuthorizationType.PRE_AUTHORIZED: "pre-authorized",
}


class Choices:
    """The tenant's choices: whose consent, which profiles, the policy."""

    def __init__(self, books: Books, aides: Aides) -> None:
        self._integrations = books.integrations
        self._book = books.book
        self._auditor = aides.auditor

    async def change(
        self,
        by: Principal,
        seen: str,
        change: Callable[[Integration], Integration],
        action: Action = Action.CHANGE_POLICY,
    ) -> Integration:
        """Apply *change* to what *by* saw, known by its fingerprint, and return what stands.

        Raises:
            Changed: somebody else has changed it since; nothing was done.
        """
        found = await self._integrations.find(by.tenant)
        if fingerprint_of(found) != seen:
            raise Changed(MEANWHILE)
        changed = change(found)
        if changed == found:
            return found
        stored = await self._integrations.replace(found, changed)
        if stored is None:
            raise Changed(MEANWHILE)
        await self._record(by, action, found, stored)
        return stored

    async def authorize_by(
        self, by: Principal, seen: str, kind: AuthorizationType, people_profile: str
    ) -> Integration:
        """Choose whose consent is used, and the profile under which people connect.

        Raises:
            Changed: somebody else has changed it since.
            NotAllowed: the profile hasn't been tried, or there is no organisation's connection.
            ProfileBroken: there is no such profile.
        """
        _require_fit(await self._book.get_usable(by.tenant, people_profile))

        def change(integration: Integration) -> Integration:
            if kind is AuthorizationType.PRE_AUTHORIZED and not integration.organisation_profile:
                raise NotAllowed(
                    "There is no organisation's connection yet, so nothing was changed. "
                    "Press “Authorize for the organisation” first: that switches it on."
                )
            return replace(integration, authorization=kind, people_profile=people_profile)

        return await self.change(by, seen, change, Action.CHANGE_INTEGRATION)

    async def use(self, by: Principal, profile: AuthorizationProfile) -> Integration:
        """Have people connect under *profile* from now on. Raises ``NotAllowed`` if untried."""
        _require_fit(profile)
        before, now = await amend(
            self._integrations, by.tenant, lambda each: replace(each, people_profile=profile.id)
        )
        await self._record(by, Action.CHANGE_INTEGRATION, before, now)
        return now

    async def set_read_only(self, by: Principal, *, is_read_only: bool) -> Integration:
        """Switch writing off or on, at once and whoever else changes something."""

        def change(integration: Integration) -> Integration:
            policy = replace(integration.policy, is_read_only=is_read_only)
            return replace(integration, policy=policy)

        before, now = await amend(self._integrations, by.tenant, change)
        await self._record(by, Action.CHANGE_POLICY, before, now)
        return now

    async def _record(
        self, by: Principal, action: Action, before: Integration, now: Integration
    ) -> None:
        names = {each.id: name_of(each) async for each in self._book.list_all(by.tenant)}
        told = changes_of(before, now, names)
        if told:
            self._auditor.record(Entry.by(by, action).of("", "; ".join(told)))
        for person, what in _people_changed(before, now):
            self._auditor.record(Entry.by(by, action).of("", what).to(person))


def is_for_people(profile: AuthorizationProfile) -> bool:
    """Tell whether people can connect accounts of their own under it."""
    return profile.mechanism is not Mechanism.CLIENT_CREDENTIALS


def _require_fit(profile: AuthorizationProfile) -> None:
    """Raise ``NotAllowed`` unless people may be sent through it."""
    if not profile.is_usable:
        raise NotAllowed(NOT_TRIED)
    if not is_for_people(profile):
        raise NotAllowed(NOBODYS_OWN)


def fingerprint_of(integration: Integration) -> str:
    """Return what tells two choices of a tenant apart; what only happened isn't among it."""
    members = [[role, *integration.policy.members(role)] for role in Role]
    held = json.dumps([*members, *map(list, _facts(integration, {}))])
    return hashlib.sha256(held.encode()).hexdigest()[:16]


def changes_of(
    before: Integration, now: Integration, names: Mapping[str, str] | None = None
) -> Sequence[str]:
    """Return what was and what is, for each that differs; *names* are the profiles', by id.

    People are counted, not named: each of them is recorded beside, under their own key.
    """
    facts = zip(_facts(before, names or {}), _facts(now, names or {}), strict=True)
    return [f"{label}: {was} → {held}" for (label, was), (_, held) in facts if was != held]


def _facts(integration: Integration, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    policy = integration.policy
    people, lent = integration.people_profile, integration.organisation_profile
    yield "authorization", TYPES[integration.authorization]
    yield "people's profile", names.get(people, people)
    yield "organisation's profile", names.get(lent, lent) or "none"
    yield "reading", CREDENTIALS[policy.read]
    yield "writing", CREDENTIALS[policy.write]
    yield "spaces to read", _spaces(policy.readable)
    yield "spaces to write in", _spaces(policy.writable)
    yield "audience", f"{policy.audience_name} ({policy.audience})" if policy.audience else "nobody"
    yield "read-only", "on" if policy.is_read_only else "off"
    for role in Role:
        yield f"may {role}", _members(policy.members(role))


def _members(members: Sequence[str]) -> str:
    groups = [each for each in members if each.startswith(USER_GROUP)]
    count = len(members) - len(groups)
    people = [f"{count} {'person' if count == 1 else 'people'}"] if count else []
    return ", ".join([*people, *groups]) or "by default"


def _people_changed(before: Integration, now: Integration) -> Iterator[tuple[str, str]]:
    for role in Role:
        was, held = (_people(each, role) for each in (before, now))
        for person in sorted(was ^ held):
            yield person, f"may {role}: {'given' if person in held else 'taken'}"


def _people(integration: Integration, role: Role) -> set[str]:
    members = integration.policy.members(role)
    return {each for each in members if not each.startswith(USER_GROUP)}


def _spaces(allowed: Sequence[AllowedSpace]) -> str:
    return ", ".join(f"{each.key} at {each.site}" for each in allowed) or "none"
