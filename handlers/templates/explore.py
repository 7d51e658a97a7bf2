"""Exploring: the list of templates, the page of one, its form to look at, and trying it."""

from bot.dialog import Filling
from bot.dialogs import Start
from bot.frozen import frozen
from bot.task import DialogTask, TaskId
from bot.template import TemplateId, Version
from handlers.ask import MOST_MODALS, Ack, Answer, Ask, Kind, Modal, Reply, Route, View
from handlers.dialogs import views as dialog_views
from handlers.dialogs.names import carried_by, channel_of
from handlers.dialogs.parts import outside
from handlers.home import EXPLORE
from handlers.offers import EXPLORE_NOT
from handlers.templates import names, views
from handlers.templates.parts import TemplateParts, shown, words_of


@frozen
class Explore:
    """The pages of what there is to install."""

    parts: TemplateParts

    def routes(self) -> tuple[Route, ...]:
        """Claim this feature's names."""
        return (
            Route(Kind.COMMAND, "templates", self.search, opens=_opens),
            Route(Kind.PRESS, EXPLORE, self.show, opens=_opens, opens_if=outside),
            Route(Kind.PRESS, EXPLORE_NOT, self.skip),
            Route(Kind.PRESS, names.LIST, self.show_again),
            Route(Kind.PRESS, names.SEARCH, self.search_again),
            Route(Kind.SUBMISSION, names.SEARCH_FORM, self.search_again, submitted=_searching),
            Route(Kind.PRESS, names.CATEGORY, self.choose),
            Route(Kind.PRESS, names.DETAILS, self.details),
            Route(Kind.PRESS, names.LOOK, self.look, opens=_opens),
            Route(Kind.PRESS, names.TRY, self.try_it, opens=_opens, opens_if=_has_room),
        )

    async def show(self, ask: Ask) -> Modal:
        """List all of them."""
        return await self._listed(ask)

    async def show_again(self, ask: Ask) -> Modal:
        """List them as they were listed before."""
        before = carried_by(ask)
        return await self._listed(ask, before.get("words", ""), before.get("category", ""))

    async def search(self, ask: Ask) -> Modal:
        """List those that fit what was typed."""
        return await self._listed(ask, words_of(ask)[: views.LONGEST_WORDS])

    async def search_again(self, ask: Ask) -> Modal:
        """List those that fit what was typed into the list."""
        words = ask.typed(views.WORDS).strip()
        return await self._listed(ask, words, carried_by(ask).get("category", ""))

    async def choose(self, ask: Ask) -> Modal:
        """List those of one category."""
        words = ask.typed(views.WORDS).strip()
        return await self._listed(ask, words, views.category_in(ask.value))

    async def _listed(self, ask: Ask, words: str = "", category: str = "") -> Modal:
        found = await self.parts.offers.list_all(ask.principal, words)
        offers = [each.seen_by(ask.principal.user_id) for each in found]
        return shown(ask, views.listed(offers, words, category))

    async def details(self, ask: Ask) -> Modal:
        """Show the page of one."""
        template, version = names.template_in(ask.value)
        return shown(ask, await page(self.parts, ask, template, version))

    async def look(self, ask: Ask) -> Modal:
        """Show the form as it will ask."""
        template, version = names.template_in(ask.value)
        found = (await self.parts.offers.get(ask.principal, template, version)).template
        return shown(ask, dialog_views.picture(found.entities, found.name))

    async def try_it(self, ask: Ask) -> Answer:
        """Run it dry: it asks and looks, writes nothing, and says what it would write."""
        template, version = names.template_in(ask.value)
        offer = await self.parts.offers.get(ask.principal, template, version)
        start = Start(
            filling=Filling.FORM,
            began_in=channel_of(ask),
            correlation=ask.correlation,
            is_trial=True,
        )
        made_up = DialogTask(
            id=TaskId("trial"),
            tenant=ask.principal.tenant,
            word=offer.template.id,
            title=offer.template.name,
            template=TemplateId(offer.template.id),
            version=Version(offer.template.version),
            owner=ask.principal.user_id,
        )
        turn = await self.parts.desk.begin(ask.principal, made_up, start)
        return await self.parts.stage.show(ask, turn)

    async def skip(self, ask: Ask) -> Reply:
        """Take the buttons away."""
        del ask
        return Reply(
            "Integration successful. The home tab and the command's help list what can be done.",
            replace=True,
        )


async def page(
    parts: TemplateParts, ask: Ask, template: TemplateId, version: Version | None
) -> View:
    """Return the page of one template, as whoever asks may use it."""
    offer = await parts.offers.get(ask.principal, template, version)
    is_theirs = offer.kept is not None and offer.kept.by == ask.principal.user_id
    is_admin = await parts.roles.may_administer(ask.principal)
    offer = offer.seen_by(ask.principal.user_id)
    return views.details(offer, is_admin=is_admin, is_theirs=is_theirs)


def _opens(_: Ask) -> View:
    return views.loading()


async def _has_room(ask: Ask) -> bool:
    return ask.view is None or ask.view.level < MOST_MODALS


async def _searching(_: Ask) -> Ack:
    return Ack(view=views.loading())
