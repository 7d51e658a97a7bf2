"""The composition root: the one module that knows every concrete class."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot import administration, dialogs, forgetting, installing, reporting
from bot.act import Actor
from bot.administration.announcing import Announcer
from bot.audit import Auditor
from bot.authorize import Authorizer, Issuers, Witnesses
from bot.catalogue import Catalogue, Shelf
from bot.chain import Chainer
from bot.compose import Composer
from bot.connect import Connect, Connected, OnConnected, Services, Terms
from bot.connect import Stores as ConnectStores
from bot.connection import Connection
from bot.counted import CountedReceipts
from bot.credentials import Books, CredentialPolicy
from bot.dialogs import Admission, Contexts, DialogDesk, Settling
from bot.doctor import Doctor, Instruments, Ward
from bot.errands import Errand, Errands, Rota
from bot.errands import Pace as ErrandPace
from bot.errors import NotFound
from bot.find import PageFinder
from bot.forgetting import Forgetter
from bot.installation import Installation
from bot.keeping import Keeping, Timetable
from bot.lending import LentConfluence
from bot.manifest import required_scopes, slack_scopes
from bot.metrics import Metrics
from bot.operations import public_health
from bot.pending import Purpose
from bot.ports import (
    DELETE_TENANT,
    DEPART,
    FORGET,
    REMIND,
    RENEW,
    REPORT,
    RUN,
    Confluence,
    Files,
    Receipts,
)
from bot.principal import Principal, Tenant
from bot.profile import SYSTEM, AuthorizationProfile, TokenBody
from bot.profiles import ProfileBook
from bot.providers.confluence import ConfluenceApi
from bot.providers.consent import ConsentServers
from bot.providers.datacenter import DataCenterApi
from bot.providers.dialects import either
from bot.providers.gateway import Gateway, Pace
from bot.providers.outgoing import Outgoing
from bot.providers.personal_data import AtlassianPersonalData
from bot.providers.slack import SlackDirectory, SlackVoice
from bot.providers.slack_files import SlackFiles
from bot.providers.slack_oauth import SlackOAuth
from bot.providers.slack_sign_in import SlackOpenId
from bot.public_address import PublicAddress
from bot.publish import Memory, Publisher
from bot.quota import Quota
from bot.reporting import Reporter
from bot.roles import Roles
from bot.rotation import FreshInstallations
from bot.search import Searcher
from bot.settings import Settings
from bot.settle import Hands, Settler
from bot.settle import Stores as SettleStores
from bot.slack_install import InstallStores, SlackInstall
from bot.steps import Engine, Tools
from bot.steps import Keeping as StepKeeping
from bot.task import DialogTask
from bot.template import ActionTemplate, TemplateId, Version
from bot.trail import Action, ChainKey, Entry, Person
from bot.uninstalled import TenantEnd
from bot.whereabouts import Whereabouts
from handlers import admin, browser
from handlers import help as help_words
from handlers.account import Account, AccountParts
from handlers.admin.home_part import HomePart
from handlers.ask import Ask, Block, Route, Suggestions
from handlers.channel import Channel, ChannelParts
from handlers.create import Create, CreateParts
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
from handlers.drafts import RecentDrafts
from handlers.edge import Edge, Table
from handlers.forget import Forget, ForgetParts
from handlers.home import Home, HomeParts
from handlers.lifecycle import Hearers, Lifecycle, LifecycleParts
from handlers.notices import Notices, NoticesParts
from handlers.offers import Afterwards, Invitations, Offers, Resumption
from handlers.running import Surroundings
from handlers.search import Search
from handlers.share import Pages, PagesParts
from handlers.signing import Verifier
from handlers.slack_api import SlackApi
from handlers.slack_http import MOST_BYTES, PATH, SlackEndpoint
from handlers.tasks import Tasks
from handlers.templates import Explore, Install, Own, TemplateParts
from handlers.tenants import Tenants
from store.stores import Stores

log = structlog.get_logger(__name__)

MOST_RECORDS = 10_000
"""Rows of the audit that wait for the database: beyond, what is done is logged alone."""


def utc_now() -> datetime:
    """Return the time: the one clock of a running bot."""
    return datetime.now(UTC)  # noqa: TID251 - this is the Clock that is passed in


@dataclass(frozen=True, slots=True)
class Outside:
    """What talks to other people's servers."""

    outgoing: Outgoing
    consent: ConsentServers
    confluence: Confluence
    quota: Quota
    sign_in: SlackOpenId
    people: SlackDirectory
    voice: SlackVoice
    files: Files
    slack: SlackApi
    slack_oauth: SlackOAuth
    installations: FreshInstallations


