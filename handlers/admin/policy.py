"""Listeners of the pages *Policy* and *People & roles*."""

from collections.abc import Sequence
from dataclasses import replace

from bot.administration import Choices, Directory, Overviews
from bot.errors import BadInput
from bot.installation import UserGroup
from bot.integration import Credential, Integration, Policy
from bot.ports import Integrations, SlackPeople
from handlers.admin import kit, names
from handlers.admin import policy_views as views
from handlers.admin.gate import Gate
from handlers.admin.kit import Problem
from handlers.admin.policy_views import PolicyForm
from handlers.ask import Ask, Block, Modal, Route, Suggestions, View
from handlers.tenants import Tenants


class PolicyPages:
    """Whose connection is used for what, where, and by whom."""

    def __init__(
        self,
        overviews: Overviews,
        choices: Choices,
        directory: Directory,
        integrations: Integrations,
    ) -> None:
        self._overviews = overviews
        self._choices = choices
        self._directory = directory
        self._integrations = integrations

    def routes(self, gate: Gate) -> tuple[Route | Suggestions, ...]:
        """Claim the page's button, form and menus."""
        return (
            gate.press(names.POLICY, self.show),
            gate.form(names.POLICY_FORM, self.save, self.again),
            gate.menu(names.READABLE, self.suggest_spaces),
            gate.menu(names.WRITABLE, self.suggest_spaces),
            gate.menu(names.AUDIENCE, self.suggest_groups),
        )

    async def show(self, ask: Ask) -> Modal:
        """Show the policy as it stands."""
        overview = await self._overviews.read(ask.principal.tenant)
        integration = overview.integration
        is_connected = overview.organisations is not None
        form = PolicyForm.of(integration)
        return Modal(views.policy_view(integration, form, is_connected=is_connected))

    async def save(self, ask: Ask) -> Modal:
        """Keep what was chosen; spaces are looked up, so that their names are Confluence's."""
        form, tenant = PolicyForm.typed(ask), ask.principal.tenant
        stands = (await self._integrations.find(tenant)).policy
        known = (*stands.readable, *stands.writable)
        readable = await self._directory.allow(tenant, [value for value, _ in form.readable], known)
        writable = await self._directory.allow(tenant, [value for value, _ in form.writable], known)
        read, write = _credential(form.read, views.READ), _credential(form.write, views.WRITE)
        audience, audience_name = form.audience

        def change(integration: Integration) -> Integration:
            policy = replace(
                integration.policy,
                read=read,
                write=write,
                readable=readable,
                writable=writable,
                audience=audience,
                audience_name=audience_name if audience else "",
            )
            return replace(integration, policy=policy)

        await self._choices.change(ask.principal, kit.carried(ask, "seen"), change)
        return await self.show(ask)

    async def again(self, ask: Ask, problem: Problem) -> View:
        """Show the form with what was chosen, and what is wrong."""
        overview = await self._overviews.read(ask.principal.tenant)
        return views.policy_view(
            overview.integration,
            PolicyForm.typed(ask),
            problem,
            is_connected=overview.organisations is not None,
        )

    async def suggest_spaces(self, ask: Ask) -> Sequence[Block]:
        """Offer the spaces that the organisation's connection sees."""
        found = await self._directory.suggest_spaces(ask.principal.tenant, ask.text)
        is_one_of_several = len({site.cloud_id for site, _ in found}) > 1
        return [
            views.space_option(site, space, is_one_of_several=is_one_of_several)
            for site, space in found[: kit.MOST_OPTIONS]
        ]

    async def suggest_groups(self, ask: Ask) -> Sequence[Block]:
        """Offer Confluence's groups."""
        return views.group_options(
            await self._directory.find_groups(ask.principal.tenant, ask.text)
        )


class PeoplePages:
    """Who may write, install, publish, administer."""

    def __init__(
        self,
        choices: Choices,
        integrations: Integrations,
        people: SlackPeople,
        tenants: Tenants,
    ) -> None:
        self._choices = choices
        self._integrations = integrations
        self._people = people
        self._tenants = tenants

    def routes(self, gate: Gate) -> tuple[Route, ...]:
        """Claim the page's button and form."""
        return (
            gate.press(names.PEOPLE, self.show),
            gate.form(names.PEOPLE_FORM, self.save, self.again),
        )

    async def show(self, ask: Ask) -> Modal:
        """Show who has which role."""
        integration = await self._integrations.find(ask.principal.tenant)
        groups = await self._groups(ask)
        return Modal(views.people_view(integration, views.members_of(integration), groups))

    async def save(self, ask: Ask) -> Modal:
        """Keep who was chosen. A group that isn't this workspace's was never offered."""
        members = views.members_typed(ask)
        known = {group.id for group in await self._groups(ask)}

        def change(integration: Integration) -> Integration:
            return replace(integration, policy=_with_members(integration.policy, members, known))

        await self._choices.change(ask.principal, kit.carried(ask, "seen"), change)
        return await self.show(ask)

    async def again(self, ask: Ask, problem: Problem) -> View:
        """Show the form with who was chosen, and what is wrong."""
        integration = await self._integrations.find(ask.principal.tenant)
        groups = await self._groups(ask)
        return views.people_view(integration, views.members_typed(ask), groups, problem)

    async def _groups(self, ask: Ask) -> Sequence[UserGroup]:
        installation = await self._tenants.get(ask.principal.tenant)
        if installation is None:
            return ()
        if not installation.is_organisations:
            return await self._people.list_groups(installation)
        # Groups are of workspaces: those that the admin belongs to.
        person = await self._people.get(installation, ask.principal.user_id)
        found: list[UserGroup] = []
        for team in sorted(person.teams - installation.barred):
            found += await self._people.list_groups(installation, team)
        return found


def _with_members(policy: Policy, members: views.Members, known: set[str]) -> Policy:
    roles = []
    for role, (people, groups) in members.items():
        kept = set(policy.members(role)) | known
        named = (*people, *(each for each in groups if each in kept))
        if named:
            roles.append((role, named))
    return replace(policy, roles=tuple(roles))


def _credential(value: str, field: str) -> Credential:
    try:
        return Credential(value)
    except ValueError:
        raise BadInput("Choose one of these.", field=field) from None
