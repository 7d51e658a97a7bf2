"""Running the bot: open everything in order, listen until told to stop, close in reverse."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import structlog
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import Bot, Outside, allowed_origins, assemble, reach_out, utc_now
from bot.errors import BotError, Unavailable
from bot.installation import Installation
from bot.metrics import Metrics
from bot.operations import ops_app
from bot.principal import Tenant
from bot.providers.outgoing import Outgoing
from bot.settings import Address, Settings
from bot.tracing import start_tracing
from store.database import Database, open_database
from store.keeping import FIRST_CHECK
from store.keyring import KeyRing
from store.preparation import prepare
from store.stores import Stores, mongo_stores

log = structlog.get_logger(__name__)


class CannotStart(BotError):
    """Something that the bot can't do without isn't there; the message is for the operator."""

    code = "cannot_start"


async def install(settings: Settings, outside: Outside, stores: Stores) -> Installation:
    """Make the installation of the one workspace whose bot token is in the settings.

    Raises:
        CannotStart: Slack refuses the token.
        Unavailable: Slack can't answer now.
    """
    client = AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=f"{settings.slack_api_url}/",
        session=outside.outgoing.session,
    )
    try:
        who = await client.auth_test()
    except SlackApiError as error:
        code = error.response.get("error", "unknown")
        raise CannotStart(
            f"Slack refuses CONFAB_SLACK_BOT_TOKEN ({code}): run “confab check”."
        ) from error
    except (OSError, TimeoutError) as error:
        raise Unavailable("Slack") from error
    is_org = bool(who.get("is_enterprise_install"))
    team, enterprise = who.get("team_id"), who.get("enterprise_id")
    installation = Installation(
        tenant=Tenant(str(enterprise if is_org else team)),
        team_id=None if is_org else team,
        enterprise_id=enterprise,
        name=str(who.get("team") or ""),
        bot_token=settings.slack_bot_token,
        bot_id=str(who.get("bot_id") or ""),
        bot_user_id=str(who.get("user_id") or ""),
        app_id=str(who.get("app_id") or ""),
        scopes=frozenset(str(who.headers.get("x-oauth-scopes", "")).replace(" ", "").split(",")),
        installed_at=utc_now(),
    )
    await stores.installations.save(installation)
    return installation


async def serve(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT, then finish what is running and return."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with running(settings, stopping):
        await stopping.wait()
        log.info("stopping")


@asynccontextmanager
async def running(settings: Settings, stopping: asyncio.Event) -> AsyncIterator[Bot]:
    """Open everything in order, listen, and on leaving close it all in reverse."""
    async with AsyncExitStack() as stack:
        stack.callback(start_tracing(settings.otel_endpoint))
        database = open_database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database)
        stack.callback(database.close)
        await prepare(database)
        metrics = Metrics()
        first_check = min(FIRST_CHECK, settings.settle_after)
        stores = mongo_stores(database, KeyRing.parse(settings.keys), utc_now, first_check)
        outgoing = await stack.enter_async_context(Outgoing(allowed_origins(settings)))
        outside = reach_out(settings, outgoing, stores, metrics)
        await install(settings, outside, stores)
        bot = assemble(settings, stores, outside, metrics)

        listening = asyncio.Event()
        ready = _readiness(database, listening, stopping)
        for job in (outside.quota.run, bot.settler.run):
            await stack.enter_async_context(_job(job))
        stack.push_async_callback(bot.authorizer.drain)
        stack.push_async_callback(bot.tasks.drain, settings.drain.total_seconds())
        await stack.enter_async_context(_listening(ops_app(ready, metrics), settings.ops_addr))
        await stack.enter_async_context(_listening(bot.web, settings.addr))
        if settings.socket_mode:
            await stack.enter_async_context(_socket(settings, bot.app, outside))
        listening.set()
        log.info("listening", address=str(settings.addr), socket_mode=settings.socket_mode)
        yield bot


def _readiness(
    database: Database, listening: asyncio.Event, stopping: asyncio.Event
) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        with suppress(BotError):
            await database.ready()
            return listening.is_set() and not stopping.is_set()
        return False

    return ready


@asynccontextmanager
async def _job(run: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def _listening(application: web.Application, address: Address) -> AsyncIterator[None]:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, address.host, address.port), address)
        yield
    finally:
        await runner.cleanup()


async def _listen(site: web.TCPSite, address: Address) -> None:
    try:
        await site.start()
    except OSError as error:
        raise CannotStart(f"Can't listen on {address}: {error.strerror}.") from error


@asynccontextmanager
async def _socket(settings: Settings, app: AsyncApp, outside: Outside) -> AsyncIterator[None]:
    """Take Slack's deliveries over a socket that we open."""
    client = AsyncWebClient(base_url=f"{settings.slack_api_url}/", session=outside.outgoing.session)
    handler = AsyncSocketModeHandler(app, await _app_token(settings, client), web_client=client)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt


async def _app_token(settings: Settings, client: AsyncWebClient) -> str:
    """Return the token that opens sockets, tried once: Bolt would try a bad one for ever."""
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    try:
        await client.apps_connections_open(app_token=token)
    except SlackApiError as error:
        code = error.response.get("error", "unknown")
        raise CannotStart(
            f"Slack refuses CONFAB_SLACK_APP_TOKEN ({code}): run “confab check”."
        ) from error
    except (OSError, TimeoutError) as error:
        raise Unavailable("Slack") from error
    return token
