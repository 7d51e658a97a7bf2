"""The composition root: with its second half, `bot.app_later`, it alone knows every concrete class.

What is put together here is there once the bot listens; the rest when it is first needed.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot import forgetting, reporting
from bot.act import Actor
from bot.app_parts import Core, Ends, Firsts, Outside, Rules, utc_now
from bot.audit import Auditor
from bot.authorize import Authorizer, Issuers, Witnesses
from bot.chain import Chainer
from bot.compose import Composer
from bot.connect import Connect, Connected, OnConnected, Services, Terms
from bot.connect import Stores as ConnectStores
from bot.counted import CountedReceipts
from bot.course import Memory
from bot.credentials import Books, CredentialPolicy
from bot.errands import Errand, Errands, Rota
from bot.errands import Pace as ErrandPace
from bot.find import PageFinder
from bot.forgetting import Forgetter
from bot.frozen import frozen
from bot.installation import Installation
from bot.keeping import Keeping, Timetable
from bot.later import Later
from bot.lending import LentConfluence
from bot.manifest import slack_scopes
from bot.metrics import Metrics
from bot.operations import public_health
from bot.pending import Purpose
from bot.ports import (
    REMIND,
    RENEW,
    RUN,
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
from bot.publish import Publisher
from bot.quota import Quota
from bot.reporting import Reporter
from bot.roles import Roles
from bot.rotation import FreshInstallations
from bot.search import Searcher
from bot.settings import Settings
from bot.settle import Hands, Settler
from bot.settle import Stores as SettleStores
from bot.slack_install import InstallStores, SlackInstall
from bot.trail import Action, ChainKey, Entry, Person
from bot.uninstalled import TenantEnd
from bot.whereabouts import Whereabouts
from handlers import browser
from handlers import help as help_words
from handlers.account import Account, AccountParts
from handlers.ask import Route
from handlers.channel import Channel, ChannelParts
from handlers.create import Create, CreateParts
from handlers.drafts import RecentDrafts
from handlers.edge import Edge, Listeners, Table
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
from handlers.tenants import Tenants
from store.stores import Stores

if TYPE_CHECKING:
    from bot.app_later import Rest

log = structlog.get_logger(__name__)

MOST_RECORDS = 10_000
"""Rows of the audit that wait for the database: beyond, what is done is logged alone."""


@frozen
class Recording:
    """Who writes the audit and who chains it, and what of it is being written.

    The rows are tasks of their own: others' may end with something to record.
    """

    auditor: Auditor
    chainer: Chainer
    tasks: Tasks


@frozen
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


def reach_out(
    settings: Settings,
    outgoing: Outgoing,
    stores: Stores,
    metrics: Metrics,
    pace: Pace | None = None,
) -> Outside:
    """Build everything that sends requests, over the one session of *outgoing*."""
    quota = Quota(stores.quota, utc_now, person=settings.person_points, on_left=metrics.points_left)
    pace = pace or Pace(counted=metrics.called)
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
    publisher = _publisher(core, CountedReceipts(stores.receipts, metrics.settled))
    rest = Later(lambda: _rest(core, Firsts(publisher, connect, ends, home)))
    home = _home(core, rest)
    resumption = Resumption(lambda: table, outside.voice, tasks, home, _afterwards(core, rest))
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

    async def listeners() -> Listeners:
        return (await rest.get()).listeners

    table = Table(
        (
            *account.routes(),
            *home.routes(),
            *_reading(core),
            *_channel(core),
            *create.routes(),
            *_lifecycle(core, ends, rest).routes(),
        ),
        listeners,
    )
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
        _errands(
            settings,
            stores,
            {RUN: rest.calling(lambda it: it.settle), **_timed(grants, ends)},
            tasks,
        ),
        tenants,
        recording,
        outside.installations,
    )


def _ends(core: Core, home: Home) -> Ends:
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
    return Ends(forgetter, tenant_end, reporter)


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


def _lifecycle(core: Core, ends: Ends, rest: "Later[Rest]") -> Lifecycle:
    stores, outside = core.stores, core.outside

    async def record(tenant: Tenant, _at: datetime) -> None:
        core.auditor.record(Entry(tenant, Action.UNINSTALL))

    hearers = Hearers(
        uninstalled=(record, ends.tenant_end.uninstalled),
        left=(ends.forgetter.departed,),
        channel_moved=(stores.integrations.move_channel, rest.calling(lambda it: it.move_channel)),
    )
    return Lifecycle(
        LifecycleParts(
            stores.installations, core.tenants, outside.people, outside.slack_oauth, hearers
        )
    )


def _install(core: Core, ends: Ends) -> SlackInstall:
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


def _rest(core: Core, firsts: Firsts) -> "Rest":
    from bot.app_later import put_together  # noqa: PLC0415 - when it is first needed

    return put_together(core, firsts)


@frozen
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


def _timed(grants: _Grants, ends: Ends) -> dict[str, Errand]:
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


def _home(core: Core, rest: "Later[Rest]") -> Home:
    return Home(
        HomeParts(
            core.rules.credentials,
            core.stores.preferences,
            core.outside.slack,
            core.tenants,
            core.settings.command,
            rest.calling(lambda it: it.admins_part),
            rest.calling(lambda it: it.tasks_of),
        )
    )


def _afterwards(core: Core, rest: "Later[Rest]") -> Afterwards:
    return Afterwards(
        rest.calling(lambda it: it.announce),
        rest.calling(lambda it: it.tidy),
        core.rules.credentials.require_member,
    )


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
