"""The composition root's second half, imported when it is first needed: see `bot.later`.

Dialogs and templates, administration, the doctor, and forgetting somebody.
"""

import secrets
from collections.abc import Awaitable, Callable

from bot import administration, dialogs, installing
from bot.administration.announcing import Announcer
from bot.app_parts import Core, Ends, Firsts, utc_now
from bot.catalogue import Catalogue, Shelf
from bot.connect import Connect
from bot.connection import Connection
from bot.dialogs import Admission, Contexts, DialogDesk, Settling
from bot.doctor import Doctor, Instruments, Ward
from bot.errands import Errand
from bot.errands import Pace as ErrandPace
from bot.errors import NotFound
from bot.find import PageFinder
from bot.frozen import frozen
from bot.manifest import required_scopes
from bot.ports import OnChannelMoved
from bot.principal import Principal, Tenant
from bot.steps import Engine, Tools
from bot.steps import Keeping as StepKeeping
from bot.task import DialogTask
from bot.template import ActionTemplate, TemplateId, Version
from bot.whereabouts import Whereabouts
from handlers import admin
from handlers import help as help_words
from handlers.admin.home_part import HomePart
from handlers.ask import Ask, Block, Route, Suggestions
from handlers.dialogs import (
    DialogParts,
    Dialogs,
    Said,
    Shortcuts,
    Stage,
    StageParts,
    blocks_of,
)
from handlers.doctor import DoctorParts, DoctorWords
from handlers.edge import Listeners
from handlers.forget import Forget, ForgetParts
from handlers.templates import Explore, Install, Own, TemplateParts

OfPerson = Callable[[Principal], Awaitable[tuple[Block, ...]]]


@frozen
class Rest:
    """What the first half needs of the second.

    *settle* goes on with runs, *tasks_of* and *admins_part* are shown on somebody's home tab,
    *announce* and *tidy* follow a consent.
    """

    listeners: Listeners
    settle: Errand
    move_channel: OnChannelMoved
    tasks_of: OfPerson
    admins_part: OfPerson
    announce: Callable[[Principal], Awaitable[Principal | None]]
    tidy: Callable[[Connection], Awaitable[None]]


def put_together(core: Core, firsts: Firsts) -> Rest:
    """Return the rest of the bot."""
    admins, running = _admins(core), _running(core, firsts)

    async def tasks_of(principal: Principal) -> tuple[Block, ...]:
        return await blocks_of(running.desk, principal, core.settings.command)

    async def tidy(connection: Connection) -> None:
        tenant = connection.principal.tenant
        await admins.organisations.end_others(tenant, connection.profile)

    routes = (
        *_doctor(core),
        *_forget(core, firsts.ends).routes(),
        *_administration(core, admins, firsts.connect),
        *running.routes(core),
        *_templates(core, running),
    )
    return Rest(
        listeners=Listeners(routes, running.dialogs.others()),
        settle=running.settling.settle,
        move_channel=running.installer.move_channel,
        tasks_of=tasks_of,
        admins_part=HomePart(admins.overviews, core.rules.roles).blocks,
        announce=_announcer(core).claim,
        tidy=tidy,
    )


def _announcer(core: Core) -> Announcer:
    stores, may_administer = core.stores, core.rules.roles.may_administer
    return Announcer(stores.integrations, stores.installations, may_administer, utc_now)


def _forget(core: Core, ends: Ends) -> Forget:
    return Forget(ForgetParts(ends.forgetter, core.rules.roles, core.outside.people, core.tenants))


def _doctor(core: Core) -> tuple[Route, ...]:
    stores, outside, rules = core.stores, core.outside, core.rules
    ward = Ward(
        stores.integrations,
        stores.connections,
        stores.preferences,
        rules.book,
        core.tenants.get,
        required_scopes(),
    )
    finder = PageFinder(
        core.actor, outside.confluence, Whereabouts(core.actor, stores.integrations)
    )
    instruments = Instruments(
        outside.slack_oauth,
        rules.roles,
        core.authorizer,
        core.actor,
        outside.consent,
        outside.confluence,
        finder,
        utc_now,
    )
    parts = DoctorParts(
        Doctor(ward, instruments),
        rules.roles,
        outside.people,
        core.tenants,
        outside.slack,
        utc_now,
        core.settings.command,
    )
    return DoctorWords(parts).routes()


@frozen
class _Admins:
    """What administration reads and changes, and whom it asks and tells."""

    books: administration.Books
    aides: administration.Aides
    organisations: administration.OrganisationConnection
    overviews: administration.Overviews


def _admins(core: Core) -> _Admins:
    stores, outside, settings = core.stores, core.outside, core.settings
    books = administration.Books(
        stores.integrations,
        stores.profiles,
        core.rules.book,
        stores.connections,
        stores.preferences,
        stores.parked,
        stores.pending,
    )
    aides = administration.Aides(
        outside.consent,
        outside.people,
        outside.voice,
        core.auditor,
        core.tenants.get,
        utc_now,
        settings.public_url,
        settings.command,
    )
    organisations = administration.OrganisationConnection(books, aides)
    overviews = administration.Overviews(books, aides, stores.keys)
    return _Admins(books, aides, organisations, overviews)


