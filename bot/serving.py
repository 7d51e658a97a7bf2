"""Running the bot: open everything in order, listen until told to stop, close in reverse."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import structlog
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import Bot, allowed_origins, assemble, reach_out
from bot.app_parts import Outside, utc_now
from bot.errors import BotError, Unavailable
from bot.installation import Installation
from bot.metrics import Metrics
from bot.operations import ops_app
from bot.principal import Tenant
from bot.providers.outgoing import Outgoing
from bot.settings import Address, Settings
from bot.tracing import start_tracing
from handlers.slack_refusals import UNANSWERED, refusal_code
from store.database import Database, open_database
from store.keeping import FIRST_CHECK
from store.keyring import KeyRing
from store.preparation import prepare
from store.stores import Stores, mongo_stores

log = structlog.get_logger(__name__)

_MOMENT: Final = 1.0
_ACKS_WITHIN: Final = 3.0
"""What Slack waits for an answer; nothing that is longer under way is waited for."""


class CannotStart(BotError):
    """Something that the bot can't do without isn't there; the message is for the operator."""

    code = "cannot_start"


async def install(settings: Settings, outside: Outside, stores: Stores) -> Installation | None:
    """Make the installation of the one workspace whose bot token is in the settings, if it is.

    Raises:
        CannotStart: Slack refuses the token.
        Unavailable: Slack can't answer now.
    """
    if settings.slack_bot_token is None:
        return None
    client = AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(),
        base_url=f"{settings.slack_api_url}/",
        session=outside.outgoing.session,
    )
    with _answering("CONFAB_SLACK_BOT_TOKEN"):
        who = await client.auth_test()
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


@contextmanager
def _answering(token: str) -> Iterator[None]:
    """Tell a *token* that Slack refuses from a Slack that can't answer."""
    try:
        yield
    except SlackApiError as error:
        code = refusal_code(error)
        if not code:
            raise Unavailable("Slack") from error
        raise CannotStart(f"Slack refuses {token} ({code}): run “confab check”.") from error
    except UNANSWERED as error:
        raise Unavailable("Slack") from error


async def serve(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT, then finish what is running and return.

    Before it listens there is nothing to finish: the signal ends it at once.
    """
    starting, stopping = asyncio.current_task(), asyncio.Event()
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopping.set()
        # A second Ctrl-C isn't ours to hear: it ends the process.
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if starting is not None and not started.is_set():
            starting.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        async with running(settings, stopping):
            started.set()
            await stopping.wait()
            log.info("stopping")
    except asyncio.CancelledError:
        if started.is_set() or not stopping.is_set():
            raise
        log.info("stopped before it listened")


class _Deadline:
    """When everything has to be finished, counted from the moment of stopping."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at: float | None = None

    def left(self) -> float:
        """Return the seconds that are left, or a moment, for each step needs one."""
        now = asyncio.get_running_loop().time()
        if self._at is None:
            self._at = now + self._seconds
        return max(self._at - now, _MOMENT)


@asynccontextmanager
async def running(settings: Settings, stopping: asyncio.Event) -> AsyncIterator[Bot]:
    """Open everything in order, listen, and on leaving close it all in reverse."""
    async with AsyncExitStack() as stack:
        stack.callback(start_tracing(settings.otel_endpoint))
        database = await stack.enter_async_context(_database(settings))
        metrics = Metrics()
        first_check = min(FIRST_CHECK, settings.settle_after)
        stores = mongo_stores(
            database, KeyRing.parse(settings.keys), utc_now, first_check, settings.key_age
        )
        outgoing = await stack.enter_async_context(
            Outgoing(allowed_origins(settings), internal=settings.internal_origins)
        )
        outside = reach_out(settings, outgoing, stores, metrics)
        await install(settings, outside, stores)
        bot = assemble(settings, stores, outside, metrics)

        for job in (
            outside.quota.run,
            bot.settler.run,
            bot.errands.run,
            bot.recording.chainer.run,
        ):
            await stack.enter_async_context(_job(job))
        ready = _Readiness(database, stopping)
        # Asked until the end: whoever balances loads has to hear that this one goes.
        ops = _listening(ops_app(ready, metrics), settings.ops_addr, _MOMENT)
        await stack.enter_async_context(ops)
        deadline = _Deadline(settings.drain.total_seconds())
        stack.push_async_callback(_drain, bot, deadline)
        await stack.enter_async_context(_listening(bot.web, settings.addr, _ACKS_WITHIN))
        if settings.socket_mode:
            ready.socket = await stack.enter_async_context(_socket(settings, bot.app, outside))
        ready.is_listening = True
        log.info("listening", address=str(settings.addr), socket_mode=settings.socket_mode)
        yield bot
        deadline.left()
        await asyncio.sleep(settings.linger.total_seconds())


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings.mongodb_uri.get_secret_value(), settings.mongodb_database)
    try:
        await prepare(database)
        yield database
    finally:
        database.close()


