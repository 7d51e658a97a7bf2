"""Links to our own pages, for one admin's eyes."""

from bot.connect import Connect, Wanted
from bot.connection import Need
from bot.pending import Purpose
from bot.ports import SlackPeople
from bot.principal import Principal
from handlers.admin import names
from handlers.admin.authorization_views import link_view
from handlers.ask import Modal
from handlers.tenants import Tenants


class Links:
    """Begins what ends on a page of ours, under *Sign in with Slack*."""

    def __init__(self, connect: Connect, tenants: Tenants, people: SlackPeople) -> None:
        self._connect = connect
        self._tenants = tenants
        self._people = people

    async def lend(self, principal: Principal, profile: str, name: str) -> Modal:
        """Return the page that leads to the organisation's consent."""
        wanted = Wanted(Need.LEND, Purpose.ORGANISATION, profile, name)
        words = "Your browser shows what is asked for, then leads on to the consent."
        return await self._page(principal, wanted, words, ("Authorize", names.AUTHORIZATION, ""))

    async def try_out(self, principal: Principal, profile: str) -> Modal:
        """Return the page that leads to a trial, of which nothing is kept."""
        wanted = Wanted(Need.READ, Purpose.TRIAL, profile)
        words = "Authorize once with an account of yours. What is granted is let go at once."
        return await self._page(principal, wanted, words, ("Try it", names.PROFILE, profile))

    async def type_secret(self, principal: Principal, profile: str) -> Modal:
        """Return the page that leads to where the client secret is typed."""
        wanted = Wanted(Need.READ, Purpose.SECRET, profile)
        words = "Secrets are typed on our own page, never in Slack, and never shown again."
        back = ("Type the client secret", names.PROFILE, profile)
        return await self._page(principal, wanted, words, back)

    async def export(self, principal: Principal, form: str) -> Modal:
        """Return the page that leads to a copy of the audit."""
        wanted = Wanted(Need.READ, Purpose.EXPORT, name=form)
        words = "The whole audit of this workspace, as a file, once you have signed in with Slack."
        return await self._page(principal, wanted, words, ("Get the file", names.AUDIT, ""))

    async def _page(
        self, principal: Principal, wanted: Wanted, words: str, ends: tuple[str, str, str]
    ) -> Modal:
        label, back, value = ends
        person, workspace = principal.user_id, ""
        installation = await self._tenants.get(principal.tenant)
        if installation is not None:
            person = (await self._people.get(installation, principal.user_id)).name
            workspace = installation.name
        invitation = await self._connect.start(principal, person, workspace, wanted)
        way_back = {"action": back, "value": value}
        return Modal(link_view(words, label, invitation.link, invitation.flow, way_back))