@dataclass(frozen=True, slots=True)
class Recording:
    """Who writes the audit and who chains it, and what of it is being written.

    The rows are tasks of their own: others' may end with something to record.
    """

    auditor: Auditor
    chainer: Chainer
    tasks: Tasks


@dataclass(frozen=True, slots=True)
class Bot:
    """The assembled bot, not yet listening."""

    app: AsyncApp
    table: Table
    web: web.Application
    tasks: Tasks
    authorizer: Authorizer
    settler: Settler
    errands: Errands
    tenants: Tenants
    recording: Recording
    installations: FreshInstallations


@dataclass(frozen=True, slots=True)
class Rules:
    """What a tenant's admins decide, as it is read: profiles, roles, whose connection is used."""

    book: ProfileBook
    roles: Roles
    credentials: CredentialPolicy


@dataclass(frozen=True, slots=True)
class Core:
    """What the features are built from."""

    settings: Settings
    stores: Stores
    outside: Outside
    tenants: Tenants
    rules: Rules
    authorizer: Authorizer
    actor: Actor
    auditor: Auditor


def profile_of(settings: Settings) -> AuthorizationProfile:
    """Return the system profile: the OAuth app of our settings."""
    return AuthorizationProfile(
        id=SYSTEM,
        name=SYSTEM,
        client_id=settings.atlassian_client_id,
        client_secret=settings.atlassian_client_secret,
        authorization_url=f"{settings.atlassian_auth_url}/authorize",
        token_url=f"{settings.atlassian_auth_url}/oauth/token",
        callback_url=f"{settings.public_url}/connect/callback/{SYSTEM}",
        token_body=TokenBody.JSON,
    )


def allowed_origins(settings: Settings) -> tuple[str, ...]:
    """Return every server that the bot may talk to (promise 13)."""
    return (
        settings.slack_api_url,
        settings.slack_url,
        settings.slack_hooks_url,
        settings.slack_files_url,
        settings.atlassian_auth_url,
        settings.atlassian_api_url,
    )


def reach_out(settings: Settings, outgoing: Outgoing, stores: Stores, metrics: Metrics) -> Outside:
    """Build everything that sends requests, over the one session of *outgoing*."""
    quota = Quota(stores.quota, utc_now, person=settings.person_points, on_left=metrics.points_left)
    pace = Pace(counted=metrics.called)
    gateway = Gateway(outgoing, settings.atlassian_api_url, quota, utc_now, pace)
    api_url = f"{settings.slack_api_url}/"
    slack_oauth = _slack_oauth(settings, outgoing, api_url)

    async def tell(broken: Installation) -> None:
        await _tell_installer(settings, stores, voice, broken)

    installations = FreshInstallations(stores.installations, slack_oauth, utc_now, tell)
    voice = SlackVoice(outgoing, api_url, settings.slack_hooks_url, installations, utc_now)
    return Outside(
        outgoing=outgoing,
        consent=ConsentServers(
            outgoing,
            settings.atlassian_auth_url,
            settings.atlassian_api_url,
            utc_now,
            settings.internal_origins,
        ),
        confluence=LentConfluence(
            either(ConfluenceApi(gateway, utc_now), DataCenterApi(gateway, utc_now))
        ),
        quota=quota,
        sign_in=SlackOpenId(
            outgoing,
            settings.slack_url,
            settings.slack_client_id,
            settings.slack_client_secret,
            f"{settings.public_url}/connect/slack",
            utc_now,
        ),
        people=SlackDirectory(outgoing, api_url, utc_now),
        voice=voice,
        files=SlackFiles(outgoing, api_url, settings.slack_files_url, installations, utc_now),
        slack=SlackApi(outgoing.session, api_url, settings.slack_hooks_url),
        slack_oauth=slack_oauth,
        installations=installations,
    )


