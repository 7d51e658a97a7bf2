"""Where Bolt ends: listeners below this line take an Ask and return a Reply.

The edge looks up in one table who answers, and acknowledges; `handlers.running` does the rest.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

import structlog
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import BotError, NotAllowed, Unavailable
from bot.frozen import frozen
from bot.installation import Installation
from handlers import replies
from handlers.ask import EXTERNAL, Ack, Answer, Ask, Kind, Route, Suggestions
from handlers.payloads import RETRY_REASON, Delivery, is_chatter, read_delivery
from handlers.places import OPENED
from handlers.running import (
    Recover,
    Runner,
    Surroundings,
    ask_of,
    mint_correlation,
)

log = structlog.get_logger(__name__)

OPTIONS_WITHIN = 2.0
"""Seconds for the work of a menu: Slack waits for three, and shows nothing after that."""

JUDGED_WITHIN = 2.5
"""Seconds for what must be done before the ack, of Slack's three."""

Counted = Callable[[str, str, float], None]
"""Takes note of a delivery: its kind, its outcome, and the seconds to its ack."""


@frozen
class Help:
    """What is answered in the ack itself, the same for everybody."""

    answer: str
    unknown: Callable[[str], str]


@frozen
class Listeners:
    """Listeners, and what answers a word that no command is called."""

    routes: tuple[Route | Suggestions, ...]
    others: Route


class Table:
    """Every listener, by what reaches it; *others* answers what no command is called.

    The *rest* is added when something comes that nobody claims yet.
    """

    def __init__(
        self,
        routes: Sequence[Route | Suggestions],
        rest: Callable[[], Awaitable[Listeners]] | None = None,
    ) -> None:
        self.others: Route | None = None
        self.routes: dict[tuple[Kind, str], Route] = {}
        self.menus: dict[str, Suggestions] = {}
        self._rest = rest
        self._add(routes)

    async def find(self, kind: Kind, name: str) -> Route | None:
        """Return who answers that."""
        if (kind, name) not in self.routes:
            await self.complete()
        return self.routes.get((kind, name))

    async def find_menu(self, name: str) -> Suggestions | None:
        """Return who fills that menu."""
        if name not in self.menus:
            await self.complete()
        return self.menus.get(name)

    async def complete(self) -> None:
        """Add the rest, unless it is here."""
        if self._rest is None:
            return
        listeners = await self._rest()
        if self._rest is not None:  # nobody else has added them meanwhile
            self._rest = None
            self._add(listeners.routes)
            self.others = listeners.others

    def _add(self, routes: Sequence[Route | Suggestions]) -> None:
        for route in routes:
            known = self.menus if isinstance(route, Suggestions) else self.routes
            key = route.name if isinstance(route, Suggestions) else (route.kind, route.name)
            if key in known:
                raise ValueError(f"two listeners claim {key}")
            if isinstance(route, Suggestions):
                self.menus[route.name] = route
            else:
                self.routes[route.kind, route.name] = route