class _Templates:
    """Where the versions of templates are found: the tenant's own first, then the catalogue's."""

    def __init__(self, core: Core) -> None:
        self.catalogue = Catalogue()
        self.shelf = Shelf(core.stores.templates, utc_now)

    async def find(
        self, tenant: Tenant, template: TemplateId, version: Version
    ) -> ActionTemplate | None:
        """Return that version."""
        kept = await self.shelf.get(tenant, template, version)
        if kept is not None:
            return kept
        shipped = await self.catalogue.find(template)
        is_it = shipped is not None and shipped.template.version == version
        return shipped.template if shipped is not None and is_it else None

    async def of_task(self, task: DialogTask) -> ActionTemplate:
        """Return the template of *task*. Raises ``NotFound``."""
        found = await self.find(task.tenant, task.template, task.version)
        if found is None:
            raise NotFound("The template of that task isn't kept here any more.")
        return found


@frozen
class _Running:
    """What runs dialog tasks: the dialogs, where they are shown, and what finishes them."""

    desk: DialogDesk
    engine: Engine
    templates: _Templates
    stage: Stage
    dialogs: Dialogs
    settling: Settling
    offers: installing.Offers
    installer: installing.Installer

    def routes(self, core: Core) -> tuple[Route | Suggestions, ...]:
        """Claim the names of running and talking."""
        command, deliveries = core.settings.command, core.stores.deliveries

        async def is_first(ask: Ask) -> bool:
            return await deliveries.is_first(ask.principal.tenant, ask.event_id, utc_now())

        said = Said(self.desk, self.stage, command, is_first)
        shortcuts = Shortcuts(self.desk, self.stage, self.templates.of_task, command)
        return *self.dialogs.routes(), *said.routes(), *shortcuts.routes()


def _contexts(core: Core) -> Contexts:
    outside = core.outside

    async def name_of_channel(principal: Principal, channel: str) -> str:
        installation = await core.tenants.get(principal.tenant)
        return await outside.slack.find_name(installation, channel) if installation else ""

    return Contexts(
        core.actor,
        outside.confluence,
        outside.people,
        core.tenants.get,
        core.stores.tasks,
        name_of_channel,
        utc_now,
    )


def _running(core: Core, firsts: Firsts) -> _Running:
    stores, outside, settings = core.stores, core.outside, core.settings
    templates = _Templates(core)
    admission = Admission(stores.tasks, outside.people, core.tenants.get)
    engine = Engine(
        Tools(core.actor, outside.confluence, outside.files, core.auditor, utc_now),
        StepKeeping(
            stores.dialogs,
            stores.templates,
            firsts.publisher,
            admission.check_still,
            settings.undo_for,
            settings.settle_after,
        ),
    )
    contexts = _contexts(core)
    desk = DialogDesk(
        dialogs.Stores(stores.dialogs, stores.tasks, templates.find),
        dialogs.Hands(engine, contexts.of_dialog, utc_now),
        admission,
    )
    stage = Stage(StageParts(desk, outside.slack, outside.voice, core.tenants, engine.can_undo))
    return _Running(
        desk,
        engine,
        templates,
        stage,
        Dialogs(DialogParts(desk, stage, outside.slack, firsts.home.refresh, settings.command)),
        Settling(
            desk,
            stores.dialogs,
            stage.tell,
            ErrandPace(settings.settle_after, settings.settle_every),
            utc_now,
        ),
        *_installer(core, templates),
    )


def _installer(core: Core, templates: _Templates) -> tuple[installing.Offers, installing.Installer]:
    stores, rules = core.stores, core.rules
    books = installing.Books(
        stores.templates, stores.tasks, stores.dialogs, templates.catalogue, templates.shelf
    )
    words = tuple(each.word for each in help_words.WORDS)
    aides = installing.Aides(
        rules.roles, core.auditor, utc_now, words, lambda: secrets.token_urlsafe(9)
    )
    offers = installing.Offers(books, aides)
    return offers, installing.Installer(books, aides, offers)


def _templates(core: Core, running: _Running) -> tuple[Route | Suggestions, ...]:
    stores, outside, rules = core.stores, core.outside, core.rules
    parts = TemplateParts(
        running.offers,
        running.installer,
        running.desk,
        running.stage,
        stores.dialogs,
        rules.roles,
        outside.people,
        outside.files,
        outside.slack,
        core.tenants,
        _contexts(core).of,
        utc_now,
        core.settings.command,
    )
    return *Explore(parts).routes(), *Install(parts).routes(), *Own(parts).routes()


def _administration(
    core: Core, admins: _Admins, connect: Connect
) -> tuple[Route | Suggestions, ...]:
    stores, outside, books, aides = core.stores, core.outside, admins.books, admins.aides
    parts = admin.AdminParts(
        admins.overviews,
        administration.Choices(books, aides),
        administration.CustomProfiles(books, aides),
        admins.organisations,
        administration.Kept(books, aides),
        administration.Directory(stores.integrations, core.authorizer, outside.confluence),
        stores.integrations,
        stores.keys,
        core.auditor,
        admin.Links(connect, core.tenants, outside.people),
        outside.people,
        core.tenants,
    )
    gate = admin.Gate(core.rules.roles, stores.integrations, stores.installations)
    return admin.Admin(parts, gate).routes()