def _slack_oauth(settings: Settings, outgoing: Outgoing, api_url: str) -> SlackOAuth:
    client = {
        "client_id": SecretStr(settings.slack_client_id or ""),
        "client_secret": settings.slack_client_secret or SecretStr(""),
    }
    asks = {
        "scope": ",".join(sorted(slack_scopes())),
        "redirect_uri": f"{settings.public_url}{browser.REDIRECT}",
    }
    return SlackOAuth(outgoing, (settings.slack_url, api_url), client, asks, utc_now)


async def _tell_installer(
    settings: Settings, stores: Stores, voice: SlackVoice, broken: Installation
) -> None:
    """Say that the installation has to be renewed by hand, while its token still works."""
    user_id = await stores.installations.find_installer(broken.tenant)
    if user_id is None:
        return
    words = (
        "Slack won't renew Confab's access to this workspace any more, so it will stop working "
        "here soon. Nothing of yours is lost. To mend it, install it again: "
        f"<{settings.public_url}{browser.INSTALL}>"
    )
    await voice.tell(Principal(broken.tenant, user_id), words)


def assemble(settings: Settings, stores: Stores, outside: Outside, metrics: Metrics) -> Bot:
    """Put the bot together out of its stores and its ways out."""
    metrics.watch_queue("tasks", (tasks := Tasks()).__len__)
    tenants = Tenants(outside.installations, utc_now)
    rules = _rules(settings, stores, outside, tenants)
    recording = _recording(settings, stores, metrics)
    grants = _grants(
        stores,
        Issuers(outside.consent, rules.book),
        _notices(stores, outside, rules, recording.auditor),
        tasks,
        metrics,
    )
    actor = Actor(grants.authorizer, stores.connections, stores.preferences, rules.credentials)
    core = Core(
        settings, stores, outside, tenants, rules, grants.authorizer, actor, recording.auditor
    )
    tables: list[Table] = []
    publisher = _publisher(core, CountedReceipts(stores.receipts, metrics.settled))
    running = _running(core, publisher)
    home = _home(core, admins := _admins(core), running)
    resumption = Resumption(
        lambda: tables[0], outside.voice, tasks, home, _afterwards(core, admins)
    )
    ends = _ends(core, home)
    connect = _connect(core, resumption, grants.timetable, ends.reporter)
    invitations = Invitations(connect, tenants, outside.people)
    create = _create(core, publisher)
    account = Account(
        AccountParts(
            stores.connections,
            stores.preferences,
            stores.parked,
            outside.consent,
            rules.book,
            rules.credentials,
            grants.authorizer,
            connect,
            invitations,
            resumption,
            home,
            core.actor,
            recording.auditor,
            utc_now,
            settings.command,
        )
    )
    table = Table(
        (
            *account.routes(),
            *home.routes(),
            *_reading(core),
            *_channel(core),
            *_doctor(core),
            *create.routes(),
            *_lifecycle(core, ends, running.installer).routes(),
            *_forget(core, ends).routes(),
            *_administration(core, admins, connect),
            *running.routes(core),
            *_templates(core, running),
        ),
        running.dialogs.others(),
    )
    tables.append(table)
    around = Surroundings(
        tenants, outside.people, outside.slack, stores.deliveries, stores.parked, tasks, utc_now
    )
    recover = Offers(invitations, stores.parked, utc_now, settings.parked_lifetime).recover
    words = help_words.build(settings.command)
    app = bolt_app(Edge(table, words, around, recover, metrics.acked))
    install = _install(core, ends) if settings.takes_installs else None
    return Bot(
        app,
        table,
        _web(core, app, connect, tasks, install),
        tasks,
        grants.authorizer,
        _settler(settings, stores, publisher, create, tasks),
        _errands(settings, stores, {RUN: running.settling.settle, **_timed(grants, ends)}, tasks),
        tenants,
        recording,
        outside.installations,
    )