async def _drain(bot: Bot, deadline: _Deadline) -> None:
    await bot.tasks.drain(deadline.left())
    await bot.authorizer.drain(deadline.left())
    await bot.recording.tasks.drain(deadline.left())  # the last: what ended may have been recorded
    await bot.installations.drain(deadline.left())


class _Readiness:
    """Tells whether this process should be sent anything."""

    def __init__(self, database: Database, stopping: asyncio.Event) -> None:
        self._database = database
        self._stopping = stopping
        self.is_listening = False
        self.socket: _Socket | None = None

    async def __call__(self) -> bool:
        """Ask the database, and the socket where there is one."""
        if not self.is_listening or self._stopping.is_set():
            return False
        if self.socket is not None and not await self.socket.client.is_connected():
            return False
        with suppress(BotError):
            await self._database.ready()
            return True
        return False


@asynccontextmanager
async def _job(run: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    job = asyncio.ensure_future(run())
    job.add_done_callback(_note_end)
    try:
        yield
    finally:
        job.cancel()
        await asyncio.wait({job}, timeout=_ACKS_WITHIN)


def _note_end(job: asyncio.Future[None]) -> None:
    if not job.cancelled():
        log.error("a job has ended", exc_info=job.exception())


@asynccontextmanager
async def _listening(
    application: web.Application, address: Address, closes_within: float
) -> AsyncIterator[None]:
    # aiohttp waits so long twice: for what it answers, and once more when that was told to end.
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=closes_within / 2)
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


class _Socket(AsyncSocketModeHandler):
    """A socket to Slack that answers what it has taken before it is closed."""

    def __init__(self, app: AsyncApp, token: str, client: AsyncWebClient) -> None:
        super().__init__(app, token, web_client=client)
        self._taken = 0
        self._answered = asyncio.Condition()

    async def handle(self, client: Any, req: Any) -> None:  # noqa: ANN401  # see Bolt's
        """Take one delivery and answer it."""
        self._taken += 1
        try:
            await self.answer(client, req)
        finally:
            self._taken -= 1
            async with self._answered:
                self._answered.notify_all()

    async def answer(self, client: Any, req: Any) -> None:  # noqa: ANN401  # see Bolt's
        """Hand it to Bolt, and what Bolt says to Slack."""
        await super().handle(client, req)

    async def finish(self) -> None:
        """Take nothing more, and answer what was taken, in the time that Slack waits."""
        self.client.socket_mode_request_listeners.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_ACKS_WITHIN), self._answered:
                await self._answered.wait_for(lambda: not self._taken)


@asynccontextmanager
async def _socket(settings: Settings, app: AsyncApp, outside: Outside) -> AsyncIterator[_Socket]:
    """Take Slack's deliveries over a socket that we open."""
    client = AsyncWebClient(base_url=f"{settings.slack_api_url}/", session=outside.outgoing.session)
    handler = _Socket(app, await _app_token(settings, client), client)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt
        yield handler
    finally:
        await handler.finish()
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt


async def _app_token(settings: Settings, client: AsyncWebClient) -> str:
    """Return the token that opens sockets, tried once: Bolt would try a bad one for ever."""
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    with _answering("CONFAB_SLACK_APP_TOKEN"):
        await client.apps_connections_open(app_token=token)
    return token
