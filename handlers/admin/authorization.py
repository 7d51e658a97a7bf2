"""Listeners of the page *Authorization*."""

from bot.administration import Choices, OrganisationConnection, Overviews
from bot.administration.connections import remains
from bot.errors import NotFound
from bot.mrkdwn import escape
from handlers import blocks
from handlers.admin import authorization_views as views
from handlers.admin import kit, names
from handlers.admin.authorization_views import Chosen
from handlers.admin.gate import Gate
from handlers.admin.kit import Problem
from handlers.admin.links import Links
from handlers.ask import Ack, Ask, Modal, Route, View


class Authorization:
    """Whose consent is used, and the organisation's connection."""

    def __init__(
        self,
        overviews: Overviews,
        choices: Choices,
        organisations: OrganisationConnection,
        links: Links,
    ) -> None:
        self._overviews = overviews
        self._choices = choices
        self._organisations = organisations
        self._links = links

    def routes(self, gate: Gate) -> tuple[Route, ...]:
        """Claim the page's buttons and forms."""
        return (
            gate.press(names.AUTHORIZATION, self.show),
            gate.form(names.AUTHORIZATION_FORM, self.save, self.again),
            gate.press(names.LEND, self.ask_to_lend),
            gate.form(names.LEND_FORM, self.lend, self.ask_to_lend_again, _linking),
            gate.press(names.HAND_OVER, self.ask_to_hand_over),
            gate.form(names.HAND_OVER_FORM, self.hand_over, self.hand_over_again),
            gate.press(names.DISCONNECT, self.disconnect),
        )

    async def show(self, ask: Ask) -> Modal:
        """Show how it stands."""
        overview = await self._overviews.read(ask.principal.tenant)
        return Modal(views.authorization_view(overview, Chosen.of(overview)))

    async def save(self, ask: Ask) -> Modal:
        """Keep what was chosen."""
        chosen, seen = Chosen.typed(ask), kit.carried(ask, "seen")
        await self._choices.authorize_by(ask.principal, seen, chosen.type, chosen.people_profile)
        return await self.show(ask)

    async def again(self, ask: Ask, problem: Problem) -> View:
        """Show the form with what was chosen, and what is wrong."""
        overview = await self._overviews.read(ask.principal.tenant)
        return views.authorization_view(overview, Chosen.typed(ask), problem)

    async def ask_to_lend(self, ask: Ask) -> Modal:
        """Ask under which profile, and for a name."""
        overview = await self._overviews.read(ask.principal.tenant)
        standing = overview.organisations
        profile = standing.profile if standing else overview.integration.people_profile
        name = standing.name if standing else "Confluence for everybody"
        return Modal(views.lend_view(overview, profile, name))

    async def ask_to_lend_again(self, ask: Ask, problem: Problem) -> View:
        """Show that form with what was typed."""
        overview = await self._overviews.read(ask.principal.tenant)
        profile, _ = ask.chosen(views.LENT_PROFILE)
        return views.lend_view(overview, profile, ask.typed(views.NAME), problem)

    async def lend(self, ask: Ask) -> Modal:
        """Hand out the link."""
        profile, _ = ask.chosen(views.LENT_PROFILE)
        name = " ".join(ask.typed(views.NAME).split())
        return await self._links.lend(ask.principal, profile, name)

    async def ask_to_hand_over(self, ask: Ask) -> Modal:
        """Ask for its name and owner."""
        connection = await self._organisations.find(ask.principal.tenant)
        if connection is None:
            raise NotFound("There is no organisation's connection any more.")
        return Modal(views.hand_over_view(connection, connection.name, connection.owner))

    async def hand_over(self, ask: Ask) -> Modal:
        """Keep its name and owner."""
        owner = kit.person_in(ask, views.OWNER)
        await self._organisations.hand_over(ask.principal, ask.typed(views.NAME), owner)
        return await self.show(ask)

    async def hand_over_again(self, ask: Ask, problem: Problem) -> View:
        """Show that form with what was typed."""
        connection = await self._organisations.find(ask.principal.tenant)
        if connection is None:
            return kit.page([blocks.section(escape(problem.words))])
        owner = kit.person_in(ask, views.OWNER)
        return views.hand_over_view(connection, ask.typed(views.NAME), owner, problem)

    async def disconnect(self, ask: Ask) -> Modal:
        """Delete the organisation's connection, and say what remains."""
        ended = await self._organisations.end(ask.principal)
        if ended is None:
            words = "There was no organisation's connection, so there was nothing to delete."
        else:
            words = (
                f"Deleted here: the tokens of *{escape(ended.connection.account.name)}*. Whoever "
                "has a connection of their own goes on with it.\n" + remains(ended)
            )
        return Modal(kit.page([blocks.section(words)], back=names.AUTHORIZATION))


def _linking(ask: Ask) -> Ack:
    if not ask.typed(views.NAME).strip():
        return Ack(errors={views.NAME: "Give it a name, by which people know whose account it is."})
    return Ack(view=kit.working("Making the link…"))