class Edge(AsyncMiddleware):
    """The one Bolt middleware: it answers every request from the table."""

    def __init__(
        self,
        table: Table,
        words: Help,
        around: Surroundings,
        recover: Recover,
        counted: Counted = lambda _kind, _outcome, _seconds: None,
    ) -> None:
        self._table = table
        self._words = words
        self._around = around
        self._runner = Runner(around, recover)
        self._counted = counted

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name for it
    ) -> BoltResponse:
        """Answer *req*; never passes it on, since no Bolt listener is registered."""
        del resp, next
        began = perf_counter()
        response = await self.answer(req.body, _reason(req.headers))
        self._counted(_kind_of(req.body), str(response.status), perf_counter() - began)
        return response

    async def answer(self, body: Mapping[str, object], retried: str = "") -> BoltResponse:
        """Return the ack for one request, and start whatever work it asks for.

        *retried* is why Slack sends it again, in Slack's words.
        """
        if body.get("type") == "url_verification":
            return BoltResponse(status=200, body=str(body.get("challenge", "")))
        delivery = read_delivery(body)
        if delivery is None:
            if not is_chatter(body):
                log.info("ignored", code="unknown_delivery")
            return _EMPTY
        if retried:
            delivery = replace(delivery, retried=retried)
        match delivery.kind:
            case Kind.COMMAND:
                return await self._command(delivery)
            case Kind.OPTIONS:
                return await self._options(delivery)
            case Kind.SUBMISSION:
                return await self._submission(delivery)
            case _:
                return await self._other(delivery)

    async def _command(self, delivery: Delivery) -> BoltResponse:
        if delivery.name == "help":
            return _json(self._words.answer)
        route = await self._table.find(Kind.COMMAND, delivery.name) or self._table.others
        if route is None:
            return _json(self._words.unknown(delivery.name))
        return self._background(route, delivery)

    async def _other(self, delivery: Delivery) -> BoltResponse:
        if (delivery.kind, delivery.name) == _FOLLOWED:
            return _EMPTY
        route = await self._table.find(delivery.kind, delivery.name)
        if route is None:
            log.info("ignored", code="no_listener", kind=delivery.kind)
            return _EMPTY
        if route.before_ack:
            return await self._at_once(route, delivery)
        if route.submitted is not None:
            return await self._claimed(route, delivery)
        if route.holds_ack:
            return await self._done(route, delivery)
        return self._background(route, delivery)

    async def _claimed(self, route: Route, delivery: Delivery) -> BoltResponse:
        """Ack a press once what it confirms is written down; Slack marks one that isn't."""
        correlation = mint_correlation()
        with structlog.contextvars.bound_contextvars(correlation=correlation):
            try:
                async with asyncio.timeout(JUDGED_WITHIN):
                    await self._judged(route, delivery, correlation)
            except (BotError, TimeoutError) as error:
                log.warning("not taken", code=getattr(error, "code", "late"))
            except Exception:  # nothing is under way: it can be pressed again
                log.exception("not taken", route=route.name)
            else:
                return _EMPTY
        return BoltResponse(status=503)

    async def _at_once(self, route: Route, delivery: Delivery) -> BoltResponse:
        """Ack what is done, and nothing else: Slack sends the rest again."""
        correlation = mint_correlation()
        with structlog.contextvars.bound_contextvars(correlation=correlation):
            try:
                async with asyncio.timeout(JUDGED_WITHIN):
                    await self._runner.run_at_once(route, delivery, correlation)
            except (BotError, TimeoutError) as error:
                log.warning("not taken", code=getattr(error, "code", "late"))
            except Exception:  # it may go better next time
                log.exception("not taken", route=route.name)
            else:
                return _EMPTY
        return BoltResponse(status=503)

    async def _done(self, route: Route, delivery: Delivery) -> BoltResponse:
        """Ack what is done; what takes longer goes on, and comes again from Slack."""
        done = asyncio.Event()

        async def work() -> None:
            try:
                await self._runner.run(route, delivery)
            finally:
                done.set()

        if not self._around.tasks.start(work()):
            return BoltResponse(status=503)
        try:
            async with asyncio.timeout(JUDGED_WITHIN):
                await done.wait()
        except TimeoutError:
            log.info("not done yet", route=route.name)
            return BoltResponse(status=503)
        return _EMPTY

    def _background(self, route: Route, delivery: Delivery) -> BoltResponse:
        if self._around.tasks.start(self._runner.run(route, delivery)):
            return _EMPTY
        if delivery.kind is Kind.COMMAND:
            return _json(json.dumps({"response_type": "ephemeral", "text": replies.BUSY}))
        # Slack retries an event that wasn't taken, and marks a button that wasn't.
        return BoltResponse(status=503)

    async def _options(self, delivery: Delivery) -> BoltResponse:
        menu = await self._table.find_menu(delivery.name)
        options: list[object] = []
        if menu is not None:
            correlation = mint_correlation()
            with structlog.contextvars.bound_contextvars(correlation=correlation):
                options = await self._offered(menu, delivery, correlation)
        return _json(json.dumps({"options": options}))

    async def _offered(
        self, menu: Suggestions, delivery: Delivery, correlation: str
    ) -> list[object]:
        try:
            async with asyncio.timeout(OPTIONS_WITHIN):
                return await self._suggested(menu, delivery, correlation)
        except (BotError, TimeoutError) as error:
            log.info("no options", code=getattr(error, "code", "late"))
        except Exception:  # an empty menu, rather than Slack's own error
            log.exception("unexpected", route=delivery.name)
        return []

    async def _suggested(
        self, menu: Suggestions, delivery: Delivery, correlation: str
    ) -> list[object]:
        installation = await self._around.tenants.find(delivery)
        if installation is None:
            return []
        await self._runner.admit(_MENU, installation, delivery)
        return list(await menu.suggester(ask_of(installation, delivery, correlation)))

    async def _submission(self, delivery: Delivery) -> BoltResponse:
        route = await self._table.find(Kind.SUBMISSION, delivery.name)
        if route is None:
            log.info("ignored", code="no_listener", kind=delivery.kind)
            return _EMPTY
        correlation = mint_correlation()
        with structlog.contextvars.bound_contextvars(correlation=correlation):
            return await self._judged_in_time(route, delivery, correlation)

    async def _judged_in_time(
        self, route: Route, delivery: Delivery, correlation: str
    ) -> BoltResponse:
        try:
            async with asyncio.timeout(JUDGED_WITHIN):
                return await self._judged(route, delivery, correlation)
        except BotError as error:
            log.info("answered", code=error.code)
            return _failed(error, correlation)
        except TimeoutError:
            log.warning("answered", code="late", route=route.name)
            return _late(route, correlation)
        except Exception as error:  # the form stays open, under the words
            log.exception("unexpected", route=route.name)
            return _failed(error, correlation)

    async def _judged(self, route: Route, delivery: Delivery, correlation: str) -> BoltResponse:
        installation = await self._around.tenants.find(delivery)
        if installation is None:
            raise NotAllowed(replies.NOT_INSTALLED)
        await self._runner.require_insider(installation, delivery)
        judged: asyncio.Future[Ask | None] = asyncio.get_running_loop().create_future()
        # Room is made before anything is written down: then nothing that was is refused.
        if not self._around.tasks.start(self._do(route, installation, delivery, judged)):
            raise Unavailable("Confab")
        goes_on = None
        try:
            ask = ask_of(installation, delivery, correlation)
            ack = await route.submitted(ask) if route.submitted else Ack()
            if ack.goes_on and not ack.errors:
                ack, goes_on = _named(ack, ask)
            return _view_ack(ack)
        finally:
            if not judged.done():
                judged.set_result(goes_on)

    async def _do(
        self,
        route: Route,
        installation: Installation,
        delivery: Delivery,
        judged: asyncio.Future[Ask | None],
    ) -> None:
        """Wait until the form is judged, and do what it asks for unless it ends there."""
        ask = await judged
        if ask is not None:
            await self._runner.run_submitted(route, installation, delivery, ask)