@dataclass(frozen=True, slots=True)
class _Ends:
    """What deletes: of people, of tenants, and what Atlassian says has ended."""

    forgetter: Forgetter
    tenant_end: TenantEnd
    reporter: Reporter

    @property
    def errands(self) -> dict[str, Errand]:
        """What of it is done in its time, by kind."""
        return {
            FORGET: self.forgetter.go_on,
            DEPART: self.forgetter.see_off,
            DELETE_TENANT: self.tenant_end.delete,
            REPORT: self.reporter.report,
        }


def _ends(core: Core, home: Home) -> _Ends:
    stores, outside, book = core.stores, core.outside, core.rules.book
    forgetter = Forgetter(
        forgetting.Stores(
            stores.forgetting,
            stores.connections,
            stores.preferences,
            stores.integrations,
            stores.installations,
            stores.due,
            book,
        ),
        forgetting.Aides(
            outside.consent,
            outside.people,
            outside.voice,
            core.auditor,
            core.rules.roles,
            core.tenants.get,
            home.refresh,
        ),
        utc_now,
    )
    tenant_end = TenantEnd(
        stores.forgetting,
        stores.installations,
        stores.connections,
        stores.due,
        revoking=(outside.consent, book),
        auditor=core.auditor,
        clock=utc_now,
        after=timedelta(days=core.settings.delete_after),
    )
    personal = AtlassianPersonalData(outside.outgoing, core.settings.atlassian_api_url, utc_now)
    reporter = Reporter(
        reporting.Stores(stores.connections, stores.receipts, stores.forgetting, stores.due, book),
        reporting.Aides(personal, core.authorizer, outside.quota, core.auditor, outside.voice),
        utc_now,
    )
    return _Ends(forgetter, tenant_end, reporter)


def _forget(core: Core, ends: _Ends) -> Forget:
    return Forget(ForgetParts(ends.forgetter, core.rules.roles, core.outside.people, core.tenants))


def _reading(core: Core) -> tuple[Route, ...]:
    stores, outside = core.stores, core.outside
    whereabouts = Whereabouts(core.actor, stores.integrations)
    searcher = Searcher(core.actor, outside.confluence, core.auditor, utc_now)
    finder = PageFinder(core.actor, outside.confluence, whereabouts)
    search = Search(searcher, whereabouts, outside.people, core.tenants, core.settings.command)
    pages = Pages(
        PagesParts(
            core.actor, outside.confluence, finder, outside.slack, core.tenants, core.auditor
        )
    )
    return *search.routes(), *pages.routes()


def _channel(core: Core) -> tuple[Route, ...]:
    stores, outside = core.stores, core.outside
    whereabouts = Whereabouts(core.actor, stores.integrations)
    parts = ChannelParts(
        core.actor,
        outside.confluence,
        stores.integrations,
        whereabouts,
        outside.slack,
        core.tenants,
        core.auditor,
        utc_now,
    )
    return Channel(parts).routes()


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


def _lifecycle(core: Core, ends: _Ends, installer: installing.Installer) -> Lifecycle:
    stores, outside = core.stores, core.outside

    async def record(tenant: Tenant, _at: datetime) -> None:
        core.auditor.record(Entry(tenant, Action.UNINSTALL))

    hearers = Hearers(
        uninstalled=(record, ends.tenant_end.uninstalled),
        left=(ends.forgetter.departed,),
        channel_moved=(stores.integrations.move_channel, installer.move_channel),
    )
    return Lifecycle(
        LifecycleParts(
            stores.installations, core.tenants, outside.people, outside.slack_oauth, hearers
        )
    )


def _install(core: Core, ends: _Ends) -> SlackInstall:
    async def record(installation: Installation) -> None:
        tenant = installation.tenant
        by = await core.stores.installations.find_installer(tenant)
        who = Person(by) if by else None
        core.auditor.record(Entry(tenant, Action.INSTALL, who))

    return SlackInstall(
        InstallStores(core.stores.installations, core.stores.installs),
        core.outside.slack_oauth,
        slack_scopes(),
        utc_now,
        on_installed=(core.tenants.installed, ends.tenant_end.installed, record),
    )


