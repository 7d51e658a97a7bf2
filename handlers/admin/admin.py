"""The word ``admin``, the first page, and all that it leads to."""

from bot.administration import (
    Choices,
    CustomProfiles,
    Directory,
    Kept,
    OrganisationConnection,
    Overviews,
)
from bot.administration.profiles import is_profile_id
from bot.audit import Auditor
from bot.frozen import frozen
from bot.ports import Integrations, SlackPeople, TenantKeys
from handlers.admin import names
from handlers.admin.authorization import Authorization
from handlers.admin.gate import Gate
from handlers.admin.links import Links
from handlers.admin.policy import PeoplePages, PolicyPages
from handlers.admin.profiles import Profiles
from handlers.admin.records import Records
from handlers.admin.root_views import root_view
from handlers.ask import Answer, Ask, Modal, Route, Suggestions
from handlers.offers import ADMINISTRATION_POLICY
from handlers.tenants import Tenants


@frozen
class AdminParts:
    """What the admin's pages work with."""

    overviews: Overviews
    choices: Choices
    profiles: CustomProfiles
    organisations: OrganisationConnection
    kept: Kept
    directory: Directory
    integrations: Integrations
    keys: TenantKeys
    auditor: Auditor
    links: Links
    people: SlackPeople
    tenants: Tenants


class Admin:
    """The first page: how everything stands, and the ways to change it."""

    def __init__(self, parts: AdminParts, gate: Gate) -> None:
        self._parts = parts
        self._gate = gate
        self._profiles = Profiles(parts.profiles, parts.choices, parts.links)
        self._policy = PolicyPages(
            parts.overviews, parts.choices, parts.directory, parts.integrations
        )
        self._authorization = Authorization(
            parts.overviews, parts.choices, parts.organisations, parts.links
        )

    def routes(self) -> tuple[Route | Suggestions, ...]:
        """Claim the word, and every button, form and menu of every page."""
        parts, gate = self._parts, self._gate
        people = PeoplePages(parts.choices, parts.integrations, parts.people, parts.tenants)
        records = Records(parts.kept, parts.auditor, parts.keys, parts.links)
        return (
            gate.word("admin", self.show),
            gate.opening(names.OPEN, self.open),
            gate.press(names.ROOT, self.show),
            gate.press(names.READ_ONLY, self.switch),
            *self._authorization.routes(gate),
            *self._profiles.routes(gate),
            *self._policy.routes(gate),
            *people.routes(gate),
            *records.routes(gate),
        )

    async def open(self, ask: Ask) -> Answer:
        """Show the page that the button names, or how all stands."""
        if ask.value == names.AUTHORIZATION:
            return await self._authorization.show(ask)
        if ask.value == ADMINISTRATION_POLICY:
            return await self._policy.show(ask)
        if is_profile_id(ask.value):
            return await self._profiles.show(ask)
        return await self.show(ask)

    async def show(self, ask: Ask) -> Modal:
        """Show how everything stands."""
        return Modal(root_view(await self._parts.overviews.read(ask.principal.tenant)))

    async def switch(self, ask: Ask) -> Modal:
        """Switch writing off or on, at once."""
        await self._parts.choices.set_read_only(ask.principal, is_read_only=ask.value == "on")
        return await self.show(ask)