def _named(ack: Ack, ask: Ask) -> tuple[Ack, Ask]:
    """Name the view of *ack*, which has no id yet, so that it is found later."""
    ask = replace(ask, found=ack.found)
    if ack.view is None:
        return ack, ask
    external = secrets.token_urlsafe(16)
    named = replace(ack, view={**ack.view, "external_id": external})
    return named, replace(ask, modal=EXTERNAL + external)


def _reason(headers: Mapping[str, Sequence[str]]) -> str:
    return next(iter(headers.get(RETRY_REASON, ())), "")


def _kind_of(body: Mapping[str, object]) -> str:
    kind = body.get("type", "command" if "command" in body else "other")
    return kind if isinstance(kind, str) and kind in _KINDS else "other"


def _json(body: str) -> BoltResponse:
    return BoltResponse(status=200, body=body, headers={"content-type": "application/json"})


def _view_ack(ack: Ack) -> BoltResponse:
    if ack.errors:
        return _json(json.dumps({"response_action": "errors", "errors": dict(ack.errors)}))
    if ack.view is not None:
        action = "push" if ack.push else "update"
        return _json(json.dumps({"response_action": action, "view": ack.view}))
    return _json(json.dumps({"response_action": "clear"})) if ack.clear else _EMPTY


def _late(route: Route, correlation: str) -> BoltResponse:
    if route.unsure is None:
        return _failed(Unavailable("Confab"), correlation)
    return _view_ack(Ack(view=route.unsure(), push=True))


def _failed(error: Exception, correlation: str) -> BoltResponse:
    return _view_ack(Ack(view=replies.failed_view(error, correlation), push=True))


_KINDS = frozenset(
    {
        "command",
        "block_actions",
        "block_suggestion",
        "view_submission",
        "view_closed",
        "shortcut",
        "message_action",
        "event_callback",
    }
)


async def _no_listener(_: Ask) -> Answer:
    return None


_EMPTY = BoltResponse(status=200, body="")
# Whoever sees a link to Confluence may follow it, guests and other companies' people too.
_FOLLOWED = (Kind.PRESS, OPENED)
_MENU = Route(Kind.OPTIONS, "", _no_listener)