def _recording(settings: Settings, stores: Stores, metrics: Metrics) -> Recording:
    tasks = Tasks(MOST_RECORDS)
    metrics.watch_queue("audit", lambda: len(tasks))
    key = ChainKey(settings.audit_key)
    auditor = Auditor(stores.audit, key, utc_now, tasks.start, metrics.audit_lost)
    return Recording(auditor, Chainer(stores.chain, key, stores.leases, utc_now), tasks)


def bolt_app(edge: Edge) -> AsyncApp:
    """Return Bolt with the edge as its one middleware; its own checks stand in front of it."""
    return AsyncApp(
        name="confab",  # else Bolt reads the stack for it, which takes 50 ms
        before_authorize=edge,
        authorize=_never_authorized,
        process_before_response=True,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
    )


async def _never_authorized() -> AuthorizeResult:
    raise RuntimeError("the edge answers every request before Bolt authorizes it")


@dataclass(frozen=True, slots=True)
class _Grants:
    """Who renews grants, when they are asked for and when their time has come."""

    authorizer: Authorizer
    timetable: Timetable
    keeping: Keeping


def _grants(
    stores: Stores, issuers: Issuers, notices: Notices, tasks: Tasks, metrics: Metrics
) -> _Grants:
    timetable = Timetable(stores.due, tasks.start, utc_now)
    witnesses = Witnesses(
        notices.ended, metrics.refreshed, timetable.used, timetable.failing, notices.broken
    )
    authorizer = Authorizer(stores.connections, issuers, utc_now, witnesses=witnesses)
    keeping = Keeping(stores.connections, timetable, authorizer, notices.expiring, utc_now)
    return _Grants(authorizer, timetable, keeping)


def _notices(stores: Stores, outside: Outside, rules: Rules, auditor: Auditor) -> Notices:
    return Notices(
        NoticesParts(
            outside.voice,
            rules.book,
            stores.deliveries,
            stores.installations.find_installer,
            auditor,
            utc_now,
        )
    )


def _once_connected(
    resumption: Resumption, timetable: Timetable, reporter: Reporter
) -> OnConnected:
    async def connected(done: Connected) -> None:
        await resumption.connected(done)
        if done.purpose is not Purpose.TRIAL:
            await timetable.connected(done.connection)
            await reporter.connected(done.connection.principal.tenant, done.connection.profile)

    return connected


def _timed(grants: _Grants, ends: _Ends) -> dict[str, Errand]:
    return {RENEW: grants.keeping.renew, REMIND: grants.keeping.remind, **ends.errands}


def _errands(
    settings: Settings, stores: Stores, errands: dict[str, Errand], tasks: Tasks
) -> Errands:
    return Errands(
        Rota(stores.due, stores.leases),
        errands,
        tasks.start,
        ErrandPace(settings.settle_after, settings.settle_every),
        utc_now,
    )


def _rules(settings: Settings, stores: Stores, outside: Outside, tenants: Tenants) -> Rules:
    roles = Roles(stores.integrations, outside.people, tenants.get)
    books = Books(stores.integrations, stores.connections, outside.people, tenants.get)
    book = ProfileBook(profile_of(settings), stores.profiles)
    return Rules(book, roles, CredentialPolicy(books, roles))


@dataclass(frozen=True, slots=True)
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
        self.shelf = Shelf(core.stores.templates)

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


@dataclass(frozen=True, slots=True)
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


def _running(core: Core, publisher: Publisher) -> _Running:
    stores, outside, settings = core.stores, core.outside, core.settings
    templates = _Templates(core)
    admission = Admission(stores.tasks, outside.people, core.tenants.get)
    engine = Engine(
        Tools(core.actor, outside.confluence, outside.files, core.auditor, utc_now),
        StepKeeping(
            stores.dialogs,
            stores.templates,
            publisher,
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
        Dialogs(DialogParts(desk, stage, outside.slack, settings.command)),
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


def _home(core: Core, admins: _Admins, running: _Running) -> Home:
    part = HomePart(admins.overviews, core.rules.roles)

    async def tasks(principal: Principal) -> tuple[Block, ...]:
        return await blocks_of(running.desk, principal, core.settings.command)

    return Home(
        HomeParts(
            core.rules.credentials,
            core.stores.preferences,
            core.outside.slack,
            core.tenants,
            core.settings.command,
            part.blocks,
            tasks,
        )
    )


def _afterwards(core: Core, admins: _Admins) -> Afterwards:
    stores, may_administer = core.stores, core.rules.roles.may_administer
    announcer = Announcer(stores.integrations, stores.installations, may_administer, utc_now)

    async def tidy(connection: Connection) -> None:
        tenant = connection.principal.tenant
        await admins.organisations.end_others(tenant, connection.profile)

    return Afterwards(announcer.claim, tidy, core.rules.credentials.require_member)


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


def _connect(
    core: Core, resumption: Resumption, timetable: Timetable, reporter: Reporter
) -> Connect:
    settings, stores, outside = core.settings, core.stores, core.outside
    rules, auditor = core.rules, core.auditor
    return Connect(
        ConnectStores(
            outside.installations,
            stores.connections,
            stores.pending,
            stores.parked,
            stores.preferences,
            rules.book,
            stores.profiles,
            stores.integrations,
        ),
        Services(
            outside.consent,
            outside.sign_in,
            outside.people,
            outside.voice,
            _once_connected(resumption, timetable, reporter),
            rules.roles.may_administer,
            auditor,
            resumption.secret_kept,
        ),
        Terms(
            PublicAddress(settings.public_url),
            settings.command,
            settings.consent_lifetime,
            settings.parked_lifetime,
        ),
        utc_now,
    )


def _publisher(core: Core, receipts: Receipts) -> Publisher:
    stores = core.stores
    memory = Memory(receipts, stores.drafts, stores.preferences, core.auditor)
    return Publisher(core.actor, core.outside.confluence, memory, utc_now, core.settings.undo_for)


def _create(core: Core, publisher: Publisher) -> Create:
    actor, stores, outside, tenants = core.actor, core.stores, core.outside, core.tenants
    composer = Composer(actor, outside.confluence, stores.drafts, utc_now)
    return Create(
        CreateParts(
            actor,
            outside.confluence,
            composer,
            publisher,
            stores.receipts,
            stores.notes,
            outside.voice,
            outside.people,
            outside.slack,
            Whereabouts(actor, stores.integrations),
            tenants,
            RecentDrafts(),
        )
    )


def _settler(
    settings: Settings, stores: Stores, publisher: Publisher, create: Create, tasks: Tasks
) -> Settler:
    return Settler(
        SettleStores(stores.due, stores.leases, stores.receipts, stores.drafts),
        Hands(publisher, create.tell, tasks.start),
        ErrandPace(settings.settle_after, settings.settle_every),
        utc_now,
    )


def _web(
    core: Core, app: AsyncApp, connect: Connect, tasks: Tasks, install: SlackInstall | None
) -> web.Application:
    """Return what the public reaches: Slack's endpoint, consent, installing, health."""
    settings = core.settings
    address = PublicAddress(settings.public_url)
    targets = browser.redirect_targets(settings.slack_url, settings.atlassian_auth_url)
    pages = browser.Pages(address, settings.command, targets)
    public = web.Application(
        middlewares=[browser.outliving(tasks), browser.dress(pages, connect)],
        client_max_size=MOST_BYTES,
    )
    public.add_routes(browser.routes(connect, pages))
    public.add_routes(browser.export_routes(connect, pages, core.auditor))
    if install is not None:
        targets = browser.redirect_targets(settings.slack_url)
        public.add_routes(
            browser.install_routes(
                install, browser.InstallPages(address, settings.command, targets)
            )
        )
    public.router.add_get("/healthz", public_health())
    secret = settings.slack_signing_secret
    if secret is not None and not settings.socket_mode:
        endpoint = SlackEndpoint(app, Verifier(secret.get_secret_value()))
        public.router.add_post(PATH, endpoint.receive)
    return public
